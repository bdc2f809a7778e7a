//! What a running profile says of itself at `/metrics`.

use anyhow::Context;

/// Samples of one moment, as text.
pub(crate) struct Sample(String);

impl Sample {
    pub(crate) async fn take(http: &reqwest::Client, admin: &str) -> anyhow::Result<Self> {
        let answer = http.get(format!("{admin}/metrics")).send().await?.error_for_status()?;
        Ok(Self(answer.text().await?))
    }

    /// Every value of a metric, with its labels as they are written.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
        self.0.lines().filter_map(move |line| {
            let rest = line.strip_prefix(name)?;
            let (labels, value) = rest.rsplit_once(' ')?;
            (labels.is_empty() || labels.starts_with('{')).then_some(())?;
            Some((labels, value.parse().ok()?))
        })
    }

    pub(crate) fn sum(&self, name: &str) -> f64 {
        self.all(name).map(|(_, value)| value).sum()
    }

    /// Per partition, by its label.
    pub(crate) fn by_partition(&self, name: &str) -> anyhow::Result<Vec<(i32, f64)>> {
        self.all(name)
            .map(|(labels, value)| {
                let number = labels.split_once("partition=\"").and_then(|(_, rest)| rest.split_once('"'));
                let number = number.context("a sample without its partition")?.0.parse()?;
                Ok((number, value))
            })
            .collect()
    }
}
