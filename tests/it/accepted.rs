//! Sockets that a server accepted.

use serde_json::json;

use crate::host::{Host, Setup};
use crate::peers::{accept, done, listener, sent, text_only, zero};

#[test]
fn t71_t72_t73_t75_t78_t79_d6_accepted_sockets() {
    // Listening is granted, connecting is not.
    let mut host = Setup {
        policy: None,
        ..Setup::default()
    }
    .start();
    host.ok(
        "tcpServer.create",
        json!({"properties": {"name": "s", "persistent": true}}),
    );
    assert_eq!(host.listen(1, "127.0.0.1", 0), zero());
    let port = u16::try_from(host.info("tcpServer", 1)["localPort"].as_u64().unwrap()).unwrap();
    let mut peer = crate::peers::dial(port);
    let client = host.accepted(1);
    assert_eq!(
        host.info("tcp", client),
        json!({"socketId": client, "persistent": false, "paused": true, "connected": true,
            "localAddress": "127.0.0.1", "localPort": port,
            "peerAddress": "127.0.0.1", "peerPort": peer.local_addr().unwrap().port()})
    );
    assert_eq!(host.write(client, b"paused"), sent(6));
    assert_eq!(crate::peers::read_exact(&mut peer, 6), b"paused");
    for (method, params) in [
        (
            "setKeepAlive",
            json!({"socketId": client, "enable": true, "delay": 1000}),
        ),
        ("setNoDelay", json!({"socketId": client, "noDelay": false})),
    ] {
        assert_eq!(host.call(&format!("tcp.{method}"), params), zero());
    }
    assert_eq!(
        host.connect(client, "127.0.0.1", port),
        text_only("Does not have permission")
    );
    host.pause("tcp", client, false);
    assert_eq!(host.simple("tcp.close", client), done());
    host.ended(client);
}

#[test]
fn d12_a_disconnected_accepted_socket_may_connect() {
    let mut host = Host::new();
    let (client, _peer) = host.pair();
    assert_eq!(host.simple("tcp.disconnect", client), done());
    let (listener, port) = listener();
    assert_eq!(host.connect(client, "127.0.0.1", port), zero());
    let mut peer = accept(&listener);
    host.pause("tcp", client, false);
    std::io::Write::write_all(&mut peer, b"again").unwrap();
    assert_eq!(host.received(client, 5), b"again");
}
