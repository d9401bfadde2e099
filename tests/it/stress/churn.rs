//! Connections that come and go, by the thousand.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::{Size, assert_sockets, each, pause_all};
use crate::host::{Host, Setup, text};
use crate::peers::{dial, listener, not_found, read_exact, reset, sent};

const CONNECTIONS: Size = Size {
    short: 1_000,
    full: 10_000,
};
/// How many of them are open at once.
const AT_ONCE: usize = 100;

#[test]
fn connections_are_used_both_ways_and_closed_and_no_id_comes_twice() {
    let mut host = Host::new();
    let (server, port) = host.server();
    let mut last = server;
    for round in 0..CONNECTIONS.get() / AT_ONCE {
        let mut peers: Vec<TcpStream> = (0..AT_ONCE).map(|_| dial(port)).collect();
        let clients: Vec<u64> = peers.iter().map(|_| host.accepted(server)).collect();
        for client in &clients {
            assert!(*client > last, "{client} after {last}");
            last = *client;
        }
        pause_all(&mut host, &clients, false);
        for (at, peer) in (0_u8..).zip(&mut peers) {
            peer.write_all(&[at]).unwrap();
        }
        let mut calls = Vec::new();
        for (at, client) in (0_u8..).zip(&clients) {
            assert_eq!(host.received(*client, 1), [at]);
            calls.push(("tcp.send", json!({"socketId": client, "data": text(&[at + 100])})));
        }
        for id in host.post_all(calls) {
            assert_eq!(host.reply(id), sent(1));
        }
        for (at, peer) in (0_u8..).zip(&mut peers) {
            assert_eq!(read_exact(peer, 1), [at + 100]);
        }
        // The peers go first in one round, the host in the next.
        if round % 2 == 0 {
            drop(peers);
            let mut open: BTreeSet<u64> = clients.iter().copied().collect();
            while !open.is_empty() {
                let event = host.event("tcp.onReceiveError");
                assert_eq!(event["resultCode"], -100);
                assert!(open.remove(&event["socketId"].as_u64().unwrap()), "{event}");
            }
            each(&mut host, "tcp.close", clients);
        } else {
            each(&mut host, "tcp.close", clients.iter().copied());
            for client in clients {
                let event = host.event("tcp.onReceiveError");
                assert_eq!(event, json!({"socketId": client, "resultCode": -100}));
            }
        }
        assert_sockets(&mut host, "tcp", &BTreeSet::new());
        assert_eq!(host.left_over(), Vec::<Value>::new());
    }
    assert_eq!(host.simple("tcp.getInfo", last), not_found());
}

const STORM_ROUNDS: Size = Size { short: 15, full: 200 };
/// How many connections of each direction a round begins.
const STORM: usize = 60;

/// A listener that takes every connection and drops it, some by a reset, until it is told to stop.
fn revolving_door() -> (u16, impl FnOnce()) {
    let (listener, port) = listener();
    let stop = Arc::new(AtomicBool::new(false));
    let stopping = Arc::clone(&stop);
    let door = thread::spawn(move || {
        for at in 0.. {
            let (stream, _) = listener.accept().unwrap();
            if stopping.load(Ordering::Acquire) {
                return;
            }
            if at % 2 == 0 {
                reset(stream);
            }
        }
    });
    let close = move || {
        stop.store(true, Ordering::Release);
        drop(dial(port));
        door.join().unwrap();
    };
    (port, close)
}

