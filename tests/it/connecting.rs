//! `tcp`: properties, `connect` and its failures.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::host::{Host, Setup, text};
use crate::peers::{
    accept, assert_unresolved, black_hole, closed_port, done, listener, net, not_found, text_only, unsent, zero,
};
use crate::steps::Witness;

#[test]
fn t01_t02_t03_t04_t05_properties() {
    let mut host = Host::new();
    assert_eq!(host.call("tcp.create", json!({})), json!({"result": {"socketId": 1}}));
    let fresh = json!({"socketId": 1, "persistent": false, "paused": false, "connected": false});
    assert_eq!(host.info("tcp", 1), fresh);
    let all = json!({"persistent": true, "name": "n", "bufferSize": 104});
    host.ok("tcp.create", json!({"properties": all}));
    let expected = json!({"socketId": 2, "persistent": true, "name": "n", "bufferSize": 104,
        "paused": false, "connected": false});
    assert_eq!(host.info("tcp", 2), expected);
    let update = |host: &mut Host, socket: u64, properties: Value| {
        let reply = host.call("tcp.update", json!({"socketId": socket, "properties": properties}));
        assert_eq!(reply, done());
        host.info("tcp", socket)
    };
    let updated = update(&mut host, 1, json!({"name": "m", "persistent": true, "bufferSize": 5}));
    let expected = json!({"socketId": 1, "persistent": true, "name": "m", "bufferSize": 5,
        "paused": false, "connected": false});
    assert_eq!(updated, expected);
    assert_eq!(update(&mut host, 1, json!({})), expected);
    for size in [0, -5] {
        let info = update(&mut host, 1, json!({"bufferSize": size}));
        assert!(info.get("bufferSize").is_none());
    }
}

#[test]
fn t06_t12_t42_t48_t59_unknown_ids_in_each_methods_form() {
    let mut host = Host::new();
    let closed = host.create("tcp");
    assert_eq!(host.simple("tcp.close", closed), done());
    let code = json!({"error": {"message": "Socket not found", "code": -2}, "result": -2});
    for id in [1, 0, -1, 77, i32::MAX, i32::MIN] {
        for (method, mut params, expected) in [
            ("update", json!({"properties": {}}), not_found()),
            ("setPaused", json!({"paused": false}), not_found()),
            (
                "connect",
                json!({"peerAddress": "127.0.0.1", "peerPort": 1}),
                not_found(),
            ),
            ("disconnect", json!({}), not_found()),
            ("close", json!({}), not_found()),
            ("getInfo", json!({}), not_found()),
            ("send", json!({"data": text(b"x")}), not_found()),
            ("send", json!({"data": ""}), not_found()),
            ("setKeepAlive", json!({"enable": true}), code.clone()),
            ("setNoDelay", json!({"noDelay": true}), code.clone()),
        ] {
            params["socketId"] = id.into();
            assert_eq!(host.call(&format!("tcp.{method}"), params), expected, "{method} {id}");
        }
    }
}

#[test]
fn t07_t08_t38_connected_by_name_and_what_it_is_told_before_and_after() {
    let mut host = Host::new();
    let (listener, port) = listener();
    host.ok(
        "tcp.create",
        json!({"properties": {"persistent": true, "name": "n", "bufferSize": 9}}),
    );
    assert_eq!(host.connect(1, "localhost", port), zero());
    let peer = accept(&listener);
    let mut info = json!({"socketId": 1, "persistent": true, "name": "n", "bufferSize": 9, "paused": false,
        "connected": true, "localAddress": "127.0.0.1", "localPort": peer.peer_addr().unwrap().port(),
        "peerAddress": "127.0.0.1", "peerPort": port});
    assert_eq!(host.info("tcp", 1), info);
    assert_eq!(host.simple("tcp.disconnect", 1), done());
    for key in ["localAddress", "localPort", "peerAddress", "peerPort"] {
        info.as_object_mut().unwrap().remove(key);
    }
    info["connected"] = false.into();
    info["paused"] = true.into();
    assert_eq!(host.info("tcp", 1), info);
}

