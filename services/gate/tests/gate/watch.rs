//! Streams of changes.

use axum::body::{Body, BodyDataStream};
use axum::http::{Request, StatusCode};
use domain::flag::{FlagValue, Lift, LiftReason};
use domain::ids::MatterPattern;
use domain::subject::fictitious;
use futures::StreamExt;
use kit::credentials::Principal;
use kit::settings::HumanDuration;
use schemas::Act;
use serde_json::Value;

use crate::bench::{Bench, PATIENCE, anybody, eventually, somebody};
use crate::faulty::Fault;
use crate::grounds::{because, flag};

const SUBSIDY: &str = "subsidy.technology-innovation";

/// A client that reads events one by one.
struct Stream {
    bytes: BodyDataStream,
    buffer: String,
}

#[derive(Debug)]
struct Event {
    name: String,
    id: Option<String>,
    data: Value,
}

async fn watch(bench: &Bench, who: &Principal, matter: &str) -> Stream {
    let request = Request::get(format!("/v1/watch?matter={matter}")).body(Body::empty()).unwrap();
    let response = bench.call(who, request).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = Stream { bytes: response.into_body().into_data_stream(), buffer: String::new() };
    assert_eq!(stream.next().await.unwrap().name, "mark", "a stream says at once how far it is");
    stream
}

impl Stream {
    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let field = |name: &str| {
                    event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::to_owned)
                };
                let data = serde_json::from_str(&field("data").unwrap()).unwrap();
                let event = Event { name: field("event").unwrap(), id: field("id"), data };
                self.buffer = rest.to_owned();
                return Some(event);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.bytes.next()).await.expect("an event comes")?;
            self.buffer.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }
}

fn lift(bench: &Bench, measure: &str) -> FlagValue {
    let measure = crate::grounds::measure(&bench.world.catalogue, measure);
    FlagValue::Lifted(Lift {
        ended_at: bench.world.now(),
        reason: LiftReason::Removed,
        effect: measure.effect,
        matters: measure.matters.clone(),
    })
}

#[tokio::test]
async fn changes_of_the_matter_come_as_they_happen_and_others_do_not() {
    let bench = Bench::start().await;
    let world = &bench.world;
    let subject = world.subject("uscc", &fictitious::uscc(1));
    let mut stream = watch(&bench, &anybody(), SUBSIDY).await;
    let grounds = [because("1", "2026-05-08", "2028-05-07")];
    world.set(&subject, "procurement-ban", &grounds);
    let version = world.set(&subject, "subsidy-restriction", &grounds);
    let event = stream.next().await.unwrap();
    assert_eq!((event.name.as_str(), event.id), ("flag", Some(version.to_string())));
    assert_eq!(event.data["subject"], subject.as_str());
    assert_eq!((&event.data["measure"], &event.data["effect"]), (&"subsidy-restriction".into(), &"restrict".into()));
    assert_eq!(event.data["intervals"][0]["start"], "2026-05-07T16:00:00Z");
    assert_eq!(event.data["grounds"][0]["document"]["number"], "虚构决〔2026〕1号");
    let lifted = world.publish(&subject, "subsidy-restriction", lift(&bench, "subsidy-restriction"));
    let event = stream.next().await.unwrap();
    assert_eq!((event.name.as_str(), event.id), ("lift", Some(lifted.to_string())));
    assert_eq!(event.data["reason"], "removed");
    bench.stop().await;
}

#[tokio::test]
async fn a_flag_that_no_longer_concerns_the_matter_is_told_as_lifted() {
    let bench = Bench::start().await;
    let world = &bench.world;
    let subject = world.subject("uscc", &fictitious::uscc(1));
    let mut stream = watch(&bench, &anybody(), SUBSIDY).await;
    let grounds = [because("1", "2026-05-08", "2028-05-07")];
    world.set(&subject, "subsidy-restriction", &grounds);
    assert_eq!(stream.next().await.unwrap().name, "flag");
    let mut moved = flag(&world.catalogue, "subsidy-restriction", subject.kind(), &grounds);
    moved.matters = vec![MatterPattern::new("honours.*").unwrap()];
    world.publish(&subject, "subsidy-restriction", FlagValue::Set(moved));
    let event = stream.next().await.unwrap();
    assert_eq!((event.name.as_str(), &event.data["reason"]), ("lift", &"rules".into()));
    bench.stop().await;
}

