//! Waiting until a Java machine has compiled itself: one that has just been started does so for a minute or two, with half a core and
//! more, and whatever is measured meanwhile is a measurement of that. Nobody runs a register on a broker that was started a minute ago.

use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::report::Report;
use crate::{kafka, usage};

/// Between two looks.
pub const LOOK: Duration = Duration::from_secs(3);
/// Looks in a row at which the compiler has had next to nothing.
const QUIET_LOOKS: u32 = 2;
/// Next to nothing: this part of a core.
const QUIET: f64 = 0.08;
/// Nobody waits longer, unless less is said: what it still had is told then.
const PATIENCE: Duration = Duration::from_secs(120);
/// The threads of a Java machine that compile.
const COMPILERS: [&str; 2] = ["C1 Comp", "C2 Comp"];

/// Processor time that the compilers of a Java machine have had; `None` where no thread has their name.
pub fn compiling(process: u32) -> anyhow::Result<Option<Duration>> {
    usage::cpu_of_threads(process, &COMPILERS)
}

/// Whether Java machines still compile themselves, under a load that the caller keeps up meanwhile.
pub struct Settling {
    processes: Vec<u32>,
    most: Duration,
    begun: Instant,
    looked: (Instant, Duration),
    looks: Looks,
}

impl Settling {
    /// Of the broker that `scripts/with-kafka.sh` started.
    ///
    /// # Errors
    ///
    /// STANDING_TEST_KAFKA_PID names no process of this machine, or one without a thread that compiles.
    pub fn of_broker() -> anyhow::Result<Self> {
        let broker = kafka::process()?;
        ensure!(compiling(broker)?.is_some(), "process {broker} has no thread {}", COMPILERS.join(" or "));
        Self::of(vec![broker], PATIENCE)
    }

    /// Of these processes, for so long at most; one that is no Java machine compiles nothing.
    pub fn of(processes: Vec<u32>, most: Duration) -> anyhow::Result<Self> {
        let looked = (Instant::now(), had(&processes)?);
        Ok(Self { processes, most, begun: looked.0, looked, looks: Looks::default() })
    }

    /// Looks once more; [`LOOK`] after the time before at the earliest. True: nothing compiles any more, or for longer than anybody waits.
    pub fn is_over(&mut self) -> anyhow::Result<bool> {
        let (now, cpu) = (Instant::now(), had(&self.processes)?);
        let (before, had) = std::mem::replace(&mut self.looked, (now, cpu));
        let quiet = self.looks.add(cpu.checked_sub(had), now.duration_since(before));
        Ok(quiet || self.begun.elapsed() >= self.most)
    }

    /// Waits until it is over, on a thread that may stand still.
    pub fn wait(mut self) -> anyhow::Result<Self> {
        loop {
            std::thread::sleep(LOOK);
            if self.is_over()? {
                return Ok(self);
            }
        }
    }

    /// Cores that the compilers had between the last two looks.
    pub fn share(&self) -> f64 {
        self.looks.share
    }

    /// Tells how long it was waited, and what the compilers still had then.
    pub fn tell(&self, report: &mut Report, key: &str, before: &str) {
        report.seconds(&format!("{key}_settled_s"), &format!("waited for the broker, {before}"), self.begun.elapsed());
        report.tell(&format!("{key}_compiling"), "its compiler had at the end of that", self.share(), "cores");
    }
}

fn had(processes: &[u32]) -> anyhow::Result<Duration> {
    processes.iter().map(|process| Ok(compiling(*process)?.unwrap_or_default())).sum()
}

/// What was seen at each look.
#[derive(Debug, Default)]
struct Looks {
    quiet: u32,
    share: f64,
}

impl Looks {
    /// True after enough quiet ones in a row. `None`: a thread has ended, and what the others had is not known.
    fn add(&mut self, had: Option<Duration>, over: Duration) -> bool {
        let share = had.map(|had| had.as_secs_f64() / over.as_secs_f64());
        self.share = share.unwrap_or(self.share);
        self.quiet = if share.is_some_and(|share| share < QUIET) { self.quiet + 1 } else { 0 };
        self.quiet >= QUIET_LOOKS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_quiet_looks_in_a_row_are_settled_and_a_thread_that_ends_is_none() {
        let ms = Duration::from_millis;
        let mut looks = Looks::default();
        assert!(!looks.add(Some(ms(1_500)), LOOK), "half a core");
        assert!(!looks.add(Some(ms(100)), LOOK), "one quiet look");
        assert!(!looks.add(None, LOOK), "a thread has ended");
        assert!(!looks.add(Some(ms(100)), LOOK));
        assert!(!looks.add(Some(ms(300)), LOOK), "a tenth of a core");
        assert!(!looks.add(Some(ms(0)), LOOK));
        assert!(looks.add(Some(ms(100)), LOOK));
    }
}
