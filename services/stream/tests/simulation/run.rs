//! One run of one seed: records, processes that come and go, troubles; then calm, and the check.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::auditor::{Auditor, Finding};
use crate::copies::Copies;
use crate::depot::GRACE;
use crate::dice::Dice;
use crate::disk;
use crate::faults::Faults;
use crate::instances::Instances;
use crate::mutation::Mutation;
use crate::scheduler::Seat;
use crate::trace::{Lines, Trace};
use crate::workload;
use crate::world::World;

/// A run that gets so far turns in circles: most need a few thousand.
const POINTS_MAX: u64 = 500_000;

/// When all is well again, the next checkpoint may wait for one that a dead store keeps, and for the interval.
const COPIED_WITHIN: Duration = Duration::from_secs(5);

/// What a run is made of.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) faults: Faults,
    pub(crate) mutation: Option<Mutation>,
    pub(crate) lines: Lines,
}

impl Plan {
    pub(crate) fn of(seed: u64) -> Self {
        Self { seed, faults: Faults::of(seed), mutation: None, lines: Lines::Dropped }
    }
}

/// How a run ended.
pub(crate) struct Outcome {
    pub(crate) finding: Finding,
    /// Of everything that happened, in order.
    pub(crate) trace: u64,
    pub(crate) points: u64,
    /// How often each trouble came about.
    pub(crate) troubles: Vec<(&'static str, u64)>,
}

pub(crate) fn run(plan: Plan) -> Outcome {
    let dir = scratch();
    let world = World::new(plan.seed, plan.faults, plan.mutation, Trace::new(plan.lines));
    let mut run = Run::new(&world, dir.path(), plan.seed);
    let finding = run.everything();
    run.instances.kill_all();
    let troubles = world.ledger().troubles.iter().map(|(trouble, times)| (*trouble, *times)).collect();
    Outcome { finding, trace: world.scheduler.trace.hash(), points: world.scheduler.points(), troubles }
}

/// Two live instances of one name, for a minute: how often either was fenced.
pub(crate) fn twins(plan: Plan) -> (Finding, u64) {
    let dir = scratch();
    let world = World::new(plan.seed, plan.faults, plan.mutation, Trace::new(plan.lines));
    let mut run = Run::new(&world, dir.path(), plan.seed);
    let finding = run.of_twins();
    run.instances.kill_all();
    let fenced = world.ledger().troubles.get("fenced").copied().unwrap_or(0);
    (finding, fenced)
}

/// In memory if the machine has such a place: a simulation is not about the disk's speed.
fn scratch() -> tempfile::TempDir {
    let memory = PathBuf::from("/dev/shm");
    let new = tempfile::Builder::new().prefix("standing-simulation-").to_owned();
    if memory.is_dir() { new.tempdir_in(memory).or_else(|_| new.tempdir()).unwrap() } else { new.tempdir().unwrap() }
}

struct Run {
    world: Arc<World>,
    auditor: Auditor,
    instances: Instances,
    copies: Copies,
    dice: Dice,
    /// A state was damaged or put ahead of what is committed.
    may_be_set_aside: bool,
}

impl Run {
    fn new(world: &Arc<World>, dir: &Path, seed: u64) -> Self {
        Self {
            auditor: Auditor::new(world.clone()),
            instances: Instances::new(world.clone(), dir.to_owned(), seed),
            copies: Copies::new(world.clone()),
            dice: Dice::new(seed, 5),
            may_be_set_aside: false,
            world: world.clone(),
        }
    }

    /// What is appended is folded within a while, although two fight for it.
    fn of_twins(&mut self) -> Finding {
        const ROUNDS: u32 = 12;
        const WITHIN: Duration = Duration::from_secs(5);
        self.instances.start_twins();
        for _ in 0..ROUNDS {
            workload::append(&self.world, &self.dice);
            for _ in 0..WITHIN.as_millis() / 100 {
                self.rest(Duration::from_millis(100))?;
            }
            self.auditor.all_is_visible()?;
        }
        self.auditor.versions_rise()
    }

    fn everything(&mut self) -> Finding {
        workload::append(&self.world, &self.dice);
        self.instances.start_any(&self.dice);
        for _ in 0..self.dice.between(15, 45) {
            self.trouble()?;
            self.rest(Duration::from_millis(self.dice.between(1, 60)))?;
        }
        self.calm()
    }

    /// Others run for a while, and what is visible is looked at.
    fn rest(&mut self, time: Duration) -> Finding {
        self.world.scheduler.sleep(&Seat::driver(), time);
        self.world.turn_events();
        self.instances.bury();
        self.auditor.look()?;
        for handle in self.instances.handles() {
            self.auditor.nothing_is_ahead(&handle.status())?;
        }
        if self.dice.one_in(6) {
            self.served()?;
        }
        let points = self.world.scheduler.points();
        if points > POINTS_MAX { Err(format!("{points} points and no end")) } else { Ok(()) }
    }

    fn served(&self) -> Finding {
        for handle in self.instances.handles() {
            for partition in handle.status().partitions {
                self.auditor.served(handle, &partition.of)?;
            }
        }
        Ok(())
    }

