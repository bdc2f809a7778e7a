//! The whole path: what one machine does, measured in one run. The table goes to standard output, the figures to
//! `target/bench/http.json` of the checkout.
//!
//! For the playground on the log in memory, and, where STANDING_TEST_KAFKA names a broker, on Kafka:
//!
//! - **events a second** through the whole path: from the first line sent to intake until the gate answers by the last event. Every
//!   listed firm is restricted in several domains, so each event changes state and most publish flags; every decision is compared
//!   with what must follow, so a number is printed only for work done right.
//! - **check latency** at a fixed rate, counted from when a check was due, so that a slow answer delays none of the others'
//!   clocks (no coordinated omission). Half the answers restrict and wait for their record in the decision log.
//! - **time to visible**: from when an event was due until a watcher of the gate is told of the flag, at fixed rates: one event in each
//!   request at 40 and at 1,000 a second, and a hundred at 3,000, each of which waits for the last of its hundred.
//! - **CPU** of the process for each event of that path: less moved by what else the machine does than a rate.
//! - **memory** of the process, idle and at its highest.
//!
//! The load comes from the same machine and takes its share of the cores.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use e2e::event::{Record, Subject, today};
use e2e::playground::Playground;
use e2e::register::Register;
use e2e::report::Report;
use e2e::stock::Stock;
use e2e::story::{BID, INSPECTION};
use e2e::usage::{self, resident_bytes, resident_bytes_most};
use e2e::warm::{LOOK, Settling};
use e2e::{environment, kafka};
use futures::StreamExt;
use hdrhistogram::Histogram;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// Firms of the stock; BENCH_FIRMS sets another number. Each has 2 1/3 events.
const FIRMS: usize = 30_000;
/// Firms of a stock that is sent before anything counts, and the number of the first of them.
const WARM_FIRMS: usize = 600;
const WARM_FIRST: u64 = 2_000_000;
/// Blocks of the stock in a request, 700 events each, and requests at once.
const BATCH: usize = 3;
const SENDERS: usize = 2;
/// Checks a second, and for how long.
const CHECKS_PER_SECOND: u32 = 500;
const CHECKS_FOR: Duration = Duration::from_secs(10);
/// Events sent one by one, at 40 and at 1,000 a second, and in requests of a hundred, at 3,000: about half of what two cores have been
/// seen to take with everything on them.
const FEW: Watched = Watched { warm: 0, count: 300, every: Duration::from_millis(25), at_once: 1, first: 50_000 };
const MANY: Watched =
    Watched { warm: 2_000, count: 12_000, every: Duration::from_millis(1), at_once: 1, first: 60_000 };
const MOST: Watched =
    Watched { warm: 15_000, count: 60_000, every: Duration::from_nanos(333_333), at_once: 100, first: 1_000_000 };
/// Events of a request that prepares them: within what one may hold.
const PENDING: usize = 2_000;
/// After intake had too much to do.
const TRY_AGAIN: Duration = Duration::from_millis(20);
/// Nothing waits longer. A flag that nobody is told of within it, after the last event was taken, counts as this late.
const PATIENCE: Duration = Duration::from_secs(120);

/// How many events, the first of them that do not count, the time between two, how many go in one request, and the number of the first
/// one's firm.
#[derive(Clone, Copy)]
struct Watched {
    count: u64,
    warm: usize,
    every: Duration,
    at_once: usize,
    first: u64,
}

/// What was measured on one log.
struct Measured {
    log: &'static str,
    events: usize,
    accepted_seconds: f64,
    visible_seconds: f64,
    cpu_seconds: f64,
    checks: Histogram<u64>,
    visible: Visible,
    visible_under_load: Visible,
    visible_in_batches: Visible,
    idle_bytes: u64,
    highest_bytes: u64,
}

/// Microseconds from when an event was due to the watcher's being told of its flag, and of how many nobody was told.
struct Visible {
    latencies: Histogram<u64>,
    missed: usize,
}

impl Visible {
    fn row(&self, key: &'static str, what: &str) -> (&'static str, String, &Histogram<u64>, usize) {
        (key, what.to_owned(), &self.latencies, self.missed)
    }
}

