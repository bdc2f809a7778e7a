//! From an event on Kafka to its flag: how many a second when a backlog is there, and how long one takes at fixed rates.
//!
//! Latency is counted from when an event was due to be sent, whatever was held up before it (open loop), until a reader of committed
//! flags has its flag.

use std::time::{Duration, Instant};

use anyhow::ensure;
use hdrhistogram::Histogram;

use crate::event::today;
use crate::installation::{Installation, PARTITIONS, Service, Tuned};
use crate::recover::bulk::Bulk;
use crate::recover::live::{self, Live, Topics};
use crate::report::Report;
use crate::usage::{cpu, resident_bytes_most};
use crate::warm::Settling;
use crate::{kafka, metrics};

/// Before anything counts, and before anybody looks whether the broker has settled: for which nobody waits at a rate beyond what is
/// folded, where events only pile up.
const WARM: Duration = Duration::from_secs(20);
/// Organisations of each rate.
const STEP: u64 = 5_000_000;
const PATIENCE: Duration = Duration::from_secs(3_600);

/// How large, how fast, how long.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The backlog.
    pub subjects: u64,
    pub records: u64,
    /// Events a second.
    pub rates: Vec<u32>,
    pub seconds: u32,
}

/// Runs everything on the broker at `kafka`.
pub async fn run(kafka: &str, plan: &Plan) -> anyhow::Result<Report> {
    let tuned = Tuned { memory: Some("768MiB".to_owned()), patience: Some(PATIENCE), ..Tuned::default() };
    let mut installation = Installation::start_tuned(kafka, tuned).await?;
    for service in Service::ALL {
        installation.kill(service)?;
    }
    let (today, partitions) = (today()?, u16::try_from(PARTITIONS)?);
    let mut report = Report::of("path");
    let bulk = Bulk { subjects: plan.subjects, records: plan.records, today };
    let (broker, topic) = (installation.kafka.clone(), installation.topic("events"));
    let written = tokio::task::spawn_blocking(move || bulk.write(&broker, &topic, partitions, 2)).await??;
    report.tell("events", "events of the backlog", written as f64, "");

    let http = reqwest::Client::builder().no_proxy().build()?;
    let began = Instant::now();
    installation.restart(Service::Profile)?;
    installation.await_ready(Service::Profile).await?;
    let sample =
        metrics::caught_up(&http, installation.admin(Service::Profile), metrics::PROFILE_LAG, PATIENCE).await?;
    let (took, cpu) = (began.elapsed().as_secs_f64(), sample.sum("process_cpu_seconds_total"));
    report.tell("catch_up_per_s", "the backlog folded and published", written as f64 / took, "events/s");
    report.tell("catch_up_cpu_us", "CPU of the profile for an event", cpu / written as f64 * 1e6, "us");

    for (number, rate) in (0..).zip(&plan.rates) {
        let topics = Topics { kafka, prefix: &installation.prefix, partitions };
        let load = Live::start(&topics, *rate, live::FIRST + number * STEP, today)?;
        tokio::time::sleep(WARM).await;
        if load.waiting_before(Instant::now()) < usize::try_from(*rate)? {
            let settling = tokio::task::spawn_blocking(|| Settling::of_broker()?.wait()).await??;
            settling.tell(&mut report, &format!("flag_{rate}"), &format!("at {rate} events/s"));
        }
        let profile = installation.process(Service::Profile)?.id();
        let (from, before) = (Instant::now(), Cores::used(profile)?);
        let behind = load.waiting_before(from);
        tokio::time::sleep(Duration::from_secs(u64::from(plan.seconds))).await;
        let (until, used) = (Instant::now(), Cores::used(profile)?);
        used.tell(&before, until.duration_since(from), *rate, &mut report);
        for (key, what, behind) in [("from", "began", behind), ("until", "ended", load.waiting_before(until))] {
            let what = format!("at {rate} events/s: due and not seen when the measurement {what}");
            report.tell(&format!("flag_{rate}_behind_{key}"), &what, behind as f64, "events");
        }
        let (latencies, late) = load.latencies(from, until).await?;
        let mut seen = Histogram::<u64>::new_with_bounds(1, 120_000_000, 3)?;
        for latency in latencies {
            seen.record(u64::try_from(latency.as_micros())?)?;
        }
        load.stop()?;
        report.tell(
            &format!("flag_{rate}_late"),
            &format!("flags not seen within a minute at {rate} events/s, counted as a minute"),
            late as f64,
            "",
        );
        ensure!(!seen.is_empty(), "no event was due at {rate} events/s");
        for (name, quantile) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999)] {
            let ms = seen.value_at_quantile(quantile) as f64 / 1e3;
            let what = format!("event to visible flag at {rate} events/s, {name}");
            report.tell(&format!("flag_{rate}_{name}_ms"), &what, ms, "ms");
        }
    }
    let rss = resident_bytes_most(installation.process(Service::Profile)?.id())?;
    report.tell("rss_mib", "memory of the profile at most", rss as f64 / f64::from(1 << 20), "MiB");
    Ok(report)
}

/// Processor time so far of everybody who has a part in it.
struct Cores([(&'static str, &'static str, Duration); 3]);

impl Cores {
    fn used(profile: u32) -> anyhow::Result<Self> {
        Ok(Self([
            ("profile", "the profile", cpu(profile)?),
            ("broker", "the broker", cpu(kafka::process()?)?),
            ("load", "the load and the reader of flags", cpu(std::process::id())?),
        ]))
    }

    /// Tells how many cores each had since `before`.
    fn tell(&self, before: &Self, wall: Duration, rate: u32, report: &mut Report) {
        for ((key, who, used), (_, _, before)) in self.0.iter().zip(&before.0) {
            let cores = used.saturating_sub(*before).as_secs_f64() / wall.as_secs_f64();
            let what = format!("at {rate} events/s: {who} had");
            report.tell(&format!("flag_{rate}_{key}_cores"), &what, cores, "cores");
        }
    }
}
