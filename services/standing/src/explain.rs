//! `standing explain`: why a subject is flagged, from its records over the rules that apply to them to the flags that follow.

use std::fmt::Write;
use std::io;
use std::process::ExitCode;

use anyhow::bail;
use serde_json::{Value, json};

use crate::check::{basis, document_line, list, period, readable, title, word};
use crate::client::{self, Client, block_on};
use crate::stdout;
use crate::subject::Subject;

/// 200 records a page: nobody reads more than this.
const PAGES_MAX: usize = 20;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// SCHEME:ID, or - to read it from stdin
    subject: String,
    /// The approval system that asks
    #[arg(long, default_value = "playground")]
    consumer: String,
    /// The matter it asks for: a record is shown only for one
    #[arg(long, default_value = "subsidy.technology-innovation")]
    matter: String,
    #[command(flatten)]
    client: client::Args,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let subject = Subject::read(&args.subject, io::stdin().lock())?;
    let client = Client::new(&args.client)?;
    let question = json!({ "consumer": args.consumer, "matter": args.matter, "subject": subject.json() });
    let text = block_on(explain(&client, question, &args.matter))?;
    stdout::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

async fn explain(client: &Client, mut question: Value, matter: &str) -> anyhow::Result<String> {
    let checked = client.ask("/v1/check", &question).await?;
    let mut records = Vec::new();
    for _ in 0..PAGES_MAX {
        let page = client.ask("/v1/subjects/lookup", &question).await?;
        let Some(found) = page["records"].as_array() else { bail!("the register answers a lookup without records") };
        records.extend(found.iter().cloned());
        if page["next"].is_null() {
            break;
        }
        question["after"] = page["next"].clone();
    }
    let mut text = String::new();
    if records.is_empty() {
        text.push_str("no records: nothing is known of this subject, and nothing follows from that\n");
    }
    records.iter().for_each(|record| push_record(&mut text, record));
    text.push('\n');
    text.push_str(&readable(matter, &checked));
    Ok(text)
}

fn push_record(text: &mut String, record: &Value) {
    let number = record["record_id"].as_str().unwrap_or("(for the subject alone to see)");
    let _ = writeln!(text, "record  {} {number}, {}", word(record, "item"), title(record));
    if let Some(document) = record.get("document") {
        let _ = writeln!(text, "  document  {}", document_line(document));
    }
    if let Some(status) = record["status"].as_str() {
        let until = record["until"].as_str().map(|until| format!(", until {until}")).unwrap_or_default();
        let condition = record["until_condition"]["text"].as_str().map(|c| format!(", until: {c}")).unwrap_or_default();
        let _ = writeln!(text, "  status    {status}{until}{condition}");
    }
    for fact in list(record, "history") {
        let note = fact["detail"]["note"].as_str().map(|note| format!(" ({note})")).unwrap_or_default();
        let _ = writeln!(text, "  {}  {}{note}", word(fact, "on"), word(fact, "what"));
    }
    list(record, "cases").iter().for_each(|case| push_case(text, case));
    if record.get("measures").is_some() && list(record, "measures").is_empty() {
        text.push_str("  rule    none: nothing follows from this record\n");
    }
    list(record, "measures").iter().for_each(|measure| push_measure(text, measure));
    for point in list(record, "points") {
        let _ = writeln!(
            text,
            "  points  {} for {} ({}), {}",
            point["points"],
            word(point, "rating"),
            title(point),
            period(point)
        );
    }
}

/// What an office has to do with the record, or had.
fn push_case(text: &mut String, case: &Value) {
    let due = case["due_on"].as_str().map_or("waiting for papers".to_owned(), |due| format!("due {due}"));
    let done = case["done_on"].as_str().map(|done| format!(", done {done}")).unwrap_or_default();
    let late = if case["overdue"] == true { ", overdue" } else { "" };
    let _ = writeln!(
        text,
        "  case    {} {} of {}, {due}{done}{late}",
        word(case, "task"),
        word(case, "id"),
        word(case, "unit")
    );
}

fn push_measure(text: &mut String, measure: &Value) {
    let matters: Vec<&str> = list(measure, "matters").iter().filter_map(Value::as_str).collect();
    let (effect, id) = (word(measure, "effect"), word(measure, "measure"));
    let version = measure["version"].as_u64().map(|version| format!(" version {version}")).unwrap_or_default();
    let _ = writeln!(text, "  rule    {effect} {id}{version}, {}", title(measure));
    let _ = writeln!(text, "    for     {}", matters.join(", "));
    let state = match (word(measure, "state"), word(measure, "reason")) {
        ("pending", "notice.not-served") => "none yet: its notice has not been served".to_owned(),
        ("pending", "suspended") => "none: suspended while an objection or a review is open".to_owned(),
        ("pending", other) => format!("none yet: {other}"),
        ("coming", _) => format!("coming, {}", period(measure)),
        ("over", _) => format!("over, {}", period(measure)),
        ("blocked", _) => "none at present: the subject is restricted somewhere".to_owned(),
        (_, _) => format!("in force, {}", period(measure)),
    };
    if !list(measure, "basis").is_empty() {
        let _ = writeln!(text, "    basis   {}", basis(measure));
    }
    let _ = writeln!(text, "    flag    {state}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_leads_over_its_rule_to_the_flag() {
        let record = json!({
            "item": "court.judgment-defaulter", "record_id": "虚构1号", "status": "standing", "until": "2028-05-07",
            "title": { "zh": "失信被执行人", "en": "Judgment defaulter" },
            "document": { "number": "虚构1号", "issuer": "district.court", "issued_on": "2026-05-08" },
            "history": [{ "on": "2026-05-08", "what": "record.upserted", "detail": {} }],
            "cases": [{ "task": "objection_decision", "id": "O1", "unit": "district.court", "due_on": "2026-05-25", "overdue": true }],
            "measures": [{ "measure": "subsidy-restriction", "version": 4, "effect": "restrict", "matters": ["subsidy.*"],
                "title": { "zh": "限制", "en": "No public funds" }, "state": "pending", "reason": "notice.not-served" }],
        });
        let mut text = String::new();
        push_record(&mut text, &record);
        let order = [
            "record  court.judgment-defaulter 虚构1号",
            "case    objection_decision O1 of district.court, due 2026-05-25, overdue",
            "restrict subsidy-restriction version 4",
            "has not been served",
        ];
        let places: Vec<_> = order.iter().map(|part| text.find(part)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in\n{text}");
    }

    #[test]
    fn a_record_for_the_subject_alone_is_named_and_no_more() {
        let mut text = String::new();
        push_record(&mut text, &json!({ "item": "commitment.made", "disclosure": "subject" }));
        assert!(text.contains("for the subject alone"), "{text}");
        assert!(!text.contains("rule"), "{text}");
    }
}
