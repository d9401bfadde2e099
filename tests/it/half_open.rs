//! `allowHalfOpen` (decision D8): a peer that has finished can still be written to.

use std::io::Write as _;
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::host::Host;
use crate::peers::{accept, done, half_close, listener, read_to_end, reset, sent, unsent, zero};
use crate::steps::Witness;

/// A listening server whose clients may be half open, and a client of it that reads.
fn pair(host: &mut Host) -> (u64, TcpStream) {
    let created = host.ok("tcpServer.create", json!({"properties": {"allowHalfOpen": true}}));
    let server = created["socketId"].as_u64().unwrap();
    assert_eq!(host.listen(server, "127.0.0.1", 0), zero());
    let info = host.info("tcpServer", server);
    assert_eq!(info["allowHalfOpen"], true);
    let port = u16::try_from(info["localPort"].as_u64().unwrap()).unwrap();
    let peer = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let client = host.accepted(server);
    host.pause("tcp", client, false);
    (client, peer)
}

/// What a finished peer is told as, and the state behind it.
fn finished(host: &mut Host, socket: u64) {
    let error = json!({"socketId": socket, "resultCode": -100});
    assert_eq!(host.event("tcp.onReceiveError"), error);
    let info = host.info("tcp", socket);
    assert_eq!((&info["connected"], &info["paused"]), (&json!(true), &json!(true)));
    assert!(info["peerPort"].is_u64());
}

#[test]
fn d8_a_client_like_nc_n_gets_its_answer() {
    let mut host = Host::new();
    let (client, mut peer) = pair(&mut host);
    peer.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    half_close(&peer);
    assert_eq!(host.received(client, 18), b"GET / HTTP/1.0\r\n\r\n");
    finished(&mut host, client);
    let answer = vec![7; 3 << 20];
    let reader = std::thread::spawn(move || read_to_end(&mut peer));
    assert_eq!(host.write(client, &answer), sent(answer.len()));
    assert_eq!(host.simple("tcp.close", client), done());
    assert_eq!(reader.join().unwrap(), answer);
    // The end was told once.
    Witness::new(&mut host).pass(&mut host);
    assert!(
        host.left_over()
            .iter()
            .all(|message| message["event"] != "sockets.tcp.onReceiveError")
    );
}

#[test]
fn d8_a_connected_socket_too_and_the_end_is_told_once() {
    let mut host = Host::new();
    let (listener, port) = listener();
    let created = host.ok("tcp.create", json!({"properties": {"allowHalfOpen": true}}));
    let socket = created["socketId"].as_u64().unwrap();
    assert_eq!(host.connect(socket, "127.0.0.1", port), zero());
    let mut peer = accept(&listener);
    half_close(&peer);
    finished(&mut host, socket);
    host.pause("tcp", socket, false);
    let mut witness = Witness::new(&mut host);
    witness.quiet(&mut host);
    assert_eq!(host.write(socket, b"still"), sent(5));
    assert_eq!(host.simple("tcp.disconnect", socket), done());
    assert_eq!(read_to_end(&mut peer), b"still");
    witness.quiet(&mut host);
    assert_eq!(host.info("tcp", socket)["connected"], false);
    // The next connection begins whole.
    assert_eq!(host.connect(socket, "127.0.0.1", port), zero());
    let mut peer = accept(&listener);
    peer.write_all(b"again").unwrap();
    assert_eq!(host.received(socket, 5), b"again");
}

#[test]
fn d8_a_write_error_ends_it() {
    let mut host = Host::new();
    let (client, peer) = pair(&mut host);
    half_close(&peer);
    finished(&mut host, client);
    host.pause("tcp", client, false);
    reset(peer);
    let mut replies: Vec<Value> = Vec::new();
    // The kernel takes what it has room for until it has seen the reset.
    while replies.last().is_none_or(|last| last.get("error").is_none()) {
        replies.push(host.write(client, &[0; 1000]));
    }
    assert_eq!(replies.last(), Some(&unsent(-2, "FAILED")));
    assert_eq!(host.info("tcp", client)["connected"], false);
    assert_eq!(host.write(client, b"x"), unsent(-15, "SOCKET_NOT_CONNECTED"));
}

#[test]
fn d8_without_it_the_end_is_the_end() {
    let mut host = Host::new();
    let (client, peer) = host.open_pair();
    half_close(&peer);
    host.ended(client);
    assert_eq!(host.info("tcp", client)["connected"], false);
    // Asked for afterwards, it counts for the next connection; the flag is told only where it is set.
    assert!(host.info("tcp", client).get("allowHalfOpen").is_none());
    let update = json!({"socketId": client, "properties": {"allowHalfOpen": true}});
    assert_eq!(host.call("tcp.update", update), done());
    assert_eq!(host.info("tcp", client)["allowHalfOpen"], true);
}
