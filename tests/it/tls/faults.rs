//! What may go wrong between two ends in mid-handshake, and what else may be asked for meanwhile.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, ServerConnection};
use serde_json::{Value, json};

use super::authority::{ALL, Authority};
use super::peer::{assert_gone, invalid, serve};
use crate::host::Host;
use crate::peers::{accept, done, half_close, net, read_to_any_end, reset, sent, unsent, zero};
use crate::steps::Witness;

/// Reads the client's hello; what the server answers with is whatever the test says.
fn answer(listener: TcpListener, answer: Vec<u8>) -> JoinHandle<TcpStream> {
    thread::spawn(move || {
        let mut peer = accept(&listener);
        assert!(peer.read(&mut [0; 4096]).unwrap() > 0);
        peer.write_all(&answer).unwrap();
        peer
    })
}

#[test]
fn answers_that_are_no_handshake() {
    let alert = |description: u8| vec![21, 3, 3, 0, 2, 2, description];
    // A server's hello of TLS 1.1, whose random bytes are zero: version, random, no session, a cipher, no compression.
    let mut old_hello = vec![22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    old_hello.extend([0; 32]);
    old_hello.extend([0, 0xc0, 0x13, 0]);
    let mut host = Authority::new().host();
    for (bytes, code, name) in [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), -107, "SSL_PROTOCOL_ERROR"),
        (vec![0; 5000], -107, "SSL_PROTOCOL_ERROR"),
        (vec![0xff; 70_000], -107, "SSL_PROTOCOL_ERROR"),
        (vec![22, 3, 3, 0xff, 0xff, 1], -107, "SSL_PROTOCOL_ERROR"),
        (vec![23, 3, 3, 0, 1, 0], -107, "SSL_PROTOCOL_ERROR"),
        (old_hello, -113, "SSL_VERSION_OR_CIPHER_MISMATCH"),
        (alert(40), -113, "SSL_VERSION_OR_CIPHER_MISMATCH"),
        (alert(70), -113, "SSL_VERSION_OR_CIPHER_MISMATCH"),
        (alert(42), -117, "BAD_SSL_CLIENT_AUTH_CERT"),
        (alert(112), -159, "SSL_UNRECOGNIZED_NAME_ALERT"),
        (alert(80), -107, "SSL_PROTOCOL_ERROR"),
    ] {
        let (socket, listener) = host.paused_to("localhost");
        let peer = answer(listener, bytes.clone());
        assert_eq!(
            host.secure(socket),
            net(code, name),
            "{:?}",
            &bytes[..bytes.len().min(20)]
        );
        assert_gone(&mut host, socket);
        drop(peer.join().unwrap());
    }
}

/// What a server says to a client's hello, all of it.
fn first_flight(peer: &mut TcpStream, config: Arc<ServerConfig>) -> Vec<u8> {
    let mut connection = ServerConnection::new(config).unwrap();
    let mut flight = Vec::new();
    while flight.is_empty() {
        connection.read_tls(peer).unwrap();
        connection.process_new_packets().unwrap();
        while connection.wants_write() {
            connection.write_tls(&mut flight).unwrap();
        }
    }
    flight
}

#[test]
fn an_end_at_any_point_of_the_handshake() {
    let authority = Authority::new();
    let mut host = authority.host();
    let pair = authority.issue(&["localhost"]);
    for version in [&TLS12, &TLS13] {
        let config = pair.server(&[version]);
        let mut length = usize::MAX;
        let mut end_at = 0;
        // Behind a whole flight the client has answered, and with TLS 1.3 it is done.
        while end_at < length - 1 {
            for with_reset in [false, true] {
                let (socket, listener) = host.paused_to("localhost");
                let config = Arc::clone(&config);
                let peer = thread::spawn(move || {
                    let mut peer = accept(&listener);
                    let flight = first_flight(&mut peer, config);
                    peer.write_all(&flight[..end_at.min(flight.len() - 1)]).unwrap();
                    if with_reset {
                        reset(peer);
                    } else {
                        half_close(&peer);
                        read_to_any_end(&mut peer);
                    }
                    flight.len()
                });
                let expected = if with_reset {
                    net(-101, "CONNECTION_RESET")
                } else {
                    net(-100, "CONNECTION_CLOSED")
                };
                assert_eq!(host.secure(socket), expected, "{version:?}, behind {end_at} bytes");
                assert_gone(&mut host, socket);
                length = peer.join().unwrap();
            }
            end_at += 61;
        }
        assert!(end_at > 300, "the flight was {length} bytes");
    }
}

/// A `secure()` under way whose hello gets no answer, and its peer.
fn stalled(host: &mut Host) -> (u64, u64, TcpStream) {
    let (socket, listener) = host.paused_to("localhost");
    let request = host.post("tcp.secure", json!({"socketId": socket}));
    let mut peer = accept(&listener);
    assert!(peer.read(&mut [0; 4096]).unwrap() > 100);
    (socket, request, peer)
}

