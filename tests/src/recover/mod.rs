//! How long a register with a large state is away, whatever took it away: killed, moved, its disk lost, its state built anew.

pub(crate) mod bulk;
pub(crate) mod live;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use jiff::civil::Date;

use self::bulk::Bulk;
use self::live::{Live, Seen, Topics};
use crate::event::today;
use crate::installation::{Installation, PARTITIONS, Service, Tuned};
use crate::metrics::{self, Sample};
use crate::report::Report;
use crate::usage::resident_bytes_most;

/// Longer than any size of log needs that a machine holds.
const PATIENCE: Duration = Duration::from_secs(4 * 3_600);
const SETTLE: Duration = Duration::from_secs(10);
const FLAGS_LAG: &str = "standing_flags_lag_records";
const CHECKPOINT: &str = "standing_checkpoint_offset";

/// How large, how fast, how often.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub subjects: u64,
    pub records: u64,
    /// Events a second while services are stopped and moved.
    pub rate: u32,
    /// How often the profile is killed.
    pub kills: u32,
    /// Nothing but the rebuild from the log.
    pub rebuild_only: bool,
}

struct Run {
    installation: Installation,
    http: reqwest::Client,
    report: Report,
    plan: Plan,
    today: Date,
    /// The most memory that a profile has had, of all that ran.
    rss_mib: f64,
}

/// Runs everything on the broker at `kafka`.
pub async fn run(kafka: &str, plan: Plan) -> anyhow::Result<Report> {
    let tuned = Tuned {
        checkpoint_interval: Some("60s".to_owned()),
        memory: Some("768MiB".to_owned()),
        patience: Some(PATIENCE),
        ..Tuned::default()
    };
    let mut installation = Installation::start_tuned(kafka, tuned).await?;
    for service in Service::ALL {
        installation.kill(service)?;
    }
    let http = reqwest::Client::builder().no_proxy().build()?;
    let mut run = Run { installation, http, report: Report::of("recover"), plan, today: today()?, rss_mib: 0.0 };
    let written = run.write().await?;
    if plan.rebuild_only {
        run.topics().commit_ends("events", "profile")?;
        run.rebuild().await?;
        return Ok(run.report);
    }
    run.fold(written).await?;
    let live = Live::start(&run.topics(), plan.rate, live::FIRST, run.today)?;
    run.settle(&live).await?;
    run.kills(&live).await?;
    run.restore(&live).await?;
    run.moved(&live).await?;
    live.stop()?;
    run.kill_profile()?;
    run.rebuild().await?;
    run.route().await?;
    run.report.tell("rss_mib", "memory of the profile at most, of all that ran", run.rss_mib, "MiB");
    Ok(run.report)
}

