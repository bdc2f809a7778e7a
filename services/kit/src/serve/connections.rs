//! Connections: accepted up to a number, served as HTTP/1.1, and drained when the process stops.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::guard::{Counted, Traffic};
use super::{Drained, Settings};
use crate::shutdown::Shutdown;

/// The head of a request: far more than a bearer token, a path and a proxy's headers need.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// How long to wait after a failure to accept that will not pass by itself at once (no file descriptors left).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

pub(super) async fn run(
    listener: TcpListener,
    routes: Router,
    settings: &Settings,
    traffic: Traffic,
    shutdown: &Shutdown,
) -> Drained {
    let slots = Arc::new(Semaphore::new(settings.connections_max as usize));
    let head_timeout = settings.head_timeout.get();
    let mut open = JoinSet::new();
    loop {
        // A slot first, then a connection: above the limit, clients wait in the listener's backlog.
        let accepted = tokio::select! {
            biased;
            () = shutdown.triggered() => break,
            accepted = async {
                let slot = Arc::clone(&slots).acquire_owned().await;
                (slot, listener.accept().await)
            } => accepted,
        };
        while open.try_join_next().is_some() {}
        match accepted {
            (Ok(slot), Ok((stream, _))) => {
                let counted = Counted::up(&traffic.connections);
                let connection = connection(stream, routes.clone(), head_timeout, shutdown.clone());
                open.spawn(async move {
                    connection.await;
                    drop((slot, counted));
                });
            }
            (_, Err(fault)) => {
                tracing::warn!(%fault, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            (Err(_), _) => break,
        }
    }
    drop(listener);
    drain(open, shutdown).await
}

async fn connection(stream: TcpStream, routes: Router, head_timeout: Duration, shutdown: Shutdown) {
    // Without it small answers wait for the client's acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.triggered() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(fault) = ended {
        tracing::debug!(%fault, "a connection ended early");
    }
}

async fn drain(mut open: JoinSet<()>, shutdown: &Shutdown) -> Drained {
    while open.try_join_next().is_some() {}
    let rest = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(shutdown.remaining(), rest).await.is_ok() {
        return Drained { cut: 0 };
    }
    let cut = open.len();
    open.shutdown().await;
    tracing::warn!(cut, "connections cut at the deadline");
    Drained { cut }
}
