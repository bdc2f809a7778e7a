//! Who sits at the command line: for plans, confirmations and activations, which stay on record.
//!
//! A token of operations (`ops = true` in the credentials file) proves a name. Without one the name is what the system says of who
//! is logged in: good enough to be asked about a plan, not to confirm one.

use std::path::Path;

use anyhow::bail;
use axum::http::{HeaderMap, HeaderValue, header};
use catalogue::plan::Operator;
use kit::clock::Clock;
use kit::credentials::Credentials;

use crate::client;
use crate::settings::Settings;

/// The operator whose token is in the file, or in STANDING_TOKEN; without one, who is logged in.
pub(crate) fn operator(settings: &Settings, token_file: Option<&Path>) -> anyhow::Result<Operator> {
    let Some(token) = client::token(token_file)? else {
        let logged_in = ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        let name = logged_in.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned());
        return Ok(Operator { name, by_credential: false });
    };
    let file = &settings.credentials.file;
    if file.as_os_str().is_empty() {
        bail!("a token is given, and no file of credentials to know it by: set credentials.file");
    }
    let credentials = Credentials::load(file, Clock::system())?;
    let mut headers = HeaderMap::new();
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))?;
    value.set_sensitive(true);
    headers.insert(header::AUTHORIZATION, value);
    let principal = match credentials.authenticate(&headers).and_then(|found| found.may_operate().map(|()| found)) {
        Ok(principal) => principal,
        Err(problem) => bail!("{}: {}", problem.code(), "the token is not one of operations in credentials.file"),
    };
    Ok(Operator { name: principal.name().to_owned(), by_credential: true })
}