#[test]
fn a_peer_that_stalls_hinders_nobody_and_close_and_disconnect_give_up() {
    let mut host = Authority::new().host();
    let (socket, request, mut peer) = stalled(&mut host);
    let mut witness = Witness::new(&mut host);
    witness.quiet(&mut host);
    // What others see meanwhile.
    let info = host.info("tcp", socket);
    assert_eq!((&info["connected"], &info["paused"]), (&json!(true), &json!(true)));
    assert!(info["peerPort"].is_u64() && info["localPort"].is_u64());
    assert_eq!(host.connect(socket, "localhost", 9), net(-23, "SOCKET_IS_CONNECTED"));
    assert_eq!(host.write(socket, b"x"), unsent(-15, "SOCKET_NOT_CONNECTED"));
    assert_eq!(
        host.secure(socket),
        invalid("Socket must be a connected client TCP socket.")
    );
    let options = [
        ("tcp.setNoDelay", json!({"socketId": socket, "noDelay": true})),
        ("tcp.setKeepAlive", json!({"socketId": socket, "enable": true})),
    ];
    for (method, params) in options {
        assert_eq!(host.call(method, params), net(-2, "FAILED"));
    }
    host.pause("tcp", socket, false);
    host.pause("tcp", socket, true);
    let (close, reply) = (host.post("tcp.close", json!({"socketId": socket})), host.reply(request));
    assert_eq!(reply, invalid("Socket not found"));
    assert_eq!(host.reply(close), done());
    assert!(read_to_any_end(&mut peer).1, "FIN");

    let (socket, request, mut peer) = stalled(&mut host);
    let (disconnect, reply) = (
        host.post("tcp.disconnect", json!({"socketId": socket})),
        host.reply(request),
    );
    assert_eq!(reply, net(-3, "ABORTED"));
    assert_eq!(host.reply(disconnect), done());
    assert!(read_to_any_end(&mut peer).1, "FIN");
    // It has not become anything else.
    let (listener, port) = crate::peers::listener();
    assert_eq!(host.connect(socket, "localhost", port), zero());
    let mut peer = accept(&listener);
    assert_eq!(host.write(socket, b"plain"), sent(5));
    assert_eq!(crate::peers::read_exact(&mut peer, 5), b"plain");
    // Every call was answered once.
    assert!(host.left_over().iter().all(|message| message["event"] == "host.ack"));
}

#[test]
fn a_peer_that_has_ended_before_secure_is_no_connection_any_more() {
    let mut host = Authority::new().host();
    for with_reset in [false, true] {
        let (socket, listener) = host.paused_to("localhost");
        let peer = accept(&listener);
        if with_reset {
            reset(peer);
        } else {
            half_close(&peer);
        }
        assert_eq!(host.secure(socket), net(-15, "SOCKET_NOT_CONNECTED"), "{with_reset}");
        assert_gone(&mut host, socket);
    }
    // Bytes before the end are read as a handshake, and are none.
    let (socket, listener) = host.paused_to("localhost");
    let mut peer = accept(&listener);
    peer.write_all(b"220 ready\r\n").unwrap();
    half_close(&peer);
    assert_eq!(host.secure(socket), net(-107, "SSL_PROTOCOL_ERROR"));
    assert_gone(&mut host, socket);
}

#[test]
fn a_hundred_that_stall_take_no_thread_from_the_next() {
    let authority = Authority::new();
    let mut host = authority.host();
    let stalled: Vec<_> = (0..100).map(|_| stalled(&mut host)).collect();
    let (_, mut peer) = host.secured(authority.localhost());
    peer.conn.send_close_notify();
    peer.flush().unwrap();
    let threads = std::fs::read_dir(format!("/proc/{}/task", host.pid())).unwrap().count();
    assert!(threads < 40, "{threads} threads");
    drop(stalled);
}

#[test]
fn the_end_of_the_host_gives_up_too() {
    let mut host = Authority::new().host();
    let (_, request, mut peer) = stalled(&mut host);
    let bye = host.post("host.bye", Value::Null);
    assert_eq!(host.reply(request), net(-3, "ABORTED"));
    assert_eq!(host.reply(bye), done());
    host.close_stdin();
    assert!(host.wait().success());
    read_to_any_end(&mut peer);
}

#[test]
fn a_write_under_way_destroys_the_socket() {
    let mut host = Authority::new().host();
    let (socket, listener) = host.paused_to("localhost");
    let _peer = accept(&listener);
    let send = host.post_write(socket, &vec![7; 16 << 20]);
    let secure = host.post("tcp.secure", json!({"socketId": socket}));
    assert_eq!(host.reply(send), unsent(-15, "SOCKET_NOT_CONNECTED"));
    assert_eq!(host.reply(secure), net(-2, "FAILED"));
    assert_gone(&mut host, socket);
    assert!(host.left_over().iter().all(|message| message["event"] == "host.ack"));
}

#[test]
fn a_socket_that_was_read_and_is_paused_now_can_be_secured() {
    // As SMTP and IMAP do it. In Chromium the read that was armed stays armed; here pausing is exact (D2).
    let authority = Authority::new();
    let mut host = authority.host();
    let (listener, port) = crate::peers::listener();
    let socket = host.create("tcp");
    assert_eq!(host.connect(socket, "localhost", port), zero());
    let mut plain = accept(&listener);
    plain.write_all(b"220 ready").unwrap();
    assert_eq!(host.received(socket, 9), b"220 ready");
    host.pause("tcp", socket, true);
    let config = authority.localhost();
    let server = thread::spawn(move || super::peer::shake(plain, config));
    let secure = host.post("tcp.secure", json!({"socketId": socket}));
    // Un-paused meanwhile, it is read as soon as it can be.
    let resume = host.post("tcp.setPaused", json!({"socketId": socket, "paused": false}));
    assert_eq!(host.reply(resume), done());
    assert_eq!(host.reply(secure), zero());
    let mut peer = server.join().unwrap().unwrap();
    peer.write_all(b"250 ok").unwrap();
    assert_eq!(host.received(socket, 6), b"250 ok");
}

#[test]
fn the_name_is_that_of_the_connection() {
    let authority = Authority::new();
    let mut host = authority.host();
    let (socket, listener) = host.paused_to("localhost");
    // One that fails changes nothing.
    assert_eq!(host.connect(socket, "127.0.0.1", 9), net(-23, "SOCKET_IS_CONNECTED"));
    let server = serve(listener, authority.issue(&["localhost"]).server(ALL));
    assert_eq!(host.secure(socket), zero());
    drop(server.join().unwrap());
}
