//! `host.hello`, `host.bye`, and the frames' own limit.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::host::{EXTENSION, Host};
use crate::peers::{dial, done, net, read_to_end, text_only, zero};

fn hello() -> Value {
    json!({"protocol": [1, 1], "shim": "0.1.0", "features": [], "nextSocketId": 1})
}

#[test]
fn hello_tells_protocol_limits_and_windows() {
    let mut host = Host::new();
    let reply = host.call("host.hello", hello());
    let sockets = reply["result"]["limits"]["sockets"].as_u64().unwrap();
    assert!((1..=16_384).contains(&sockets));
    let expected = json!({"result": {
        "protocol": 1,
        "host": env!("CARGO_PKG_VERSION"),
        "features": ["tls"],
        "limits": {"sockets": sockets},
        "credit": {"socket": 524_288, "port": 1_048_576, "accepts": 256},
        "sendWindow": 4_194_304,
    }});
    assert_eq!(reply, expected);
    let late = text_only("host.hello must be the first message");
    let mut second = hello();
    second["nextSocketId"] = 500.into();
    assert_eq!(host.call("host.hello", second), late);
    assert_eq!(host.create("tcp"), 1, "the second hello changed nothing");
}

#[test]
fn requests_may_follow_hello_in_its_frame_and_ids_begin_where_it_says() {
    let mut host = Host::new();
    let mut params = hello();
    params["protocol"] = json!([1, 9]);
    params["nextSocketId"] = 41.into();
    params["unknown"] = json!({"a": 1});
    let ids = host.post_all(vec![
        ("host.hello", params),
        ("tcp.create", json!({})),
        ("tcpServer.create", json!({})),
    ]);
    assert_eq!(host.reply(ids[0])["result"]["protocol"], 1);
    assert_eq!(host.reply(ids[1]), json!({"result": {"socketId": 41}}));
    assert_eq!(host.reply(ids[2]), json!({"result": {"socketId": 42}}));
}

#[test]
fn a_hello_that_is_late_changes_nothing() {
    let mut host = Host::new();
    host.create("tcp");
    let mut params = hello();
    params["nextSocketId"] = 500.into();
    params["sockets"] = json!({});
    assert_eq!(
        host.call("host.hello", params),
        text_only("host.hello must be the first message")
    );
    assert_eq!(host.create("tcpServer"), 2);
    assert_eq!(
        host.listen(2, "127.0.0.1", 0),
        zero(),
        "the manifest of a late hello holds"
    );
}

#[test]
fn without_a_common_protocol_every_call_is_refused() {
    let old_host = format!(
        "The host is too old for this extension: get a newer chrome-sockets-host, and with it run: chrome-sockets-host install --extension-id {EXTENSION}"
    );
    let old_shim = "The extension is too old for this host: update the extension";
    for (range, spoken, remedy) in [
        (json!([2, 3]), "2 to 3", old_host.as_str()),
        (json!([0, 0]), "0 to 0", old_shim),
        (json!([3, 1]), "3 to 1", &old_host),
    ] {
        let mut host = Host::new();
        let mut params = hello();
        params["protocol"] = range;
        let expected = text_only(&format!(
            "No common protocol: the shim speaks {spoken}, this host 1 to 1. {remedy}"
        ));
        assert_eq!(host.call("host.hello", params), expected);
        assert_eq!(host.call("tcp.create", json!({})), expected);
        assert_eq!(host.call("host.hello", hello()), expected);
        assert_eq!(host.call("host.bye", Value::Null), expected);
        host.close_stdin();
        assert!(host.wait().success());
    }
}

#[test]
fn a_hello_that_is_not_right_is_an_error_reply() {
    let last = (1_u64 << 31) - (1 << 20);
    for (key, values) in [
        ("nextSocketId", json!([0, last + 1, u32::MAX, u64::MAX, -1, 1.5, "1"])),
        ("protocol", json!([1, [1], [1, 1, 1], [-1, 1], "1", null])),
    ] {
        for value in values.as_array().unwrap() {
            let mut host = Host::new();
            let mut params = hello();
            params[key] = value.clone();
            let reply = host.call("host.hello", params);
            let message = reply["error"]["message"].as_str().unwrap();
            assert!(message.starts_with("Invalid params: "), "{key} {value}: {reply}");
        }
    }
    let mut host = Host::new();
    let mut params = hello();
    params["nextSocketId"] = last.into();
    assert!(host.call("host.hello", params).get("error").is_none());
    assert_eq!(host.create("tcp"), last);
}

