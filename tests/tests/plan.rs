//! Rules that change in a register at work, on a real Apache Kafka: planned, confirmed by a second person, activated, rolled back.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use domain::flag::{Flag, FlagValue};
use e2e::event::{Record, Subject, today};
use e2e::installation::{Installation, Tuned};
use e2e::process::{LOOK, standing};
use e2e::register::Register;
use e2e::repository::{output, root};
use e2e::rulebook::altered;
use e2e::stock::Stock;
use e2e::story::HONOURS;
use e2e::{kafka, published};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};
use tokio::sync::Mutex;

const FIRMS: usize = 60;

/// One register at a time: a machine of two cores runs the broker and four services for each.
static ALONE: Mutex<()> = Mutex::const_new(());

/// Under load: firms of one round, the time between two rounds, and the rounds before the rules change.
const ROUND: u64 = 30;
const PAUSE: Duration = Duration::from_millis(150);
const ROUNDS_BEFORE: u64 = 12;

/// What stands under each key of `standing.flags`, without version and digest of the catalogue.
type Flags = BTreeMap<(String, String), FlagValue>;

fn flags(installation: &Installation, token: &str, catalogue: Option<&str>) -> Flags {
    let published = published::flags(installation, token, catalogue).unwrap();
    let same = |value: FlagValue| match value {
        FlagValue::Set(flag) => FlagValue::Set(Flag { catalogue: String::new(), ..flag }),
        lifted @ (FlagValue::Lifted(_) | FlagValue::Tombstone) => lifted,
    };
    published.into_iter().map(|((of, measure), flag)| ((of, measure.to_string()), same(flag.value))).collect()
}

struct Operators<'a> {
    installation: &'a Installation,
    catalogue: &'a Path,
}

