//! The fold with grounds that are kept decoded is the fold without, whatever happens to a subject of many records.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, unreachable_pub)]

mod support;

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use domain::check::{Context, check};
use domain::event::{Body, Content, Control};
use domain::fold::{Applied, Catalogues, FOLD_VERSION, Position, Stop, apply};
use domain::output::Output;
use domain::pseudonym::PseudonymKey;
use domain::rows::{GroundCache, RowError, Store};
use domain::time::Instant;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use support::store::MemoryStore;
use support::story::{event, noon, words};
use support::{DIGEST, OTHER_DIGEST, Shelf};

struct Cached {
    rows: MemoryStore,
    grounds: GroundCache,
}

impl Cached {
    fn new(measures: usize) -> Self {
        let grounds = GroundCache::new(NonZeroUsize::new(measures).unwrap());
        Self { rows: MemoryStore::default(), grounds }
    }
}

impl Store for Cached {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowError> {
        self.rows.get(key)
    }

    fn walk(
        &self,
        from: &[u8],
        to: &[u8],
        row: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), RowError> {
        self.rows.walk(from, to, row)
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.rows.put(key, value);
    }

    fn delete(&mut self, key: Vec<u8>) {
        self.rows.delete(key);
    }

    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, RowError> {
        self.rows.encode(value)
    }

    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, RowError> {
        self.rows.decode(bytes)
    }

    fn ground_cache(&mut self) -> Option<&mut GroundCache> {
        Some(&mut self.grounds)
    }
}

/// A partition folded twice, with the cache and without, which must never differ.
struct Twice {
    plain: MemoryStore,
    cached: Cached,
    now: Instant,
    offset: i64,
    key: PseudonymKey,
}

impl Twice {
    fn new(measures: usize) -> Self {
        let key = PseudonymKey::new("test", &[7; 32]).unwrap();
        let now = noon("2026-06-01");
        let mut twice = Self { plain: MemoryStore::default(), cached: Cached::new(measures), now, offset: 0, key };
        twice.append(Content::Control(Control::FoldActivated { version: FOLD_VERSION }));
        twice.append(Content::Control(Control::CatalogueActivated { digest: DIGEST.to_owned() }));
        twice
    }

    fn body(&self, content: Content) -> (Position, Body) {
        let at = Position { partition: 0, offset: self.offset, appended_at: self.now };
        (at, Body { written_at: self.now, content })
    }

    fn append(&mut self, content: Content) -> Applied {
        let (at, body) = self.body(content);
        self.offset += 1;
        let applied = apply(&mut self.plain, &Shelf, at, &body).unwrap();
        assert_eq!(apply(&mut self.cached, &Shelf, at, &body).unwrap(), applied);
        assert!(self.cached.rows == self.plain, "the state is another");
        applied
    }

    fn content(&self, line: &str) -> Option<Content> {
        let catalogue = Shelf.catalogue(DIGEST).unwrap();
        let context = Context { catalogue: &catalogue, key: &self.key, now: self.now };
        check(&event(&words(line)), &context).ok().map(Content::Event)
    }

    fn send(&mut self, line: &str) -> Vec<Output> {
        let content = self.content(line).unwrap_or_else(|| panic!("accepted: {line}"));
        self.append(content).outputs
    }

    /// A record of the log that is folded, and undone as the runtime undoes it.
    fn undo(&mut self, content: Content) {
        let (at, body) = self.body(content);
        let before = self.cached.rows.clone();
        apply(&mut self.cached, &Shelf, at, &body).unwrap();
        self.cached.rows = before;
        self.cached.grounds.clear();
    }
}

fn day(pick: u8) -> String {
    format!("2026-{:02}-{:02}", 1 + pick % 5, 1 + pick % 27)
}

