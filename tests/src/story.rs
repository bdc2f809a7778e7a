//! The story that a register must tell the same way wherever it runs: in the playground on the log in memory, in the playground on
//! Kafka, and as separate services on Kafka.
//!
//! Everything happens within the few days before `today`; each chapter has subjects of its own, so that a story can be told twice in
//! one register under other numbers. Every check carries the token of the receipt before it.

use anyhow::{Context, ensure};
use jiff::ToSpan;
use jiff::civil::Date;
use schemas::token::Token;
use serde_json::{Value, json};

use crate::event::{Record, Subject};
use crate::register::Register;

pub const SUBSIDY: &str = "subsidy.technology-innovation";
pub const BID: &str = "procurement.bid";
pub const HONOURS: &str = "honours.quality-award";
pub const LICENCE: &str = "licence.food-operation";
pub const INSPECTION: &str = "inspection.routine";
pub const FIRE_INSPECTION: &str = "inspection.fire";

/// What `court.judgment-defaulter` restricts, with the measure that does it.
pub const RESTRICTED: [(&str, &str); 3] =
    [(SUBSIDY, "subsidy-restriction"), (BID, "procurement-ban"), (HONOURS, "honours-restriction")];

/// Rounds of sending and asking at once: enough that an answer from before its token would show.
const ROUNDS: u64 = 40;

/// The numbers of the subjects begin here: those of one telling have their own thousand.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    pub today: Date,
    pub first: u64,
}

impl Telling {
    pub fn new(today: Date, number: u64) -> Self {
        Self { today, first: number * 1_000 }
    }

    fn day(&self, days_ago: i64) -> Date {
        self.today.saturating_sub(days_ago.days())
    }

    fn firm(&self, number: u64) -> Subject {
        Subject::firm(self.first + number)
    }
}

/// All of it but what needs the clock moved.
pub async fn tell(register: &Register, telling: Telling) -> anyhow::Result<()> {
    defaulter(register, telling).await.context("a defaulter is restricted, and free again")?;
    fire(register, telling).await.context("a serious fire penalty supervises")?;
    person(register, telling).await.context("a person has a way to human review")?;
    tokens(register, telling).await.context("no answer is from before its token")?;
    Ok(())
}

/// Asks, and holds the answer to what every answer says.
pub async fn expect(
    register: &Register,
    matter: &str,
    subject: &Subject,
    token: &str,
    decision: &str,
) -> anyhow::Result<Value> {
    let answer = register.check(matter, subject, Some(token)).await?;
    ensure!(answer["decision"] == decision, "{matter} should be {decision}: {answer:#}");
    ensure!(answer.get("reason").is_none(), "an answer that is known has no reason: {answer:#}");
    ensure!(Token::decode(text(&answer["as_of"])?).is_ok(), "as_of is no token: {answer:#}");
    ensure!(answer["staleness_ms"].as_i64().is_some_and(|ms| ms >= 0), "no staleness: {answer:#}");
    ensure!(!text(&answer["catalogue"])?.is_empty() && !text(&answer["decision_id"])?.is_empty(), "{answer:#}");
    let flags = list(&answer["flags"])?;
    ensure!(flags.is_empty() == (decision == "clear"), "{decision} with {} flags: {answer:#}", flags.len());
    Ok(answer)
}

async fn defaulter(register: &Register, telling: Telling) -> anyhow::Result<()> {
    let firm = telling.firm(1);
    let (issued_on, served_on) = (telling.day(2), telling.day(1));
    let court = Record::defaulter(&format!("{}", telling.first + 1), &firm, issued_on);
    let fields = json!({ "ground": 2, "duty": "虚构的给付义务", "performance": "none" });
    let listed = court.upserted(1, fields.clone());

    // Pending: nothing is restricted, nothing is withheld.
    let token = register.accepted(&listed).await?;
    for (matter, _) in RESTRICTED {
        expect(register, matter, &firm, &token, "clear").await?;
    }
    expect(register, LICENCE, &firm, &token, "clear").await?;
    pending(register, &firm).await?;
    let award = Record::award(&format!("{}", telling.first + 1), &firm, served_on);
    let token = register.accepted(&award.upserted(1, json!({ "title": "虚构质量奖", "level": "district" }))).await?;
    let answer = expect(register, LICENCE, &firm, &token, "facilitated").await?;
    ensure!(answer["flags"][0]["measure"] == "licence-fast-lane", "{answer:#}");
    expect(register, SUBSIDY, &firm, &token, "clear").await?;

    // In force from its notice.
    let token = register.accepted(&court.served(served_on)).await?;
    let until = issued_on.saturating_add(2.years()).yesterday()?;
    for (matter, measure) in RESTRICTED {
        let answer = expect(register, matter, &firm, &token, "restricted").await?;
        explained(&answer, measure, &court, served_on, until)?;
    }
    expect(register, LICENCE, &firm, &token, "clear").await?;
    expect(register, INSPECTION, &firm, &token, "clear").await?;
    let before = shown(register, &firm, &token).await?;

    // A repeat, and an older revision that says otherwise, change nothing.
    let token = register.accepted(&listed).await?;
    ensure!(shown(register, &firm, &token).await? == before, "a repeat changed something");
    let corrected = json!({ "ground": 3, "duty": "虚构的给付义务", "performance": "partial", "aggravated": true });
    let token = register.accepted(&court.corrected(3, corrected)).await?;
    let answer = expect(register, BID, &firm, &token, "restricted").await?;
    let longer = issued_on.saturating_add(5.years()).yesterday()?;
    explained(&answer, "procurement-ban", &court, served_on, longer)?;
    let before = shown(register, &firm, &token).await?;
    let mut older = court.corrected(2, fields);
    older["valid"] = json!({ "from": issued_on, "until": issued_on });
    let token = register.accepted(&older).await?;
    ensure!(shown(register, &firm, &token).await? == before, "an older revision changed something");
    let token = register.accepted(&court.served(served_on)).await?;
    ensure!(shown(register, &firm, &token).await? == before, "the notice again changed something");

    // Withdrawn: all of it is gone, and the fast lane is back.
    let token = register.accepted(&court.withdrawn(4, telling.today)).await?;
    for (matter, _) in RESTRICTED {
        expect(register, matter, &firm, &token, "clear").await?;
    }
    expect(register, LICENCE, &firm, &token, "facilitated").await?;
    Ok(())
}

