//! A register as departments and approval systems see it: its addresses, and the credentials to call it with.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::civil::Date;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use schemas::token::Token;
use serde_json::{Value, json};

use crate::event::Subject;
use crate::process::LOOK;

/// The longest a check may wait for its token: nothing here fails because a machine is busy.
const DEADLINE_MS: u64 = 10_000;
/// The longest it may take until a lookup shows what its transaction wrote.
const SHOWN: Duration = Duration::from_secs(60);
/// The longest a call may take.
const CALL: Duration = Duration::from_secs(120);

/// Where each API is: three processes, or one.
#[derive(Clone, Debug)]
pub struct Addresses {
    pub intake: String,
    pub profile: String,
    pub gate: String,
}

/// An approval system with the matters that are its own.
#[derive(Clone, Debug)]
pub struct Consumer {
    pub id: &'static str,
    /// A matter, or with `subsidy.*` all below it.
    pub matters: &'static [&'static str],
    pub people: bool,
    pub token: String,
}

impl Consumer {
    fn may_ask(&self, matter: &str) -> bool {
        self.matters.iter().any(|own| match own.strip_suffix('*') {
            Some(prefix) => matter.starts_with(prefix),
            None => *own == matter,
        })
    }
}

/// Whom calls are made for.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// The playground's: none is asked for, and the consumer is `playground`.
    Open,
    /// Tokens by department, and the consumers.
    Tokens { departments: BTreeMap<&'static str, String>, consumers: Vec<Consumer> },
}

/// What a call came to.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// The stable code of a problem document.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    fn expect(self, status: u16) -> anyhow::Result<Value> {
        ensure!(self.status == status, "expected {status}, got {}: {:#}", self.status, self.body);
        Ok(self.body)
    }
}

/// Calls to a running register.
#[derive(Clone)]
pub struct Register {
    http: reqwest::Client,
    pub addresses: Addresses,
    pub credentials: Credentials,
}

impl Register {
    /// A playground.
    pub fn open(base: &str) -> anyhow::Result<Self> {
        let base = base.to_owned();
        Self::new(Addresses { intake: base.clone(), profile: base.clone(), gate: base }, Credentials::Open)
    }