/// Judgments of a firm, with what happens to them and to it.
fn line(kind: u8, firm: u8, record: u8, pick: u8, revision: u32) -> String {
    let record = format!("record=C{record} subject=uscc:{firm}");
    let of = format!("source=district.court item=court.judgment-defaulter {record}");
    let through = "source=district.credit-centre publisher=district.court item=court.judgment-defaulter";
    let fields = ["{ground: 1}", "{ground: 2}", "{ground: 4, aggravated: true}"][usize::from(pick % 3)];
    match kind {
        0..=3 => format!("record.upserted {of} revision={revision} issued={} fields={fields}", day(pick)),
        4..=8 => format!("notice.served {of} notice_id=N{} served_on={}", pick % 2, day(pick)),
        9 => format!("record.withdrawn {of} revision={}", revision + 1),
        10 => format!("record.corrected {of} revision={} issued={} fields={fields}", revision + 1, day(pick)),
        11 => format!("objection.filed {through} {record} objection_id=O grounds=g filed_on={}", day(pick)),
        12 => format!("objection.resolved {of} objection_id=O outcome=upheld resolved_on={}", day(pick)),
        13 => format!("repair.granted {of} repair_id=X decided_on={}", day(pick)),
        14 if pick.is_multiple_of(8) => format!("subject.erased source=district.market subject=uscc:{firm}"),
        // So many of them make a ground that is too long to be kept.
        15..=17 => format!(
            "permission.granted {of} permission_id=L{} matter=procurement.bid from=2026-05-01 until=2026-08-20 by={}",
            pick % 8,
            "x".repeat(240)
        ),
        _ => format!(
            "permission.granted {of} permission_id=V{} matter=procurement.bid from=2026-05-01 until=2026-0{}-20 by=x",
            pick % 2,
            6 + pick % 3
        ),
    }
}

proptest! {
    #[test]
    fn the_fold_says_the_same_with_what_it_remembers_and_without(
        steps in prop::collection::vec((0..18_u8, 1..3_u8, prop_oneof![0..3_u8, 0..24_u8], any::<u8>(), 1..4_u32, 0..30_u8), 1..120),
        measures in 2..8_usize,
    ) {
        let mut twice = Twice::new(measures);
        // Enough to begin with that flags do not show all of them.
        for (firm, record) in (1..3).flat_map(|firm| (0..14).map(move |record| (firm, record))) {
            twice.send(&line(0, firm, record, record, 1));
            twice.send(&line(4, firm, record, record, 1));
        }
        for (kind, firm, record, pick, revision, what) in steps {
            let Some(content) = twice.content(&line(kind, firm, record, pick, revision)) else { continue };
            match what {
                0 => twice.undo(content),
                1 => {
                    twice.now = twice.now.plus_days(i64::from(pick) * 3);
                    twice.append(Content::Control(Control::TimeAdvanced));
                }
                2 => {
                    let digest = [DIGEST, OTHER_DIGEST][usize::from(pick % 2)].to_owned();
                    twice.append(Content::Control(Control::CatalogueActivated { digest }));
                }
                _ => {
                    twice.append(content);
                }
            }
        }
    }
}

/// That what is remembered is used, and that a debug build finds out where it is not what the rows say.
#[test]
#[cfg(debug_assertions)]
fn rows_that_change_behind_the_cache_are_found_out() {
    let mut twice = Twice::new(64);
    for record in 0..10 {
        twice.send(&line(0, 1, record, 0, 1));
        twice.send(&line(4, 1, record, 0, 1));
    }
    let ground = twice.cached.rows.0.keys().find(|key| key[0] == b'g').unwrap().clone();
    twice.cached.rows.delete(ground);
    let (at, body) = twice.body(twice.content(&line(0, 1, 10, 0, 1)).unwrap());
    assert_eq!(apply(&mut twice.cached, &Shelf, at, &body), Err(Stop::Rows(RowError::Remembered)));
}

#[test]
fn every_kind_of_event_is_accepted() {
    let twice = Twice::new(1);
    for (kind, pick) in (0..18).flat_map(|kind| [(kind, 0), (kind, 1)]) {
        let line = line(kind, 1, 0, pick, 1);
        assert!(twice.content(&line).is_some(), "{line}");
    }
}
