//! What stands between the register and its broker: passes bytes on, and can hold back or lose what ends transactions, cut every
//! connection, and let none through.
//!
//! Kafka's frames are a length of four bytes and that many more. A request begins with its API key and version (two bytes each) and
//! its correlation id (four bytes), which its response begins with.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// API key of the request that commits or aborts a transaction.
const END_TXN: i16 = 26;
/// Longer than any frame between a register and its broker.
const FRAME_MAX: usize = 64 << 20;

const STRAY_LINGER: Duration = Duration::from_secs(1);

/// What happens to the next requests that end a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// They reach the broker this much later.
    Request(Duration),
    /// Their answers come this much later.
    Response(Duration),
    /// The broker does as it is told, and the connection ends instead of the answer.
    Lose,
    /// The connection ends, and the request reaches the broker this much later all the same.
    Stray(Duration),
}

struct Shared {
    broker: String,
    hold: Mutex<Hold>,
    /// How many requests are still to be treated so.
    left: AtomicU32,
    held: AtomicU64,
    refusing: AtomicBool,
    cuts: watch::Sender<u64>,
}

/// Runs until dropped.
pub(super) struct Proxy {
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// Listens on a port of the loopback address, for a broker that may not run yet.
    pub(super) async fn start(port: u16, broker: String) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.context("the proxy cannot listen")?;
        let shared = Arc::new(Shared {
            broker,
            hold: Mutex::new(Hold::Lose),
            left: AtomicU32::new(0),
            held: AtomicU64::new(0),
            refusing: AtomicBool::new(false),
            cuts: watch::channel(0).0,
        });
        let accepting = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if !accepting.refusing.load(Ordering::SeqCst) {
                    tokio::spawn(connection(client, Arc::clone(&accepting)));
                }
            }
        });
        Ok(Self { shared, task })
    }

    /// Treats the next `count` requests that end a transaction so.
    pub(super) fn hold(&self, hold: Hold, count: u32) {
        *self.shared.hold.lock().unwrap_or_else(PoisonError::into_inner) = hold;
        self.shared.left.store(count, Ordering::SeqCst);
    }

    /// Requests held so far.
    pub(super) fn held(&self) -> u64 {
        self.shared.held.load(Ordering::SeqCst)
    }

    /// Passes everything on again.
    pub(super) fn pass(&self) {
        self.shared.left.store(0, Ordering::SeqCst);
        self.shared.refusing.store(false, Ordering::SeqCst);
    }

    /// Ends every connection at once.
    pub(super) fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Lets nobody through until [`Proxy::pass`].
    pub(super) fn refuse(&self) {
        self.shared.refusing.store(true, Ordering::SeqCst);
        self.cut();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.cut();
    }
}

impl Shared {
    /// Whether this request is one of those to be held, and how.
    fn take(&self, frame: &[u8]) -> Option<Hold> {
        if frame.get(..2) != Some(&END_TXN.to_be_bytes()) {
            return None;
        }
        let one_less = |left: u32| left.checked_sub(1);
        self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).ok()?;
        self.held.fetch_add(1, Ordering::SeqCst);
        Some(*self.hold.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Answers of one connection that are not passed on at once, by their correlation ids.
#[derive(Default)]
struct Answers {
    late: BTreeSet<[u8; 4]>,
    lost: BTreeSet<[u8; 4]>,
    by: Duration,
}

async fn connection(client: TcpStream, shared: Arc<Shared>) {
    let mut cuts = shared.cuts.subscribe();
    cuts.mark_unchanged();
    let Ok(broker) = TcpStream::connect(&shared.broker).await else { return };
    // Small requests and answers go at once, as both ends would send them.
    let _ = (client.set_nodelay(true), broker.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_broker, to_broker) = broker.into_split();
    let answers = Arc::new(Mutex::new(Answers::default()));
    // Whichever ends first ends the connection: dropping the other closes both sockets.
    tokio::select! {
        _ = requests(from_client, to_broker, &shared, &answers) => {}
        _ = responses(from_broker, to_client, &answers) => {}
        _ = cuts.changed() => {}
    }
}

/// One frame with its length; an error at the end of the stream.
async fn frame(from: &mut OwnedReadHalf, frame: &mut Vec<u8>) -> std::io::Result<()> {
    let length = from.read_u32().await?;
    let size = usize::try_from(length).ok().filter(|size| *size <= FRAME_MAX);
    let size = size.ok_or_else(|| std::io::Error::other("no frame of Kafka's"))?;
    frame.clear();
    frame.extend_from_slice(&length.to_be_bytes());
    frame.resize(4 + size, 0);
    from.read_exact(&mut frame[4..]).await?;
    Ok(())
}

fn correlation(bytes: &[u8]) -> Option<[u8; 4]> {
    bytes.get(..4)?.try_into().ok()
}

async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    answers: &Mutex<Answers>,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        frame(&mut from, &mut bytes).await?;
        if let (Some(hold), Some(id)) = (shared.take(&bytes[4..]), correlation(&bytes[8..])) {
            match hold {
                Hold::Request(by) => tokio::time::sleep(by).await,
                Hold::Response(by) => {
                    let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
                    answers.by = by;
                    answers.late.insert(id);
                }
                Hold::Stray(by) => {
                    tokio::spawn(async move {
                        tokio::time::sleep(by).await;
                        let _ = to.write_all(&bytes).await;
                        // The broker takes it in before it sees that nobody waits for the answer.
                        tokio::time::sleep(STRAY_LINGER).await;
                    });
                    return Ok(());
                }
                Hold::Lose => {
                    answers.lock().unwrap_or_else(PoisonError::into_inner).lost.insert(id);
                }
            }
        }
        to.write_all(&bytes).await?;
    }
}

