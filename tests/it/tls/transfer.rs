//! Bytes through TLS: order, credit, pausing and ends are those of any socket.

use std::io::{Read as _, Write as _};
use std::thread;

use rustls::version::{TLS12, TLS13};
use serde_json::json;

use super::authority::{ALL, Authority};
use super::peer::Server;
use crate::host::{Host, data};
use crate::peers::{assert_same, done, half_close, pattern, sent, unsent, zero};
use crate::steps::Witness;

fn read_to_close_notify(peer: &mut Server) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    peer.read_to_end(&mut bytes).map(|_| bytes)
}

#[test]
fn megabytes_both_ways_with_pauses() {
    const LENGTH: usize = 6 << 20;
    let authority = Authority::new();
    let mut host = authority.host();
    for version in [&TLS12, &TLS13] {
        let (socket, peer) = host.secured(authority.issue(&["localhost"]).server(&[version]));
        let (to_host, to_peer) = (pattern(LENGTH, 1), pattern(LENGTH, 2));
        let expected = to_peer.clone();
        let echo = thread::spawn(move || exchange(peer, &pattern(LENGTH, 1), LENGTH));
        let sends: Vec<u64> = to_peer
            .chunks(600_000)
            .map(|part| host.post_write(socket, part))
            .collect();
        let mut received = Vec::new();
        host.pause("tcp", socket, false);
        while received.len() < LENGTH {
            received.extend(data(&host.receive(socket)["params"]));
            if received.len() % 7 == 0 {
                host.pause("tcp", socket, true);
                Witness::new(&mut host).pass(&mut host);
                host.pause("tcp", socket, false);
            }
        }
        assert_same(&received, &to_host);
        for (send, part) in sends.into_iter().zip(to_peer.chunks(600_000)) {
            assert_eq!(host.reply(send), sent(part.len()));
        }
        assert_eq!(host.simple("tcp.close", socket), done());
        let (echoed, end) = echo.join().unwrap();
        assert_same(&echoed, &expected);
        assert!(end, "TLS's own end");
    }
}

/// Writes and reads so many bytes in turns, without ever waiting for both; then reads to the end.
fn exchange(mut peer: Server, bytes: &[u8], expected: usize) -> (Vec<u8>, bool) {
    peer.sock.set_nonblocking(true).unwrap();
    let (mut written, mut read, mut space) = (0, Vec::new(), vec![0; 32 << 10]);
    while written < bytes.len() || read.len() < expected {
        let end = bytes.len().min(written + (32 << 10));
        match peer.write(&bytes[written..end]) {
            Ok(count) => written += count,
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
        }
        match peer.read(&mut space) {
            Ok(count) => read.extend_from_slice(&space[..count]),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
        }
        thread::yield_now();
    }
    peer.sock.set_nonblocking(false).unwrap();
    while peer.conn.wants_write() {
        peer.conn.write_tls(&mut peer.sock).unwrap();
    }
    let end = peer.read(&mut space).is_ok_and(|count| count == 0);
    (read, end)
}

#[test]
fn a_send_is_answered_when_the_kernel_has_its_last_record() {
    let authority = Authority::new();
    let mut host = authority.host();
    let (socket, mut peer) = host.secured(authority.localhost());
    let bytes = pattern(24 << 20, 3);
    let send = host.post_write(socket, &bytes);
    let behind = host.post_write(socket, b"end");
    // Nobody reads: it stays unanswered.
    Witness::new(&mut host).pass(&mut host);
    assert!(host.left_over().iter().all(|message| message["event"] == "host.ack"));
    let reader = thread::spawn(move || {
        let mut read = vec![0; (24 << 20) + 3];
        peer.read_exact(&mut read).unwrap();
        (peer, read)
    });
    assert_eq!(host.reply(send), sent(bytes.len()));
    assert_eq!(host.reply(behind), sent(3));
    let (_peer, read) = reader.join().unwrap();
    assert_same(&read[..bytes.len()], &bytes);
}

#[test]
fn d5_what_was_sent_arrives_and_tls_says_its_end_first() {
    let authority = Authority::new();
    let mut host = authority.host();
    for method in ["tcp.close", "tcp.disconnect"] {
        let (socket, mut peer) = host.secured(authority.localhost());
        // Unread bytes must not make a reset of it.
        peer.write_all(&pattern(30_000, 4)).unwrap();
        let bytes = pattern(50_000, 5);
        assert_eq!(host.write(socket, &bytes), sent(bytes.len()));
        assert_eq!(host.simple(method, socket), done());
        assert_same(&read_to_close_notify(&mut peer).unwrap(), &bytes);
    }
}

#[test]
fn d5_half_a_message_never_looks_like_a_whole_one() {
    let authority = Authority::new();
    let mut host = authority.host();
    let (socket, mut peer) = host.secured(authority.localhost());
    let send = host.post_write(socket, &pattern(24 << 20, 6));
    assert_eq!(host.simple("tcp.close", socket), done());
    assert_eq!(host.reply(send), unsent(-15, "SOCKET_NOT_CONNECTED"));
    assert!(read_to_close_notify(&mut peer).is_err());
}

