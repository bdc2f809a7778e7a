//! Faults of settings: each with its place, its key, what is wrong, and what to do.

use std::fmt;

/// One thing that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Stable: `settings.unreadable`, `settings.syntax`, `settings.unknown-key`, `settings.missing`,
    /// `settings.invalid`.
    pub code: &'static str,
    /// Where the value comes from: `gate.toml:12`, `STANDING__HTTP__LISTEN`, `gate.toml`.
    pub origin: String,
    /// The key from the root, `http.listen`; empty when the fault is the file's.
    pub key: String,
    pub what: String,
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, origin, key, what, remedy } = self;
        write!(f, "{origin}: ")?;
        if !key.is_empty() {
            write!(f, "{key}: ")?;
        }
        write!(f, "{what}; {remedy} [{code}]")
    }
}

/// Settings that cannot be used: every fault found, in the order of the file. The process ends with
/// [`Invalid::EXIT_CODE`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    pub faults: Vec<Fault>,
}

impl Invalid {
    pub const EXIT_CODE: u8 = 64;
}

impl std::error::Error for Invalid {}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.faults.len() {
            1 => write!(f, "one problem with the settings:")?,
            count => write!(f, "{count} problems with the settings:")?,
        }
        for fault in &self.faults {
            write!(f, "\n  {fault}")?;
        }
        Ok(())
    }
}

/// One step into the settings' tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// A place in the tree, written `kafka.brokers` or `department[2].name`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(pub(crate) Vec<Step>);

impl Place {
    pub(crate) fn parse(text: &str) -> Self {
        let mut steps = Vec::new();
        for part in text.split('.').filter(|part| !part.is_empty()) {
            let (name, mut indices) = part.split_at(part.find('[').unwrap_or(part.len()));
            if !name.is_empty() {
                steps.push(Step::Key(name.to_owned()));
            }
            while let Some((index, rest)) = indices.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                steps.extend(index.parse().ok().map(Step::Index));
                indices = rest;
            }
        }
        Self(steps)
    }

    pub(crate) fn child(&self, key: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Key(key.to_owned()));
        Self(steps)
    }

    pub(crate) fn is_at_or_above(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
