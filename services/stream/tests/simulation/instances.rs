//! The processes of a run, and the directories that outlive them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use stream::checkpoint::{CheckpointSettings, Place};
use stream::log::{Isolation, Log, LogError, Start, TopicPartition};
use stream::runtime::{Handle, Runtime};
use stream::settings::{CommittedFallback, RuntimeComponents, RuntimeSettings};

use crate::beside::ItsObserver;
use crate::dice::Dice;
use crate::disk;
use crate::log::ItsLog;
use crate::mutation::Mutation;
use crate::process::{ItsProbe, ItsTime, Process};
use crate::scheduler::Seat;
use crate::store::ItsStore;
use crate::sums::{Broken, Sums, text};
use crate::world::{GROUP, World};

/// How long a process may take to stop before it is killed.
const STOPPING_MAX: Duration = Duration::from_secs(3);

/// Name, and directory. The last bears another's name: two that run at once fence each other.
const PLACES: [(&str, &str); 4] = [("a", "a"), ("b", "b"), ("c", "c"), ("a", "twin-of-a")];

struct Running {
    place: usize,
    process: Arc<Process>,
    /// Gone when it is told to stop.
    handle: Option<Handle>,
    stopping_since_us: u64,
}

pub(crate) struct Instances {
    world: Arc<World>,
    dir: PathBuf,
    slots: usize,
    poll_records_max: usize,
    commit_records_max: usize,
    commit_pause: Duration,
    lot_bytes: usize,
    opening_stretch: Duration,
    checkpoints: CheckpointSettings,
    running: Vec<Running>,
    started: u32,
    /// Copies of states, older and older: partition and directory.
    copies: Vec<(String, PathBuf)>,
}

impl Instances {
    pub(crate) fn new(world: Arc<World>, dir: PathBuf, seed: u64) -> Self {
        let (dice, interval) = (Dice::new(seed, 6), world.faults.checkpoints);
        Self {
            world,
            dir,
            slots: usize::try_from(dice.between(1, 2)).unwrap(),
            poll_records_max: usize::try_from(dice.between(1, 12)).unwrap(),
            commit_records_max: usize::try_from(dice.between(2, 40)).unwrap(),
            checkpoints: CheckpointSettings {
                interval: Duration::from_millis(interval.max(1)),
                records_max: dice.between(5, 100),
                keep: usize::try_from(dice.between(1, 3)).unwrap(),
            },
            commit_pause: Duration::from_millis(dice.between(0, 2) * 10),
            lot_bytes: [0, 64, 256 << 10][usize::try_from(seed % 3).unwrap()],
            // One state at a time, or all at once: nothing takes time there.
            opening_stretch: Duration::from_millis([0, 50][usize::try_from(seed / 3 % 2).unwrap()]),
            running: Vec::new(),
            started: 0,
            copies: Vec::new(),
        }
    }

    fn place_dir(&self, place: usize) -> PathBuf {
        self.dir.join(PLACES[place].1)
    }

    pub(crate) fn handles(&self) -> Vec<&Handle> {
        self.running.iter().filter_map(|running| running.handle.as_ref()).collect()
    }

    fn is_up(&self, place: usize) -> bool {
        self.running.iter().any(|running| running.place == place)
    }

    fn start(&mut self, place: usize) {
        self.started += 1;
        let world = &self.world;
        let process = Process::new(self.started, PLACES[place].0.to_owned(), world.clone());
        world.say(&Seat::driver(), format_args!("starts {} as {} in {}", self.started, process.app, PLACES[place].1));
        let (clock, topics, mutation) = (world.clone(), world.topics.clone(), world.mutation);
        let broken = Broken {
            remembers: mutation == Some(Mutation::FoldRemembers),
            keeps_halves: mutation == Some(Mutation::HalfARecordKept),
        };
        let mut parts = RuntimeComponents::new(
            Arc::new(ItsLog(process.clone())),
            Arc::new(move || clock.clock_ms()),
            Arc::new(move |_: &TopicPartition| Box::new(Sums::broken(topics.clone(), broken))),
            1,
        );
        parts.time = Arc::new(ItsTime(process.clone()));
        parts.probe = Some(Arc::new(ItsProbe(process.clone())));
        if mutation != Some(Mutation::NoFallback) {
            let (last_mark, its) = (last_mark(world.clone()), process.clone());
            parts.committed_fallback = Some(Arc::new(move |of| {
                let committed = last_mark(of)?;
                its.is_told_committed(std::slice::from_ref(of), &[committed]);
                Ok(committed)
            }));
        }
        if world.faults.checkpoints > 0 {
            parts.checkpoints = Some(Place::of(Arc::new(ItsStore(process.clone()))));
        }
        parts.observer = Arc::new(ItsObserver(process.clone()));
        let topics = vec![world.topics.input.clone()];
        let mut settings = RuntimeSettings::new(process.app.clone(), GROUP, topics, self.place_dir(place));
        settings.slots = self.slots;
        settings.memory_bytes = 8 << 20;
        settings.poll_records_max = self.poll_records_max;
        settings.commit_records_max = self.commit_records_max;
        settings.commit_interval = Duration::from_millis(30);
        settings.commit_interval_behind = Duration::from_millis(300);
        settings.commit_pause = self.commit_pause;
        settings.lot_bytes = self.lot_bytes;
        settings.opening_stretch = self.opening_stretch;
        settings.mark_interval = Duration::from_millis(200);
        settings.tick_interval = Duration::from_millis(200);
        settings.unowned_look_interval = Duration::from_millis(150);
        settings.call_timeout = Duration::from_millis(300);
        settings.checkpoints = self.checkpoints;
        if self.running.iter().any(|running| running.process.app == process.app) {
            world.count("two of one name");
        }
        let handle = Runtime::start(parts, settings).unwrap();
        self.running.push(Running { place, process, handle: Some(handle), stopping_since_us: 0 });
    }

