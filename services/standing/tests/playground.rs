//! The playground as it is started, with what it prints, and the commands that ask it.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

use serde_json::{Value, json};

struct Playground {
    process: Child,
    stdout: BufReader<ChildStdout>,
    base: String,
    /// Holds what the playground keeps on disk.
    folder: tempfile::TempDir,
}

impl Playground {
    fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_standing"));
        command.args(["playground", "--listen", "127.0.0.1:0"]).args(arguments).env("TMPDIR", folder.path());
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let base = line.trim_end().strip_prefix("listening on ").unwrap().to_owned();
        Self { process, stdout, base, folder }
    }

    fn ask(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_standing"));
        command.args(arguments).args(["--to", &self.base]).env_remove("STANDING_TOKEN").output().unwrap()
    }

    fn said(&self, arguments: &[&str]) -> String {
        let output = self.ask(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What the playground prints until it stops, and how it stops.
    fn stop(mut self) -> (String, ExitStatus) {
        let signalled = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(signalled.success());
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        let status = self.process.wait().unwrap();
        let left = std::fs::read_dir(self.folder.path()).unwrap().count();
        assert_eq!(left, 0, "what the playground kept is gone when it has stopped");
        (rest, status)
    }
}

impl Drop for Playground {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a printed `curl -s URL -H HEADER -d BODY` as a shell would split it.
async fn run(command: &str) -> Value {
    let words: Vec<&str> = command.trim().split(' ').collect();
    assert_eq!(&words[..2], ["curl", "-s"]);
    let body = command.split_once("-d '").unwrap().1.trim_end().strip_suffix('\'').unwrap().to_owned();
    let request = reqwest::Client::builder().no_proxy().build().unwrap().post(words[2]);
    let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
    assert!(answer.status().is_success(), "{command}: {}", answer.status());
    answer.json().await.unwrap()
}

#[tokio::test]
async fn the_commands_that_it_prints_restrict_a_firm_and_set_it_free() {
    let mut playground = Playground::start(&["--subjects", "60", "--seed", "7"]);
    let mut commands = Vec::new();
    while commands.len() < 2 {
        let mut line = String::new();
        assert!(playground.stdout.read_line(&mut line).unwrap() > 0, "two commands are printed");
        if line.trim_start().starts_with("curl") {
            commands.push(line);
        }
    }
    let before = run(&commands[0]).await;
    assert_eq!(before["decision"], "restricted", "{before}");
    assert!(before["flags"][0]["grounds"].as_array().is_some_and(|grounds| !grounds.is_empty()), "{before}");

    let question: Value =
        serde_json::from_str(commands[0].split_once("-d '").unwrap().1.trim_end().trim_end_matches('\'')).unwrap();
    let subject = format!("uscc:{}", question["subject"]["id"].as_str().unwrap());
    let explained = playground.said(&["explain", &subject]);
    for part in ["record  court.judgment-defaulter", "rule    restrict subsidy-restriction", "flag    in force"] {
        assert!(explained.contains(part), "{part} in\n{explained}");
    }

    let receipt = run(&commands[1]).await;
    let token = receipt["receipts"][0]["token"].as_str().or(receipt["token"].as_str()).unwrap();
    let mut again = question.clone();
    again["at_least"] = token.into();
    let after = run(&format!("curl -s {}/v1/check -H x -d '{again}'", playground.base)).await;
    assert_eq!(after["decision"], "clear", "{after}");
    let matter = ["check", "--consumer", "playground", "--matter", "licence.food-operation", "--subject", &subject];
    assert!(playground.said(&matter).starts_with("licence.food-operation: facilitated\n"));
    let (_, status) = playground.stop();
    assert!(status.success());
}

async fn post(url: String, body: Value) -> Value {
    let request = reqwest::Client::builder().no_proxy().build().unwrap().post(&url).json(&body);
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{url} {body}: {status} {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Every page of a list of cases.
async fn cases(base: &str, question: Value) -> Vec<Value> {
    let (mut question, mut all) = (question, Vec::new());
    loop {
        let page = post(format!("{base}/v1/cases"), question.clone()).await;
        all.extend(page["cases"].as_array().unwrap().iter().cloned());
        if page["next"].is_null() {
            return all;
        }
        question["after"] = page["next"].clone();
    }
}

#[tokio::test]
async fn what_is_late_shows_in_lookups_lists_and_metrics_and_changes_no_answer() {
    let playground = Playground::start(&["--subjects", "0", "--quiet", "--now", "2026-05-11T10:00:00+08:00"]);
    let base = playground.base.clone();
    let subject = json!({"scheme": "uscc", "id": "919900000000000192"});
    let event = |source: &str, kind: &str, rest: Value| {
        let mut event = json!({"source": source, "event_id": kind, "type": kind, "item": "fire.penalty",
            "publisher": "district.fire", "record_id": "虚构消罚1号", "subject": subject});
        event.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        event
    };
    let document = json!({"number": "虚构消罚1号", "issuer": "district.fire", "issued_on": "2026-05-08"});
    let filed = json!({"objection_id": "O1", "grounds": "虚构理由", "filed_on": "2026-05-11"});
    let mut token = Value::Null;
    for event in [
        event(
            "district.fire",
            "record.upserted",
            json!({"revision": 1, "document": document, "fields": {"severity": "serious"}}),
        ),
        event("district.fire", "notice.served", json!({"fields": {"notice_id": "N1", "served_on": "2026-05-09"}})),
        event("district.credit-centre", "objection.filed", json!({"fields": filed})),
    ] {
        token = post(format!("{base}/v1/events"), event).await["token"].clone();
    }
    let question =
        json!({"consumer": "playground", "matter": "inspection.routine", "subject": subject, "at_least": token});
    let before = post(format!("{base}/v1/check"), question.clone()).await;
    assert_eq!(before["flags"][0]["status"], "objection", "{before}");
    let open = cases(&base, json!({})).await;
    let tasks: Vec<&str> = open.iter().map(|case| case["task"].as_str().unwrap()).collect();
    assert_eq!(tasks, ["objection_check", "objection_decision"], "{open:?}");
    assert_eq!((&open[0]["due_on"], &open[0]["overdue"]), (&json!("2026-05-12"), &json!(false)));
    assert!(cases(&base, json!({"overdue": true})).await.is_empty());
    assert_eq!(cases(&base, json!({"department": "district.credit-centre"})).await.len(), 1);

    post(format!("{base}/playground/clock"), json!({"to": "2026-05-15T10:00:00+08:00"})).await;
    let late = cases(&base, json!({"overdue": true})).await;
    assert_eq!(late.len(), 2, "{late:?}");
    let after = post(format!("{base}/v1/check"), question.clone()).await;
    assert_eq!((&after["decision"], &after["flags"][0]["status"]), (&json!("supervised"), &json!("objection")));
    let asked = json!({"consumer": "playground", "matter": "inspection.routine", "subject": subject});
    let shown = post(format!("{base}/v1/subjects/lookup"), asked).await;
    assert_eq!(shown["records"][0]["annotation"], "objection", "{shown}");
    let of_record = shown["records"][0]["cases"].as_array().unwrap();
    assert!(of_record.iter().all(|case| case["overdue"] == true) && of_record.len() == 2, "{shown}");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in 0..50 {
        let text = client.get(format!("{base}/metrics")).send().await.unwrap().text().await.unwrap();
        if text.contains(r#"standing_cases_overdue{task="objection_decision"} 1"#) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    panic!("the metrics do not show what is overdue");
}

#[test]
fn it_prints_its_address_and_nothing_else_when_it_is_quiet() {
    let (rest, status) = Playground::start(&["--subjects", "0", "--quiet"]).stop();
    assert_eq!((rest.as_str(), status.code()), ("", Some(0)));
}

#[test]
fn a_file_with_a_broken_middle_goes_in_around_it() {
    let playground = Playground::start(&["--subjects", "0", "--quiet", "--now", "2026-05-10"]);
    let event = |number: u32| {
        format!(
            r#"{{"source":"district.fire","event_id":"{number}","type":"record.upserted","item":"fire.penalty","record_id":"虚构{number}号","revision":1,"subject":{{"scheme":"uscc","id":"919900000000000192"}},"document":{{"number":"虚构{number}号","issuer":"district.fire","issued_on":"2026-05-08"}},"fields":{{"severity":"serious"}}}}"#
        )
    };
    let notice = r#"{"source":"district.fire","event_id":"n","type":"notice.served","item":"fire.penalty","record_id":"虚构1号","subject":{"scheme":"uscc","id":"919900000000000192"},"fields":{"notice_id":"N-1","served_on":"2026-05-09"}}"#;
    let file = playground.folder.path().join("events.ndjson");
    std::fs::write(&file, format!("{}\n{{broken\n{}\n{notice}\n", event(1), event(2))).unwrap();
    let path = file.to_str().unwrap();

    let dry = playground.ask(&["submit", path, "--dry-run"]);
    assert_eq!(dry.status.code(), Some(1));
    let output = playground.ask(&["submit", path]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("line 2: json.malformed"), "{said}");
    assert!(said.contains("3 accepted, 1 refused"), "{said}");

    let subject = "uscc:919900000000000192";
    wait_until(|| {
        let matter = ["check", "--consumer", "playground", "--matter", "inspection.routine", "--subject", subject];
        playground.said(&matter).starts_with("inspection.routine: supervised")
    });
    let unknown = playground.ask(&["check", "--consumer", "playground", "--matter", "no.such", "--subject", subject]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("matter.unknown"));
    std::fs::remove_file(file).unwrap();
    playground.stop();
}

#[test]
fn a_subject_can_be_read_from_stdin() {
    let playground = Playground::start(&["--subjects", "0", "--quiet"]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_standing"));
    command.args(["explain", "-", "--to", &playground.base]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut explain = command.spawn().unwrap();
    explain.stdin.take().unwrap().write_all(b"building:990000-000000001\n").unwrap();
    let output = explain.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("no records"), "{said}");
    assert!(said.contains("subsidy.technology-innovation: clear"), "{said}");
    playground.stop();
}

#[test]
fn an_address_that_is_taken_is_said_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_standing"));
    let output = command.args(["playground", "--listen", &address, "--subjects", "0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--listen 127.0.0.1:0"));
}

/// Asks until it holds; a view is at most seconds behind.
fn wait_until(holds: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !holds() {
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "did not come to hold within a minute");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
