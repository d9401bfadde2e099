//! Stdin and stdout that are no pipes: what a person may give the host, and where it reads and writes by threads on every system.

use std::fs::{self, File};
use std::process::Command;

use serde_json::{Value, json};

use crate::host::EXTENSION;

#[test]
fn a_session_can_come_from_a_file_and_go_to_one() {
    const CALLS: u64 = 2_000;
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("input"), folder.path().join("output"));
    let mut requests = vec![json!({"id": 0, "method": "sockets.tcp.create", "params": {"properties": {}}})];
    requests.extend((1..=CALLS).map(
        |id| json!({"id": id, "method": "sockets.tcp.getInfo", "params": {"socketId": 1}, "padding": "p".repeat(100)}),
    ));
    let mut stream = Vec::new();
    for request in &requests {
        let body = request.to_string();
        stream.extend(u32::try_from(body.len()).unwrap().to_ne_bytes());
        stream.extend(body.as_bytes());
    }
    fs::write(&input, stream).unwrap();

    let status = Command::new(env!("CARGO_BIN_EXE_chrome-sockets-host"))
        .arg(format!("chrome-extension://{EXTENSION}/"))
        .env("CHROME_SOCKETS_CONFIG", folder.path())
        .stdin(File::open(&input).unwrap())
        .stdout(File::create(&output).unwrap())
        .status()
        .unwrap();
    assert!(status.success());

    let written = fs::read(&output).unwrap();
    let mut rest = &written[..];
    let mut next = 0;
    while let Some((header, behind)) = rest.split_first_chunk::<4>() {
        let (body, behind) = behind.split_at(u32::from_ne_bytes(*header) as usize);
        let messages = match serde_json::from_slice(body).unwrap() {
            Value::Array(messages) => messages,
            message => vec![message],
        };
        for message in messages {
            assert_eq!(message["id"], next);
            assert!(message["error"].is_null(), "{message}");
            next += 1;
        }
        rest = behind;
    }
    assert!(rest.is_empty());
    assert_eq!(next, CALLS + 1);
}