/// What may end a connection in mid-stream.
#[derive(Clone, Copy, Debug)]
enum End {
    CloseNotify,
    Fin,
    Reset,
    Garbage,
    Alert,
}

fn end(mut peer: Server, end: End) -> Option<Server> {
    match end {
        End::CloseNotify => {
            peer.conn.send_close_notify();
            peer.flush().unwrap();
        }
        End::Fin => half_close(&peer.sock),
        End::Reset => {
            crate::peers::reset(peer.sock);
            return None;
        }
        End::Garbage => peer.sock.write_all(&[23, 3, 3, 0, 40, 1, 2, 3]).unwrap(),
        End::Alert => peer.sock.write_all(&[21, 3, 3, 0, 2, 2, 80]).unwrap(),
    }
    if matches!(end, End::Garbage) {
        peer.sock.write_all(&[9; 4000]).unwrap();
    }
    Some(peer)
}

#[test]
fn d9_every_end_comes_behind_the_last_byte_and_is_the_same() {
    let authority = Authority::new();
    let mut host = authority.host();
    for how in [End::CloseNotify, End::Fin, End::Reset, End::Garbage, End::Alert] {
        for version in [&TLS12, &TLS13] {
            let (socket, mut peer) = host.secured(authority.issue(&["localhost"]).server(&[version]));
            host.pause("tcp", socket, false);
            peer.write_all(b"last words").unwrap();
            assert_eq!(host.received(socket, 10), b"last words");
            let peer = end(peer, how);
            host.ended(socket);
            assert_eq!(host.info("tcp", socket)["connected"], false, "{how:?}");
            drop(peer);
        }
    }
    // All of it arrives at once.
    for how in [End::CloseNotify, End::Fin, End::Garbage] {
        let (socket, mut peer) = host.secured(authority.localhost());
        let bytes = pattern(50_000, 7);
        peer.write_all(&bytes).unwrap();
        let _peer = end(peer, how);
        host.pause("tcp", socket, false);
        assert_same(&host.received(socket, bytes.len()), &bytes);
        host.ended(socket);
    }
}

#[test]
fn keys_change_in_mid_stream() {
    let authority = Authority::new();
    let mut host = authority.host();
    let (socket, mut peer) = host.secured(authority.issue(&["localhost"]).server(&[&TLS13]));
    host.pause("tcp", socket, false);
    for round in 0..5 {
        peer.conn.refresh_traffic_keys().unwrap();
        peer.write_all(b"ping").unwrap();
        assert_eq!(host.received(socket, 4), b"ping");
        assert_eq!(host.write(socket, b"pong"), sent(4));
        let mut read = [0; 4];
        peer.read_exact(&mut read).unwrap();
        assert_eq!(&read, b"pong", "round {round}");
    }
}

#[test]
fn d8_half_open_through_tls() {
    let authority = Authority::new();
    let mut host = authority.host();
    let created = host.ok("tcp.create", json!({"properties": {"allowHalfOpen": true}}));
    let socket = created["socketId"].as_u64().unwrap();
    host.pause("tcp", socket, true);
    let (listener, port) = crate::peers::listener();
    assert_eq!(host.connect(socket, "localhost", port), zero());
    let server = super::peer::serve(listener, authority.issue(&["localhost"]).server(ALL));
    assert_eq!(host.secure(socket), zero());
    let mut peer = server.join().unwrap().unwrap();
    peer.write_all(b"question").unwrap();
    peer.conn.send_close_notify();
    peer.flush().unwrap();
    half_close(&peer.sock);
    host.pause("tcp", socket, false);
    assert_eq!(host.received(socket, 8), b"question");
    host.ended(socket);
    assert_eq!(host.info("tcp", socket)["connected"], true);
    let answer = pattern(3 << 20, 8);
    let reader = thread::spawn(move || read_to_close_notify(&mut peer).unwrap());
    assert_eq!(host.write(socket, &answer), sent(answer.len()));
    assert_eq!(host.simple("tcp.close", socket), done());
    assert_same(&reader.join().unwrap(), &answer);
}

#[test]
fn out_of_credit_it_is_not_read_and_goes_on_when_it_is_acked() {
    const LENGTH: usize = 3 << 20;
    let authority = Authority::new();
    let mut host: Host = authority.host_that(|setup| setup.acking = false);
    let (socket, mut peer) = host.secured(authority.localhost());
    let bytes = pattern(LENGTH, 9);
    let copy = bytes.clone();
    let writer = thread::spawn(move || {
        peer.write_all(&copy).unwrap();
        peer
    });
    host.pause("tcp", socket, false);
    let (mut received, mut cost, mut said) = (Vec::new(), 0, 0);
    while received.len() < LENGTH {
        let part = data(&host.receive(socket)["params"]);
        cost += part.len().max(1024);
        received.extend(part);
        if cost - said > 384 << 10 {
            said = cost;
            let params = json!({"port": cost, "sockets": [[socket, cost]]});
            host.send(&json!({"method": "host.ack", "params": params}));
        }
    }
    assert_same(&received, &bytes);
    drop(writer.join().unwrap());
}
