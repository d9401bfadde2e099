//! What a real Chromium said to many manifest keys, recorded by `scripts/lib/record-permissions.mjs`, against what we say: whether a
//! key is taken and why not, and which hosts and ports it lets `tcpServer.listen` have. (The M-rows about other operations are in
//! `grants`.)

use serde_json::Value;

use super::*;

/// What differs: to us an IPv6 address is an address without its brackets too, and so is what `connect` reads as one; no part of
/// either is a domain.
const STRICTER: [&str; 3] = ["::ffff:192.168.0.1", "::192.168.0.1", "\u{ff14}.0.0.1"];

fn observed() -> Value {
    serde_json::from_str(include_str!("observed.json")).expect("JSON")
}

/// Every key with what was said to it.
fn keys(observed: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    let rows = observed["keys"].as_array().expect("rows");
    assert!(rows.len() > 150, "there should be more");
    rows.iter().map(|row| (&row[0], &row[1]))
}

#[test]
fn m09_to_m23_keys_are_refused_as_chromium_refuses_them() {
    for (key, said) in keys(&observed()) {
        match (Grants::parse(key, Dialect::Manifest), said) {
            (Err(ours), Value::String(theirs)) => {
                // We also say where a wrong shape is.
                let place = ours
                    .strip_prefix(theirs.as_str())
                    .unwrap_or_else(|| panic!("{key}: {ours} for {theirs}"));
                assert!(place.is_empty() || place.starts_with(" (sockets"), "{key}: {ours}");
            }
            (Ok(_), Value::Object(_)) => {}
            (ours, theirs) => panic!("{key}: {ours:?} for {theirs}"),
        }
    }
}

#[test]
fn m01_to_m40_keys_grant_what_they_grant_in_chromium() {
    let observed = observed();
    let hosts: Vec<&str> = observed["hosts"]
        .as_array()
        .expect("hosts")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let ports: Vec<i64> = observed["ports"]
        .as_array()
        .expect("ports")
        .iter()
        .filter_map(Value::as_i64)
        .collect();
    let mut granted = 0;
    for (key, said) in keys(&observed) {
        let Ok(grants) = Grants::parse(key, Dialect::Manifest) else {
            continue;
        };
        let listed =
            |list: &Value, at: usize| *list == "all" || list.as_array().is_some_and(|list| list.contains(&at.into()));
        for (host_at, host) in hosts.iter().enumerate() {
            for (port_at, port) in ports.iter().enumerate() {
                let theirs = listed(&said["hosts"], host_at) && listed(&said["ports"], port_at);
                let wrapped = u16::try_from(port.rem_euclid(65_536)).expect("wrapped");
                let ours = grants.allow(Operation::TcpServerListen, host, wrapped);
                let stricter = STRICTER.contains(host) && theirs && !ours;
                assert!(
                    ours == theirs || stricter,
                    "{key} for {host:?} {port}: Chromium says {theirs}"
                );
                granted += usize::from(ours);
            }
        }
    }
    assert!(granted > 1000, "hardly anything was granted");
}
