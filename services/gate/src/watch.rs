//! `GET /v1/watch?matter=`: changes of the flags that concern a matter, as server-sent events.
//!
//! | event | id | data |
//! |---|---|---|
//! | `mark` | - | how far the view is: at once, and as a heartbeat |
//! | `flag` | version | a flag that is set or has changed, with its intervals and grounds |
//! | `lift` | version | a flag that is lifted, or no longer concerns the matter |
//! | `overflow` | - | the client was too slow and changes are missing; the stream ends |
//! | `end` | - | the stream has lasted as long as one may, or the service stops: connect again |
//!
//! A stream begins with the present: what stands already is asked by `POST /v1/check`, or read from the domain's flag topic, which
//! is also what to follow where no change may be missed. `Last-Event-ID` is not looked at.
//!
//! Every client reads from one ring of bounded length, at its own pace. Of natural persons only who is entitled is told, under
//! the pseudonyms of the matter's domain, and only once it is on record that it was told.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::response::sse::{Event, Sse};
use domain::catalogue::{Effect, Remedies, Title};
use domain::ids::MatterId;
use domain::pseudonym::DomainPseudonym;
use domain::subject::partition_of;
use domain::time::{Instant, Intervals};
use futures::Stream;
use kit::body::QueryParams;
use kit::credentials::Principal;
use kit::problem::Problem;
use schemas::{Act, DecisionRecord, Shown};
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::MissedTickBehavior;

use crate::answer::{GroundShown, ground};
use crate::decisions::Urgency;
use crate::gate::Shared;
use crate::metrics::WatchEnd;
use crate::question::Entitled;
use crate::rating::RatingShown;
use crate::refusal;
use crate::view::{Change, HeldFlag, Now};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WatchQuery {
    matter: String,
    consumer: Option<String>,
}

#[derive(Serialize)]
struct MarkEvent {
    as_of: String,
    /// Of the partition furthest behind; absent while one was never seen.
    staleness_ms: Option<i64>,
}

#[derive(Serialize)]
struct FlagEvent<'a> {
    subject: DomainPseudonym,
    measure: &'a str,
    version: String,
    effect: Effect,
    title: &'a Title,
    /// In force at an instant if it lies in one of these and in none of `excepted`.
    intervals: Vec<IntervalShown>,
    excepted: Vec<IntervalShown>,
    grounds: Vec<GroundShown<'a>>,
    grounds_total: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<RatingShown<'a>>,
    remedies: &'a Remedies,
    catalogue: &'a str,
}

#[derive(Serialize)]
struct LiftEvent {
    subject: DomainPseudonym,
    measure: String,
    version: String,
    ended_at: String,
    reason: &'static str,
}

#[derive(Serialize)]
struct EndEvent {
    reason: &'static str,
}

#[derive(Serialize)]
struct IntervalShown {
    start: String,
    end: Option<String>,
}

pub(crate) async fn watch(
    State(shared): State<Arc<Shared>>,
    principal: Principal,
    QueryParams(query): QueryParams<WatchQuery>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let entitled = shared.judge(&principal, |judge| judge.entitle(query.consumer.as_deref(), &query.matter))?;
    let place = Arc::clone(&shared.watchers).try_acquire_owned().map_err(|_| refusal::watchers_full())?;
    let changes = shared.view.watch();
    shared.metrics.watchers.inc();
    let watcher = Watcher { shared, entitled, changes, end: WatchEnd::Client, _place: place };
    Ok(Sse::new(watcher.stream()))
}

/// One client. Dropped when it has gone, or when its stream has ended.
struct Watcher {
    shared: Arc<Shared>,
    entitled: Entitled,
    changes: Receiver<Arc<Change>>,
    end: WatchEnd,
    _place: OwnedSemaphorePermit,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.shared.metrics.watchers.dec();
        self.shared.metrics.watch_ended(self.end);
    }
}

impl Watcher {
    fn stream(mut self) -> impl Stream<Item = Result<Event, Infallible>> {
        let until = tokio::time::Instant::now() + self.shared.settings.watch_max.get();
        let mut heart = tokio::time::interval(self.shared.settings.watch_heartbeat.get());
        heart.set_missed_tick_behavior(MissedTickBehavior::Delay);
        async_stream::stream! {
            self.end = loop {
                let change = tokio::select! {
                    biased;
                    () = self.shared.shutdown.triggered() => break WatchEnd::Stopping,
                    () = tokio::time::sleep_until(until) => break WatchEnd::Expired,
                    // The first beat comes at once.
                    _ = heart.tick() => {
                        yield Ok(self.mark());
                        continue;
                    }
                    change = self.changes.recv() => change,
                };
                match change {
                    Ok(change) => match self.told(&change).await {
                        Ok(Some(event)) => yield Ok(event),
                        Ok(None) => {}
                        Err(end) => break end,
                    },
                    Err(RecvError::Lagged(_)) => break WatchEnd::Overflow,
                    Err(RecvError::Closed) => break WatchEnd::Stopping,
                }
            };
            let name = if self.end == WatchEnd::Overflow { "overflow" } else { "end" };
            yield Ok(event(name, &EndEvent { reason: self.end.name() }));
        }
    }

