//! What stands in `standing.flags`.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::ids::MeasureId;
use schemas::token::Token;
use schemas::{Codec, FlagEntry, PublishedFlag};

use crate::installation::Installation;
use crate::kafka::read_committed;

const PATIENCE: Duration = Duration::from_secs(60);

/// By subject and measure: the last value of each key.
pub type Published = BTreeMap<(String, MeasureId), PublishedFlag>;

/// Reads the flags until marks stand for the token, under the catalogue if one is given.
pub fn flags(installation: &Installation, token: &str, catalogue: Option<&str>) -> anyhow::Result<Published> {
    let goal = Token::decode(token)?.offsets;
    let (codec, mut flags, mut reached) = (Codec::built_in(), Published::new(), BTreeMap::new());
    read_committed(&installation.kafka, &installation.topic("flags"), PATIENCE, |read| {
        match codec.decode_flag(&read.key, read.value.as_deref(), read.origin.as_deref())? {
            FlagEntry::Mark(mark) => {
                let under = catalogue.is_none() || mark.catalogue.as_deref() == catalogue;
                reached.insert(read.partition, (mark.events_offset, mark.swept && under));
            }
            FlagEntry::Flag(flag) => drop(flags.insert((flag.subject.clone(), flag.measure.clone()), *flag)),
        }
        let there = |(partition, offset): (i32, &i64)| {
            reached.get(&partition).is_some_and(|(at, through)| at > offset && *through)
        };
        Ok((0..).zip(&goal).all(there))
    })?;
    Ok(flags)
}
