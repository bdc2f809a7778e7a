//! `standing playground`: every service in one process, open, with a district to try. Not for production: the log is in memory
//! (or, with `--kafka`, under a prefix of its own), and what it holds is gone when it ends.

mod clock;
mod seed;

use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::pseudonym::PseudonymKey;
use domain::time::{Instant, parse_date};
use kit::clock::Clock;
use kit::credentials::Credentials;
use kit::metrics::Metrics;
use kit::readiness::Readiness;
use kit::serve::{Listening, Served};
use kit::shutdown::Shutdown;
use schemas::Codec;
use schemas::topics::{EventsTime, Topics};
use stream::embedded::{EmbeddedLog, EmbeddedSettings};
use stream::follow::Follower;
use stream::log::Log;

use crate::activation::{Register, Unverified, activate};
use crate::settings::Kafka;
use crate::wiring::{self, Parts};

/// As on a small machine.
const PARTITIONS: NonZeroU16 = NonZeroU16::MIN.saturating_add(7);
/// The consumer that may ask about everything.
const CONSUMER: &str = "playground";
const READY_WAIT: Duration = Duration::from_secs(60);
const STOP_WAIT: Duration = Duration::from_secs(5);

#[derive(clap::Args)]
pub struct Args {
    /// Run on this broker, under a prefix of its own, instead of the log in memory
    #[arg(long, value_name = "HOST:PORT")]
    kafka: Option<String>,
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Set the clock (a date, or an instant with its offset); it runs on from there
    #[arg(long, value_name = "T")]
    now: Option<String>,
    /// Seed of the generated district
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Generated subjects; 0 starts empty and generates nothing
    #[arg(long, default_value_t = 2_000)]
    subjects: u64,
    /// Print the address and nothing else
    #[arg(long)]
    quiet: bool,
}

/// An instant as people write it: a day (its beginning in Asia/Shanghai) or RFC 3339.
fn instant(text: &str) -> Option<Instant> {
    if let Some(day) = parse_date(text) {
        return Some(Instant::day_start(day));
    }
    let at = text.parse::<jiff::Timestamp>().ok().map(|at| Instant::from_ms(at.as_millisecond()));
    at.filter(|at| at.is_plausible())
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if !args.listen.ip().is_loopback() {
        eprintln!(
            "standing: the playground is open to everybody and listens on a loopback address only, not on {}",
            args.listen
        );
        return Ok(ExitCode::from(2));
    }
    let now = match &args.now {
        Some(text) => match instant(text) {
            Some(now) => now,
            None => {
                eprintln!("standing: --now takes a date like 2026-05-08 or an instant like 2026-05-08T10:00:00+08:00");
                return Ok(ExitCode::from(2));
            }
        },
        None => Instant::from_ms(Clock::system().now_ms()),
    };
    kit::telemetry::init(&kit::telemetry::Settings { filter: "warn".to_owned(), ..Default::default() })?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(play(args, now));
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended.map(|()| ExitCode::SUCCESS)
}

/// Everything that runs.
struct District {
    parts: Parts,
    catalogues: Follower,
    intake: intake::Intake,
    profile: profile::Profile,
    flags: flags::Flags,
    gate: gate::Gate,
    /// State and spool; removed when dropped.
    folder: tempfile::TempDir,
}

async fn play(args: &Args, now: Instant) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals(STOP_WAIT)?;
    let http = kit::serve::Settings { listen: args.listen, ..Default::default() };
    let listening = Listening::bind(&http)
        .await
        .with_context(|| format!("{} cannot be listened on: choose another with --listen 127.0.0.1:0", args.listen))?;
    let address = listening.address();
    let parts = {
        let (kafka, shutdown) = (args.kafka.clone(), shutdown.clone());
        tokio::task::spawn_blocking(move || begin(kafka, now, &shutdown)).await??
    };
    let (parts, catalogues) = parts;
    let district = Arc::new(District::start(parts, catalogues)?);
    let server = tokio::spawn({
        let (served, shutdown) = (district.served(), shutdown.clone());
        async move { listening.serve(served, &shutdown).await }
    });
    if tokio::time::timeout(READY_WAIT, district.parts.readiness.ready()).await.is_err() {
        bail!("not ready within {READY_WAIT:?}: {:?}", district.parts.readiness.reasons());
    }
    let base = format!("http://{address}");
    let seeded = seed::seed(&base, &district, args).await?;
    {
        let mut out = std::io::stdout().lock();
        writeln!(out, "listening on {base}")?;
        if !args.quiet {
            write!(out, "{}", seeded.guide(&base))?;
        }
        out.flush()?;
    }
    let live = tokio::spawn(seeded.live(base, shutdown.clone()));
    shutdown.triggered().await;
    live.abort();
    server.await?;
    match Arc::try_unwrap(district) {
        Ok(district) => district.stop().await,
        Err(_) => tracing::warn!("something still holds the district; its folder stays until the process ends"),
    }
    Ok(())
}

