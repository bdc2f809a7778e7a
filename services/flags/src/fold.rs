//! The fold: one record of `standing.flags` to the topics of its domains.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use domain::catalogue::Effect;
use domain::flag::{FlagValue, Lift, LiftReason, Version};
use domain::ids::{DomainId, MatterPattern, MeasureId};
use domain::pseudonym::PseudonymKey;
use domain::subject::SubjectKey;
use domain::time::Instant;
use schemas::topics::{Topics, keys};
use schemas::{Codec, FlagEntry, Mark, PublishedFlag};
use stream::fold::{Fold, FoldError, Progress, Rejection as Refused};
use stream::log::Record;
use stream::outbox::Outbox;
use stream::state::StateRead;
use stream::view::View;

use crate::cut;
use crate::metrics::FoldMetrics;
use crate::refuse::{self, decode_fault, encode_fault, outgoing};
use crate::row::{self, Holds, Passed, Routed, Told};
use crate::service::Domains;

/// The least time between two marks that are passed on, by the marks' own account.
const MARK_INTERVAL_MS: u64 = 1_000;

/// The fold of one partition.
pub(crate) struct FlagsFold {
    topics: Arc<Topics>,
    codec: Arc<Codec>,
    key: Arc<PseudonymKey>,
    domains: Arc<Domains>,
    metrics: FoldMetrics,
}

/// A flag on its way out: what is the same in every domain.
struct Change<'a> {
    partition: i32,
    subject: SubjectKey,
    measure: &'a MeasureId,
    version: Version,
    /// When the record was sent: the end of a flag that a domain lost.
    at: Instant,
}

impl FlagsFold {
    pub(crate) fn new(
        topics: Arc<Topics>,
        codec: Arc<Codec>,
        key: Arc<PseudonymKey>,
        domains: Arc<Domains>,
        metrics: FoldMetrics,
    ) -> Self {
        Self { topics, codec, key, domains, metrics }
    }

    fn flag(
        &self,
        view: &mut View<'_>,
        record: &Record,
        published: &PublishedFlag,
        out: &mut Outbox,
    ) -> Result<(), FoldError> {
        let subject = SubjectKey::parse(&published.subject).map_err(|_| FoldError::Skip {
            code: schemas::code::KEY_MISMATCH,
            reason: "the flag is not about a subject of the register".to_owned(),
        })?;
        let row_key = row::flag(record.key.as_deref().unwrap_or_default());
        let routed = view.get(&row_key)?.map(|bytes| row::decode::<Routed>(&bytes)).transpose()?;
        if routed.as_ref().is_some_and(|routed| published.version <= routed.version) {
            self.metrics.older.inc();
            return Ok(());
        }
        let change = Change {
            partition: record.partition,
            subject,
            measure: &published.measure,
            version: published.version,
            at: Instant::from_ms(record.timestamp_ms),
        };
        let told = routed.map(|routed| routed.domains).unwrap_or_default();
        let told = match &published.value {
            FlagValue::Set(flag) => {
                let told = self.withdraw(&change, told, &domains(&flag.matters), flag.effect, out)?;
                self.spread(told, &flag.matters, Holds::Flag, |domain, _| {
                    self.send(&change, domain, &FlagValue::Set(cut::flag(flag, domain)), out)
                })?
            }
            FlagValue::Lifted(lift) => {
                let everywhere: Vec<MatterPattern> = told
                    .iter()
                    .filter(|told| told.holds == Holds::Flag)
                    .flat_map(|told| told.matters.clone())
                    .collect();
                let known: BTreeSet<DomainId> = told.iter().map(|told| told.domain.clone()).collect();
                let unheard = lift.matters.iter().filter(|pattern| !known.contains(&pattern.domain()));
                let matters: Vec<MatterPattern> = everywhere.into_iter().chain(unheard.cloned()).collect();
                self.spread(told, &matters, Holds::Lift, |domain, matters| {
                    let lift = cut::lift(lift, matters.to_vec());
                    self.send(&change, domain, &FlagValue::Lifted(lift), out)
                })?
            }
            FlagValue::Tombstone => {
                for told in &told {
                    self.send(&change, &told.domain, &FlagValue::Tombstone, out)?;
                }
                view.delete(&row_key);
                return Ok(());
            }
        };
        view.put(&row_key, row::encode(&Routed { version: published.version, domains: told }));
        Ok(())
    }

