//! Credentials: who is let in, for whom it may speak, and what is wrong with a file.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::routing::get;
use common::{Answer, PATIENCE, Server, settings};
use kit::clock::Clock;
use kit::credentials::{Credentials, NewToken, Principal};
use kit::problem::Problem;

/// 2026-11-22 10:00 in Asia/Shanghai.
const NOW: i64 = 1_795_312_800_000;

fn token(seed: u8) -> NewToken {
    NewToken::of([seed; 32])
}

fn bearer(token: &NewToken) -> HeaderMap {
    let value = HeaderValue::from_str(&format!("Bearer {}", token.token.expose())).unwrap();
    HeaderMap::from_iter([(header::AUTHORIZATION, value)])
}

fn department(seed: u8, more: &str) -> String {
    format!(
        "[[token]]\nname = \"d{seed}\"\nsha256 = \"{}\"\ndepartment = \"district.fire\"\n{more}\n",
        token(seed).sha256
    )
}

fn consumer(seed: u8, more: &str) -> String {
    format!(
        "[[token]]\nname = \"c{seed}\"\nsha256 = \"{}\"\nconsumer = \"district.finance.subsidies\"\n\
         matters = [\"subsidy.*\", \"procurement.bid\"]\n{more}\n",
        token(seed).sha256
    )
}

fn write(path: &Path, text: &str) {
    // A new file put in the old one's place, as an operator or a secret store does it.
    let next = path.with_extension("next");
    std::fs::write(&next, text).unwrap();
    std::fs::rename(next, path).unwrap();
}

struct Store {
    directory: tempfile::TempDir,
    credentials: Credentials,
}

impl Store {
    fn of(text: &str, clock: Clock) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("credentials.toml");
        write(&path, text);
        Self { credentials: Credentials::load(&path, clock).unwrap(), directory }
    }

    fn write(&self, text: &str) {
        write(&self.directory.path().join("credentials.toml"), text);
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Problem>) -> (u16, String) {
    let problem = result.unwrap_err();
    (problem.status().as_u16(), problem.code().to_owned())
}

#[test]
fn a_department_may_publish_for_itself_and_ask_nothing() {
    let store = Store::of(&department(1, ""), Clock::system());
    let who = store.credentials.authenticate(&bearer(&token(1))).unwrap();
    assert_eq!((who.name(), who.department(), who.consumer()), ("d1", Some("district.fire"), None));
    who.may_publish("district.fire").unwrap();
    let not_entitled = (403, "credential.not-entitled".to_owned());
    assert_eq!(code(who.may_publish("district.court")), not_entitled);
    assert_eq!(code(who.may_ask("district.fire", "subsidy.technology-innovation")), not_entitled);
    assert_eq!(code(who.may_operate()), not_entitled);
    assert!(!who.people());
}

#[test]
fn a_consumer_may_ask_about_its_matters_only() {
    let store = Store::of(&(consumer(1, "") + &consumer(2, "people = true")), Clock::system());
    let who = store.credentials.authenticate(&bearer(&token(1))).unwrap();
    let own = "district.finance.subsidies";
    for matter in ["subsidy.technology-innovation", "subsidy.a.b", "procurement.bid"] {
        who.may_ask(own, matter).unwrap();
    }
    for matter in ["subsidy", "subsidy.", "subsidyx.a", "procurement.bid.x", "procurement.lender-financed", ""] {
        assert_eq!(code(who.may_ask(own, matter)).0, 403, "{matter}");
    }
    assert_eq!(code(who.may_ask("district.housing", "procurement.bid")).0, 403);
    assert_eq!(code(who.may_publish(own)).0, 403);
    assert_eq!(code(who.may_ask_about_people()).0, 403);
    let with_people = store.credentials.authenticate(&bearer(&token(2))).unwrap();
    with_people.may_ask_about_people().unwrap();
}

