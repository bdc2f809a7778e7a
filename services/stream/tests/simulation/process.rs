//! One process: the threads of one runtime, which die together. What they get of time, of the log and of probes goes through
//! it; once it is dead, every call fails and nothing that it does has an effect.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use stream::log::{LogError, TopicPartition};
use stream::probe::{DiskWork, Probe, Protection, Step, Verdict};
use stream::time::{Time, Waited};

use crate::consumer::SharedConsumer;
use crate::mutation::Mutation;
use crate::scheduler::Seat;
use crate::world::{Event, World};

pub(crate) struct Process {
    pub(crate) number: u32,
    pub(crate) app: String,
    pub(crate) world: Arc<World>,
    dead: AtomicBool,
    /// Its consumers by member, for a client that asks who it is.
    pub(crate) consumers: Mutex<BTreeMap<String, SharedConsumer>>,
    /// The committed offset of each partition, as the process last heard it.
    pub(crate) told_committed: Mutex<BTreeMap<i32, Option<i64>>>,
}

thread_local! {
    static SITTING: RefCell<Option<Sitting>> = const { RefCell::new(None) };
}

/// Gets up when its thread ends.
struct Sitting {
    world: Arc<World>,
    seat: Seat,
}

impl Drop for Sitting {
    fn drop(&mut self) {
        self.world.scheduler.get_up(&self.seat);
    }
}

impl Process {
    pub(crate) fn new(number: u32, app: String, world: Arc<World>) -> Arc<Self> {
        let (dead, consumers) = (AtomicBool::new(false), Mutex::default());
        Arc::new(Self { number, app, world, dead, consumers, told_committed: Mutex::default() })
    }

    pub(crate) fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// The calling thread's seat; it sits down first if it has none.
    fn seat(&self) -> Seat {
        SITTING.with_borrow_mut(|sitting| {
            if let Some(sitting) = sitting {
                return sitting.seat.clone();
            }
            let thread = std::thread::current().name().unwrap_or("unnamed").into();
            let seat = Seat { process: self.number, thread };
            self.world.scheduler.sit_down(&seat);
            *sitting = Some(Sitting { world: self.world.clone(), seat: seat.clone() });
            seat
        })
    }

    fn alive(&self) -> Result<(), LogError> {
        let reason = "the process is dead".to_owned();
        if self.is_dead() { Err(LogError::Fatal { what: "killed", reason }) } else { Ok(()) }
    }

    /// A place at which others may run, the process may die, or a worker may stand still for a while.
    pub(crate) fn point(&self, what: &'static str) -> Result<(), LogError> {
        self.alive()?;
        let world = &self.world;
        let seat = self.seat();
        world.scheduler.point(&seat, what);
        if world.happens(world.faults.kill, "kill") {
            world.say(&seat, format_args!("is killed"));
            self.die();
        }
        // The threads that ask beside the workers may be slow, which is no fault.
        let asks = ["-ends", "-unowned"].iter().any(|name| seat.thread.ends_with(name));
        if !asks && world.happens(world.faults.stall, "stall") {
            self.stall(&seat);
        }
        self.alive()
    }

    fn stall(&self, seat: &Seat) {
        let world = &self.world;
        let stall = Duration::from_millis(world.dice.between(20, 1_500));
        world.say(seat, format_args!("stands still for {stall:?}"));
        if stall > world.session_timeout {
            world.after(world.session_timeout, Event::Expire { member: seat.thread.to_string() });
        }
        world.scheduler.sleep(seat, stall);
    }

    pub(crate) fn sleep(&self, time: Duration) {
        if !self.is_dead() {
            self.world.scheduler.sleep(&self.seat(), time);
        }
    }

    pub(crate) fn is_told_committed(&self, of: &[TopicPartition], committed: &[Option<i64>]) {
        let mut told = self.told_committed.lock().unwrap();
        told.extend(of.iter().map(|of| of.partition).zip(committed.iter().copied()));
    }

    pub(crate) fn say(&self, what: std::fmt::Arguments<'_>) {
        self.world.say(&self.seat(), what);
    }
}

/// The process, as the runtime's time.
pub(crate) struct ItsTime(pub(crate) Arc<Process>);

impl Time for ItsTime {
    fn now(&self) -> Instant {
        self.0.world.scheduler.now()
    }

    fn chance(&self) -> u32 {
        u32::try_from(self.0.world.dice.roll(1_000)).unwrap()
    }

    fn begins(&self) {
        self.0.remember_committed();
        self.0.seat();
    }

    fn started(&self, thread: &str) {
        self.0.world.scheduler.await_seated(&Seat { process: self.0.number, thread: thread.into() });
    }

    fn waited(&self, most: Duration) -> Waited {
        /// A dead thread waits until it is run to its end.
        const FOR_EVER: Duration = Duration::from_secs(86_400);
        let most = if self.0.is_dead() { FOR_EVER } else { most };
        self.0.world.scheduler.sleep(&self.0.seat(), most);
        Waited::Already
    }
}

/// The process, as the runtime's probe.
pub(crate) struct ItsProbe(pub(crate) Arc<Process>);

impl Probe for ItsProbe {
    fn reached(&self, _slot: usize, step: Step) -> Verdict {
        let world = &self.0.world;
        if self.0.point(name(step)).is_err() {
            return Verdict::Kill;
        }
        let writes = matches!(step, Step::QuietWrite | Step::Write | Step::WriteNext);
        if writes && world.disk_is_full() && world.happens(world.faults.disk_full, "disk full") {
            return Verdict::DiskFull;
        }
        Verdict::GoOn
    }

    fn reached_beside(&self, work: DiskWork) -> Verdict {
        let world = &self.0.world;
        if self.0.point(name_of(work)).is_err() {
            return Verdict::Kill;
        }
        if world.disk_is_full() && world.happens(world.faults.disk_full, "disk full beside") {
            self.0.faulted();
            return Verdict::DiskFull;
        }
        Verdict::GoOn
    }

    /// In runs without checkpoints nobody reads what a compaction moves.
    fn compacts(&self) -> bool {
        self.0.world.faults.checkpoints == 0
    }

    fn keeps(&self, protection: Protection) -> bool {
        self.0.world.mutation != Some(Mutation::Without(protection))
    }
}

fn name(step: Step) -> &'static str {
    match step {
        Step::QuietWrite => "step QuietWrite",
        Step::Begin => "step Begin",
        Step::Send => "step Send",
        Step::Offsets => "step Offsets",
        Step::Commit => "step Commit",
        Step::Write => "step Write",
        Step::WriteNext => "step WriteNext",
        Step::Done => "step Done",
    }
}

fn name_of(work: DiskWork) -> &'static str {
    match work {
        DiskWork::Link => "disk Link",
        DiskWork::Read => "disk Read",
        DiskWork::Write => "disk Write",
        DiskWork::Open => "disk Open",
        DiskWork::Settle => "disk Settle",
    }
}
