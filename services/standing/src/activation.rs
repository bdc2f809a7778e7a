//! Activating a catalogue: its body first, then one transaction that names it to every partition.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use catalogue::ACTIVE_KEY;
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

/// Stores the body of a catalogue and activates it in every partition; begins the log with the fold's version where it is
/// empty. Returns the digest.
pub fn activate(register: &Register, catalogue: &Catalogue, unverified: Unverified) -> anyhow::Result<CatalogueDigest> {
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

    let mut transaction = register.log.transactional(&format!("{}-activation", register.topics.prefix()))?;
    transaction.init(WAIT)?;
    transaction.begin()?;
    if let Err(error) = register.announce(transaction.as_mut(), &digest) {
        transaction.abort()?;
        return Err(error);
    }
    transaction.commit().context("the activation was not committed; nothing has changed, try again")?;
    Ok(digest)
}

/// Stores the body. Topics made a moment ago may have no leader yet: it is tried again for a while.
fn store(register: &Register, body: Outgoing) -> anyhow::Result<()> {
    let producer = register.log.producer()?;
    let mut tries = 0;
    loop {
        let stored = producer.send(body.clone()).and_then(futures::executor::block_on);
        match stored {
            Ok(_) => return Ok(()),
            Err(
                LogError::Refused { .. } | LogError::Retry { .. } | LogError::QueueFull { .. } | LogError::Fatal { .. },
            ) if tries < STORE_TRIES => {}
            Err(error) => return Err(error).context("the catalogue's body was not stored"),
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

    fn announce(&self, transaction: &mut dyn TransactionalProducer, digest: &str) -> anyhow::Result<()> {
        let events = self.topics.events();
        for partition in 0..i32::from(self.topics.partitions().get()) {
            let of = TopicPartition::new(Arc::clone(events), partition);
            if self.log.watermarks(&of, Isolation::ReadUncommitted)?.high == 0 {
                transaction.send(self.control(partition, Control::FoldActivated { version: FOLD_VERSION })?)?;
            }
            transaction.send(self.control(partition, Control::CatalogueActivated { digest: digest.to_owned() })?)?;
        }
        let active = Bytes::from_static(ACTIVE_KEY);
        let digest = Bytes::copy_from_slice(digest.as_bytes());
        transaction.send(self.outgoing(self.topics.catalogues(), 0, Some(active), digest))?;
        Ok(())
    }

    /// A control record for one partition of the log.
    pub fn control(&self, partition: i32, control: Control) -> anyhow::Result<Outgoing> {
        let body = Body { written_at: Instant::from_ms(self.now_ms), content: Content::Control(control) };
        let value = self.codec.encode_event(&body)?;
        Ok(self.outgoing(self.topics.events(), partition, None, value))
    }
}
