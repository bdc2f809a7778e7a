//! The fold over `standing.decisions`: a check that rested on flags goes on to where the corrections come in. It has no state.

use std::sync::Arc;

use bytes::Bytes;
use schemas::topics::Topics;
use schemas::{Act, Codec, Relied};
use stream::fold::{Fold, FoldError, Progress, Rejection};
use stream::log::Record;
use stream::outbox::Outbox;
use stream::view::View;

use crate::metrics::CorrectionMetrics;
use crate::refuse::{decode_fault, encode_fault, outgoing, rejected};

pub(crate) struct RelayFold {
    topics: Arc<Topics>,
    codec: Arc<Codec>,
    metrics: CorrectionMetrics,
}

impl RelayFold {
    pub(crate) fn new(topics: Arc<Topics>, codec: Arc<Codec>, metrics: CorrectionMetrics) -> Self {
        Self { topics, codec, metrics }
    }
}

impl Fold for RelayFold {
    fn apply(&mut self, _view: &mut View<'_>, record: &Record, out: &mut Outbox) -> Result<(), FoldError> {
        let decision = self.codec.decode_decision(record.value.as_deref().unwrap_or_default()).map_err(decode_fault)?;
        // A lookup, a pseudonym and what a watch was shown decide nothing; a watch shows the correction itself.
        if decision.act != Act::Check || decision.flags.is_empty() {
            return Ok(());
        }
        let relied = Relied {
            decision_id: decision.decision_id,
            at: decision.at,
            consumer: decision.consumer,
            matter: decision.matter,
            subject: decision.subject,
            flags: decision.flags,
            case: decision.case,
        };
        let value: Bytes = self.codec.encode_relied(&relied).map_err(encode_fault)?;
        let key = relied.subject.as_str().to_owned();
        out.send(outgoing(self.topics.reliance(), record.partition, key, Some(value), Vec::new()));
        self.metrics.relied.inc();
        Ok(())
    }

    fn reject(&mut self, _view: &mut View<'_>, record: &Record, reason: &Rejection, out: &mut Outbox) {
        self.metrics.rejected.inc();
        out.send(rejected(&self.topics, &self.codec, record, reason));
    }

    fn mark(&mut self, _view: &View<'_>, _progress: &Progress, _out: &mut Outbox) {}

    fn tick(&mut self, _view: &View<'_>, _partition: i32, _now_ms: i64, _out: &mut Outbox) {}
}
