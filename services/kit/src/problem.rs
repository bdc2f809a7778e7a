//! Problem documents (RFC 9457): how every refusal looks on the wire.
//!
//! `{"type", "title", "status", "detail", "code", …}` as `application/problem+json`. `code` is stable and is what a
//! client decides by; `title` belongs to the code, `detail` to the occurrence and says what to do. A problem never
//! repeats what was sent: no payload, no identifier, no token.

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

/// A refusal on its way out. Boxed, because it travels in `Result`s.
#[derive(Clone, Debug)]
pub struct Problem(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    status: StatusCode,
    code: Cow<'static, str>,
    title: Cow<'static, str>,
    detail: Option<Cow<'static, str>>,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, title: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            status,
            code: code.into(),
            title: title.into(),
            detail: None,
            members: Map::new(),
            headers: Vec::new(),
        }))
    }

    /// What is the matter with this request, and what to do about it.
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// An extension member: `field`, `details`, `reasons`. The five standard members keep their own values.
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(member.to_owned(), value.into());
        self
    }

    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Tells the client when to try again.
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    pub fn code(&self) -> &str {
        &self.0.code
    }

    pub fn title(&self) -> &str {
        &self.0.title
    }

    pub fn detail_text(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The document itself, for answers that carry several.
    pub fn to_json(&self) -> Value {
        let mut document = self.0.members.clone();
        document.insert("type".to_owned(), format!("urn:standing:problem:{}", self.0.code).into());
        document.insert("title".to_owned(), self.0.title.as_ref().into());
        document.insert("status".to_owned(), self.0.status.as_u16().into());
        document.insert("code".to_owned(), self.0.code.as_ref().into());
        document.remove("detail");
        if let Some(detail) = &self.0.detail {
            document.insert("detail".to_owned(), detail.as_ref().into());
        }
        Value::Object(document)
    }

    /// A bug of ours. The cause belongs into the log, not into the answer.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "internal error")
            .detail("this is a fault of the service; it is logged. Try again, and report it if it stays.")
    }

    pub fn route_unknown() -> Self {
        Self::new(StatusCode::NOT_FOUND, "route.unknown", "no such resource")
            .detail("nothing is served at this path; /openapi.json lists what is.")
    }

    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method.not-allowed", "method not allowed")
            .detail("this path is served for another method; see the Allow header.")
    }

    /// The service has as much to do as it allows itself.
    pub fn overloaded() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "too many requests at once")
            .detail("nothing was done; send the request again after the seconds in Retry-After.")
            .retry_after(1)
    }

    pub fn timed_out() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "request.timeout", "not answered in time")
            .detail("the request was given up; whether it took effect is unknown, and repeating it is safe.")
            .retry_after(1)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = self.to_json().to_string();
        let mut response = (self.0.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        for (name, value) in self.0.headers {
            headers.append(name, value);
        }
        response
    }
}
