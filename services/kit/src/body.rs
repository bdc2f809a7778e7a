//! Request bodies and queries: the one place where what cannot be read becomes a problem document.
//!
//! | code | status | when |
//! |---|---|---|
//! | `body.media-type` | 415 | not the media type the route takes |
//! | `body.too-large` | 413 | longer than the route allows |
//! | `body.not-utf8` | 400 | bytes that are no UTF-8, with their position |
//! | `body.malformed` | 400 | no JSON, with line and column |
//! | `body.invalid` | 422 | JSON of another shape: field, and what was expected there |
//! | `body.interrupted` | 400 | the connection ended inside the body |
//! | `query.invalid` | 400 | a query that is missing something or has too much |
//!
//! A message is made of our own words and positions only: a value, an unknown field's name or a map's key that was
//! sent may identify somebody, and is never repeated.

use std::error::Error as _;
use std::fmt::Write as _;

use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_path_to_error::Segment;

use crate::problem::Problem;

/// A body of `application/json`, parsed.
#[derive(Clone, Copy, Debug)]
pub struct JsonBody<T>(pub T);

/// A whole body, whatever it is. The length limit is the server's, or the route's
/// ([`crate::serve::limit_body`]).
#[derive(Clone, Debug)]
pub struct BodyBytes(pub Bytes);

/// The query of the address, parsed.
#[derive(Clone, Copy, Debug)]
pub struct QueryParams<T>(pub T);

/// Why bytes are not the JSON that was asked for. Lines and columns count from one, columns in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    pub code: &'static str,
    pub line: usize,
    pub column: usize,
    /// Where in the document: `subject.scheme`, `checks[3].matter`.
    pub field: Option<String>,
    pub message: String,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        require_media_type(request.headers(), "application/json")?;
        let BodyBytes(bytes) = BodyBytes::from_request(request, state).await?;
        Ok(Self(parse_json(&bytes)?))
    }
}

impl<S: Send + Sync> FromRequest<S> for BodyBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        match request.into_body().collect().await {
            Ok(body) => Ok(Self(body.to_bytes())),
            Err(fault) => Err(interrupted(&fault)),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryParams<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(query)) => Ok(Self(query)),
            Err(_) => Err(Problem::new(StatusCode::BAD_REQUEST, "query.invalid", "the query cannot be read")
                .detail("a parameter is missing, unknown, doubled or of another form; see /openapi.json.")),
        }
    }
}

/// The media type of a request, without parameters, in lower case.
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (media, _) = value.split_once(';').unwrap_or((value, ""));
    Some(media.trim().to_ascii_lowercase())
}

/// Refuses a request whose media type is not `expected` (for `application/json` also `application/…+json`).
pub fn require_media_type(headers: &HeaderMap, expected: &'static str) -> Result<(), Problem> {
    let fits = media_type(headers).is_some_and(|media| {
        let json = expected == "application/json" && media.starts_with("application/") && media.ends_with("+json");
        media == expected || json
    });
    if fits {
        return Ok(());
    }
    Err(unsupported_media_type(expected))
}

/// The problem of a body in another media type than the route takes.
pub fn unsupported_media_type(expected: &str) -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "body.media-type", "media type not taken here")
        .detail(format!("send the body with Content-Type: {expected}."))
}

/// The problem of a body that ended before its end or went over the limit. For routes that read a body as a stream.
pub fn interrupted(fault: &axum::Error) -> Problem {
    if is_too_large(fault) {
        return too_large();
    }
    Problem::new(StatusCode::BAD_REQUEST, "body.interrupted", "the body ended early")
        .detail("the connection ended before the body did; send the request again.")
}

/// The problem of a body that is longer than allowed.
pub fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too-large", "the body is too large")
        .detail("split it: nothing of this request was taken.")
}

fn is_too_large(fault: &axum::Error) -> bool {
    let mut cause = fault.source();
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Parses one JSON document, the whole of `bytes`.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Malformed> {
    if let Err(fault) = std::str::from_utf8(bytes) {
        let (before, _) = bytes.split_at(fault.valid_up_to());
        return Err(Malformed {
            code: "body.not-utf8",
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
            column: 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count(),
            field: None,
            message: "bytes that are no UTF-8: send the document as UTF-8".to_owned(),
        });
    }
    let mut document = serde_json::Deserializer::from_slice(bytes);
    let fault = match serde_path_to_error::deserialize(&mut document) {
        Ok(value) => match document.end() {
            Ok(()) => return Ok(value),
            Err(fault) => judge(&fault, None),
        },
        Err(fault) => judge(fault.inner(), field(fault.path())),
    };
    // A document can be of another shape and, further on, no JSON at all: then it cannot be read.
    let json = serde_json::from_slice::<IgnoredAny>(bytes).map_err(|fault| judge(&fault, None));
    Err(json.err().unwrap_or(fault))
}

fn judge(fault: &serde_json::Error, field: Option<String>) -> Malformed {
    let (code, field, message) = match fault.classify() {
        serde_json::error::Category::Data => ("body.invalid", field, in_our_words(&fault.to_string())),
        serde_json::error::Category::Eof => ("body.malformed", None, "the document ends too early".to_owned()),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
            ("body.malformed", None, "not JSON from here on".to_owned())
        }
    };
    Malformed { code, line: fault.line(), column: fault.column(), field, message }
}

/// What is left of serde's message without what was sent: the expectation, and the names of our own fields.
fn in_our_words(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    if message.starts_with("missing field `") || message.starts_with("duplicate field `") {
        return message.to_owned();
    }
    let (kind, asked) = if message.starts_with("unknown field `") {
        ("a field that is not known here", "known are")
    } else if ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant `"]
        .iter()
        .any(|start| message.starts_with(start))
    {
        ("not the value that is taken here", "expected is")
    } else {
        return "not a value that is taken here".to_owned();
    };
    // What was sent comes before the last ", expected"; what comes after it is ours.
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{kind}; {asked} {}", plainly(expected)),
        None => kind.to_owned(),
    }
}

/// What serde expects, said without the program's own types.
fn plainly(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "a whole number that is not negative",
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "an object",
        structure if structure.starts_with("struct ") => "an object",
        plain => plain,
    }
}

/// The place in the document; keys that do not look like field names of ours are left out.
fn field(path: &serde_path_to_error::Path) -> Option<String> {
    let mut place = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => {
                let _ = write!(place, "[{index}]");
            }
            Segment::Map { key } | Segment::Enum { variant: key } => {
                if !place.is_empty() {
                    place.push('.');
                }
                place.push_str(if is_field_name(key) { key } else { "…" });
            }
            Segment::Unknown => {}
        }
    }
    (!place.is_empty()).then_some(place)
}

fn is_field_name(key: &str) -> bool {
    key.len() <= 40 && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

impl From<Malformed> for Problem {
    fn from(fault: Malformed) -> Self {
        let (status, title) = match fault.code {
            "body.invalid" => (StatusCode::UNPROCESSABLE_ENTITY, "the document has another shape"),
            _ => (StatusCode::BAD_REQUEST, "the body cannot be read"),
        };
        let mut problem = Self::new(status, fault.code, title)
            .detail(format!("line {}, column {}: {}", fault.line, fault.column, fault.message))
            .with("line", fault.line)
            .with("column", fault.column);
        if let Some(field) = fault.field {
            problem = problem.with("field", field);
        }
        problem
    }
}
