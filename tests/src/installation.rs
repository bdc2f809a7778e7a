//! A register as it is run: each service a process with settings, a port and a state of its own, on a real Kafka, closed to
//! everybody without a credential.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};

use crate::kafka;
use crate::process::{LOOK, Process, free_port, run, standing};
use crate::register::{Addresses, Consumer, Credentials, Register};

/// As on a small machine.
pub const PARTITIONS: i32 = 8;
const READY: Duration = Duration::from_secs(60);

const DEPARTMENTS: [&str; 4] = ["district.court", "district.market", "district.fire", "district.credit-centre"];
/// Consumers of the reference catalogue: matters, and whether they may ask about people.
const CONSUMERS: [(&str, &[&str], bool); 6] = [
    ("district.finance.subsidies", &["subsidy.*"], true),
    ("district.finance.procurement", &["procurement.*"], true),
    ("district.market.honours", &["honours.quality-award"], false),
    ("district.market.licences", &["licence.food-operation"], false),
    ("district.market.inspections", &["inspection.routine"], false),
    ("district.fire.inspections", &["inspection.fire"], false),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    Intake,
    Profile,
    Flags,
    Gate,
}

impl Service {
    pub const ALL: [Self; 4] = [Self::Intake, Self::Profile, Self::Flags, Self::Gate];

    pub fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Profile => "profile",
            Self::Flags => "flags",
            Self::Gate => "gate",
        }
    }
}

struct Running {
    process: Process,
    settings: PathBuf,
    api: String,
    admin: String,
}

pub struct Installation {
    pub kafka: String,
    /// First part of every topic's name: of this installation alone.
    pub prefix: String,
    pub register: Register,
    /// Tokens of two people of operations.
    pub operators: [String; 2],
    services: BTreeMap<Service, Running>,
    site: Site,
    folder: tempfile::TempDir,
    kept: bool,
}

/// What an installation has that others of the tests have not.
#[derive(Clone, Debug, Default)]
pub struct Tuned {
    /// `kafka.session_timeout`, where it is not the default.
    pub session_timeout: Option<String>,
    /// `profile.checkpoint_interval`; without it there is no checkpoint store.
    pub checkpoint_interval: Option<String>,
    /// `profile.checkpoint_store`, where it is not a folder of the installation's.
    pub checkpoint_store: Option<String>,
    /// Further variables of the environment of services.
    pub environment: Vec<(String, String)>,
    /// Further sections of the operator's settings.
    pub more: String,
    /// `profile.memory`, where 64 MiB are not enough.
    pub memory: Option<String>,
    /// The catalogue that is activated, where it is not that of the checkout.
    pub catalogue: Option<PathBuf>,
    /// How long a service may take until it is ready, where a minute is not enough.
    pub patience: Option<Duration>,
}

/// What every settings file of an installation says.
struct Site {
    kafka: String,
    prefix: String,
    folder: PathBuf,
    tuned: Tuned,
    /// Where a second profile would answer: the first knows it from its start.
    second_profile: String,
}

impl Installation {
    /// Topics applied, every service started, the catalogue of the checkout activated, every service ready.
    pub async fn start(kafka: &str) -> anyhow::Result<Self> {
        Self::start_tuned(kafka, Tuned::default()).await
    }

    pub async fn start_tuned(kafka: &str, tuned: Tuned) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("standing-e2e-").tempdir()?;
        let prefix = format!("e2e-{}", random()?.get(..12).unwrap_or_default());
        let secret = format!("kid = \"e2e\"\nsecret = \"{}\"\n", random()?);
        write(&folder.path().join("pseudonyms.toml"), &secret)?;
        let (credentials, operators) = credentials(folder.path())?;

        let site = Site {
            kafka: kafka.to_owned(),
            prefix: prefix.clone(),
            folder: folder.path().to_owned(),
            tuned,
            second_profile: format!("127.0.0.1:{}", free_port()?),
        };
        let operator = folder.path().join("operator.toml");
        write(&operator, &site.settings(&format!("{}[profile]\n{}", site.tuned.more, site.checkpoints())))?;
        let operator = operator.to_str().context("a path of UTF-8")?;
        run(&["topics", "apply", "--config", operator, "--catalogue", "catalogue"])?;
        run(&["topics", "plan", "--config", operator, "--catalogue", "catalogue"])?;

