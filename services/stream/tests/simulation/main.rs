//! The real worker, runtime and store on the embedded log, under a scheduler that a seed runs: it lets one thread run at a time,
//! hands on at every call, moves time, and lets go wrong what can. The same seed gives the same run, to the last step.
//!
//! `SIMULATION_SEEDS=n` runs n seeds, from `SIMULATION_FIRST` on; `SIMULATION_SEED=n` repeats one, `SIMULATION_TRACE=1` prints its every step.
//! `SIMULATION_MUTATION=text` tries the mutations that have it in their names; with one's whole name, seeds run under its troubles.

#![allow(clippy::unwrap_used)]

mod auditor;
mod beside;
mod consumer;
mod copies;
mod depot;
mod dice;
mod disk;
mod faults;
mod instances;
mod log;
mod mutation;
mod process;
mod producer;
mod run;
mod scheduler;
mod store;
// Shared with the tests of the worker.
#[allow(dead_code)]
#[path = "../sums/mod.rs"]
mod sums;
mod trace;
mod workload;
mod world;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use faults::Faults;
use mutation::Mutation;
use run::{Outcome, Plan, run, twins};
use stream::probe::Protection;
use trace::Lines;

/// How many seeds `make test` runs.
const SEEDS: u64 = 500;

/// What must have come about among so many seeds.
const TROUBLES: [&str; 43] = [
    "checkpoint current",
    "checkpoint failed",
    "checkpoint made",
    "checkpoint passed over",
    "checkpoint put in the wrong place",
    "checkpoint skipped",
    "clock moved",
    "crashed",
    "disk full",
    "disk full beside",
    "error",
    "expired",
    "files grow old",
    "files of a checkpoint damaged",
    "files of a checkpoint lost",
    "handed out again",
    "kill",
    "late commit",
    "late request",
    "manifest damaged",
    "manifest lost",
    "offset forgotten",
    "offset set back",
    "old copy of the store put back",
    "old copy put back",
    "outage",
    "repeated commit",
    "restore dropped",
    "restored",
    "restored from nothing",
    "slow commit",
    "stall",
    "state copied",
    "state damaged",
    "state lost",
    "state put in the wrong place",
    "stopped",
    "store dead",
    "store error",
    "store lost",
    "store out of reach",
    "store slow",
    "two of one name",
];

fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{variable}={value}: give a number")))
}

/// Runs the seeds on all processors and shows each outcome.
fn run_all(seeds: &[u64], plan: impl Fn(u64) -> Plan + Sync, see: impl Fn(u64, Outcome) + Sync) {
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(&seed) = seeds.get(usize::try_from(next.fetch_add(1, Ordering::SeqCst)).unwrap()) {
                    see(seed, run(plan(seed)));
                }
            });
        }
    });
}

#[test]
fn whatever_a_seed_does_nothing_is_lost_or_doubled() {
    let first = number("SIMULATION_FIRST").unwrap_or(1);
    let seeds: Vec<u64> = match number("SIMULATION_SEED") {
        Some(seed) => vec![seed],
        None => (first..first + number("SIMULATION_SEEDS").unwrap_or(SEEDS)).collect(),
    };
    let lines = if number("SIMULATION_TRACE").is_some() { Lines::Printed } else { Lines::Dropped };
    let only = std::env::var("SIMULATION_MUTATION").unwrap_or_default();
    let (failures, troubles) = (Mutex::new(Vec::new()), Mutex::new(BTreeMap::new()));
    run_all(
        &seeds,
        |seed| {
            let plan = Plan { lines, ..Plan::of(seed) };
            match Mutation::ALL.into_iter().find(|mutation| format!("{mutation:?}") == only) {
                Some(mutation) => Plan { faults: mutation.troubles(), ..plan },
                None => plan,
            }
        },
        |seed, outcome| {
            if let Err(why) = outcome.finding {
                failures.lock().unwrap().push((seed, why));
            }
            for (trouble, times) in outcome.troubles {
                *troubles.lock().unwrap().entry(trouble).or_insert(0) += times;
            }
            *troubles.lock().unwrap().entry("points").or_insert(0) += outcome.points;
        },
    );
    let troubles = troubles.into_inner().unwrap();
    eprintln!("{} seeds: {troubles:?}", seeds.len());
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    let lines: Vec<String> = failures
        .iter()
        .map(|(seed, why)| {
            format!("SIMULATION_SEED={seed} SIMULATION_TRACE=1 cargo test -p stream --test simulation whatever # {why}")
        })
        .collect();
    assert!(lines.is_empty(), "{} of {} seeds fail:\n{}", lines.len(), seeds.len(), lines.join("\n"));
    let missing: Vec<_> = TROUBLES.into_iter().filter(|trouble| !troubles.contains_key(trouble)).collect();
    assert!(u64::try_from(seeds.len()).unwrap() < SEEDS || missing.is_empty(), "no seed had these: {missing:?}");
}

#[test]
fn a_seed_gives_the_same_run_again() {
    for seed in 1..=20 {
        let traces = [run(Plan::of(seed)).trace, run(Plan::of(seed)).trace];
        assert_eq!(traces[0], traces[1], "seed {seed}");
    }
}

#[test]
fn two_of_one_name_make_way_for_each_other() {
    /// Of a minute: each stays away for ten seconds, in the end.
    const FENCED_MAX: u64 = 60;
    let plan = |seed| Plan { faults: Faults::default(), ..Plan::of(seed) };
    for seed in 1..=3 {
        let (finding, fenced) = twins(plan(seed));
        assert_eq!(finding, Ok(()), "seed {seed}");
        assert!((1..=FENCED_MAX).contains(&fenced), "seed {seed}: fenced {fenced} times");
    }
    let mutation = Some(Mutation::Without(Protection::RivalsYield));
    let (_, fenced) = twins(Plan { mutation, ..plan(1) });
    assert!(fenced > FENCED_MAX, "without it they fight: {fenced}");
}

/// How many seeds a protection's absence may hide from.
const HIDING_MAX: u64 = 1_000;

#[test]
fn no_protection_can_be_left_out_unnoticed() {
    let mut hidden = Vec::new();
    let only = std::env::var("SIMULATION_MUTATION").unwrap_or_default();
    for mutation in Mutation::ALL.into_iter().filter(|mutation| format!("{mutation:?}").contains(&only)) {
        let plan = |seed, mutation| Plan { faults: Mutation::troubles(mutation), ..Plan::of(seed) };
        let caught = std::iter::once(mutation.caught_by()).chain(1..=HIDING_MAX).find_map(|seed| {
            let mutated = Plan { mutation: Some(mutation), ..plan(seed, mutation) };
            run(mutated).finding.err().map(|why| (seed, why))
        });
        let Some((seed, why)) = caught else {
            hidden.push(format!("{mutation:?}"));
            continue;
        };
        eprintln!("{mutation:?}: seed {seed}: {why}");
        let kept = run(Plan { mutation: mutation.cover(), ..plan(seed, mutation) });
        assert_eq!(kept.finding, Ok(()), "{mutation:?}: seed {seed} fails with the protection, too");
    }
    assert!(hidden.is_empty(), "no seed of {HIDING_MAX} notices that these are left out: {hidden:?}");
}