#[test]
fn bye_closes_everything_and_refuses_what_follows() {
    let mut host = Host::new();
    host.call("host.hello", hello());
    let (server, port) = host.server();
    let mut peers = [dial(port), dial(port)];
    let client = host.accepted(server);
    host.accepted(server);
    host.pause("tcp", client, false);
    assert_eq!(host.write(client, b"last"), crate::peers::sent(4));
    let id = host.post("host.bye", Value::Null);
    assert_eq!(host.next_message(), json!({"id": id, "result": null}));
    TcpListener::bind(("127.0.0.1", port)).unwrap();
    assert_eq!(read_to_end(&mut peers[0]), b"last");
    assert_eq!(read_to_end(&mut peers[1]), b"");
    let ended = text_only("The session has ended");
    for (method, params) in [
        ("tcp.create", json!({})),
        ("tcp.send", json!({"socketId": client, "data": "YQ=="})),
        ("tcpServer.getSockets", Value::Null),
        ("host.hello", hello()),
        ("host.bye", Value::Null),
    ] {
        assert_eq!(host.call(method, params), ended, "{method}");
    }
    assert_eq!(host.left_over(), Vec::<Value>::new());
    host.close_stdin();
    assert!(host.wait().success());
}

#[cfg(target_os = "linux")]
#[test]
fn bye_completes_what_is_pending() {
    let mut host = Host::new();
    let (nowhere, _held) = crate::peers::black_hole();
    let socket = host.create("tcp");
    let (stuck, _peer) = host.pair();
    let connect = host.post(
        "tcp.connect",
        json!({"socketId": socket, "peerAddress": "127.0.0.1", "peerPort": nowhere}),
    );
    let send = host.post_write(stuck, &vec![0; 8 << 20]);
    let bye = host.post("host.bye", Value::Null);
    assert_eq!(host.reply(connect), net(-3, "ABORTED"));
    assert_eq!(host.reply(send), crate::peers::unsent(-15, "SOCKET_NOT_CONNECTED"));
    assert_eq!(host.reply(bye), done());
}

#[test]
fn ten_thousand_sockets_with_long_names_arrive_in_parts() {
    let mut host = Host::new();
    let name = |at: usize| format!("{at}{}", "é".repeat(100));
    let mut calls = Vec::new();
    for at in 0..10_000 {
        calls.push((
            "tcpServer.create",
            json!({"properties": {"name": name(at), "persistent": at % 3 == 0}}),
        ));
    }
    for ids in calls
        .chunks(1000)
        .map(|chunk| host.post_all(chunk.to_vec()))
        .collect::<Vec<_>>()
    {
        for id in ids {
            assert!(host.reply(id)["result"]["socketId"].is_u64());
        }
    }
    // Other messages may come between the parts of a list, never inside one.
    let ids = host.post_all(vec![
        ("tcpServer.getSockets", Value::Null),
        ("tcp.create", json!({})),
        ("tcpServer.getSockets", Value::Null),
    ]);
    for id in [ids[0], ids[2]] {
        let mut list = host.reply(id)["result"].take();
        let list = list.as_array_mut().unwrap();
        assert_eq!(list.len(), 10_000);
        list.sort_by_key(|info| info["socketId"].as_u64());
        for (at, info) in list.iter().enumerate() {
            let expected = json!({"socketId": at + 1, "persistent": at % 3 == 0, "name": name(at), "paused": false});
            assert_eq!(*info, expected);
        }
    }
    assert_eq!(host.reply(ids[1]), json!({"result": {"socketId": 10_001}}));
    assert!(host.longest_frame <= 1 << 20);
}

/// The longest names there may be, escaped at their worst: a single row is then most of a frame.
#[test]
fn rows_of_the_greatest_length_still_fit() {
    let mut host = Host::new();
    let name = "\u{1}".repeat(64 << 10);
    for _ in 0..20 {
        host.ok("tcp.create", json!({"properties": {"name": name}}));
    }
    let list = host.ok("tcp.getSockets", Value::Null);
    assert_eq!(list.as_array().unwrap().len(), 20);
    assert!(list.as_array().unwrap().iter().all(|info| info["name"] == *name));
    let ids = host.post_all((1..=20).map(|id| ("tcp.getInfo", json!({"socketId": id}))).collect());
    for id in ids {
        assert_eq!(host.reply(id)["result"]["name"], *name);
    }
    assert!(
        (6 * name.len()..=1 << 20).contains(&host.longest_frame),
        "{}",
        host.longest_frame
    );
}
