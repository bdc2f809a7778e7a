//! `standing serve`: one service, its API and its endpoints for operations.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use clap::ValueEnum;
use kit::credentials::Credentials;
use kit::serve::{Listening, Served};
use kit::settings::Invalid;
use kit::shutdown::Shutdown;

use crate::settings::Settings;
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
pub fn load(config: Option<&std::path::Path>) -> Result<Settings, ExitCode> {
    kit::settings::load::<Settings>(config).map_err(|invalid| {
        eprintln!("{invalid}");
        ExitCode::from(Invalid::EXIT_CODE)
    })
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let settings = match load(args.config.as_deref()) {
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
        tokio::task::spawn_blocking(move || wiring::on_kafka(&settings, service.name(), &shutdown)).await??
    };
    let has_api = service != Service::Flags;
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
    api.await;
    shutdown.triggered().await;
    tracing::info!(service = service.name(), "stopping");
    running.stop(shutdown.remaining()).await;
    drop(follower);
    ended.trigger();
    operations.await?;
    Ok(())
}