    pub(crate) fn start_any(&mut self, dice: &Dice) {
        let down: Vec<usize> = (0..PLACES.len()).filter(|place| !self.is_up(*place)).collect();
        if !down.is_empty() {
            self.start(*dice.choose(&down));
        }
    }

    /// Two that bear one name, and nobody else.
    pub(crate) fn start_twins(&mut self) {
        self.start(0);
        self.start(PLACES.len() - 1);
    }

    pub(crate) fn start_one_of_another_name(&mut self, dice: &Dice) {
        let names: Vec<&str> = self.running.iter().map(|running| running.process.app.as_str()).collect();
        let other: Vec<usize> = (0..PLACES.len()).filter(|place| !names.contains(&PLACES[*place].0)).collect();
        if !other.is_empty() {
            self.start(*dice.choose(&other));
        }
    }

    /// One of each name, all places but the twin's.
    pub(crate) fn start_all(&mut self) {
        for place in 0..PLACES.len() - 1 {
            if !self.is_up(place) {
                self.start(place);
            }
        }
    }

    fn any<'a>(&'a mut self, dice: &Dice) -> Option<&'a mut Running> {
        let most = self.running.len() as u64;
        (most > 0).then(|| &mut self.running[usize::try_from(dice.roll(most)).unwrap()])
    }

    pub(crate) fn stop_any(&mut self, dice: &Dice) {
        let world = self.world.clone();
        if let Some(running) = self.any(dice) {
            let for_good = dice.one_in(world.faults.leave);
            world.count(if for_good { "left for good" } else { "stopped" });
            if for_good && let Some(handle) = &running.handle {
                handle.begin_leaving();
            }
            stop(&world, running);
        }
    }

    pub(crate) fn stop_all(&mut self) {
        self.running.iter_mut().for_each(|running| stop(&self.world, running));
    }

    pub(crate) fn crash_any(&mut self, dice: &Dice) {
        let world = self.world.clone();
        if let Some(running) = self.any(dice) {
            world.count("crashed");
            world.say(&Seat::driver(), format_args!("kills {}", running.process.number));
            running.process.die();
        }
        self.bury();
    }

    pub(crate) fn kill_all(&mut self) {
        self.running.iter().for_each(|running| running.process.die());
        self.bury();
    }

    /// Runs the threads of dead processes to their end, and forgets those that are gone.
    pub(crate) fn bury(&mut self) {
        let world = self.world.clone();
        self.running.retain_mut(|running| {
            let number = running.process.number;
            let stopping_us = world.scheduler.now_us() - running.stopping_since_us;
            // When its workers are gone, a process ends, whatever else it was at.
            let is_over = Duration::from_micros(stopping_us) > STOPPING_MAX || !world.scheduler.works(number);
            if running.handle.is_none() && is_over {
                running.process.die();
            }
            if running.process.is_dead() {
                running.handle = None;
                world.scheduler.run_to_end(number);
            }
            !world.scheduler.is_gone(number)
        });
    }

    /// There are some, and nobody will be left of them.
    pub(crate) fn all_are_stopping(&self) -> bool {
        !self.running.is_empty() && self.running.iter().all(|running| running.handle.is_none())
    }

    pub(crate) fn any_is_stopping(&self) -> bool {
        self.running.iter().any(|running| running.handle.is_none())
    }

    pub(crate) fn all_are_gone(&self) -> bool {
        self.running.is_empty()
    }

    /// Of two that bear one name, only one can live in peace.
    pub(crate) fn keep_one_of_each_name(&mut self) {
        if self.is_up(0) {
            self.running.iter().filter(|running| running.place == 3).for_each(|twin| twin.process.die());
        }
        self.bury();
    }

    pub(crate) fn any_member(&self, dice: &Dice) -> String {
        let slot = dice.roll(self.slots as u64);
        format!("{}-{slot}", dice.choose(&PLACES).0)
    }

    /// A process is killed, if it runs, and something befalls its directory; then it may be started again at once. Returns
    /// whether a state may have to be set aside for it.
    pub(crate) fn hurt_any(&mut self, dice: &Dice) -> bool {
        let place = usize::try_from(dice.roll(PLACES.len() as u64)).unwrap();
        self.running.iter().filter(|running| running.place == place).for_each(|running| running.process.die());
        self.bury();
        let aside = self.hurt(place, dice);
        if dice.roll(2) == 0 {
            self.start(place);
        }
        aside
    }

    /// A process is killed, if it runs, and comes back without its disk.
    pub(crate) fn lose_any(&mut self, dice: &Dice) {
        let place = usize::try_from(dice.roll(PLACES.len() as u64)).unwrap();
        self.running.iter().filter(|running| running.place == place).for_each(|running| running.process.die());
        self.bury();
        self.world.count("state lost");
        self.world.say(&Seat::driver(), format_args!("state lost in {}", PLACES[place].1));
        disk::remove(&self.place_dir(place));
        self.start(place);
    }

    /// A folder of nobody's.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.dir.join("scratch")
    }

    pub(crate) fn keep(&self) -> usize {
        self.checkpoints.keep
    }

    fn hurt(&mut self, place: usize, dice: &Dice) -> bool {
        let mut states = disk::states(&self.place_dir(place));
        states.retain(|state| !disk::is_aside(state) && !disk::is_scratch(state));
        let Some(state) = (!states.is_empty()).then(|| dice.choose(&states).clone()) else { return false };
        let world = self.world.clone();
        let (trouble, aside) = match dice.roll(6) {
            0 => {
                disk::remove(&self.place_dir(place));
                ("state lost", false)
            }
            1 => {
                self.keep_copy(&state);
                ("state copied", false)
            }
            2 => (self.put_back(&state, dice), false),
            3 => (put_elsewhere(&world, &states, &state, dice), true),
            _ => {
                let damage = disk::damage(&state, dice);
                world.say(&Seat::driver(), format_args!("damages {damage:?}"));
                ("state damaged", true)
            }
        };
        world.count(trouble);
        world.say(&Seat::driver(), format_args!("{trouble} in {}", PLACES[place].1));
        aside
    }

    fn keep_copy(&mut self, state: &Path) {
        let copy = self.dir.join(format!("copy-{}", self.copies.len()));
        disk::copy(state, &copy);
        self.copies.push((name(state), copy));
    }

    /// An older copy of the same partition, of whichever process.
    fn put_back(&self, state: &Path, dice: &Dice) -> &'static str {
        let fitting: Vec<&PathBuf> =
            self.copies.iter().filter(|(of, _)| *of == name(state)).map(|(_, copy)| copy).collect();
        if fitting.is_empty() {
            return "no copy";
        }
        let copy: &&PathBuf = dice.choose(&fitting);
        disk::copy(copy, state);
        "old copy put back"
    }

    pub(crate) fn states(&self) -> Vec<PathBuf> {
        PLACES.iter().flat_map(|(_, dir)| disk::states(&self.dir.join(dir))).collect()
    }
}

