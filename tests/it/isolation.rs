//! Extensions know nothing of each other: each has a host of its own.

use serde_json::json;

use crate::host::{Host, Setup, text};
use crate::peers::{accept, done, listener, not_found, read_exact, sent};

#[test]
fn l01_l02_sockets_of_another_extension_are_not_listed_and_not_found() {
    let other = "ponmlkjihgfedcbaponmlkjihgfedcba";
    let mut ours = Host::new();
    let mut theirs = Setup {
        arguments: vec![format!("chrome-extension://{other}/")],
        ..Setup::default()
    }
    .start();
    let (server, port) = ours.server();
    let (listener, _) = listener();
    let client = ours.create("tcp");
    let peer_port = listener.local_addr().unwrap().port();
    assert_eq!(ours.connect(client, "127.0.0.1", peer_port), json!({"result": 0}));
    let mut peer = accept(&listener);
    for namespace in ["tcpServer", "tcp"] {
        assert_eq!(theirs.ok(&format!("{namespace}.getSockets"), json!({})), json!([]));
    }
    let coded = json!({"error": {"message": "Socket not found", "code": -2}, "result": -2});
    for (method, mut params, expected) in [
        ("tcpServer.update", json!({"properties": {"name": "x"}}), not_found()),
        ("tcpServer.setPaused", json!({"paused": true}), not_found()),
        (
            "tcpServer.listen",
            json!({"address": "127.0.0.1", "port": 0}),
            not_found(),
        ),
        ("tcpServer.getInfo", json!({}), not_found()),
        ("tcpServer.disconnect", json!({}), not_found()),
        ("tcpServer.close", json!({}), not_found()),
        ("tcp.update", json!({"properties": {"name": "x"}}), not_found()),
        ("tcp.setPaused", json!({"paused": true}), not_found()),
        (
            "tcp.connect",
            json!({"peerAddress": "127.0.0.1", "peerPort": port}),
            not_found(),
        ),
        ("tcp.getInfo", json!({}), not_found()),
        ("tcp.send", json!({"data": text(b"x")}), not_found()),
        ("tcp.setKeepAlive", json!({"enable": false}), coded.clone()),
        ("tcp.setNoDelay", json!({"noDelay": false}), coded),
        ("tcp.disconnect", json!({}), not_found()),
        ("tcp.close", json!({}), not_found()),
    ] {
        params["socketId"] = if method.starts_with("tcpServer") {
            server
        } else {
            client
        }
        .into();
        assert_eq!(theirs.call(method, params), expected, "{method}");
    }
    // Nothing of all that has reached them.
    assert_eq!(ours.write(client, b"here"), sent(4));
    assert_eq!(read_exact(&mut peer, 4), b"here");
    assert_eq!(ours.info("tcpServer", server)["localPort"], port);
    assert_eq!(ours.simple("tcpServer.close", server), done());
}
