//! Large numbers of everything. The sizes are small enough for every test run; `CHROME_SOCKETS_SOAK=1` makes them full.

mod churn;
mod crowds;
#[cfg(target_os = "linux")]
mod memory;
mod resets;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::host::Host;
use crate::peers::done;

/// A size: for every test run, and in full.
pub struct Size {
    pub short: usize,
    pub full: usize,
}

/// Under wine each system call takes several times as long.
const SHORTER: usize = if cfg!(windows) { 3 } else { 1 };

impl Size {
    pub fn get(&self) -> usize {
        if soak() {
            self.full
        } else {
            self.short.div_ceil(SHORTER)
        }
    }
}

fn soak() -> bool {
    std::env::var_os("CHROME_SOCKETS_SOAK").is_some_and(|value| value == "1")
}

/// Asserts which sockets of this kind there are.
#[track_caller]
fn assert_sockets(host: &mut Host, namespace: &str, expected: &BTreeSet<u64>) {
    let list = host.ok(&format!("{namespace}.getSockets"), Value::Null);
    let ids: Vec<u64> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|info| info["socketId"].as_u64().unwrap())
        .collect();
    assert_eq!(ids.len(), expected.len(), "{namespace}.getSockets");
    assert_eq!(ids.into_iter().collect::<BTreeSet<_>>(), *expected);
}

/// Calls the same method on each socket in one frame, each of which must succeed without a value.
#[track_caller]
fn each(host: &mut Host, method: &str, sockets: impl IntoIterator<Item = u64>) {
    let calls = sockets.into_iter().map(|id| (method, json!({"socketId": id})));
    for id in host.post_all(calls.collect()) {
        assert_eq!(host.reply(id), done());
    }
}

#[track_caller]
fn pause_all(host: &mut Host, sockets: &[u64], paused: bool) {
    let calls = sockets
        .iter()
        .map(|id| ("tcp.setPaused", json!({"socketId": id, "paused": paused})));
    for id in host.post_all(calls.collect()) {
        assert_eq!(host.reply(id), done());
    }
}
