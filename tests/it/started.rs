//! How a browser starts the host: its arguments, and the three standard streams.

use serde_json::Value;

use crate::host::{EXTENSION, Setup};
use crate::peers::{closed_port, dial, net};

#[test]
fn n14_arguments_behind_the_origin_are_ignored() {
    let mut host = Setup {
        arguments: vec![
            format!("chrome-extension://{EXTENSION}/"),
            "--parent-window=0".into(),
            "--reconnect-command=W10=".into(),
            "install".into(),
        ],
        ..Setup::default()
    }
    .start();
    assert_eq!(host.create("tcp"), 1);
    let (_, port) = host.server();
    dial(port);
}

/// The harness takes every byte of stdout for a part of a frame, to the last one.
#[test]
fn n16_n17_the_log_goes_to_stderr_and_stdout_carries_frames_only() {
    let mut host = Setup {
        environment: vec![("CHROME_SOCKETS_LOG", "trace".into())],
        ..Setup::default()
    }
    .start();
    let (_closed, port) = closed_port();
    let socket = host.create("tcp");
    assert_eq!(host.connect(socket, "127.0.0.1", port), net(-102, "CONNECTION_REFUSED"));
    host.send_text(b"nonsense");
    host.event("host.error");
    // The worst there is: input that cannot be read on.
    host.send_raw(&u32::MAX.to_ne_bytes()).unwrap();
    assert!(!host.wait().success());
    assert_eq!(host.event("host.error")["fatal"], true);
    assert_eq!(host.rest(), Vec::<Value>::new(), "something behind the last words");
    assert!(host.stderr().contains("connect failed"), "nothing was logged");
}
