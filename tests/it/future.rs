//! A shim from the future: the store updates the shim, and nobody updates the host.

use serde_json::{Value, json};

use crate::host::Host;
use crate::peers::{done, sent, zero};

/// Members of every shape that this host has never heard of.
fn with_news(mut message: Value) -> Value {
    let object = message.as_object_mut().unwrap();
    object.insert("priority".into(), json!(-1.5e300));
    object.insert(
        "trace".into(),
        json!({"id": {"id": [1, {"method": "sockets.tcp.create"}]}}),
    );
    object.insert("lanes".into(), json!([null, true, "\u{1f600}", []]));
    object.insert(String::new(), Value::Null);
    message
}

#[test]
fn its_hello_gets_what_this_host_can_do() {
    let mut host = Host::new();
    let params = with_news(
        json!({"protocol": [1, u32::MAX], "shim": "99.1.0-beta+x", "nextSocketId": 5,
        "features": ["lane", "persistence", "", "lane"],
        "sockets": {"tcpServer": {"listen": "127.0.0.1:*"}, "udp": {"bind": "*"}}}),
    );
    host.send(&with_news(json!({"id": 1, "method": "host.hello", "params": params})));
    let result = host.next_message()["result"].take();
    assert_eq!((&result["protocol"], &result["features"]), (&json!(1), &json!(["tls"])));
    assert_eq!(host.create("tcpServer"), 5);
}

#[test]
fn what_it_says_beside_what_is_known_changes_nothing() {
    let mut host = Host::new();
    let (client, mut peer) = host.pair();
    let requests = [
        ("sockets.tcpServer.create", json!({"properties": {"name": "n"}}), None),
        (
            "sockets.tcpServer.setPaused",
            json!({"socketId": 3, "paused": false}),
            Some(done()),
        ),
        (
            "sockets.tcpServer.listen",
            json!({"socketId": 3, "address": "127.0.0.1", "port": 0}),
            Some(zero()),
        ),
        (
            "sockets.tcp.send",
            json!({"socketId": client, "data": "YQ=="}),
            Some(sent(1)),
        ),
        ("sockets.tcp.getSockets", json!({}), None),
    ];
    for (method, params, expected) in requests {
        host.send(&with_news(
            json!({"id": 9000, "method": method, "params": with_news(params)}),
        ));
        let reply = host.reply(9000);
        assert!(reply.get("error").is_none(), "{method}: {reply}");
        assert!(expected.is_none_or(|expected| expected == reply), "{method}: {reply}");
    }
    assert_eq!(crate::peers::read_exact(&mut peer, 1), b"a");
    // Properties of a create or update too: the shim of this extension is the newer one, not the app.
    let reply = host.call("tcp.create", json!({"properties": with_news(json!({"name": "m"}))}));
    assert_eq!(reply, json!({"result": {"socketId": 4}}));
    host.send(&with_news(
        json!({"method": "host.ack", "params": with_news(json!({"port": 0, "datagrams": 7}))}),
    ));
    host.send(&with_news(
        json!({"id": 9001, "method": "host.bye", "params": with_news(json!({}))}),
    ));
    assert_eq!(host.reply(9001), done());
    assert_eq!(host.left_over(), Vec::<Value>::new());
}

/// Each is answered, alone, and the session goes on.
#[test]
fn what_it_asks_for_that_is_not_known_is_refused_alone() {
    let mut host = Host::new();
    let unknown = [
        "host.lane",
        "host.hello2",
        "sockets.udp.disconnect",
        "sockets.tcp.secure2",
        "sockets.tcpServer",
        "",
        "tcp.create",
    ];
    let mut frame: Vec<Value> = (10..)
        .zip(unknown)
        .map(|(id, method)| json!({"id": id, "method": method, "params": {"socketId": 1}}))
        .collect();
    frame.push(json!({"id": 5, "method": "sockets.tcp.create"}));
    host.send(&json!(frame));
    for (id, method) in (10..).zip(unknown) {
        let message = format!("Unknown method: {method}");
        assert_eq!(host.next_message(), json!({"id": id, "error": {"message": message}}));
    }
    assert_eq!(host.next_message(), json!({"id": 5, "result": {"socketId": 1}}));
    // What has no id, as an event of the shim's would, is reported and not answered.
    for event in [
        json!({"event": "shim.visible", "params": {}}),
        json!({"method": "host.note"}),
    ] {
        host.send(&event);
        let message = host.next_message();
        assert_eq!(message["event"], "host.error", "{message}");
    }
    host.info("tcp", 1);
    assert_eq!(host.left_over(), Vec::<Value>::new());
}
