//! The domain's fold on the runtime's state: the same outputs and the same bytes, however the log is cut.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, unreachable_pub)]

#[path = "../../domain/tests/support/store.rs"]
#[allow(dead_code)]
mod store;
#[path = "../../domain/tests/support/story.rs"]
#[allow(dead_code)]
mod story;

use std::num::NonZeroU16;
use std::sync::Arc;

use catalogue::Shelf;
use domain::check::{Context, check};
use domain::event::{Body, Content, Control};
use domain::fold::FOLD_VERSION;
use domain::pseudonym::PseudonymKey;
use domain::time::Instant;
use kit::metrics::Metrics;
use profile::{FoldMetrics, ProfileFold};
use schemas::Codec;
use schemas::topics::Topics;
use stream::driver::{DriverError, TestDriver};
use stream::fold::{Fold, FoldError, Progress, Rejection, current_as_of_ms};
use stream::log::{Outgoing, Record};
use stream::outbox::Outbox;
use stream::state::StateError;
use stream::view::View;

struct District {
    topics: Arc<Topics>,
    codec: Arc<Codec>,
    shelf: Arc<Shelf>,
    digest: String,
}

impl District {
    fn new() -> Self {
        let loaded = catalogue::load(&catalogue::reference()).unwrap();
        let (body, digest) = (catalogue::canonical_bytes(&loaded.catalogue), catalogue::digest(&loaded.catalogue));
        let shelf = Shelf::new();
        shelf.take(digest.as_bytes(), &body).unwrap();
        let one = NonZeroU16::MIN;
        let topics = Arc::new(Topics::new("standing", one, one).unwrap());
        Self { topics, codec: Arc::new(Codec::built_in()), shelf, digest }
    }

    fn fold(&self) -> Box<ProfileFold> {
        let metrics = FoldMetrics::new(&Metrics::new("test", "0"));
        Box::new(ProfileFold::new(self.topics.clone(), self.codec.clone(), self.shelf.clone(), metrics, 0))
    }

    fn record(&self, offset: i64, at: Instant, content: Content) -> Record {
        let body = Body { written_at: at, content };
        self.raw_record(offset, at, Some(self.codec.encode_event(&body).unwrap()))
    }

    fn raw_record(&self, offset: i64, at: Instant, value: Option<bytes::Bytes>) -> Record {
        let topic = self.topics.events().clone();
        Record { topic, partition: 0, offset, timestamp_ms: at.ms(), key: None, value, headers: Vec::new() }
    }

    fn activations(&self, at: Instant) -> Vec<Record> {
        vec![
            self.record(0, at, Content::Control(Control::FoldActivated { version: FOLD_VERSION })),
            self.record(1, at, Content::Control(Control::CatalogueActivated { digest: self.digest.clone() })),
        ]
    }

    fn content(&self, line: &str, now: Instant) -> Content {
        let (catalogue, key) = (self.shelf.get(&self.digest).unwrap(), PseudonymKey::new("test", &[7; 32]).unwrap());
        let context = Context { catalogue: &catalogue, key: &key, now };
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Content::Event(check(&story::event(&words), &context).unwrap_or_else(|p| panic!("{line}: {p:?}")))
    }

    /// A log of two years in the life of twenty firms, with poison in the middle.
    fn log(&self) -> Vec<Record> {
        let start = story::noon("2026-05-10");
        let mut log = self.activations(start);
        for n in 0..400_u64 {
            let (firm, turn) = (n % 20, n / 20);
            let now = start.plus_days(i64::try_from(turn * 40).unwrap());
            let issued = now.plus_days(-3).day();
            let court =
                format!("source=district.court item=court.judgment-defaulter record=C{} subject=uscc:{firm}", turn / 4);
            let fire = format!("source=district.fire item=fire.penalty record=F{} subject=uscc:{firm}", turn / 4);
            let line = match (turn + firm) % 8 {
                0 => format!("record.upserted {court} revision={} issued={issued} fields={{ground:2}}", turn + 1),
                1 => format!("notice.served {court} notice_id=N served_on={issued}"),
                2 => format!(
                    "record.upserted source=district.market item=honour.award record=H{turn} revision=1 subject=uscc:{firm} issued={issued} fields={{title:虚构奖}}"
                ),
                3 => {
                    format!("record.upserted {fire} revision={} issued={issued} fields={{severity:serious}}", turn + 1)
                }
                4 => format!("notice.served {fire} notice_id=N served_on={issued}"),
                5 => format!("objection.filed {fire} objection_id=O grounds=g filed_on={issued}"),
                6 => format!(
                    "permission.granted {court} permission_id=V{turn} matter=procurement.bid from={issued} until={} by=x",
                    now.plus_days(30).day()
                ),
                _ => format!("record.withdrawn {court} revision={}", turn + 1),
            };
            let event = self.content(&line, now);
            let offset = i64::try_from(log.len()).unwrap();
            log.push(match n {
                150 => self.raw_record(offset, now, Some(bytes::Bytes::from_static(b"poison"))),
                151 => self.raw_record(offset, now, None),
                _ => self.record(offset, now, event),
            });
        }
        log
    }