/// The log, its topics, the reference catalogue activated.
fn begin(kafka: Option<String>, now: Instant, shutdown: &Shutdown) -> anyhow::Result<(Parts, Follower)> {
    let clock = Clock::settable(now.ms());
    let (log, prefix, time): (Arc<dyn Log>, String, EventsTime) = match kafka {
        Some(bootstrap_servers) => {
            let settings = Kafka { bootstrap_servers, client_id: "standing-playground".to_owned(), ..Kafka::default() };
            let prefix = format!("playground-{:08x}", rand::random::<u32>());
            (wiring::kafka(&settings)?, prefix, EventsTime::Create)
        }
        None => {
            let ticking = clock.clone();
            let log: Arc<dyn Log> =
                EmbeddedLog::new(EmbeddedSettings::new(Arc::new(move || ticking.now_ms()), rand::random()));
            (log, schemas::topics::PREFIX.to_owned(), EventsTime::Append)
        }
    };
    let topics = Arc::new(Topics::new(&prefix, PARTITIONS, NonZeroU16::MIN)?);
    let loaded = catalogue::load(&catalogue::reference()).map_err(|findings| {
        anyhow::anyhow!("the reference catalogue has errors:\n{}", catalogue::render_plain(&findings))
    })?;
    let domains = loaded.catalogue.domains.keys().cloned();
    let departments = loaded.catalogue.departments.keys().cloned();
    wiring::create_topics(log.as_ref(), &topics.desired(time, domains, departments))?;
    let codec = Codec::built_in();
    let register =
        Register { log: Arc::clone(&log), topics: Arc::clone(&topics), codec: codec.clone(), now_ms: clock.now_ms() };
    activate(&register, &loaded.catalogue, Unverified::Allow, &mut || Ok(()))?;
    let (shelf, follower) = wiring::follow_catalogues(&log, &topics)?;
    if !follower.wait_until_caught_up(READY_WAIT) {
        bail!("the catalogues could not be read");
    }
    let mut secret = [0_u8; 32];
    rand::fill(&mut secret);
    let parts = Parts {
        log,
        topics,
        codec: Arc::new(codec),
        clock,
        shelf,
        key: Arc::new(PseudonymKey::new("play", &secret)?),
        metrics: Metrics::new("playground", env!("CARGO_PKG_VERSION")),
        readiness: Readiness::new(),
        shutdown: shutdown.clone(),
    };
    Ok((parts, follower))
}

impl District {
    fn start(parts: Parts, catalogues: Follower) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("standing-playground-").tempdir()?;
        let at = |name: &str| folder.path().join(name);
        let megabytes = kit::settings::ByteSize::from_mib(64);
        let profile = profile::Settings { state_dir: at("profile"), memory: megabytes, ..Default::default() };
        let flags = flags::Settings { state_dir: at("flags"), memory: megabytes, ..Default::default() };
        let gate = gate::Settings { spool_dir: at("spool"), ..Default::default() };
        Ok(Self {
            intake: intake::Intake::start(parts.intake(), intake::Settings::default())?,
            profile: profile::Profile::start(parts.profile(), &profile)?,
            flags: flags::Flags::start(parts.flags(), &flags)?,
            gate: gate::Gate::start(parts.gate(), gate)?,
            parts,
            catalogues,
            folder,
        })
    }

    /// Every API on one address.
    fn served(self: &Arc<Self>) -> Served {
        let document = wiring::openapi([intake::openapi(), profile::openapi(), gate::openapi(), clock::openapi()]);
        let clock = Router::new().route("/playground/clock", post(clock::set)).with_state(Arc::downgrade(self));
        let api = self
            .intake
            .router()
            .merge(self.profile.router())
            .merge(self.flags.router())
            .merge(self.gate.router())
            .merge(clock);
        let open = kit::admin::router(self.parts.metrics.clone(), self.parts.readiness.clone())
            .route("/openapi.json", get(move || async move { Json(document) }));
        Served { api, open, credentials: Credentials::open(CONSUMER), metrics: self.parts.metrics.clone() }
    }

    async fn stop(self) {
        let Self { parts, catalogues, intake, profile, flags, gate, folder } = self;
        gate.stop().await;
        intake.stop().await;
        let workers = move || {
            flags.stop(STOP_WAIT);
            profile.stop(STOP_WAIT);
            drop(catalogues);
            if let Err(error) = folder.close() {
                tracing::warn!(%error, "the playground's folder could not be removed");
            }
        };
        drop(tokio::task::spawn_blocking(workers).await);
        drop(parts);
    }
}
