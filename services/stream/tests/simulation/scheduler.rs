//! One thread runs at a time, and the seed says which: the threads of all runtimes and the test's own hand a baton on at
//! every call of the log, every probe and every wait. Time is a number that moves only here.
//!
//! A thread that begins takes a seat under its process and its name, and the one that started it waits until it has: the
//! order in which the machine starts threads does not matter.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::dice::Dice;
use crate::trace::Trace;

/// Who may run. The test's own thread is of process 0.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seat {
    pub(crate) process: u32,
    pub(crate) thread: Arc<str>,
}

impl Seat {
    pub(crate) fn driver() -> Self {
        Self { process: 0, thread: "driver".into() }
    }
}

struct Sitter {
    /// Runs no earlier, unless its process is hurried.
    wake_at_us: u64,
    turn: Arc<Condvar>,
}

struct Seats {
    sitters: BTreeMap<Seat, Sitter>,
    running: Seat,
    /// The threads of this process run to their end before anybody else moves.
    hurried: Option<u32>,
}

pub(crate) struct Scheduler {
    seats: Mutex<Seats>,
    seated: Condvar,
    now_us: AtomicU64,
    points: AtomicU64,
    base: Instant,
    dice: Dice,
    pub(crate) trace: Trace,
}

impl Scheduler {
    /// The calling thread becomes the driver, and runs.
    pub(crate) fn new(seed: u64, trace: Trace) -> Arc<Self> {
        let driver = Seat::driver();
        let sitter = Sitter { wake_at_us: 0, turn: Arc::default() };
        let seats = Seats { sitters: [(driver.clone(), sitter)].into(), running: driver, hurried: None };
        Arc::new(Self {
            seats: Mutex::new(seats),
            seated: Condvar::new(),
            now_us: AtomicU64::new(0),
            points: AtomicU64::new(0),
            // Far enough from the machine's start that every earlier instant a runtime computes exists.
            base: Instant::now() + Duration::from_secs(86_400),
            dice: Dice::new(seed, 1),
            trace,
        })
    }

    pub(crate) fn now_us(&self) -> u64 {
        self.now_us.load(Ordering::SeqCst)
    }

    pub(crate) fn now(&self) -> Instant {
        self.base + Duration::from_micros(self.now_us())
    }

    /// How often the baton could have been handed on.
    pub(crate) fn points(&self) -> u64 {
        self.points.load(Ordering::SeqCst)
    }

    fn lock(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap()
    }

    /// A thread's first call: it sits down, and runs when it is its turn.
    pub(crate) fn sit_down(&self, me: &Seat) {
        let mut seats = self.lock();
        seats.sitters.insert(me.clone(), Sitter { wake_at_us: self.now_us(), turn: Arc::default() });
        self.seated.notify_all();
        self.wait_for_turn(seats, me);
    }

    /// Waits until a thread that was just started sits: the caller runs on, and that one waits for its turn.
    pub(crate) fn await_seated(&self, seat: &Seat) {
        let waited = self.seated.wait_while(self.lock(), |seats| !seats.sitters.contains_key(seat));
        drop(waited.unwrap());
    }

    pub(crate) fn is_gone(&self, process: u32) -> bool {
        !self.lock().sitters.keys().any(|seat| seat.process == process)
    }

    /// Whether any of its threads is of those without which a process ends.
    pub(crate) fn works(&self, process: u32) -> bool {
        let beside = |seat: &Seat| seat.thread.contains("-checkpoint-") || seat.thread.contains("-restore-");
        self.lock().sitters.keys().any(|seat| seat.process == process && !beside(seat))
    }

    /// A place at which another thread may go on, the caller later.
    pub(crate) fn point(&self, me: &Seat, what: &'static str) {
        self.trace.event(self.now_us(), me, what);
        self.points.fetch_add(1, Ordering::SeqCst);
        // A call takes up to 150 us.
        self.now_us.fetch_add(1 + self.dice.roll(150), Ordering::SeqCst);
        if self.dice.one_in(4) {
            self.yield_until(me, self.now_us());
        }
    }

    /// Others run for at least so long.
    pub(crate) fn sleep(&self, me: &Seat, time: Duration) {
        self.points.fetch_add(1, Ordering::SeqCst);
        let time = u64::try_from(time.as_micros()).unwrap();
        self.yield_until(me, self.now_us() + time.max(1));
    }

    fn yield_until(&self, me: &Seat, wake_at_us: u64) {
        let mut seats = self.lock();
        seats.sitters.get_mut(me).unwrap().wake_at_us = wake_at_us;
        self.hand_on(&mut seats);
        self.wait_for_turn(seats, me);
    }

    /// Ends the waits of a process.
    pub(crate) fn wake(&self, process: u32) {
        let now = self.now_us();
        for (_, sitter) in self.lock().sitters.iter_mut().filter(|(seat, _)| seat.process == process) {
            sitter.wake_at_us = sitter.wake_at_us.min(now);
        }
    }

    /// Runs the threads of a process to their end, and nobody else.
    pub(crate) fn run_to_end(&self, process: u32) {
        let driver = Seat::driver();
        let mut seats = self.lock();
        seats.hurried = Some(process);
        self.hand_on(&mut seats);
        self.wait_for_turn(seats, &driver);
    }

    /// A thread's end.
    pub(crate) fn get_up(&self, me: &Seat) {
        let mut seats = self.lock();
        seats.sitters.remove(me);
        self.trace.event(self.now_us(), me, "ends");
        self.hand_on(&mut seats);
    }

    fn hand_on(&self, seats: &mut Seats) {
        let next = self.next(seats);
        if next != seats.running {
            seats.sitters[&next].turn.notify_one();
            seats.running = next;
        }
    }

    fn next(&self, seats: &mut Seats) -> Seat {
        if let Some(process) = seats.hurried {
            // In turn: one may wait for another of them.
            let its = || seats.sitters.keys().filter(|seat| seat.process == process);
            if let Some(seat) = its().find(|seat| **seat > seats.running).or_else(|| its().next()) {
                return seat.clone();
            }
            seats.hurried = None;
            return Seat::driver();
        }
        let first = seats.sitters.values().map(|sitter| sitter.wake_at_us).min().unwrap();
        let now = self.now_us.fetch_max(first, Ordering::SeqCst).max(first);
        let awake: Vec<&Seat> =
            seats.sitters.iter().filter(|(_, sitter)| sitter.wake_at_us <= now).map(|(seat, _)| seat).collect();
        (*self.dice.choose(&awake)).clone()
    }

    fn wait_for_turn(&self, seats: MutexGuard<'_, Seats>, me: &Seat) {
        let turn = seats.sitters[me].turn.clone();
        let waited = turn.wait_while(seats, |seats| seats.running != *me);
        drop(waited.unwrap());
    }
}