    fn run(&self, batch: usize) -> (Vec<Outgoing>, TestDriver) {
        let mut driver = TestDriver::in_memory(self.fold());
        let log = self.log();
        let outputs = log.chunks(batch).flat_map(|records| driver.apply(records.to_vec()).unwrap()).collect();
        (outputs, driver)
    }
}

#[test]
fn state_and_outputs_do_not_depend_on_how_the_log_is_cut() {
    let district = District::new();
    let (outputs, whole) = district.run(10_000);
    assert!(outputs.len() > 400, "{} outputs", outputs.len());
    for batch in [1, 7, 64] {
        let (again, driver) = district.run(batch);
        assert!(again == outputs, "outputs differ with batches of {batch}");
        assert!(driver.state().unwrap() == whole.state().unwrap(), "state differs with batches of {batch}");
    }
}

#[test]
fn state_is_byte_equal_after_a_restart_on_disk() {
    let district = District::new();
    let dir = tempfile::tempdir().unwrap();
    let log = district.log();
    let (expected, whole) = district.run(10_000);
    let mut outputs = Vec::new();
    for records in log.chunks(90) {
        let mut driver = TestDriver::on_disk(dir.path(), district.fold()).unwrap();
        assert_eq!(driver.position().next_offset, records[0].offset);
        outputs.extend(driver.apply(records.to_vec()).unwrap());
    }
    let driver = TestDriver::on_disk(dir.path(), district.fold()).unwrap();
    assert!(outputs == expected);
    assert!(driver.state().unwrap() == whole.state().unwrap());
}

/// Refuses the record at an offset when it has been folded.
struct Refusing(Box<ProfileFold>, i64);

impl Fold for Refusing {
    fn apply(&mut self, view: &mut View<'_>, record: &Record, out: &mut Outbox) -> Result<(), FoldError> {
        self.0.apply(view, record, out)?;
        if record.offset == self.1 {
            return Err(FoldError::Skip { code: "test.refused", reason: "the test refuses it".to_owned() });
        }
        Ok(())
    }

    fn reject(&mut self, view: &mut View<'_>, record: &Record, reason: &Rejection, out: &mut Outbox) {
        self.0.reject(view, record, reason, out);
    }

    fn mark(&mut self, view: &View<'_>, progress: &Progress, out: &mut Outbox) {
        self.0.mark(view, progress, out);
    }

    fn tick(&mut self, view: &View<'_>, partition: i32, now_ms: i64, out: &mut Outbox) {
        self.0.tick(view, partition, now_ms, out);
    }

    fn reset(&mut self) {
        self.0.reset();
    }
}

