//! The built host, as a browser runs it: real pipes, real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    missing_docs,
    unreachable_pub,
    reason = "these are tests"
)]

mod accepting;
mod chunks;
mod connecting;
mod credit;
mod ending;
mod faults;
mod host;
mod input;
mod listening;
mod peers;
mod policy;
mod receiving;
mod sending;
mod servers;
mod session;