impl Run {
    fn topics(&self) -> Topics<'_> {
        Topics { kafka: &self.installation.kafka, prefix: &self.installation.prefix, partitions: partitions() }
    }

    /// Kill -9, once the most memory that it had is noted.
    fn kill_profile(&mut self) -> anyhow::Result<()> {
        self.note_memory()?;
        self.installation.kill(Service::Profile)
    }

    /// The most memory that the profile has had so far, MiB.
    fn note_memory(&mut self) -> anyhow::Result<f64> {
        let profile = self.installation.process(Service::Profile)?.id();
        self.note_memory_of(profile)
    }

    fn note_memory_of(&mut self, profile: u32) -> anyhow::Result<f64> {
        let most = resident_bytes_most(profile)? as f64 / f64::from(1 << 20);
        self.rss_mib = self.rss_mib.max(most);
        Ok(most)
    }

    async fn sample(&self) -> anyhow::Result<Sample> {
        self.sample_of(Service::Profile).await
    }

    async fn sample_of(&self, service: Service) -> anyhow::Result<Sample> {
        Sample::take(&self.http, self.installation.admin(service)).await
    }

    /// Writes the log; gives the number of its events.
    async fn write(&mut self) -> anyhow::Result<u64> {
        let plan = self.plan;
        let bulk = Bulk { subjects: plan.subjects, records: plan.records, today: self.today };
        let (kafka, topic) = (self.installation.kafka.clone(), self.installation.topic("events"));
        let began = Instant::now();
        let written = tokio::task::spawn_blocking(move || bulk.write(&kafka, &topic, partitions(), 2)).await??;
        self.report.tell("subjects", "subjects", plan.subjects as f64, "");
        self.report.tell("records", "records", plan.records as f64, "");
        self.report.tell("events", "events in the log", written as f64, "");
        self.report.seconds("written_s", "writing the log", began.elapsed());
        Ok(written)
    }

    /// Folds the log for the first time, and waits for its checkpoints.
    async fn fold(&mut self, written: u64) -> anyhow::Result<()> {
        let began = Instant::now();
        self.installation.restart(Service::Profile)?;
        self.caught_up(Service::Profile, metrics::PROFILE_LAG).await?;
        let took = began.elapsed();
        let folded = self.sample().await?.sum("standing_records_folded_total");
        ensure!(folded >= written as f64, "only {folded} of {written} events were folded");
        self.report.seconds("fold_s", "first fold of the whole log, flags and profiles published", took);
        self.report.tell("fold_per_s", "the same", folded / took.as_secs_f64(), "events/s");
        let cpu = self.sample().await?.sum("process_cpu_seconds_total");
        self.report.tell("fold_cpu_us", "CPU of the profile for an event", cpu / folded * 1e6, "us");
        let rss = self.note_memory()?;
        self.report.tell("fold_rss_mib", "memory of the profile at most", rss, "MiB");
        let state = size(&self.installation.state_dir(Service::Profile))?;
        self.report.tell("state_mib", "state on disk", state as f64 / f64::from(1 << 20), "MiB");

        let began = Instant::now();
        let ends = self.topics().ends("events")?;
        loop {
            let made = self.sample().await?.by_partition(CHECKPOINT)?;
            let current =
                |partition: i32, end: i64| made.iter().any(|(p, offset)| *p == partition && *offset >= end as f64);
            if ends.iter().all(|(partition, end)| current(*partition, *end)) {
                break;
            }
            ensure!(began.elapsed() < PATIENCE, "no checkpoints: {made:?}");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        let store = size(&self.installation.checkpoint_store())?;
        self.report.tell("store_mib", "checkpoint store", store as f64 / f64::from(1 << 20), "MiB");
        Ok(())
    }

    /// Waits until a service stands at the end of what it reads.
    async fn caught_up(&mut self, service: Service, lag: &str) -> anyhow::Result<()> {
        self.installation.await_ready(service).await?;
        metrics::caught_up(&self.http, self.installation.admin(service), lag, PATIENCE).await.map(drop)
    }

    /// The time to a visible flag while nothing is the matter.
    async fn settle(&mut self, live: &Live) -> anyhow::Result<()> {
        tokio::time::sleep(SETTLE).await;
        let from = Instant::now();
        tokio::time::sleep(SETTLE).await;
        let (latencies, missing) = live.latencies(from, Instant::now()).await?;
        self.report.tell("rate", "load from here on", f64::from(self.plan.rate), "events/s");
        self.report.tell("flag_late", "flags not seen within a minute, counted as a minute", missing as f64, "");
        for (key, what, of_hundred) in
            [("flag_p50_ms", "event to flag, p50", 50), ("flag_p99_ms", "event to flag, p99", 99)]
        {
            let value = latencies.get((latencies.len() * of_hundred / 100).min(latencies.len().saturating_sub(1)));
            self.report.tell(key, what, value.context("no flag was seen")?.as_secs_f64() * 1e3, "ms");
        }
        Ok(())
    }

    /// Kill -9 and restart, again and again.
    async fn kills(&mut self, live: &Live) -> anyhow::Result<()> {
        let mut first = Vec::new();
        let mut last = Vec::new();
        for _ in 0..self.plan.kills {
            let killed = Instant::now();
            self.kill_profile()?;
            self.installation.restart(Service::Profile)?;
            self.back(live, killed).await?;
            let (began, all) = outputs(live, killed)?;
            first.push(began);
            last.push(all);
            tokio::time::sleep(SETTLE).await;
        }
        first.sort_unstable();
        last.sort_unstable();
        for (key, what, times) in [
            ("restart", "kill -9 and restart: to the first new output", &first),
            ("restart_all", "the same, to new output of every partition", &last),
        ] {
            self.report.seconds(&format!("{key}_p50_s"), &format!("{what}, p50"), times[times.len() / 2]);
            self.report.seconds(&format!("{key}_max_s"), &format!("{what}, max"), times[times.len() - 1]);
        }
        Ok(())
    }

    /// An empty disk, and the checkpoints.
    async fn restore(&mut self, live: &Live) -> anyhow::Result<()> {
        let state = self.installation.state_dir(Service::Profile);
        let lost = Instant::now();
        self.kill_profile()?;
        std::fs::remove_dir_all(&state)?;
        self.installation.restart(Service::Profile)?;
        self.back(live, lost).await?;
        let (first, all) = outputs(live, lost)?;
        self.report.seconds("restore_s", "empty disk, restored from checkpoints: to the first new output", first);
        self.report.seconds("restore_all_s", "the same, to new output of every partition", all);
        let sample = self.sample().await?;
        let bytes = sample.sum("standing_checkpoint_restore_bytes_total");
        ensure!(bytes > 0.0, "nothing was restored from a checkpoint");
        self.report.tell("restore_mib", "brought back from the store", bytes / f64::from(1 << 20), "MiB");
        let replayed = sample.sum("standing_records_replayed_total");
        self.report.tell("restore_replayed", "events of the log's tail folded again", replayed, "");
        Ok(())
    }

    /// A second instance with an empty disk takes half of the partitions, and gives them back.
    async fn moved(&mut self, live: &Live) -> anyhow::Result<()> {
        tokio::time::sleep(SETTLE).await;
        let joined = Instant::now();
        let (mut second, _) = self.installation.start_second_profile().await?;
        self.back(live, joined).await?;
        tokio::time::sleep(SETTLE).await;
        let left: Vec<i32> = self
            .sample()
            .await?
            .by_partition(metrics::PROFILE_LAG)?
            .into_iter()
            .map(|(partition, _)| partition)
            .collect();
        ensure!(left.len() < usize::from(partitions()), "no partition was moved");
        let pause = |seen: &[Seen], moved: bool| {
            let of = seen.iter().filter(|seen| left.contains(&seen.partition) != moved);
            of.map(Seen::latency).max().unwrap_or_default()
        };
        let seen = live.seen_since(joined);
        self.report.tell(
            "moved",
            "partitions moved to a second instance with an empty disk",
            f64::from(partitions()) - left.len() as f64,
            "",
        );
        self.report.seconds("move_pause_s", "longest pause of a moved partition", pause(&seen, true));
        self.report.seconds("stay_pause_s", "longest pause of a partition that stayed", pause(&seen, false));

        let leaving = Instant::now();
        self.note_memory_of(second.id())?;
        let status = second.leave(Duration::from_secs(60))?;
        ensure!(status.success(), "the second profile ended with {status}");
        tokio::time::sleep(SETTLE).await;
        self.back(live, leaving).await?;
        let seen = live.seen_since(leaving);
        self.report.seconds(
            "return_pause_s",
            "the second leaves for good: longest pause of a partition that comes back",
            pause(&seen, true),
        );
        self.report.seconds("return_stay_pause_s", "meanwhile, of one that had stayed", pause(&seen, false));
        Ok(())
    }

    /// An empty disk and no checkpoints: the whole log again, quietly.
    async fn rebuild(&mut self) -> anyhow::Result<()> {
        std::fs::remove_dir_all(self.installation.state_dir(Service::Profile))?;
        let store = self.installation.checkpoint_store();
        if store.exists() {
            std::fs::remove_dir_all(store)?;
        }
        let began = Instant::now();
        self.installation.restart(Service::Profile)?;
        self.caught_up(Service::Profile, metrics::PROFILE_LAG).await?;
        let took = began.elapsed();
        let replayed = self.sample().await?.sum("standing_records_replayed_total");
        self.report.seconds("rebuild_s", "state rebuilt from the log alone", took);
        self.report.tell("rebuild_per_s", "the same", replayed / took.as_secs_f64(), "events/s");
        let rss = self.note_memory()?;
        self.report.tell("rebuild_rss_mib", "memory of the profile at most", rss, "MiB");
        Ok(())
    }

    /// Flags into the domains' topics: for the first time, and once more on an empty disk, quietly.
    async fn route(&mut self) -> anyhow::Result<()> {
        self.kill_profile()?;
        let ends = self.topics().ends("flags")?;
        let flags = ends.values().sum::<i64>() as f64;
        let began = Instant::now();
        self.installation.restart(Service::Flags)?;
        loop {
            let routed = self.topics().committed("flags")?;
            // The last offset of a partition is a marker's.
            if ends.iter().zip(&routed).all(|((_, end), routed)| *routed >= *end - 1) {
                break;
            }
            ensure!(began.elapsed() < PATIENCE, "the flags were not routed: {routed:?} of {ends:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.report.seconds(
            "route_s",
            "first routing of all flags, transactions of both sides included",
            began.elapsed(),
        );
        self.report.tell("route_per_s", "the same", flags / began.elapsed().as_secs_f64(), "flags/s");
        self.installation.kill(Service::Flags)?;
        std::fs::remove_dir_all(self.installation.state_dir(Service::Flags))?;
        let began = Instant::now();
        self.installation.restart(Service::Flags)?;
        self.caught_up(Service::Flags, FLAGS_LAG).await?;
        self.report.seconds("route_again_s", "the state of the routing rebuilt on an empty disk", began.elapsed());
        self.report.tell("route_again_per_s", "the same", flags / began.elapsed().as_secs_f64(), "flags/s");
        Ok(())
    }

    /// Waits until every partition has given a flag of an event sent from an instant on, and flags follow events again.
    async fn back(&self, live: &Live, from: Instant) -> anyhow::Result<()> {
        let few = usize::try_from(self.plan.rate)? / 4;
        let deadline = Instant::now() + PATIENCE;
        while live.partitions_since(from) < usize::from(partitions()) || live.waiting() > few.max(2) {
            live.check()?;
            ensure!(Instant::now() < deadline, "{} flags were not seen within {PATIENCE:?}", live.waiting());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

/// From an instant on: to the first flag of an event sent after it, and to the first of the last partition.
fn outputs(live: &Live, from: Instant) -> anyhow::Result<(Duration, Duration)> {
    let seen = live.seen_since(from);
    let first = |partition: i32| seen.iter().filter(|seen| seen.partition == partition).map(|seen| seen.at).min();
    let firsts: Vec<Instant> = (0..PARTITIONS).filter_map(first).collect();
    ensure!(firsts.len() == usize::from(partitions()), "a partition has no new output");
    let (began, all) = (firsts.iter().min(), firsts.iter().max());
    let since = |at: Option<&Instant>| at.map(|at| at.saturating_duration_since(from)).unwrap_or_default();
    Ok((since(began), since(all)))
}

fn partitions() -> u16 {
    u16::try_from(PARTITIONS).expect("a small machine has few")
}

/// Bytes of all files below a folder; a file with several names is counted once for each.
fn size(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
