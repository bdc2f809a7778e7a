//! The benchmark's fold on Standing's runtime. The Java side does the same, step by step.
//!
//! An event moves the partition's time forward, in whole ticks: every timer due by then fires, in the order of due time,
//! subject and record, and its record ends. Then the event changes its own record, if its revision is higher than the one
//! that is there. A flag is sent when the first live record becomes a ground of its measure, and when the last stops
//! being one.

use std::ops::Bound;

use bytes::Bytes;
use stream::fold::{Fold, FoldError, Progress, Rejection};
use stream::log::{Outgoing, Record, Topic};
use stream::outbox::Outbox;
use stream::state::StateRead;
use stream::view::View;

use super::event::{Event, Flag, MEASURES, Op, Subject, flag_key};
use super::rows::{HeadRow, RecordRow, Standing, TIME, head_key, record_key, timer, timer_key, timers_from};

/// The time of a partition moves in steps of so many microseconds.
pub const TICK_US: i64 = 1_000_000;

/// One partition's fold.
pub struct PeerFold {
    flags: Topic,
    partition: i32,
    /// The partition's time, once read.
    time_us: Option<i64>,
}

/// What a flag says about where it comes from.
#[derive(Clone, Copy)]
struct Origin {
    at_us: i64,
    stamp: u64,
}

impl PeerFold {
    pub fn new(flags: Topic, partition: i32) -> Self {
        Self { flags, partition, time_us: None }
    }

    /// Moves the partition's time forward to the event's and fires what is due; returns the time.
    fn advance(&mut self, view: &mut View<'_>, from: Origin, out: &mut Outbox) -> Result<i64, FoldError> {
        let before = match self.time_us {
            Some(time_us) => time_us,
            None => {
                let stored = view.get(TIME)?;
                let stored = stored.as_deref().map(|bytes| bytes.try_into().map(i64::from_be_bytes));
                stored.transpose().map_err(|_| foreign("time"))?.unwrap_or(0)
            }
        };
        let time_us = before.max(tick_of(from.at_us));
        if time_us > before {
            view.put(TIME, time_us.to_be_bytes().to_vec());
            // Timers up to the time before have fired, and none is set that is already due.
            let (first, end) = (timers_from(before + 1), timers_from(time_us + 1));
            let due = view.scan((Bound::Included(&first[..]), Bound::Excluded(&end[..])), usize::MAX)?;
            for (key, _) in due {
                self.expire(view, &key, from, out)?;
            }
        }
        self.time_us = Some(time_us);
        Ok(time_us)
    }

    fn expire(&self, view: &mut View<'_>, key: &[u8], from: Origin, out: &mut Outbox) -> Result<(), FoldError> {
        let (_, subject, record) = timer(key).ok_or_else(|| foreign("timer"))?;
        view.delete(key);
        let of = record_key(&subject, record);
        let bytes = view.get(&of)?.ok_or_else(|| foreign("timer without a record"))?;
        let row = RecordRow::decode(&bytes).ok_or_else(|| foreign("record"))?;
        let ended = RecordRow { standing: Standing::Expired, ..row };
        view.put(&of, ended.encode(RecordRow::body(&bytes)));
        self.change(view, &subject, row.grounds(), 0, from, out)
    }

    fn record(
        &self,
        view: &mut View<'_>,
        subject: &Subject,
        event: &Event<'_>,
        time_us: i64,
        out: &mut Outbox,
    ) -> Result<(), FoldError> {
        let of = record_key(subject, event.record);
        let mut before = None;
        let held = view.show(&of, &mut |bytes| before = RecordRow::decode(bytes))?;
        if held && before.is_none() {
            return Err(foreign("record"));
        }
        if before.is_some_and(|before| event.revision <= before.revision) {
            return Ok(());
        }
        if let Some(before) = before
            && before.standing == Standing::Live
            && before.expires_us != 0
        {
            view.delete(&timer_key(before.expires_us, subject, event.record));
        }
        let standing = match event.op {
            Op::Withdraw => Standing::Withdrawn,
            Op::Upsert if event.expires_us != 0 && event.expires_us <= time_us => Standing::Expired,
            Op::Upsert => Standing::Live,
        };
        let (expires_us, revision, measures) = (event.expires_us, event.revision, event.measures);
        let row = RecordRow { standing, revision, expires_us, measures };
        view.put(&of, row.encode(event.body));
        if standing == Standing::Live && expires_us != 0 {
            view.put(&timer_key(expires_us, subject, event.record), Bytes::new());
        }
        let from = Origin { at_us: event.at_us, stamp: event.stamp };
        self.change(view, subject, before.map_or(0, |before| before.grounds()), row.grounds(), from, out)
    }

