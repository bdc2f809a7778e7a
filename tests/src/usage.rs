//! What a process has used so far (proc(5)): processor time, bytes to the disk, memory.

use std::ops::Sub;
use std::time::Duration;

use anyhow::Context;

/// Counted from the start of the process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    pub cpu: Duration,
    /// Bytes on their way to the disk when they were written to files, by whomever they are flushed (proc(5), `write_bytes`).
    pub disk_bytes: u64,
}

impl Usage {
    pub fn of(process: u32) -> anyhow::Result<Self> {
        Ok(Self { cpu: cpu(process)?, disk_bytes: field(process, "io", "write_bytes:")? })
    }
}

impl Sub for Usage {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self { cpu: self.cpu.saturating_sub(before.cpu), disk_bytes: self.disk_bytes.saturating_sub(before.disk_bytes) }
    }
}

/// The memory that the process has resident.
pub fn resident_bytes(process: u32) -> anyhow::Result<u64> {
    Ok(field(process, "status", "VmRSS:")? << 10)
}

/// The most memory that it ever had resident.
pub fn resident_bytes_most(process: u32) -> anyhow::Result<u64> {
    Ok(field(process, "status", "VmHWM:")? << 10)
}

/// Of all threads: fields 14 and 15 of the stat, in hundredths of a second (proc(5)).
pub fn cpu(process: u32) -> anyhow::Result<Duration> {
    cpu_in(process, "stat")
}

/// Of the threads that exist now and whose name begins so; `None` if there are none.
pub fn cpu_of_threads(process: u32, names: &[&str]) -> anyhow::Result<Option<Duration>> {
    let mut sum = None;
    let tasks = format!("/proc/{process}/task");
    for task in std::fs::read_dir(&tasks).with_context(|| format!("{tasks} cannot be read"))? {
        let task = task?.file_name().to_string_lossy().into_owned();
        // A thread may end between two looks.
        let Ok(name) = read(process, &format!("task/{task}/comm")) else { continue };
        if names.iter().any(|begins| name.starts_with(begins)) {
            *sum.get_or_insert(Duration::ZERO) += cpu_in(process, &format!("task/{task}/stat")).unwrap_or_default();
        }
    }
    Ok(sum)
}

fn cpu_in(process: u32, file: &str) -> anyhow::Result<Duration> {
    let stat = read(process, file)?;
    // The second field is the program's name in brackets, and may hold anything.
    let fields = stat.rsplit_once(')').context("no name in the stat")?.1.split_whitespace();
    let ticks: Vec<u64> = fields.skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(Duration::from_millis(10 * ticks.into_iter().sum::<u64>()))
}

/// The number behind a name in a file of `/proc/PID`.
pub fn field(process: u32, file: &str, name: &str) -> anyhow::Result<u64> {
    let text = read(process, file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.with_context(|| format!("/proc/{process}/{file} has no {name}"))?.parse()?)
}

fn read(process: u32, file: &str) -> anyhow::Result<String> {
    let path = format!("/proc/{process}/{file}");
    std::fs::read_to_string(&path).with_context(|| format!("{path} cannot be read"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn this_process_has_used_memory_and_time() {
        let id = std::process::id();
        // Read first: other tests of this process take memory meanwhile.
        let now = resident_bytes(id).unwrap();
        assert!(now > 100_000);
        assert!(resident_bytes_most(id).unwrap() >= now);
        let before = Usage::of(id).unwrap();
        let mut sum = 0_u64;
        while (Usage::of(id).unwrap() - before).cpu < Duration::from_millis(20) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
    }
}