/// Another partition's state in place of this one's.
fn put_elsewhere(world: &World, states: &[PathBuf], state: &Path, dice: &Dice) -> &'static str {
    let other = dice.choose(states);
    if other == state {
        return "nothing put elsewhere";
    }
    let stamp = (world.mutation == Some(Mutation::StampOfThePlace)).then(|| disk::stamp(state)).flatten();
    disk::copy(other, state);
    if let Some(stamp) = stamp {
        disk::take_stamp(&stamp, state);
    }
    "state put in the wrong place"
}

fn name(state: &Path) -> String {
    text(state.file_name().unwrap().as_encoded_bytes())
}

fn stop(world: &World, running: &mut Running) {
    if running.handle.take().is_some() {
        world.say(&Seat::driver(), format_args!("stops {}", running.process.number));
        running.stopping_since_us = world.scheduler.now_us();
        world.scheduler.wake(running.process.number);
    }
}

/// How far the last committed mark says that outputs were committed.
fn last_mark(world: Arc<World>) -> CommittedFallback {
    Arc::new(move |of| {
        let marks = TopicPartition::new(world.topics.marks.clone(), of.partition);
        let end = |isolation| world.log.watermarks(&marks, isolation).map(|ends| ends.high);
        if world.mutation != Some(Mutation::MarkBehindOpenTransaction)
            && end(Isolation::ReadCommitted)? < end(Isolation::ReadUncommitted)?
        {
            let reason = "an open transaction may hide the last mark".to_owned();
            return Err(LogError::Retry { what: "last mark", reason });
        }
        let mut reader = world.log.reader(&[(marks.clone(), Start::Earliest)], Isolation::ReadCommitted)?;
        let last = reader.poll(100_000, Duration::ZERO)?.pop();
        Ok(last.map(|mark| text(mark.value.as_deref().unwrap()).split_once(' ').unwrap().0.parse().unwrap()))
    })
}
