//! The full list of a plan's changes as CSV, one flag a row.
//!
//! `subject` is the subject's key in the log: a pseudonym of a natural person, a code of a firm or building. Instants are UTC;
//! intervals are half open, `from/to`, with `..` for no end, several divided by blanks.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use catalogue::plan::Change;
use domain::flag::Flag;
use domain::time::{Instant, Intervals};

const HEADER: [&str; 11] = [
    "subject",
    "measure",
    "effect",
    "change",
    "differs",
    "departments",
    "intervals_before",
    "intervals_after",
    "grounds_before",
    "grounds_after",
    "reason",
];

/// The rows of one partition, without their header.
pub(crate) struct Rows(csv::Writer<BufWriter<File>>);

impl Rows {
    pub(crate) fn new(file: File) -> Self {
        let plain = csv::WriterBuilder::new().has_headers(false).from_writer(BufWriter::new(file));
        Self(plain)
    }

    pub(crate) fn write(&mut self, change: &Change) -> Result<(), csv::Error> {
        let aspects: Vec<&str> = change.aspects.iter().map(|aspect| aspect.as_str()).collect();
        let departments: Vec<&str> = change.departments.iter().map(domain::ids::DepartmentId::as_str).collect();
        let total = |flag: &Option<Flag>| flag.as_ref().map_or(0, |flag| flag.grounds_total).to_string();
        self.0.write_record([
            change.subject.as_str(),
            change.measure.as_str(),
            change.effect().as_str(),
            change.kind.as_str(),
            &aspects.join(" "),
            &departments.join(" "),
            &change.before.as_ref().map(|flag| intervals(&flag.intervals)).unwrap_or_default(),
            &change.after.as_ref().map(|flag| intervals(&flag.intervals)).unwrap_or_default(),
            &total(&change.before),
            &total(&change.after),
            change.lifted_for.map(domain::flag::LiftReason::as_str).unwrap_or_default(),
        ])
    }

    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        self.0.flush().context("the list of changes cannot be written")
    }
}

pub(super) fn intervals(of: &Intervals) -> String {
    let end = |end: Option<Instant>| end.map_or_else(|| "..".to_owned(), |end| end.to_string());
    let all: Vec<String> = of.as_slice().iter().map(|i| format!("{}/{}", i.start, end(i.end))).collect();
    all.join(" ")
}

/// Joins the rows of the partitions under one header.
pub(crate) fn join(parts: &[PathBuf], into: &Path) -> anyhow::Result<()> {
    let unwritable = || format!("{} cannot be written", into.display());
    let mut file = BufWriter::new(File::create(into).with_context(unwritable)?);
    writeln!(file, "{}", HEADER.join(",")).with_context(unwritable)?;
    for part in parts {
        let mut part = File::open(part).with_context(|| format!("{} cannot be read", part.display()))?;
        io::copy(&mut part, &mut file).with_context(unwritable)?;
    }
    file.flush().with_context(unwritable)
}
