//! Long sends in chunks, the write quota, and what the host says of the payload it has taken.

use serde_json::{Value, json};

use crate::host::{Host, text};
use crate::peers::{
    SEES_RESETS, assert_same, not_found, pattern, read_exact, read_to_any_end, reset, sent, text_only, unsent,
};
use crate::steps::Witness;

pub fn chunk(id: u64, socket: u64, bytes: &[u8], more: bool) -> Value {
    let mut message =
        json!({"id": id, "method": "sockets.tcp.send", "params": {"socketId": socket, "data": text(bytes)}});
    if more {
        message["more"] = true.into();
    }
    message
}

/// Ids far from those the harness gives out.
pub const FIRST: u64 = 1_000_000;

#[test]
fn a_send_in_chunks_is_one_send() {
    let mut host = Host::new();
    let (socket, mut peer) = host.pair();
    let bytes = pattern(1_000_000, 1);
    let parts: Vec<&[u8]> = bytes.chunks(64 << 10).collect();
    let (last, firsts) = parts.split_last().unwrap();
    for part in firsts {
        host.send(&chunk(FIRST, socket, part, true));
        host.send(&chunk(FIRST, socket, b"", true));
        // Other messages may stand between.
        host.info("tcp", socket);
    }
    let early: Vec<Value> = host.left_over();
    assert!(
        early.iter().all(|message| message["event"] == "host.ack"),
        "a reply before the last chunk: {early:?}"
    );
    host.send(&chunk(FIRST, socket, last, false));
    assert_same(&read_exact(&mut peer, bytes.len()), &bytes);
    assert_eq!(host.reply(FIRST), sent(bytes.len()));
    // An empty last chunk ends a send too, and `more: false` is as good as none.
    host.send(&json!([
        chunk(FIRST, socket, b"ab", true),
        chunk(FIRST, socket, b"", false)
    ]));
    assert_eq!(host.reply(FIRST), sent(2));
    let mut whole = chunk(FIRST, socket, b"c", false);
    whole["more"] = false.into();
    host.send(&whole);
    assert_eq!(host.reply(FIRST), sent(1));
    host.send(&json!([
        chunk(FIRST, socket, b"", true),
        chunk(FIRST, socket, b"", false)
    ]));
    assert_eq!(host.reply(FIRST), sent(0));
    assert_eq!(read_exact(&mut peer, 3), b"abc");
}

#[test]
fn another_send_in_between_is_refused_and_harms_nobody() {
    let mut host = Host::new();
    let (socket, mut peer) = host.pair();
    let (other, mut other_peer) = host.pair();
    let refusal = text_only("Invalid params: another send on this socket is unfinished");
    host.send(&chunk(FIRST, socket, b"one ", true));
    assert_eq!(host.write(socket, b"whole"), refusal);
    host.send(&chunk(FIRST + 1, socket, b"chunked", true));
    assert_eq!(host.reply(FIRST + 1), refusal);
    // The rest of the refused one is swallowed.
    host.send(&chunk(FIRST + 1, socket, b"chunked", true));
    host.send(&chunk(FIRST + 1, socket, b"chunked", false));
    assert_eq!(host.write(other, b"other"), sent(5));
    host.send(&chunk(FIRST, socket, b"two", false));
    assert_eq!(host.reply(FIRST), sent(7));
    assert_eq!(read_exact(&mut peer, 7), b"one two");
    assert_eq!(read_exact(&mut other_peer, 5), b"other");
    // The id of the swallowed one is free again.
    host.send(&chunk(FIRST + 1, socket, b"!", false));
    assert_eq!(host.reply(FIRST + 1), sent(1));
    host.info("tcp", socket);
    assert_eq!(host.left_over(), Vec::<Value>::new());
}

