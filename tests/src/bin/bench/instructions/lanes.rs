//! The functions that are counted, over the same made-up log each time.

use std::hint::black_box;
use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use domain::catalogue::Catalogue;
use domain::event::{Body, Content};
use domain::flag::{FlagChange, FlagValue};
use domain::fold::{Catalogues, Position, apply};
use domain::ids::MatterId;
use domain::output::Output;
use domain::time::Instant;
use domain::verdict::{Held, decide};
use schemas::topics::keys;

use crate::fold::log::Log;
use crate::fold::memory::MemoryStore;
use crate::fold::register::Register;

/// The most calls of a run: everything is made for so many, however many take place.
pub(crate) const MANY: u64 = 1_000;
const SUBJECTS: u64 = 200;
const SEED: u64 = 20_260_501;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    DecodeEvent,
    EncodeEvent,
    Fold,
    EncodeFlag,
    DecodeFlag,
    FlagKey,
    Decide,
}

impl Lane {
    pub(crate) const ALL: [Self; 7] = [
        Self::DecodeEvent,
        Self::EncodeEvent,
        Self::Fold,
        Self::EncodeFlag,
        Self::DecodeFlag,
        Self::FlagKey,
        Self::Decide,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DecodeEvent => "decode_event",
            Self::EncodeEvent => "encode_event",
            Self::Fold => "fold",
            Self::EncodeFlag => "encode_flag",
            Self::DecodeFlag => "decode_flag",
            Self::FlagKey => "flag_key",
            Self::Decide => "decide",
        }
    }

    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::DecodeEvent => "an event read from the log",
            Self::EncodeEvent => "an event written to the log",
            Self::Fold => "an event folded, state in memory",
            Self::EncodeFlag => "a flag written",
            Self::DecodeFlag => "a flag read",
            Self::FlagKey => "the key of a flag",
            Self::Decide => "a matter decided by the flag of its subject",
        }
    }

    /// How often a call is made in place of one, so that what differs from process to process, tens of thousands of instructions for
    /// the seeds of its maps and where its memory lies, is lost in it. The fold's next call is another.
    pub(crate) fn repeats(self) -> u64 {
        match self {
            Self::Fold => 1,
            Self::DecodeFlag => 5,
            Self::DecodeEvent | Self::EncodeFlag => 10,
            Self::EncodeEvent => 20,
            Self::FlagKey => 200,
            Self::Decide => 500,
        }
    }
}

struct Rules(Arc<Catalogue>);

impl Catalogues for Rules {
    fn catalogue(&self, _digest: &str) -> Option<Arc<Catalogue>> {
        Some(Arc::clone(&self.0))
    }
}

/// What every function works on, made before anything is counted apart.
struct Made {
    register: Register,
    bodies: Vec<Body>,
    flags: Vec<FlagChange>,
    store: MemoryStore,
    rules: Rules,
}

impl Made {
    fn new() -> anyhow::Result<Self> {
        let register = Register::new("bench", 1)?;
        let catalogue = register.shelf.get(&register.digest).context("the catalogue was taken")?;
        let (mut store, rules, mut flags) = (MemoryStore::default(), Rules(catalogue), Vec::new());
        let mut log = Log::new(SEED, 2 * MANY, SUBJECTS)?;
        let mut before: Vec<Body> = register.activations().into();
        for _ in 0..MANY {
            before.push(log.event()?);
        }
        for (offset, body) in (0..).zip(&before) {
            let applied = apply(&mut store, &rules, at(offset, body), body)?;
            flags.extend(applied.outputs.into_iter().filter_map(|output| {
                let Output::Flag(change) = output else { return None };
                matches!(change.value, FlagValue::Set(_)).then_some(change)
            }));
        }
        let bodies = (0..MANY).map(|_| log.event()).collect::<anyhow::Result<_>>()?;
        anyhow::ensure!(!flags.is_empty(), "the log brought no flag about");
        Ok(Self { register, bodies, flags, store, rules })
    }
}

fn at(offset: i64, body: &Body) -> Position {
    Position { partition: 0, offset, appended_at: body.written_at }
}

/// Calls the function so often, each time [`Lane::repeats`] times. Gives something that follows from what it gave, so that no call can be
/// left out.
pub(crate) fn run(lane: Lane, times: u64) -> anyhow::Result<usize> {
    let mut made = Made::new()?;
    let codec = Arc::clone(&made.register.codec);
    let events: Vec<Bytes> = made.bodies.iter().map(|body| codec.encode_event(body)).collect::<Result<_, _>>()?;
    let written: Vec<Bytes> =
        made.flags.iter().filter_map(|flag| codec.encode_flag(flag).transpose()).collect::<Result<_, _>>()?;
    let keys: Vec<String> = made.flags.iter().map(|flag| keys::flag(&flag.subject, &flag.measure)).collect();
    let matter = MatterId::new("subsidy.technology-innovation")?;
    let times = usize::try_from(times.min(MANY))?;
    let mut seen = 0;
    for (number, (body, event)) in made.bodies.iter().zip(&events).enumerate().take(times) {
        let flag = &made.flags[number % made.flags.len()];
        for _ in 0..lane.repeats() {
            let (body, event, flag) = black_box((body, event, flag));
            // What a call gives is taken to be used, all of it: no part of its work can be left out.
            seen += match lane {
                Lane::DecodeEvent => match black_box(codec.decode_event(event)?).content {
                    Content::Event(event) => event.event_id.len(),
                    Content::Control(_) => 0,
                },
                Lane::EncodeEvent => black_box(codec.encode_event(body)?).len(),
                Lane::Fold => {
                    let offset = i64::try_from(number)? + 2 * i64::try_from(MANY)?;
                    black_box(apply(&mut made.store, &made.rules, at(offset, body), body)?).outputs.len()
                }
                Lane::EncodeFlag => black_box(codec.encode_flag(flag)?).map_or(0, |bytes| bytes.len()),
                Lane::DecodeFlag => {
                    let place = number % written.len();
                    usize::from(
                        black_box(codec.decode_flag(keys[place].as_bytes(), Some(&written[place]), None)).is_ok(),
                    )
                }
                Lane::FlagKey => black_box(keys::flag(&flag.subject, &flag.measure)).len(),
                Lane::Decide => match &flag.value {
                    FlagValue::Set(set) => {
                        let held = Held { measure: &flag.measure, flag: set.by_ref(), version: flag.version };
                        black_box(decide([held], black_box(&matter), Instant::from_ms(body.written_at.ms())))
                            .flags
                            .len()
                    }
                    FlagValue::Lifted(_) | FlagValue::Tombstone => 0,
                },
            };
        }
    }
    Ok(seen)
}
