//! What stands in `standing.flags`.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::ids::MeasureId;
use schemas::token::Token;
use schemas::topics::keys;
use schemas::{Codec, FlagEntry, PublishedFlag};

use crate::installation::Installation;
use crate::kafka::{Read, read_committed_from};

const PATIENCE: Duration = Duration::from_secs(60);

/// By subject and measure: the last value of each key.
pub type Published = BTreeMap<(String, MeasureId), PublishedFlag>;

/// Reads the flags until marks stand for the token, under the catalogue if one is given.
pub fn flags(installation: &Installation, token: &str, catalogue: Option<&str>) -> anyhow::Result<Published> {
    let (codec, mut flags) = (Codec::built_in(), Published::new());
    each(installation, token, catalogue, &BTreeMap::new(), PATIENCE, |read| {
        if let FlagEntry::Flag(flag) = read.flag(&codec)? {
            flags.insert((flag.subject.clone(), flag.measure.clone()), *flag);
        }
        Ok(())
    })?;
    Ok(flags)
}

/// Takes every record but the marks, from these offsets on or from the first of a partition, until marks stand for the token, under
/// the catalogue if one is given.
pub fn each(
    installation: &Installation,
    token: &str,
    catalogue: Option<&str>,
    from: &BTreeMap<i32, i64>,
    within: Duration,
    mut take: impl FnMut(&Read) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let goal = Token::decode(token)?.offsets;
    let (codec, mut reached) = (Codec::built_in(), BTreeMap::new());
    read_committed_from(&installation.kafka, &installation.topic("flags"), from, within, |read| {
        if read.key != keys::MARK.as_bytes() {
            take(read)?;
            return Ok(false);
        }
        if let FlagEntry::Mark(mark) = read.flag(&codec)? {
            let under = catalogue.is_none() || mark.catalogue.as_deref() == catalogue;
            reached.insert(read.partition, (mark.events_offset, mark.swept && under));
        }
        let there = |(partition, offset): (i32, &i64)| {
            reached.get(&partition).is_some_and(|(at, through)| at > offset && *through)
        };
        Ok((0..).zip(&goal).all(there))
    })
}
