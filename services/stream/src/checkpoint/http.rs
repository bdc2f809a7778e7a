//! HTTP for the S3 client by the `reqwest` that the other crates use, so that one TLS library is built, not two.

use std::time::Duration;

use futures::future::BoxFuture;
use http_body_util::BodyExt;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};

/// Connecting to a store in reach takes milliseconds.
const CONNECT: Duration = Duration::from_secs(5);
/// A transfer may take long; a connection on which nothing comes for so long is dead.
const SILENCE: Duration = Duration::from_secs(30);

/// The variable that the tools for S3 share: a file of certificates in PEM.
const AUTHORITIES: &str = "AWS_CA_BUNDLE";

#[derive(Debug)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        let mut client = reqwest::Client::builder().connect_timeout(CONNECT).read_timeout(SILENCE);
        for certificate in own_authorities()? {
            client = client.add_root_certificate(certificate);
        }
        Ok(HttpClient::new(Service(client.build().map_err(unusable)?)))
    }
}

/// Authorities of the house, besides those known everywhere.
fn own_authorities() -> object_store::Result<Vec<reqwest::Certificate>> {
    let Some(file) = std::env::var_os(AUTHORITIES) else { return Ok(Vec::new()) };
    let text = std::fs::read(file).map_err(unusable)?;
    reqwest::Certificate::from_pem_bundle(&text).map_err(unusable)
}

fn unusable(source: impl std::error::Error + Send + Sync + 'static) -> object_store::Error {
    object_store::Error::Generic { store: "S3", source: Box::new(source) }
}

#[derive(Debug)]
struct Service(reqwest::Client);

impl HttpService for Service {
    fn call<'s, 'f>(&'s self, request: HttpRequest) -> BoxFuture<'f, Result<HttpResponse, HttpError>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let request = request.map(reqwest::Body::wrap).try_into().map_err(failure)?;
            let response = self.0.execute(request).await.map_err(failure)?;
            let (parts, body) = http::Response::<reqwest::Body>::from(response).into_parts();
            Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body.map_err(failure))))
        })
    }
}

/// What kind decides whether the client tries again. The address is left out: it may hold a signature.
fn failure(error: reqwest::Error) -> HttpError {
    let kind = if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_connect() {
        HttpErrorKind::Connect
    } else if error.is_decode() {
        HttpErrorKind::Decode
    } else if error.is_builder() {
        HttpErrorKind::Unknown
    } else {
        HttpErrorKind::Interrupted
    };
    HttpError::new(kind, error.without_url())
}
