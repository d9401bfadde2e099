//! Tests of writing frames: shapes, sharing, splitting, the limit.

use std::collections::VecDeque;

use super::*;
use crate::net_error::NetError;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// The frame's JSON, read back through the header.
fn body(writer: FrameWriter) -> Json {
    let frame = writer.finish();
    let (header, body) = frame.bytes().split_at(HEADER);
    assert_eq!(header, u32::try_from(body.len()).unwrap().to_ne_bytes());
    serde_json::from_slice(body).unwrap()
}

fn one(mut message: Outgoing) -> Json {
    let mut writer = FrameWriter::new(Vec::new());
    assert_eq!(writer.control(&mut message), Placed::Whole);
    body(writer)
}

fn reply(outcome: Result<Value, Failure>) -> Json {
    one(Outgoing::Reply { id: 7, outcome })
}

fn info(socket_id: u32, name: Option<&str>) -> SocketInfo {
    SocketInfo {
        socket_id,
        persistent: false,
        name: name.map(Into::into),
        buffer_size: None,
        paused: true,
        connected: None,
        local_address: None,
        local_port: None,
        peer_address: None,
        peer_port: None,
        allow_half_open: None,
        tls: None,
        failed_handshakes: None,
    }
}

#[test]
fn the_shapes_of_a_reply() {
    assert_eq!(reply(Ok(Value::None)), json!({"id":7,"result":null}));
    assert_eq!(reply(Ok(Value::Zero)), json!({"id":7,"result":0}));
    assert_eq!(reply(Ok(Value::Created(3))), json!({"id":7,"result":{"socketId":3}}));
    assert_eq!(
        reply(Ok(Value::Sent(5))),
        json!({"id":7,"result":{"resultCode":0,"bytesSent":5}})
    );
    assert_eq!(
        reply(Err(Failure::bare("Socket not found"))),
        json!({"id":7,"error":{"message":"Socket not found"}})
    );
    assert_eq!(
        reply(Err(Failure::code(NetError::AddressInUse))),
        json!({"id":7,"error":{"message":"net::ERR_ADDRESS_IN_USE","code":-147},"result":-147})
    );
    assert_eq!(
        reply(Err(Failure::info(NetError::SocketNotConnected))),
        json!({"id":7,"error":{"message":"net::ERR_SOCKET_NOT_CONNECTED","code":-15},"result":{"resultCode":-15}})
    );
    assert_eq!(
        reply(Err(Failure::hidden(NetError::InsufficientResources))),
        json!({"id":7,"error":{"message":"net::ERR_INSUFFICIENT_RESOURCES","code":-12}})
    );
}

#[test]
fn e12_absent_fields_are_absent() {
    assert_eq!(
        reply(Ok(Value::Info(Box::new(info(3, Some("a\"\u{1}")))))),
        json!({"id":7,"result":{"socketId":3,"persistent":false,"name":"a\"\u{1}","paused":true}})
    );
}

#[test]
fn several_messages_are_an_array_and_one_is_bare() {
    let mut writer = FrameWriter::new(vec![9; 100]);
    assert!(writer.is_empty());
    writer.control(&mut Outgoing::Accept { socket: 1, client: 2 });
    writer.receive(2, 4096, b"hello");
    writer.receive(3, 10, b"");
    writer.control(&mut Outgoing::ReceiveError {
        socket: 2,
        error: NetError::ConnectionClosed,
    });
    assert_eq!(
        body(writer),
        json!([
            {"event":"sockets.tcpServer.onAccept","params":{"socketId":1,"clientSocketId":2}},
            {"event":"sockets.tcp.onReceive","params":{"socketId":2,"data":"aGVsbG8="}},
            {"event":"sockets.tcp.onReceive","params":{"socketId":3,"data":""},"slice":10},
            {"event":"sockets.tcp.onReceiveError","params":{"socketId":2,"resultCode":-100}},
        ])
    );
}

#[test]
fn a_full_event_is_64_kib_and_fills_the_frame() {
    let mut writer = FrameWriter::new(Vec::new());
    assert_eq!(writer.payload_room(), MAX_PAYLOAD);
    writer.receive(2_000_000_000, 65_536, &vec![0xff; MAX_PAYLOAD]);
    assert_eq!(writer.payload_room(), 0);
}

#[test]
fn small_events_share_a_frame_until_it_is_full() {
    let mut writer = FrameWriter::new(Vec::new());
    let mut count = 0;
    while writer.payload_room() > 0 {
        writer.receive(4, 4096, b"x");
        count += 1;
    }
    assert!((500..2000).contains(&count), "{count}");
    assert_eq!(body(writer).as_array().unwrap().len(), count);
}

proptest! {
    // Each case writes megabytes.
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_long_list_is_split_and_every_frame_keeps_the_limit(
        names in prop::collection::vec(0_usize..=crate::wire::MAX_NAME, 1..60),
    ) {
        // Control characters are the longest to write: six bytes each.
        let infos: VecDeque<_> =
            (1..).zip(&names).map(|(id, &length)| info(id, Some(&"\u{1}".repeat(length)))).collect();
        let mut message = Outgoing::Reply { id: 9, outcome: Ok(Value::Infos(infos)) };
        let mut seen = Vec::new();
        loop {
            let mut writer = FrameWriter::new(Vec::new());
            let placed = writer.control(&mut message);
            let body = body(writer);
            prop_assert_eq!(&body["id"], &json!(9));
            let key = if placed == Placed::Part { "part" } else { "result" };
            seen.extend(body[key].as_array().unwrap().iter().map(|info| info["socketId"].as_u64().unwrap()));
            if placed == Placed::Whole {
                break;
            }
            prop_assert_eq!(placed, Placed::Part);
        }
        prop_assert_eq!(seen, (1..=names.len() as u64).collect::<Vec<_>>());
    }
}

#[test]
fn a_frame_takes_no_more_than_the_browser_does() {
    let mut writer = FrameWriter::new(Vec::new());
    writer.payload_room();
    let mut count = 0;
    while writer.control(&mut Outgoing::Error {
        message: "x".repeat(10_000),
    }) == Placed::Whole
    {
        count += 1;
    }
    assert!(count > 90, "{count}");
    let length = writer.finish().bytes().len() - HEADER;
    assert!(length <= MAX_TO_BROWSER && length > MAX_TO_BROWSER - 11_000, "{length}");
}

/// What goes to the pipe at once brings no buffer back that would wake the loop, which then must not have more to say.
#[test]
fn a_frame_that_leaves_something_for_the_next_is_not_urgent() {
    let answer = |length| Outgoing::Reply {
        id: 1,
        outcome: Err(Failure::bare("x".repeat(length))),
    };
    let mut writer = FrameWriter::new(Vec::new());
    assert_eq!(writer.control(&mut answer(CONTROL_TARGET)), Placed::Whole);
    assert!(writer.finish().is_urgent());

    let mut writer = FrameWriter::new(Vec::new());
    writer.control(&mut answer(CONTROL_TARGET));
    assert_eq!(writer.control(&mut answer(1)), Placed::Full);
    assert!(!writer.finish().is_urgent());

    let mut list = Outgoing::Reply {
        id: 1,
        outcome: Ok(Value::Infos(
            (0..3)
                .map(|id| info(id, Some(&"n".repeat(CONTROL_TARGET / 2))))
                .collect(),
        )),
    };
    let mut writer = FrameWriter::new(Vec::new());
    assert_eq!(writer.control(&mut list), Placed::Part);
    assert!(!writer.finish().is_urgent());
}
