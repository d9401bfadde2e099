//! The native-messaging host behind `chrome.sockets` for browser extensions.
//!
//! `ARCHITECTURE.md` has the map; `PROTOCOL.md` the wire.
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")
)]

pub mod address;
pub mod cli;
pub mod descriptors;
pub mod doctor;
pub mod engine;
pub mod frame;
pub mod host;
pub mod install;
pub mod last_words;
pub mod logging;
pub mod net_error;
pub mod paths;
pub mod policy;
pub mod session;
pub mod stdio;
pub mod wire;
