//! A batch: events of one request, sent as they are read, answered once they are acknowledged.
//!
//! ```text
//! line -> check -> record -> producer's queue -> slot, in order -> delivery report -> report
//! ```
//!
//! A bounded number of slots wait for their reports; when all are taken, or the producer's queue is full, reading pauses,
//! and with it the client. Events go out in the order of their lines. Once the log has failed one of them, nothing
//! further of the batch is sent, so that no event overtakes an earlier one of its subject that has to be sent again; the rest
//! is still checked.

use std::collections::VecDeque;
use std::time::Instant as Moment;

use bytes::Bytes;
use domain::catalogue::Catalogue;
use domain::problem::Problem;
use futures::{FutureExt, Stream};
use stream::log::{DeliveryReport, Outgoing};
use tokio::time::Instant;

use crate::check::{Checked, Faults, Named, Speaker};
use crate::code;
use crate::lines::{Line, Lines};
use crate::records::Origin;
use crate::refusal::undelivered;
use crate::report::Report;
use crate::sender::{Queued, Undelivered};
use crate::service::Shared;

/// Events checked between two chances for others on the same thread.
const TURN: u32 = 64;

pub(crate) struct Batch<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) speaker: Speaker<'a>,
    /// Check only, write nothing.
    pub(crate) dry_run: bool,
    pub(crate) slots: VecDeque<Slot>,
    pub(crate) report: Report,
    /// The log has failed an event of this batch.
    pub(crate) outage: bool,
}

/// An event whose record is sent, or could not be.
pub(crate) struct Slot {
    line: u64,
    event_id: Option<String>,
    named: Named,
    /// Of a refused event.
    faults: Option<Faults>,
    sent: Result<DeliveryReport, Undelivered>,
}

/// The body ended early before anything of it was taken.
pub(crate) struct Interrupted(pub(crate) axum::Error);

