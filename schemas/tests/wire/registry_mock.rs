//! A schema registry of two calls, which misbehaves when told to.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Well,
    /// Answers with HTTP 500.
    Broken,
    /// Answers with HTTP 200 and something else.
    Garbage,
    /// Ends the answer before its announced length.
    Closed,
    /// Refuses every schema as incompatible.
    Refusing,
    /// Wants `standing:fictitious`.
    Guarded,
}

pub(crate) struct Registry {
    pub(crate) url: String,
    shared: Shared,
    _runtime: tokio::runtime::Runtime,
}

type Shared = Arc<Mutex<Inner>>;

struct Inner {
    mode: Mode,
    schemas: Vec<String>,
    subjects: Vec<String>,
    requests: usize,
}

impl Registry {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inner = Inner { mode: Mode::Well, schemas: Vec::new(), subjects: Vec::new(), requests: 0 };
        let shared: Shared = Arc::new(Mutex::new(inner));
        let router = Router::new()
            .route("/schemas/ids/{id}", get(schema))
            .route("/subjects/{subject}/versions", post(register))
            .layer(from_fn_with_state(shared.clone(), misbehave))
            .with_state(shared.clone());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { url, shared, _runtime: runtime }
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.shared.lock().unwrap().mode = mode;
    }

    /// Stores a schema and gives its id.
    pub(crate) fn put(&self, schema: &str) -> u32 {
        self.shared.lock().unwrap().put(schema)
    }

    pub(crate) fn subjects(&self) -> Vec<String> {
        self.shared.lock().unwrap().subjects.clone()
    }

    pub(crate) fn requests(&self) -> usize {
        self.shared.lock().unwrap().requests
    }
}

impl Inner {
    fn put(&mut self, schema: &str) -> u32 {
        let at = self.schemas.iter().position(|known| known == schema).unwrap_or_else(|| {
            self.schemas.push(schema.to_owned());
            self.schemas.len() - 1
        });
        u32::try_from(at).unwrap() + 1
    }
}

async fn misbehave(State(shared): State<Shared>, headers: HeaderMap, request: Request, next: Next) -> Response {
    let mode = {
        let mut inner = shared.lock().unwrap();
        inner.requests += 1;
        inner.mode
    };
    // standing:fictitious in base64.
    let entitled = headers.get("authorization").is_some_and(|of| of == "Basic c3RhbmRpbmc6ZmljdGl0aW91cw==");
    match mode {
        Mode::Well => next.run(request).await,
        Mode::Broken => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Mode::Garbage => "<html>a proxy's greeting</html>".into_response(),
        Mode::Closed => {
            let cut = [Ok("{\"id\":"), Err(std::io::Error::other("closed"))];
            axum::body::Body::from_stream(futures::stream::iter(cut)).into_response()
        }
        Mode::Refusing => {
            let problem = json!({"error_code": 409, "message": "incompatible with an earlier schema"});
            (StatusCode::CONFLICT, Json(problem)).into_response()
        }
        Mode::Guarded if entitled => next.run(request).await,
        Mode::Guarded => StatusCode::UNAUTHORIZED.into_response(),
    }
}

async fn schema(State(shared): State<Shared>, Path(id): Path<usize>) -> Response {
    match shared.lock().unwrap().schemas.get(id.wrapping_sub(1)) {
        Some(schema) => Json(json!({"schema": schema})).into_response(),
        None => {
            let problem = json!({"error_code": 40403, "message": "Schema not found"});
            (StatusCode::NOT_FOUND, Json(problem)).into_response()
        }
    }
}

async fn register(State(shared): State<Shared>, Path(subject): Path<String>, Json(body): Json<Value>) -> Response {
    let mut inner = shared.lock().unwrap();
    inner.subjects.push(subject);
    let id = inner.put(body["schema"].as_str().unwrap());
    Json(json!({"id": id})).into_response()
}
