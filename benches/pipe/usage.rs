//! What a process has used, from `/proc`; and stopping it for a moment.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// The processor time of all threads of a process, in seconds. The scheduler's own account has nanoseconds; `stat` has only ticks of 10 ms.
pub(crate) fn cpu(pid: u32) -> Result<f64> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).context("processor time needs Linux")? {
        let text = fs::read_to_string(thread?.path().join("schedstat"))?;
        nanoseconds += text.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds).as_secs_f64())
}

/// The memory of a process that is in RAM, in bytes.
pub(crate) fn resident(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes: u32 = line.context("no VmRSS")?.trim().trim_end_matches(" kB").parse()?;
    Ok(f64::from(kibibytes) * 1024.0)
}

/// Stops a process until [`resume`].
#[cfg(unix)]
pub(crate) fn stop(pid: u32) -> Result<()> {
    signal(pid, rustix::process::Signal::STOP)
}

#[cfg(unix)]
pub(crate) fn resume(pid: u32) -> Result<()> {
    signal(pid, rustix::process::Signal::CONT)
}

#[cfg(unix)]
fn signal(pid: u32, signal: rustix::process::Signal) -> Result<()> {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).context("no process")?;
    Ok(rustix::process::kill_process(pid, signal)?)
}

#[cfg(not(unix))]
pub(crate) fn stop(_: u32) -> Result<()> {
    anyhow::bail!("this needs a Unix")
}

#[cfg(not(unix))]
pub(crate) fn resume(_: u32) -> Result<()> {
    anyhow::bail!("this needs a Unix")
}