impl Batch<'_> {
    /// Takes all lines. An error only where not even one was read: what was taken is always reported.
    pub(crate) async fn take<S>(mut self, body: S) -> Result<Report, Interrupted>
    where
        S: Stream<Item = Result<Bytes, axum::Error>> + Unpin,
    {
        let mut lines = Lines::new(body, self.shared.digest.clone(), self.shared.checker.event_bytes_max);
        let lines_max = u64::from(self.shared.settings.batch_lines_max);
        let (mut events, mut turn) = (0, 0);
        loop {
            let line = match lines.next().await {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(error) if events == 0 => return Err(Interrupted(error)),
                Err(error) => {
                    self.settle_all().await;
                    self.report.refuse_rest(lines.number(), 1, interrupted(&error));
                    return Ok(self.report);
                }
            };
            turn += 1;
            if turn % TURN == 0 {
                tokio::task::yield_now().await;
            }
            if is_blank(&line) {
                continue;
            }
            if events == lines_max {
                let rest = self.rest(&mut lines).await;
                return Ok(rest);
            }
            events += 1;
            self.line(lines.number(), line).await;
        }
        self.settle_all().await;
        Ok(self.report)
    }

    async fn line(&mut self, number: u64, line: Line) {
        let started = Moment::now();
        let checker = &self.shared.checker;
        let checked = match &line {
            Line::Whole(bytes) => checker.json(bytes, self.speaker, self.catalogue),
            Line::TooLong(_) => Checked::unreadable(checker.too_large(), self.speaker, self.catalogue),
        };
        self.shared.metrics.check_seconds.observe(started.elapsed().as_secs_f64());
        if self.dry_run {
            match checked.outcome {
                Ok(_) => self.report.accept(checked.event_id.as_deref()),
                Err(faults) => self.report.refuse(checked.event_id.as_deref(), number, &faults),
            }
            return;
        }
        self.shared.metrics.received(&checked.named);
        let Checked { event_id, named, outcome } = checked;
        let now = checker.now();
        let (record, faults) = match outcome {
            Ok(event) => (self.shared.records.event(event, now), None),
            Err(faults) => {
                let trace = match line {
                    Line::Whole(bytes) => self.shared.digest.of(&bytes),
                    Line::TooLong(trace) => trace,
                };
                (self.shared.records.reject(&named, &faults.first, &Origin::Line(number), trace, now), Some(faults))
            }
        };
        let sent = match record {
            Ok(record) => self.send(record).await,
            Err(error) => Err(self.shared.not_written(&error)),
        };
        self.outage |= matches!(sent, Err(Undelivered::Unavailable));
        self.slots.push_back(Slot { line: number, event_id, named, faults, sent });
    }

    /// Queues a record, making room by settling the slots before it.
    async fn send(&mut self, record: Outgoing) -> Result<DeliveryReport, Undelivered> {
        while self.slots.len() >= crate::settings::count(self.shared.settings.in_flight_max) {
            self.settle().await;
        }
        let deadline = Instant::now() + self.shared.sender.timeout();
        while !self.outage {
            match self.shared.sender.queue(record.clone()) {
                Queued::Report(report) => return Ok(report),
                Queued::Failed(undelivered) => return Err(undelivered),
                Queued::Full if self.slots.is_empty() => self.shared.sender.pause(deadline).await?,
                Queued::Full => self.settle().await,
            }
        }
        Err(Undelivered::Unavailable)
    }

    /// Waits for the oldest slot and reports it.
    async fn settle(&mut self) {
        let Some(slot) = self.slots.pop_front() else { return };
        let delivered = match slot.sent {
            Err(undelivered) => Err(undelivered),
            Ok(report) if self.outage => match report.now_or_never() {
                Some(Ok(delivery)) => Ok(delivery),
                Some(Err(_)) | None => Err(Undelivered::Unavailable),
            },
            Ok(report) => {
                let started = Moment::now();
                let deadline = Instant::now() + self.shared.sender.timeout();
                let delivered = self.shared.sender.acknowledged(report, deadline).await;
                self.shared.metrics.delivery_seconds.observe(started.elapsed().as_secs_f64());
                delivered
            }
        };
        self.outage |= matches!(delivered, Err(Undelivered::Unavailable));
        let event_id = slot.event_id.as_deref();
        match (delivered, slot.faults) {
            (Ok(delivery), None) => {
                self.shared.acknowledged.record(delivery);
                self.shared.metrics.accepted(&slot.named, self.shared.checker.now().ms());
                self.report.accept(event_id);
            }
            (Ok(_), Some(faults)) => {
                self.shared.metrics.rejected(&slot.named, &faults.first.code);
                self.report.refuse(event_id, slot.line, &faults);
            }
            (Err(why), faults) => {
                // What is wrong with the event itself is told too, though its refusal is not on record.
                let further = faults.into_iter().flat_map(|f| std::iter::once(f.first).chain(f.further)).collect();
                let faults = Faults { first: undelivered(why), further };
                self.shared.metrics.rejected(&slot.named, &faults.first.code);
                self.report.refuse(event_id, slot.line, &faults);
            }
        }
    }

    async fn settle_all(&mut self) {
        while !self.slots.is_empty() {
            self.settle().await;
        }
    }

    /// Reads and counts what is beyond the longest batch: a body that is not read to its end would cut the connection
    /// before the client has its answer.
    async fn rest<S>(mut self, lines: &mut Lines<S>) -> Report
    where
        S: Stream<Item = Result<Bytes, axum::Error>> + Unpin,
    {
        let (from, mut count) = (lines.number(), 1);
        while let Ok(Some(line)) = lines.next().await {
            count += u64::from(!is_blank(&line));
            if count % u64::from(TURN) == 0 {
                tokio::task::yield_now().await;
            }
        }
        self.settle_all().await;
        let most = self.shared.settings.batch_lines_max;
        let message = format!(
            "a batch has at most {most} events; the {count} lines from this one on were not taken: send them in another batch"
        );
        self.report.refuse_rest(from, count, Problem::new(code::BATCH_TOO_LONG, "", message));
        self.report
    }
}

fn is_blank(line: &Line) -> bool {
    match line {
        Line::Whole(line) => line.iter().all(u8::is_ascii_whitespace),
        Line::TooLong(_) => false,
    }
}

fn interrupted(error: &axum::Error) -> Problem {
    let cause = kit::body::interrupted(error);
    let message = format!("{}: send this line and those after it in another batch", cause.title());
    Problem::new(code::BATCH_INTERRUPTED, "", message)
}
