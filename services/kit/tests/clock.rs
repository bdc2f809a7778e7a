//! The clock: it runs on, moves forward only, and clones agree.
#![allow(clippy::unwrap_used)]

use kit::clock::{Clock, Error};

const MAY_2026: i64 = 1_778_198_400_000;

#[test]
fn a_settable_clock_runs_on_from_where_it_was_set() {
    let clock = Clock::settable(MAY_2026);
    let first = clock.now_ms();
    assert!((MAY_2026..MAY_2026 + 10_000).contains(&first));
    while clock.now_ms() == first {
        std::thread::yield_now();
    }
    assert!(clock.now_ms() > first);
}

#[test]
fn moving_one_clone_moves_them_all() {
    let clock = Clock::settable(MAY_2026);
    let clone = clock.clone();
    assert_eq!(clock.advance_to(MAY_2026 + 86_400_000), Ok(MAY_2026 + 86_400_000));
    assert!(clone.now_ms() >= MAY_2026 + 86_400_000);
}

#[test]
fn a_clock_never_goes_backward() {
    let clock = Clock::settable(MAY_2026);
    let refused = clock.advance_to(MAY_2026 - 1).unwrap_err();
    assert_eq!(refused.code(), "clock.backward");
    assert!(clock.now_ms() >= MAY_2026);
}

#[test]
fn the_system_clock_cannot_be_set() {
    let clock = Clock::system();
    assert!(!clock.is_settable());
    assert_eq!(clock.advance_to(i64::MAX), Err(Error::NotSettable));
}

#[test]
fn the_end_of_time_does_not_overflow() {
    let clock = Clock::settable(i64::MAX);
    assert_eq!(clock.now_ms(), i64::MAX);
    assert_eq!(Clock::settable(0).advance_to(i64::MAX), Ok(i64::MAX));
}
