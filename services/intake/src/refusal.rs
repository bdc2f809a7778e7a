//! Refusals as problem documents: the one place where a code gets its status.

use axum::http::StatusCode;
use domain::problem::{Problem as Fault, code as content};
use kit::problem::Problem;
use serde_json::Value;

use crate::check::Faults;
use crate::code;
use crate::report::Detail;
use crate::sender::Undelivered;

/// When to try again after the log failed: about the time a broker's leader takes to change.
const RETRY_AFTER_SECONDS: u64 = 5;

/// The refusal of a single event.
pub(crate) fn event(event_id: Option<&str>, faults: &Faults) -> Problem {
    let first = &faults.first;
    let (status, title) = match first.code.as_str() {
        content::JSON_MALFORMED | code::ENCODING_INVALID_UTF8 => (StatusCode::BAD_REQUEST, "the event cannot be read"),
        code::EVENT_TOO_LARGE => (StatusCode::PAYLOAD_TOO_LARGE, "the event is too large"),
        code::NOT_ENTITLED => (StatusCode::FORBIDDEN, "not entitled"),
        code::LOG_UNAVAILABLE => (StatusCode::SERVICE_UNAVAILABLE, "the log does not answer"),
        code::LOG_REFUSED | code::INTERNAL => (StatusCode::INTERNAL_SERVER_ERROR, "the event cannot be taken"),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, "the event is refused"),
    };
    let details = faults.further.iter().map(|fault| serde_json::to_value(Detail::from(fault)).unwrap_or(Value::Null));
    let problem = Problem::new(status, first.code.clone(), title)
        .detail(first.message.clone())
        .with("event_id", event_id)
        .with("field", first.field.as_deref())
        .with("details", details.collect::<Vec<Value>>());
    if status == StatusCode::SERVICE_UNAVAILABLE { problem.retry_after(RETRY_AFTER_SECONDS) } else { problem }
}

/// Why an event that is right was not taken, or the refusal of a wrong one is not on record.
pub(crate) fn undelivered(why: Undelivered) -> Fault {
    match why {
        Undelivered::Unavailable => {
            let message = "the log did not acknowledge this in time; send it again later: a repeat changes nothing";
            Fault::new(code::LOG_UNAVAILABLE, "", message)
        }
        Undelivered::Refused => {
            let message = "the log does not take this; its operator has to look, and sending it again does not help";
            Fault::new(code::LOG_REFUSED, "", message)
        }
    }
}

pub(crate) fn no_catalogue() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, content::CATALOGUE_NONE, "no catalogue is in force")
        .detail("nothing can be judged before a catalogue is activated; try again after the seconds in Retry-After.")
        .retry_after(RETRY_AFTER_SECONDS)
}

/// The credential speaks for no department at all.
pub(crate) fn no_department() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, code::NOT_ENTITLED, "not entitled")
        .detail("events are published with a department's credential; ask the credit centre for one.")
}

/// As many batches are being taken as this instance takes at once.
pub(crate) fn batches_full() -> Problem {
    Problem::overloaded()
}
