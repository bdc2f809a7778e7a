//! What every entry has: a title, a window in force, articles of law.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::InstrumentId;

/// A title in Chinese, which binds, and in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Title {
    pub zh: String,
    pub en: String,
}

/// The days an entry is in force, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub from: Date,
    #[serde(default)]
    pub until: Option<Date>,
}

impl Window {
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// An entry with a window.
pub trait Dated {
    fn window(&self) -> &Window;
}

/// Where a rule stands: the instrument and its article, as the text counts them (`24`, `51(1)`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Article {
    pub instrument: InstrumentId,
    pub article: String,
}
