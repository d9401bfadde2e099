//! How many descriptors there may be, and that their table is large enough before anybody waits for it.

use crate::engine::MOST_SOCKETS;

/// Descriptors that are not for sockets: stdio, the runtime's own, policy files, look-ups.
#[cfg(unix)]
const RESERVED: u64 = 64;

/// The size of the table from the start: 32 KiB of the kernel's memory.
#[cfg(target_os = "linux")]
const TABLE: u64 = 4096;

/// Raises the limit on descriptors. It must be called before there is a second thread.
///
/// # Returns
/// How many sockets there may be: as many as descriptors allow, up to the usual limit. Where there are enough, closed connections
/// that linger have their own; else a server that is far from the limit would find none for its next client.
#[cfg(unix)]
#[must_use]
pub fn prepare() -> usize {
    use crate::engine::MOST_LINGERING;
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = (MOST_SOCKETS + MOST_LINGERING) as u64 + RESERVED;
    let raised = wanted
        .min(limit.maximum.unwrap_or(u64::MAX))
        .max(limit.current.unwrap_or(u64::MAX));
    if let Err(error) = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(raised),
            maximum: limit.maximum,
        },
    ) {
        tracing::debug!(%error, "the limit on descriptors stays as it is");
    }
    let now = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    #[cfg(target_os = "linux")]
    grow_table(now);
    usize::try_from(now.saturating_sub(RESERVED))
        .unwrap_or(MOST_SOCKETS)
        .clamp(1, MOST_SOCKETS)
}

/// Linux doubles the table whenever it is full. Where threads share it, it waits until every processor has left the old one:
/// 5 to 15 ms each time, in which nobody is accepted (seen at 256, 512 and 1,024). A process with one thread waits for nobody.
#[cfg(target_os = "linux")]
fn grow_table(limit: u64) {
    use std::fs::File;

    use rustix::io::fcntl_dupfd_cloexec;
    let highest = i32::try_from(limit.min(TABLE)).unwrap_or(1) - 1;
    // A descriptor high up makes room for it and for all below. The table stays when it is closed, as it is here at once.
    let grown = File::open("/").and_then(|any| Ok(fcntl_dupfd_cloexec(any, highest)?));
    if let Err(error) = grown {
        tracing::debug!(%error, "the table of descriptors stays as it is");
    }
}

/// Windows has no limit on a process's handles that a host could meet.
#[cfg(not(unix))]
#[must_use]
pub fn prepare() -> usize {
    MOST_SOCKETS
}