async fn responses(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, answers: &Mutex<Answers>) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        frame(&mut from, &mut bytes).await?;
        if let Some(id) = correlation(&bytes[4..]) {
            let late = {
                let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
                if answers.lost.remove(&id) {
                    return Ok(());
                }
                answers.late.remove(&id).then_some(answers.by)
            };
            if let Some(by) = late {
                tokio::time::sleep(by).await;
            }
        }
        to.write_all(&bytes).await?;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// A broker that answers every request with its correlation id.
    async fn echo() -> (String, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.into_split();
                    let mut bytes = Vec::new();
                    while frame(&mut from, &mut bytes).await.is_ok() {
                        let answer = [&4_u32.to_be_bytes()[..], &bytes[8..12]].concat();
                        to.write_all(&answer).await.unwrap();
                    }
                });
            }
        });
        (address, task)
    }

    async fn ask(stream: &mut TcpStream, key: i16, id: u32) -> std::io::Result<u32> {
        let body = [&key.to_be_bytes()[..], &1_i16.to_be_bytes(), &id.to_be_bytes()].concat();
        stream.write_all(&[&8_u32.to_be_bytes()[..], &body].concat()).await?;
        assert_eq!(stream.read_u32().await?, 4);
        stream.read_u32().await
    }

    #[tokio::test]
    async fn only_as_many_ends_of_transactions_as_asked_for_are_held_or_lost() {
        let (broker, _task) = echo().await;
        let port = crate::process::free_port().unwrap();
        let proxy = Proxy::start(port, broker).await.unwrap();
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        proxy.hold(Hold::Lose, 1);
        assert_eq!(ask(&mut stream, 3, 7).await.unwrap(), 7);
        assert_eq!(proxy.held(), 0);
        assert!(ask(&mut stream, END_TXN, 8).await.is_err(), "the answer is lost with its connection");
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        assert_eq!(ask(&mut stream, END_TXN, 9).await.unwrap(), 9);
        assert_eq!(proxy.held(), 1);
        for hold in [Hold::Request(Duration::from_millis(20)), Hold::Response(Duration::from_millis(20))] {
            proxy.hold(hold, 1);
            assert_eq!(ask(&mut stream, END_TXN, 10).await.unwrap(), 10);
        }
        assert_eq!(proxy.held(), 3);
        proxy.hold(Hold::Stray(Duration::from_millis(20)), 1);
        assert!(ask(&mut stream, END_TXN, 14).await.is_err(), "its connection ends at once");
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        proxy.refuse();
        assert!(ask(&mut stream, 3, 11).await.is_err(), "a cut connection has ended");
        let mut refused = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        assert!(ask(&mut refused, 3, 12).await.is_err(), "nobody is let through");
        proxy.pass();
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        assert_eq!(ask(&mut stream, 3, 13).await.unwrap(), 13);
    }
}
