//! `standing notice`: prints what must be served on whom, and the event that says it was.
//!
//! Reads `standing.notices` to its end: the newest value of each record counts. Writes one file a notice, and beside it the
//! `notice.served` event as intake takes it, with blanks where only the department knows what stands there: the day, and of a
//! natural person the identifier.

mod event;
mod html;
mod paper;
mod pdf;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, ensure};
use catalogue::Shelf;
use domain::ids::DepartmentId;
use domain::output::{NoticeChange, NoticeStatus};
use domain::subject::{SubjectKey, partition_of};
use jiff::civil::Date;
use schemas::Codec;
use schemas::topics::{Topics, keys};
use sha2::{Digest, Sha256};
use stream::log::{Isolation, Log, TopicPartition};

use self::pdf::Face;
use crate::audit::read::{self, Part};
use crate::cli::Usage;
use crate::settings::Settings;
use crate::subject::Subject;
use crate::topics::patiently;
use crate::{serve, stdout, wiring};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// SCHEME:ID, or - to read it from stdin: every notice of this subject, served or not
    #[arg(required_unless_present = "department", conflicts_with = "department")]
    subject: Option<String>,
    /// Every notice of this department that is to be served
    #[arg(long, value_name = "ID")]
    department: Option<String>,
    /// Where the files are written; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What is printed
    #[arg(long, value_enum, default_value_t = Format::Html)]
    format: Format,
    /// The day of service, put into the event
    #[arg(long, value_name = "DATE")]
    served_on: Option<Date>,
    /// Settings file (TOML); the environment STANDING__SECTION__KEY goes before it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Html,
    Pdf,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let settings = match serve::load::<Settings>(args.config.as_deref()) {
        Ok(settings) => settings,
        Err(code) => return Ok(code),
    };
    let topics = settings.topics.topics()?;
    let face = match args.format {
        Format::Html => None,
        Format::Pdf => Some(Face::load(&settings.notices.font)?),
    };
    let log = wiring::reach(&settings.kafka)?;
    let codec = wiring::codec(&settings.registry, &topics)?;
    let catalogues = read::catalogues(log.as_ref(), &topics)?;
    let wanted = match (&args.subject, &args.department) {
        (Some(subject), _) => {
            let subject = Subject::read(subject, io::stdin().lock())?;
            let confirmed = catalogues.active().map(|(_, catalogue)| catalogue);
            let known = |code: &str| confirmed.as_ref().is_some_and(|c| c.confirmed_codes.contains(code));
            let key = settings.pseudonyms.key()?.pseudonymise(&subject.identifier(&known)?);
            Wanted::Of(key, subject)
        }
        (None, Some(department)) => {
            let of = DepartmentId::new(department.as_str());
            Wanted::ToServe(of.map_err(|error| Usage::new(format!("--department: {error}")))?)
        }
        (None, None) => return Err(Usage::new("name a subject, or a --department").into()),
    };
    let found = notices(log.as_ref(), &topics, &codec, &wanted)?;
    std::fs::create_dir_all(&args.out).with_context(|| format!("{} cannot be made", args.out.display()))?;
    let mut text = String::new();
    for notice in found.values() {
        let written = write(notice, &catalogues, face.as_ref(), args, wanted.named());
        let path = written.with_context(|| format!("the notice {} cannot be written", notice_id(notice)))?;
        text.push_str(&format!("{path}\n"));
    }
    if found.is_empty() {
        text.push_str("no notices: nothing waits to be served here\n");
    }
    stdout::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Which notices.
enum Wanted {
    Of(SubjectKey, Subject),
    ToServe(DepartmentId),
}

impl Wanted {
    fn takes(&self, notice: &NoticeChange) -> bool {
        match self {
            Self::Of(subject, _) => notice.subject == *subject && notice.notice.status != NoticeStatus::Void,
            Self::ToServe(department) => {
                notice.record.publisher == *department && notice.notice.status == NoticeStatus::ToServe
            }
        }
    }

    fn named(&self) -> Option<&Subject> {
        match self {
            Self::Of(_, subject) => Some(subject),
            Self::ToServe(_) => None,
        }
    }
}

/// The newest notice of each record, by the key it stands under.
fn notices(
    log: &dyn Log,
    topics: &Topics,
    codec: &Codec,
    wanted: &Wanted,
) -> anyhow::Result<BTreeMap<String, NoticeChange>> {
    let partitions: Vec<i32> = match wanted {
        Wanted::Of(subject, _) => vec![partition_of(subject, topics.partitions())],
        Wanted::ToServe(_) => (0..i32::from(topics.partitions().get())).collect(),
    };
    let mut parts = Vec::new();
    for partition in partitions {
        let of = TopicPartition::new(Arc::clone(topics.notices()), partition);
        let ends = patiently(|| log.watermarks(&of, Isolation::ReadCommitted))?;
        parts.push(Part { of, from: ends.low, until: ends.high });
    }
    let mut newest: BTreeMap<String, NoticeChange> = BTreeMap::new();
    read::committed(log, &parts, |record| {
        let Some(value) = &record.value else { return Ok(()) };
        let notice = codec.decode_notice(value).with_context(|| {
            format!("{}/{} offset {} cannot be read", record.topic, record.partition, record.offset)
        })?;
        let key = keys::notice(&notice.subject, &notice.record);
        if wanted.takes(&notice) {
            newest.insert(key, notice);
        } else {
            newest.remove(&key);
        }
        Ok(())
    })?;
    Ok(newest)
}

/// The same for the same record: a notice that is printed twice is one notice.
fn notice_id(notice: &NoticeChange) -> String {
    let digest = Sha256::digest(keys::notice(&notice.subject, &notice.record).as_bytes());
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("notice-{hex}")
}

fn write(
    notice: &NoticeChange,
    catalogues: &Shelf,
    face: Option<&Face>,
    args: &Args,
    named: Option<&Subject>,
) -> anyhow::Result<String> {
    let id = notice_id(notice);
    let letter = notice.notice.letter.as_ref();
    let letter = letter.context("it is from before notices said all they must; publish the record's next revision")?;
    let catalogue = catalogues.get(&letter.catalogue);
    let catalogue = catalogue.with_context(|| format!("standing.catalogues lacks catalogue {}", letter.catalogue))?;
    let paper = paper::paper(notice, &id, &catalogue).context("nothing is to be served any more")?;
    let (bytes, extension) = match face {
        Some(face) => (pdf::render(&paper, face)?, "pdf"),
        None => (html::render(&paper).into_bytes(), "html"),
    };
    let path = args.out.join(format!("{id}.{extension}"));
    std::fs::write(&path, bytes)?;
    if notice.notice.status == NoticeStatus::ToServe {
        let event = event::served(notice, &id, args.served_on, named);
        std::fs::write(args.out.join(format!("{id}.json")), format!("{event:#}\n"))?;
    }
    ensure!(path.is_file(), "{} was not written", path.display());
    Ok(path.display().to_string())
}
