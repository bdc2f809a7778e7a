//! Whoever decided on a flag is told when what it rested on is corrected (R10).

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use jiff::ToSpan;
use serde_json::{Value, json};

use crate::event::{Record, Subject};
use crate::process::LOOK;
use crate::register::Register;
use crate::story::{BID, FIRE_INSPECTION, Telling};

/// A decision, and the record it rested on.
pub struct Decided {
    pub id: String,
    pub matter: &'static str,
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
    let id = decided(register, BID, subject, &token, "restricted", case).await?;
    Ok(Decided { id, matter: BID, subject: subject.clone(), record })
}

/// Decides on a subject, and gives the decision's id.
async fn decided(
    register: &Register,
    matter: &str,
    subject: &Subject,
    token: &str,
    decision: &str,
    case: &str,
) -> anyhow::Result<String> {
    let mut question = register.question(matter, subject, Some(token))?;
    question["case"] = case.into();
    let answer = register.ask(matter, subject.is_person(), &question).await?;
    ensure!(answer.status == 200 && answer.body["decision"] == decision, "{answer:?}");
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
        // An answer that neither restricts nor is about a person may be given before it is on record.
        let record = register.decision(decided.matter, decided.subject.is_person(), &decided.id).await;
        let told = record.as_ref().ok().and_then(|record| record["corrections"].as_array().cloned());
        match told {
            Some(told) if told.len() >= count => return Ok(told),
            _ => ensure!(Instant::now() < deadline, "{count} corrections were to come within {within:?}: {record:#?}"),
        }
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

/// Whoever inspected less, or more, by a rating is told when a record under it is corrected and withdrawn, and when the notice of a bad
/// rating is taken back.
pub async fn tell_of_ratings(register: &Register, telling: Telling, within: Duration) -> anyhow::Result<()> {
    let (issued_on, served_on) = (telling.today.saturating_sub(2.days()), telling.today.saturating_sub(1.days()));
    let firm = Subject::firm(telling.first + 910);
    let inspected = [0, 1].map(|n| Record::inspection(&format!("{}-{n}", telling.first), &firm, issued_on));
    let mut token = String::new();
    for record in &inspected {
        token = register.accepted(&record.upserted(1, json!({ "result": "pass" }))).await?;
    }
    let case = format!("虚构检查{}", telling.first);
    let id = decided(register, FIRE_INSPECTION, &firm, &token, "facilitated", &case).await?;
    let [first, second] = inspected;
    register.accepted(&first.corrected(2, json!({ "result": "rectified" }))).await?;
    register.accepted(&second.withdrawn(2, telling.today)).await?;
    let (documents, record) = ([first.record_id, second.record_id.clone()], second);
    let fewer = Decided { id, matter: FIRE_INSPECTION, subject: firm, record };
    let told = corrections(register, &fewer, 2, within).await?;
    ensure!(told.len() == 2, "told more than twice: {told:#?}");
    for ((one, document), (happened, left)) in
        told.iter().zip(&documents).zip([("corrected", "changed"), ("withdrawn", "nothing")])
    {
        let right = one["happened"] == happened && one["left"] == left && one["document"] == document.as_str();
        ensure!(right && one["measure"] == "premises-fewer-fire-inspections", "{told:#?}");
    }

    let firm = Subject::firm(telling.first + 911);
    let penalty = Record::fire_penalty(&format!("{}-P", telling.first), &firm, issued_on);
    register.accepted(&penalty.upserted(1, json!({ "severity": "general" }))).await?;
    register.accepted(&penalty.served(served_on)).await?;
    let notice = Record::rating_notice("premises-fire-safety", "two-stars", &firm, served_on);
    let token = register.accepted(&notice.served(served_on)).await?;
    let id = decided(register, FIRE_INSPECTION, &firm, &token, "supervised", &case).await?;
    let objection = json!({ "objection_id": "虚构异议1", "grounds": "虚构的理由", "filed_on": telling.today });
    register.accepted(&notice.event("objection.filed", telling.today, json!({ "fields": objection }))).await?;
    let upheld = json!({ "objection_id": "虚构异议1", "outcome": "upheld", "resolved_on": telling.today });
    let token =
        register.accepted(&notice.event("objection.resolved", telling.today, json!({ "fields": upheld }))).await?;
    let more = Decided { id, matter: FIRE_INSPECTION, subject: firm.clone(), record: notice };
    let told = corrections(register, &more, 1, within).await?;
    let right = told.len() == 1 && told[0]["happened"] == "delisted" && told[0]["left"] == "nothing";
    ensure!(right && told[0]["measure"] == "premises-more-fire-inspections", "{told:#?}");
    ensure!(told[0]["document"] == more.record.record_id.as_str(), "the notice: {told:#?}");
    let answer = register.check(FIRE_INSPECTION, &firm, Some(&token)).await?;
    ensure!(answer["decision"] == "clear", "its notice was taken back: {answer:#}");
    Ok(())
}