#[tokio::test]
async fn of_people_only_the_entitled_are_told_under_the_domains_pseudonym_and_on_record() {
    let bench = Bench::start().await;
    let world = &bench.world;
    let dir = world.dir.path();
    let may = somebody(dir, "consumer = \"district.finance.subsidies\"\nmatters = [\"subsidy.*\"]\npeople = true");
    let may_not = somebody(dir, "consumer = \"district.finance.subsidies\"\nmatters = [\"subsidy.*\"]");
    let mut told = watch(&bench, &may, SUBSIDY).await;
    let mut not_told = watch(&bench, &may_not, SUBSIDY).await;
    let grounds = [because("1", "2026-05-08", "2028-05-07")];
    let person = world.subject("cn-id", &fictitious::adult(1));
    let firm = world.subject("uscc", &fictitious::uscc(1));
    let version = world.set(&person, "subsidy-restriction", &grounds);
    let event = told.next().await.unwrap();
    assert_eq!(event.id, Some(version.to_string()));
    assert!(event.data["subject"].as_str().unwrap().starts_with("person.subsidy:"));
    let on_record = world.decisions();
    assert_eq!((on_record.len(), on_record[0].act, &on_record[0].subject), (1, Act::Watch, &person));
    assert_eq!(on_record[0].flags[0].version, version);
    world.set(&firm, "subsidy-restriction", &grounds);
    assert_eq!(not_told.next().await.unwrap().data["subject"], firm.as_str(), "the person's flag was passed over");
    assert_eq!(told.next().await.unwrap().data["subject"], firm.as_str());
    world.log.set(Fault::Refuses);
    world.set(&person, "subsidy-restriction", &grounds);
    let event = told.next().await.unwrap();
    assert_eq!((event.name.as_str(), &event.data["reason"]), ("end", &"decision-log".into()));
    assert!(told.next().await.is_none());
    world.log.set(Fault::None);
    bench.stop().await;
}

#[tokio::test]
async fn a_client_too_slow_is_told_that_it_missed_something_and_dropped() {
    let bench = Bench::with(|settings| settings.watch_buffer = 8).await;
    let world = &bench.world;
    let mut stream = watch(&bench, &anybody(), SUBSIDY).await;
    for n in 0..50 {
        let subject = world.subject("uscc", &fictitious::uscc(n));
        world.set(&subject, "subsidy-restriction", &[because("1", "2026-05-08", "2028-05-07")]);
    }
    // Nothing was read meanwhile: every check below sees all of it, so all of it went past the stream.
    assert_eq!(bench.check(SUBSIDY, "uscc", &fictitious::uscc(49)).await["decision"], "restricted");
    eventually("all partitions are through", async || {
        bench.metric("standing_flags_active{effect=\"restrict\",measure=\"subsidy-restriction\"}") == 50.0
    })
    .await;
    let event = stream.next().await.unwrap();
    assert_eq!((event.name.as_str(), &event.data["reason"]), ("overflow", &"overflow".into()));
    assert!(stream.next().await.is_none());
    drop(stream);
    eventually("its place is free", async || bench.metric("standing_watchers") == 0.0).await;
    assert_eq!(bench.metric("standing_watch_ended_total{reason=\"overflow\"}"), 1.0);
    bench.stop().await;
}

#[tokio::test]
async fn a_quiet_stream_beats_and_ends_in_time() {
    let bench = Bench::with(|settings| {
        settings.watch_heartbeat = HumanDuration::from_millis(20);
        settings.watch_max = HumanDuration::from_millis(500);
    })
    .await;
    let mut stream = watch(&bench, &anybody(), SUBSIDY).await;
    let beat = stream.next().await.unwrap();
    assert_eq!(beat.name, "mark");
    assert!(beat.data["as_of"].as_str().unwrap().starts_with("st1.") && beat.data["staleness_ms"].is_i64());
    let last = loop {
        let event = stream.next().await.unwrap();
        if event.name != "mark" {
            break event;
        }
    };
    assert_eq!((last.name.as_str(), &last.data["reason"]), ("end", &"expired".into()));
    bench.stop().await;
}

#[tokio::test]
async fn a_busy_stream_beats_as_well() {
    let bench = Bench::with(|settings| settings.watch_heartbeat = HumanDuration::from_millis(20)).await;
    let mut stream = watch(&bench, &anybody(), SUBSIDY).await;
    let (mut beats, mut flags) = (0, 0);
    while beats < 3 || flags < 3 {
        let subject = bench.world.subject("uscc", &fictitious::uscc(1));
        bench.world.set(&subject, "subsidy-restriction", &[because("1", "2026-05-08", "2028-05-07")]);
        match stream.next().await.unwrap().name.as_str() {
            "mark" => beats += 1,
            "flag" => flags += 1,
            other => panic!("{other}"),
        }
    }
    bench.stop().await;
}

#[tokio::test]
async fn streams_end_when_the_gate_stops() {
    let bench = Bench::start().await;
    let mut stream = watch(&bench, &anybody(), SUBSIDY).await;
    bench.stop().await;
    let last = stream.next().await.unwrap();
    assert_eq!((last.name.as_str(), &last.data["reason"]), ("end", &"stopping".into()));
}

#[tokio::test]
async fn more_watchers_than_allowed_and_faulty_queries_are_refused() {
    let bench = Bench::with(|settings| settings.watchers_max = 1).await;
    let held = watch(&bench, &anybody(), SUBSIDY).await;
    for (query, status, code) in [
        ("matter=subsidy.rent-of-the-moon", StatusCode::UNPROCESSABLE_ENTITY, "matter.unknown"),
        ("", StatusCode::BAD_REQUEST, "query.invalid"),
        ("matter=procurement.bid&consumer=district.nobody", StatusCode::FORBIDDEN, "consumer.not-entitled"),
        ("matter=procurement.bid", StatusCode::SERVICE_UNAVAILABLE, "watch.full"),
    ] {
        let (given, problem) = bench.get_as(&anybody(), &format!("/v1/watch?{query}")).await;
        assert_eq!((given, problem["code"].as_str()), (status, Some(code)), "{query}");
    }
    drop(held);
    drop(watch(&bench, &anybody(), "procurement.bid").await);
    bench.stop().await;
}
