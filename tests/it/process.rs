//! What Linux tells of the host and of its connections.

use std::collections::BTreeMap;
use std::fs::{read_dir, read_to_string};
use std::net::TcpStream;
use std::time::Instant;

use crate::host::{HANG, Host};

/// A number that Linux has of the host: `VmRSS` or `VmHWM` (its peak) in KiB, `FDSize`.
pub fn status(host: &Host, what: &str) -> u64 {
    let status = read_to_string(format!("/proc/{}/status", host.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Whether every thread of the host sleeps.
pub fn asleep(host: &Host) -> bool {
    let tasks = read_dir(format!("/proc/{}/task", host.pid())).unwrap();
    tasks.flatten().all(|task| {
        let stat = read_to_string(task.path().join("stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'))
    })
}

/// Returns when the kernel holds at least so many unread bytes of each of these peers for the host.
pub fn arrived<'a>(peers: impl IntoIterator<Item = (&'a TcpStream, usize)>) {
    let mut wanted: BTreeMap<u16, usize> = peers
        .into_iter()
        .map(|(peer, bytes)| (peer.local_addr().unwrap().port(), bytes))
        .collect();
    let start = Instant::now();
    while !wanted.is_empty() {
        assert!(start.elapsed() < HANG, "never arrived: {wanted:?}");
        for line in read_to_string("/proc/self/net/tcp").unwrap().lines().skip(1) {
            // The host's end of a connection is the one whose remote port is the peer's.
            let fields: Vec<&str> = line.split_whitespace().collect();
            let hexadecimal = |text: &str| usize::from_str_radix(text.split(':').nth(1).unwrap(), 16).unwrap();
            let port = u16::try_from(hexadecimal(fields[2])).unwrap();
            if wanted.get(&port).is_some_and(|bytes| hexadecimal(fields[4]) >= *bytes) {
                wanted.remove(&port);
            }
        }
        std::thread::yield_now();
    }
}
