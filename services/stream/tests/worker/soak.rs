//! Everything at once, by seed: instances that come, go, are killed and lose their state, calls that fail, sessions that expire.
//! Whatever happened, in the end nothing is lost or doubled. `STREAM_SEED=n` repeats one run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use stream::probe::{Probe, Step, Verdict};
use stream::runtime::{Handle, Runtime};
use stream::status::WorkerState;

use crate::bench::{Bench, borrowed, mixture, stop};
use crate::faulty::{Call, FaultyLog, Kind, Plan, When};

const PARTITIONS: i32 = 3;
const APPS: [&str; 3] = ["a", "b", "c"];

#[derive(Clone)]
struct Dice(Arc<AtomicU64>);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seed)))
    }

    /// The next number below `below`: a counter, mixed.
    fn roll(&self, below: u64) -> u64 {
        let mut x = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst).wrapping_add(0x9E37_79B9_7F4A_7C15);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) % below
    }
}

struct KillSometimes {
    dice: Dice,
    trouble: Arc<AtomicBool>,
}

impl Probe for KillSometimes {
    fn reached(&self, _slot: usize, _step: Step) -> Verdict {
        let kill = self.trouble.load(Ordering::SeqCst) && self.dice.roll(60) == 0;
        if kill { Verdict::Kill } else { Verdict::GoOn }
    }
}

fn failing_sometimes(dice: Dice, trouble: Arc<AtomicBool>) -> Plan {
    Box::new(move |call| {
        if !trouble.load(Ordering::SeqCst) || dice.roll(50) != 0 {
            return None;
        }
        let kind = Kind::ALL[usize::try_from(dice.roll(5)).unwrap()];
        // A poll or a send that took place is not answered with "try again".
        let may_take_place = !(matches!(call, Call::Poll | Call::Send | Call::SendTo(_)) && kind == Kind::Retry);
        let when = if may_take_place && dice.roll(2) == 0 { When::After } else { When::Before };
        Some((when, kind))
    })
}

fn run(seed: u64) {
    let bench = Bench::embedded_with_seed(PARTITIONS, seed);
    let dice = Dice::new(seed);
    let trouble = Arc::new(AtomicBool::new(true));
    let mut running: BTreeMap<&str, Handle> = BTreeMap::new();
    for step in 0..40 {
        let app = APPS[usize::try_from(dice.roll(3)).unwrap()];
        match dice.roll(6) {
            0 | 1 => bench.append(&borrowed(&mixture(PARTITIONS, 12, seed * 1_000 + step))),
            2 => {
                running.entry(app).or_insert_with(|| {
                    let plan = failing_sometimes(dice.clone(), trouble.clone());
                    let mut parts = bench.parts(FaultyLog::new(bench.log.clone(), plan));
                    parts.probe = Some(Arc::new(KillSometimes { dice: dice.clone(), trouble: trouble.clone() }));
                    Runtime::start(parts, bench.settings(app)).unwrap()
                });
            }
            3 => {
                if let Some(handle) = running.remove(app) {
                    stop(handle);
                    if dice.roll(3) == 0 {
                        std::fs::remove_dir_all(bench.state_dir(app)).unwrap();
                    }
                }
            }
            4 => bench.expire(app),
            _ => {}
        }
        let pause = Duration::from_millis(dice.roll(8));
        if let Some(handle) = running.get(app) {
            handle.wait(pause, |_| false);
        }
        let killed = |handle: &Handle| handle.status().workers.iter().all(|w| w.state == WorkerState::Ended);
        running.retain(|_, handle| !killed(handle));
    }
    trouble.store(false, Ordering::SeqCst);
    running.retain(|_, handle| !handle.status().workers.iter().all(|w| w.state == WorkerState::Ended));
    running.entry("a").or_insert_with(|| bench.start("a"));
    let handles: Vec<&Handle> = running.values().collect();
    bench.check(&handles);
    running.into_values().for_each(stop);
}

#[test]
fn whatever_happens_nothing_is_lost_or_doubled() {
    let seeds = match std::env::var("STREAM_SEED") {
        Ok(seed) => vec![seed.parse().expect("STREAM_SEED is a number")],
        Err(_) => (1..=12).collect(),
    };
    for seed in seeds {
        let outcome = std::panic::catch_unwind(|| run(seed));
        assert!(outcome.is_ok(), "seed {seed}: see above; STREAM_SEED={seed} repeats it");
    }
}
