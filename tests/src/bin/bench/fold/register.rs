//! The parts that a fold of the register is made of: topics, codec, the reference catalogue, and the profile service's fold.

use std::num::NonZeroU16;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use bytes::Bytes;
use catalogue::Shelf;
use domain::event::{Body, Content, Control};
use domain::fold::FOLD_VERSION;
use domain::time::Instant;
use kit::metrics::Metrics;
use profile::{FoldMetrics, ProfileFold};
use schemas::Codec;
use schemas::topics::Topics;
use stream::log::Record;

use super::log::beginning;

#[derive(Clone)]
pub(crate) struct Register {
    pub(crate) topics: Arc<Topics>,
    pub(crate) codec: Arc<Codec>,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) digest: String,
    metrics: FoldMetrics,
}

impl Register {
    pub(crate) fn new(prefix: &str, partitions: u16) -> anyhow::Result<Self> {
        let loaded = catalogue::load(&catalogue::reference())
            .map_err(|_| anyhow!("the reference catalogue cannot be read: run standing catalogue lint"))?;
        let (body, digest) = (catalogue::canonical_bytes(&loaded.catalogue), catalogue::digest(&loaded.catalogue));
        let shelf = Shelf::new();
        shelf.take(digest.as_bytes(), &body)?;
        let partitions = NonZeroU16::new(partitions).context("a topic has at least one partition")?;
        Ok(Self {
            topics: Arc::new(Topics::new(prefix, partitions, NonZeroU16::MIN)?),
            codec: Arc::new(Codec::built_in()),
            shelf,
            digest,
            metrics: FoldMetrics::new(&Metrics::new("bench", "0")),
        })
    }

    pub(crate) fn fold(&self, partition: i32) -> Box<ProfileFold> {
        let (topics, codec, shelf) = (self.topics.clone(), self.codec.clone(), self.shelf.clone());
        Box::new(ProfileFold::new(topics, codec, shelf, self.metrics.clone(), partition))
    }

    /// What every log begins with.
    pub(crate) fn activations(&self) -> [Body; 2] {
        let control = |control| Body { written_at: beginning(), content: Content::Control(control) };
        [
            control(Control::FoldActivated { version: FOLD_VERSION }),
            control(Control::CatalogueActivated { digest: self.digest.clone() }),
        ]
    }

    pub(crate) fn encoded(&self, body: &Body) -> anyhow::Result<Bytes> {
        Ok(self.codec.encode_event(body)?)
    }

    /// A record as a worker gets it, appended when it was written.
    pub(crate) fn record(&self, offset: i64, at: Instant, value: Bytes) -> Record {
        Record {
            topic: self.topics.events().clone(),
            partition: 0,
            offset,
            timestamp_ms: at.ms(),
            key: None,
            value: Some(value),
            headers: Vec::new(),
        }
    }
}
