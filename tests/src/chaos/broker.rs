//! An Apache Kafka of the run's own, behind the proxy: killed and started again on the data it had. Its controller is a process of
//! its own, as where it matters, and goes on: why, docs/reliability.md says.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::process::{LOOK, free_port, signal_to};
use crate::repository::root;

const HEAP: &str = "512m";
/// Longer than the controller takes to miss a broker: `broker.session.timeout.ms` in tests/kafka/server.properties.
const MISSED: Duration = Duration::from_secs(5);

pub(super) struct Broker {
    folder: PathBuf,
    port: u16,
    /// Where clients are sent: the proxy.
    advertised: String,
}

impl Broker {
    /// Starts a node with its data in `folder` that sends its clients to `proxy`.
    pub(super) async fn start(folder: &Path, proxy: u16) -> anyhow::Result<Self> {
        let advertised = format!("127.0.0.1:{proxy}");
        let broker = Self { folder: folder.to_owned(), port: free_port()?, advertised };
        std::fs::create_dir_all(folder)?;
        broker.guard()?;
        broker.run().await?;
        Ok(broker)
    }

    /// Where the broker itself listens.
    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    async fn run(&self) -> anyhow::Result<()> {
        let mut command = tokio::process::Command::new(root().join("scripts/kafka.sh"));
        command.arg("start").arg(&self.folder).args([&self.port.to_string(), HEAP]);
        command.env("STANDING_KAFKA_ADVERTISED", &self.advertised).env("STANDING_KAFKA_CONTROLLER", "apart");
        let started = command.output().await?;
        if !started.status.success() {
            bail!("the broker did not start: {}", String::from_utf8_lossy(&started.stderr));
        }
        Ok(())
    }

    /// Stops the node when this program is gone, however it went.
    fn guard(&self) -> anyhow::Result<()> {
        let wait = "while kill -0 \"$1\" 2>/dev/null; do sleep 1; done; [ -d \"$3\" ] && exec \"$2\" stop \"$3\"";
        let begun = Command::new("setsid")
            .args(["--fork", "sh", "-c", wait, "guard", &std::process::id().to_string()])
            .arg(root().join("scripts/kafka.sh"))
            .arg(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        begun.context("setsid is missing: install util-linux").map(drop)
    }

    /// Ends the broker as a power cut of its machine would end its process, and starts it again once it is missed.
    pub(super) async fn kill_and_restart(&self) -> anyhow::Result<()> {
        let id = std::fs::read_to_string(self.folder.join("kafka.pid")).context("the broker has no pid file")?;
        signal_to(id.trim().parse()?, "KILL")?;
        // A killed process is there until the kernel has taken it down.
        let (killed, gone) = (Instant::now(), Path::new("/proc").join(id.trim()));
        while gone.exists() {
            tokio::time::sleep(LOOK).await;
        }
        tokio::time::sleep(MISSED.saturating_sub(killed.elapsed())).await;
        self.run().await
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let stopped = Command::new(root().join("scripts/kafka.sh")).arg("stop").arg(&self.folder).status();
        if !stopped.is_ok_and(|status| status.success()) {
            eprintln!("chaos: the broker of {} could not be stopped", self.folder.display());
        }
    }
}
