//! `standing notice`: prints what must be served on whom, and the event that says it was.
//!
//! Reads `standing.notices` to its end: the newest value of each record counts. Writes one file a notice, and beside it the
//! `notice.served` event as intake takes it, with blanks where only the department knows what stands there: the day, and of a
//! natural person the identifier. A file that is there and says something else is left as it is.

mod event;
mod html;
mod paper;
mod pdf;
mod refused;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
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
use self::refused::Refused;
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
    let there = log.topics()?;
    if let Some(topic) = [topics.catalogues(), topics.notices()].into_iter().find(|topic| !there.contains(topic)) {
        return Err(Refused::NoTopic { topic: topic.to_string() }.into());
    }
    let codec = wiring::codec(&settings.registry, &topics)?;
    let catalogues = read::catalogues(log.as_ref(), &topics)?;
    let (_, in_force) = catalogues.active().ok_or(Refused::NothingInForce)?;
    let wanted = match (&args.subject, &args.department) {
        (Some(subject), _) => {
            let subject = Subject::read(subject, io::stdin().lock())?;
            let known = |code: &str| in_force.confirmed_codes.contains(code);
            let key = settings.pseudonyms.key()?.pseudonymise(&subject.identifier(&known)?);
            Wanted::Of(key, subject)
        }
        (None, Some(department)) => {
            let of = DepartmentId::new(department.as_str()).ok().filter(|id| in_force.departments.contains_key(id));
            Wanted::ToServe(of.ok_or(Refused::UnknownDepartment)?)
        }
        (None, None) => return Err(Usage::new("name a subject, or a --department").into()),
    };
    let found = notices(log.as_ref(), &topics, &codec, &wanted)?;
    match &wanted {
        Wanted::Of(..) if found.is_empty() => return Err(Refused::NoNotice.into()),
        Wanted::ToServe(_) if found.is_empty() => {
            stdout::print("no notices: nothing waits to be served here\n")?;
            return Ok(ExitCode::SUCCESS);
        }
        Wanted::Of(..) | Wanted::ToServe(_) => {}
    }
    let made = std::fs::create_dir_all(&args.out);
    made.map_err(|source| Refused::Folder { path: args.out.clone(), source })?;
    let (mut text, mut taken) = (String::new(), Vec::new());
    for notice in found.values() {
        let files = print(notice, &catalogues, face.as_ref(), args, wanted.named())?;
        match files.iter().find(|file| file.is_taken()) {
            Some(file) => taken.push(file.path.clone()),
            None => {
                files.iter().try_for_each(File::write)?;
                text.push_str(&format!("{}\n", files[0].path.display()));
            }
        }
    }
    stdout::print(&text)?;
    match taken.pop() {
        Some(path) => Err(Refused::Exists { path, others: taken.len() }.into()),
        None => Ok(ExitCode::SUCCESS),
    }
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

/// A file that is to be.
struct File {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl File {
    /// Something else stands there: a department may have filled in the event, or signed the print.
    fn is_taken(&self) -> bool {
        match std::fs::read(&self.path) {
            Ok(held) => held != self.bytes,
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }

    fn write(&self) -> Result<(), Refused> {
        let written = std::fs::write(&self.path, &self.bytes);
        written.map_err(|source| Refused::File { path: self.path.clone(), source })
    }
}

/// The print, and the event where the notice is to be served.
fn print(
    notice: &NoticeChange,
    catalogues: &Shelf,
    face: Option<&Face>,
    args: &Args,
    named: Option<&Subject>,
) -> anyhow::Result<Vec<File>> {
    let id = notice_id(notice);
    let old = || Refused::NoLetter { notice: id.clone() };
    let letter = notice.notice.letter.as_ref().ok_or_else(old)?;
    let lacks = || Refused::NoCatalogue { notice: id.clone(), digest: letter.catalogue.clone() };
    let catalogue = catalogues.get(&letter.catalogue).ok_or_else(lacks)?;
    let paper = paper::paper(notice, &id, &catalogue).ok_or_else(old)?;
    let (bytes, extension) = match face {
        Some(face) => (pdf::render(&paper, face)?, "pdf"),
        None => (html::render(&paper).into_bytes(), "html"),
    };
    let mut files = vec![File { path: args.out.join(format!("{id}.{extension}")), bytes }];
    if notice.notice.status == NoticeStatus::ToServe {
        let event = event::served(notice, &id, args.served_on, named);
        files.push(File { path: args.out.join(format!("{id}.json")), bytes: format!("{event:#}\n").into_bytes() });
    }
    Ok(files)
}