    /// A record was a ground of some measures and is of others: counts, and sends the flags that change.
    fn change(
        &self,
        view: &mut View<'_>,
        subject: &Subject,
        before: u16,
        after: u16,
        from: Origin,
        out: &mut Outbox,
    ) -> Result<(), FoldError> {
        let changed = before ^ after;
        if changed == 0 {
            return Ok(());
        }
        let of = head_key(subject);
        let mut head = Some(HeadRow::default());
        view.show(&of, &mut |bytes| head = HeadRow::decode(bytes))?;
        let mut head = head.ok_or_else(|| foreign("head"))?;
        for measure in (0..MEASURES).filter(|measure| changed >> measure & 1 == 1) {
            let grounds = &mut head.grounds[measure];
            let on = after >> measure & 1 == 1;
            let turned = if on {
                *grounds = grounds.checked_add(1).ok_or_else(|| foreign("count"))?;
                *grounds == 1
            } else {
                *grounds = grounds.checked_sub(1).ok_or_else(|| foreign("count"))?;
                *grounds == 0
            };
            if turned {
                head.versions[measure] = head.versions[measure].wrapping_add(1);
                let flag = Flag { on, version: head.versions[measure], at_us: from.at_us, stamp: from.stamp };
                out.send(self.outgoing(subject, measure, &flag));
            }
        }
        view.put(&of, head.encode());
        Ok(())
    }

    fn outgoing(&self, subject: &Subject, measure: usize, flag: &Flag) -> Outgoing {
        Outgoing {
            topic: self.flags.clone(),
            partition: self.partition,
            key: Some(Bytes::copy_from_slice(&flag_key(subject, measure))),
            value: Some(Bytes::copy_from_slice(&flag.encode())),
            headers: Vec::new(),
            timestamp_ms: None,
        }
    }
}

/// The tick that a time is in; before the epoch there is none.
pub(super) fn tick_of(at_us: i64) -> i64 {
    if at_us > 0 { at_us - at_us % TICK_US } else { 0 }
}

/// A row that this fold did not write.
fn foreign(what: &str) -> FoldError {
    FoldError::Stop { reason: format!("the state holds a {what} that is none of the benchmark's") }
}

impl Fold for PeerFold {
    fn apply(&mut self, view: &mut View<'_>, record: &Record, out: &mut Outbox) -> Result<(), FoldError> {
        let skip = |reason: &str| FoldError::Skip { code: "bench.no-event", reason: reason.to_owned() };
        let subject = record.key.as_deref().and_then(|key| Subject::try_from(key).ok());
        let subject = subject.ok_or_else(|| skip("its key is no subject"))?;
        let value = record.value.as_deref().unwrap_or_default();
        let event = Event::decode(value).ok_or_else(|| skip("its value is no event"))?;
        let time_us = self.advance(view, Origin { at_us: event.at_us, stamp: event.stamp }, out)?;
        self.record(view, &subject, &event, time_us, out)
    }

    /// Passed over, as on the other side.
    fn reject(&mut self, _: &mut View<'_>, _: &Record, _: &Rejection, _: &mut Outbox) {}

    fn mark(&mut self, _: &View<'_>, _: &Progress, _: &mut Outbox) {}

    fn tick(&mut self, _: &View<'_>, _: i32, _: i64, _: &mut Outbox) {}

    fn reset(&mut self) {
        self.time_us = None;
    }
}
