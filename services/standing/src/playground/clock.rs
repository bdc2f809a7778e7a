//! `POST /playground/clock`: moves the clock forward and answers when every view has followed.

use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::event::Control;
use domain::time::Instant;
use kit::body::JsonBody;
use kit::problem::Problem;
use serde::Deserialize;
use serde_json::{Value, json};
use stream::log::{Isolation, LogError, Topic, TopicPartition};
use stream::runtime::Handle;

use super::{District, instant};
use crate::activation::Register;

/// How long the views may take: an expiry wave of a whole district passes within it.
const VIEWS_WAIT: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(5);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    to: String,
}

fn unprocessable(code: &'static str, detail: &'static str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, "The clock was not moved").detail(detail).with("field", "to")
}

/// This route's part of the OpenAPI document.
pub(super) fn openapi() -> Value {
    let instant = json!({
        "type": "object", "required": ["to"], "additionalProperties": false,
        "properties": { "to": { "type": "string", "description": "2026-05-08, or 2026-05-08T10:00:00+08:00" } },
    });
    let moved = json!({ "type": "object", "required": ["now"], "properties": { "now": { "type": "string" } } });
    json!({ "/playground/clock": { "post": {
        "operationId": "setClock",
        "summary": "Moves the playground's clock forward; answers when every view has followed",
        "requestBody": { "required": true, "content": { "application/json": { "schema": instant } } },
        "responses": {
            "200": { "description": "The present", "content": { "application/json": { "schema": moved } } },
            "422": { "description": "No instant, or one that has passed" },
            "504": { "description": "Not every view has followed yet" },
        },
    } } })
}

pub(super) async fn set(
    State(district): State<Weak<District>>,
    JsonBody(request): JsonBody<Request>,
) -> Result<Json<Value>, Problem> {
    let Some(district) = district.upgrade() else {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", "The playground is stopping"));
    };
    let to = instant(&request.to).ok_or_else(|| {
        unprocessable("date.invalid", "a date like 2026-05-08, or an instant like 2026-05-08T10:00:00+08:00")
    })?;
    district
        .parts
        .clock
        .advance_to(to.ms())
        .map_err(|_| unprocessable("clock.backward", "the clock only moves forward"))?;
    district.advance_time().await.map_err(|error| {
        tracing::error!(%error, "time could not be advanced");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "log.unavailable", "The log did not take the time").retry_after(1)
    })?;
    let followed = async {
        district.settled().await;
        district.parts.readiness.ready().await;
    };
    if tokio::time::timeout(VIEWS_WAIT, followed).await.is_err() {
        let detail = "the clock has moved, but not every view has followed yet";
        return Err(Problem::new(StatusCode::GATEWAY_TIMEOUT, "view.behind", "Still catching up").detail(detail));
    }
    Ok(Json(json!({ "now": Instant::from_ms(district.parts.clock.now_ms()).to_string() })))
}

impl District {
    /// One `TimeAdvanced` to every partition.
    async fn advance_time(&self) -> anyhow::Result<()> {
        let parts = &self.parts;
        let register = Register {
            log: Arc::clone(&parts.log),
            topics: Arc::clone(&parts.topics),
            codec: parts.codec.as_ref().clone(),
            now_ms: parts.clock.now_ms(),
        };
        let producer = parts.log.producer()?;
        let mut reports = Vec::new();
        for partition in 0..i32::from(parts.topics.partitions().get()) {
            reports.push(producer.send(register.control(partition, Control::TimeAdvanced)?)?);
        }
        for report in reports {
            report.await?;
        }
        Ok(())
    }

    /// Ends when what stands in the log has reached every view: the fold (what it appended itself included), the domains' topics,
    /// the gate.
    pub(super) async fn settled(&self) {
        let topics = &self.parts.topics;
        loop {
            let events = self.ends(topics.events());
            if let Ok(events) = &events
                && reached(self.profile.runtime(), topics.events(), events)
                && self.ends(topics.events()).is_ok_and(|again| again == *events)
                && let Ok(flags) = self.ends(topics.flags())
                && self.flags_reach(&flags).await
                && self.gate.has_seen(events)
            {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The domains' topics follow within a commit; marks go on meanwhile, so the goal is fixed first.
    async fn flags_reach(&self, goal: &[i64]) -> bool {
        for _ in 0..200 {
            if reached(self.flags.runtime(), self.parts.topics.flags(), goal) {
                return true;
            }
            tokio::time::sleep(LOOK).await;
        }
        false
    }

    /// Per partition the offset after its last stable record.
    fn ends(&self, topic: &Topic) -> Result<Vec<i64>, LogError> {
        let partitions = 0..i32::from(self.parts.topics.partitions().get());
        partitions
            .map(|number| {
                let of = TopicPartition::new(Arc::clone(topic), number);
                Ok(self.parts.log.watermarks(&of, Isolation::ReadCommitted)?.high)
            })
            .collect()
    }
}

fn reached(runtime: &Handle, topic: &Topic, goal: &[i64]) -> bool {
    let status = runtime.status();
    goal.iter().enumerate().all(|(number, goal)| {
        let of = TopicPartition::new(Arc::clone(topic), i32::try_from(number).unwrap_or(i32::MAX));
        status.partition(&of).is_some_and(|p| p.next_offset >= *goal)
    })
}
