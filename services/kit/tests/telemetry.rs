//! Logging: where lines go, and in which form.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::process::Command;
use std::sync::{Arc, Mutex};

use kit::settings::{Problems, Validate};
use kit::telemetry::{Format, Settings, init, subscriber};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logged(settings: &Settings) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = subscriber(settings, move || writer.clone(), false).unwrap();
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!(partition = 3, "restored");
        tracing::debug!("an odd path");
    });
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn json_lines_carry_their_values_as_fields() {
    let settings = Settings { format: Format::Json, filter: "debug".to_owned() };
    let text = logged(&settings);
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["partition"], 3);
    assert_eq!(lines[0]["message"], "restored");
    assert_eq!(lines[0]["level"], "INFO");
}

#[test]
fn the_filter_decides_what_is_logged() {
    let text = logged(&Settings::default());
    assert!(text.contains("restored") && text.contains("partition=3"));
    assert!(!text.contains("an odd path"));
}

#[test]
fn a_filter_that_is_none_is_a_problem_of_the_settings() {
    let mut problems = Problems::default();
    Settings { filter: "info,=,=".to_owned(), ..Settings::default() }.validate(&mut problems);
    assert!(!problems.is_empty());
}

/// The child of the test below: logs, panics in a thread, and prints its result.
#[test]
fn a_process_that_logs_and_panics() {
    if std::env::var_os("KIT_TELEMETRY_CHILD").is_none() {
        return;
    }
    init(&Settings { format: Format::Json, filter: "info".to_owned() }).unwrap();
    tracing::info!("started");
    let panicked = std::thread::Builder::new().name("worker-3".to_owned()).spawn(|| panic!("S1 broken")).unwrap();
    assert!(panicked.join().is_err());
    assert!(init(&Settings::default()).is_err());
}

#[test]
fn logs_and_panics_go_to_stderr_and_never_to_stdout() {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_process_that_logs_and_panics", "--nocapture"])
        .env("KIT_TELEMETRY_CHILD", "1")
        .output()
        .unwrap();
    assert!(child.status.success());
    let (out, err) = (String::from_utf8(child.stdout).unwrap(), String::from_utf8(child.stderr).unwrap());
    assert!(!out.contains("started") && !out.contains("S1 broken"));
    let panic = err.lines().find(|line| line.contains("S1 broken")).unwrap();
    let panic: serde_json::Value = serde_json::from_str(panic).unwrap();
    assert_eq!(panic["thread"], "worker-3");
    assert_eq!(panic["level"], "ERROR");
    assert!(panic["place"].as_str().unwrap().contains("telemetry.rs"));
    assert!(err.contains("started"));
}