    /// One thing that happens between the workers.
    fn trouble(&mut self) -> Finding {
        let faults = self.world.faults.clone();
        let mut left = self.dice.roll(100);
        let mut is = |part: u64| {
            let it = left < part;
            left = if it { u64::MAX } else { left - part };
            it
        };
        if is(faults.start) {
            self.instances.start_any(&self.dice);
        } else if is(faults.stop) {
            self.instances.stop_any(&self.dice);
        } else if is(faults.crash) {
            self.instances.crash_any(&self.dice);
        } else if is(faults.expire) {
            self.world.expire(&self.instances.any_member(&self.dice));
        } else if is(faults.disk) {
            self.may_be_set_aside |= self.instances.hurt_any(&self.dice);
        } else if is(faults.clock) {
            self.world.count("clock moved");
            self.world.move_clock(*self.dice.choose(&[-3_600_000, -2_000, 2_000, 3_600_000]));
        } else if is(faults.forget_offsets) {
            self.forget_an_offset();
        } else if is(faults.reset_offsets) {
            self.set_an_offset_back()?;
        } else if faults.checkpoints > 0 && is(faults.depot) {
            self.copies.hurt_any(&self.dice);
        } else if faults.checkpoints > 0 && is(faults.disk_lost) {
            self.instances.lose_any(&self.dice);
        } else {
            workload::append(&self.world, &self.dice);
        }
        if faults.disk_full > 0 && self.dice.one_in(3) {
            self.world.fill_disk(!self.world.disk_is_full());
        }
        self.world.put_out_of_reach(self.world.happens(faults.outage, "outage"));
        if faults.checkpoints > 0 {
            self.world.put_store_out_of_reach(self.world.happens(faults.store_outage, "store out of reach"));
            self.world.let_store_die(self.world.happens(faults.store_dead, "store dead"));
        }
        Ok(())
    }

    /// The group loses an offset, as it does of a partition nothing was committed for in a week.
    fn forget_an_offset(&self) {
        let mut ledger = self.world.ledger();
        let known: Vec<_> = ledger.committed.keys().cloned().collect();
        // Of a partition whose offset an operator set back, the mark says something else.
        if known.is_empty() || self.world.faults.reset_offsets > 0 {
            return;
        }
        ledger.forgotten.insert(self.dice.choose(&known).clone());
        *ledger.troubles.entry("offset forgotten").or_default() += 1;
    }

    /// Everything stands still, and an operator sets an offset back: the states are ahead of it.
    fn set_an_offset_back(&mut self) -> Finding {
        self.instances.kill_all();
        self.rest(self.world.transaction_timeout + Duration::from_millis(1))?;
        let known: Vec<_> = self.world.ledger().committed.clone().into_iter().filter(|(_, to)| *to > 0).collect();
        if known.is_empty() {
            return Ok(());
        }
        let (of, from) = self.dice.choose(&known).clone();
        let to = i64::try_from(self.dice.roll(u64::try_from(from).unwrap())).unwrap();
        self.world.set_offset(&of, to);
        self.auditor.set_back(of.partition, from, to);
        self.may_be_set_aside = true;
        Ok(())
    }

    /// Nothing goes wrong any more: all is caught up, and all of it is right.
    fn calm(&mut self) -> Finding {
        self.world.end_trouble();
        let anew = self.dice.roll(2) == 0;
        let most = if anew {
            // Whoever comes back ends what was left open: nobody waits for a time-out.
            self.instances.kill_all();
            self.instances.start_all();
            self.world.transaction_timeout / 2
        } else {
            self.instances.keep_one_of_each_name();
            // A process that is stopping still has its name and its place: where all are, one starts when they are gone.
            while self.instances.all_are_stopping() {
                self.rest(Duration::from_millis(50))?;
            }
            self.instances.start_one_of_another_name(&self.dice);
            self.world.transaction_timeout * 5
        };
        if self.world.faults.checkpoints > 0 {
            workload::append_to_all(&self.world);
        }
        self.settle(most)?;
        if self.world.faults.checkpoints > 0 {
            self.copied(most)?;
        }
        self.served()?;
        self.auditor.versions_rise()?;
        // Who was told to stop amid the troubles may still be at a slow commit.
        while self.instances.any_is_stopping() {
            self.rest(Duration::from_millis(50))?;
        }
        self.instances.stop_all();
        self.rest(Duration::from_secs(1))?;
        if !self.instances.all_are_gone() {
            return Err("processes do not stop".to_owned());
        }
        if !anew {
            self.rest(self.world.transaction_timeout)?;
        }
        self.auditor.nothing_is_open()?;
        let aside = self.instances.states().into_iter().find(|state| disk::is_aside(state));
        match aside {
            Some(state) if !self.may_be_set_aside => {
                Err(format!("{} was set aside, and nothing was wrong with it", state.file_name().unwrap().display()))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Once nothing goes wrong any more, checkpoints are made, the newest are kept, and what they hold is right.
    fn copied(&mut self, most: Duration) -> Finding {
        self.soon(|run| run.copies.are_made(&run.auditor))?;
        self.copies.are_right(&self.auditor, &self.instances.scratch())?;
        if self.dice.one_in(3) {
            self.world.move_store_clock(GRACE + Duration::from_secs(60));
            workload::append_to_all(&self.world);
            self.settle(most)?;
            self.soon(|run| run.copies.are_made(&run.auditor))?;
            self.soon(|run| run.copies.are_swept(&run.auditor, run.instances.keep()))?;
        }
        Ok(())
    }

    fn soon(&mut self, holds: impl Fn(&Self) -> Finding) -> Finding {
        let deadline = self.world.scheduler.now() + COPIED_WITHIN;
        while let Err(missing) = holds(self) {
            if self.world.scheduler.now() >= deadline {
                return Err(format!("not within {COPIED_WITHIN:?}: {missing}"));
            }
            self.rest(Duration::from_millis(50))?;
        }
        Ok(())
    }

    fn settle(&mut self, most: Duration) -> Finding {
        let deadline = self.world.scheduler.now() + most;
        loop {
            self.rest(Duration::from_millis(50))?;
            match self.auditor.is_settled(&self.instances.handles()) {
                Ok(()) => return Ok(()),
                Err(missing) if self.world.scheduler.now() >= deadline => {
                    return Err(format!("not settled within {most:?}: {missing}"));
                }
                Err(_) => {}
            }
        }
    }
}
