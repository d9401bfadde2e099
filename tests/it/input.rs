//! What may come through the pipe that no shim would send.

use serde_json::{Value, json};

use crate::host::Host;
use crate::peers::{dial, done, read_to_any_end};

/// A round trip: whatever came before it has been answered.
fn alive(host: &mut Host) {
    host.ok("tcp.getSockets", Value::Null);
}

fn host_error(host: &mut Host, body: &[u8]) -> String {
    host.send_text(body);
    let mut message = host.next_message();
    assert_eq!(message["event"], "host.error", "{message}");
    message["params"]["message"].take().as_str().unwrap().to_owned()
}

#[allow(clippy::too_many_lines, reason = "a table")]
#[test]
fn bad_requests_with_an_id_are_answered() {
    let mut host = Host::new();
    host.create("tcpServer");
    for (request, expected) in [
        (
            r#"{"id":7,"method":"sockets.tcp.frobnicate"}"#,
            "Unknown method: sockets.tcp.frobnicate",
        ),
        (
            r#"{"id":7,"method":"sockets.tcp.frobnicate","params":[{}]}"#,
            "Unknown method: sockets.tcp.frobnicate",
        ),
        (r#"{"id":7,"method":""}"#, "Unknown method: "),
        (r#"{"id":7,"method":"create"}"#, "Unknown method: create"),
        (r#"{"id":7}"#, "Invalid params: missing field `method`"),
        (
            r#"{"id":7,"method":5}"#,
            "Invalid params: invalid type: integer `5`, expected a key",
        ),
        (
            r#"{"id":7,"method":"sockets.tcp.close"}"#,
            "Invalid params: missing field `socketId`",
        ),
        (
            r#"{"id":7,"method":"sockets.tcp.close","params":null}"#,
            "Invalid params: missing field `socketId`",
        ),
        (
            r#"{"id":7,"method":"sockets.tcp.close","params":{}}"#,
            "Invalid params: missing field `socketId`",
        ),
        (
            r#"{"id":7,"params":{},"method":"sockets.tcp.close"}"#,
            "Invalid params: missing field `socketId`",
        ),
        (
            r#"{"id":7,"method":"sockets.tcpServer.close","params":{"socketId":1,"socketId":1}}"#,
            "Invalid params: duplicate field `socketId`",
        ),
        (
            r#"{"id":7,"method":"sockets.tcpServer.close","method":"sockets.tcpServer.close","params":{"socketId":1}}"#,
            "Invalid params: duplicate field `method`",
        ),
        (
            r#"{"id":7,"method":"sockets.tcpServer.close","params":{"socketId":1},"params":{"socketId":1}}"#,
            "Invalid params: duplicate field `params`",
        ),
        (
            r#"{"id":7,"more":true,"more":true,"method":"sockets.tcpServer.close","params":{"socketId":1}}"#,
            "Invalid params: duplicate field `more`",
        ),
    ] {
        host.send_text(request.as_bytes());
        assert_eq!(
            host.next_message(),
            json!({"id": 7, "error": {"message": expected}}),
            "{request}"
        );
    }
    for params in [
        r#"{"socketId":"1"}"#,
        r#"{"socketId":1.5}"#,
        r#"{"socketId":1.0}"#,
        r#"{"socketId":2147483648}"#,
        r#"{"socketId":true}"#,
        r#"{"socketId":null}"#,
        r#"{"socketId":[1]}"#,
        "[1]",
        "1",
        r#""1""#,
    ] {
        let request = format!(r#"{{"id":8,"method":"sockets.tcpServer.close","params":{params}}}"#);
        host.send_text(request.as_bytes());
        let reply = host.next_message();
        let message = reply["error"]["message"].as_str().unwrap();
        assert!(
            reply["id"] == 8 && message.starts_with("Invalid params: "),
            "{params}: {reply}"
        );
    }
    for (method, params) in [
        ("tcp.send", json!({"socketId": 1, "data": "?"})),
        ("tcp.send", json!({"socketId": 1, "data": "YQ"})),
        ("tcp.send", json!({"socketId": 1, "data": "YR=="})),
        ("tcp.send", json!({"socketId": 1, "data": "YQ==\n"})),
        ("tcp.send", json!({"socketId": 1, "data": [97]})),
        ("tcp.send", json!({"socketId": 1})),
        ("tcpServer.setPaused", json!({"socketId": 1, "paused": 1})),
        ("tcpServer.create", json!({"properties": {"name": 5}})),
        ("tcpServer.create", json!({"properties": {"persistent": "true"}})),
        ("tcpServer.create", json!({"properties": []})),
        ("tcpServer.update", json!({"socketId": 1})),
        ("tcpServer.listen", json!({"socketId": 1, "address": "127.0.0.1"})),
        ("tcpServer.listen", json!({"socketId": 1, "address": 127, "port": 0})),
        (
            "tcpServer.listen",
            json!({"socketId": 1, "address": "127.0.0.1", "port": 2_147_483_648_u64}),
        ),
        (
            "tcpServer.listen",
            json!({"socketId": 1, "address": "127.0.0.1", "port": 0, "backlog": 2_147_483_648_u64}),
        ),
        (
            "tcpServer.listen",
            json!({"socketId": 1, "address": "127.0.0.1", "port": 0, "backlog": 0.5}),
        ),
        (
            "tcp.connect",
            json!({"socketId": 1, "peerAddress": "127.0.0.1", "peerPort": -2_147_483_649_i64}),
        ),
        (
            "tcp.connect",
            json!({"socketId": 1, "peerAddress": "127.0.0.1", "peerPort": "80"}),
        ),
    ] {
        let reply = host.call(method, params.clone());
        assert!(
            reply["error"]["message"]
                .as_str()
                .unwrap()
                .starts_with("Invalid params: "),
            "{params}: {reply}"
        );
        assert!(reply.get("result").is_none());
    }
    // None of them has acted, and unknown members are nothing at all.
    let params = json!({"socketId": 1, "unknown": {"deep": [1, 2]}});
    assert_eq!(host.call("tcpServer.close", params), done());
    assert_eq!(host.left_over(), Vec::<Value>::new());
}

#[test]
fn what_has_no_usable_id_is_a_host_error() {
    let mut host = Host::new();
    for request in [
        r#"{"method":"sockets.tcp.getSockets"}"#,
        r#"{"id":"7","method":"sockets.tcp.getSockets"}"#,
        r#"{"id":-1,"method":"sockets.tcp.getSockets"}"#,
        r#"{"id":1.5,"method":"sockets.tcp.getSockets"}"#,
        r#"{"id":9007199254740992,"method":"sockets.tcp.getSockets"}"#,
        r#"{"id":1,"id":1,"method":"sockets.tcp.getSockets"}"#,
        r#"{"method":"host.ack","params":{"port":-1}}"#,
        r#"{"method":"host.ack","params":{"sockets":[[1]]}}"#,
        "{}",
        "5",
        "null",
        r#""text""#,
        "[5]",
        "[[]]",
    ] {
        let message = host_error(&mut host, request.as_bytes());
        assert!(message.starts_with("Invalid params: "), "{request}: {message}");
        alive(&mut host);
    }
    // The largest id there is, and the smallest.
    for id in [9_007_199_254_740_991_u64, 0] {
        host.send(&json!({"id": id, "method": "sockets.tcp.getSockets"}));
        assert_eq!(host.next_message(), json!({"id": id, "result": []}));
    }
}

#[test]
fn frames_that_cannot_be_parsed_are_one_host_error_and_the_next_is_read() {
    let mut host = Host::new();
    let create = r#"{"id":1,"method":"sockets.tcp.create"}"#;
    for body in [
        &b""[..],
        b" ",
        b"{",
        b"nonsense",
        b"\xff\xfe",
        b"{\"id\":1,\"method\":\"sockets.tcp.\xff\"}",
        b"{\"id\":1,\"method\":\"sockets.tcp.create\"}x",
        b"{\"id\":1,\"method\":\"sockets.tcp.create\"",
        b"{\"id\":1,\"method\":\"sockets.tcp.create\",}",
        b"\xef\xbb\xbf{\"id\":1,\"method\":\"sockets.tcp.create\"}",
        b"\0",
        format!("[{create},{create}").as_bytes(),
        format!("[{create},{create},]").as_bytes(),
        format!("[{create}][{create}]").as_bytes(),
        format!("{create}\n{create}").as_bytes(),
        &vec![b'x'; 100_000],
    ] {
        let message = host_error(&mut host, body);
        assert!(message.starts_with("Unparsable frame: "), "{message}");
        assert!(message.len() < 400, "{}", message.len());
    }
    assert_eq!(
        host.ok("tcp.getSockets", Value::Null),
        json!([]),
        "a part of a bad frame has acted"
    );
    // An empty array is a frame that says nothing.
    host.send_text(b"[]");
    alive(&mut host);
    assert_eq!(host.left_over(), Vec::<Value>::new());
}

#[test]
fn a_bad_element_of_an_array_fails_alone() {
    let mut host = Host::new();
    host.send_text(
        br#"[{"id":1,"method":"sockets.tcp.create"},
            {"id":2,"method":"sockets.tcp.close"},
            17,
            {"id":3,"method":"no.such"},
            {"method":"sockets.tcp.create"},
            {"method":"host.ack","params":{"sockets":[[1,2,3]]}},
            {"id":9,"method":"host.hello","params":{"protocol":[1,1,1]}},
            {"id":10,"method":"sockets.tcp.create","params":{"properties":{"name":"\ud83d"}}},
            {"id":4,"method":"sockets.tcp.create"}]"#,
    );
    assert_eq!(host.next_message(), json!({"id": 1, "result": {"socketId": 1}}));
    assert_eq!(
        host.next_message(),
        json!({"id": 2, "error": {"message": "Invalid params: missing field `socketId`"}})
    );
    assert_eq!(host.next_message()["event"], "host.error");
    assert_eq!(
        host.next_message(),
        json!({"id": 3, "error": {"message": "Unknown method: no.such"}})
    );
    assert_eq!(host.next_message()["event"], "host.error");
    assert_eq!(host.next_message()["event"], "host.error");
    assert_eq!(host.next_message()["id"], 9);
    // Half of a surrogate pair is text in JavaScript and nowhere else; our shim sends none.
    assert_eq!(host.next_message()["id"], 10);
    assert_eq!(host.next_message(), json!({"id": 4, "result": {"socketId": 2}}));
}

#[test]
fn nesting_and_array_length_have_limits() {
    let mut host = Host::new();
    let nested = |depth: usize| {
        let request = r#"{"id":1,"method":"sockets.tcp.create","x":"#;
        format!("{request}{}{}}}", "[".repeat(depth), "]".repeat(depth))
    };
    host.send_text(nested(126).as_bytes());
    assert_eq!(host.next_message(), json!({"id": 1, "result": {"socketId": 1}}));
    for depth in [128, 1_000_000] {
        let message = host_error(&mut host, nested(depth).as_bytes());
        assert!(
            message.starts_with("Unparsable frame: nested deeper than 128 levels"),
            "{message}"
        );
    }
    let create = r#"{"id":1,"method":"sockets.tcp.getInfo","params":{"socketId":1}}"#;
    let array = |count: usize| format!("[{}]", vec![create; count].join(","));
    let message = host_error(&mut host, array(65_537).as_bytes());
    assert!(message.contains("65537"), "{message}");
    alive(&mut host);
    host.send_text(array(65_536).as_bytes());
    for _ in 0..65_536 {
        assert_eq!(host.next_message()["id"], 1);
    }
    alive(&mut host);
    assert_eq!(host.left_over(), Vec::<Value>::new());
}

/// Ends of input that are none of the orderly kind: a code that is not zero, and peers that see the end.
#[test]
fn a_length_over_the_limit_and_a_cut_frame_end_the_session_with_an_error() {
    let whole = json!({"id": 99, "method": "sockets.tcp.getSockets"}).to_string();
    let over = u32::try_from((64 << 20) + 1).unwrap();
    for (bytes, then_end) in [
        (over.to_ne_bytes().to_vec(), false),
        (u32::MAX.to_ne_bytes().to_vec(), false),
        (vec![1, 0, 0], true),
        (4_u32.to_ne_bytes().to_vec(), true),
        (
            [&u32::try_from(whole.len() + 1).unwrap().to_ne_bytes(), whole.as_bytes()].concat(),
            true,
        ),
    ] {
        let mut host = Host::new();
        let (server, port) = host.server();
        let mut peer = dial(port);
        host.accepted(server);
        host.send_raw(&bytes).unwrap();
        if then_end {
            host.close_stdin();
        }
        let status = host.wait();
        assert!(!status.success(), "{status} after {bytes:?}");
        let words = host.event("host.error");
        assert_eq!(words["fatal"], true, "{words}");
        let reason = words["message"].as_str().unwrap();
        assert!(host.stderr().contains(reason), "{reason}");
        assert_eq!(read_to_any_end(&mut peer), (Vec::new(), true));
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
        assert!(!host.stderr().is_empty(), "nothing was logged");
    }
}

/// As many calls as the host can answer in half a second, which is all it takes for its end; wine is slow.
const AT_THE_END: usize = if cfg!(windows) { 500 } else { 3000 };

#[test]
fn the_orderly_end_answers_all_that_was_asked() {
    let mut host = Host::new();
    let ids: Vec<u64> = (0..AT_THE_END)
        .map(|_| host.post("tcp.create", json!({"properties": {"name": "x".repeat(100)}})))
        .collect();
    let list = host.post("tcp.getSockets", Value::Null);
    host.close_stdin();
    for id in ids {
        assert!(host.reply(id)["result"]["socketId"].is_u64());
    }
    assert_eq!(host.reply(list)["result"].as_array().unwrap().len(), AT_THE_END);
    assert_eq!(host.rest(), Vec::<Value>::new());
    assert!(host.wait().success());
    // Without a word said, too.
    let mut host = Host::new();
    host.close_stdin();
    assert!(host.wait().success());
    assert_eq!(host.rest(), Vec::<Value>::new());
}

#[test]
fn an_id_that_is_in_use_is_still_answered_once_per_request() {
    let mut host = Host::new();
    for _ in 0..3 {
        host.send(&json!([
            {"id": 5, "method": "sockets.tcp.create"},
            {"id": 5, "method": "sockets.tcp.create"},
        ]));
        let (first, second) = (host.reply(5), host.reply(5));
        assert_ne!(first, second);
    }
    assert_eq!(host.left_over(), Vec::<Value>::new());
}
