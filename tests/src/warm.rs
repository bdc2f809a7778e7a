//! A broker that has just been started compiles itself for a minute or two, with half a core and more, and whatever is measured meanwhile
//! is a measurement of that. Nobody runs a register on a broker of yesterday's minute.

use std::time::{Duration, Instant};

use anyhow::Context;

use crate::usage;

/// Between two looks.
pub const LOOK: Duration = Duration::from_secs(3);
/// Looks in a row at which the compiler has had next to nothing.
const QUIET_LOOKS: u32 = 2;
/// Next to nothing: this part of a core.
const QUIET: f64 = 0.08;
/// Nobody waits longer: it is said then that the broker was still at it.
const PATIENCE: Duration = Duration::from_secs(120);
/// The threads of a Java machine that compile.
const COMPILERS: [&str; 2] = ["C1 Comp", "C2 Comp"];

/// Whether the broker still compiles itself, under a load that the caller keeps up meanwhile.
pub struct Settling {
    broker: u32,
    begun: Instant,
    looked: (Instant, Duration),
    quiet: u32,
}

impl Settling {
    /// Of the broker that `scripts/with-kafka.sh` started.
    ///
    /// # Errors
    ///
    /// STANDING_TEST_KAFKA_PID names no process of this machine.
    pub fn of_broker() -> anyhow::Result<Self> {
        let broker = std::env::var("STANDING_TEST_KAFKA_PID").ok().and_then(|id| id.parse().ok());
        let broker = broker.context("STANDING_TEST_KAFKA_PID is not set: start this with scripts/with-kafka.sh")?;
        let now = Instant::now();
        Ok(Self { broker, begun: now, looked: (now, usage::cpu_of_threads(broker, &COMPILERS)?), quiet: 0 })
    }

    /// Looks once more; [`LOOK`] after the time before at the earliest. True: it compiles no more, or for longer than anybody waits.
    pub fn is_over(&mut self) -> anyhow::Result<bool> {
        let (now, cpu) = (Instant::now(), usage::cpu_of_threads(self.broker, &COMPILERS)?);
        let (before, had) = std::mem::replace(&mut self.looked, (now, cpu));
        let share = cpu.saturating_sub(had).as_secs_f64() / now.duration_since(before).as_secs_f64();
        self.quiet = if share < QUIET { self.quiet + 1 } else { 0 };
        if self.quiet >= QUIET_LOOKS {
            return Ok(true);
        }
        let over = self.begun.elapsed() >= PATIENCE;
        if over {
            eprintln!("bench: the broker's compiler still has {:.0} % of a core", share * 100.0);
        }
        Ok(over)
    }

    /// Waits until it is over.
    pub async fn wait(mut self) -> anyhow::Result<()> {
        loop {
            tokio::time::sleep(LOOK).await;
            if self.is_over()? {
                return Ok(());
            }
        }
    }
}