impl Operators<'_> {
    fn run(&self, command: &str, arguments: &[&str], token: Option<&str>) -> Output {
        let mut standing = Command::new(standing().unwrap());
        standing.args(["catalogue", command]).arg(self.catalogue).arg("--config").arg(self.installation.operator());
        standing.args(arguments).env_remove("STANDING_TOKEN");
        if let Some(token) = token {
            standing.env("STANDING_TOKEN", token);
        }
        output(&mut standing).unwrap()
    }

    fn done(&self, command: &str, arguments: &[&str], token: Option<&str>) -> String {
        let done = self.run(command, arguments, token);
        assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// The code with which a command is refused.
    fn refused(&self, command: &str, arguments: &[&str], token: Option<&str>) -> String {
        let refused = self.run(command, arguments, token);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        let rest = said.trim_start_matches("standing: ");
        rest.split(':').next().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_is_planned_confirmed_activated_and_rolled_back() {
    let _alone = ALONE.lock().await;
    let tuned = Tuned {
        checkpoint_interval: Some("2s".to_owned()),
        // A change of more than ten firms is a mass here.
        more: "[activation]\nconfirm_above_subjects = 10\n".to_owned(),
        ..Tuned::default()
    };
    let installation = Installation::start_tuned(&kafka::address().unwrap(), tuned).await.unwrap();
    let stock = Stock::new(1_000, FIRMS, today().unwrap());
    let token = installation.register.accepted_all("district.court", &stock.events).await.unwrap();
    let before = flags(&installation, &token, None);

    let folder = tempfile::tempdir().unwrap();
    let catalogue =
        altered(folder.path(), "measures/honours.yaml", &[("matters: [honours.*]", "matters: [honours.*, licence.*]")])
            .unwrap();
    let operators = Operators { installation: &installation, catalogue: &catalogue };
    let [wang, li] = installation.operators.each_ref().map(|token| Some(token.as_str()));
    assert_eq!(operators.refused("activate", &["--allow-unverified"], wang), "plan.missing");

    let list = folder.path().join("changes.csv");
    let planned = operators.done("plan", &["--json", "--csv", list.to_str().unwrap()], wang);
    let planned: Value = serde_json::from_str(&planned).unwrap();
    let restricted = stock.decisions().iter().filter(|decision| **decision == "restricted").count();
    assert_eq!(planned["flags"]["widened"], restricted, "{planned:#}");
    assert_eq!(planned["needs_confirmation"], true);
    let plan = planned["plan"].as_str().unwrap();
    assert_eq!(flags(&installation, &token, None), before, "a plan touches nobody");

    assert_eq!(operators.refused("activate", &["--allow-unverified"], wang), "plan.unconfirmed");
    let confirm = ["--allow-unverified", "--wait", "--confirm", plan];
    assert_eq!(operators.refused("activate", &confirm, wang), "plan.no-second-person");
    assert_eq!(operators.refused("activate", &confirm, None), "plan.no-second-person");
    let said = operators.done("activate", &confirm, li);
    assert!(said.contains("nothing came to the log since"), "{said}");

    let after = flags(&installation, &token, planned["planned"]["catalogue"].as_str());
    let changed: BTreeMap<_, _> = after.iter().filter(|(key, value)| before.get(*key) != Some(*value)).collect();
    let mut rows = csv::Reader::from_path(&list).unwrap();
    let listed: Vec<(String, String)> =
        rows.records().map(|row| row.map(|row| (row[0].to_owned(), row[1].to_owned())).unwrap()).collect();
    assert_eq!(changed.keys().map(|key| (*key).clone()).collect::<Vec<_>>(), {
        let mut listed = listed;
        listed.sort();
        listed
    });
    for value in changed.values() {
        assert!(matches!(value, FlagValue::Set(flag) if flag.matters.iter().any(|m| m.as_str() == "licence.*")));
    }

    // Rolled back: it restricts nobody further, and takes a plan and a second person all the same.
    let reference = root().join("catalogue");
    let back = Operators { installation: &installation, catalogue: &reference };
    assert_eq!(back.refused("activate", &["--allow-unverified"], wang), "plan.missing");
    let in_force = planned["base"]["catalogue"].as_str();
    let planned = back.done("plan", &["--log"], wang);
    assert!(planned.contains(&format!("{restricted} flags of {restricted} subjects change; 0 subjects")), "{planned}");
    assert_eq!(back.refused("activate", &["--allow-unverified"], wang), "plan.unconfirmed");
    let plan = planned.lines().find_map(|line| Some(line.strip_prefix("plan ")?.split_once(" is kept")?.0));
    back.done("activate", &["--allow-unverified", "--wait", "--confirm", plan.unwrap()], li);
    assert_eq!(flags(&installation, &token, in_force), before);
    let audit = installation.audit(&[]).unwrap();
    assert_eq!(audit["findings"].as_array().map(Vec::len), Some(0), "{audit:#}");
    installation.stop().unwrap();
}

/// The firms of one round and the events of their records: listed, served, some corrected to the other ground, some struck off. With
/// each firm the ground on which it stands in the end.
fn round(number: u64, today: Date) -> (Vec<Value>, Vec<(Subject, Option<u32>)>) {
    let (issued_on, served_on) = (today.saturating_sub(2.days()), today.saturating_sub(1.days()));
    let (mut events, mut firms) = (Vec::new(), Vec::new());
    let numbers = (70_000 + number * ROUND)..(70_000 + (number + 1) * ROUND);
    let records: Vec<(u64, Record)> = numbers
        .map(|number| (number, Record::defaulter(&number.to_string(), &Subject::firm(number), issued_on)))
        .collect();
    let ground = |number: u64| 2 + u32::from(number.is_multiple_of(2));
    events.extend(records.iter().map(|(number, record)| record.upserted(1, json!({ "ground": ground(*number) }))));
    events.extend(records.iter().map(|(_, record)| record.served(served_on)));
    for (number, record) in &records {
        let other = (number % 5 == 0).then(|| 5 - ground(*number));
        events.extend(other.map(|other| record.corrected(2, json!({ "ground": other }))));
        let struck = number % 3 == 0;
        events.extend(struck.then(|| record.withdrawn(3, today)));
        firms.push((record.subject.clone(), (!struck).then(|| other.unwrap_or(ground(*number)))));
    }
    (events, firms)
}

/// What was sent while the rules changed, in its order, and the token that stands for all of it.
struct Streamed {
    events: Vec<Value>,
    firms: Vec<(Subject, Option<u32>)>,
    token: String,
}

/// Sends round after round until it is told to stop, and counts them.
async fn stream(register: Register, today: Date, stop: Arc<AtomicBool>, rounds: Arc<AtomicU64>) -> Streamed {
    let mut streamed = Streamed { events: Vec::new(), firms: Vec::new(), token: String::new() };
    let mut tick = tokio::time::interval(PAUSE);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let last = stop.load(Ordering::Relaxed);
        let (events, firms) = round(rounds.load(Ordering::Relaxed), today);
        streamed.token = register.accepted_all("district.court", &events).await.unwrap();
        streamed.events.extend(events);
        streamed.firms.extend(firms);
        rounds.fetch_add(1, Ordering::Relaxed);
        if last {
            return streamed;
        }
    }
}

/// Flags that stand, without the lifts of others: when something was lifted differs, and with other rules it never was.
fn standing_flags(installation: &Installation, token: &str, catalogue: &str) -> BTreeMap<(String, String), Flag> {
    let set = |value| match value {
        FlagValue::Set(flag) => Some(flag),
        FlagValue::Lifted(_) | FlagValue::Tombstone => None,
    };
    flags(installation, token, Some(catalogue))
        .into_iter()
        .filter_map(|(key, value)| Some((key, set(value)?)))
        .collect()
}

/// Rules that change while events stream in, lifting some and restricting others further: nothing waits, and in the end everybody stands as
/// in a register that had these rules from its beginning.
#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_under_load_ends_where_a_register_of_the_new_rules_stands() {
    let _alone = ALONE.lock().await;
    let (today, folder) = (today().unwrap(), tempfile::tempdir().unwrap());
    let third_ground = "- item: court.judgment-defaulter\n        when: {in: {field: ground, values: [1, 3]}}\n";
    let changes = [
        ("matters: [honours.*]", "matters: [honours.*, licence.*]"),
        ("- item: court.judgment-defaulter\n", third_ground),
    ];
    let catalogue = altered(folder.path(), "measures/honours.yaml", &changes).unwrap();
    let mut installation = Installation::start(&kafka::address().unwrap()).await.unwrap();
    let (stop, rounds) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let streaming = tokio::spawn(stream(installation.register.clone(), today, Arc::clone(&stop), Arc::clone(&rounds)));
    while rounds.load(Ordering::Relaxed) < ROUNDS_BEFORE {
        assert!(!streaming.is_finished(), "the stream broke off");
        tokio::time::sleep(LOOK).await;
    }

    let operators = Operators { installation: &installation, catalogue: &catalogue };
    let [wang, li] = installation.operators.each_ref().map(|token| Some(token.as_str()));
    let planned: Value = serde_json::from_str(&operators.done("plan", &["--json", "--log"], wang)).unwrap();
    let (lifted, widened) = (&planned["flags"]["lifted"], &planned["flags"]["widened"]);
    assert!(lifted.as_u64() > Some(0) && widened.as_u64() > Some(0), "it lifts and widens: {planned:#}");
    let before = rounds.load(Ordering::Relaxed);
    let confirm = ["--allow-unverified", "--wait", "--confirm", planned["plan"].as_str().unwrap()];
    operators.done("activate", &confirm, li);
    assert!(rounds.load(Ordering::Relaxed) > before, "nothing came while the rules changed");
    stop.store(true, Ordering::Relaxed);
    let Streamed { events, firms, token } = streaming.await.unwrap();

    let digest = planned["planned"]["catalogue"].as_str().unwrap();
    let swept = standing_flags(&installation, &token, digest);
    let (subjects, grounds): (Vec<Subject>, Vec<Option<u32>>) = firms.into_iter().unzip();
    let decisions = installation.register.decisions(HONOURS, &subjects, Some(&token)).await.unwrap();
    let expected: Vec<&str> =
        grounds.iter().map(|ground| if *ground == Some(3) { "restricted" } else { "clear" }).collect();
    assert_eq!(decisions, expected);
    installation.await_ready(e2e::installation::Service::Profile).await.unwrap();
    let audit = installation.audit(&[]).unwrap();
    assert_eq!(audit["clean"], true, "{audit:#}");
    installation.stop().unwrap();

    let tuned = Tuned { catalogue: Some(catalogue.clone()), ..Tuned::default() };
    let fresh = Installation::start_tuned(&kafka::address().unwrap(), tuned).await.unwrap();
    let mut token = String::new();
    for some in events.chunks(1_000) {
        token = fresh.register.accepted_all("district.court", some).await.unwrap();
    }
    let anew = standing_flags(&fresh, &token, digest);
    assert_eq!(swept.keys().collect::<Vec<_>>(), anew.keys().collect::<Vec<_>>());
    for (key, flag) in &swept {
        assert_eq!(Some(flag), anew.get(key), "{key:?}");
    }
    fresh.stop().unwrap();
}
