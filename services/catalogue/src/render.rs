//! Findings for a reader: with the lines they are about, or one line each.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use crate::finding::{Finding, Severity};

/// Longer lists help nobody; the totals count the rest as well.
const SHOWN_MAX: usize = 200;
/// A longer line fills the screen and hides what it is to show; miette panics beyond 65,535 columns.
const LINE_BYTES_MAX: usize = 2_000;

/// Each finding with the lines around it, without colours, and a line of totals.
pub fn render(findings: &[Finding]) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(110);
    let mut text = String::new();
    for finding in findings.iter().take(SHOWN_MAX) {
        let shown = Shown::of(finding);
        if handler.render_report(&mut text, &shown).is_err() {
            text.push_str(&format!("{finding}\n"));
        }
        text.push('\n');
    }
    if let more @ 1.. = findings.len().saturating_sub(SHOWN_MAX) {
        text.push_str(&format!("and {more} more, not shown\n"));
    }
    text.push_str(&totals(findings));
    text
}

/// `file:line:column: severity: code: message; help`, one line each, and a line of totals.
pub fn render_plain(findings: &[Finding]) -> String {
    let mut text: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
    text.push_str(&totals(findings));
    text
}

fn totals(findings: &[Finding]) -> String {
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let warnings = findings.len() - errors;
    let count = |n: usize, noun: &str| if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") };
    format!("{}, {}\n", count(errors, "error"), count(warnings, "warning"))
}

impl Finding {
    /// What to underline: offset and length within its first line, if that line can be shown.
    fn excerpt(&self) -> Option<(usize, usize)> {
        let (place, text) = (self.place(), &self.source().text);
        let (before, behind) = text.split_at_checked(place.offset).filter(|_| !text.is_empty())?;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = behind.find(['\n', '\r']).unwrap_or(behind.len());
        (place.offset - start + rest <= LINE_BYTES_MAX).then_some((place.offset, place.length.min(rest)))
    }
}

#[derive(Debug)]
struct Shown<'a> {
    finding: &'a Finding,
    source: NamedSource<String>,
}

impl<'a> Shown<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self { finding, source: NamedSource::new(&finding.file, finding.source().text.clone()) }
    }
}

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.finding.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(self.finding.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(&self.finding.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.finding.excerpt().map(|_| &self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (offset, length) = self.finding.excerpt()?;
        Some(Box::new(std::iter::once(LabeledSpan::new(None, offset, length))))
    }
}
