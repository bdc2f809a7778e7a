//! `standing state` over checkpoints that a runtime made in a folder.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use stream::checkpoint::{Checkpoints, Place};
use stream::embedded::{EmbeddedLog, EmbeddedSettings};
use stream::fold::{Fold, FoldError, Progress, Rejection};
use stream::log::{Log, Outgoing, Record, TopicPartition, TopicSpec};
use stream::outbox::Outbox;
use stream::runtime::Runtime;
use stream::settings::{RuntimeComponents, RuntimeSettings};
use stream::view::View;

/// Keeps the last value of every key.
struct Last;

impl Fold for Last {
    fn apply(&mut self, view: &mut View<'_>, record: &Record, _out: &mut Outbox) -> Result<(), FoldError> {
        view.put(record.key.as_deref().unwrap_or_default(), record.value.clone().unwrap_or_default());
        Ok(())
    }

    fn reject(&mut self, _: &mut View<'_>, _: &Record, _: &Rejection, _: &mut Outbox) {}

    /// A mark has an offset committed with it.
    fn mark(&mut self, _: &View<'_>, progress: &Progress, out: &mut Outbox) {
        out.send(outgoing("marks", progress.partition, "mark"));
    }

    fn tick(&mut self, _: &View<'_>, _: i32, _: i64, _: &mut Outbox) {}
}

fn outgoing(topic: &str, partition: i32, key: &str) -> Outgoing {
    let (key, value) = (Some(key.to_owned().into()), Some("value".into()));
    Outgoing { topic: topic.into(), partition, key, value, headers: Vec::new(), timestamp_ms: None }
}

/// Two partitions of `standing.events` with 5 and 3 records, and a checkpoint of each.
fn store(dir: &Path) -> String {
    store_of(dir, profile::ROW_VERSION.into())
}

fn store_of(dir: &Path, row_version: u16) -> String {
    let address = format!("file://{}/store", dir.display());
    let log = EmbeddedLog::new(EmbeddedSettings::new(Arc::new(|| 1_000), 1));
    let spec = |name: &str| TopicSpec { name: name.into(), partitions: 2, replication: 1, config: Vec::new() };
    log.create_topics(&[spec("standing.events"), spec("marks")]).unwrap();
    let producer = log.producer().unwrap();
    for (partition, records) in [(0, 5), (1, 3)] {
        for n in 0..records {
            block_on(producer.send(outgoing("standing.events", partition, &format!("k{n}"))).unwrap()).unwrap();
        }
    }
    let topics = vec!["standing.events".into()];
    let mut settings = RuntimeSettings::new("app", "group", topics, dir.join("state"));
    settings.memory_bytes = 16 << 20;
    settings.mark_interval = Duration::from_millis(20);
    settings.checkpoints.interval = Duration::from_millis(20);
    let mut parts = RuntimeComponents::new(
        log,
        Arc::new(|| 1_000),
        Arc::new(|_: &TopicPartition| -> Box<dyn Fold> { Box::new(Last) }),
        row_version,
    );
    parts.checkpoints = Some(Place::open(&address).unwrap());
    let handle = Runtime::start(parts, settings).unwrap();
    let reader = Checkpoints::open(Place::open(&address).unwrap()).unwrap();
    let complete = |_: &stream::status::Status| {
        let found = reader.list("standing.events").unwrap();
        [(0, 5), (1, 3)].iter().all(|want| found.iter().any(|one| (one.partition, one.name.next_offset()) == *want))
    };
    assert!(handle.wait(Duration::from_secs(60), complete), "{:?}", handle.status());
    handle.stop(Duration::from_secs(60)).unwrap();
    address
}

fn state(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_standing"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("STANDING__")) {
        command.env_remove(name);
    }
    let Output { status, stdout, stderr } = command.arg("state").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn checkpoints_are_listed_verified_and_restored() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let of = ["--store", &store];

    let (code, out, err) = state(&[&["list"], &of[..]].concat());
    assert_eq!((code, err.as_str()), (0, ""));
    let rows: Vec<Vec<&str>> = out.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    assert!(rows.iter().any(|row| row[..2] == ["0", "5"]) && rows.iter().any(|row| row[..2] == ["1", "3"]), "{out}");

    let (code, out, err) = state(&[&["verify"], &of[..]].concat());
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("8 rows") && out.ends_with("2 verified, 0 not sound\n"), "{out}");

    let into = dir.path().join("into");
    let restore = [&["restore", "0", "--into", into.to_str().unwrap()], &of[..]].concat();
    let (code, out, err) = state(&restore);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("as of offset 5") && into.join("standing.events-0/CURRENT").exists(), "{out}");
    let (code, _, err) = state(&restore);
    assert_eq!(code, 1, "what is there is not overwritten");
    assert!(err.contains("not empty"), "{err}");
    let (code, _, err) = state(&[&["restore", "7", "--into", into.to_str().unwrap()], &of[..]].concat());
    assert!(code == 1 && err.contains("no such checkpoint of partition 7"), "{err}");
    let name = rows.iter().find(|row| row[0] == "1").unwrap()[5];
    let chosen = ["restore", "1", "--checkpoint", name, "--into", into.to_str().unwrap()];
    assert_eq!(state(&[&chosen, &of[..]].concat()).0, 0);
}

#[test]
fn what_is_damaged_is_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let tables =
        files(&dir.path().join("store")).into_iter().filter(|path| path.to_string_lossy().contains("/00001/files/"));
    for path in tables {
        let mut bytes = std::fs::read(&path).unwrap();
        if let Some(byte) = bytes.last_mut() {
            *byte ^= 1;
        }
        std::fs::write(path, bytes).unwrap();
    }
    let (code, out, err) = state(&["verify", "--store", &store]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("partition 1") && out.contains("is damaged") && out.contains("1 not sound"), "{out}");
    assert_eq!(state(&["verify", "--partition", "0", "--store", &store]).0, 0);
    let into = dir.path().join("into");
    let (code, _, err) = state(&["restore", "1", "--into", into.to_str().unwrap(), "--store", &store]);
    assert!(code == 1 && err.contains("is damaged"), "{err}");
    assert!(!into.join("standing.events-1").exists(), "nothing half is left");
}

#[test]
fn a_wrong_call_says_what_to_give() {
    let (code, _, err) = state(&["list", "--store", "ftp://there"]);
    assert!(code == 1 && err.contains("s3://bucket/prefix"), "{err}");
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("profile.toml");
    std::fs::write(&config, "[kafka]\nbootstrap_servers = \"127.0.0.1:1\"\n").unwrap();
    let (code, _, err) = state(&["list", "--config", config.to_str().unwrap()]);
    assert!(code == 2 && err.contains("profile.checkpoint_store"), "{err}");
    let empty = format!("file://{}/empty", dir.path().display());
    assert_eq!(state(&["list", "--store", &empty]).0, 0);
    assert_eq!(state(&["verify", "--store", &empty]).0, 1, "nothing to verify is a finding");
}

#[test]
fn rows_of_another_version_are_told_and_not_restored() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_of(dir.path(), u16::from(profile::ROW_VERSION) + 1);
    let of = ["--store", &store];
    let (code, out, err) = state(&[&["verify"], &of[..]].concat());
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let said = format!(
        "with rows of version {}, and this program's are of {}",
        profile::ROW_VERSION + 1,
        profile::ROW_VERSION
    );
    assert!(out.contains(&said), "{out}");
    let into = dir.path().join("into");
    let (code, _, err) = state(&[&["restore", "0", "--into", into.to_str().unwrap()], &of[..]].concat());
    assert!(code == 1 && err.contains(&said) && !into.exists(), "{err}");
}
