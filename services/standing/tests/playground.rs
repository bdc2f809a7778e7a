//! The playground as it is started, with what it prints, and the commands that ask it.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};

use serde_json::Value;

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
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "did not come to hold within 20 s");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
