//! Tests of reading messages: orders of keys, bad messages, bounds.

use super::*;
use crate::wire::{Connect, DnsQueryType, Listen, SocketOnly};
use proptest::prelude::*;

fn call(call: Call) -> Incoming {
    Incoming::Call {
        id: Some(7),
        more: false,
        call,
    }
}

fn bad(id: Option<u64>, message: &str) -> Incoming {
    Incoming::Bad {
        id,
        message: message.to_owned(),
    }
}

fn listen() -> Call {
    Call::TcpServerListen(Listen {
        socket_id: 3,
        address: "127.0.0.1".into(),
        port: 8080,
        backlog: Some(5),
    })
}

fn only(text: &str) -> Incoming {
    let mut list = decode(text.as_bytes()).unwrap();
    assert_eq!(list.len(), 1, "{text}");
    list.remove(0)
}

#[test]
fn optional_parameters_may_be_absent_or_null() {
    for text in [
        r#"{"id":7,"method":"sockets.tcp.connect","params":{"socketId":5,"peerAddress":"h","peerPort":1}}"#,
        r#"{"id":7,"method":"sockets.tcp.connect","params":{"socketId":5,"peerAddress":"h","peerPort":1,"dnsQueryType":null}}"#,
    ] {
        let expected = Connect {
            socket_id: 5,
            peer_address: "h".into(),
            peer_port: 1,
            dns_query_type: None,
        };
        assert_eq!(only(text), call(Call::TcpConnect(expected)));
    }
    let text = r#"{"id":7,"method":"sockets.tcp.connect","params":{"socketId":5,"peerAddress":"h","peerPort":1,"dnsQueryType":"ipv6"}}"#;
    let Incoming::Call {
        call: Call::TcpConnect(connect),
        ..
    } = only(text)
    else {
        panic!()
    };
    assert_eq!(connect.dns_query_type, Some(DnsQueryType::Ipv6));
}

#[test]
fn params_may_be_left_out_where_none_is_needed() {
    for text in [
        r#"{"id":7,"method":"sockets.tcp.getSockets"}"#,
        r#"{"id":7,"method":"sockets.tcp.getSockets","params":null}"#,
        r#"{"params":{},"method":"sockets.tcp.getSockets","id":7}"#,
    ] {
        assert_eq!(
            only(text),
            call(Call::TcpGetSockets(crate::wire::NoParams {})),
            "{text}"
        );
    }
}

