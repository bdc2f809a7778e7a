//! The token: everybody hears it, once, and has one deadline.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use kit::shutdown::Shutdown;

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn every_task_and_every_thread_hears_it() {
    let shutdown = Shutdown::new(LONG);
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let token = shutdown.clone();
            tokio::spawn(async move { token.triggered().await })
        })
        .collect();
    let token = shutdown.clone();
    let thread = std::thread::spawn(move || token.sleep(LONG));
    assert!(!shutdown.is_triggered());
    shutdown.trigger();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(thread.join().unwrap());
    shutdown.triggered().await;
    assert!(shutdown.is_triggered());
}

#[test]
fn a_sleep_that_nobody_ends_says_so() {
    assert!(!Shutdown::new(LONG).sleep(Duration::from_millis(1)));
}

#[test]
fn triggering_twice_keeps_the_first_deadline() {
    let shutdown = Shutdown::new(LONG);
    assert_eq!(shutdown.deadline(), None);
    assert_eq!(shutdown.remaining(), LONG);
    shutdown.trigger();
    let deadline = shutdown.deadline().unwrap();
    shutdown.trigger();
    assert_eq!(shutdown.deadline(), Some(deadline));
    assert!(shutdown.remaining() <= LONG);
}

#[tokio::test]
async fn work_that_ends_in_time_is_awaited_and_endless_work_is_given_up() {
    let shutdown = Shutdown::new(Duration::from_millis(20));
    assert_eq!(shutdown.drain(async { 7 }).await, Some(7));
    shutdown.trigger();
    assert_eq!(shutdown.drain(std::future::pending::<()>()).await, None);
}

#[test]
fn leaving_for_good_is_said_with_the_stop_and_not_after_it() {
    let stops = Shutdown::new(LONG);
    stops.trigger();
    stops.trigger_for_good();
    assert!(!stops.is_for_good(), "its holders have begun to stop as those that come back do");
    let leaves = Shutdown::new(LONG);
    assert!(!leaves.is_for_good());
    leaves.trigger_for_good();
    assert!(leaves.is_triggered() && leaves.is_for_good());
}

/// The child of the test below: stops when it is told, and never gets done.
#[tokio::test]
async fn a_process_that_never_gets_done() {
    if std::env::var_os("KIT_SHUTDOWN_CHILD").is_none() {
        return;
    }
    let shutdown = Shutdown::on_signals(LONG).unwrap();
    eprintln!("waiting");
    shutdown.triggered().await;
    eprintln!("stopping{}", if shutdown.is_for_good() { " for good" } else { "" });
    std::future::pending::<()>().await;
}

#[test]
fn a_signal_says_stop_and_a_second_one_ends_the_process() {
    for (signal, stopping) in [("-TERM", "stopping"), ("-INT", "stopping"), ("-USR1", "stopping for good")] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_process_that_never_gets_done", "--nocapture"])
            .env("KIT_SHUTDOWN_CHILD", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        for word in ["waiting", stopping] {
            assert!(said.by_ref().any(|line| line.unwrap() == word), "{word}");
            assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        }
        assert_eq!(child.wait().unwrap().code(), Some(130));
    }
}
