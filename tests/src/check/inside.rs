//! The same check without HTTP, credential and decision log: what the view and the verdict alone take, in this process, on the same
//! flags while they change.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use catalogue::Shelf;
use domain::ids::MatterId;
use domain::pseudonym::PseudonymKey;
use domain::subject::SubjectKey;
use domain::verdict::Decision;
use gate::{Components, Gate, Settings};
use hdrhistogram::Histogram;
use kit::clock::Clock;
use kit::metrics::Metrics;
use kit::readiness::Readiness;
use kit::shutdown::Shutdown;
use schemas::Codec;
use schemas::topics::Topics;
use stream::kafka::{KafkaLog, KafkaSettings};

use super::PATIENCE;
use crate::installation::{Installation, PARTITIONS};

/// Checks that are timed.
const CHECKS: usize = 1_000_000;
const LOOK: Duration = Duration::from_millis(50);

/// Nanoseconds of each check. Every one must say `right`.
pub(super) async fn ask(
    installation: &Installation,
    subjects: Vec<SubjectKey>,
    matter: &str,
    right: Decision,
) -> anyhow::Result<Histogram<u64>> {
    let folder = tempfile::tempdir()?;
    let partitions = NonZeroU16::new(u16::try_from(PARTITIONS)?).context("there are partitions")?;
    let components = Components {
        log: KafkaLog::new(KafkaSettings::new(installation.kafka.as_str(), "bench-check"))?,
        topics: Arc::new(Topics::new(&installation.prefix, partitions, NonZeroU16::MIN)?),
        codec: Arc::new(Codec::built_in()),
        clock: Clock::system(),
        shelf: Shelf::new(),
        key: Arc::new(PseudonymKey::new("bench", &[7; 32])?),
        metrics: Metrics::new("bench-check", "0"),
        readiness: Readiness::new(),
        shutdown: Shutdown::new(PATIENCE),
    };
    let settings = Settings { spool_dir: folder.path().join("spool"), ..Settings::default() };
    let gate = Gate::start(components, settings)?;
    let matter = MatterId::new(matter)?;
    let deadline = Instant::now() + PATIENCE;
    while subjects.first().is_some_and(|first| gate.verdict(first, &matter) != right) {
        ensure!(Instant::now() < deadline, "the flags were not there within {PATIENCE:?}");
        tokio::time::sleep(LOOK).await;
    }
    let (gate, seen) = tokio::task::spawn_blocking(move || {
        let seen = time(&gate, &subjects, &matter, right);
        (gate, seen)
    })
    .await?;
    gate.stop().await;
    seen
}

fn time(gate: &Gate, subjects: &[SubjectKey], matter: &MatterId, right: Decision) -> anyhow::Result<Histogram<u64>> {
    let mut seen = Histogram::<u64>::new_with_bounds(1, 10_000_000_000, 3)?;
    for subject in subjects.iter().cycle().take(CHECKS) {
        let began = Instant::now();
        let decision = gate.verdict(subject, matter);
        seen.record(u64::try_from(began.elapsed().as_nanos())?)?;
        ensure!(decision == right, "{decision:?} is not {right:?}");
    }
    Ok(seen)
}
