//! `standing serve`: one service, its API and its endpoints for operations.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use clap::ValueEnum;
use kit::clock::Clock;
use kit::credentials::Credentials;
use kit::serve::{Listening, Served};
use kit::settings::{Invalid, Validate};
use kit::shutdown::Shutdown;
use serde::de::DeserializeOwned;

use crate::settings::{Serving, Settings};
use crate::wiring::{self, Parts};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Service {
    Intake,
    Profile,
    Flags,
    Gate,
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Profile => "profile",
            Self::Flags => "flags",
            Self::Gate => "gate",
        }
    }

    /// How long its plain producer holds a record for others of the partition. Events come one by one and thousands a second, and a
    /// broker pays for requests: as long as Kafka's own client waits since 4.0 (KIP-1030). What the others send holds an answer up.
    fn linger(self) -> Duration {
        match self {
            Self::Intake => Duration::from_millis(5),
            Self::Profile | Self::Flags | Self::Gate => Duration::from_millis(1),
        }
    }

    fn has_api(self) -> bool {
        match self {
            Self::Intake | Self::Profile | Self::Gate => true,
            Self::Flags => false,
        }
    }
}

#[derive(clap::Args)]
pub struct Args {
    /// Which service to run
    service: Service,
    /// Settings file (TOML); the environment STANDING__SECTION__KEY goes before it
    #[arg(long)]
    config: Option<PathBuf>,
    /// Print the settings in force, secrets masked, and exit
    #[arg(long)]
    print_config: bool,
}

/// Loads settings; on a fault prints every one and gives the exit code of bad settings.
pub fn load<T: DeserializeOwned + Validate>(config: Option<&Path>) -> Result<T, ExitCode> {
    kit::settings::load(config).map_err(|invalid| {
        eprintln!("{invalid}");
        ExitCode::from(Invalid::EXIT_CODE)
    })
}

/// The settings of a service, with what only services need.
fn load_for(service: Service, config: Option<&Path>) -> Result<Settings, ExitCode> {
    if service.has_api() {
        load::<Serving<true>>(config).map(|serving| serving.0)
    } else {
        load::<Serving<false>>(config).map(|serving| serving.0)
    }
}

/// Reads the files that the settings name, so that every fault in them is told before anything starts.
fn files_are_sound(service: Service, settings: &Settings) -> bool {
    let key = settings.pseudonyms.key().map(drop).map_err(anyhow::Error::from);
    let tokens = if service.has_api() {
        Credentials::load(&settings.credentials.file, Clock::system()).map(drop).map_err(anyhow::Error::from)
    } else {
        Ok(())
    };
    let faults = [key, tokens].into_iter().filter_map(Result::err);
    faults.map(|fault| eprintln!("{fault:#}")).count() == 0
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let settings = match load_for(args.service, args.config.as_deref()) {
        Ok(settings) => settings,
        Err(code) => return Ok(code),
    };
    if args.print_config {
        #[expect(clippy::print_stdout, reason = "the output of the command")]
        {
            print!("{}", kit::settings::print(&settings)?);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if !files_are_sound(args.service, &settings) {
        return Ok(ExitCode::from(Invalid::EXIT_CODE));
    }
    kit::telemetry::init(&settings.telemetry)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(args.service, settings))?;
    runtime.shutdown_timeout(Duration::from_secs(2));
    Ok(ExitCode::SUCCESS)
}

/// A service while it runs.
enum Running {
    Intake(intake::Intake),
    Profile(profile::Profile),
    Flags(flags::Flags),
    Gate(Box<gate::Gate>),
}

impl Running {
    fn start(service: Service, parts: &Parts, settings: &Settings) -> anyhow::Result<Self> {
        Ok(match service {
            Service::Intake => Self::Intake(intake::Intake::start(parts.intake(), settings.intake.clone())?),
            Service::Profile => Self::Profile(profile::Profile::start(parts.profile(), &settings.profile)?),
            Service::Flags => Self::Flags(flags::Flags::start(parts.flags(), &settings.flags)?),
            Service::Gate => Self::Gate(Box::new(gate::Gate::start(parts.gate(), settings.gate.clone())?)),
        })
    }

    fn router(&self) -> Router {
        match self {
            Self::Intake(intake) => intake.router(),
            Self::Profile(profile) => profile.router(),
            Self::Flags(flags) => flags.router(),
            Self::Gate(gate) => gate.router(),
        }
    }

    fn openapi(&self) -> serde_json::Value {
        wiring::openapi(match self {
            Self::Intake(_) => vec![intake::openapi()],
            Self::Profile(_) => vec![profile::openapi()],
            Self::Flags(_) => Vec::new(),
            Self::Gate(_) => vec![gate::openapi()],
        })
    }

    /// Begins to give partitions to others, while requests under way are still answered.
    fn begin_leaving(&self) {
        match self {
            Self::Profile(profile) => profile.begin_leaving(),
            Self::Flags(flags) => flags.begin_leaving(),
            Self::Intake(_) | Self::Gate(_) => {}
        }
    }

    async fn stop(self, deadline: Duration) {
        match self {
            Self::Intake(intake) => intake.stop().await,
            Self::Profile(profile) => drop(tokio::task::spawn_blocking(move || profile.stop(deadline)).await),
            Self::Flags(flags) => drop(tokio::task::spawn_blocking(move || flags.stop(deadline)).await),
            Self::Gate(gate) => gate.stop().await,
        }
    }
}

async fn serve(service: Service, settings: Settings) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals(settings.http.drain.get())?;
    let (parts, follower) = {
        let (settings, shutdown) = (settings.clone(), shutdown.clone());
        tokio::task::spawn_blocking(move || wiring::on_kafka(&settings, service.name(), service.linger(), &shutdown))
            .await??
    };
    let has_api = service.has_api();
    let credentials = if has_api {
        let credentials = Credentials::load(&settings.credentials.file, parts.clock.clone())?;
        credentials.reload_on_hangup()?;
        credentials
    } else {
        Credentials::closed()
    };
    let admin = settings.admin.bind().await?;
    let listening = if has_api { Some(Listening::bind(&settings.http).await?) } else { None };
    let running = Running::start(service, &parts, &settings)?;
    let document = running.openapi();
    let open = Router::new().route("/openapi.json", get(move || async move { Json(document) }));
    let served = Served { api: running.router(), open, credentials, metrics: parts.metrics.clone() };
    let api = async {
        if let Some(listening) = listening {
            listening.serve(served, &shutdown).await;
        }
    };
    // The endpoints for operations answer until the service has stopped.
    let ended = Shutdown::new(Duration::from_secs(1));
    let operations = tokio::spawn({
        let (metrics, readiness, ended) = (parts.metrics.clone(), parts.readiness.clone(), ended.clone());
        async move { kit::admin::serve(admin, &metrics, &readiness, &ended).await }
    });
    let leaving = async {
        shutdown.triggered().await;
        if shutdown.is_for_good() {
            running.begin_leaving();
        }
    };
    tokio::join!(api, leaving);
    tracing::info!(service = service.name(), "stopping");
    running.stop(shutdown.remaining()).await;
    drop(follower);
    ended.trigger();
    operations.await?;
    Ok(())
}
