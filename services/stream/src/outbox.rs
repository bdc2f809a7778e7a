//! The outputs of a fold, in the order they were sent, until the worker hands them to the transaction.

use crate::log::Outgoing;

/// The largest output a fold may send: key, value and headers. Kafka's default `message.max.bytes` is 1,048,588 with
/// the batch's overhead. A constant, because a record is rejected by it, and replay must reject the same records.
pub const OUTPUT_BYTES_MAX: usize = 900_000;

/// What one output costs beside its bytes.
const OUTPUT_OVERHEAD_BYTES: usize = 160;

#[derive(Debug, Default)]
pub struct Outbox {
    outputs: Vec<Outgoing>,
    bytes: usize,
    too_large: Option<usize>,
}

/// A place in the outbox to go back to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutboxMark(usize);

impl Outbox {
    pub fn send(&mut self, output: Outgoing) {
        let size = size_of(&output);
        if size > OUTPUT_BYTES_MAX {
            self.too_large = Some(size);
        }
        self.bytes += size + OUTPUT_OVERHEAD_BYTES;
        self.outputs.push(output);
    }

    pub fn len(&self) -> usize {
        self.outputs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn mark(&self) -> OutboxMark {
        OutboxMark(self.outputs.len())
    }

    pub(crate) fn roll_back(&mut self, to: OutboxMark) {
        for output in self.outputs.drain(to.0..) {
            self.bytes -= size_of(&output) + OUTPUT_OVERHEAD_BYTES;
        }
        self.too_large = None;
    }

    /// The size of an output that is larger than may be sent.
    pub(crate) fn too_large(&self) -> Option<usize> {
        self.too_large
    }

    pub(crate) fn take(&mut self) -> Vec<Outgoing> {
        self.bytes = 0;
        self.too_large = None;
        std::mem::take(&mut self.outputs)
    }
}

fn size_of(output: &Outgoing) -> usize {
    output.key.as_ref().map_or(0, |key| key.len())
        + output.value.as_ref().map_or(0, |value| value.len())
        + output.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
}
