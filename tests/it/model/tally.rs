//! How often the host said what: so programs that do not reach any more what they are for are noticed.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::state::Call;
use super::strategies::SECURES;

/// What even a small number of programs brings about; what is rarer is left to the eye.
const REACHED: &[&str] = &[
    "Bind -104",
    "Bind null",
    "Bye null",
    "Close null",
    "Connect -104",
    "Connect -23",
    "Connect -3",
    "Connect \"Socket not found\"",
    "Connect null",
    "Datagram -142",
    "Datagram null",
    "Disconnect null",
    "Groups null",
    "Late \"The session has ended\"",
    "Listen -23",
    "Listen null",
    "Send -15",
    "Send -2",
    "Send \"Socket not found\"",
    "Send null",
    "host.ack",
    "sockets.tcp.onReceive",
    "sockets.tcp.onReceiveError",
    "sockets.tcpServer.onAccept",
    "sockets.udp.onReceive",
    "sockets.udp.onReceiveError",
    "a client that speaks TLS",
];

/// And where programs can secure connections.
const REACHED_BY_SECURE: &[&str] = &["Secure -4", "Secure null"];

static TALLY: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// Counts a message; `call` is what it answers.
pub fn count(message: &Value, call: Option<&Call>) {
    let name = match (&message["event"], call) {
        (Value::String(event), _) => event.clone(),
        (_, None) => return,
        (_, Some(call)) => {
            let what = format!("{:?}", call.what);
            let what = what.split('(').next().unwrap_or_default();
            let code = &message["error"]["code"];
            let text = &message["error"]["message"];
            format!("{what} {}", if code.is_null() { text } else { code })
        }
    };
    add(name);
}

pub fn add(name: String) {
    *TALLY
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(name)
        .or_default() += 1;
}

pub fn print() {
    for (what, count) in &*TALLY.lock().unwrap_or_else(PoisonError::into_inner) {
        println!("{count:8} {what}");
    }
}

pub fn assert_reached() {
    let tally = TALLY.lock().unwrap_or_else(PoisonError::into_inner);
    let by_secure = if SECURES { REACHED_BY_SECURE } else { &[] };
    let missing: Vec<_> = REACHED
        .iter()
        .chain(by_secure)
        .filter(|what| !tally.contains_key(**what))
        .collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}
