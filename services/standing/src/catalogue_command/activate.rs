//! `standing catalogue plan` and `activate`: trying rules, and putting them in force.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};
use catalogue::Shelf;
use catalogue::plan::{Confirmation, PLAN_FORM, PlanRecord, Planned};
use kit::clock::Clock;
use schemas::token::Token;
use schemas::topics::{Action, Topics};
use stream::log::{Isolation, Log, TopicPartition};

use super::load;
use crate::activation::{self, Register, Unverified};
use crate::admission::{self, Conditions, Refused};
use crate::audit::read;
use crate::cli::Usage;
use crate::operator::operator;
use crate::plan::{Planner, Proposal, Report};
use crate::settings::Settings;
use crate::{announced, serve, stdout, topics, wiring};

/// The rules that a plan or an activation is about.
#[derive(clap::Args)]
pub(crate) struct Of {
    /// Folder of YAML files; without it the reference catalogue
    path: Option<PathBuf>,
    /// A version of the fold instead of a catalogue
    #[arg(long, value_name = "VERSION", conflicts_with = "path")]
    fold: Option<u32>,
    /// Settings file (TOML); the environment STANDING__SECTION__KEY goes before it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// File with a token of operations, which proves who you are; without it STANDING_TOKEN is taken
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    of: Of,
    /// Fold the log from its start, although there are checkpoints
    #[arg(long)]
    log: bool,
    /// Take checkpoints from this store instead of profile.checkpoint_store
    #[arg(long, value_name = "URL", conflicts_with = "log")]
    checkpoints: Option<String>,
    /// Write every change of a flag to this file
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// Keep no record of the plan: nothing can be activated by it
    #[arg(long)]
    dry_run: bool,
    /// A folder with room for the state of as many partitions as there are cores; without it the system's for temporary files
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct Activate {
    #[command(flatten)]
    of: Of,
    /// Restrict people and firms although the text of the law was not checked
    #[arg(long)]
    allow_unverified: bool,
    /// Stand by a plan that somebody else made, named as it was printed; needed for mass changes
    #[arg(long, value_name = "PLAN")]
    confirm: Option<String>,
    /// Return when every subject is evaluated under the new rules
    #[arg(long)]
    wait: bool,
}

/// A register, reached.
struct Reached {
    log: Arc<dyn Log>,
    topics: Arc<Topics>,
    codec: schemas::Codec,
    shelf: Arc<Shelf>,
    clock: Clock,
}

impl Reached {
    fn at(settings: &Settings) -> anyhow::Result<Self> {
        let (log, topics) = (wiring::reach(&settings.kafka)?, Arc::new(settings.topics.topics()?));
        let codec = wiring::codec(&settings.registry, &topics)?;
        let described = topics::patiently(|| log.describe(topics.catalogues()))?;
        if described.is_none() {
            bail!("there is no topic {}: run standing topics apply, or check topics.prefix", topics.catalogues());
        }
        let shelf = read::catalogues(log.as_ref(), &topics).context("the catalogues could not be read")?;
        Ok(Self { log, topics, codec, shelf, clock: Clock::system() })
    }

