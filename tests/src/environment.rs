//! What tunes a program that measures: variables of the environment. One that is empty counts as not there.

use std::str::FromStr;

use anyhow::Context;

pub fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

pub fn number<T: FromStr>(name: &str, default: T) -> anyhow::Result<T> {
    let Some(text) = text(name) else { return Ok(default) };
    text.parse().ok().with_context(|| format!("{name} is no number in range: {text:?}"))
}