        // As an installation does that is new: its services are there before its rules.
        let mut services = BTreeMap::new();
        for service in Service::ALL {
            services.insert(service, site.begin(service)?);
        }
        let catalogue = site.tuned.catalogue.as_deref().unwrap_or(Path::new("catalogue"));
        let catalogue = catalogue.to_str().context("a path of UTF-8")?;
        run(&["catalogue", "activate", catalogue, "--config", operator, "--allow-unverified"])?;

        let api = |service: Service| services[&service].api.clone();
        let addresses =
            Addresses { intake: api(Service::Intake), profile: api(Service::Profile), gate: api(Service::Gate) };
        let register = Register::new(addresses, credentials)?;
        let kafka = kafka.to_owned();
        let mut installation = Self { kafka, prefix, register, operators, services, site, folder, kept: false };
        for service in Service::ALL {
            installation.await_ready(service).await?;
        }
        Ok(installation)
    }

    /// A topic of this installation by the rest of its name.
    pub fn topic(&self, rest: &str) -> String {
        format!("{}.{rest}", self.prefix)
    }

    /// The consumer group of a service's own state.
    pub fn group(&self, service: Service) -> String {
        format!("{}-{}", self.prefix, service.name())
    }

    /// The settings file of an operator.
    pub fn operator(&self) -> PathBuf {
        self.folder.path().join("operator.toml")
    }

    /// Where everything of this installation lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where a service keeps its state, or its spool.
    pub fn state_dir(&self, service: Service) -> PathBuf {
        state_dir(self.folder.path(), service.name())
    }

    /// Whether the files and the topics stay when it is dropped.
    pub fn keep(&mut self, kept: bool) {
        self.folder.disable_cleanup(kept);
        self.kept = kept;
    }

    /// Where the profile's checkpoints are.
    pub fn checkpoint_store(&self) -> PathBuf {
        checkpoint_store(self.folder.path())
    }

    /// What `standing audit` says of the whole register, with the states of the profile and of those beside it by these names;
    /// it need not be clean.
    pub fn audit(&self, beside: &[&str]) -> anyhow::Result<serde_json::Value> {
        self.audited(beside, None)
    }

    /// The same of some partitions drawn by lot, while events come.
    pub fn audit_live(&self, beside: &[&str], partitions: usize) -> anyhow::Result<serde_json::Value> {
        self.audited(beside, Some(partitions))
    }

    fn audited(&self, beside: &[&str], live: Option<usize>) -> anyhow::Result<serde_json::Value> {
        let mut command = Command::new(standing()?);
        command.args(["audit", "--json", "--config"]).arg(self.operator());
        if let Some(partitions) = live {
            // A checkpoint may be damaged by a fault that is not made good yet: none is compared.
            command.args(["--live", "--sample", &partitions.to_string()]);
        } else if self.site.tuned.checkpoint_interval.is_some() {
            command.arg("--checkpoints");
        }
        command.envs(self.site.tuned.environment.iter().map(|(name, value)| (name, value)));
        for name in beside.iter().copied().chain([Service::Profile.name()]) {
            command.arg("--state").arg(state_dir(self.folder.path(), name));
        }
        let output = crate::repository::output(&mut command)?;
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("the audit gave no result: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Another profile process beside the installation's own: with a state of its own under `name`, and as `instance`.
    pub fn profile_beside(&self, name: &str, instance: &str) -> anyhow::Result<Process> {
        let [api, admin] = [free_port()?, free_port()?].map(|port| format!("127.0.0.1:{port}"));
        self.site.profile(name, instance, &api, &admin, "")
    }

    /// Where a service answers its operators.
    pub fn admin(&self, service: Service) -> &str {
        &self.services[&service].admin
    }

    pub async fn await_ready(&mut self, service: Service) -> anyhow::Result<()> {
        let url = format!("{}/readyz", self.admin(service));
        let within = self.site.tuned.patience.unwrap_or(READY);
        let deadline = Instant::now() + within;
        let mut last = String::new();
        loop {
            if let Some(running) = self.services.get_mut(&service) {
                running.process.check()?;
            }
            match self.register.get(&url, None).await {
                Ok(answer) if answer.status == 200 => return Ok(()),
                Ok(answer) => last = answer.body.to_string(),
                // It does not listen yet.
                Err(_) => {}
            }
            if Instant::now() >= deadline {
                bail!("{} was not ready within {within:?}: {last}", service.name());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Starts a second profile, with which the first shares its partitions, and waits until both are ready. Gives its process
    /// and the address of its API.
    pub async fn start_second_profile(&mut self) -> anyhow::Result<(Process, String)> {
        let admin = format!("127.0.0.1:{}", free_port()?);
        let peers = format!("peers = [{:?}]\n", self.services[&Service::Profile].api);
        let api = &self.site.second_profile;
        let process = self.site.profile("profile-1", "profile-1", api, &admin, &peers)?;
        let within = self.site.tuned.patience.unwrap_or(READY);
        let (api, deadline) = (format!("http://{api}"), Instant::now() + within);
        while !self.register.get(&format!("http://{admin}/readyz"), None).await.is_ok_and(|a| a.status == 200) {
            if Instant::now() >= deadline {
                bail!("the second profile was not ready within {within:?}: {}", process.log()?);
            }
            tokio::time::sleep(LOOK).await;
        }
        self.await_ready(Service::Profile).await?;
        Ok((process, api))
    }

    /// SIGKILL: nothing is committed, closed or said.
    pub fn kill(&mut self, service: Service) -> anyhow::Result<()> {
        self.running(service)?.process.kill()
    }

    /// Starts a killed service again with the settings and the state it had.
    pub fn restart(&mut self, service: Service) -> anyhow::Result<()> {
        let settings = self.running(service)?.settings.clone();
        let process = self.site.serve(service, service.name(), &settings)?;
        self.running(service)?.process = process;
        Ok(())
    }

    /// Stops every service as an operator does; fails when one does not end well.
    pub fn stop(mut self) -> anyhow::Result<()> {
        Service::ALL.into_iter().try_for_each(|service| self.end(service))
    }

    /// Stops a service as an operator does: its transactions are ended. Fails when it does not end well.
    pub fn end(&mut self, service: Service) -> anyhow::Result<()> {
        let status = self.running(service)?.process.stop(Duration::from_secs(20))?;
        ensure!(status.success(), "{} ended with {status} when it was asked to stop", service.name());
        Ok(())
    }

    /// What the services have logged, all of it.
    pub fn logs(&self) -> anyhow::Result<String> {
        let logs: Result<Vec<String>, _> = self.services.values().map(|running| running.process.log()).collect();
        Ok(logs?.concat())
    }

    /// A service's process.
    pub fn process(&mut self, service: Service) -> anyhow::Result<&mut Process> {
        Ok(&mut self.running(service)?.process)
    }

    /// Starts a killed service by a command of its own, which is given the arguments of the program it stands for.
    pub fn restart_by(&mut self, service: Service, command: &mut Command) -> anyhow::Result<()> {
        let folder = self.folder.path().to_owned();
        let running = self.running(service)?;
        command.arg(standing()?).args(["serve", service.name(), "--config"]).arg(&running.settings);
        running.process = Process::start(service.name(), command.current_dir(&folder), &folder)?;
        Ok(())
    }

    fn running(&mut self, service: Service) -> anyhow::Result<&mut Running> {
        self.services.get_mut(&service).context("every service was started")
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        self.services.clear();
        if self.kept {
            return;
        }
        if let Err(error) = kafka::delete_topics(&self.kafka, &format!("{}.", self.prefix)) {
            eprintln!("the topics of {} stay: {error:#}", self.prefix);
        }
    }
}

impl Site {
    fn begin(&self, service: Service) -> anyhow::Result<Running> {
        let [api, admin] = [free_port()?, free_port()?].map(|port| format!("127.0.0.1:{port}"));
        let state = state_dir(&self.folder, service.name());
        let mut own = format!("[http]\nlisten = \"{api}\"\n[admin]\nlisten = \"{admin}\"\n");
        match service {
            Service::Intake => own += "[intake.inbox]\nlook_every = \"1s\"\n",
            Service::Profile => {
                let peers = format!("peers = [\"http://{}\"]", self.second_profile);
                let memory = self.memory();
                write!(own, "[profile]\nstate_dir = {state:?}\nmemory = {memory:?}\n{peers}\n{}", self.checkpoints())?;
            }
            Service::Flags => write!(own, "[flags]\nstate_dir = {state:?}\nmemory = \"32MiB\"\n")?,
            Service::Gate => write!(own, "[gate]\nspool_dir = {state:?}\n")?,
        }
        let settings = self.folder.join(format!("{}.toml", service.name()));
        write(&settings, &self.settings(&own))?;
        let process = self.serve(service, service.name(), &settings)?;
        Ok(Running { process, settings, api: format!("http://{api}"), admin: format!("http://{admin}") })
    }

    /// A profile beside the first; `more` are further lines of `[profile]`.
    fn profile(&self, name: &str, instance: &str, api: &str, admin: &str, more: &str) -> anyhow::Result<Process> {
        let state = state_dir(&self.folder, name);
        let own = format!(
            "[http]\nlisten = \"{api}\"\n[admin]\nlisten = \"{admin}\"\n\
             [profile]\ninstance = {instance:?}\nstate_dir = {state:?}\nmemory = {:?}\n{more}{}",
            self.memory(),
            self.checkpoints()
        );
        let file = self.folder.join(format!("{name}.toml"));
        write(&file, &self.settings(&own))?;
        self.serve(Service::Profile, name, &file)
    }

    fn serve(&self, service: Service, name: &str, settings: &Path) -> anyhow::Result<Process> {
        let mut command = Command::new(standing()?);
        command.args(["serve", service.name(), "--config"]).arg(settings).current_dir(&self.folder);
        command.envs(self.tuned.environment.iter().map(|(name, value)| (name, value)));
        Process::start(name, &mut command, &self.folder)
    }

    fn memory(&self) -> &str {
        self.tuned.memory.as_deref().unwrap_or("64MiB")
    }

    /// Lines of `[profile]`.
    fn checkpoints(&self) -> String {
        let Some(interval) = &self.tuned.checkpoint_interval else { return String::new() };
        let folder = || format!("file://{}", checkpoint_store(&self.folder).display());
        let store = self.tuned.checkpoint_store.clone().unwrap_or_else(folder);
        format!("checkpoint_store = {store:?}\ncheckpoint_interval = {interval:?}\n")
    }

    fn settings(&self, own: &str) -> String {
        let Self { kafka, prefix, folder, tuned, .. } = self;
        let session =
            tuned.session_timeout.as_ref().map(|time| format!("session_timeout = {time:?}\n")).unwrap_or_default();
        let (credentials, pseudonyms) = (folder.join("credentials.toml"), folder.join("pseudonyms.toml"));
        format!(
            "{own}[kafka]\nbootstrap_servers = \"{kafka}\"\n{session}[topics]\nprefix = \"{prefix}\"\n\
             partitions = {PARTITIONS}\n[credentials]\nfile = {credentials:?}\n[pseudonyms]\nfile = {pseudonyms:?}\n"
        )
    }
}

fn checkpoint_store(folder: &Path) -> PathBuf {
    folder.join("checkpoints")
}

fn state_dir(folder: &Path, name: &str) -> PathBuf {
    folder.join("state").join(name)
}

/// New tokens; only their hashes go into the file.
fn credentials(folder: &Path) -> anyhow::Result<(Credentials, [String; 2])> {
    let mut file = String::new();
    let mut departments = BTreeMap::new();
    for department in DEPARTMENTS {
        let (token, sha256) = token()?;
        write!(file, "[[token]]\nname = \"{department}\"\nsha256 = \"{sha256}\"\ndepartment = \"{department}\"\n\n")?;
        departments.insert(department, token);
    }
    let mut consumers = Vec::new();
    for (id, matters, people) in CONSUMERS {
        let (token, sha256) = token()?;
        write!(file, "[[token]]\nname = \"{id}\"\nsha256 = \"{sha256}\"\nconsumer = \"{id}\"\n")?;
        write!(file, "matters = {matters:?}\npeople = {people}\n\n")?;
        consumers.push(Consumer { id, matters, people, token });
    }
    let operators = [token()?, token()?];
    for (name, (_, sha256)) in ["wang", "li"].into_iter().zip(&operators) {
        write!(file, "[[token]]\nname = \"{name}\"\nsha256 = \"{sha256}\"\nops = true\n\n")?;
    }
    write(&folder.join("credentials.toml"), &file)?;
    Ok((Credentials::Tokens { departments, consumers }, operators.map(|(token, _)| token)))
}

fn token() -> anyhow::Result<(String, String)> {
    let token = format!("standing_{}", random()?);
    let sha256 = hex(&Sha256::digest(token.as_bytes()));
    Ok((token, sha256))
}

/// 64 hex digits of the operating system's chance.
fn random() -> anyhow::Result<String> {
    let mut bytes = [0_u8; 32];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut bytes)?;
    Ok(hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(file, text)?;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))?;
    Ok(())
}

/// How often a profile was given a partition and caught up with it, also where nothing was committed yet that it would fold again.
pub fn caught_up(profile: &Process) -> anyhow::Result<usize> {
    Ok(profile.log()?.matches("caught up with what was committed").count())
}
