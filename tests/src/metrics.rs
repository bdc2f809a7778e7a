//! What a running service says of itself at `/metrics`.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::installation::PARTITIONS;

/// Samples of one moment, as text.
pub struct Sample(String);

impl Sample {
    pub async fn take(http: &reqwest::Client, admin: &str) -> anyhow::Result<Self> {
        let answer = http.get(format!("{admin}/metrics")).send().await?.error_for_status()?;
        Ok(Self(answer.text().await?))
    }

    /// Every value of a metric, with its labels as they are written.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
        self.0.lines().filter_map(move |line| {
            let rest = line.strip_prefix(name)?;
            let (labels, value) = rest.rsplit_once(' ')?;
            (labels.is_empty() || labels.starts_with('{')).then_some(())?;
            Some((labels, value.parse().ok()?))
        })
    }

    pub fn sum(&self, name: &str) -> f64 {
        self.all(name).map(|(_, value)| value).sum()
    }

    /// Per partition, by its label.
    pub fn by_partition(&self, name: &str) -> anyhow::Result<Vec<(i32, f64)>> {
        self.all(name)
            .map(|(labels, value)| {
                let number = labels.split_once("partition=\"").and_then(|(_, rest)| rest.split_once('"'));
                let number = number.context("a sample without its partition")?.0.parse()?;
                Ok((number, value))
            })
            .collect()
    }
}

/// The gauge of how far a profile is behind.
pub const PROFILE_LAG: &str = "standing_consumer_lag_records";

/// Waits until a service, by its gauge `lag`, stands at the end of every partition that it reads. Gives what it says then.
pub async fn caught_up(http: &reqwest::Client, admin: &str, lag: &str, within: Duration) -> anyhow::Result<Sample> {
    let deadline = Instant::now() + within;
    loop {
        let sample = Sample::take(http, admin).await?;
        let lags = sample.by_partition(lag)?;
        if i32::try_from(lags.len()) == Ok(PARTITIONS) && lags.iter().all(|(_, lag)| *lag == 0.0) {
            return Ok(sample);
        }
        ensure!(Instant::now() < deadline, "not at the end of the log: {lags:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
