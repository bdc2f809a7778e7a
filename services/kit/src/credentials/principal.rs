//! A caller whose credential was taken, and what it may do.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

use crate::problem::Problem;

/// Who a request comes from. A handler takes it as an argument; the server has put it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(Arc<Inner>);

#[derive(Debug, PartialEq, Eq)]
struct Inner {
    name: Arc<str>,
    role: Role,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Department(Arc<str>),
    Consumer {
        consumer: Arc<str>,
        matters: Vec<Matters>,
        people: bool,
    },
    Operations,
    /// Everybody, in the playground; asks for this consumer where a call names none.
    Open(Arc<str>),
}

/// The matters a consumer may ask about: `procurement.bid`, or with `subsidy.*` all below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Matters {
    One(String),
    /// With its last dot: `subsidy.`.
    Below(String),
}

impl Matters {
    /// `None` when the text is no pattern.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, below) = match text.strip_suffix(".*") {
            Some(name) => (name, true),
            None => (text, false),
        };
        let plain = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        if !name.split('.').all(plain) {
            return None;
        }
        Some(if below { Self::Below(format!("{name}.")) } else { Self::One(name.to_owned()) })
    }

    fn cover(&self, matter: &str) -> bool {
        match self {
            Self::One(name) => name == matter,
            Self::Below(prefix) => matter.len() > prefix.len() && matter.starts_with(prefix.as_str()),
        }
    }
}

impl Principal {
    pub(crate) fn new(name: &str, role: Role) -> Self {
        Self(Arc::new(Inner { name: name.into(), role }))
    }

    pub(crate) fn open(consumer: &str) -> Self {
        Self::new("open", Role::Open(consumer.into()))
    }

    /// The entry's name in the credentials file: for logs and rate limits.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn key(&self) -> Arc<str> {
        Arc::clone(&self.0.name)
    }

    /// The department that it speaks for, when it is bound to one.
    pub fn department(&self) -> Option<&str> {
        match &self.0.role {
            Role::Department(department) => Some(department),
            Role::Consumer { .. } | Role::Operations | Role::Open(_) => None,
        }
    }

    /// The consumer that it speaks for where a call names none.
    pub fn consumer(&self) -> Option<&str> {
        match &self.0.role {
            Role::Consumer { consumer, .. } | Role::Open(consumer) => Some(consumer),
            Role::Department(_) | Role::Operations => None,
        }
    }

    /// Whether it may be told about natural persons.
    pub fn people(&self) -> bool {
        match &self.0.role {
            Role::Consumer { people, .. } => *people,
            Role::Open(_) => true,
            Role::Department(_) | Role::Operations => false,
        }
    }

    /// Whether every call is taken: the playground.
    pub fn is_open(&self) -> bool {
        matches!(self.0.role, Role::Open(_))
    }

    /// 403 `credential.not-entitled` unless it may publish for `department`.
    pub fn may_publish(&self, department: &str) -> Result<(), Problem> {
        let may = match &self.0.role {
            Role::Department(own) => own.as_ref() == department,
            Role::Open(_) => true,
            Role::Consumer { .. } | Role::Operations => false,
        };
        entitled(may, "this credential may not publish for the department that the event names as its source.")
    }

    /// 403 `credential.not-entitled` unless it may ask for `consumer` about `matter`.
    pub fn may_ask(&self, consumer: &str, matter: &str) -> Result<(), Problem> {
        let may = match &self.0.role {
            Role::Consumer { consumer: own, matters, .. } => {
                own.as_ref() == consumer && matters.iter().any(|matters| matters.cover(matter))
            }
            Role::Open(_) => true,
            Role::Department(_) | Role::Operations => false,
        };
        entitled(may, "this credential may not ask for this consumer about this matter.")
    }

    /// 403 `credential.not-entitled` unless it may be told about natural persons.
    pub fn may_ask_about_people(&self) -> Result<(), Problem> {
        entitled(self.people(), "this credential may not ask about natural persons.")
    }

    /// 403 `credential.not-entitled` unless it is a credential of operations.
    pub fn may_operate(&self) -> Result<(), Problem> {
        let may = match &self.0.role {
            Role::Operations | Role::Open(_) => true,
            Role::Department(_) | Role::Consumer { .. } => false,
        };
        entitled(may, "this call is for a credential of operations.")
    }
}

fn entitled(may: bool, detail: &'static str) -> Result<(), Problem> {
    if may {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "credential.not-entitled", "not entitled")
        .detail(format!("{detail} Use another credential, or ask the credit centre to extend this one.")))
}

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Problem;

    /// Invariant: the server puts a principal into every request of an API. Where none is, nobody is let in.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!("a route that asks for a principal is served without credentials");
            Problem::internal()
        })
    }
}