/// A restriction whose notice is not served shows in the lookup as pending.
async fn pending(register: &Register, firm: &Subject) -> anyhow::Result<()> {
    let known = |record: &Value| record["records"].as_array().is_some_and(|records| !records.is_empty());
    let record = register.await_lookup(SUBSIDY, firm, known).await?;
    let measures = list(&record["records"][0]["measures"])?;
    for (_, measure) in RESTRICTED {
        let shown = measures.iter().find(|m| m["measure"] == measure);
        let shown = shown.with_context(|| format!("{measure} does not show in {record:#}"))?;
        ensure!(shown["state"] == "pending", "{measure} is not pending: {shown:#}");
    }
    Ok(())
}

/// What is shown of every matter the firm is asked about: flags with their versions, nothing of the answer's own.
async fn shown(register: &Register, subject: &Subject, token: &str) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    for matter in [SUBSIDY, BID, HONOURS, LICENCE, INSPECTION] {
        let mut answer = register.check(matter, subject, Some(token)).await?;
        ensure!(answer["decision"] != "unknown", "{answer:#}");
        if let Value::Object(members) = &mut answer {
            members.retain(|name, _| matches!(name.as_str(), "decision" | "flags" | "exceptions" | "human_review"));
        }
        all.push(answer);
    }
    Ok(all)
}

/// Why, since when, until when, and how to contest it.
fn explained(answer: &Value, measure: &str, record: &Record, served_on: Date, until: Date) -> anyhow::Result<()> {
    let flag = list(&answer["flags"])?.iter().find(|flag| flag["measure"] == measure);
    let flag = flag.with_context(|| format!("{measure} is not among the flags of {answer:#}"))?;
    let document = json!({ "number": record.record_id, "issuer": record.source, "issued_on": record.issued_on });
    for (member, expected) in [
        ("effect", json!("restrict")),
        ("status", json!("in_force")),
        ("document", document),
        ("since", json!(served_on)),
        ("until", json!(until)),
        ("grounds_total", json!(1)),
    ] {
        ensure!(flag[member] == expected, "{member} should be {expected}: {flag:#}");
    }
    ensure!(flag["notice"]["served_on"] == json!(served_on), "{flag:#}");
    let basis = list(&flag["basis"])?;
    let named = basis.iter().all(|article| text(&article["instrument"]).is_ok() && text(&article["article"]).is_ok());
    ensure!(!basis.is_empty() && named, "no basis: {flag:#}");
    ensure!(list(&flag["grounds"])?.len() == 1, "{flag:#}");
    text(&flag["version"])?;
    text(&flag["remedies"]["object"])?;
    text(&flag["remedies"]["repair"])?;
    Ok(())
}

async fn fire(register: &Register, telling: Telling) -> anyhow::Result<()> {
    let (issued_on, served_on) = (telling.day(2), telling.day(1));
    let firm = telling.firm(2);
    let penalty = Record::fire_penalty(&format!("{}", telling.first + 2), &firm, issued_on);
    let token =
        register.accepted(&penalty.upserted(1, json!({ "severity": "serious", "fine_cny": "20000.00" }))).await?;
    expect(register, INSPECTION, &firm, &token, "clear").await?;
    let token = register.accepted(&penalty.served(served_on)).await?;
    let answer = expect(register, INSPECTION, &firm, &token, "supervised").await?;
    ensure!(answer["flags"][0]["measure"] == "key-supervision", "{answer:#}");
    ensure!(answer["human_review"] == false, "{answer:#}");
    expect(register, HONOURS, &firm, &token, "restricted").await?;
    expect(register, SUBSIDY, &firm, &token, "clear").await?;
    expect(register, BID, &firm, &token, "clear").await?;

    let mild = telling.firm(3);
    let penalty = Record::fire_penalty(&format!("{}", telling.first + 3), &mild, issued_on);
    register.accepted(&penalty.upserted(1, json!({ "severity": "general" }))).await?;
    let token = register.accepted(&penalty.served(served_on)).await?;
    expect(register, INSPECTION, &mild, &token, "clear").await?;
    expect(register, HONOURS, &mild, &token, "clear").await?;
    Ok(())
}

