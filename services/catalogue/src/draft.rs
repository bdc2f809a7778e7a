//! The entries of a tree as they were written: typed as far as they could be read, each with the node it came from.
//!
//! One broken entry hides no other: each is read by itself. The ids of broken entries are kept, so that a reference to one is
//! not called unknown as well.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::catalogue::{
    CalendarYear, Consumer, Deadline, Department, Domain, Instrument, Item, Matter, Measure, Rating, SeriousList, Title,
};
use domain::ids::DepartmentId;
use domain::subject::SubjectKind;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::finding::{Finding, Place};
use crate::source::{File, Tree};
use crate::yaml::{self, Fault, FaultKind, Node, Step};

/// The kinds of entry, by the keys they stand under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    Catalogue,
    Departments,
    Instruments,
    Domains,
    Matters,
    Items,
    Measures,
    Lists,
    Ratings,
    Consumers,
    Registries,
    Deadlines,
    Calendar,
    ConfirmedCodes,
}

impl Section {
    pub const ALL: [Self; 14] = [
        Self::Catalogue,
        Self::Departments,
        Self::Instruments,
        Self::Domains,
        Self::Matters,
        Self::Items,
        Self::Measures,
        Self::Lists,
        Self::Ratings,
        Self::Consumers,
        Self::Registries,
        Self::Deadlines,
        Self::Calendar,
        Self::ConfirmedCodes,
    ];

    pub fn key(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue",
            Self::Departments => "departments",
            Self::Instruments => "instruments",
            Self::Domains => "domains",
            Self::Matters => "matters",
            Self::Items => "items",
            Self::Measures => "measures",
            Self::Lists => "lists",
            Self::Ratings => "ratings",
            Self::Consumers => "consumers",
            Self::Registries => "registries",
            Self::Deadlines => "deadlines",
            Self::Calendar => "calendar",
            Self::ConfirmedCodes => "confirmed_codes",
        }
    }

    fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.key() == key)
    }
}

/// The file and node an entry came from.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) section: Section,
    pub(crate) file: Arc<File>,
    pub(crate) node: Node,
}

impl Origin {
    pub(crate) fn place(&self, path: &[Step<'_>]) -> Place {
        self.node.place_of(path)
    }
}

#[derive(Debug)]
pub(crate) struct Entry<T> {
    pub(crate) value: T,
    pub(crate) origin: Arc<Origin>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    pub(crate) id: String,
    pub(crate) title: Title,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegistryEntry {
    pub(crate) kind: SubjectKind,
    pub(crate) departments: BTreeSet<DepartmentId>,
    #[serde(default)]
    pub(crate) opt_outs: BTreeSet<DepartmentId>,
}

#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) heads: Vec<Entry<Head>>,
    pub(crate) departments: Vec<Entry<Department>>,
    pub(crate) instruments: Vec<Entry<Instrument>>,
    pub(crate) domains: Vec<Entry<Domain>>,
    pub(crate) matters: Vec<Entry<Matter>>,
    pub(crate) items: Vec<Entry<Item>>,
    pub(crate) measures: Vec<Entry<Measure>>,
    pub(crate) lists: Vec<Entry<SeriousList>>,
    pub(crate) ratings: Vec<Entry<Rating>>,
    pub(crate) consumers: Vec<Entry<Consumer>>,
    pub(crate) registries: Vec<Entry<RegistryEntry>>,
    pub(crate) deadlines: Vec<Entry<Deadline>>,
    pub(crate) calendar: Vec<Entry<CalendarYear>>,
    pub(crate) confirmed_codes: Vec<Entry<String>>,
    /// Every entry, readable or not, in order of the files.
    pub(crate) origins: Vec<Arc<Origin>>,
    /// Ids of entries that could not be read.
    pub(crate) broken: BTreeMap<Section, BTreeSet<String>>,
}

impl Draft {
    pub(crate) fn of(tree: &Tree, findings: &mut Vec<Finding>) -> Self {
        findings.extend_from_slice(tree.faults());
        let mut draft = Self::default();
        for file in tree.files() {
            if let Some(root) = yaml::parse(file, findings) {
                draft.take_file(file, &root, findings);
            }
        }
        if draft.heads.is_empty() && !draft.broken.contains_key(&Section::Catalogue) {
            let file = tree.files().first().cloned();
            let file = file.unwrap_or_else(|| Arc::new(File { path: ".".to_owned(), text: String::new() }));
            findings.push(Finding::error(
                &file,
                Place::START,
                "catalogue.missing",
                "no file of this tree names the catalogue",
                "add `catalogue: {id: …, title: {zh: …, en: …}}` to one of its files",
            ));
        }
        draft
    }