#[test]
fn a_chunked_send_cut_by_an_end_is_answered_once_and_its_rest_is_swallowed() {
    let mut host = Host::new();
    for end in ["close", "disconnect"] {
        let (socket, mut peer) = host.pair();
        host.send(&chunk(FIRST, socket, b"half a ", true));
        assert_eq!(read_exact(&mut peer, 7), b"half a ");
        let id = host.post(&format!("tcp.{end}"), json!({"socketId": socket}));
        let mut expected = unsent(-15, "SOCKET_NOT_CONNECTED");
        expected["id"] = FIRST.into();
        assert_eq!(host.next_message(), expected);
        assert_eq!(host.next_message(), json!({"id": id, "result": null}));
        let (rest, clean) = read_to_any_end(&mut peer);
        assert!(
            rest.is_empty() && (!clean || !SEES_RESETS),
            "a FIN after half a message"
        );
        host.send(&chunk(FIRST, socket, b"message", true));
        host.send(&chunk(FIRST, socket, b"", false));
        host.create("tcp");
        assert_eq!(host.left_over(), Vec::<Value>::new());
        // Only that send was swallowed.
        host.send(&chunk(FIRST, socket, b"x", false));
        let reply = host.reply(FIRST);
        let expected = if end == "close" {
            not_found()
        } else {
            unsent(-15, "SOCKET_NOT_CONNECTED")
        };
        assert_eq!(reply, expected);
    }
}

#[test]
fn a_chunked_send_to_nobody_is_answered_with_its_first_chunk() {
    let mut host = Host::new();
    let fresh = host.create("tcp");
    for (socket, expected) in [(fresh, unsent(-15, "SOCKET_NOT_CONNECTED")), (77, not_found())] {
        host.send(&json!([
            chunk(FIRST, socket, b"a", true),
            chunk(FIRST, socket, b"b", true),
            chunk(FIRST, socket, b"", false),
            chunk(FIRST + 1, socket, b"", false),
        ]));
        assert_eq!(host.reply(FIRST), expected);
        assert_eq!(host.reply(FIRST + 1), expected);
        host.create("tcp");
        assert_eq!(host.left_over(), Vec::<Value>::new());
    }
}

#[test]
fn a_chunked_send_whose_peer_resets_is_answered_once() {
    let mut host = Host::new();
    let mut witness = Witness::new(&mut host);
    let (socket, mut peer) = host.open_pair();
    host.send(&chunk(FIRST, socket, b"half", true));
    assert_eq!(read_exact(&mut peer, 4), b"half");
    reset(peer);
    host.ended(socket);
    let reply = host.reply(FIRST);
    assert_eq!(reply, unsent(-15, "SOCKET_NOT_CONNECTED"));
    host.send(&chunk(FIRST, socket, b"more", true));
    host.send(&chunk(FIRST, socket, b"", false));
    witness.quiet(&mut host);
}

#[test]
fn taken_payload_is_acknowledged_cumulatively() {
    let mut host = Host::new();
    let (socket, mut peer) = host.pair();
    let fresh = host.create("tcp");
    let quarter = pattern(64 << 10, 1);
    let mut total = 0;
    // What is refused has been taken from the pipe as well.
    for target in [socket, fresh, socket, fresh, socket, socket, fresh, socket] {
        host.write(target, &quarter);
        total += quarter.len();
        host.create("tcp");
        let acks = host.left_over();
        if total % (256 << 10) == 0 {
            assert_eq!(acks, [json!({"event": "host.ack", "params": {"bytes": total}})]);
        } else {
            assert_eq!(acks, Vec::<Value>::new());
        }
    }
    assert_same(&read_exact(&mut peer, 5 * quarter.len()), &quarter.repeat(5));
}

#[test]
fn a_send_that_is_read_at_last_returns_its_quota_and_all_that_was_accepted_arrives() {
    let mut host = Host::new();
    let (socket, mut peer) = host.pair();
    let parts: Vec<Vec<u8>> = (0..4).map(|seed| pattern(6 << 20, seed)).collect();
    let ids: Vec<u64> = parts.iter().map(|part| host.post_write(socket, part)).collect();
    host.info("tcp", socket);
    assert!(host.left_over().iter().all(|message| message["event"] == "host.ack"));
    for (part, id) in parts.iter().zip(ids) {
        assert_same(&read_exact(&mut peer, part.len()), part);
        assert_eq!(host.reply(id), sent(part.len()));
    }
}
