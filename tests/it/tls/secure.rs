//! `secure()`: what it asks of a socket, what comes of it, and what else may happen meanwhile.

use std::io::{Read as _, Write as _};

use rustls::version::{TLS12, TLS13};
use serde_json::json;

use super::authority::{ALL, Authority};
use super::peer::{assert_gone, invalid};
use crate::host::Host;
use crate::peers::{accept, done, listener, net, not_found, sent, zero};

#[test]
fn t61_t62_what_is_not_there_or_not_connected() {
    let mut host = Host::new();
    assert_eq!(host.secure(99), invalid("Socket not found"));
    let socket = host.create("tcp");
    assert_eq!(host.secure(socket), invalid("Socket not connected"));
    assert_eq!(host.info("tcp", socket)["connected"], false);
}

#[test]
fn t63_a_request_and_its_answer() {
    let authority = Authority::new();
    let mut host = authority.host();
    let (socket, mut peer) = host.secured(authority.localhost());
    host.pause("tcp", socket, false);
    assert_eq!(host.write(socket, b"GET / HTTP/1.0\r\n\r\n"), sent(18));
    let mut request = [0; 18];
    peer.read_exact(&mut request).unwrap();
    assert_eq!(&request, b"GET / HTTP/1.0\r\n\r\n");
    peer.write_all(b"HTTP/1.0 200 OK\r\n\r\n").unwrap();
    assert_eq!(host.received(socket, 19), b"HTTP/1.0 200 OK\r\n\r\n");
    peer.conn.send_close_notify();
    peer.flush().unwrap();
    host.ended(socket);
    assert_eq!(host.info("tcp", socket)["connected"], false);
}

#[test]
fn t64_t65_a_socket_that_is_read_is_destroyed() {
    let mut host = Host::new();
    let (listener, port) = listener();
    let socket = host.create("tcp");
    assert_eq!(host.connect(socket, "localhost", port), zero());
    let _peer = accept(&listener);
    assert_eq!(host.secure(socket), net(-2, "FAILED"));
    host.ended(socket);
    assert_gone(&mut host, socket);
    assert_eq!(host.simple("tcp.close", socket), not_found());
}

#[test]
fn t66_t68_what_a_secured_socket_refuses() {
    let authority = Authority::new();
    let mut host = authority.host();
    let (socket, mut peer) = host.secured(authority.localhost());
    assert_eq!(
        host.secure(socket),
        invalid("Socket must be a connected client TCP socket.")
    );
    let no_delay = json!({"socketId": socket, "noDelay": true});
    assert_eq!(host.call("tcp.setNoDelay", no_delay), net(-2, "FAILED"));
    let keep_alive = json!({"socketId": socket, "enable": true});
    assert_eq!(host.call("tcp.setKeepAlive", keep_alive), net(-2, "FAILED"));
    assert_eq!(host.connect(socket, "127.0.0.1", 9), net(-104, "CONNECTION_FAILED"));
    // It is as it was.
    peer.write_all(b"still").unwrap();
    host.pause("tcp", socket, false);
    assert_eq!(host.received(socket, 5), b"still");
    // And it stays what it has become.
    assert_eq!(host.simple("tcp.disconnect", socket), done());
    assert_eq!(host.connect(socket, "127.0.0.1", 9), net(-104, "CONNECTION_FAILED"));
}

#[test]
fn t67_name_and_buffer_size_are_gone_and_the_rest_stays() {
    let authority = Authority::new();
    let mut host = authority.host();
    let properties = json!({"persistent": true, "name": "n", "bufferSize": 100, "allowHalfOpen": true});
    let created = host.ok("tcp.create", json!({"properties": properties}));
    let socket = created["socketId"].as_u64().unwrap();
    host.pause("tcp", socket, true);
    let (listener, port) = listener();
    assert_eq!(host.connect(socket, "localhost", port), zero());
    let before = host.info("tcp", socket);
    let server = super::peer::serve(listener, authority.localhost());
    assert_eq!(host.secure(socket), zero());
    let mut expected = before;
    for gone in ["name", "bufferSize"] {
        assert!(expected.as_object_mut().unwrap().remove(gone).is_some());
    }
    assert_eq!(host.info("tcp", socket), expected);
    drop(server.join().unwrap());
}

#[test]
fn t70_versions() {
    let authority = Authority::new();
    let mut host = authority.host();
    let pair = authority.issue(&["localhost"]);
    let mismatch = net(-113, "SSL_VERSION_OR_CIPHER_MISMATCH");
    for (versions, bounds, expected) in [
        (&[&TLS12][..], json!({"min": "tls1"}), zero()),
        (&[&TLS12], json!({"max": "bogus"}), zero()),
        (&[&TLS12], json!({"max": "tls1.2"}), zero()),
        (&[&TLS13], json!({"min": "tls1.3", "max": "tls1.3"}), zero()),
        (&[&TLS12], json!({"min": "tls1.3"}), mismatch.clone()),
        (&[&TLS13], json!({"max": "tls1.2"}), mismatch),
        (
            ALL,
            json!({"min": "tls1.3", "max": "tls1.2"}),
            net(-107, "SSL_PROTOCOL_ERROR"),
        ),
    ] {
        let (socket, reply) = host.try_secure("localhost", pair.server(versions), &json!({"tlsVersion": bounds}));
        assert_eq!(reply, expected, "{bounds}");
        if expected != zero() {
            assert_gone(&mut host, socket);
        }
    }
}

#[test]
fn t76_an_accepted_socket_is_destroyed() {
    let mut host = Host::new();
    let (client, _peer) = host.pair();
    assert_eq!(host.secure(client), net(-2, "FAILED"));
    assert_gone(&mut host, client);
}