    /// Lifts a flag in the domains that hold it and that it no longer concerns.
    fn withdraw(
        &self,
        change: &Change<'_>,
        mut told: Vec<Told>,
        concerned: &BTreeSet<DomainId>,
        effect: Effect,
        out: &mut Outbox,
    ) -> Result<Vec<Told>, FoldError> {
        for told in told.iter_mut().filter(|told| told.holds == Holds::Flag && !concerned.contains(&told.domain)) {
            let matters = told.matters.clone();
            let lift = Lift { ended_at: change.at, reason: LiftReason::Rules, effect, matters };
            self.send(change, &told.domain, &FlagValue::Lifted(lift), out)?;
            told.holds = Holds::Lift;
        }
        Ok(told)
    }

    /// Sends to each domain of these matters, and notes what it holds from now on.
    fn spread(
        &self,
        mut told: Vec<Told>,
        matters: &[MatterPattern],
        holds: Holds,
        mut send: impl FnMut(&DomainId, &[MatterPattern]) -> Result<(), FoldError>,
    ) -> Result<Vec<Told>, FoldError> {
        for domain in domains(matters) {
            let matters = cut::patterns(matters, &domain);
            send(&domain, &matters)?;
            let now = Told { domain, matters, holds };
            match told.binary_search_by(|told| told.domain.cmp(&now.domain)) {
                Ok(at) => told[at] = now,
                Err(at) => told.insert(at, now),
            }
        }
        Ok(told)
    }

    fn send(
        &self,
        change: &Change<'_>,
        domain: &DomainId,
        value: &FlagValue,
        out: &mut Outbox,
    ) -> Result<(), FoldError> {
        let subject = self.key.domain_pseudonym(&change.subject, domain);
        let key = keys::flag_of(subject.as_str(), change.measure);
        let value = self.codec.encode_domain_flag(&subject, change.measure, value, change.version);
        let value = value.map_err(encode_fault)?;
        let origin = (Arc::from(keys::ORIGIN), Bytes::from(keys::origin(change.version)));
        self.metrics.routed.inc();
        out.send(outgoing(&self.topics.domain_flags(domain), change.partition, key, value, vec![origin]));
        Ok(())
    }

    fn pass_on(&self, view: &mut View<'_>, record: &Record, mark: &Mark, out: &mut Outbox) -> Result<(), FoldError> {
        let passed =
            Passed { current_as_of_ms: mark.current_as_of.ms(), catalogue: mark.catalogue.clone(), swept: mark.swept };
        let before = view.get(row::MARK)?.map(|bytes| row::decode::<Passed>(&bytes)).transpose()?;
        let due = before.is_none_or(|before| {
            let news = before.catalogue != passed.catalogue || before.swept != passed.swept;
            news || before.current_as_of_ms.abs_diff(passed.current_as_of_ms) >= MARK_INTERVAL_MS
        });
        if !due {
            return Ok(());
        }
        view.put(row::MARK, row::encode(&passed));
        for domain in self.domains.of(mark.catalogue.as_deref()) {
            let topic = self.topics.domain_flags(&domain);
            out.send(outgoing(&topic, record.partition, keys::MARK.to_owned(), record.value.clone(), Vec::new()));
        }
        self.metrics.marks.inc();
        Ok(())
    }
}

impl Fold for FlagsFold {
    fn apply(&mut self, view: &mut View<'_>, record: &Record, out: &mut Outbox) -> Result<(), FoldError> {
        let origin = record.headers.iter().find(|(name, _)| &**name == keys::ORIGIN);
        let origin = origin.map(|(_, value)| value.as_ref());
        let key = record.key.as_deref().unwrap_or_default();
        match self.codec.decode_flag(key, record.value.as_deref(), origin).map_err(decode_fault)? {
            FlagEntry::Flag(published) => self.flag(view, record, &published, out),
            FlagEntry::Mark(mark) => self.pass_on(view, record, &mark, out),
        }
    }

    fn reject(&mut self, _view: &mut View<'_>, record: &Record, reason: &Refused, out: &mut Outbox) {
        self.metrics.rejected.inc();
        out.send(refuse::rejected(&self.topics, &self.codec, record, reason));
    }

    /// The marks of the domains are those of the register, passed on as they come: an own mark would say nothing.
    fn mark(&mut self, _view: &View<'_>, _progress: &Progress, _out: &mut Outbox) {}

    fn tick(&mut self, _view: &View<'_>, _partition: i32, _now_ms: i64, _out: &mut Outbox) {}
}

fn domains(matters: &[MatterPattern]) -> BTreeSet<DomainId> {
    matters.iter().map(MatterPattern::domain).collect()
}
