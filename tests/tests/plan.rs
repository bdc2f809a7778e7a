//! Rules that change in a register at work, on a real Apache Kafka: planned, confirmed by a second person, activated, rolled back.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use domain::flag::{Flag, FlagValue};
use e2e::event::today;
use e2e::installation::{Installation, Tuned};
use e2e::kafka::{self, read_committed};
use e2e::process::standing;
use e2e::repository::{output, root};
use e2e::rulebook::altered;
use e2e::stock::Stock;
use schemas::token::Token;
use schemas::{Codec, FlagEntry};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(60);
const FIRMS: usize = 60;

/// What stands under each key of `standing.flags`, without version and digest of the catalogue.
type Flags = BTreeMap<(String, String), FlagValue>;

/// Reads the flags until marks stand for the token, under the catalogue if one is given.
fn flags(installation: &Installation, token: &str, catalogue: Option<&str>) -> Flags {
    let goal = Token::decode(token).unwrap().offsets;
    let (codec, mut flags, mut reached) = (Codec::built_in(), Flags::new(), BTreeMap::new());
    read_committed(&installation.kafka, &installation.topic("flags"), PATIENCE, |read| {
        match codec.decode_flag(&read.key, read.value.as_deref(), read.origin.as_deref())? {
            FlagEntry::Mark(mark) => {
                let under = catalogue.is_none() || mark.catalogue.as_deref() == catalogue;
                reached.insert(read.partition, (mark.events_offset, mark.swept && under));
            }
            FlagEntry::Flag(flag) => {
                let value = match flag.value {
                    FlagValue::Set(flag) => FlagValue::Set(Flag { catalogue: String::new(), ..flag }),
                    lifted @ (FlagValue::Lifted(_) | FlagValue::Tombstone) => lifted,
                };
                flags.insert((flag.subject, flag.measure.to_string()), value);
            }
        }
        let there = |(partition, offset): (i32, &i64)| {
            reached.get(&partition).is_some_and(|(at, through)| at > offset && *through)
        };
        Ok((0..).zip(&goal).all(there))
    })
    .unwrap();
    flags
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
    let tuned = Tuned {
        checkpoint_interval: Some("2s".to_owned()),
        // A restriction of more than ten firms is a mass here.
        more: "[activation]\nconfirm_above_subjects = 10\n".to_owned(),
        ..Tuned::default()
    };
    let installation = Installation::start_tuned(&kafka::address().unwrap(), tuned).await.unwrap();
    let stock = Stock::new(1_000, FIRMS, today().unwrap());
    let token = installation.register.accepted_all("district.court", &stock.events).await.unwrap();
    let before = flags(&installation, &token, None);

    let folder = tempfile::tempdir().unwrap();
    let catalogue =
        altered(folder.path(), "measures/honours.yaml", "matters: [honours.*]", "matters: [honours.*, licence.*]")
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

    // Rolled back: it widens nothing, and so takes no second person, but a plan.
    let reference = root().join("catalogue");
    let back = Operators { installation: &installation, catalogue: &reference };
    assert_eq!(back.refused("activate", &["--allow-unverified"], wang), "plan.missing");
    let in_force = planned["base"]["catalogue"].as_str();
    let planned = back.done("plan", &["--log"], None);
    assert!(planned.contains(&format!("{restricted} flags of {restricted} subjects change; 0 subjects")), "{planned}");
    back.done("activate", &["--allow-unverified", "--wait"], None);
    assert_eq!(flags(&installation, &token, in_force), before);
    let audit = installation.audit(&[]).unwrap();
    assert_eq!(audit["findings"].as_array().map(Vec::len), Some(0), "{audit:#}");
    installation.stop().unwrap();
}
