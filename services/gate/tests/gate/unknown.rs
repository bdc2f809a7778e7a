//! When nothing is said, and why.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use domain::flag::Version;
use domain::subject::fictitious;
use domain::time::Instant;
use schemas::token::Token;
use schemas::topics::keys;
use serde_json::{Value, json};

use crate::bench::{Bench, PATIENCE, World, eventually, question};
use crate::grounds::because;

const SUBSIDY: &str = "subsidy.technology-innovation";

async fn ask(bench: &Bench) -> Value {
    bench.post("/v1/check", &question(SUBSIDY, "uscc", &fictitious::uscc(1))).await.1
}

fn assert_unknown(answer: &Value, reason: &str) {
    assert_eq!((&answer["decision"], &answer["reason"]), (&json!("unknown"), &json!(reason)), "{answer}");
    assert_eq!((&answer["flags"], &answer["human_review"]), (&json!([]), &json!(false)));
    assert!(answer["decision_id"].is_string());
}

#[tokio::test]
async fn a_partition_without_a_mark_is_not_ready() {
    let world = World::new();
    let subject = world.subject("uscc", &fictitious::uscc(1));
    world.set(&subject, "subsidy-restriction", &[because("1", "2026-05-08", "2028-05-07")]);
    let bench = Bench::of(Arc::clone(&world), |_| {});
    let other =
        (0..).map(fictitious::uscc).find(|id| world.partition(&world.subject("uscc", id)) != world.partition(&subject));
    let asked = question(SUBSIDY, "uscc", &other.unwrap());
    let answer = bench.post("/v1/check", &asked).await.1;
    assert_unknown(&answer, "view.not-ready");
    assert_eq!(answer["staleness_ms"], Value::Null);
    assert!(!bench.readiness.is_ready());
    eventually("the partition with a mark answers", async || ask(&bench).await["decision"] == "restricted").await;
    assert!(!bench.readiness.is_ready(), "the other partitions have no mark");
    world.mark_all();
    tokio::time::timeout(PATIENCE, bench.readiness.ready()).await.unwrap();
    bench.stop().await;
}

#[tokio::test]
async fn a_view_older_than_it_may_be_says_unknown_and_recovers() {
    let bench = Bench::start().await;
    let world = &bench.world;
    let subject = world.subject("uscc", &fictitious::uscc(1));
    world.set(&subject, "subsidy-restriction", &[because("1", "2026-05-08", "2028-05-07")]);
    assert_eq!(bench.check(SUBSIDY, "uscc", &fictitious::uscc(1)).await["decision"], "restricted");
    world.clock.advance_to(world.now().ms() + 9_000).unwrap();
    let answer = ask(&bench).await;
    assert_eq!(answer["decision"], "restricted", "nine seconds are within the bound");
    assert!(answer["staleness_ms"].as_i64().unwrap() >= 9_000);
    world.clock.advance_to(world.now().ms() + 2_000).unwrap();
    assert_unknown(&ask(&bench).await, "view.stale");
    eventually("it is not ready", async || !bench.readiness.is_ready()).await;
    world.mark_all();
    eventually("it answers again", async || ask(&bench).await["decision"] == "restricted").await;
    tokio::time::timeout(PATIENCE, bench.readiness.ready()).await.unwrap();
    bench.stop().await;
}

#[tokio::test]
async fn silence_is_not_lag_and_lag_is_not_silence() {
    let bench = Bench::start().await;
    let world = &bench.world;
    let subject = world.subject("uscc", &fictitious::uscc(1));
    let partition = world.partition(&subject);
    // The worker folds old records: its marks arrive now and speak of a minute ago.
    world.mark_as_of(partition, Instant::from_ms(world.now().ms() - 60_000));
    eventually("the mark counts, not its arrival", async || ask(&bench).await["reason"] == "view.stale").await;
    world.mark_as_of(partition, Instant::from_ms(world.now().ms() + 1_000));
    eventually("a clock somewhat ahead of ours makes nothing negative", async || {
        ask(&bench).await["staleness_ms"].as_i64().is_some_and(|ms| (0..60_000).contains(&ms))
    })
    .await;
    bench.stop().await;
}