#[test]
fn what_is_wrong_with_a_message_is_its_own_affair() {
    for (text, id, message) in [
        (
            r#"{"id":7,"method":"sockets.tcp.frobnicate","params":{"a":[1,{}]}}"#,
            Some(7),
            "Unknown method: sockets.tcp.frobnicate",
        ),
        (
            r#"{"params":{"a":1},"method":"nope","id":7}"#,
            Some(7),
            "Unknown method: nope",
        ),
        (
            r#"{"id":7,"method":"sockets.tcp.close"}"#,
            Some(7),
            "Invalid params: missing field `socketId`",
        ),
        (
            r#"{"id":7,"method":"sockets.tcp.close","params":{"socketId":"3"}}"#,
            Some(7),
            "Invalid params: invalid type: string \"3\", expected i32",
        ),
        (
            r#"{"id":7,"method":"sockets.tcp.close","params":{"socketId":3.5}}"#,
            Some(7),
            "Invalid params: invalid type: floating point `3.5`, expected i32",
        ),
        (
            r#"{"id":7,"method":"sockets.tcp.close","params":{"socketId":4294967296}}"#,
            Some(7),
            "Invalid params: invalid value: integer `4294967296`, expected i32",
        ),
        (
            r#"{"id":7,"method":"sockets.tcp.close","params":{"socketId":null}}"#,
            Some(7),
            "Invalid params: invalid type: null, expected i32",
        ),
        (
            r#"{"id":7,"method":"sockets.tcp.close","params":{"socketId":3,"socketId":3}}"#,
            Some(7),
            "Invalid params: duplicate field `socketId`",
        ),
        (
            r#"{"id":7,"method":"sockets.tcp.close","params":[3]}"#,
            Some(7),
            "Invalid params: invalid type: sequence, expected an object",
        ),
        (
            r#"{"id":7,"method":"sockets.tcp.close","method":"sockets.tcp.close","params":{"socketId":3}}"#,
            Some(7),
            "Invalid params: duplicate field `method`",
        ),
        (
            r#"{"id":7,"params":{"socketId":3}}"#,
            Some(7),
            "Invalid params: missing field `method`",
        ),
        (
            r#"{"method":"sockets.tcp.close","params":{"socketId":3}}"#,
            None,
            "Invalid params: missing field `id`",
        ),
        (
            r#"{"id":-1,"method":"sockets.tcp.getSockets"}"#,
            None,
            "Invalid params: invalid value: integer `-1`, expected u64",
        ),
        (
            r#"{"id":9007199254740992,"method":"sockets.tcp.getSockets"}"#,
            None,
            "Invalid params: `id` is over 2^53-1",
        ),
        (
            r#"{"id":7,"id":8,"method":"sockets.tcp.getSockets"}"#,
            None,
            "Invalid params: duplicate field `id`",
        ),
        (
            r#"{"id":7,"method":"sockets.tcp.send","params":{"socketId":3,"data":"secret!"}}"#,
            Some(7),
            "Invalid params: `data` is not padded standard base64",
        ),
        (
            "5",
            None,
            "Invalid params: invalid type: integer `5`, expected a message object",
        ),
        (
            "null",
            None,
            "Invalid params: invalid type: null, expected a message object",
        ),
    ] {
        assert_eq!(only(text), bad(id, message), "{text}");
        // The same message inside an array leaves its neighbours alone.
        let good = r#"{"id":7,"method":"sockets.tcp.close","params":{"socketId":1}}"#;
        let list = decode(format!("[{good},{text},{good}]").as_bytes()).unwrap();
        let fine = call(Call::TcpClose(SocketOnly { socket_id: 1 }));
        assert_eq!(list, [fine.clone(), bad(id, message), fine], "{text}");
    }
}

#[test]
fn a_frame_that_is_not_json_is_one_error() {
    for body in [
        &b""[..],
        b"{",
        b"[1,",
        b"{}x",
        b"{} {}",
        b"nul",
        b"\xff",
        b"{\"id\":\"\xff\xfe\"}",
        b"[{\"a\":1}}",
    ] {
        let message = decode(body).unwrap_err();
        assert!(message.starts_with("Unparsable frame: "), "{message}");
    }
}

