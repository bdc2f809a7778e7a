//! `make bench-plan`: how long `standing catalogue plan` takes on a register of many subjects, on real Kafka with checkpoints.
//!
//! Every firm is listed by the court and served its notice, every third struck off again (BENCH_FIRMS of them, 30,000 unless said;
//! the bar is a million in 60 s on two cores). The catalogue that is planned changes a flag of each firm that is restricted, so that
//! every subject is evaluated and two thirds are reported. Printed are the command's own time, from its first call to Kafka to
//! the finished list, the time of the whole process, and the most memory it had; all on the machine that runs Kafka, intake and the
//! profile too.
//!
//! Then the plan is confirmed and activated, and what comes to the topic of flags must be just what the list says: each flag of it
//! once, and no other (BENCH_PLAN_EXACT=0 leaves it out).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use domain::flag::FlagValue;
use e2e::event::today;
use e2e::installation::{Installation, Service, Tuned};
use e2e::process::standing;
use e2e::rulebook::altered;
use e2e::stock::Stock;
use e2e::{environment, kafka, metrics, published, repository, usage};
use schemas::{Codec, FlagEntry};
use serde_json::{Value, json};

const FIRMS: usize = 30_000;
/// Blocks of the stock in a request, 700 events each, and requests at once.
const BATCH: usize = 7;
const SENDERS: usize = 2;
const PATIENCE: Duration = Duration::from_secs(1_800);
const CHECKPOINT_SECONDS: u64 = 15;
/// What the planned catalogue changes: a title.
const BEFORE: &str = "No public honours";
const AFTER: &str = "No honours of the public";

pub(crate) async fn measure() -> anyhow::Result<()> {
    let firms = environment::number("BENCH_FIRMS", FIRMS)?;
    let exact = environment::number::<u8>("BENCH_PLAN_EXACT", 1)? != 0;
    let tuned = Tuned { checkpoint_interval: Some(format!("{CHECKPOINT_SECONDS}s")), ..Tuned::default() };
    let mut installation = Installation::start_tuned(&kafka::address()?, tuned).await?;
    // A plan asks neither of them, and both would follow every flag of the load.
    for service in [Service::Flags, Service::Gate] {
        installation.kill(service)?;
    }
    let stock = Stock::new(100_000, firms, today()?);
    let began = Instant::now();
    let token = fill(&installation, &stock).await?;
    eprintln!("bench plan: {} events of {firms} firms folded after {:?}", stock.events.len(), began.elapsed());
    // One checkpoint of every partition lies behind the load.
    tokio::time::sleep(Duration::from_secs(2 * CHECKPOINT_SECONDS)).await;

    let folder = tempfile::tempdir()?;
    let catalogue = altered(folder.path(), "measures/honours.yaml", &[(BEFORE, AFTER)])?;
    let list = folder.path().join("changes.csv");
    let [planner, confirmer] = installation.operators.clone();
    let mut command = operator(&installation, "plan", &catalogue, &planner)?;
    command.arg("--json").arg("--csv").arg(&list);
    let began = Instant::now();
    let mut child = command.stdout(std::process::Stdio::piped()).spawn()?;
    let process = child.id();
    let (stop, most) = watch_memory(process);
    let mut text = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().context("stdout is piped")?, &mut text)?;
    let status = child.wait()?;
    let whole = began.elapsed().as_secs_f64();
    drop(stop);
    ensure!(status.success(), "the plan failed: {status}");
    let plan: Value = serde_json::from_str(&text).context("the plan is no JSON")?;
    let restricted = stock.decisions().iter().filter(|decision| **decision == "restricted").count();
    ensure!(plan["subjects"]["evaluated"] == firms, "not every firm was evaluated: {plan:#}");
    let planned = listed(&list)?;
    ensure!(plan["flags"]["changed"] == restricted && planned.len() == restricted, "other changes: {plan:#}");
    let most = most.join().unwrap_or_default() >> 20;
    let profile = usage::resident_bytes_most(installation.process(Service::Profile)?.id())? >> 20;
    let seconds = plan["seconds"].as_f64().context("the plan says no seconds")?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    #[expect(clippy::print_stdout, reason = "the output of the program")]
    {
        println!("catalogue plan of {firms} subjects, {restricted} changes, {cores} cores: {seconds:.1} s");
        println!(
            "  the whole process {whole:.1} s, at most {most} MiB, {} records behind the checkpoints",
            plan["tail_records"]
        );
        println!("  the profile had at most {profile} MiB");
        let told = json!({ "plan_subjects": firms, "plan_seconds": seconds, "plan_process_seconds": whole, "plan_mib": most,
            "profile_mib": profile });
        println!("{told}");
    }
    if exact {
        let digest = plan["planned"]["catalogue"].as_str().context("the plan names no catalogue")?;
        // All that the load has led to is committed: the profile stands at its end.
        let ends = kafka::ends(&installation.kafka, &installation.topic("flags"))?;
        let mut command = operator(&installation, "activate", &catalogue, &confirmer)?;
        command.args(["--allow-unverified", "--wait"]);
        if let Some(plan) = plan["plan"].as_str().filter(|_| plan["needs_confirmation"] == true) {
            command.args(["--confirm", plan]);
        }
        let began = Instant::now();
        repository::run(&mut command)?;
        let swept = began.elapsed().as_secs_f64();
        compare(&installation, &token, digest, &ends, planned)?;
        eprintln!(
            "bench plan: activated and swept in {swept:.1} s; just the {restricted} flags planned were published"
        );
    }
    Ok(())
}

