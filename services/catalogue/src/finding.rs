//! What is wrong with a catalogue: where, with a stable code, and what to do.

use std::fmt;
use std::sync::Arc;

use crate::source::File;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The catalogue cannot be activated.
    Error,
    /// Lawful as far as one can see, but somebody must look.
    Warning,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A stretch of a file: byte offsets for showing it, line and column (from 1, in characters) for naming it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
    pub offset: usize,
    pub length: usize,
}

impl Place {
    pub const START: Self = Self { line: 1, column: 1, offset: 0, length: 0 };

    /// Just behind the last character of `text`.
    pub(crate) fn at_end(text: &str) -> Self {
        let line_start = text.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: text.bytes().filter(|b| *b == b'\n').count() + 1,
            column: text[line_start..].chars().count() + 1,
            offset: text.len(),
            length: 0,
        }
    }
}

/// One finding. `Display` is one line, `file:line:column: severity: code: message; help`.
#[derive(Clone, Debug)]
pub struct Finding {
    pub severity: Severity,
    pub file: String,
    pub line: usize,
    pub column: usize,
    /// Stable and dotted, such as `reference.department`.
    pub code: &'static str,
    pub message: String,
    /// What to do about it.
    pub help: String,
    place: Place,
    source: Arc<File>,
}

impl Finding {
    pub(crate) fn error(
        file: &Arc<File>,
        place: Place,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            file: file.path.clone(),
            line: place.line,
            column: place.column,
            code,
            message: message.into(),
            help: help.into(),
            place,
            source: Arc::clone(file),
        }
    }

    pub(crate) fn warning(
        file: &Arc<File>,
        place: Place,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(file, place, code, message, help) }
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    pub(crate) fn source(&self) -> &Arc<File> {
        &self.source
    }

    pub(crate) fn order(&self) -> (&str, usize, usize, Severity, &'static str, &str) {
        (&self.file, self.line, self.column, self.severity, self.code, &self.message)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, code, message, help, .. } = self;
        write!(f, "{file}:{line}:{column}: {}: {code}: {message}; {help}", self.severity.as_str())
    }
}