    pub fn new(addresses: Addresses, credentials: Credentials) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(CALL).build()?;
        Ok(Self { http, addresses, credentials })
    }

    pub async fn post(
        &self,
        url: &str,
        token: Option<&str>,
        content_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> anyhow::Result<Answer> {
        let mut request = self.http.post(url).header(CONTENT_TYPE, content_type).body(body);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        answer(request.send().await.with_context(|| format!("POST {url}"))?).await
    }

    pub async fn get(&self, url: &str, token: Option<&str>) -> anyhow::Result<Answer> {
        let mut request = self.http.get(url);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        answer(request.send().await.with_context(|| format!("GET {url}"))?).await
    }

    fn department_token(&self, department: &str) -> anyhow::Result<Option<&str>> {
        match &self.credentials {
            Credentials::Open => Ok(None),
            Credentials::Tokens { departments, .. } => {
                let token = departments.get(department);
                Ok(Some(token.with_context(|| format!("no credential of {department} in this test"))?))
            }
        }
    }

    /// Who may ask about a matter, and with which token.
    fn consumer(&self, matter: &str, people: bool) -> anyhow::Result<(&str, Option<&str>)> {
        match &self.credentials {
            Credentials::Open => Ok(("playground", None)),
            Credentials::Tokens { consumers, .. } => {
                let consumer = consumers.iter().find(|c| c.may_ask(matter) && (c.people || !people));
                let consumer = consumer.with_context(|| format!("no consumer of {matter} in this test"))?;
                Ok((consumer.id, Some(&consumer.token)))
            }
        }
    }

    /// The token of who may ask about a matter.
    pub fn token_for(&self, matter: &str) -> anyhow::Result<&str> {
        self.consumer(matter, false)?.1.context("no token is asked for here")
    }

    /// Sends one event with its source's credential.
    pub async fn submit(&self, event: &Value) -> anyhow::Result<Answer> {
        let source = event["source"].as_str().unwrap_or_default();
        let token = self.department_token(source)?;
        let url = format!("{}/v1/events", self.addresses.intake);
        self.post(&url, token, "application/json", event.to_string()).await
    }

    /// Sends one event that must be taken, and gives its receipt's token.
    pub async fn accepted(&self, event: &Value) -> anyhow::Result<String> {
        let receipt = self.submit(event).await?.expect(202).with_context(|| format!("sent {event}"))?;
        ensure!(receipt["status"] == "accepted", "{receipt}");
        ensure!(receipt["event_id"] == event["event_id"], "the receipt names another event: {receipt}");
        Ok(receipt["token"].as_str().with_context(|| format!("a receipt without token: {receipt}"))?.to_owned())
    }

    /// Sends lines of one department; always 202.
    pub async fn submit_lines(&self, department: &str, lines: impl Into<reqwest::Body>) -> anyhow::Result<Value> {
        let token = self.department_token(department)?;
        let url = format!("{}/v1/events", self.addresses.intake);
        self.post(&url, token, "application/x-ndjson", lines).await?.expect(202)
    }

    /// Sends batches of lines of one department, so many requests at once. All must be taken; gives a token for all of them.
    pub async fn submit_batches(
        &self,
        department: &str,
        batches: impl IntoIterator<Item = Vec<u8>>,
        at_once: usize,
    ) -> anyhow::Result<String> {
        let sent = stream::iter(batches).map(|lines| async move {
            let report = self.submit_lines(department, lines).await?;
            ensure!(report["rejected"] == 0, "refused: {}", report["problems"][0]);
            Ok(Token::decode(report["receipts"][0]["token"].as_str().context("no token")?)?)
        });
        let mut sent = pin!(sent.buffer_unordered(at_once));
        let mut all = sent.try_next().await?.context("nothing was sent")?;
        while let Some(token) = sent.try_next().await? {
            all.offsets.iter_mut().zip(token.offsets).for_each(|(all, one)| *all = one.max(*all));
        }
        Ok(all.encode())
    }

    /// Sends events of one department that must all be taken, and gives the batch's token.
    pub async fn accepted_all(&self, department: &str, events: &[Value]) -> anyhow::Result<String> {
        let lines: Vec<String> = events.iter().map(Value::to_string).collect();
        let report = self.submit_lines(department, lines.join("\n")).await?;
        ensure!(report["accepted"] == events.len() && report["rejected"] == 0, "refused: {:#}", report["problems"]);
        let token = report["receipts"][0]["token"].as_str();
        Ok(token.with_context(|| format!("receipts without token: {}", report["receipts"][0]))?.to_owned())
    }

    /// The body of a check.
    pub fn question(&self, matter: &str, subject: &Subject, at_least: Option<&str>) -> anyhow::Result<Value> {
        let (consumer, _) = self.consumer(matter, subject.is_person())?;
        let mut question = json!({ "consumer": consumer, "matter": matter, "subject": subject.identity() });
        if let Some(token) = at_least {
            question["at_least"] = token.into();
            question["deadline_ms"] = DEADLINE_MS.into();
        }
        Ok(question)
    }

    /// One check, with the credential of who may ask; 200 or not.
    pub async fn ask(&self, matter: &str, person: bool, question: &Value) -> anyhow::Result<Answer> {
        let (_, token) = self.consumer(matter, person)?;
        let url = format!("{}/v1/check", self.addresses.gate);
        self.post(&url, token, "application/json", question.to_string()).await
    }

    /// One check that must be answered.
    pub async fn check(&self, matter: &str, subject: &Subject, at_least: Option<&str>) -> anyhow::Result<Value> {
        let question = self.question(matter, subject, at_least)?;
        self.ask(matter, subject.is_person(), &question).await?.expect(200)
    }

    /// An answer given before, as it is on record, with the credential of who may ask about the matter.
    pub async fn decision(&self, matter: &str, person: bool, id: &str) -> anyhow::Result<Value> {
        let (_, token) = self.consumer(matter, person)?;
        self.get(&format!("{}/v1/decisions/{id}", self.addresses.gate), token).await?.expect(200)
    }

    /// Asks until the answer is as it should be; for what no token stands for.
    pub async fn await_decision(
        &self,
        matter: &str,
        subject: &Subject,
        decision: &str,
        within: Duration,
    ) -> anyhow::Result<Value> {
        let deadline = Instant::now() + within;
        loop {
            let answer = self.check(matter, subject, None).await?;
            if answer["decision"] == decision {
                return Ok(answer);
            }
            if Instant::now() >= deadline {
                bail!("{matter} was not {decision} within {within:?}, but: {answer:#}");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Decisions on one matter for many subjects, in their order: one call for each thousand.
    pub async fn decisions(
        &self,
        matter: &str,
        subjects: &[Subject],
        at_least: Option<&str>,
    ) -> anyhow::Result<Vec<String>> {
        let (_, token) = self.consumer(matter, subjects.iter().any(Subject::is_person))?;
        let url = format!("{}/v1/check/batch", self.addresses.gate);
        let mut decisions = Vec::with_capacity(subjects.len());
        for some in subjects.chunks(1_000) {
            let checks: Result<Vec<Value>, _> = some.iter().map(|s| self.question(matter, s, at_least)).collect();
            let body = json!({ "checks": checks? }).to_string();
            let answer = self.post(&url, token, "application/json", body).await?.expect(200)?;
            let answers = answer["answers"].as_array().context("no answers")?;
            ensure!(answers.len() == some.len(), "{} answers to {} checks", answers.len(), some.len());
            for answer in answers {
                let decision = answer["decision"].as_str().with_context(|| format!("no decision: {answer}"))?;
                decisions.push(decision.to_owned());
            }
        }
        Ok(decisions)
    }

    /// The record of a subject, looked up until it is as it should be: the state that lookups read is written a moment after its
    /// transaction is committed, and there is no token for it. A partition that moves from one consumer to another answers 503
    /// meanwhile, and is asked again.
    pub async fn await_lookup(
        &self,
        matter: &str,
        subject: &Subject,
        right: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let deadline = Instant::now() + SHOWN;
        loop {
            let answer = self.ask_for_record(matter, subject).await?;
            let moves = answer.code() == "view.not-ready";
            let shown = if moves { answer.body } else { answer.expect(200)? };
            if !moves && right(&shown) {
                return Ok(shown);
            }
            ensure!(Instant::now() < deadline, "not as it should be within {SHOWN:?}: {shown:#}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The record of a subject.
    pub async fn lookup(&self, matter: &str, subject: &Subject) -> anyhow::Result<Value> {
        self.ask_for_record(matter, subject).await?.expect(200)
    }

    async fn ask_for_record(&self, matter: &str, subject: &Subject) -> anyhow::Result<Answer> {
        let (consumer, token) = self.consumer(matter, subject.is_person())?;
        let question = json!({ "consumer": consumer, "matter": matter, "subject": subject.identity() });
        let url = format!("{}/v1/subjects/lookup", self.addresses.profile);
        self.post(&url, token, "application/json", question.to_string()).await
    }

    /// Every open case that a department may see of those asked for, page by page.
    pub async fn cases(&self, department: &str, question: &Value) -> anyhow::Result<Vec<Value>> {
        let token = self.department_token(department)?;
        let url = format!("{}/v1/cases", self.addresses.profile);
        let (mut cases, mut page) = (Vec::new(), question.clone());
        loop {
            let mut answer = self.post(&url, token, "application/json", page.to_string()).await?.expect(200)?;
            cases.append(answer["cases"].as_array_mut().context("no cases")?);
            page["after"] = answer["next"].take();
            if page["after"].is_null() {
                return Ok(cases);
            }
        }
    }

    /// Moves a playground's clock to noon of a day.
    pub async fn set_clock(&self, to: Date) -> anyhow::Result<()> {
        let url = format!("{}/playground/clock", self.addresses.gate);
        self.post(&url, None, "application/json", json!({ "to": to }).to_string()).await?.expect(200)?;
        Ok(())
    }
}

async fn answer(response: reqwest::Response) -> anyhow::Result<Answer> {
    let status = response.status().as_u16();
    let body = response.bytes().await?;
    // Metrics and other plain texts are kept as a text.
    let body = serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into());
    Ok(Answer { status, body })
}
