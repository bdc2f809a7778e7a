//! Standing's side as a process: the benchmark's fold on the runtime, in two slots, until standard input ends.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use stream::fold::Fold;
use stream::kafka::{KafkaLog, KafkaSettings};
use stream::log::{Topic, TopicPartition};
use stream::runtime::Runtime;
use stream::settings::{RuntimeComponents, RuntimeSettings};

use super::fold::PeerFold;

const SLOTS: usize = 2;

/// Runs by arguments of the form `name=value`: `Side::start` gives them.
pub fn work(arguments: &[String]) -> anyhow::Result<()> {
    let of = |name: &str| {
        let given = arguments.iter().find_map(|argument| argument.strip_prefix(name)?.strip_prefix('='));
        given.with_context(|| format!("the argument {name}= is missing"))
    };
    let (app, flags) = (of("app")?, Topic::from(of("flags")?));
    let log = KafkaLog::new(KafkaSettings::new(of("address")?, app))?;
    let clock = || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(now.as_millis()).unwrap_or_default()
    };
    let fold = move |of: &TopicPartition| -> Box<dyn Fold> { Box::new(PeerFold::new(flags.clone(), of.partition)) };
    let parts = RuntimeComponents::new(log, Arc::new(clock), Arc::new(fold), 1);
    let mut settings = RuntimeSettings::new(app, app, vec![of("events")?.into()], PathBuf::from(of("dir")?));
    settings.slots = SLOTS;
    settings.memory_bytes = of("memory_bytes")?.parse().context("memory_bytes is no number")?;
    settings.commit_every(Duration::from_millis(of("commit_ms")?.parse().context("commit_ms is no number")?));
    let handle = Runtime::start(parts, settings)?;
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).context("standard input cannot be read")?;
    if handle.stop(Duration::from_secs(60)).is_err() {
        bail!("the workers do not stop");
    }
    Ok(())
}