/// Connects that are closed at once or a little later, while peers storm in: all calls are answered, and every socket of either
/// direction has an id of its own.
#[test]
fn storms_of_connects_and_closes_in_both_directions() {
    let mut host = Host::new();
    let (server, port) = host.server();
    let (door, close_door) = revolving_door();
    let mut given = BTreeSet::from([server]);
    for round in 0..STORM_ROUNDS.get() {
        let incoming = thread::spawn(move || {
            for at in 0..STORM {
                let peer = dial(port);
                if at % 2 == 0 {
                    reset(peer);
                }
            }
        });
        let creates = vec![("tcp.create", json!({})); STORM];
        let mut own = Vec::new();
        for id in host.post_all(creates) {
            let socket = host.reply(id)["result"]["socketId"].as_u64().unwrap();
            assert!(given.insert(socket), "{socket} was given out twice");
            own.push(socket);
        }
        let mut calls = Vec::new();
        for (at, socket) in own.iter().enumerate() {
            calls.push((
                "tcp.connect",
                json!({"socketId": socket, "peerAddress": "127.0.0.1", "peerPort": door}),
            ));
            // A third is closed in the same frame, a third is disconnected.
            match (at + round) % 3 {
                0 => calls.push(("tcp.close", json!({"socketId": socket}))),
                1 => calls.push(("tcp.disconnect", json!({"socketId": socket}))),
                _ => {}
            }
        }
        let methods: Vec<(&str, u64)> = calls
            .iter()
            .map(|(method, params)| (*method, params["socketId"].as_u64().unwrap()))
            .collect();
        let (mut closed, mut fates) = (BTreeSet::new(), BTreeSet::new());
        for (id, (method, socket)) in host.post_all(calls).into_iter().zip(methods) {
            let reply = host.reply(id);
            match method {
                "tcp.connect" => fates.insert(reply["result"].as_i64()),
                "tcp.close" => closed.insert(socket),
                _ => reply["result"].is_null(),
            };
            assert!(
                method == "tcp.connect" || reply["result"].is_null(),
                "{method}: {reply}"
            );
        }
        // Cut short by close, by disconnect, refused by a reset in time, or connected.
        let known = BTreeSet::from([None, Some(-3), Some(-101), Some(0)]);
        assert!(fates.is_subset(&known), "{fates:?}");
        assert!(fates.contains(&None) && fates.contains(&Some(-3)), "{fates:?}");
        each(
            &mut host,
            "tcp.close",
            own.iter().copied().filter(|id| !closed.contains(id)),
        );
        incoming.join().unwrap();
        // Who resets in the queue may never be announced, so the last one, which stays, tells when all have had their turn.
        let stays = dial(port);
        let (mut accepted, mut stayed) = (BTreeSet::new(), false);
        while !stayed {
            let client = host.accepted(server);
            assert!(given.insert(client), "{client} was given out twice");
            accepted.insert(client);
            let info = host.info("tcp", client);
            stayed = info["peerPort"] == stays.local_addr().unwrap().port();
        }
        assert_sockets(&mut host, "tcp", &accepted);
        each(&mut host, "tcp.close", accepted);
        assert_sockets(&mut host, "tcp", &BTreeSet::new());
        host.left_over();
    }
    close_door();
    assert_sockets(&mut host, "tcpServer", &BTreeSet::from([server]));
}

/// The first id that may be asked for leaves this many.
const LAST_IDS: u64 = 1 << 20;

/// A million calls take too long for every test run; the table's own test covers the end of the ids there.
#[test]
#[ignore = "a million calls; scripts/soak runs it"]
fn the_last_id_is_the_end_for_create_and_accept() {
    const BATCH: u64 = 1 << 15;
    let first = (1 << 31) - LAST_IDS;
    let mut host = Setup::default().start();
    let hello = host.call("host.hello", json!({"protocol": [1, 1], "nextSocketId": first}));
    assert!(hello.get("error").is_none(), "{hello}");
    let (server, port) = host.server();
    assert_eq!(server, first);
    let mut next = first + 1;
    while next < 1 << 31 {
        let count = BATCH.min((1 << 31) - next);
        let calls = (next..next + count)
            .flat_map(|id| [("tcp.create", json!({})), ("tcp.close", json!({"socketId": id}))])
            .collect();
        for (at, id) in (0..).zip(host.post_all(calls)) {
            let reply = host.next_message();
            assert_eq!(reply["id"], id);
            if at % 2 == 0 {
                assert_eq!(reply["result"]["socketId"], next + at / 2);
            } else {
                assert!(reply.get("error").is_none(), "{reply}");
            }
        }
        next += count;
    }
    let exhausted = json!({"error": {"message": "net::ERR_INSUFFICIENT_RESOURCES", "code": -12}});
    assert_eq!(host.call("tcp.create", json!({})), exhausted);
    assert_eq!(host.call("tcpServer.create", json!({})), exhausted);
    let _peer = dial(port);
    let event = host.event("tcpServer.onAcceptError");
    assert_eq!(event, json!({"socketId": server, "resultCode": -12}));
    assert_eq!(host.info("tcpServer", server)["paused"], true);
    assert_sockets(&mut host, "tcp", &BTreeSet::new());
}
