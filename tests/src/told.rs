//! Whoever decided on a flag is told when what it rested on is corrected (R10).

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use jiff::ToSpan;
use serde_json::{Value, json};

use crate::event::{Record, Subject};
use crate::process::LOOK;
use crate::register::Register;
use crate::story::{BID, Telling};

/// A decision to restrict, and what it rested on.
pub struct Decided {
    pub id: String,
    pub subject: Subject,
    pub record: Record,
}

/// Lists a subject, serves it, and decides on it.
pub async fn restricted(
    register: &Register,
    telling: Telling,
    subject: &Subject,
    case: &str,
) -> anyhow::Result<Decided> {
    let issued_on = telling.today.saturating_sub(2.days());
    let record = Record::defaulter(&format!("T{case}"), subject, issued_on);
    register.accepted(&record.upserted(1, json!({ "ground": 2 }))).await?;
    let token = register.accepted(&record.served(telling.today.saturating_sub(1.days()))).await?;
    let id = decided(register, subject, &token, case).await?;
    Ok(Decided { id, subject: subject.clone(), record })
}

/// Decides on a subject that is restricted.
pub async fn decided(register: &Register, subject: &Subject, token: &str, case: &str) -> anyhow::Result<String> {
    let mut question = register.question(BID, subject, Some(token))?;
    question["case"] = case.into();
    let answer = register.ask(BID, subject.is_person(), &question).await?;
    ensure!(answer.status == 200 && answer.body["decision"] == "restricted", "{answer:?}");
    Ok(answer.body["decision_id"].as_str().context("no decision_id")?.to_owned())
}

/// Waits until so many corrections of a decision are on record.
pub async fn corrections(
    register: &Register,
    decided: &Decided,
    count: usize,
    within: Duration,
) -> anyhow::Result<Vec<Value>> {
    let deadline = Instant::now() + within;
    loop {
        let record = register.decision(BID, decided.subject.is_person(), &decided.id).await?;
        let told = record["corrections"].as_array().cloned().unwrap_or_default();
        if told.len() >= count {
            return Ok(told);
        }
        ensure!(Instant::now() < deadline, "{count} corrections were to come within {within:?}: {record:#}");
        tokio::time::sleep(LOOK).await;
    }
}

/// A firm and a person are listed, decided on, corrected and withdrawn; the decision's record says so.
pub async fn tell(register: &Register, telling: Telling, within: Duration) -> anyhow::Result<()> {
    for subject in [Subject::firm(telling.first + 900), Subject::person(telling.first + 901)] {
        let case = format!("虚构案{}", telling.first);
        let decided = restricted(register, telling, &subject, &case).await?;
        ensure!(corrections(register, &decided, 0, within).await?.is_empty(), "nothing was corrected yet");
        register.accepted(&decided.record.corrected(2, json!({ "ground": 3 }))).await?;
        register.accepted(&decided.record.withdrawn(3, telling.today)).await?;
        let told = corrections(register, &decided, 2, within).await?;
        let what: Vec<_> = told.iter().map(|one| (&one["happened"], &one["left"], &one["measure"])).collect();
        let expected = [("corrected", "same"), ("withdrawn", "nothing")];
        ensure!(told.len() == 2, "told more than twice: {told:#?}");
        for ((happened, left, measure), (wanted, remains)) in what.iter().zip(expected) {
            ensure!(**happened == wanted && **left == remains && **measure == "procurement-ban", "{told:#?}");
        }
        ensure!(told.iter().all(|one| one["document"] == decided.record.record_id), "the record's document: {told:#?}");
    }
    Ok(())
}