    fn take_file(&mut self, file: &Arc<File>, root: &Node, findings: &mut Vec<Finding>) {
        let Some(sections) = root.entries() else {
            findings.push(Finding::error(
                file,
                root.place,
                "file.form",
                "a file of a catalogue is a mapping",
                format!("begin it with one of: {}", Section::ALL.map(Section::key).join(", ")),
            ));
            return;
        };
        for (key, node) in sections {
            let Some(section) = Section::parse(&key.text) else {
                findings.push(Finding::error(
                    file,
                    key.place,
                    "key.unknown",
                    format!("`{}` is no part of a catalogue", key.text.chars().take(60).collect::<String>()),
                    format!("write one of: {}", Section::ALL.map(Section::key).join(", ")),
                ));
                continue;
            };
            if section == Section::Catalogue {
                self.take_entry(section, file, node, findings);
            } else if let Some(nodes) = node.as_list() {
                nodes.iter().for_each(|node| self.take_entry(section, file, node, findings));
            } else if !node.is_null() {
                let message = format!("`{}` is a list of entries", section.key());
                findings.push(Finding::error(file, node.place, "value.type", message, "begin each entry with `- `"));
            }
        }
    }

    fn take_entry(&mut self, section: Section, file: &Arc<File>, node: &Node, findings: &mut Vec<Finding>) {
        let origin = Arc::new(Origin { section, file: Arc::clone(file), node: node.clone() });
        self.origins.push(Arc::clone(&origin));
        let read = match section {
            Section::Catalogue => take(&mut self.heads, &origin, findings),
            Section::Departments => take(&mut self.departments, &origin, findings),
            Section::Instruments => take(&mut self.instruments, &origin, findings),
            Section::Domains => take(&mut self.domains, &origin, findings),
            Section::Matters => take(&mut self.matters, &origin, findings),
            Section::Items => take(&mut self.items, &origin, findings),
            Section::Measures => take(&mut self.measures, &origin, findings),
            Section::Lists => take(&mut self.lists, &origin, findings),
            Section::Ratings => take(&mut self.ratings, &origin, findings),
            Section::Consumers => take(&mut self.consumers, &origin, findings),
            Section::Registries => take(&mut self.registries, &origin, findings),
            Section::Deadlines => take(&mut self.deadlines, &origin, findings),
            Section::Calendar => take(&mut self.calendar, &origin, findings),
            Section::ConfirmedCodes => take(&mut self.confirmed_codes, &origin, findings),
        };
        if !read {
            let id = node
                .get("id")
                .or_else(|| node.get("kind"))
                .or_else(|| node.get("year"))
                .and_then(Node::text)
                .unwrap_or_default();
            self.broken.entry(section).or_default().insert(id.to_owned());
        }
    }
}

fn take<T: DeserializeOwned>(entries: &mut Vec<Entry<T>>, origin: &Arc<Origin>, findings: &mut Vec<Finding>) -> bool {
    let read = yaml::read::<T>(&origin.node);
    findings.extend(read.faults.iter().map(|fault| finding(origin, fault)));
    match read.value {
        Some(value) => {
            entries.push(Entry { value, origin: Arc::clone(origin) });
            true
        }
        None => false,
    }
}

fn finding(origin: &Origin, fault: &Fault) -> Finding {
    let place = fault.place().unwrap_or(origin.node.place);
    // Only terms have these two keys.
    let (code, message, help) = match &fault.kind {
        FaultKind::MissingKey(key) if key == "maximum" => (
            "term.no-maximum",
            "a term without a maximum never ends",
            "add `maximum`; a term that ends on a condition is `condition: {text, law}` and names its law (R3)",
        ),
        FaultKind::MissingKey(key) if key == "law" => (
            "term.no-law",
            "a term that ends on a condition names the law that says so (R3)",
            "add `law: {instrument, article}`, or give the term a maximum",
        ),
        FaultKind::MissingKey(_)
        | FaultKind::Type
        | FaultKind::Invalid
        | FaultKind::Variant
        | FaultKind::UnknownKey
        | FaultKind::Key
        | FaultKind::StandIn => (fault.kind.code(), fault.message.as_str(), fault.help.as_str()),
    };
    Finding::error(&origin.file, place, code, message, help)
}