#[test]
fn operations_may_operate_and_nothing_else() {
    let text = format!("[[token]]\nname = \"ops\"\nsha256 = \"{}\"\nops = true\n", token(3).sha256.to_uppercase());
    let who = Store::of(&text, Clock::system()).credentials.authenticate(&bearer(&token(3))).unwrap();
    who.may_operate().unwrap();
    assert_eq!(code(who.may_publish("district.fire")).0, 403);
    assert_eq!(code(who.may_ask("a", "b")).0, 403);
}

#[test]
fn a_call_without_a_known_token_is_401_with_a_challenge() {
    let store = Store::of(&department(1, ""), Clock::system());
    let with = |value: &str| HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap())]);
    let good = format!("Bearer {}", token(1).token.expose());
    let mut twice = bearer(&token(1));
    twice.append(header::AUTHORIZATION, HeaderValue::from_str(&good).unwrap());
    let missing = (401, "credential.missing".to_owned());
    let unknown = (401, "credential.unknown".to_owned());
    for (headers, expected) in [
        (HeaderMap::new(), &missing),
        (with("Basic YTpi"), &missing),
        (with("Bearer "), &missing),
        (with(token(1).token.expose()), &missing),
        (twice, &missing),
        (bearer(&token(9)), &unknown),
        (with(&format!("Bearer {}", token(1).sha256)), &unknown),
        (with(&format!("{good}0")), &unknown),
        (with(&format!("Bearer {}", "x".repeat(100_000))), &unknown),
    ] {
        assert_eq!(&code(store.credentials.authenticate(&headers)), expected);
    }
    assert!(store.credentials.authenticate(&with(&good.replace("Bearer", "bearer"))).is_ok());
}

#[test]
fn a_token_ends_with_its_last_day_in_shanghai_or_at_its_instant() {
    let clock = Clock::settable(NOW);
    let text = department(1, "expires = 2026-11-22")
        + &department(2, "expires = \"2026-11-22\"")
        + &department(3, "expires = 2026-11-22T20:00:00+08:00")
        + &department(4, "expires = 2026-11-21")
        + &department(5, "expires = 2026-11-22T03:00:00Z");
    let store = Store::of(&text, clock.clone());
    let taken = || -> Vec<u8> {
        (1..=5).filter(|seed| store.credentials.authenticate(&bearer(&token(*seed))).is_ok()).collect()
    };
    assert_eq!(taken(), [1, 2, 3, 5]);
    assert_eq!(code(store.credentials.authenticate(&bearer(&token(4)))), (401, "credential.expired".to_owned()));
    clock.advance_to(NOW + 3_600_000).unwrap();
    assert_eq!(taken(), [1, 2, 3]);
    clock.advance_to(NOW + 14 * 3_600_000 - 1_000).unwrap();
    assert_eq!(taken(), [1, 2]);
    clock.advance_to(NOW + 14 * 3_600_000).unwrap();
    assert!(taken().is_empty());
}

#[test]
fn all_faults_of_a_file_are_reported_at_once_and_none_repeats_a_hash() {
    let plain = token(7).token.expose().to_owned();
    let text = format!(
        "[[token]]\nsha256 = \"{plain}\"\ndepartment = \"District Fire\"\n\
         [[token]]\nname = \"a\"\nsha256 = \"{hash}\"\n\
         [[token]]\nname = \"A\"\nsha256 = \"{hash}\"\ndepartment = \"district.fire\"\nconsumer = \"c\"\nmatters = [\"*\", \"a.b\"]\n\
         [[token]]\nname = \"b\"\nconsumer = \"c.d\"\nexpires = 2026-11-22T20:00:00\n\
         [[token]]\nname = \"e\"\nsha256 = \"{other}\"\nops = true\npeople = true\ntoken = \"{plain}\"\n",
        hash = token(8).sha256,
        other = token(9).sha256,
    );
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("credentials.toml");
    write(&path, &text);
    let invalid = Credentials::load(&path, Clock::system()).unwrap_err();
    let mut keys: Vec<_> = invalid.faults.iter().map(|fault| fault.key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "token[0].department",
            "token[0].name",
            "token[0].sha256",
            "token[1]",
            "token[2]",
            "token[2].matters[0]",
            "token[2].name",
            "token[2].sha256",
            "token[3].expires",
            "token[3].matters",
            "token[3].sha256",
            "token[4].matters",
            "token[4].token",
        ],
        "{invalid}"
    );
    let report = format!("{invalid} {invalid:?}");
    assert!(!report.contains(&plain) && !report.contains(&token(8).sha256), "{report}");
}

