//! `disconnect` and `close`: their events, pending calls (decision D4), and the last bytes (decision D5).

use std::io::Write as _;

use serde_json::{Value, json};

use crate::host::Host;
use crate::peers::{
    accept, assert_same, done, listener, not_found, pattern, read_to_any_end, read_to_end, sent, stuff, unsent, zero,
};
use crate::steps::Witness;

#[test]
fn t34_t37_disconnecting_a_socket_that_is_read_pauses_it() {
    let mut host = Host::new();
    let mut witness = Witness::new(&mut host);
    let (socket, mut peer) = host.dialed();
    let id = host.post("tcp.disconnect", json!({"socketId": socket}));
    assert_eq!(host.next_message(), json!({"id": id, "result": null}));
    assert_eq!(
        host.next_message(),
        json!({"event": "sockets.tcp.onReceiveError", "params": {"socketId": socket, "resultCode": -100}})
    );
    assert_eq!(read_to_end(&mut peer), b"");
    let info = host.info("tcp", socket);
    assert_eq!(
        info,
        json!({"socketId": socket, "persistent": false, "paused": true, "connected": false})
    );
    // Connected again, it stays paused.
    let (listener, port) = listener();
    assert_eq!(host.connect(socket, "127.0.0.1", port), zero());
    let mut peer = accept(&listener);
    peer.write_all(b"held").unwrap();
    witness.quiet(&mut host);
    host.pause("tcp", socket, false);
    assert_eq!(host.received(socket, 4), b"held");
}

#[test]
fn t35_t36_t39_t40_t41_who_gets_an_event() {
    let mut host = Host::new();
    let mut witness = Witness::new(&mut host);
    // Paused: none.
    let (socket, mut peer) = host.pair();
    assert_eq!(host.simple("tcp.disconnect", socket), done());
    assert_eq!(read_to_end(&mut peer), b"");
    let info = host.info("tcp", socket);
    assert_eq!(
        info,
        json!({"socketId": socket, "persistent": false, "paused": true, "connected": false})
    );
    let (closed, mut peer) = host.pair();
    assert_eq!(host.simple("tcp.close", closed), done());
    assert_eq!(read_to_end(&mut peer), b"");
    // Not connected: none.
    let fresh = host.create("tcp");
    for socket in [socket, fresh] {
        assert_eq!(host.simple("tcp.disconnect", socket), done());
        assert_eq!(host.simple("tcp.close", socket), done());
    }
    witness.quiet(&mut host);
    // Being read: one, behind the reply.
    let (socket, _peer) = host.open_pair();
    let id = host.post("tcp.close", json!({"socketId": socket}));
    assert_eq!(host.next_message(), json!({"id": id, "result": null}));
    assert_eq!(
        host.next_message(),
        json!({"event": "sockets.tcp.onReceiveError", "params": {"socketId": socket, "resultCode": -100}})
    );
    assert_eq!(host.simple("tcp.getInfo", socket), not_found());
    witness.quiet(&mut host);
}

/// DESIGN 5.2: after the reply of `close` or `disconnect` no bytes of the socket, however many wait.
#[test]
fn no_bytes_after_the_reply_of_close_or_disconnect() {
    let mut host = Host::new();
    for round in 0..20 {
        let (socket, mut peer) = host.pair();
        let waiting = stuff(&mut peer, &pattern(4 << 20, round));
        assert!(waiting > 100_000);
        let end = if round % 2 == 0 { "tcp.close" } else { "tcp.disconnect" };
        let resume = host.post("tcp.setPaused", json!({"socketId": socket, "paused": false}));
        assert_eq!(host.reply(resume), done());
        let id = host.post(end, json!({"socketId": socket}));
        loop {
            let message = host.next_message();
            if message["id"] == id {
                break;
            }
            assert_eq!(message["event"], "sockets.tcp.onReceive");
        }
        assert_eq!(
            host.next_message()["params"],
            json!({"socketId": socket, "resultCode": -100})
        );
        host.create("tcp");
        assert_eq!(host.left_over(), Vec::<Value>::new());
    }
}