#[tokio::test]
async fn a_wrong_clock_makes_nothing_fresh() {
    let bench = Bench::with(|settings| settings.staleness_max = "2s".parse().unwrap()).await;
    let world = &bench.world;
    let partition = world.partition(&world.subject("uscc", &fictitious::uscc(1)));
    // The worker's clock is ahead by less than what counts as wrong, and the worker is gone: its last mark grows old all the same.
    let as_of = world.now().ms() + 1_900;
    world.mark_as_of(partition, Instant::from_ms(as_of));
    let stale = async || {
        let answer = ask(&bench).await;
        let by_clocks = world.now().ms() - as_of;
        answer["reason"] == "view.stale" && answer["staleness_ms"].as_i64().is_some_and(|ms| ms > by_clocks)
    };
    eventually("it is as old as the time since it came", stale).await;
    // Ahead by an hour: fresh or not, nobody knows.
    world.mark_as_of(partition, Instant::from_ms(world.now().ms() + 3_600_000));
    let far = async || {
        let answer = ask(&bench).await;
        answer["reason"] == "view.stale" && answer["staleness_ms"].is_null()
    };
    eventually("it is not taken for fresh", far).await;
    eventually("and it is not ready", async || !bench.readiness.is_ready()).await;
    bench.stop().await;
}

#[tokio::test]
async fn a_check_waits_for_its_token_and_answers_as_soon_as_it_is_reached() {
    let bench = Arc::new(Bench::start().await);
    let world = Arc::clone(&bench.world);
    let subject = world.subject("uscc", &fictitious::uscc(1));
    let mut asked = question(SUBSIDY, "uscc", &fictitious::uscc(1));
    asked["at_least"] = world.token(1).into();
    asked["deadline_ms"] = 10_000.into();
    let waiting = {
        let bench = Arc::clone(&bench);
        tokio::spawn(async move { bench.post("/v1/check", &asked).await.1 })
    };
    // Another partition's progress is not what it waits for.
    (0..4).filter(|other| *other != world.partition(&subject)).for_each(|other| world.mark(other));
    tokio::time::timeout(Duration::from_millis(50), async {
        while !waiting.is_finished() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect_err("it waits");
    world.set(&subject, "subsidy-restriction", &[because("1", "2026-05-08", "2028-05-07")]);
    let answer = tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
    assert_eq!(answer["decision"], "restricted");
    Arc::into_inner(bench).unwrap().stop().await;
}

#[tokio::test]
async fn a_token_not_reached_by_the_deadline_says_unknown() {
    let bench = Bench::start().await;
    let mut asked = question(SUBSIDY, "uscc", &fictitious::uscc(1));
    asked["at_least"] = bench.world.token(1).into();
    for deadline in [0, 30] {
        asked["deadline_ms"] = deadline.into();
        assert_unknown(&bench.post("/v1/check", &asked).await.1, "at-least.not-reached");
    }
    asked["at_least"] = bench.world.token(0).into();
    assert_eq!(bench.post("/v1/check", &asked).await.1["decision"], "clear", "a token of nothing is reached at once");
    bench.stop().await;
}

#[tokio::test]
async fn the_token_of_an_answer_serves_the_next_check() {
    let bench = Bench::start().await;
    let world = &bench.world;
    let subject = world.subject("uscc", &fictitious::uscc(1));
    let before = Token::decode(ask(&bench).await["as_of"].as_str().unwrap()).unwrap();
    assert!(before.offsets.iter().all(|offset| *offset == -1));
    let version = world.set(&subject, "subsidy-restriction", &[because("1", "2026-05-08", "2028-05-07")]);
    let answer = bench.check(SUBSIDY, "uscc", &fictitious::uscc(1)).await;
    let after = Token::decode(answer["as_of"].as_str().unwrap()).unwrap();
    assert_eq!(after.offsets[usize::try_from(version.partition).unwrap()], version.offset);
    let mut asked = question(SUBSIDY, "uscc", &fictitious::uscc(1));
    asked["at_least"] = answer["as_of"].clone();
    asked["deadline_ms"] = 0.into();
    assert_eq!(bench.post("/v1/check", &asked).await.1["decision"], "restricted");
    bench.stop().await;
}

#[tokio::test]
async fn a_token_of_another_log_is_refused() {
    let bench = Bench::start().await;
    let ours = Token::decode(&bench.world.token(0)).unwrap();
    let foreign = Token { topic_id: "another".to_owned(), ..ours.clone() };
    let other_shape = Token { offsets: vec![0; 8], ..ours };
    for token in [foreign, other_shape] {
        let mut asked = question(SUBSIDY, "uscc", &fictitious::uscc(1));
        asked["at_least"] = token.encode().into();
        let (status, problem) = bench.post("/v1/check", &asked).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("token.foreign")));
    }
    bench.stop().await;
}

