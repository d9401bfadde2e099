//! The built host, as a browser runs it: real pipes, real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::missing_panics_doc,
    missing_docs,
    unreachable_pub,
    reason = "tests; a skipped one prints why"
)]
#![cfg_attr(
    not(target_os = "linux"),
    allow(unused_imports, dead_code, reason = "what only tests that need Linux use")
)]

mod accepted;
mod accepting;
mod chunks;
mod connecting;
mod credit;
mod datagrams;
#[cfg(unix)]
mod descriptors;
mod ending;
#[cfg(target_os = "linux")]
mod errors;
mod faults;
mod files;
mod future;
mod gates;
mod half_open;
mod host;
mod input;
mod isolation;
mod listening;
mod model;
#[cfg(target_os = "linux")]
mod multicast;
#[cfg(target_os = "linux")]
mod namespaces;
mod peers;
mod pipe;
mod policy;
#[cfg(target_os = "linux")]
mod process;
mod receiving;
#[cfg(windows)]
mod redirected;
#[cfg(target_os = "linux")]
mod refusals;
mod sending;
mod servers;
mod session;
mod started;
mod steps;
mod stress;
mod tls;
mod udp;