    fn register(&self) -> Register {
        let (log, topics) = (Arc::clone(&self.log), Arc::clone(&self.topics));
        Register { log, topics, codec: self.codec.clone(), now_ms: self.clock.now_ms() }
    }
}

fn conditions(settings: &Settings, now_ms: i64) -> Conditions {
    let of = &settings.activation;
    Conditions { threshold: of.threshold(), age_max: of.plan_age_max.get(), now_ms }
}

fn proposal(of: &Of) -> anyhow::Result<Proposal> {
    match of.fold {
        Some(version) if domain::fold::version(domain::fold::VERSIONS, version).is_none() => {
            Err(Refused::UnknownFold { version }.into())
        }
        Some(version) => Ok(Proposal::fold(version)),
        None => Ok(Proposal::catalogue(load(of.path.as_deref())?.catalogue)),
    }
}

pub(crate) fn plan(args: &Plan) -> anyhow::Result<ExitCode> {
    let settings = match serve::load::<Settings>(args.of.config.as_deref()) {
        Ok(settings) => settings,
        Err(code) => return Ok(code),
    };
    kit::telemetry::init(&kit::telemetry::Settings { filter: "warn".to_owned(), ..Default::default() })?;
    let proposal = proposal(&args.of)?;
    let by = operator(&settings, args.of.token_file.as_deref())?;
    let checkpoints = match (&args.checkpoints, args.log) {
        (Some(address), _) => Some(stream::checkpoint::Place::open(address)?),
        (None, true) => None,
        (None, false) => settings.profile.checkpoint_place()?,
    };
    let reached = Reached::at(&settings)?;
    let register = reached.register();
    let planner = Planner {
        log: reached.log,
        topics: reached.topics,
        codec: Arc::new(reached.codec),
        shelf: reached.shelf,
        checkpoints,
        scratch: args.scratch.clone().unwrap_or_else(std::env::temp_dir),
        now_ms: register.now_ms,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    };
    let began = Instant::now();
    let plan = planner.plan(&proposal, args.csv.as_deref())?;
    let seconds = began.elapsed().as_secs_f64();
    let record = if args.dry_run { None } else { plan.record(by) };
    if let Some(record) = &record {
        activation::keep_plan(&register, record)?;
    }
    let threshold = settings.activation.threshold();
    let report = Report { plan: &plan, record: record.as_ref(), threshold, seconds };
    stdout::print(&if args.json { format!("{:#}\n", report.json()) } else { report.text() })?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn activate(args: &Activate) -> anyhow::Result<ExitCode> {
    let settings = match serve::load::<Settings>(args.of.config.as_deref()) {
        Ok(settings) => settings,
        Err(code) => return Ok(code),
    };
    let proposal = proposal(&args.of)?;
    let by = operator(&settings, args.of.token_file.as_deref())?;
    let reached = Reached::at(&settings)?;
    if let Some((_, catalogue)) = &proposal.catalogue {
        topics_fit(&reached, args, catalogue)?;
    }
    let shelf = &reached.shelf;
    let in_force = match &proposal.planned {
        Planned::Catalogue(digest) => shelf.active().is_some_and(|(active, _)| active == *digest),
        Planned::Fold(version) => shelf.active_fold() == Some(*version),
    };
    if in_force {
        stdout::print(&format!("{} is in force already; nothing was written\n", name(&proposal.planned)))?;
        return Ok(ExitCode::SUCCESS);
    }
    let register = reached.register();
    if let Some(named) = &args.confirm {
        let plan = admission::confirm(shelf, &proposal.planned, named, &by)?;
        let plan = plan.digest();
        let word = Confirmation { form: PLAN_FORM, plan, by, at_ms: register.now_ms };
        activation::keep_confirmation(&register, &word)?;
    }
    let conditions = conditions(&settings, register.now_ms);
    let mut followed: Option<PlanRecord> = None;
    let mut admit = || -> anyhow::Result<()> {
        let present = read::catalogues(register.log.as_ref(), &register.topics)?;
        followed = admission::admit(&present, &proposal.planned, conditions)?;
        Ok(())
    };
    match (&proposal.planned, &proposal.catalogue) {
        (Planned::Fold(version), _) => {
            announced::wait(&register, *version, announced::ANNOUNCED_WITHIN)?;
            activation::activate_fold(&register, *version, &mut admit)?;
        }
        (Planned::Catalogue(_), Some((_, catalogue))) => {
            let unverified = if args.allow_unverified { Unverified::Allow } else { Unverified::Refuse };
            activation::activate(&register, catalogue, unverified, &mut admit)?;
        }
        (Planned::Catalogue(_), None) => return Err(Usage::new("name a catalogue").into()),
    }
    let mut text = format!("{} is in force from here on, in every partition\n", name(&proposal.planned));
    if let Some(plan) = &followed {
        text.push_str(&since(&register, plan));
    }
    stdout::print(&text)?;
    if args.wait {
        announced::swept(&register, &proposal.planned)?;
        stdout::print("every subject is evaluated under it\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn name(planned: &Planned) -> String {
    match planned {
        Planned::Catalogue(digest) => digest.clone(),
        Planned::Fold(version) => format!("version {version} of the fold"),
    }
}

/// What may differ from the plan: what came between.
fn since(register: &Register, plan: &PlanRecord) -> String {
    let seconds = register.now_ms.saturating_sub(plan.as_of.time_ms) / 1_000;
    let at = domain::time::Instant::from_ms(plan.as_of.time_ms);
    let mut text = format!("  by the plan as of {at}, {seconds} s ago, of {}", plan.by.name);
    let offsets = Token::decode(&plan.as_of.token).map(|token| token.offsets).unwrap_or_default();
    let newer = (0..).zip(&offsets).map(|(partition, offset)| {
        let of = TopicPartition::new(Arc::clone(register.topics.events()), partition);
        let end = register.log.watermarks(&of, Isolation::ReadCommitted).ok()?.high;
        Some(end.saturating_sub(offset + 1))
    });
    // The activation itself: one record and the marker of its transaction.
    let newer: Option<i64> = newer.map(|newer| newer.map(|newer| newer.saturating_sub(2).max(0))).sum();
    text.push_str(&match newer {
        Some(0) => "; nothing came to the log since, so just what was planned changes, but for days that began since\n".to_owned(),
        Some(newer) => format!(
            "; up to {newer} records came to the log since: their subjects are evaluated with them, so flags of theirs may differ \
             from the plan\n"
        ),
        None => "; how much came to the log since cannot be told\n".to_owned(),
    });
    text
}

fn topics_fit(reached: &Reached, args: &Activate, catalogue: &domain::catalogue::Catalogue) -> anyhow::Result<()> {
    let differences = topics::differences(reached.log.as_ref(), &topics::desired(&reached.topics, catalogue))?;
    let wrong: Vec<_> = differences.into_iter().filter(|difference| difference.action != Action::Alter).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let path = args.of.path.as_deref().map(Path::display);
    let catalogue = path.map(|path| format!(" --catalogue {path}")).unwrap_or_default();
    let config = topics::config_argument(args.of.config.as_deref());
    let wrong: Vec<String> = topics::in_short(&wrong).into_iter().map(|(what, _)| what).collect();
    let first = format!("standing topics apply{config}{catalogue}");
    bail!("the topics are not as this catalogue needs them; first: {first}\n  {}", wrong.join("\n  "));
}