pub(crate) async fn measure() -> anyhow::Result<()> {
    let mut report = Report::of("http");
    on("embedded", &[], &mut report).await?.tell(&mut report);
    match kafka::address() {
        Ok(address) => on("kafka", &["--kafka", &address], &mut report).await?.tell(&mut report),
        Err(error) => eprintln!("bench: not on Kafka: {error}"),
    }
    #[expect(clippy::print_stdout, reason = "the output of the program")]
    {
        print!("{}", report.table());
    }
    report.save()
}

async fn on(log: &'static str, arguments: &[&str], report: &mut Report) -> anyhow::Result<Measured> {
    eprintln!("bench: {log}");
    let playground = Playground::start(arguments)?;
    let (register, process, today) = (&playground.register, playground.process.id(), today()?);
    let idle_bytes = resident_bytes(process)?;
    if let [_, ..] = arguments {
        let settling = warm(register, today).await.context("warming up")?;
        settling.tell(report, log, "as fast as events are taken");
    }
    let firms = environment::number("BENCH_FIRMS", FIRMS)?;
    let stock = Stock::new(100_000, firms, today);
    let cpu_before = usage::cpu(process)?;
    let (accepted_seconds, visible_seconds) = throughput(register, &stock).await.context("throughput")?;
    let cpu_seconds = (usage::cpu(process)? - cpu_before).as_secs_f64();
    let checks = check_latency(register, &stock.firms).await.context("check latency")?;
    let visible = time_to_visible(register, &playground.base, today, FEW).await.context("time to visible")?;
    let visible_under_load =
        time_to_visible(register, &playground.base, today, MANY).await.context("time to visible under load")?;
    let visible_in_batches =
        time_to_visible(register, &playground.base, today, MOST).await.context("time to visible in batches")?;
    let highest_bytes = resident_bytes_most(process)?;
    let events = stock.events.len();
    Ok(Measured {
        log,
        events,
        accepted_seconds,
        visible_seconds,
        cpu_seconds,
        checks,
        visible,
        visible_under_load,
        visible_in_batches,
        idle_bytes,
        highest_bytes,
    })
}

/// The same kind of load as below, until the broker no longer compiles itself.
async fn warm(register: &Register, today: Date) -> anyhow::Result<Settling> {
    let mut settling = Settling::of_broker()?;
    let mut first = WARM_FIRST;
    loop {
        let begun = Instant::now();
        while begun.elapsed() < LOOK {
            let stock = Stock::new(first, WARM_FIRMS, today);
            first += WARM_FIRMS as u64;
            let token = register.submit_batches("district.court", stock.batches(BATCH), SENDERS).await?;
            await_token(register, &stock.firms, &token).await?;
        }
        if settling.is_over()? {
            return Ok(settling);
        }
    }
}

/// Seconds until everything was acknowledged, and until the gate answered by all of it.
async fn throughput(register: &Register, stock: &Stock) -> anyhow::Result<(f64, f64)> {
    let batches: Vec<Vec<u8>> = stock.batches(BATCH).collect();
    let started = Instant::now();
    let token = register.submit_batches("district.court", batches, SENDERS).await?;
    let accepted = started.elapsed();
    await_token(register, &stock.firms, &token).await?;
    let visible = started.elapsed();
    let decisions = register.decisions(BID, &stock.firms, Some(&token)).await?;
    ensure!(decisions == stock.decisions(), "the decisions are not those that must follow");
    Ok((accepted.as_secs_f64(), visible.as_secs_f64()))
}

/// Waits until every partition answers by the token: enough firms are asked about that each has some.
async fn await_token(register: &Register, firms: &[Subject], token: &str) -> anyhow::Result<()> {
    let some: Vec<Subject> = firms.iter().rev().take(200).cloned().collect();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let decisions = register.decisions(BID, &some, Some(token)).await?;
        if decisions.iter().all(|decision| decision != "unknown") {
            return Ok(());
        }
        if Instant::now() >= deadline {
            bail!("the gate does not follow within {PATIENCE:?}");
        }
    }
}