async fn person(register: &Register, telling: Telling) -> anyhow::Result<()> {
    let person = Subject::person(telling.first + 4);
    let court = Record::defaulter(&format!("{}", telling.first + 4), &person, telling.day(2));
    let token = register.accepted(&court.upserted(1, json!({ "ground": 4 }))).await?;
    let answer = expect(register, SUBSIDY, &person, &token, "clear").await?;
    ensure!(answer["human_review"] == false, "{answer:#}");
    let token = register.accepted(&court.served(telling.day(1))).await?;
    let answer = expect(register, SUBSIDY, &person, &token, "restricted").await?;
    ensure!(answer["human_review"] == true, "a person's restriction is nobody's to review: {answer:#}");
    ensure!(!answer.to_string().contains(person.id()), "an answer repeats an identifier");
    Ok(())
}

/// An answer with `at_least` is never from before its token, and says so when it cannot be.
async fn tokens(register: &Register, telling: Telling) -> anyhow::Result<()> {
    let mut token = String::new();
    for number in 100..100 + ROUNDS {
        let firm = telling.firm(number);
        let penalty = Record::fire_penalty(&format!("{}", telling.first + number), &firm, telling.day(2));
        register.accepted(&penalty.upserted(1, json!({ "severity": "serious" }))).await?;
        token = register.accepted(&penalty.served(telling.day(1))).await?;
        expect(register, INSPECTION, &firm, &token, "supervised").await?;
    }

    let firm = telling.firm(100);
    let ask = async |at_least: &str| {
        let mut question = register.question(INSPECTION, &firm, Some(at_least))?;
        question["deadline_ms"] = json!(50);
        register.ask(INSPECTION, false, &question).await
    };
    let mut ahead = Token::decode(&token)?;
    ahead.offsets.iter_mut().for_each(|offset| *offset += 1_000_000);
    let answer = ask(&ahead.encode()).await?;
    ensure!(answer.status == 200 && answer.body["decision"] == "unknown", "{answer:?}");
    ensure!(answer.body["reason"] == "at-least.not-reached" && list(&answer.body["flags"])?.is_empty(), "{answer:?}");

    let foreign = Token { topic_id: "another-log".to_owned(), offsets: ahead.offsets.clone() };
    let answer = ask(&foreign.encode()).await?;
    ensure!((answer.status, answer.code()) == (422, "token.foreign"), "{answer:?}");
    let answer = ask(token.get(..token.len() - 3).unwrap_or_default()).await?;
    ensure!((answer.status, answer.code()) == (422, "token.malformed"), "{answer:?}");
    Ok(())
}

/// For a playground: restrictions end by the clock alone, without any event. Leaves the clock 31 days after `today`.
pub async fn time_ends_it(register: &Register, telling: Telling) -> anyhow::Result<()> {
    let (firm, issued_on) = (telling.firm(5), telling.day(2));
    let last_day = telling.today.saturating_add(30.days());
    let court = Record::defaulter(&format!("{}", telling.first + 5), &firm, issued_on);
    let mut listed = court.upserted(1, json!({ "ground": 2 }));
    listed["valid"] = json!({ "from": issued_on, "until": last_day });
    register.accepted(&listed).await?;
    register.accepted(&court.served(telling.day(1))).await?;
    let award = Record::award(&format!("{}", telling.first + 5), &firm, issued_on);
    let token = register.accepted(&award.upserted(1, json!({ "title": "虚构质量奖" }))).await?;
    for day in [telling.today, last_day] {
        if day != telling.today {
            register.set_clock(day).await?;
        }
        let answer = expect(register, BID, &firm, &token, "restricted").await?;
        ensure!(answer["flags"][0]["until"] == json!(last_day), "{answer:#}");
        expect(register, LICENCE, &firm, &token, "clear").await?;
    }
    register.set_clock(last_day.tomorrow()?).await?;
    for (matter, _) in RESTRICTED {
        expect(register, matter, &firm, &token, "clear").await?;
    }
    expect(register, LICENCE, &firm, &token, "facilitated").await?;
    Ok(())
}

fn list(value: &Value) -> anyhow::Result<&Vec<Value>> {
    value.as_array().with_context(|| format!("no list: {value}"))
}

/// A text that is there and says something.
fn text(value: &Value) -> anyhow::Result<&str> {
    value.as_str().filter(|text| !text.is_empty()).with_context(|| format!("no text: {value}"))
}
