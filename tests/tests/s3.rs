//! Checkpoints in an S3-compatible store: the services and commands as they are run, against a store that speaks the protocol,
//! checks signatures, and creates conditionally.

#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use e2e::event::today;
use e2e::installation::{Installation, Service, Tuned};
use e2e::kafka;
use e2e::metrics::Sample;
use e2e::process::{free_port, standing};
use e2e::repository::output;
use e2e::stock::Stock;
use e2e::story::SUBSIDY;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

const PATIENCE: Duration = Duration::from_secs(60);
const BUCKET: &str = "checkpoints";
const KEY: &str = "of-a-test";
const SECRET: &str = "secret-of-a-test";
const FIRMS: usize = 200;

/// A store over a folder: an object is a file.
struct Store {
    folder: PathBuf,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Store {
    async fn start(folder: &Path, address: SocketAddr) -> Self {
        std::fs::create_dir_all(folder.join(BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = service.build();
        let listener = TcpListener::bind(address).await.unwrap();
        let server = tokio::spawn(async move {
            // Dropped with the server: connections end with it.
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = service.clone();
                connections.spawn(async move {
                    let http = Builder::new(TokioExecutor::new());
                    // A client may go away whenever it likes.
                    let _ = http.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { folder: folder.to_owned(), address, server }
    }

    fn environment(&self, secret: &str) -> Vec<(String, String)> {
        let address = format!("http://{}", self.address);
        let variables = [
            ("AWS_ACCESS_KEY_ID", KEY),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT", &address),
            ("AWS_ALLOW_HTTP", "true"),
        ];
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    /// Files beneath the bucket whose path has this part.
    fn objects(&self, part: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.join(BUCKET)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.to_string_lossy().contains(part) {
                    found.push(path);
                }
            }
        }
        found
    }

    async fn stop(self) {
        self.server.abort();
        let _ = self.server.await;
    }
}

/// A command of the operator's, with the keys of the store.
fn run(installation: &Installation, environment: &[(String, String)], arguments: &[&str]) -> Output {
    let mut command = Command::new(standing().unwrap());
    command.args(arguments).arg("--config").arg(installation.operator());
    output(command.envs(environment.iter().cloned())).unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn sample(installation: &Installation) -> Sample {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    Sample::take(&http, installation.admin(Service::Profile)).await.unwrap()
}

async fn metric(installation: &Installation, name: &str) -> f64 {
    sample(installation).await.sum(name)
}

/// How many checkpoints this process has made.
async fn made(installation: &Installation) -> f64 {
    let sample = sample(installation).await;
    let made = sample.all("standing_checkpoint_total").filter(|(labels, _)| labels.contains("\"made\""));
    made.map(|(_, count)| count).sum()
}

/// Waits for more checkpoints than were made before, and until `doctor` finds nothing wrong with the store and its checkpoints.
async fn checkpointed(installation: &Installation, environment: &[(String, String)], before: f64) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let said = text(&run(installation, environment, &["doctor"]));
        let another = made(installation).await > before;
        if another && said.lines().any(|line| line.contains("checkpoints") && line.contains("the oldest")) {
            return;
        }
        assert!(Instant::now() < deadline, "{said}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The disk of the profile is lost; it starts again, and answers.
async fn lose_disk(installation: &mut Installation) {
    installation.kill(Service::Profile).unwrap();
    std::fs::remove_dir_all(installation.state_dir(Service::Profile)).unwrap();
    installation.restart(Service::Profile).unwrap();
    installation.await_ready(Service::Profile).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_comes_back_from_a_bucket_whatever_happens_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], free_port().unwrap()));
    let store = Store::start(folder.path(), address).await;
    let environment = store.environment(SECRET);
    let tuned = Tuned {
        checkpoint_interval: Some("1s".to_owned()),
        checkpoint_store: Some(format!("s3://{BUCKET}/district/one")),
        environment: environment.clone(),
        ..Tuned::default()
    };
    let mut installation = Installation::start_tuned(&kafka::address().unwrap(), tuned).await.unwrap();
    let stock = Stock::new(70_000, FIRMS, today().unwrap());
    let token = installation.register.accepted_all("district.court", &stock.events).await.unwrap();
    installation.register.check(SUBSIDY, &stock.firms[0], Some(&token)).await.unwrap();
    checkpointed(&installation, &environment, 0.0).await;

    // What is there can be listed and verified; nobody else's keys are enough, and no secret is repeated.
    let listed = text(&run(&installation, &environment, &["state", "list"]));
    assert!(listed.lines().count() > 1, "{listed}");
    let verified = run(&installation, &environment, &["state", "verify"]);
    assert!(verified.status.success(), "{}", text(&verified));
    assert!(text(&verified).contains("sound"), "{}", text(&verified));
    let stranger = run(&installation, &store.environment("another-secret"), &["state", "list"]);
    assert!(!stranger.status.success(), "{}", text(&stranger));
    assert!(!text(&stranger).contains("another-secret"), "{}", text(&stranger));

    lose_disk(&mut installation).await;
    let restored = metric(&installation, "standing_checkpoint_restore_bytes_total").await;
    assert!(restored > 0.0, "nothing came back from the bucket");
    let folded_again = metric(&installation, "standing_records_replayed_total").await;
    assert!(folded_again < stock.events.len() as f64 / 2.0, "{folded_again} records were folded again");

    // Every file is damaged: the log stands in.
    installation.kill(Service::Profile).unwrap();
    let files = store.objects("/files/");
    assert!(!files.is_empty());
    for file in files {
        let mut bytes = std::fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        // Some have nothing to damage.
        if let Some(byte) = bytes.get_mut(middle) {
            *byte ^= 0xff;
            std::fs::write(&file, bytes).unwrap();
        }
    }
    let verified = run(&installation, &environment, &["state", "verify"]);
    assert_eq!(verified.status.code(), Some(1), "{}", text(&verified));
    lose_disk(&mut installation).await;
    assert_eq!(metric(&installation, "standing_checkpoint_restore_bytes_total").await, 0.0, "damaged files were used");

    // The store is out of reach: the service works on, `doctor` says so, and checkpoints follow once it is back.
    let folder_of_store = store.folder.clone();
    store.stop().await;
    let before = made(&installation).await;
    let doctor = run(&installation, &environment, &["doctor"]);
    assert!(!doctor.status.success() && text(&doctor).contains("AWS_ENDPOINT"), "{}", text(&doctor));
    // So many that every partition has some: the damaged checkpoint of one that stands still stays its newest.
    let late = Stock::new(80_000, FIRMS, today().unwrap());
    let token = installation.register.accepted_all("district.court", &late.events).await.unwrap();
    installation.register.check(SUBSIDY, &late.firms[0], Some(&token)).await.unwrap();
    let _store = Store::start(&folder_of_store, address).await;
    checkpointed(&installation, &environment, before).await;

    let audit = installation.audit(&[]).unwrap();
    assert_eq!(audit["clean"], true, "{audit:#}");
    installation.stop().unwrap();
}
