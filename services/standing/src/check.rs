//! `standing check`: one answer of the gate, readable.

use std::fmt::Write;
use std::io;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::client::{self, Client, block_on};
use crate::stdout;
use crate::subject::Subject;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The approval system that asks, as the catalogue names it (in the playground: playground)
    #[arg(long)]
    consumer: String,
    /// What it decides, such as subsidy.technology-innovation
    #[arg(long)]
    matter: String,
    /// SCHEME:ID, or - to read it from stdin
    #[arg(long)]
    subject: String,
    /// Token of a receipt or of an answer: the answer is not from before it
    #[arg(long, value_name = "TOKEN")]
    at_least: Option<String>,
    /// How long the answer may wait for that, in milliseconds (at most 10000)
    #[arg(long, value_name = "MS", requires = "at_least")]
    deadline_ms: Option<u64>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    client: client::Args,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let subject = Subject::read(&args.subject, io::stdin().lock())?;
    let client = Client::new(&args.client)?;
    let mut question = json!({ "consumer": args.consumer, "matter": args.matter, "subject": subject.json() });
    if let Some(token) = &args.at_least {
        question["at_least"] = token.as_str().into();
    }
    if let Some(deadline) = args.deadline_ms {
        question["deadline_ms"] = deadline.into();
    }
    let answer = block_on(client.ask("/v1/check", &question))?;
    let text = if args.json { format!("{answer:#}\n") } else { readable(&args.matter, &answer) };
    stdout::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// An answer for people; what the register did not say is left out.
pub(crate) fn readable(matter: &str, answer: &Value) -> String {
    let mut text = format!("{matter}: {}", word(answer, "decision"));
    if let Some(reason) = answer["reason"].as_str() {
        let _ = write!(text, " ({reason}: do not decide on this, ask again)");
    }
    text.push('\n');
    for flag in list(answer, "flags") {
        push_flag(&mut text, flag);
    }
    for exception in list(answer, "exceptions") {
        let _ = writeln!(
            text,
            "  excepted by permission {} of {}, until {}",
            word(exception, "permission_id"),
            word(exception, "by"),
            word(exception, "until")
        );
    }
    if answer["human_review"] == Value::Bool(true) {
        let route = answer["human_review_route"]["route"].as_str().unwrap_or("see the measure");
        let _ = writeln!(text, "  a person has to decide: {route}");
    }
    if let Some(staleness) = answer["staleness_ms"].as_i64() {
        let _ = writeln!(text, "as of {staleness} ms ago, decision {}", word(answer, "decision_id"));
    }
    text
}

fn push_flag(text: &mut String, flag: &Value) {
    let title = title(flag);
    let _ = writeln!(text, "  {} {} {title}", word(flag, "effect"), word(flag, "measure"));
    let status = match word(flag, "status") {
        "objection" => ", an objection is open",
        "review" => ", under review",
        _ => "",
    };
    let _ = writeln!(text, "    in force   {}{status}", period(flag));
    if let Some(document) = flag.get("document") {
        let _ = writeln!(text, "    document   {}", document_line(document));
    }
    let _ = writeln!(text, "    basis      {}", basis(flag));
    if let Some(served) = flag["notice"]["served_on"].as_str() {
        let _ = writeln!(text, "    notice     served on {served}");
    }
    let _ = writeln!(text, "    to object  {}", flag["remedies"]["object"].as_str().unwrap_or("-"));
    let _ = writeln!(text, "    to repair  {}", flag["remedies"]["repair"].as_str().unwrap_or("-"));
    push_rating(text, &flag["rating"]);
    let grounds = list(flag, "grounds");
    if !flag["rating"].is_null() {
        return;
    }
    if grounds.len() > 1 || flag["grounds_total"].as_u64().is_some_and(|total| total > 1) {
        let _ = writeln!(text, "    grounds    {} of {}", grounds.len(), flag["grounds_total"]);
        for ground in grounds {
            let _ = writeln!(text, "      {}, {}", document_line(&ground["document"]), period(ground));
        }
    }
}

/// Why a rating brings the flag about: the band, the points by dimension, the records that weigh most.
fn push_rating(text: &mut String, rating: &Value) {
    if rating.is_null() {
        return;
    }
    let band = rating["band_title"]["zh"].as_str().unwrap_or("-");
    let _ = writeln!(text, "    rating     {}: {band}, {} points", title(rating), rating["points"]);
    let _ = writeln!(text, "    criteria   {}", word(rating, "published_at"));
    for sum in list(rating, "dimensions") {
        let _ = writeln!(text, "      {}: {}", title(sum), sum["points"]);
    }
    for point in list(rating, "records") {
        let (item, number) = (word(point, "item"), word(point, "record_id"));
        let _ = writeln!(text, "      {} {item} {number}, {}", point["points"], period(point));
    }
}

pub(crate) fn document_line(document: &Value) -> String {
    format!("{} of {}, issued on {}", word(document, "number"), word(document, "issuer"), word(document, "issued_on"))
}

pub(crate) fn basis(of: &Value) -> String {
    let article = |a: &Value| format!("{} article {}", word(a, "instrument"), word(a, "article"));
    list(of, "basis").iter().map(article).collect::<Vec<_>>().join("; ")
}

/// From when until when, or until what.
pub(crate) fn period(of: &Value) -> String {
    let since = word(of, "since");
    match (of["until"].as_str(), of["until_condition"]["text"].as_str()) {
        (Some(until), _) => format!("from {since} to {until}"),
        (None, Some(condition)) => format!("from {since} until: {condition}"),
        (None, None) => format!("from {since}"),
    }
}

pub(crate) fn title(of: &Value) -> String {
    match (of["title"]["zh"].as_str(), of["title"]["en"].as_str()) {
        (Some(zh), Some(en)) => format!("{zh} ({en})"),
        (zh, en) => zh.or(en).unwrap_or_default().to_owned(),
    }
}

pub(crate) fn word<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or("-")
}

pub(crate) fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restriction_is_shown_with_document_basis_end_and_remedies() {
        let answer = json!({
            "decision": "restricted", "human_review": false, "staleness_ms": 12, "decision_id": "d-1", "exceptions": [],
            "flags": [{ "measure": "subsidy-restriction", "effect": "restrict", "status": "objection",
                "title": { "zh": "限制", "en": "No public funds" },
                "document": { "number": "虚构1号", "issuer": "district.court", "issued_on": "2026-05-08" },
                "basis": [{ "instrument": "law", "article": "66" }], "since": "2026-05-10", "until": "2028-05-07",
                "notice": { "served_on": "2026-05-10" }, "remedies": { "object": "there", "repair": "so" },
                "grounds": [], "grounds_total": 1 }],
        });
        let text = readable("subsidy.rent", &answer);
        for part in [
            "subsidy.rent: restricted",
            "虚构1号 of district.court, issued on 2026-05-08",
            "law article 66",
            "from 2026-05-10 to 2028-05-07, an objection is open",
            "to object  there",
            "to repair  so",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }

    #[test]
    fn an_unknown_answer_says_why_and_what_to_do() {
        let text = readable("subsidy.rent", &json!({ "decision": "unknown", "reason": "view.stale" }));
        assert_eq!(text, "subsidy.rent: unknown (view.stale: do not decide on this, ask again)\n");
    }
}