#[test]
fn a_file_that_is_not_there_is_an_error_and_an_empty_one_takes_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let missing = Credentials::load(&directory.path().join("none.toml"), Clock::system()).unwrap_err();
    assert_eq!(missing.faults[0].code, "settings.unreadable");
    let store = Store::of("", Clock::system());
    assert_eq!(code(store.credentials.authenticate(&bearer(&token(1)))).0, 401);
}

#[test]
fn a_changed_file_counts_within_seconds_and_a_broken_one_changes_nothing() {
    let store = Store::of(&department(1, ""), Clock::system());
    let accepted = |seed| store.credentials.authenticate(&bearer(&token(seed))).is_ok();
    assert!(accepted(1) && !accepted(2));
    store.write("[[token]]\nname = \"x\"\n");
    assert!(store.credentials.reload().is_err());
    assert!(accepted(1));
    store.write(&department(2, ""));
    let started = std::time::Instant::now();
    while !accepted(2) {
        assert!(started.elapsed() < PATIENCE, "the changed file was not read");
        std::thread::yield_now();
    }
    assert!(!accepted(1));
}

#[tokio::test]
async fn a_hangup_signal_reads_the_file_again() {
    let store = Store::of(&department(1, ""), Clock::system());
    store.credentials.reload_on_hangup().unwrap();
    store.write(&department(2, ""));
    let process = std::process::id().to_string();
    assert!(std::process::Command::new("kill").args(["-HUP", &process]).status().unwrap().success());
    tokio::time::timeout(PATIENCE, async {
        while store.credentials.authenticate(&bearer(&token(2))).is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[test]
fn tokens_are_long_random_and_known_by_their_hash_only() {
    let (one, other) = (NewToken::generate().unwrap(), NewToken::generate().unwrap());
    assert_ne!(one.token, other.token);
    assert_eq!(one.token.expose().len(), "standing_".len() + 64);
    assert!(!format!("{one:?}").contains(one.token.expose()));
    assert_eq!(token(0).sha256, "536fd437bf8f287023dbb137d3e37d0e4ff88a952040ec8b888e183e69a7e8a9");
}

#[test]
fn the_playground_lets_everybody_speak_for_everybody() {
    let who = Credentials::open("playground").authenticate(&HeaderMap::new()).unwrap();
    assert_eq!((who.consumer(), who.department(), who.people(), who.is_open()), (Some("playground"), None, true, true));
    who.may_publish("district.court").unwrap();
    who.may_ask("anybody", "licence.food-operation").unwrap();
    who.may_operate().unwrap();
}

#[tokio::test]
async fn over_http_a_token_opens_the_api_and_its_absence_closes_it() {
    let store = Store::of(&(department(1, "") + &department(2, "")), Clock::system());
    let api = Router::new().route("/who", get(async |who: Principal| who.name().to_owned()));
    let mut settings = settings();
    (settings.rate_per_second, settings.rate_burst) = (1, 1);
    let server = Server::start(api, store.credentials.clone(), settings).await;
    let refused = server.get("/who").await;
    assert_eq!(refused.problem(), (401, "credential.missing".to_owned()));
    assert!(refused.header("www-authenticate").starts_with("Bearer"));
    assert_eq!(server.get("/no-such-route").await.status, 401);
    let call = async |seed| {
        let request = server.client.get(server.url("/who")).bearer_auth(token(seed).token.expose());
        Answer::of(request.send().await.unwrap()).await
    };
    assert_eq!(call(1).await.text, "d1");
    assert_eq!(call(2).await.text, "d2");
    assert_eq!(call(9).await.problem(), (401, "credential.unknown".to_owned()));
}