#[test]
fn depth_and_count_are_bounded() {
    let nested = |depth| format!("{{\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(only(&nested(100)), bad(None, "Invalid params: missing field `method`"));
    for depth in [200, 100_000] {
        let message = decode(nested(depth).as_bytes()).unwrap_err();
        assert!(message.contains("nested deeper than 128"), "{message}");
    }
    let late = format!("{{\"params\":{},\"id\":1,\"method\":\"x\"}}", nested(100_000));
    assert!(decode(late.as_bytes()).unwrap_err().contains("nested deeper than 128"));

    let many = |count| format!("[{}]", vec!["1"; count].join(","));
    assert_eq!(decode(many(MAX_MESSAGES).as_bytes()).unwrap().len(), MAX_MESSAGES);
    assert!(decode(many(MAX_MESSAGES + 1).as_bytes()).is_err());
    let acks = |count| {
        format!(
            r#"{{"method":"host.ack","params":{{"sockets":[{}]}}}}"#,
            vec!["[1,2]"; count].join(",")
        )
    };
    assert!(matches!(only(&acks(MAX_MESSAGES)), Incoming::Call { .. }));
    assert!(matches!(only(&acks(MAX_MESSAGES + 1)), Incoming::Bad { .. }));
    let named = |length| {
        format!(
            r#"{{"id":7,"method":"sockets.tcp.create","params":{{"properties":{{"name":"{}"}}}}}}"#,
            "n".repeat(length)
        )
    };
    assert!(matches!(only(&named(crate::wire::MAX_NAME)), Incoming::Call { .. }));
    assert_eq!(
        only(&named(crate::wire::MAX_NAME + 1)),
        bad(Some(7), "Invalid params: `name` is longer than 65536 bytes")
    );
}

#[test]
fn an_error_never_repeats_a_long_text() {
    let text = format!(
        r#"{{"id":7,"method":"sockets.tcp.close","params":{{"socketId":"{}"}}}}"#,
        "é".repeat(9_000)
    );
    let Incoming::Bad { message, .. } = only(&text) else {
        panic!()
    };
    assert!(message.len() < MAX_MESSAGE_TEXT + 8, "{}", message.len());
}

proptest! {
    #[test]
    fn any_order_of_keys_is_the_same_message(
        order in Just(vec![0, 1, 2, 3]).prop_shuffle(),
        inner in Just(vec![0, 1, 2, 3, 4]).prop_shuffle(),
        in_array in any::<bool>(),
    ) {
        let params = [r#""socketId":3"#, r#""address":"127.0.0.1""#, r#""port":8080"#, r#""backlog":5"#, r#""new":{"x":[null]}"#];
        let params = inner.iter().map(|&index: &usize| params[index]).collect::<Vec<_>>().join(",");
        let keys = [r#""id":7"#.to_owned(), r#""method":"sockets.tcpServer.l\u0069sten""#.to_owned(), format!(r#""params":{{{params}}}"#), r#""future":[1]"#.to_owned()];
        let text = format!("{{{}}}", order.iter().map(|&index: &usize| keys[index].as_str()).collect::<Vec<_>>().join(","));
        let expected = call(listen());
        if in_array {
            // A bad neighbour sends the frame down the second road; what it reads is the same.
            prop_assert_eq!(decode(format!("[{text},3]").as_bytes()).unwrap().swap_remove(0), expected.clone());
            prop_assert_eq!(decode(format!(" [ {text} ] ").as_bytes()).unwrap(), vec![expected]);
        } else {
            prop_assert_eq!(decode(text.as_bytes()).unwrap(), vec![expected]);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode(&body);
    }

    #[test]
    fn no_json_makes_it_panic(text in r#"[\[\{]{0,3}("(id|method|params|more|sockets.tcp.send)"[:,]){0,4}[0-9\]\}"a-z.:,]{0,30}"#) {
        let _ = decode(text.as_bytes());
    }
}

#[test]
fn half_a_surrogate_pair_is_its_own_messages_fault() {
    let good = r#"{"id":7,"method":"sockets.tcp.close","params":{"socketId":1}}"#;
    let fine = call(Call::TcpClose(SocketOnly { socket_id: 1 }));
    for bad in [
        r#"{"id":8,"method":"sockets.tcp.create","params":{"properties":{"name":"\ud800"}}}"#,
        r#"{"id":8,"method":"sockets.tcp.close","params":{"socketId":1,"new":"\udc00 [[["}}"#,
    ] {
        let list = decode(format!("[{good},{bad},{good}]").as_bytes()).unwrap();
        assert_eq!((&list[0], &list[2]), (&fine, &fine));
        assert!(matches!(list[1], Incoming::Bad { id: Some(8), .. }), "{:?}", list[1]);
    }
}

#[test]
fn brackets_in_strings_are_not_nesting() {
    let text = format!(r#"{{"id":7,"method":"x","y":"\\\"{}"}}"#, "[".repeat(500));
    assert_eq!(only(&text), bad(Some(7), "Unknown method: x"));
    let broken = format!("[{text},5]");
    assert_eq!(decode(broken.as_bytes()).unwrap().len(), 2);
}

#[test]
fn a_manifest_key_beyond_all_reason_is_refused_before_it_is_built() {
    let hello = |length| {
        format!(
            r#"{{"id":7,"method":"host.hello","params":{{"protocol":[1,1],"sockets":[{}0]}}}}"#,
            "0,".repeat(length)
        )
    };
    assert!(matches!(only(&hello(1000)), Incoming::Call { .. }));
    assert_eq!(
        only(&hello(crate::wire::MAX_MANIFEST_KEY)),
        bad(Some(7), "Invalid params: `sockets` is longer than 262144 bytes")
    );
}
