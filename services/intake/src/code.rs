//! Stable codes of intake's own refusals. Those of an event's content are `domain::problem::code` and the `subject.*` codes of
//! `domain::subject`; those of requests as such are kit's. docs/errors.md explains all of them, and a test holds it to that.

/// The bytes are no UTF-8.
pub const ENCODING_INVALID_UTF8: &str = "encoding.invalid-utf8";
/// One event is longer than an event may be.
pub const EVENT_TOO_LARGE: &str = "event.too-large";
/// One event holds more values than any event has.
pub const EVENT_TOO_MANY_VALUES: &str = "event.too-many-values";
/// A batch has more lines than a batch may have.
pub const BATCH_TOO_LONG: &str = "batch.too-long";
/// The body ended inside a batch.
pub const BATCH_INTERRUPTED: &str = "batch.interrupted";
/// The sender does not speak for the department that the event names.
pub const NOT_ENTITLED: &str = "credential.not-entitled";
/// The log did not acknowledge the event.
pub const LOG_UNAVAILABLE: &str = "log.unavailable";
/// The log refused the event for good.
pub const LOG_REFUSED: &str = "log.refused";
/// A fault of this program.
pub const INTERNAL: &str = "internal";

pub const ALL: [&str; 9] = [
    ENCODING_INVALID_UTF8,
    EVENT_TOO_LARGE,
    EVENT_TOO_MANY_VALUES,
    BATCH_TOO_LONG,
    BATCH_INTERRUPTED,
    NOT_ENTITLED,
    LOG_UNAVAILABLE,
    LOG_REFUSED,
    INTERNAL,
];
