//! The token: everybody hears it, once, and has one deadline.
#![allow(clippy::unwrap_used)]

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
