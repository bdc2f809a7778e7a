//! Activating a catalogue, or a version of the fold: the catalogue's body first, then one transaction that names it to every
//! partition.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use catalogue::plan::{Confirmation, PlanRecord};
use catalogue::{ACTIVE_KEY, FOLD_KEY};
use domain::catalogue::{Catalogue, CatalogueDigest};
use domain::event::{Body, Content, Control};
use domain::fold::FOLD_VERSION;
use domain::time::Instant;
use schemas::Codec;
use schemas::topics::Topics;
use stream::log::{Isolation, Log, LogError, Outgoing, TopicPartition, TransactionalProducer};

const WAIT: Duration = Duration::from_secs(30);
const STORE_TRIES: u32 = 10;
const STORE_PAUSE: Duration = Duration::from_millis(500);

/// Where an activation is written.
pub struct Register {
    pub log: Arc<dyn Log>,
    pub topics: Arc<Topics>,
    pub codec: Codec,
    pub now_ms: i64,
}

/// Whether restricting measures whose text of law was not checked may be activated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unverified {
    Allow,
    Refuse,
}

/// What is put in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules<'a> {
    Catalogue(&'a str),
    Fold(u32),
}

/// Stores the body of a catalogue and activates it in every partition; begins the log with the fold's version where it is
/// empty. Returns the digest. `admit` is asked when every other activation is fenced off: what it reads of the catalogues is what
/// the activation follows on.
pub fn activate(
    register: &Register,
    catalogue: &Catalogue,
    unverified: Unverified,
    admit: &mut dyn FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<CatalogueDigest> {
    let open = catalogue::unverified_restrictions(catalogue);
    if unverified == Unverified::Refuse && !open.is_empty() {
        let ids: Vec<&str> = open.keys().map(domain::ids::MeasureId::as_str).collect();
        bail!(
            "these restricting measures rest on texts that were not checked: {}; verify them, or activate with --allow-unverified",
            ids.join(", ")
        );
    }
    let (body, digest) = (catalogue::canonical_bytes(catalogue), catalogue::digest(catalogue));
    let catalogues = register.topics.catalogues();
    store(register, register.outgoing(catalogues, 0, Some(digest.clone().into()), Bytes::from(body)))?;
    put_in_force(register, Rules::Catalogue(&digest), admit)?;
    Ok(digest)
}

/// Activates a version of the fold in every partition. `admit` as for a catalogue.
pub fn activate_fold(
    register: &Register,
    version: u32,
    admit: &mut dyn FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    put_in_force(register, Rules::Fold(version), admit)
}

fn put_in_force(
    register: &Register,
    rules: Rules<'_>,
    admit: &mut dyn FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut transaction = register.log.transactional(&format!("{}-activation", register.topics.prefix()))?;
    transaction.init(WAIT)?;
    admit()?;
    transaction.begin()?;
    if let Err(error) = register.announce(transaction.as_mut(), rules) {
        transaction.abort()?;
        return Err(error);
    }
    transaction.commit().map_err(|error| {
        let said = match &error {
            // The client did not come back, or does not know: the broker may commit what it has.
            LogError::Fatal { .. } | LogError::Retry { .. } => {
                "it is not known whether the activation was committed; activate it again: a second time changes nothing"
            }
            LogError::Abort { .. }
            | LogError::Fenced { .. }
            | LogError::Refused { .. }
            | LogError::QueueFull { .. } => "the activation was not committed; nothing has changed, try again",
        };
        anyhow::Error::new(error).context(said)
    })
}

/// Keeps a plan beside the catalogues.
pub fn keep_plan(register: &Register, plan: &PlanRecord) -> anyhow::Result<()> {
    register.keep(plan.key(), plan.bytes())
}

/// Keeps a second person's word for a plan.
pub fn keep_confirmation(register: &Register, confirmation: &Confirmation) -> anyhow::Result<()> {
    register.keep(confirmation.key(), confirmation.bytes())
}

/// Stores a record. Topics made a moment ago may have no leader yet: it is tried again for a while.
fn store(register: &Register, record: Outgoing) -> anyhow::Result<()> {
    let producer = register.log.producer()?;
    let mut tries = 0;
    loop {
        let stored = producer.send(record.clone()).and_then(futures::executor::block_on);
        match stored {
            Ok(_) => return Ok(()),
            Err(
                LogError::Refused { .. } | LogError::Retry { .. } | LogError::QueueFull { .. } | LogError::Fatal { .. },
            ) if tries < STORE_TRIES => {}
            Err(error) => return Err(error).context("a record of the catalogues was not stored"),
        }
        tries += 1;
        std::thread::sleep(STORE_PAUSE);
    }
}

impl Register {
    fn outgoing(&self, topic: &Arc<str>, partition: i32, key: Option<Bytes>, value: Bytes) -> Outgoing {
        Outgoing {
            topic: Arc::clone(topic),
            partition,
            key,
            value: Some(value),
            headers: Vec::new(),
            timestamp_ms: Some(self.now_ms),
        }
    }

    fn keep(&self, key: String, value: Vec<u8>) -> anyhow::Result<()> {
        store(self, self.outgoing(self.topics.catalogues(), 0, Some(key.into()), Bytes::from(value)))
    }

    fn announce(&self, transaction: &mut dyn TransactionalProducer, rules: Rules<'_>) -> anyhow::Result<()> {
        let events = self.topics.events();
        let mut begins = false;
        for partition in 0..i32::from(self.topics.partitions().get()) {
            let of = TopicPartition::new(Arc::clone(events), partition);
            let control = match rules {
                Rules::Catalogue(digest) => {
                    if self.log.watermarks(&of, Isolation::ReadUncommitted)?.high == 0 {
                        begins = true;
                        let control = Control::FoldActivated { version: FOLD_VERSION };
                        transaction.send(&self.control(partition, control)?)?;
                    }
                    Control::CatalogueActivated { digest: digest.to_owned() }
                }
                Rules::Fold(version) => Control::FoldActivated { version },
            };
            transaction.send(&self.control(partition, control)?)?;
        }
        let mut active = |key: &'static [u8], value: String| {
            let outgoing = self.outgoing(self.topics.catalogues(), 0, Some(Bytes::from_static(key)), value.into());
            transaction.send(&outgoing)
        };
        match rules {
            Rules::Catalogue(digest) => active(ACTIVE_KEY, digest.to_owned())?,
            Rules::Fold(version) => active(FOLD_KEY, version.to_string())?,
        }
        if begins {
            active(FOLD_KEY, FOLD_VERSION.to_string())?;
        }
        Ok(())
    }

    /// A control record for one partition of the log.
    pub fn control(&self, partition: i32, control: Control) -> anyhow::Result<Outgoing> {
        let body = Body { written_at: Instant::from_ms(self.now_ms), content: Content::Control(control) };
        let value = self.codec.encode_event(&body)?;
        Ok(self.outgoing(self.topics.events(), partition, None, value))
    }
}