    fn mark(&self) -> Event {
        let staleness_ms = self.shared.oldest_ms().ok().map(|(_, staleness)| staleness);
        event("mark", &MarkEvent { as_of: self.shared.as_of(), staleness_ms })
    }

    /// The event of a change, if this client is to be told.
    async fn told(&self, change: &Change) -> Result<Option<Event>, WatchEnd> {
        let matter = &self.entitled.matter;
        let Some(event) = self.event(change, matter) else { return Ok(None) };
        if change.subject.is_person() {
            if !self.entitled.people() {
                return Ok(None);
            }
            self.on_record(change).await?;
        }
        Ok(Some(event))
    }

    fn event(&self, change: &Change, matter: &MatterId) -> Option<Event> {
        let now = Instant::from_ms(self.shared.clock.now_ms());
        let concerned = change.before.as_ref().is_some_and(|before| before.concerns(matter));
        let version = change.version.to_string();
        match &change.now {
            Now::Set(flag) if flag.common.concerns(matter) => {
                Some(event("flag", &self.flag(change, flag, matter)).id(version))
            }
            Now::Set(_) if concerned => Some(event("lift", &self.lift(change, now, "rules")).id(version)),
            Now::Lifted(lift) if concerned || lift.matters.iter().any(|pattern| pattern.matches(matter)) => {
                Some(event("lift", &self.lift(change, lift.ended_at, lift.reason.as_str())).id(version))
            }
            Now::Set(_) | Now::Lifted(_) => None,
        }
    }

    fn subject(&self, change: &Change) -> DomainPseudonym {
        self.shared.key.domain_pseudonym(&change.subject, &self.entitled.matter.domain())
    }

    fn flag<'a>(&self, change: &'a Change, held: &'a HeldFlag, matter: &MatterId) -> FlagEvent<'a> {
        let flag = held.by_ref();
        let kind = change.subject.kind();
        FlagEvent {
            subject: self.subject(change),
            measure: change.measure.as_str(),
            version: change.version.to_string(),
            effect: flag.effect,
            title: flag.title,
            intervals: intervals(flag.intervals),
            excepted: flag.excepted.get(matter).map(intervals).unwrap_or_default(),
            grounds: flag.grounds.iter().map(|shown| ground(shown, kind)).collect(),
            grounds_total: flag.grounds_total,
            rating: flag.rating.map(RatingShown::from),
            remedies: flag.remedies,
            catalogue: &held.common.catalogue,
        }
    }

    fn lift(&self, change: &Change, ended_at: Instant, reason: &'static str) -> LiftEvent {
        LiftEvent {
            subject: self.subject(change),
            measure: change.measure.as_str().to_owned(),
            version: change.version.to_string(),
            ended_at: ended_at.to_string(),
            reason,
        }
    }

    /// Being told of a person unasked is a read of the person's record like any other (R12).
    async fn on_record(&self, change: &Change) -> Result<(), WatchEnd> {
        let Self { shared, entitled, .. } = self;
        let id = shared.decisions.id(partition_of(&change.subject, shared.topics.partitions()));
        let record = DecisionRecord {
            decision_id: id.to_string(),
            at: Instant::from_ms(shared.clock.now_ms()),
            act: Act::Watch,
            consumer: entitled.consumer.clone(),
            matter: entitled.matter.clone(),
            subject: change.subject.clone(),
            decision: None,
            reason: None,
            flags: vec![Shown { measure: change.measure.as_ref().clone(), version: change.version }],
            staleness_ms: None,
            catalogue: None,
            case: None,
        };
        let logged = shared.decisions.log(vec![(id, record, Urgency::BeforeTheAnswer)]).await;
        if logged.iter().all(Result::is_ok) { Ok(()) } else { Err(WatchEnd::DecisionLog) }
    }
}

fn intervals(intervals: &Intervals) -> Vec<IntervalShown> {
    let shown = intervals.as_slice().iter().map(|interval| IntervalShown {
        start: interval.start.to_string(),
        end: interval.end.map(|end| end.to_string()),
    });
    shown.collect()
}

fn event(name: &'static str, data: &impl Serialize) -> Event {
    let data = serde_json::to_string(data).expect("these types have only names for keys");
    Event::default().event(name).data(data)
}