#[tokio::test]
async fn without_a_catalogue_nobody_is_asked() {
    let world = World::new();
    let bare = World { shelf: catalogue::Shelf::new(), ..Arc::into_inner(world).unwrap() };
    bare.mark_all();
    let bench = Bench::of(Arc::new(bare), |_| {});
    let (status, problem) = bench.post("/v1/check", &question(SUBSIDY, "uscc", &fictitious::uscc(1))).await;
    assert_eq!((status, &problem["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("catalogue.none")));
    eventually("the catalogue is what is missing", async || {
        let reasons = bench.readiness.reasons();
        reasons.len() == 1 && reasons[0].0 == "gate.catalogue"
    })
    .await;
    bench.stop().await;
}

/// Services are started before the first activation is committed, or while it is: the log has its id later than its gate.
#[tokio::test]
async fn a_gate_that_was_there_before_the_first_activation_knows_its_tokens() {
    let world = World::new();
    world.mark_all();
    let token = world.token(0);
    world.log.set_nameless(true);
    let bench = Bench::of(Arc::clone(&world), |_| {});
    let mut asked = question(SUBSIDY, "uscc", &fictitious::uscc(1));
    asked["at_least"] = token.clone().into();
    let (status, problem) = bench.post("/v1/check", &asked).await;
    assert_eq!((status, &problem["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("catalogue.none")));
    eventually("only the activation is missing", async || {
        let reasons = bench.readiness.reasons();
        reasons.len() == 1 && reasons[0].0 == "gate.catalogue" && reasons[0].1.contains("cannot be read yet")
    })
    .await;
    world.log.set_nameless(false);
    tokio::time::timeout(PATIENCE, bench.readiness.ready()).await.expect("the gate gets ready");
    let (status, answer) = bench.post("/v1/check", &asked).await;
    assert_eq!((status, &answer["decision"], &answer["as_of"]), (StatusCode::OK, &json!("clear"), &json!(token)));
    bench.stop().await;
}

#[tokio::test]
async fn a_flag_that_cannot_be_read_makes_its_subject_unknown_until_a_newer_one_can() {
    let bench = Bench::start().await;
    let world = &bench.world;
    let subject = world.subject("uscc", &fictitious::uscc(1));
    let grounds = [because("1", "2026-05-08", "2028-05-07")];
    let version = world.set(&subject, "subsidy-restriction", &grounds);
    let key = format!("{subject}|subsidy-restriction");
    let newer = Version { index: version.index + 1, ..version };
    for broken in [&b"\0\0\0\0\0"[..], b"", b"no Avro", &[0, 0x73, 0x74, 3, 200, 1]] {
        world.append(version.partition, &key, Some(broken.to_vec().into()), Some(newer));
    }
    eventually("the subject is unknown", async || ask(&bench).await["reason"] == "view.unreadable").await;
    let other = (2..).map(fictitious::uscc).find(|id| world.partition(&world.subject("uscc", id)) == version.partition);
    assert_eq!(bench.check(SUBSIDY, "uscc", &other.unwrap()).await["decision"], "clear", "only that subject");
    world.set(&subject, "subsidy-restriction", &grounds);
    assert_eq!(bench.check(SUBSIDY, "uscc", &fictitious::uscc(1)).await["decision"], "restricted");
    assert!(bench.metric("standing_gate_unreadable_total") >= 4.0);
    bench.stop().await;
}

#[tokio::test]
async fn records_that_belong_to_no_subject_of_their_partition_are_passed_over() {
    let bench = Bench::start().await;
    let world = &bench.world;
    let subject = world.subject("uscc", &fictitious::uscc(1));
    let partition = world.partition(&subject);
    let version = Version { partition, offset: 0, index: 0 };
    for key in ["", "|", "nobody", "uscc:1|subsidy-restriction", "person:x|y", "!marks"] {
        world.append(partition, key, Some(vec![0, 1, 2].into()), Some(version));
        world.append(partition, key, None, Some(version));
        world.append(partition, key, None, None);
    }
    world.append(partition, keys::MARK, None, None);
    world.append(partition, keys::MARK, Some(vec![0, 1, 2].into()), None);
    let elsewhere = (partition + 1) % 4;
    world.append(elsewhere, &format!("{subject}|subsidy-restriction"), Some(vec![0].into()), Some(version));
    eventually("they are counted", async || bench.metric("standing_gate_unreadable_total") >= 20.0).await;
    assert_eq!(bench.check(SUBSIDY, "uscc", &fictitious::uscc(1)).await["decision"], "clear");
    bench.stop().await;
}
