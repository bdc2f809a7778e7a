//! One partition: the log into the reference, then the topics against what the reference expects. Pure over the records it is
//! given; the states it compares are opened before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::event::{Content, Control};
use domain::fold::Catalogues;
use domain::ids::DomainId;
use schemas::Codec;
use schemas::topics::Topics;
use stream::log::{Record, Topic};

use super::bounds::Bounds;
use super::digest::Digest;
use super::finding::{Code, Finding, Findings};
use super::outputs::{Kind, OutputCheck, Span};
use super::reference::{Reference, continue_digest};
use super::report::{PartitionReport, StateReport};
use super::routing::{DomainCheck, Quiet};
use super::state::{self, Held, Opened};
use super::told::ToldCheck;

/// What is the same for every partition.
#[derive(Clone, Copy)]
pub(crate) struct Register<'a> {
    pub(crate) topics: &'a Topics,
    pub(crate) codec: &'a Codec,
    pub(crate) catalogues: &'a dyn Catalogues,
    pub(crate) compacted: &'a BTreeSet<Topic>,
    pub(crate) domains: &'a BTreeMap<Topic, DomainId>,
}

pub(crate) struct Judge<'a> {
    register: Register<'a>,
    partition: i32,
    bounds: Bounds,
    /// Records from here on came after the audit began.
    committed: i64,
    reference: Reference<'a>,
    /// Nothing behind it can be folded.
    stopped: bool,
    /// Not compared yet.
    states: Vec<Held>,
    /// Work that goes on, as it stands in the log, and where.
    continues: BTreeMap<Digest, i64>,
    report: PartitionReport,
    findings: Findings,
}

impl<'a> Judge<'a> {
    /// `committed`: the group's offset, or what the last mark says where the group has none.
    pub(crate) fn new(
        register: Register<'a>,
        partition: i32,
        bounds: Bounds,
        committed: i64,
        opened: Vec<Opened>,
    ) -> Self {
        let Register { topics, codec, catalogues, .. } = register;
        let events = topics.events();
        let mut findings = Findings::default();
        let end = bounds.ends.get(events).map_or(0, |ends| ends.high);
        if committed > end {
            let detail = format!("offset {committed} is committed and the log ends at {end}");
            findings.add(Finding::new(Code::OffsetAhead, events, partition, detail));
        }
        for (topic, ends) in bounds.ends.iter().filter(|(_, ends)| ends.is_cut()) {
            let detail = format!("it can be read up to {} of {}", ends.stable, ends.high);
            findings.add(Finding::new(Code::TransactionOpen, topic, partition, detail).at(ends.stable));
        }
        let mut states = Vec::new();
        for opened in opened {
            match opened {
                Opened::None => {}
                Opened::Unreadable(reason) => {
                    findings.add(Finding::new(Code::StateUnreadable, events, partition, reason));
                }
                Opened::Held(held) if held.next_offset > committed => {
                    let detail = format!("it stands at {} and {committed} is committed", held.next_offset);
                    findings.add(Finding::new(Code::StateAhead, events, partition, detail));
                }
                Opened::Held(held) => states.push(held),
            }
        }
        let report = PartitionReport { partition, committed, lag: bounds.lag, ..PartitionReport::default() };
        let reference = Reference::new(topics, codec, catalogues, partition);
        let continues = BTreeMap::new();
        Self { register, partition, bounds, committed, reference, stopped: false, states, continues, report, findings }
    }

    /// Nothing may be missing at the beginning of the log.
    pub(crate) fn begin(&mut self) {
        let events = self.register.topics.events();
        let low = self.bounds.ends.get(events).map_or(0, |ends| ends.low);
        if low > 0 {
            self.stopped = true;
            let detail = format!("the log begins at offset {low}: restore its first records");
            self.findings.add(Finding::new(Code::CannotFold, events, self.partition, detail).at(low));
        }
    }

    /// The next record of the log.
    pub(crate) fn event(&mut self, record: &Record) -> anyhow::Result<()> {
        self.look_at_states(record.offset);
        if let Some(value) = &record.value
            && let Ok(body) = self.register.codec.decode_event(value)
            && let Content::Control(Control::Continue(go_on)) = &body.content
            && let Some(first) = self.continues.insert(continue_digest(go_on), record.offset)
        {
            let detail = format!("the same work goes on at offset {first} already");
            let events = self.register.topics.events();
            self.findings.add(Finding::new(Code::OutputDoubled, events, self.partition, detail).at(record.offset));
        }
        if record.offset >= self.committed || self.stopped {
            return Ok(());
        }
        if let Err(stop) = self.reference.fold(record)? {
            self.stopped = true;
            let events = self.register.topics.events();
            self.findings.add(Finding::new(Code::CannotFold, events, self.partition, stop.reason).at(stop.offset));
        }
        Ok(())
    }

    /// Compares the held states to which the reference has come, having folded everything before `next`.
    fn look_at_states(&mut self, next: i64) {
        let events = self.register.topics.events();
        while let Some(at) = self.states.iter().position(|held| next >= held.next_offset) {
            let held = self.states.swap_remove(at);
            if !self.stopped {
                let rows = state::compare(&held, self.reference.rows(), events, self.partition, &mut self.findings);
                self.report.states.push(StateReport { offset: held.next_offset, rows });
            }
        }
    }

