//! Asks the gate all the time about subjects whose standing is known and does not change: whatever happens, an answer is the right one
//! or `unknown` with its reason.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::ensure;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

use super::load::{Numbers, PATIENCE, defaulter, deliver, listed, served};
use crate::event::{Record, Subject};
use crate::register::Register;
use crate::story::{BID, RESTRICTED, SUBSIDY};

const PAUSE: Duration = Duration::from_millis(10);
const FIRMS: u64 = 12;

/// What the answers were.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    pub right: u64,
    /// By reason.
    pub unknown: BTreeMap<String, u64>,
    /// Calls that got no answer: the gate was down, or overloaded.
    pub none: u64,
    pub wrong: Vec<String>,
}

struct Known {
    matter: &'static str,
    person: bool,
    question: Value,
    decision: &'static str,
}

pub(super) struct Watch {
    answers: Arc<Mutex<Answers>>,
    stopping: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

impl Watch {
    /// Lists half of the subjects, waits until that is known, and begins to ask.
    pub(super) async fn start(register: Register, numbers: &Numbers, today: Date) -> anyhow::Result<Self> {
        let mut known = Vec::new();
        let mut events = Vec::new();
        let mut add = |subject: &Subject, decision| -> anyhow::Result<()> {
            let matters = RESTRICTED.iter().map(|(matter, _)| *matter);
            for matter in matters.filter(|matter| !subject.is_person() || [SUBSIDY, BID].contains(matter)) {
                let question = register.question(matter, subject, None)?;
                known.push(Known { matter, person: subject.is_person(), question, decision });
            }
            Ok(())
        };
        for _ in 0..FIRMS {
            let record = defaulter(numbers.next(), today);
            events.extend([listed(&record), served(&record, today)]);
            add(&record.subject, "restricted")?;
            add(&Subject::firm(numbers.next()), "clear")?;
        }
        let person = Subject::person(numbers.next());
        let of_person = Record::defaulter("P-1", &person, today.saturating_sub(2.days()));
        events.extend([listed(&of_person), served(&of_person, today)]);
        add(&person, "restricted")?;
        add(&Subject::person(numbers.next()), "clear")?;
        let token = deliver(&register, &events).await?;
        let deadline = Instant::now() + PATIENCE;
        for known in &known {
            let mut question = known.question.clone();
            question["at_least"] = token.as_str().into();
            question["deadline_ms"] = 10_000.into();
            loop {
                let answer = register.ask(known.matter, known.person, &question).await?;
                if answer.body["decision"] == known.decision {
                    break;
                }
                let waits = answer.body["decision"] == "unknown" && Instant::now() < deadline;
                ensure!(waits, "before any fault: {:#}", answer.body);
                tokio::time::sleep(PAUSE).await;
            }
        }
        let (answers, stopping) = (Arc::new(Mutex::new(Answers::default())), Arc::new(AtomicBool::new(false)));
        let (noting, stop) = (Arc::clone(&answers), Arc::clone(&stopping));
        let task = tokio::spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                for known in &known {
                    let answer = register.ask(known.matter, known.person, &known.question).await;
                    noting.lock().unwrap_or_else(PoisonError::into_inner).note(known, answer);
                    tokio::time::sleep(PAUSE).await;
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                }
            }
        });
        Ok(Self { answers, stopping, task })
    }

    /// How many answers were wrong so far.
    pub(super) fn wrong(&self) -> usize {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).wrong.len()
    }

    pub(super) async fn stop(self) -> anyhow::Result<Answers> {
        self.stopping.store(true, Ordering::SeqCst);
        self.task.await?;
        Ok(self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl Answers {
    fn note(&mut self, known: &Known, answer: anyhow::Result<crate::register::Answer>) {
        let body = match answer {
            Ok(answer) if answer.status == 200 => answer.body,
            Ok(_) | Err(_) => {
                self.none += 1;
                return;
            }
        };
        match (body["decision"].as_str(), body["reason"].as_str()) {
            (Some("unknown"), Some(reason)) => *self.unknown.entry(reason.to_owned()).or_default() += 1,
            (Some(decision), None) if decision == known.decision => self.right += 1,
            (_, _) => self.wrong.push(format!("{} should be {}: {body}", known.matter, known.decision)),
        }
    }
}
