//! What all processes of a run share: the log, time, chance, the troubles on their way, and what the test knows from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use stream::embedded::{EmbeddedLog, EmbeddedSettings};
use stream::log::{Log, Topic, TopicPartition, TopicSpec, Watermarks};

use crate::depot::Depot;
use crate::dice::Dice;
use crate::faults::{Faults, Kind, When};
use crate::mutation::Mutation;
use crate::producer::Client;
use crate::scheduler::{Scheduler, Seat};
use crate::store::Request;
use crate::sums::Topics;
use crate::trace::Trace;

pub(crate) const GROUP: &str = "group";

/// The calendar at a run's start.
const EPOCH_MS: i64 = 1_000_000_000_000;

/// What comes about by itself after a while.
pub(crate) enum Event {
    /// The group expels a member that was silent.
    Expire {
        member: String,
    },
    LateCommit {
        client: Arc<Client>,
    },
    /// What was asked of the object store takes place.
    LateRequest {
        request: Request,
    },
}

/// What the test keeps of what it saw and did, apart from the log.
#[derive(Default)]
pub(crate) struct Ledger {
    /// The last offset committed for each partition.
    pub(crate) committed: BTreeMap<TopicPartition, i64>,
    /// The greatest offset ever committed for each.
    pub(crate) most_committed: BTreeMap<TopicPartition, i64>,
    /// What was found wrong with the object store, or with what is told of it.
    pub(crate) store_faults: Vec<String>,
    /// Partitions whose offset the group has lost.
    pub(crate) forgotten: BTreeSet<TopicPartition>,
    /// Members that were expelled and have not learnt of it.
    pub(crate) expelled: BTreeSet<String>,
    /// The last answer to each process that asked where a partition ends.
    pub(crate) ends: BTreeMap<(u32, TopicPartition), Watermarks>,
    /// How often each trouble came about.
    pub(crate) troubles: BTreeMap<&'static str, u64>,
    events: BTreeMap<(u64, u64), Event>,
}

impl Ledger {
    pub(crate) fn commits(&mut self, of: &TopicPartition, offset: i64) {
        self.committed.insert(of.clone(), offset);
        let most = self.most_committed.entry(of.clone()).or_default();
        *most = offset.max(*most);
    }
}

pub(crate) struct World {
    pub(crate) scheduler: Arc<Scheduler>,
    pub(crate) log: Arc<EmbeddedLog>,
    pub(crate) topics: Topics,
    pub(crate) partitions: i32,
    pub(crate) faults: Faults,
    pub(crate) mutation: Option<Mutation>,
    pub(crate) dice: Dice,
    pub(crate) session_timeout: Duration,
    pub(crate) transaction_timeout: Duration,
    /// How far the calendar was moved.
    moved_ms: Arc<AtomicI64>,
    trouble: AtomicBool,
    disk_is_full: AtomicBool,
    out_of_reach: AtomicBool,
    store_is_out_of_reach: AtomicBool,
    store_is_dead: AtomicBool,
    /// How far the object store's clock was moved.
    store_moved_ms: AtomicU64,
    depot: Mutex<Depot>,
    numbers: AtomicU64,
    ledger: Mutex<Ledger>,
}

impl World {
    pub(crate) fn new(seed: u64, faults: Faults, mutation: Option<Mutation>, trace: Trace) -> Arc<Self> {
        let scheduler = Scheduler::new(seed, trace);
        let moved_ms = Arc::new(AtomicI64::new(0));
        let (session_timeout, transaction_timeout) = (Duration::from_millis(300), Duration::from_secs(8));
        let (by_clock, by_time, moved) = (scheduler.clone(), scheduler.clone(), moved_ms.clone());
        let log = EmbeddedLog::new(EmbeddedSettings {
            elapsed: Arc::new(move || Duration::from_micros(by_time.now_us())),
            session_timeout,
            transaction_timeout,
            ..EmbeddedSettings::new(Arc::new(move || clock_ms(&by_clock, &moved)), seed)
        });
        let (topics, partitions) = (Topics::new("simulation"), 2 + i32::try_from(Dice::new(seed, 3).roll(2)).unwrap());
        let spec = |name: &Topic| TopicSpec { name: name.clone(), partitions, replication: 1, config: Vec::new() };
        log.create_topics(&topics.all().map(spec)).unwrap();
        Arc::new(Self {
            scheduler,
            log,
            topics,
            partitions,
            faults,
            mutation,
            dice: Dice::new(seed, 4),
            session_timeout,
            transaction_timeout,
            moved_ms,
            trouble: AtomicBool::new(true),
            disk_is_full: AtomicBool::new(false),
            out_of_reach: AtomicBool::new(false),
            store_is_out_of_reach: AtomicBool::new(false),
            store_is_dead: AtomicBool::new(false),
            store_moved_ms: AtomicU64::new(0),
            depot: Mutex::default(),
            numbers: AtomicU64::new(0),
            ledger: Mutex::default(),
        })
    }

    pub(crate) fn clock_ms(&self) -> i64 {
        clock_ms(&self.scheduler, &self.moved_ms)
    }

    pub(crate) fn move_clock(&self, by_ms: i64) {
        self.moved_ms.fetch_add(by_ms, Ordering::SeqCst);
    }