/// Closing with unread bytes makes a kernel reset the connection, which may destroy bytes under way to the peer.
#[test]
fn d5_answered_bytes_arrive_although_the_peer_had_sent_unread_ones() {
    let mut host = Host::new();
    for end in ["tcp.close", "tcp.disconnect"] {
        let (socket, mut peer) = host.pair();
        peer.write_all(&pattern(20_000, 1)).unwrap();
        let bytes = pattern(200_000, 2);
        assert_eq!(host.write(socket, &bytes), sent(bytes.len()));
        assert_eq!(host.simple(end, socket), done());
        // Still talking after the FIN, as a client does that has not read it yet.
        peer.write_all(&pattern(20_000, 3)).unwrap();
        assert_same(&read_to_end(&mut peer), &bytes);
    }
}

#[test]
fn d5_a_peer_that_never_stops_talking_is_cut_off() {
    let mut host = Host::new();
    let (socket, mut peer) = host.pair();
    assert_eq!(host.simple("tcp.close", socket), done());
    let part = pattern(64 << 10, 4);
    let mut taken = 0;
    while peer.write_all(&part).is_ok() {
        taken += part.len();
        assert!(taken < 64 << 20, "everything is read for ever");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn d4_d5_t85_an_unanswered_send_is_minus_15_and_the_peer_sees_a_reset() {
    let mut host = Host::new();
    for end in ["tcp.close", "tcp.disconnect"] {
        for open in [false, true] {
            let (socket, mut peer) = if open { host.open_pair() } else { host.pair() };
            let parts = [pattern(16 << 20, 1), pattern(10, 2), Vec::new()];
            let ids: Vec<u64> = parts.iter().map(|part| host.post_write(socket, part)).collect();
            let last = host.post(end, json!({"socketId": socket}));
            for id in ids {
                assert_eq!(host.reply(id), unsent(-15, "SOCKET_NOT_CONNECTED"));
            }
            assert_eq!(host.reply(last), done());
            if open {
                host.ended(socket);
            }
            let (got, clean) = read_to_any_end(&mut peer);
            assert!(!clean, "a FIN after half a message");
            assert!(got.len() < parts[0].len());
            assert_same(&got, &parts[0][..got.len()]);
            if end == "tcp.disconnect" {
                assert_eq!(host.write(socket, b"later"), unsent(-15, "SOCKET_NOT_CONNECTED"));
            }
        }
    }
    host.create("tcp");
    assert!(host.left_over().iter().all(|message| message["event"] == "host.ack"));
}

/// What can be promised at the least of D5's bounds: many at once, none loses its bytes.
#[test]
fn d5_many_closed_at_once_all_arrive() {
    let mut host = Host::new();
    let (server, port) = host.server();
    let mut peers: Vec<_> = (0..200).map(|_| crate::peers::dial(port)).collect();
    let clients: Vec<u64> = peers.iter().map(|_| host.accepted(server)).collect();
    let bytes = pattern(10_000, 5);
    let mut calls = Vec::new();
    for (client, peer) in clients.iter().zip(&mut peers) {
        peer.write_all(b"never read").unwrap();
        calls.push((
            "tcp.send",
            json!({"socketId": client, "data": crate::host::text(&bytes)}),
        ));
        calls.push(("tcp.close", json!({"socketId": client})));
    }
    let ids = host.post_all(calls);
    for pair in ids.chunks(2) {
        assert_eq!(host.reply(pair[0]), sent(bytes.len()));
        assert_eq!(host.reply(pair[1]), done());
    }
    for peer in &mut peers {
        assert_same(&read_to_end(peer), &bytes);
    }
    assert_eq!(host.ok("tcp.getSockets", json!({})), json!([]));
}
