//! `standing notice` as a department runs it: a program beside the services, on a real Apache Kafka.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use e2e::event::{Record, Subject, today};
use e2e::installation::Installation;
use e2e::kafka;
use e2e::process::{free_port, standing};
use e2e::story::{BID, INSPECTION};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

/// What one run of the command came to.
struct Run {
    code: Option<i32>,
    said: String,
    fault: String,
}

impl Run {
    /// The stable code of a fault: what stands first.
    fn fault_code(&self) -> &str {
        let fault = self.fault.lines().last().unwrap_or_default();
        fault.trim_start_matches("standing: ").split(": ").next().unwrap_or_default()
    }

    fn files(&self) -> Vec<PathBuf> {
        assert_eq!(self.code, Some(0), "{}", self.fault);
        self.said.lines().map(PathBuf::from).collect()
    }
}

struct Desk<'a> {
    installation: &'a Installation,
    folder: &'a Path,
}

impl Desk<'_> {
    fn run(&self, arguments: &[&str], settings: &[(&str, &str)], stdin: &str) -> Run {
        let mut command = Command::new(standing().unwrap());
        command.arg("notice").args(arguments).arg("--config").arg(self.installation.operator()).envs(settings.to_vec());
        command.current_dir(self.folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        let done = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run { code: done.status.code(), said: text(done.stdout), fault: text(done.stderr) }
    }

    /// Prints into a folder, and gives the print of one record and its event.
    fn one(&self, who: &[&str], record: &Record, into: &str, more: &[&str]) -> (String, Option<Value>) {
        let arguments = [who, &["--out", into], more].concat();
        let files = self.run(&arguments, &[], "").files();
        let read = |file: &PathBuf| fs::read_to_string(self.folder.join(file)).unwrap();
        let mut of_record = files.iter().filter(|file| read(file).contains(&record.record_id));
        let print = of_record.next().unwrap();
        assert_eq!(of_record.next(), None, "one record has one notice");
        let event = fs::read(self.folder.join(print).with_extension("json")).ok();
        (read(print), event.map(|bytes| serde_json::from_slice(&bytes).unwrap()))
    }
}