/// Microseconds from when a check was due to its answer.
async fn check_latency(register: &Register, firms: &[Subject]) -> anyhow::Result<Histogram<u64>> {
    let count = CHECKS_PER_SECOND * u32::try_from(CHECKS_FOR.as_secs())?;
    let pause = Duration::from_secs(1) / CHECKS_PER_SECOND;
    let (told, mut answers) = mpsc::unbounded_channel();
    let questions: Result<Vec<String>, _> =
        firms.iter().take(5_000).map(|firm| register.question(BID, firm, None).map(|q| q.to_string())).collect();
    let (questions, url) = (questions?, Arc::<str>::from(format!("{}/v1/check", register.addresses.gate)));
    let begin = tokio::time::Instant::now() + Duration::from_millis(100);
    for number in 0..count {
        let due = begin + pause * number;
        tokio::time::sleep_until(due).await;
        let (register, url, told) = (register.clone(), Arc::clone(&url), told.clone());
        let question = questions[usize::try_from(number)? * 7 % questions.len()].clone();
        tokio::spawn(async move {
            let answer = register.post(&url, None, "application/json", question).await;
            let right = answer.is_ok_and(|answer| answer.status == 200 && answer.body["decision"] != "unknown");
            // Nobody listens only when the measurement has failed already.
            let _ = told.send((due.elapsed(), right));
        });
    }
    drop(told);
    let mut latencies = histogram()?;
    while let Some((latency, right)) = answers.recv().await {
        ensure!(right, "a check was not answered");
        latencies.record(u64::try_from(latency.as_micros())?)?;
    }
    Ok(latencies)
}

async fn time_to_visible(
    register: &Register,
    base: &str,
    today: Date,
    Watched { count, warm, every, at_once, first }: Watched,
) -> anyhow::Result<Visible> {
    let (issued_on, served_on) = (today.saturating_sub(2.days()), today.saturating_sub(1.days()));
    let record = |number: u64| {
        let number = first + number;
        Record::fire_penalty(&number.to_string(), &Subject::firm(number), issued_on)
    };
    let records: Vec<Record> = (0..count).map(record).collect();
    let pending = records.chunks(PENDING).map(|records| {
        let events = records.iter().map(|record| record.upserted(1, json!({ "severity": "serious" })));
        events.flat_map(|event| format!("{event}\n").into_bytes()).collect()
    });
    let token = register.submit_batches("district.fire", pending, SENDERS).await?;
    let subjects: Vec<Subject> = records.iter().map(|record| record.subject.clone()).collect();
    await_token(register, &subjects, &token).await?;

    let (told, mut seen) = mpsc::unbounded_channel();
    let watching = tokio::spawn(watch(format!("{base}/v1/watch?matter={INSPECTION}"), told));
    // The first thing a watcher is told is a mark: from then on it misses nothing.
    let soon = tokio::time::Instant::now() + PATIENCE;
    ensure!(next(&mut seen, soon).await?.is_none(), "a stream begins with a mark");
    let mut sent: BTreeMap<String, Instant> = BTreeMap::new();
    let begin = tokio::time::Instant::now();
    let mut sending = Vec::new();
    let mut number = 0;
    for records in records.chunks(at_once) {
        let mut due = begin;
        for record in records {
            due = begin + every * number;
            number += 1;
            sent.insert(record.subject.key(), due.into_std());
        }
        let events: Vec<Value> = records.iter().map(|record| record.served(served_on)).collect();
        tokio::time::sleep_until(due).await;
        sending.push(tokio::spawn(send(register.clone(), events)));
    }
    for sender in sending {
        sender.await??;
    }
    let counts_from = begin.into_std() + every * u32::try_from(warm)?;
    // Marks come all the time: it is the flags that are waited for.
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let (mut latencies, mut missed) = (histogram()?, 0);
    while !sent.is_empty() {
        match next(&mut seen, deadline).await {
            Ok(Some((subject, at))) => {
                if let Some(due) = sent.remove(&subject).filter(|due| *due >= counts_from) {
                    latencies.saturating_record(u64::try_from(at.duration_since(due).as_micros())?);
                }
            }
            Ok(None) => {}
            Err(error) => {
                missed = sent.values().filter(|due| **due >= counts_from).count();
                eprintln!("bench: {error}; {missed} flags were not seen, and count as {PATIENCE:?} late");
                latencies.saturating_record_n(u64::try_from(PATIENCE.as_micros())?, u64::try_from(missed)?);
                break;
            }
        }
    }
    watching.abort();
    Ok(Visible { latencies, missed })
}