    /// The log is read: what of work that goes on is missing, or nobody's.
    pub(crate) fn end(&mut self) {
        self.look_at_states(i64::MAX);
        let events = self.register.topics.events();
        if !self.stopped && !self.bounds.ends.get(events).is_some_and(|ends| ends.is_cut()) {
            for (digest, cause) in &self.reference.continues {
                if !self.continues.contains_key(digest) {
                    let detail = format!("record {cause} left work that goes on nowhere");
                    self.findings.add(Finding::new(Code::ContinueLost, events, self.partition, detail).at(*cause));
                }
            }
            for (digest, offset) in &self.continues {
                if *offset < self.committed && !self.reference.continues.contains_key(digest) {
                    let detail = "work goes on here that no record before it left";
                    self.findings.add(Finding::new(Code::OutputUnexpected, events, self.partition, detail).at(*offset));
                }
            }
        }
        self.report.folded = self.reference.folded;
        self.report.refused = self.reference.refused;
    }

    /// Checks of every output topic, to be given its records in their order.
    pub(crate) fn checks(&self) -> Checks<'a> {
        let Register { topics, codec, compacted, domains, .. } = self.register;
        let mut outputs = BTreeMap::new();
        for kind in Kind::ALL {
            let topic = topic(topics, kind);
            let Some(ends) = self.bounds.ends.get(&topic).copied() else { continue };
            let span = Span {
                topic: Arc::clone(&topic),
                partition: self.partition,
                kind,
                committed: self.committed,
                low: ends.low,
                compacted: compacted.contains(&topic),
                cut: ends.is_cut(),
            };
            outputs.insert(topic, OutputCheck::new(span));
        }
        let domains = domains
            .iter()
            .map(|(topic, domain)| {
                let check = DomainCheck::new(domain.clone(), Arc::clone(topic), self.partition, self.committed);
                (Arc::clone(topic), check)
            })
            .collect();
        let told = ToldCheck::new(topics.decisions(), topics.corrections(), self.partition);
        Checks { codec, events: Arc::clone(topics.events()), outputs, domains, told }
    }

    /// What the checks found. Of a partition that could not be folded nothing is known to be wrong.
    pub(crate) fn compare(&mut self, checks: Checks<'a>) -> Findings {
        let mut found = Findings::default();
        if self.stopped {
            return found;
        }
        self.report.outputs.clear();
        for (_, check) in checks.outputs {
            self.report.outputs.push(check.len());
            found.extend(check.finish(&self.reference.expected));
        }
        for (topic, check) in checks.domains {
            let cut = self.bounds.ends.get(&topic).is_some_and(|ends| ends.is_cut());
            let quiet = if self.bounds.routed && !cut { Quiet::Yes } else { Quiet::No };
            found.extend(check.finish(&self.reference.routing, quiet));
        }
        let topics = self.register.topics;
        let is_cut = |topic: &Topic| self.bounds.ends.get(topic).is_some_and(|ends| ends.is_cut());
        let complete = self.bounds.told && !is_cut(topics.decisions()) && !is_cut(topics.corrections());
        found.extend(checks.told.finish(&self.reference.falls, complete));
        found
    }

    pub(crate) fn finish(mut self, found: Findings) -> (PartitionReport, Findings) {
        self.findings.extend(found);
        (self.report, self.findings)
    }

    /// Lag that is a fault: nothing is to come any more.
    pub(crate) fn must_be_caught_up(&mut self) {
        let Self { register, partition, bounds, committed, findings, .. } = self;
        if bounds.lag > 0 {
            let detail = format!("{} records behind the committed offset {committed} are not folded", bounds.lag);
            findings.add(Finding::new(Code::NotCaughtUp, register.topics.events(), *partition, detail).at(*committed));
        }
        if !bounds.routed && !register.domains.is_empty() {
            let detail = "the flags service has not routed all of it";
            findings.add(Finding::new(Code::NotCaughtUp, register.topics.flags(), *partition, detail));
        }
    }
}

/// The topic of a kind of output.
pub(crate) fn topic(topics: &Topics, kind: Kind) -> Topic {
    Arc::clone(match kind {
        Kind::Flag => topics.flags(),
        Kind::Profile => topics.profiles(),
        Kind::Notice => topics.notices(),
        Kind::Reject => topics.rejects(),
        Kind::Fall => topics.reliance(),
    })
}

/// The checks of one partition's output topics.
pub(crate) struct Checks<'a> {
    codec: &'a Codec,
    events: Arc<str>,
    outputs: BTreeMap<Topic, OutputCheck>,
    domains: BTreeMap<Topic, DomainCheck>,
    told: ToldCheck,
}

impl Checks<'_> {
    pub(crate) fn take(&mut self, record: &Record) -> anyhow::Result<()> {
        if let Some(check) = self.outputs.get_mut(&record.topic) {
            return check.take(self.codec, &self.events, record);
        }
        match self.domains.get_mut(&record.topic) {
            Some(check) => check.take(self.codec, record),
            None => self.told.take(self.codec, record),
        }
    }
}