/// `standing catalogue ...` as an operator.
fn operator(installation: &Installation, what: &str, catalogue: &Path, token: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(standing()?);
    command.args(["catalogue", what]).arg(catalogue).arg("--config").arg(installation.operator());
    command.env("STANDING_TOKEN", token);
    Ok(command)
}

/// The list of a plan: subject and measure of each change.
fn listed(list: &Path) -> anyhow::Result<BTreeSet<(String, String)>> {
    let mut rows = csv::Reader::from_path(list)?;
    rows.records().map(|row| row.map(|row| (row[0].to_owned(), row[1].to_owned())).context("the list")).collect()
}

/// Every flag that came after the ends is one of the list, as it was planned, and every one of the list came.
fn compare(
    installation: &Installation,
    token: &str,
    catalogue: &str,
    ends: &BTreeMap<i32, i64>,
    mut planned: BTreeSet<(String, String)>,
) -> anyhow::Result<()> {
    let codec = Codec::built_in();
    published::each(installation, token, Some(catalogue), ends, PATIENCE, |read| {
        let FlagEntry::Flag(flag) = read.flag(&codec)? else { return Ok(()) };
        let FlagValue::Set(set) = &flag.value else { bail!("{} was lifted, and none was to be", flag.measure) };
        ensure!(set.title.en == AFTER && set.catalogue == catalogue, "{} is not as planned", flag.measure);
        let known = planned.remove(&(flag.subject, flag.measure.to_string()));
        ensure!(known, "a flag of {} came that is not on the list, or twice", flag.measure);
        Ok(())
    })?;
    ensure!(planned.is_empty(), "{} flags of the list did not come", planned.len());
    Ok(())
}

/// Sends the stock, and waits until the profile stands at its end.
async fn fill(installation: &Installation, stock: &Stock) -> anyhow::Result<String> {
    let batches = stock.batches(BATCH);
    let token = installation.register.submit_batches("district.court", batches, SENDERS).await?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    metrics::caught_up(&http, installation.admin(Service::Profile), metrics::PROFILE_LAG, PATIENCE).await?;
    Ok(token)
}

/// The most resident memory of a process until the sender is dropped.
fn watch_memory(process: u32) -> (std::sync::mpsc::Sender<()>, std::thread::JoinHandle<u64>) {
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        let mut most = 0;
        while matches!(stopped.recv_timeout(Duration::from_millis(50)), Err(std::sync::mpsc::RecvTimeoutError::Timeout))
        {
            // It may have ended meanwhile.
            most = most.max(usage::resident_bytes_most(process).unwrap_or_default());
        }
        most
    });
    (stop, thread)
}