fn days(today: Date) -> (Date, Date) {
    (today.saturating_sub(2.days()), today.saturating_sub(1.days()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_department_prints_what_it_has_to_serve_and_the_event_makes_it_served() {
    let installation = Installation::start(&kafka::address().unwrap()).await.unwrap();
    let (register, folder) = (&installation.register, tempfile::tempdir().unwrap());
    let desk = Desk { installation: &installation, folder: folder.path() };
    let (issued_on, served_on) = days(today().unwrap());
    let served = served_on.to_string();

    // A firm: printed, sent as it lies there, in force.
    let firm = Subject::firm(8_301);
    let fire = Record::fire_penalty("8301", &firm, issued_on);
    let act = "</dd><script>alert(1)</script>虚构的违法事实";
    let fields = json!({ "severity": "serious", "fine_cny": "20000.00", "act": act });
    let token = register.accepted(&fire.upserted(1, fields)).await.unwrap();
    assert_eq!(register.check(INSPECTION, &firm, Some(&token)).await.unwrap()["decision"], "clear");
    let key = firm.key();
    let key = key.as_str();
    let (page, event) = desk.one(&[key], &fire, "out", &["--served-on", &served]);
    for said in
        [fire.record_id.as_str(), firm.id(), "严重（serious）", "20000.00", "任何措施均不实施", "虚构的违法事实"]
    {
        assert!(page.contains(said), "{said} is missing: {page}");
    }
    assert!(!page.contains("<script>"), "a hostile text is a text");
    let again = desk.run(&[key, "--out", "out", "--served-on", &served], &[], "");
    assert_eq!(again.files().len(), 1, "printed twice it is the same");
    let token = register.accepted(&event.unwrap()).await.unwrap();
    let answer = register.check(INSPECTION, &firm, Some(&token)).await.unwrap();
    assert_eq!(answer["decision"], "supervised", "{answer:#}");
    assert_eq!(answer["flags"][0]["notice"]["served_on"], served, "{answer:#}");
    let (page, event) = desk.one(&[key], &fire, "served", &[]);
    assert!(event.is_none(), "what was served needs no event");
    let on = format!("{}年{}月{}日", served_on.year(), served_on.month(), served_on.day());
    assert!(page.contains("送达日期") && page.contains(&on) && !page.contains("任何措施均不实施"), "{page}");

    // A person: by the department's list, without a name or a number, which the department writes in.
    let person = Subject::person(8_302);
    let court = Record::defaulter("8302", &person, issued_on);
    let token = register.accepted(&court.upserted(1, json!({ "ground": 2 }))).await.unwrap();
    assert_eq!(register.check(BID, &person, Some(&token)).await.unwrap()["decision"], "clear");
    let (page, event) = desk.one(&["--department", "district.court"], &court, "court", &[]);
    let mut event = event.unwrap();
    assert!(page.contains("以伪造证据、暴力、威胁等方法妨碍、抗拒执行（2）"), "{page}");
    assert!(!page.contains(person.id()) && !page.contains("person:"), "a print names a person");
    let refused = register.submit(&event).await.unwrap();
    assert_eq!(refused.status, 422, "what is left blank is refused: {refused:?}");
    event["subject"] = person.identity();
    event["fields"]["served_on"] = served.as_str().into();
    let token = register.accepted(&event).await.unwrap();
    assert_eq!(register.check(BID, &person, Some(&token)).await.unwrap()["decision"], "restricted");
    let nothing = desk.run(&["--department", "district.court", "--out", "court"], &[], "");
    assert!(nothing.said.starts_with("no notices"), "{}", nothing.said);
    let named = format!("cn-id:{}", person.id());
    let read = desk.run(&["-", "--out", "person"], &[], &named);
    assert_eq!(read.files().len(), 1);
    assert!(!read.said.contains(person.id()) && !read.fault.contains(person.id()), "the command repeats a number");

    // As PDF, the same twice.
    let pdf = |into: &str| {
        let files = desk.run(&[key, "--out", into, "--format", "pdf"], &[], "").files();
        fs::read(folder.path().join(&files[0])).unwrap()
    };
    let bytes = pdf("pdf");
    assert!(bytes.starts_with(b"%PDF-") && bytes.trim_ascii_end().ends_with(b"%%EOF"), "{} bytes", bytes.len());
    assert_eq!(pdf("pdf"), bytes);

    faults(&desk, key, &pdf);
    installation.stop().unwrap();
}

/// Every bad input has its code, and leaves what is there as it is.
fn faults(desk: &Desk<'_>, key: &str, pdf: &dyn Fn(&str) -> Vec<u8>) {
    fs::write(desk.folder.join("file"), "a file").unwrap();
    let print = desk.run(&[key, "--out", "edited"], &[], "").files().remove(0);
    fs::write(desk.folder.join(&print), "signed").unwrap();
    let unknown = Subject::firm(8_399).key();
    let nobody = format!("127.0.0.1:{}", free_port().unwrap());
    let typeface = [("STANDING__NOTICES__FONT", "/nowhere/font.ttf")];
    let kafka = [("STANDING__KAFKA__BOOTSTRAP_SERVERS", nobody.as_str())];
    let prefix = [("STANDING__TOPICS__PREFIX", "nobody")];
    let none: [(&str, &str); 0] = [];
    for (arguments, settings, code) in [
        (vec![unknown.as_str(), "--out", "new"], &none[..], "notice.none"),
        (vec!["--department", "district.nobody", "--out", "new"], &none[..], "department.unknown"),
        (vec!["--department", "Nobody/../..", "--out", "new"], &none[..], "department.unknown"),
        (vec![key, "--out", "file"], &none[..], "notice.folder"),
        (vec![key, "--out", "file/below"], &none[..], "notice.folder"),
        (vec![key, "--out", "edited"], &none[..], "notice.exists"),
        (vec![key, "--out", "new", "--format", "pdf"], &typeface[..], "notice.typeface"),
        (vec![key, "--out", "new"], &kafka[..], "kafka.unreachable"),
        (vec![key, "--out", "new"], &prefix[..], "topics.missing"),
    ] {
        let run = desk.run(&arguments, settings, "");
        assert_eq!((run.code, run.fault_code()), (Some(1), code), "{arguments:?}: {}", run.fault);
        // Its other notice, that of the rating, is as it was.
        assert_eq!(
            run.said.lines().count(),
            usize::from(code == "notice.exists"),
            "{arguments:?} printed {}",
            run.said
        );
    }
    for arguments in [
        vec!["--out", "new"],
        vec![key],
        vec![key, "--department", "district.court", "--out", "new"],
        vec![key, "--out", "new", "--served-on", "2026-02-30"],
        vec![key, "--out", "new", "--format", "paper"],
        vec!["uscc:", "--out", "new"],
        vec!["uscc:919900000000000193", "--out", "new"],
        vec!["-", "--out", "new"],
    ] {
        let run = desk.run(&arguments, &[], "");
        assert_eq!(run.code, Some(2), "{arguments:?}: {}", run.fault);
    }
    assert!(!desk.folder.join("new").exists(), "a fault leaves nothing behind");
    assert_eq!(fs::read_to_string(desk.folder.join("file")).unwrap(), "a file");
    assert_eq!(fs::read_to_string(desk.folder.join(&print)).unwrap(), "signed");
    assert!(!pdf("pdf").is_empty(), "and what was right is right again");
}