#[test]
fn t09_t90_a_refused_connection_and_another_try() {
    let mut host = Host::new();
    let (_closed, port) = closed_port();
    let socket = host.create("tcp");
    assert_eq!(host.connect(socket, "127.0.0.1", port), net(-102, "CONNECTION_REFUSED"));
    assert_eq!(
        host.info("tcp", socket),
        json!({"socketId": 1, "persistent": false, "paused": false, "connected": false})
    );
    let (_listener, port) = listener();
    assert_eq!(host.connect(socket, "127.0.0.1", port), zero());
}

#[test]
fn t10_t81_names_that_are_not_resolved() {
    let mut host = Host::new();
    let (_listener, port) = listener();
    let socket = host.create("tcp");
    for name in ["", "a b", "[::1]", "127.0.0.1:80", "x\u{0}y", &"x".repeat(300)] {
        assert_eq!(
            host.connect(socket, name, port),
            net(-105, "NAME_NOT_RESOLVED"),
            "{name:?}"
        );
    }
    assert_unresolved(&host.connect(socket, "no-such-name.invalid", port));
    let with_family = |host: &mut Host, address: &str, family: &str| {
        let params = json!({"socketId": socket, "peerAddress": address, "peerPort": port, "dnsQueryType": family});
        host.call("tcp.connect", params)
    };
    assert_eq!(
        with_family(&mut host, "127.0.0.1", "ipv6"),
        net(-105, "NAME_NOT_RESOLVED")
    );
    assert_eq!(with_family(&mut host, "::1", "ipv4"), net(-105, "NAME_NOT_RESOLVED"));
    let reply = with_family(&mut host, "127.0.0.1", "IPV4");
    assert!(
        reply["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("Invalid params: unknown variant"),
        "{reply}"
    );
    for family in ["any", "ipv4"] {
        assert_eq!(with_family(&mut host, "localhost", family), zero());
        assert_eq!(host.simple("tcp.disconnect", socket), done());
    }
}

#[test]
fn t13_t77_a_connected_socket_is_connected() {
    let mut host = Host::new();
    let (_listener, port) = listener();
    let (dialed, _peer) = host.dialed();
    let (accepted, _peer) = host.pair();
    for socket in [dialed, accepted] {
        assert_eq!(host.connect(socket, "127.0.0.1", port), net(-23, "SOCKET_IS_CONNECTED"));
        assert_eq!(host.connect(socket, "localhost", port), net(-23, "SOCKET_IS_CONNECTED"));
        // Names are resolved before the state is looked at.
        assert_unresolved(&host.connect(socket, "no-such-name.invalid", port));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn t14_t84_d4_a_pending_connect_excludes_another_and_is_completed_by_disconnect_and_close() {
    let mut host = Host::new();
    let (nowhere, _held) = black_hole();
    let (_listener, port) = listener();
    let socket = host.create("tcp");
    let params = json!({"socketId": socket, "peerAddress": "127.0.0.1", "peerPort": nowhere});
    for (end, expected) in [
        ("disconnect", net(-3, "ABORTED")),
        ("disconnect", net(-3, "ABORTED")),
        ("close", not_found()),
    ] {
        let first = host.post("tcp.connect", params.clone());
        assert_eq!(host.connect(socket, "127.0.0.1", port), net(-104, "CONNECTION_FAILED"));
        assert_eq!(host.connect(socket, "localhost", port), net(-104, "CONNECTION_FAILED"));
        assert_eq!(host.info("tcp", socket)["connected"], false);
        assert_eq!(host.write(socket, b"x"), unsent(-15, "SOCKET_NOT_CONNECTED"));
        assert_eq!(host.left_over(), Vec::<Value>::new(), "the first is unaffected");
        let end = host.post(&format!("tcp.{end}"), json!({"socketId": socket}));
        let mut expected = expected;
        expected["id"] = first.into();
        assert_eq!(host.next_message(), expected);
        assert_eq!(host.next_message(), json!({"id": end, "result": null}));
    }
    // An aborted attempt leaves nothing behind.
    let socket = host.create("tcp");
    host.post(
        "tcp.connect",
        json!({"socketId": socket, "peerAddress": "127.0.0.1", "peerPort": nowhere}),
    );
    host.simple("tcp.disconnect", socket);
    assert_eq!(host.connect(socket, "127.0.0.1", port), zero());
}

#[test]
fn t83_d4_closed_or_disconnected_while_the_name_is_looked_up() {
    let mut host = Host::new();
    let (_listener, port) = listener();
    let mut witness = Witness::new(&mut host);
    for (end, expected) in [("close", not_found()), ("disconnect", net(-3, "ABORTED"))] {
        let socket = host.create("tcp");
        let connect = json!({"socketId": socket, "peerAddress": "localhost", "peerPort": port});
        let ids = host.post_all(vec![
            ("tcp.connect", connect.clone()),
            ("tcp.connect", connect),
            (&format!("tcp.{end}"), json!({"socketId": socket})),
        ]);
        let replies: Vec<Value> = ids.into_iter().map(|id| host.reply(id)).collect();
        assert_eq!(replies, [expected.clone(), expected, done()]);
        witness.quiet(&mut host);
    }
}

#[test]
fn t11_t15_permission_comes_before_state_and_names() {
    let setup = Setup {
        policy: Some(json!({"extensions": {crate::host::EXTENSION: {
            "tcp": {"connect": ["127.0.0.1:*"]},
        }}})),
        ..Setup::default()
    };
    let mut host = setup.start();
    let (socket, _peer) = host.dialed();
    let fresh = host.create("tcp");
    for socket in [socket, fresh] {
        for name in ["localhost", "no-such-name.invalid", "", "127.1"] {
            assert_eq!(
                host.connect(socket, name, 1),
                text_only("Does not have permission"),
                "{name}"
            );
        }
    }
}

#[test]
fn t16_the_reply_of_connect_comes_before_the_first_bytes() {
    let mut host = Host::new();
    let (listener, port) = listener();
    let socket = host.create("tcp");
    let peer = std::thread::spawn(move || {
        let mut peer = accept(&listener);
        std::io::Write::write_all(&mut peer, b"at once").unwrap();
        peer
    });
    let id = host.post(
        "tcp.connect",
        json!({"socketId": socket, "peerAddress": "127.0.0.1", "peerPort": port}),
    );
    assert_eq!(host.next_message(), json!({"id": id, "result": 0}));
    assert_eq!(host.received(socket, 7), b"at once");
    peer.join().unwrap();
}

/// `localhost` is `::1` and `127.0.0.1`; the listener is on the latter only.
#[test]
fn t82_the_second_address_is_tried_when_the_first_refuses() {
    let mut host = Host::new();
    let (listener, port) = loop {
        let (listener, port) = listener();
        // Another process's listener on the same port of ::1 would answer first.
        if TcpListener::bind((std::net::Ipv6Addr::LOCALHOST, port)).is_ok() || cfg!(windows) {
            break (listener, port);
        }
        if TcpListener::bind((std::net::Ipv6Addr::LOCALHOST, 0)).is_err() {
            println!("without ::1 the first address is never there");
            break (listener, port);
        }
    };
    let socket = host.create("tcp");
    assert_eq!(host.connect(socket, "localhost", port), zero());
    let _peer = accept(&listener);
    assert_eq!(host.info("tcp", socket)["peerAddress"], "127.0.0.1");
}

#[test]
fn t86_ports_wrap_at_16_bits() {
    let mut host = Host::new();
    let (listener, port) = listener();
    let socket = host.create("tcp");
    let wrapped = i32::from(port) - 65536;
    let params = json!({"socketId": socket, "peerAddress": "127.0.0.1", "peerPort": wrapped});
    assert_eq!(host.call("tcp.connect", params), zero());
    let _peer = accept(&listener);
    assert_eq!(host.info("tcp", socket)["peerPort"], port);
}