    /// Never held across a call of the scheduler.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    pub(crate) fn fresh_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::SeqCst)
    }

    pub(crate) fn say(&self, seat: &Seat, what: std::fmt::Arguments<'_>) {
        self.scheduler.trace.say(self.scheduler.now_us(), seat, what);
    }

    /// From here on nothing goes wrong any more.
    pub(crate) fn end_trouble(&self) {
        self.trouble.store(false, Ordering::SeqCst);
        self.fill_disk(false);
        self.put_out_of_reach(false);
        self.put_store_out_of_reach(false);
        self.let_store_die(false);
        self.ledger().events.clear();
    }

    pub(crate) fn fill_disk(&self, full: bool) {
        self.disk_is_full.store(full, Ordering::SeqCst);
    }

    /// No broker answers, or they do again.
    pub(crate) fn put_out_of_reach(&self, out: bool) {
        self.out_of_reach.store(out, Ordering::SeqCst);
    }

    /// Never held across a call of the scheduler, nor with the ledger.
    pub(crate) fn depot(&self) -> MutexGuard<'_, Depot> {
        self.depot.lock().unwrap()
    }

    pub(crate) fn put_store_out_of_reach(&self, out: bool) {
        self.store_is_out_of_reach.store(out, Ordering::SeqCst);
    }

    pub(crate) fn store_is_out_of_reach(&self) -> bool {
        self.store_is_out_of_reach.load(Ordering::SeqCst)
    }

    /// The object store takes requests and never answers, or it does again.
    pub(crate) fn let_store_die(&self, dead: bool) {
        self.store_is_dead.store(dead, Ordering::SeqCst);
    }

    pub(crate) fn store_is_dead(&self) -> bool {
        self.store_is_dead.load(Ordering::SeqCst)
    }

    pub(crate) fn move_store_clock(&self, by: Duration) {
        self.store_moved_ms.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// The object store's clock.
    pub(crate) fn store_time(&self) -> SystemTime {
        let moved = Duration::from_millis(self.store_moved_ms.load(Ordering::SeqCst));
        let epoch = Duration::from_millis(u64::try_from(EPOCH_MS).unwrap());
        SystemTime::UNIX_EPOCH + epoch + moved + Duration::from_micros(self.scheduler.now_us())
    }

    pub(crate) fn is_known(&self, trouble: &'static str) -> bool {
        self.ledger().troubles.contains_key(trouble)
    }

    pub(crate) fn disk_is_full(&self) -> bool {
        self.disk_is_full.load(Ordering::SeqCst)
    }

    /// Whether a trouble that comes about once in so many times does now.
    pub(crate) fn happens(&self, one_in: u64, trouble: &'static str) -> bool {
        let happens = self.trouble.load(Ordering::SeqCst) && self.dice.one_in(one_in);
        if happens {
            self.count(trouble);
        }
        happens
    }

    pub(crate) fn count(&self, trouble: &'static str) {
        *self.ledger().troubles.entry(trouble).or_default() += 1;
    }

    /// What befalls a call.
    pub(crate) fn fault(&self) -> Option<(When, Kind)> {
        if self.out_of_reach.load(Ordering::SeqCst) {
            return Some((When::Before, Kind::Retry));
        }
        if !self.happens(self.faults.error, "error") {
            return None;
        }
        let when = if self.dice.roll(2) == 0 { When::Before } else { When::After };
        Some((when, *self.dice.choose(&Kind::ALL)))
    }

    pub(crate) fn after(&self, time: Duration, event: Event) {
        let at = self.scheduler.now_us() + u64::try_from(time.as_micros()).unwrap();
        let number = self.fresh_number();
        self.ledger().events.insert((at, number), event);
    }

    /// Lets come about what is due.
    pub(crate) fn turn_events(&self) {
        loop {
            let now = self.scheduler.now_us();
            let mut ledger = self.ledger();
            let Some(first) = ledger.events.first_entry().filter(|first| first.key().0 <= now) else { return };
            let event = first.remove();
            drop(ledger);
            match event {
                Event::Expire { member } => self.expire(&member),
                Event::LateRequest { request } => {
                    self.say(&Seat::driver(), format_args!("a late request arrives"));
                    request.take_place(self);
                }
                Event::LateCommit { client } => {
                    let answer = client.commit(self);
                    self.say(&Seat::driver(), format_args!("a late commit arrives: {:?}", answer.is_ok()));
                }
            }
        }
    }

    /// The group expels a member.
    pub(crate) fn expire(&self, member: &str) {
        self.count("expired");
        self.say(&Seat::driver(), format_args!("{member} is expelled"));
        self.log.expire_member(GROUP, member);
        self.ledger().expelled.insert(member.to_owned());
    }

    /// Sets the group's offset, as an operator's tool does. Nobody else must be running.
    pub(crate) fn set_offset(&self, of: &TopicPartition, to: i64) {
        self.count("offset set back");
        self.say(&Seat::driver(), format_args!("sets the offset of {of} to {to}"));
        let member = self.log.group_consumer(GROUP, "tool", std::slice::from_ref(&self.topics.input)).unwrap();
        let mut producer = self.log.transactional("tool").unwrap();
        producer.init(Duration::ZERO).unwrap();
        producer.begin().unwrap();
        producer.send_offsets(&[(of.clone(), to)], &member.metadata().unwrap()).unwrap();
        producer.commit().unwrap();
        member.close().unwrap();
        self.ledger().commits(of, to);
    }
}

fn clock_ms(scheduler: &Scheduler, moved_ms: &AtomicI64) -> i64 {
    EPOCH_MS + i64::try_from(scheduler.now_us() / 1_000).unwrap() + moved_ms.load(Ordering::SeqCst)
}
