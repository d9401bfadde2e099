//! Many clients of a TLS server, bad ones and slow ones among them.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};

use super::authority::Authority;
use super::serving::{Client, Served, shake};
use crate::host::{EXTENSION, HANG, Host, Setup};
use crate::peers::{dial, done, half_close, read_to_any_end, reset};
use crate::steps::Witness;

#[test]
fn two_hundred_at_once() {
    let mut host = Host::new();
    let served = Served::new(&mut host, json!({}));
    let port = served.port;
    let peers: Vec<_> = (0..200)
        .map(|_| {
            let config = Arc::clone(&served.config);
            thread::spawn(move || shake(dial(port), &config).unwrap())
        })
        .collect();
    let sockets: Vec<u64> = (0..200).map(|_| host.accepted(served.server)).collect();
    let mut peers: Vec<Client> = peers.into_iter().map(|peer| peer.join().unwrap()).collect();
    for peer in &mut peers {
        let text = peer.sock.local_addr().unwrap().port().to_string();
        peer.write_all(text.as_bytes()).unwrap();
    }
    for socket in sockets {
        let port = host.info("tcp", socket)["peerPort"].to_string();
        host.pause("tcp", socket, false);
        assert_eq!(host.received(socket, port.len()), port.as_bytes());
    }
    assert_eq!(served.failed(&mut host), 0);
}