/// Sends events until they are taken: those that intake refuses for now are still due when they were.
async fn send(register: Register, events: Vec<Value>) -> anyhow::Result<()> {
    let url = format!("{}/v1/events", register.addresses.intake);
    let (kind, body) = match events.as_slice() {
        [event] => ("application/json", event.to_string()),
        events => ("application/x-ndjson", events.iter().map(|event| format!("{event}\n")).collect()),
    };
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = register.post(&url, None, kind, body.clone()).await;
        let again = Instant::now() < deadline;
        match answer {
            Ok(answer) if answer.status == 202 => {
                // One event by itself is answered by its receipt, several by how many were taken.
                let taken = answer.body["accepted"].as_u64().unwrap_or(1);
                ensure!(taken == u64::try_from(events.len())?, "refused: {}", answer.body["problems"][0]);
                return Ok(());
            }
            Ok(answer) if again && [429, 503].contains(&answer.status) => {}
            Ok(answer) => bail!("events were answered by {} {}", answer.status, answer.code()),
            // Refused before it was read, which ends the connection; or its fate is unknown, and sent again it changes nothing.
            Err(_) if again => {}
            Err(error) => return Err(error),
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

/// What a watcher is told: a flag of a subject and when, or anything else.
type Told = Option<(String, Instant)>;

async fn next(seen: &mut mpsc::UnboundedReceiver<Told>, until: tokio::time::Instant) -> anyhow::Result<Told> {
    let told = tokio::time::timeout_at(until, seen.recv()).await.context("the watcher is not told of all flags")?;
    told.context("the stream ended")
}

/// Server-sent events, as far as they are needed: an empty line ends one.
async fn watch(url: String, told: mpsc::UnboundedSender<Told>) -> anyhow::Result<()> {
    let response = reqwest::Client::builder().no_proxy().build()?.get(url).send().await?.error_for_status()?;
    let (mut stream, mut held) = (response.bytes_stream(), Vec::new());
    while let Some(piece) = stream.next().await {
        let at = Instant::now();
        held.extend_from_slice(&piece?);
        while let Some(end) = held.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = held.drain(..end + 2).collect();
            let event = String::from_utf8(event)?;
            let member = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            let subject = || -> anyhow::Result<String> {
                let data: Value = serde_json::from_str(member("data:").context("an event without data")?)?;
                Ok(data["subject"].as_str().context("a flag without subject")?.to_owned())
            };
            told.send(match member("event:") {
                Some("flag") => Some((subject()?, at)),
                Some(_) | None => None,
            })?;
        }
    }
    Ok(())
}

/// Up to two minutes in microseconds, to three digits.
fn histogram() -> anyhow::Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 120_000_000, 3)?)
}

impl Measured {
    fn tell(&self, report: &mut Report) {
        let log = self.log;
        let mut tell = |key: &str, what: &str, value: f64, unit| {
            report.tell(&format!("{log}_{key}"), &format!("{log}: {what}"), value, unit);
        };
        let events = self.events as f64;
        tell("events", "events", events, "");
        tell(
            "events_per_s",
            "from the first sent until the gate answers by the last",
            events / self.visible_seconds,
            "events/s",
        );
        tell("accepted_per_s", "until the last is acknowledged", events / self.accepted_seconds, "events/s");
        tell("event_cpu_us", "CPU of the process for an event", self.cpu_seconds * 1e6 / events, "us");
        let measured = [
            ("check", format!("check at {CHECKS_PER_SECOND}/s"), &self.checks, 0),
            self.visible.row("visible_40", "event due to flag seen at 40/s"),
            self.visible_under_load.row("visible_1000", "event due to flag seen at 1000/s"),
            self.visible_in_batches.row("visible_3000", "event due, sent in hundreds, to flag seen at 3000/s"),
        ];
        for (key, what, seen, missed) in measured {
            if missed > 0 {
                let late = format!("{what}: not seen within two minutes, counted as that");
                tell(&format!("{key}_late"), &late, missed as f64, "");
            }
            // Of a few hundred the last of a thousand is nobody's.
            let quantiles = [("p50", 0.5), ("p99", 0.99), ("p999", 0.999)];
            for (name, quantile) in
                quantiles.into_iter().filter(|(_, quantile)| *quantile < 0.999 || seen.len() >= 5_000)
            {
                let ms = seen.value_at_quantile(quantile) as f64 / 1e3;
                tell(&format!("{key}_{name}_ms"), &format!("{what}, {name}"), ms, "ms");
            }
        }
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        tell("idle_mib", "memory of the process idle", mib(self.idle_bytes), "MiB");
        tell("rss_mib", "memory of the process at most", mib(self.highest_bytes), "MiB");
    }
}
