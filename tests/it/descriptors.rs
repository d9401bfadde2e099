//! What happens when there are no more sockets to be had: by our own limit, and by the system's.

use serde_json::{Value, json};

use crate::host::{Host, Setup};
use crate::peers::{dial, done, read_exact};
#[cfg(target_os = "linux")]
use crate::process::status;
use crate::steps::Witness;

/// The next client of any server, or the error event.
fn accept_or_error(host: &mut Host) -> Result<u64, Value> {
    let event = host.take("an accept or its error", |message| {
        message["event"]
            .as_str()
            .is_some_and(|name| name.starts_with("sockets.tcpServer.onAccept"))
    });
    event["params"]["clientSocketId"].as_u64().ok_or(event)
}

/// No client waits for the kernel to make the table larger, which takes as long as a thousand accepts.
#[cfg(target_os = "linux")]
#[test]
fn the_table_of_descriptors_is_large_before_anybody_needs_it() {
    let mut host = Host::new();
    host.ok("tcp.getSockets", Value::Null);
    assert_eq!(status(&host, "FDSize"), 4096);
}

#[test]
fn s66_s67_d1_our_own_limit_pauses_a_server_and_its_next_client_waits() {
    let mut host = Setup {
        descriptors: Some(128),
        ..Setup::default()
    }
    .start();
    let limit = host.call("host.hello", json!({"protocol": [1, 1]}))["result"]["limits"]["sockets"]
        .as_u64()
        .unwrap();
    assert!(limit < 128);
    let mut witness = Witness::new(&mut host);
    let (server, port) = host.server();
    let mut peers = Vec::new();
    let mut clients = Vec::new();
    let refused = loop {
        peers.push(dial(port));
        match accept_or_error(&mut host) {
            Ok(client) => clients.push(client),
            Err(event) => break event,
        }
    };
    assert_eq!(refused["params"], json!({"socketId": server, "resultCode": -12}));
    assert_eq!(host.info("tcpServer", server)["paused"], true);
    assert_eq!(host.info("tcpServer", server)["localPort"], port);
    // Creating is refused with a text and the code.
    let reply = host.call("tcp.create", json!({}));
    assert_eq!(
        reply,
        json!({"error": {"message": "net::ERR_INSUFFICIENT_RESOURCES", "code": -12}})
    );
    let _waiting = dial(port);
    witness.quiet(&mut host);
    // The cause removed, un-pausing resumes.
    for client in clients.drain(..10) {
        assert_eq!(host.simple("tcp.close", client), done());
    }
    host.pause("tcpServer", server, false);
    let client = host.accepted(server);
    assert_eq!(host.info("tcpServer", server)["paused"], false);
    // It is the one for which there was no room: it has waited.
    host.write(client, b"welcome");
    assert_eq!(read_exact(peers.last_mut().unwrap(), 7), b"welcome");
    host.accepted(server);
    witness.quiet(&mut host);
}

/// Connections that were closed but linger hold descriptors beyond the sockets that exist, so that the system's limit is met first.
#[test]
fn s66_s67_d1_a_real_emfile_pauses_a_server_and_ends_nothing_else() {
    let mut host = Setup {
        descriptors: Some(100),
        ..Setup::default()
    }
    .start();
    let (server, port) = host.server();
    let (other, other_port) = host.server();
    let (survivor, mut survivor_peer) = host.pair();
    let mut peers = Vec::new();
    let refused = loop {
        assert!(peers.len() < 100, "descriptors do not run out");
        peers.push(dial(port));
        match accept_or_error(&mut host) {
            Ok(client) => assert_eq!(host.simple("tcp.close", client), done()),
            Err(event) => break event,
        }
    };
    assert_eq!(refused["params"], json!({"socketId": server, "resultCode": -12}));
    let existing = host.call("tcp.getSockets", json!({}))["result"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(
        existing, 1,
        "sockets were at hand: the system's limit was met, not ours"
    );
    assert_eq!(host.info("tcpServer", server)["paused"], true);
    assert_eq!(host.info("tcpServer", other)["paused"], false);
    host.write(survivor, b"still here");
    assert_eq!(read_exact(&mut survivor_peer, 10), b"still here");

    // When the peers have gone too, so have the connections; the client that could not be accepted has waited in the kernel.
    let mut waiting = peers.pop().unwrap();
    drop(peers);
    let client = loop {
        host.pause("tcpServer", server, false);
        if let Ok(client) = accept_or_error(&mut host) {
            break client;
        }
    };
    host.write(client, b"welcome");
    assert_eq!(read_exact(&mut waiting, 7), b"welcome");
    host.pause("tcpServer", other, false);
    let _late = dial(other_port);
    host.accepted(other);
}
