//! Questions over connections that stay open: at a fixed rate whatever comes back (open loop), or each as soon as the one before
//! is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::Bytes;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

/// Where questions go, and what every answer must say.
pub(super) struct Target {
    /// `host:port`.
    pub(super) address: String,
    pub(super) path: &'static str,
    pub(super) token: String,
    pub(super) bodies: Vec<String>,
    /// A piece of the body of a right answer, as often as there are checks in a call.
    pub(super) decision: String,
    pub(super) per_call: usize,
}

pub(super) struct Load {
    target: Arc<Target>,
    connections: usize,
}

impl Load {
    pub(super) fn new(target: Target, connections: usize) -> Self {
        Self { target: Arc::new(target), connections }
    }

    /// Microseconds from when each question was due to its whole answer.
    pub(super) async fn at_rate(&self, per_second: u32, length: Duration) -> anyhow::Result<Histogram<u64>> {
        let (told, due) = mpsc::unbounded_channel::<(usize, Instant)>();
        let due = Arc::new(Mutex::new(due));
        let mut asking = JoinSet::new();
        for _ in 0..self.connections {
            let (target, due, mut connection) = (Arc::clone(&self.target), Arc::clone(&due), self.connect().await?);
            asking.spawn(async move {
                let mut seen = Histogram::<u64>::new_with_bounds(1, 120_000_000, 3)?;
                loop {
                    let next = due.lock().await.recv().await;
                    let Some((number, at)) = next else { return anyhow::Ok(seen) };
                    target.ask(&mut connection, number).await?;
                    seen.record(u64::try_from(at.elapsed().as_micros())?)?;
                }
            });
        }
        // A thread of its own: a task's timer is good to a millisecond only.
        let pacer = std::thread::spawn(move || {
            let (begin, pause) = (Instant::now(), Duration::from_secs(1) / per_second);
            let count = (length.as_secs_f64() * f64::from(per_second)) as u32;
            for number in 0..count {
                let at = begin + pause * number;
                std::thread::sleep(at.saturating_duration_since(Instant::now()));
                // Nobody listens only when a call has failed.
                let _ = told.send((usize::try_from(number).unwrap_or_default(), at));
            }
        });
        let mut all = Histogram::<u64>::new_with_bounds(1, 120_000_000, 3)?;
        while let Some(seen) = asking.join_next().await {
            all.add(seen??)?;
        }
        pacer.join().map_err(|_| anyhow::anyhow!("the pacer panicked"))?;
        Ok(all)
    }

    /// Calls answered, and the time they took.
    pub(super) async fn as_fast_as_it_can(&self, length: Duration) -> anyhow::Result<(f64, Duration)> {
        let stopping = Arc::new(AtomicBool::new(false));
        let mut asking = JoinSet::new();
        let began = Instant::now();
        for first in 0..self.connections {
            let (target, stopping) = (Arc::clone(&self.target), Arc::clone(&stopping));
            let (mut connection, step) = (self.connect().await?, self.connections);
            asking.spawn(async move {
                let mut count = 0_u64;
                while !stopping.load(Ordering::Relaxed) {
                    target.ask(&mut connection, first + usize::try_from(count)? * step).await?;
                    count += 1;
                }
                anyhow::Ok(count)
            });
        }
        tokio::time::sleep(length).await;
        stopping.store(true, Ordering::Relaxed);
        let mut calls = 0;
        while let Some(count) = asking.join_next().await {
            calls += count??;
        }
        Ok((calls as f64, began.elapsed()))
    }

    async fn connect(&self) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(&self.target.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // Its end is seen by whoever asks next.
        tokio::spawn(connection);
        Ok(sender)
    }
}

impl Target {
    async fn ask(&self, connection: &mut SendRequest<Full<Bytes>>, number: usize) -> anyhow::Result<()> {
        let body = &self.bodies[number % self.bodies.len()];
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.path)
            .header(HOST, &self.address)
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))?;
        connection.ready().await.context("the gate has closed a connection")?;
        let answer = connection.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        let text = std::str::from_utf8(&body)?;
        let right = status.is_success() && text.matches(&self.decision).count() == self.per_call;
        ensure!(right, "not {}: {status} {}", self.decision, text.get(..400).unwrap_or(text));
        Ok(())
    }
}
