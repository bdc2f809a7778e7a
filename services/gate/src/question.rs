//! A check as it was asked: judged once, here. What leaves this module is entitled, well-formed and holds no identifier of a
//! natural person.

use std::time::Duration;

use axum::http::StatusCode;
use domain::catalogue::Catalogue;
use domain::ids::{ConsumerId, MatterId};
use domain::pseudonym::PseudonymKey;
use domain::subject::{Identifier, SubjectKey, SubjectKind, holds_identity_number, partition_of};
use domain::time::Instant;
use kit::credentials::Principal;
use kit::problem::Problem;
use schemas::token::Token;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::refusal;
use crate::settings::DEADLINE_MAX_MS;

/// Longest `case`: what a record's number may have in the domain.
const CASE_BYTES_MAX: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckRequest {
    /// Whom the caller asks for; the credential's own where it is left out.
    consumer: Option<String>,
    matter: String,
    subject: SubjectRequest,
    at_least: Option<String>,
    deadline_ms: Option<u64>,
    case: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubjectRequest {
    scheme: String,
    id: String,
}

/// What judging a question takes.
pub(crate) struct Judge<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) key: &'a PseudonymKey,
    pub(crate) now: Instant,
    /// Id of the events topic, which a token must be of, and its partitions.
    pub(crate) topic_id: &'a str,
    pub(crate) partitions: std::num::NonZeroU16,
    pub(crate) deadline_default: Duration,
}

/// Who asks about what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entitled {
    pub(crate) consumer: ConsumerId,
    pub(crate) matter: MatterId,
    /// May be told about natural persons, by the catalogue and by the credential.
    people: Result<(), Refused>,
}

/// Who does not let a consumer ask about people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    Credential,
    Catalogue,
}

impl Entitled {
    pub(crate) fn people(&self) -> bool {
        self.people.is_ok()
    }

    pub(crate) fn require_people(&self, principal: &Principal) -> Result<(), Problem> {
        match self.people {
            Ok(()) => Ok(()),
            Err(Refused::Credential) => principal.may_ask_about_people(),
            Err(Refused::Catalogue) => Err(refusal::people_not_entitled()),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) consumer: ConsumerId,
    pub(crate) matter: MatterId,
    pub(crate) subject: SubjectKey,
    pub(crate) partition: i32,
    /// The offset of the subject's partition that the answer must not be from before.
    pub(crate) at_least: Option<i64>,
    pub(crate) deadline: Duration,
    pub(crate) case: Option<String>,
}

/// Of whom and in what a question asks: all that the view needs to know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    pub(crate) subject: &'a SubjectKey,
    pub(crate) partition: i32,
    pub(crate) matter: &'a MatterId,
}

impl Question {
    pub(crate) fn about(&self) -> About<'_> {
        About { subject: &self.subject, partition: self.partition, matter: &self.matter }
    }
}

impl Judge<'_> {
    pub(crate) fn question(&self, request: CheckRequest) -> Result<Question, Problem> {
        let entitled = self.entitle(request.consumer.as_deref(), &request.matter)?;
        let subject = self.subject(&entitled, &request.subject)?;
        let partition = partition_of(&subject, self.partitions);
        let at_least = match &request.at_least {
            Some(token) => Some(self.at_least(token, partition)?),
            None => None,
        };
        let deadline = match request.deadline_ms {
            Some(ms) if ms > DEADLINE_MAX_MS => return Err(refusal::deadline_too_long()),
            Some(ms) => Duration::from_millis(ms),
            None => self.deadline_default,
        };
        if request.case.as_deref().is_some_and(|case| !is_case(case)) {
            return Err(refusal::case_refused());
        }
        let Entitled { consumer, matter, .. } = entitled;
        Ok(Question { consumer, matter, subject, partition, at_least, deadline, case: request.case })
    }

    /// Both must let the consumer ask: the credential, and the catalogue in force. The playground's own consumer is entitled
    /// to every matter.
    pub(crate) fn entitle(&self, consumer: Option<&str>, matter: &str) -> Result<Entitled, Problem> {
        let matter = MatterId::new(matter).ok().filter(|matter| self.catalogue.knows_matter(matter));
        let matter = matter.ok_or_else(refusal::matter_unknown)?;
        let consumer = consumer.or(self.principal.consumer()).ok_or_else(refusal::consumer_missing)?;
        self.principal.may_ask(consumer, matter.as_str())?;
        let consumer = ConsumerId::new(consumer).map_err(|_| refusal::consumer_not_entitled())?;
        if self.principal.is_open() && self.principal.consumer() == Some(consumer.as_str()) {
            return Ok(Entitled { consumer, matter, people: Ok(()) });
        }
        let listed = self.catalogue.consumers.get(&consumer);
        let listed = listed.filter(|listed| listed.since <= self.now.day() && listed.may_ask(&matter));
        let listed = listed.ok_or_else(refusal::consumer_not_entitled)?;
        let people = match (self.principal.people(), listed.people) {
            (true, true) => Ok(()),
            (false, _) => Err(Refused::Credential),
            (true, false) => Err(Refused::Catalogue),
        };
        Ok(Entitled { consumer, matter, people })
    }

    /// The key of a subject; its identifier goes no further.
    pub(crate) fn subject(&self, entitled: &Entitled, request: &SubjectRequest) -> Result<SubjectKey, Problem> {
        let confirmed = |code: &str| self.catalogue.confirmed_codes.contains(code);
        let identifier = Identifier::parse(&request.scheme, &request.id, &confirmed).map_err(refusal::subject)?;
        if identifier.kind() == SubjectKind::Person {
            entitled.require_people(self.principal)?;
        }
        Ok(self.key.pseudonymise(&identifier))
    }

    fn at_least(&self, token: &str, partition: i32) -> Result<i64, Problem> {
        let token = Token::decode(token).map_err(|_| refusal::token_malformed())?;
        if token.topic_id != self.topic_id || token.offsets.len() != usize::from(self.partitions.get()) {
            return Err(refusal::token_foreign());
        }
        let offset = usize::try_from(partition).ok().and_then(|at| token.offsets.get(at).copied());
        offset.ok_or_else(refusal::token_foreign)
    }
}

/// A file number goes into the log as it is, so an identity number is not let in.
fn is_case(case: &str) -> bool {
    !case.trim().is_empty()
        && case.len() <= CASE_BYTES_MAX
        && !case.chars().any(char::is_control)
        && Identifier::parse("cn-id", case, &|_| false).is_err()
        && !holds_identity_number(case)
}

/// One element of a list, read by itself, so that a faulty one does not spoil the others.
pub(crate) fn element<T: DeserializeOwned>(text: &RawValue) -> Result<T, Problem> {
    kit::body::parse_json(text.get().as_bytes()).map_err(|fault| {
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, fault.code, "the document has another shape")
            .detail(format!("{}.", fault.message));
        match fault.field {
            Some(field) => problem.with("field", field),
            None => problem,
        }
    })
}
