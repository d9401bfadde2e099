//! What has come through TLS and is not read yet: in the kernel, and decrypted, of which no kernel would tell.

use std::io::Write as _;

use serde_json::json;

use super::serving::{Client, Served};
use crate::host::{Host, Setup, data};
use crate::peers::{assert_same, done, pattern};
use crate::steps::Witness;

/// The window of a socket.
const WINDOW: usize = 512 << 10;
/// What is left of the last record when it is used up.
const LEFT: usize = 2000;

#[test]
fn d2_paused_it_is_not_read_and_nothing_is_lost() {
    let mut host = Host::new();
    let served = Served::new(&mut host, json!({}));
    let (socket, mut peer) = served.pair(&mut host);
    // Else the kernel keeps the second write until the first is acknowledged.
    peer.sock.set_nodelay(true).unwrap();
    host.pause("tcp", socket, false);
    peer.write_all(b"before").unwrap();
    assert_eq!(host.received(socket, 6), b"before");
    host.pause("tcp", socket, true);
    peer.write_all(b"behind").unwrap();
    Witness::new(&mut host).quiet(&mut host);
    host.pause("tcp", socket, false);
    assert_eq!(host.received(socket, 6), b"behind");
}

#[test]
fn what_a_small_read_has_left_comes_with_the_next() {
    let mut host = Host::new();
    let served = Served::new(&mut host, json!({}));
    let (socket, mut peer) = served.pair(&mut host);
    let update = |size: u32| json!({"socketId": socket, "properties": {"bufferSize": size}});
    assert_eq!(host.call("tcp.update", update(10)), done());
    host.pause("tcp", socket, false);
    // The read under way still brings ten.
    assert_eq!(host.call("tcp.update", update(4096)), done());
    let bytes = pattern(5000, 1);
    peer.write_all(&bytes).unwrap();
    assert_eq!(data(&host.receive(socket)["params"]).len(), 10);
    assert_same(&host.received(socket, 4990), &bytes[10..]);
}

/// An un-paused socket out of credit, its peer, what it has not received, and what the rest has cost; all is decrypted by now.
fn out_of_credit(host: &mut Host, served: &Served) -> (u64, Client, Vec<u8>, usize) {
    let (socket, mut peer) = served.pair(host);
    host.pause("tcp", socket, false);
    let bytes = pattern(LEFT + WINDOW, 2);
    peer.write_all(&bytes[..LEFT]).unwrap();
    peer.write_all(&bytes[LEFT..]).unwrap();
    let (mut received, mut cost) = (Vec::new(), 0);
    while cost + 1024 <= WINDOW {
        let part = data(&host.receive(socket)["params"]);
        cost += part.len().max(1024);
        received.extend(part);
    }
    assert_same(&received, &bytes[..received.len()]);
    (socket, peer, bytes[received.len()..].to_vec(), cost)
}

#[test]
fn what_is_decrypted_comes_when_there_is_credit_again_or_the_socket_is_resumed() {
    for paused in [false, true] {
        let mut host = Setup {
            acking: false,
            ..Setup::default()
        }
        .start();
        let served = Served::new(&mut host, json!({}));
        let (socket, _peer, rest, cost) = out_of_credit(&mut host, &served);
        assert!(!rest.is_empty());
        let mut witness = Witness::new(&mut host);
        witness.quiet(&mut host);
        if paused {
            host.pause("tcp", socket, true);
        }
        host.send(&json!({"method": "host.ack", "params": {"port": cost, "sockets": [[socket, cost]]}}));
        if paused {
            witness.quiet(&mut host);
            host.pause("tcp", socket, false);
        }
        assert_same(&host.received(socket, rest.len()), &rest);
    }
}
