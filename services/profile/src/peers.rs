//! The other instances of this service: whichever a question reaches, the one that owns the partition it is about answers it.
//!
//! An instance asks the others in turn, the one that answered for the partition last before all others. What it passes on is the
//! question and the caller's own credential, so that the owner judges who asks, and puts it on record, as if it had been
//! called itself. A question that was passed on once is never passed on again: it says so in a header, and an instance that
//! does not own the partition answers such a question with 421.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

/// Set on a question that was passed on.
pub(crate) const FORWARDED: &str = "standing-forwarded";

const CONNECT: Duration = Duration::from_millis(500);
/// Longer than an owner waits for its decision log.
const ANSWER: Duration = Duration::from_secs(8);

pub(crate) struct Peers {
    http: reqwest::Client,
    /// `host:port`; a name may stand for several instances.
    addresses: Vec<String>,
    owners: Mutex<BTreeMap<i32, SocketAddr>>,
}

/// The address of a peer cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no address like http://profile:8080")]
pub struct BadAddress(String);

/// `host:port` of an address: plain HTTP without a path, as these services speak it.
pub(crate) fn host_and_port(address: &str) -> Result<String, BadAddress> {
    let bad = || BadAddress(address.to_owned());
    let url = reqwest::Url::parse(address).map_err(|_| bad())?;
    let plain = url.scheme() == "http" && matches!(url.path(), "" | "/") && url.username().is_empty();
    let host = url.host_str().filter(|_| plain && url.query().is_none()).ok_or_else(bad)?;
    Ok(format!("{host}:{}", url.port_or_known_default().unwrap_or(80)))
}

impl Peers {
    pub(crate) fn new(addresses: &[String]) -> Result<Self, Error> {
        let addresses = addresses.iter().map(|address| host_and_port(address)).collect::<Result<_, _>>()?;
        // A proxy of the environment is for the outside, not for instances of the same service.
        let http = reqwest::Client::builder().no_proxy().connect_timeout(CONNECT).timeout(ANSWER).build()?;
        Ok(Self { http, addresses, owners: Mutex::default() })
    }

    /// The owner's answer, whatever it is; `None` if no instance says that it owns the partition.
    pub(crate) async fn ask(
        &self,
        partition: i32,
        path: &str,
        headers: &HeaderMap,
        question: &impl Serialize,
    ) -> Option<Response> {
        let last = self.owners.lock().unwrap_or_else(PoisonError::into_inner).get(&partition).copied();
        if let Some(owner) = last
            && let Some(answer) = self.post(owner, path, headers, question).await
        {
            return Some(answer);
        }
        for address in &self.addresses {
            let Ok(resolved) = tokio::net::lookup_host(address.as_str()).await else { continue };
            for instance in resolved.filter(|instance| Some(*instance) != last) {
                if let Some(answer) = self.post(instance, path, headers, question).await {
                    self.owners.lock().unwrap_or_else(PoisonError::into_inner).insert(partition, instance);
                    return Some(answer);
                }
            }
        }
        None
    }

    async fn post(
        &self,
        to: SocketAddr,
        path: &str,
        headers: &HeaderMap,
        question: &impl Serialize,
    ) -> Option<Response> {
        let mut request = self.http.post(format!("http://{to}{path}")).header(FORWARDED, "1").json(question);
        if let Some(credential) = headers.get(header::AUTHORIZATION) {
            request = request.header(header::AUTHORIZATION, credential);
        }
        let answer = match request.send().await {
            Ok(answer) if answer.status() == StatusCode::MISDIRECTED_REQUEST => return None,
            Ok(answer) => answer,
            Err(error) => {
                // Without its text, which names the address asked.
                tracing::debug!(instance = %to, timeout = error.is_timeout(), "an instance does not answer");
                return None;
            }
        };
        let mut passed_on = Response::builder().status(answer.status());
        for name in [header::CONTENT_TYPE, header::RETRY_AFTER, header::WWW_AUTHENTICATE] {
            if let Some(value) = answer.headers().get(&name) {
                passed_on = passed_on.header(name, value);
            }
        }
        let body = answer.bytes().await.ok()?;
        passed_on.body(Body::from(body)).ok()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Address(#[from] BadAddress),
    #[error("the client for the other instances cannot be made")]
    Client(#[from] reqwest::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_plain_http_without_a_path() {
        assert_eq!(host_and_port("http://profile:8070"), Ok("profile:8070".to_owned()));
        assert_eq!(host_and_port("http://127.0.0.1"), Ok("127.0.0.1:80".to_owned()));
        for bad in
            ["profile:8070", "https://profile", "http://profile/v1", "http://u:p@profile", "http://profile?x=1", ""]
        {
            assert!(host_and_port(bad).is_err(), "{bad}");
        }
    }
}
