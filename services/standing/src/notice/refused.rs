//! Why a notice is not printed. Codes are stable (docs/errors.md).

use std::io;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("{}: no department of this id is in the catalogue in force; standing catalogue show lists them", self.code())]
    UnknownDepartment,
    #[error("{}: nothing is in force yet; activate a catalogue first", self.code())]
    NothingInForce,
    #[error("{}: there is no topic {topic}; look at kafka.bootstrap_servers and topics.prefix, or run standing topics apply", self.code())]
    NoTopic { topic: String },
    #[error("{}: nothing is, or was, to be served on this subject", self.code())]
    NoNotice,
    #[error("{}: {} cannot be a folder of notices; name one that may be written to", self.code(), .path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error(
        "{}: {} is there and says something else{}; nothing is written over: move it away, or name another --out",
        self.code(), .path.display(), self.more()
    )]
    Exists { path: PathBuf, others: usize },
    #[error("{}: {} cannot be written", self.code(), .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{}: {notice} is from before notices said all they must; publish the record's next revision", self.code())]
    NoLetter { notice: String },
    #[error("{}: {notice} was made by catalogue {digest}, which standing.catalogues lacks", self.code())]
    NoCatalogue { notice: String, digest: String },
}

impl Refused {
    fn more(&self) -> String {
        if let Self::Exists { others, .. } = self
            && *others > 0
        {
            return format!(" (as do {others} more)");
        }
        String::new()
    }

    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::UnknownDepartment => "department.unknown",
            Self::NothingInForce => "catalogue.none",
            Self::NoTopic { .. } => "topics.missing",
            Self::NoNotice => "notice.none",
            Self::Folder { .. } => "notice.folder",
            Self::Exists { .. } => "notice.exists",
            Self::File { .. } => "notice.file",
            Self::NoLetter { .. } => "notice.no-letter",
            Self::NoCatalogue { .. } => "notice.no-catalogue",
        }
    }
}
