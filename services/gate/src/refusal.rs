//! Every refusal of the gate, each with its status, its stable code and what to do.
//!
//! | code | status | when |
//! |---|---|---|
//! | `catalogue.none` | 503 | no catalogue is active yet |
//! | `matter.unknown` | 422 | the catalogue knows no such matter |
//! | `consumer.missing` | 422 | neither the request nor the credential names a consumer |
//! | `consumer.not-entitled` | 403 | the catalogue does not let the consumer ask about the matter |
//! | `consumer.people-not-entitled` | 403 | the catalogue does not let the consumer ask about people |
//! | `credential.not-entitled` | 403 | the credential does not let its holder ask so (kit) |
//! | `subject.*` | 422 | the identifier is refused (domain) |
//! | `token.malformed`, `token.foreign` | 422 | `at_least` is no token, or one of another log |
//! | `deadline.too-long` | 422 | `deadline_ms` is above 10,000 |
//! | `case.refused` | 422 | `case` is no number of a file, or an identity number |
//! | `batch.too-long` | 422 | more than 1,000 checks or subjects |
//! | `decision.unknown` | 404 | no answer of this id was given to the caller |
//! | `decision.search-ended` | 503 | the decision log was not searched to its end in time |
//! | `decision-log.unavailable` | 503 | a pseudonym of a person could not be put on record |
//! | `watch.full` | 503 | as many clients watch as may |
//!
//! What is wrong with the body itself (`body.*`, `query.invalid`) is kit's. An answer `unknown` is no refusal: its reasons
//! are in [`crate::answer::Reason`].

use axum::http::StatusCode;
use domain::subject::SubjectProblem;
use kit::problem::Problem;

pub(crate) fn no_catalogue() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "catalogue.none", "no catalogue is active")
        .detail("the register has not been given its rules yet; try again after the seconds in Retry-After.")
        .retry_after(5)
}

pub(crate) fn matter_unknown() -> Problem {
    unprocessable("matter.unknown", "no such matter")
        .detail("the catalogue in force knows no matter of this name; send one that it lists.")
        .with("field", "matter")
}

pub(crate) fn consumer_missing() -> Problem {
    unprocessable("consumer.missing", "no consumer is named")
        .detail("name the approval system that asks in the field consumer.")
        .with("field", "consumer")
}

pub(crate) fn consumer_not_entitled() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "consumer.not-entitled", "the consumer is not entitled")
        .detail("the catalogue does not let this consumer ask about this matter; ask the credit centre to extend it.")
        .with("field", "consumer")
}

pub(crate) fn people_not_entitled() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "consumer.people-not-entitled", "not entitled to ask about people")
        .detail("the catalogue does not let this consumer ask about natural persons; ask the credit centre.")
        .with("field", "subject")
}

pub(crate) fn subject(problem: SubjectProblem) -> Problem {
    unprocessable(problem.code, "the subject's identifier is refused").detail(problem.message).with("field", "subject")
}

pub(crate) fn token_malformed() -> Problem {
    unprocessable("token.malformed", "this is no token, or a broken one")
        .detail("send the token exactly as the receipt gave it, or ask without at_least.")
        .with("field", "at_least")
}

pub(crate) fn token_foreign() -> Problem {
    unprocessable("token.foreign", "a token of another log")
        .detail("this token comes from another register, or from before this one was begun anew; ask without at_least.")
        .with("field", "at_least")
}

pub(crate) fn deadline_too_long() -> Problem {
    unprocessable("deadline.too-long", "the deadline is too long")
        .detail("a check waits at most 10000 ms; send less, and ask again when the answer is unknown.")
        .with("field", "deadline_ms")
}

pub(crate) fn case_refused() -> Problem {
    unprocessable("case.refused", "no number of a file")
        .detail("send the file number of the application, at most 200 bytes of text; never an identity number.")
        .with("field", "case")
}

pub(crate) fn too_many(what: &'static str, most: usize) -> Problem {
    unprocessable("batch.too-long", "too many at once")
        .detail(format!("send at most {most} {what} in one call, and the rest in further calls."))
        .with("field", what)
}

pub(crate) fn decision_unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "decision.unknown", "no such decision")
        .detail("no answer of this id was given to you, or it is not in the log yet; use the id as the answer gave it.")
}

pub(crate) fn decision_not_found_in_time() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "decision.search-ended", "not found in time")
        .detail("the decision log was not searched to its end; try again after the seconds in Retry-After.")
        .retry_after(5)
}

pub(crate) fn decision_log_unavailable() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "decision-log.unavailable", "the answer could not be logged")
        .detail(
            "nothing is told of a natural person without a record of it; try again after the seconds in Retry-After.",
        )
        .retry_after(1)
}

pub(crate) fn watchers_full() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "watch.full", "too many watchers")
        .detail("try again after the seconds in Retry-After, or subscribe to the flag topic of the domain.")
        .retry_after(30)
}

fn unprocessable(code: &'static str, title: &'static str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, title)
}
