//! The load of a run: events of firms that do not exist, each batch sent until it is taken; and probes, whose answers tell when the
//! register is back.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use domain::subject::{SubjectKey, partition_of};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::event::{Record, Subject};
use crate::installation::PARTITIONS;
use crate::process::LOOK;
use crate::register::Register;
use crate::story::BID;

const COURT: &str = "district.court";
/// Firms that are listed by the court in each turn.
const FIRMS: u64 = 10;
const TURN: Duration = Duration::from_millis(100);
/// Longer than any fault is meant to last.
pub(super) const PATIENCE: Duration = Duration::from_secs(240);

/// Numbers of firms for load and probes, each used once.
#[derive(Clone)]
pub(super) struct Numbers(Arc<AtomicU64>);

impl Numbers {
    pub(super) fn from(first: u64) -> Self {
        Self(Arc::new(AtomicU64::new(first)))
    }

    pub(super) fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

/// A firm's record as the court publishes it.
pub(super) fn defaulter(number: u64, today: Date) -> Record {
    Record::defaulter(&number.to_string(), &Subject::firm(number), today.saturating_sub(2.days()))
}

pub(super) fn listed(record: &Record) -> Value {
    record.upserted(1, json!({ "ground": 2 }))
}

pub(super) fn served(record: &Record, today: Date) -> Value {
    record.served(today.saturating_sub(1.days()))
}

/// Sends a batch until every event of it is taken, and gives its token.
pub(super) async fn deliver(register: &Register, events: &[Value]) -> anyhow::Result<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match register.accepted_all(COURT, events).await {
            Ok(token) => return Ok(token),
            // A repeat changes nothing: what was taken of it may be sent again.
            Err(error) if Instant::now() >= deadline => return Err(error).context("a batch was never taken"),
            Err(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

/// Sends without end, until it is stopped.
pub(super) struct Load {
    taken: Arc<AtomicU64>,
    stopping: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Load {
    pub(super) fn start(register: Register, numbers: Numbers, today: Date) -> Self {
        let (taken, stopping) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (counter, stop) = (Arc::clone(&taken), Arc::clone(&stopping));
        let task = tokio::spawn(async move {
            let (mut before, mut last): (Vec<Record>, Vec<Record>) = (Vec::new(), Vec::new());
            let mut turns = tokio::time::interval(TURN);
            while !stop.load(Ordering::SeqCst) {
                turns.tick().await;
                let new: Vec<Record> = (0..FIRMS).map(|_| defaulter(numbers.next(), today)).collect();
                let mut events: Vec<Value> = new.iter().map(listed).collect();
                events.extend(last.iter().map(|record| served(record, today)));
                // Every third is struck off again.
                events.extend(before.iter().step_by(3).map(|record| record.withdrawn(2, today)));
                deliver(&register, &events).await?;
                counter.fetch_add(events.len() as u64, Ordering::SeqCst);
                before = std::mem::replace(&mut last, new);
            }
            Ok(())
        });
        Self { taken, stopping, task }
    }

    /// Events taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::SeqCst)
    }

    pub(super) async fn stop(self) -> anyhow::Result<u64> {
        self.stopping.store(true, Ordering::SeqCst);
        self.task.await??;
        Ok(self.taken.load(Ordering::SeqCst))
    }
}

/// Firms of which one falls into each partition.
fn one_of_each_partition(numbers: &Numbers) -> anyhow::Result<Vec<u64>> {
    let partitions = NonZeroU16::new(u16::try_from(PARTITIONS)?).context("there are partitions")?;
    let mut found = BTreeMap::new();
    while found.len() < usize::from(partitions.get()) {
        let number = numbers.next();
        let key = SubjectKey::parse(&Subject::firm(number).key()).context("a firm has a key")?;
        found.entry(partition_of(&key, partitions)).or_insert(number);
    }
    Ok(found.into_values().collect())
}

/// Lists a firm of each partition and waits until the gate restricts all of them. An answer that carries the events' token and
/// says anything else than `restricted` or `unknown` is wrong.
pub(super) async fn probe(register: &Register, numbers: &Numbers, today: Date) -> anyhow::Result<()> {
    let firms = one_of_each_partition(numbers)?;
    let records: Vec<Record> = firms.iter().map(|number| defaulter(*number, today)).collect();
    let events: Vec<Value> =
        records.iter().map(listed).chain(records.iter().map(|record| served(record, today))).collect();
    let token = deliver(register, &events).await?;
    let deadline = Instant::now() + PATIENCE;
    let mut last = Value::Null;
    for record in &records {
        let question = register.question(BID, &record.subject, Some(&token))?;
        loop {
            if let Ok(answer) = register.ask(BID, false, &question).await
                && answer.status == 200
            {
                match answer.body["decision"].as_str() {
                    Some("restricted") => break,
                    Some("unknown") => ensure!(answer.body["reason"].is_string(), "unknown without a reason"),
                    _ => bail!("a wrong answer to a question with a token: {:#}", answer.body),
                }
                last = answer.body;
            }
            ensure!(Instant::now() < deadline, "not back within {PATIENCE:?}: {last:#}");
            tokio::time::sleep(LOOK).await;
        }
    }
    Ok(())
}