#[test]
fn what_is_remembered_of_a_firm_with_many_records_is_forgotten_with_what_is_undone() {
    let district = District::new();
    let now = story::noon("2026-05-10");
    let mut log = district.activations(now);
    for record in 0..16 {
        let of = format!("source=district.court item=court.judgment-defaulter record=C{record} subject=uscc:1");
        let upserted = format!("record.upserted {of} revision=1 issued=2026-04-{:02} fields={{ground:2}}", record + 1);
        let served = format!("notice.served {of} notice_id=N served_on=2026-05-01");
        for line in [upserted, served] {
            log.push(district.record(i64::try_from(log.len()).unwrap(), now, district.content(&line, now)));
        }
    }
    // The notice of the thirteenth record, by which it comes to be among those that are shown.
    let fold = || Box::new(Refusing(district.fold(), 27));
    let mut remembering = TestDriver::in_memory(fold());
    let outputs = remembering.apply(log.clone()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let anew = |record| TestDriver::on_disk(dir.path(), fold()).unwrap().apply([record]).unwrap();
    let expected: Vec<Outgoing> = log.into_iter().flat_map(anew).collect();
    assert_eq!(remembering.rejected(), 1);
    assert!(outputs == expected);
}

#[test]
fn poison_is_rejected_once_with_its_place() {
    let district = District::new();
    let (outputs, driver) = district.run(64);
    assert_eq!(driver.rejected(), 2);
    let rejects: Vec<_> = outputs.iter().filter(|o| o.topic == *district.topics.rejects()).collect();
    let offsets: Vec<i64> = rejects
        .iter()
        .map(|o| district.codec.decode_reject(o.value.as_ref().unwrap()).unwrap().place.unwrap().offset)
        .collect();
    assert!(offsets.contains(&152) && offsets.contains(&153), "{offsets:?}");
}

#[test]
fn an_activation_of_an_unknown_fold_stops_the_partition_and_of_an_unknown_catalogue_makes_it_wait() {
    let district = District::new();
    let now = story::noon("2026-05-10");
    let mut driver = TestDriver::in_memory(district.fold());
    let unknown = district.record(0, now, Content::Control(Control::FoldActivated { version: FOLD_VERSION + 1 }));
    assert!(driver.apply([unknown]).unwrap_err().to_string().contains("fold version"));
    // The catalogue was written before it was activated, so it is on its way to this instance.
    let mut driver = TestDriver::in_memory(district.fold());
    let digest = "0".repeat(64);
    let activated = Control::CatalogueActivated { digest: digest.clone() };
    let error = driver.apply([district.record(0, now, Content::Control(activated))]).unwrap_err();
    assert!(matches!(&error, DriverError::State(StateError::Io { reason }) if reason.contains(&digest)), "{error}");
}

#[test]
fn time_is_advanced_once_when_a_timer_is_due_and_marks_say_how_far() {
    let district = District::new();
    let (_, mut driver) = district.run(64);
    let last = district.log().last().unwrap().timestamp_ms;
    let later = Instant::from_ms(last).plus_days(2_000).ms();
    let ticked = driver.tick(0, later).unwrap();
    assert_eq!(ticked.len(), 1);
    assert_eq!(driver.tick(0, later + 1_000).unwrap(), [], "one is outstanding");
    let next_offset = driver.position().next_offset;
    let value = ticked[0].value.clone();
    driver.apply([district.raw_record(next_offset, Instant::from_ms(later), value)]).unwrap();
    assert_eq!(driver.tick(0, later + 2_000).unwrap(), [], "nothing is due any more");
    let progress = Progress {
        topic: district.topics.events().clone(),
        partition: 0,
        next_offset: next_offset + 1,
        last_append_ms: Some(later),
        caught_up_at_ms: Some(later + 5),
        now_ms: later + 10,
    };
    let marks = driver.mark(&progress).unwrap();
    let entry = district.codec.decode_flag(b"!mark", marks[0].value.as_deref(), None).unwrap();
    let schemas::FlagEntry::Mark(mark) = entry else { panic!("a mark") };
    assert_eq!(mark.events_offset, next_offset + 1);
    assert_eq!(mark.current_as_of.ms(), later + 5);
    assert_eq!(mark.time.ms(), later);
    assert_eq!(mark.catalogue, Some(district.digest));
    assert!(mark.swept);
    // It has had something to do ever since it last stood at the end: what it folded is what it is current as of.
    let busy = Progress { last_append_ms: Some(later + 60_000), now_ms: later + 60_010, ..progress };
    let marks = driver.mark(&busy).unwrap();
    let entry = district.codec.decode_flag(b"!mark", marks[0].value.as_deref(), None).unwrap();
    let schemas::FlagEntry::Mark(mark) = entry else { panic!("a mark") };
    assert_eq!(mark.current_as_of.ms(), later + 60_000);
    // A broker's clock that runs ahead makes nothing current, nor anything that stands at its end old.
    assert_eq!(current_as_of_ms(Some(5), Some(2_000), 1_000), Some(1_000));
    assert_eq!(current_as_of_ms(Some(5), Some(3_600_000), 1_000), Some(5));
    assert_eq!(current_as_of_ms(None, Some(3_600_000), 1_000), None);
}