#[test]
fn a_flood_of_garbage_is_counted_and_a_good_client_gets_through() {
    const FLOOD: usize = 1000;
    let mut host = Host::new();
    let served = Served::new(&mut host, json!({}));
    let port = served.port;
    let flood = thread::spawn(move || {
        for round in 0..FLOOD {
            let mut peer = dial(port);
            match round % 4 {
                // Some say nothing and go, some with a reset.
                0 => {}
                1 => crate::peers::reset(peer),
                2 => drop(peer.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")),
                _ => {
                    let _ = peer.write_all(&[22, 3, 1, 0, 5, 1, 0, 0, 1, 0]);
                    read_to_any_end(&mut peer);
                }
            }
        }
    });
    let (socket, mut peer) = served.pair(&mut host);
    flood.join().unwrap();
    peer.write_all(b"through").unwrap();
    host.pause("tcp", socket, false);
    assert_eq!(host.received(socket, 7), b"through");
    // The last of them may not have been looked at yet.
    let start = Instant::now();
    // On Windows those that reset before they were accepted were never there.
    let least = if cfg!(windows) { FLOOD / 4 * 3 } else { FLOOD };
    while served.failed(&mut host) < least as u64 {
        assert!(start.elapsed() < HANG);
    }
    assert!((least as u64..=FLOOD as u64).contains(&served.failed(&mut host)));
    assert_eq!(host.left_over(), Vec::<Value>::new());
}

#[test]
fn no_more_than_256_handshakes_are_under_way() {
    let mut host = Host::new();
    let served = Served::new(&mut host, json!({}));
    let mut silent: Vec<TcpStream> = (0..256).map(|_| dial(served.port)).collect();
    let (port, config) = (served.port, Arc::clone(&served.config));
    let good = thread::spawn(move || shake(dial(port), &config).unwrap());
    Witness::new(&mut host).quiet(&mut host);
    // When one of them goes, there is room.
    drop(silent.pop());
    host.accepted(served.server);
    good.join().unwrap();
    assert_eq!(served.failed(&mut host), 1);
}

/// Each holds a descriptor, and without any the servers would all be paused.
#[cfg(unix)]
#[test]
fn silent_clients_of_many_servers_leave_descriptors() {
    let mut host = Setup {
        descriptors: Some(100),
        ..Setup::default()
    }
    .start();
    let servers: Vec<Served> = (0..4).map(|_| Served::new(&mut host, json!({}))).collect();
    let mut witness = Witness::new(&mut host);
    let mut silent: Vec<TcpStream> = Vec::new();
    for served in &servers {
        silent.extend((0..40).map(|_| dial(served.port)));
        witness.quiet(&mut host);
    }
    drop(silent);
    // Who comes now is served by each of them.
    for served in &servers {
        served.pair(&mut host);
    }
    assert_eq!(host.left_over(), Vec::<Value>::new());
}

#[test]
fn a_handshake_ends_after_ten_seconds() {
    let mut host = Host::new();
    let served = Served::new(&mut host, json!({}));
    let mut peer = dial(served.port);
    // A hello that goes on and on counts from its beginning.
    peer.write_all(&[22, 3, 1]).unwrap();
    let (answer, by_fin) = read_to_any_end(&mut peer);
    assert!(answer.is_empty() && by_fin);
    assert_eq!(served.failed(&mut host), 1);
    assert_eq!(host.left_over(), Vec::<Value>::new());
}

#[test]
fn s66_s67_our_own_limit_holds_for_tls_and_who_found_no_room_waits() {
    let mut host = Authority::new().host_that(|setup| {
        setup.policy.as_mut().unwrap()["extensions"][EXTENSION]["limits"] = json!({"sockets": 4});
    });
    let served = Served::new(&mut host, json!({}));
    let kept: Vec<(u64, Client)> = (0..3).map(|_| served.pair(&mut host)).collect();
    let mut waiting = served.dial();
    let full = json!({"socketId": served.server, "resultCode": -12});
    assert_eq!(host.event("tcpServer.onAcceptError"), full);
    assert_eq!(host.info("tcpServer", served.server)["paused"], true);
    // One more, which nobody takes in hand meanwhile.
    let later = dial(served.port);
    assert_eq!(host.simple("tcp.close", kept[0].0), done());
    host.pause("tcpServer", served.server, false);
    let socket = host.accepted(served.server);
    waiting.write_all(b"waited").unwrap();
    host.pause("tcp", socket, false);
    assert_eq!(host.received(socket, 6), b"waited");
    assert_eq!(host.simple("tcp.close", kept[1].0), done());
    let _later = shake(later, &served.config).unwrap();
    host.accepted(served.server);
    assert_eq!(host.left_over(), Vec::<Value>::new());
}

#[test]
fn a_hello_that_comes_byte_by_byte() {
    let mut host = Host::new();
    let served = Served::new(&mut host, json!({}));
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = ClientConnection::new(Arc::clone(&served.config), name).unwrap();
    let mut hello = Vec::new();
    connection.write_tls(&mut hello).unwrap();
    let mut tcp = dial(served.port);
    tcp.set_nodelay(true).unwrap();
    for byte in hello {
        tcp.write_all(&[byte]).unwrap();
    }
    while connection.is_handshaking() {
        connection.complete_io(&mut tcp).unwrap();
    }
    host.accepted(served.server);
}

#[test]
fn clients_that_leave_at_any_point_of_their_handshake_are_counted_and_nothing_else() {
    let mut host = Host::new();
    let served = Served::new(&mut host, json!({}));
    let name = || ServerName::try_from("localhost").unwrap();
    let mut left = 0;
    // On Windows those that reset before they were accepted were never there.
    let mut least = 0;
    for with_reset in [false, true] {
        let mut hello = Vec::new();
        let mut connection = ClientConnection::new(Arc::clone(&served.config), name()).unwrap();
        connection.write_tls(&mut hello).unwrap();
        for end_at in (0..=hello.len()).step_by(hello.len() / 8) {
            let mut tcp = dial(served.port);
            tcp.write_all(&hello[..end_at]).unwrap();
            if with_reset {
                reset(tcp);
            } else {
                // The whole hello is answered first.
                half_close(&tcp);
                read_to_any_end(&mut tcp);
            }
            left += 1;
            least += u64::from(cfg!(not(windows)) || !with_reset);
        }
    }
    served.pair(&mut host);
    let start = Instant::now();
    while served.failed(&mut host) < least {
        assert!(start.elapsed() < HANG);
    }
    assert!((least..=left).contains(&served.failed(&mut host)));
    assert_eq!(host.left_over(), Vec::<Value>::new());
}
