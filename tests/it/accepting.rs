//! The accept loop: order, pausing (decisions D1 and D2), and peers that leave.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use serde_json::json;

use crate::host::Host;
use crate::peers::{closed_port, dial, done, net, reset, zero};
use crate::steps::Witness;

#[test]
fn s44_s45_the_reply_of_listen_comes_first_and_clients_in_their_order() {
    let mut host = Host::new();
    let (probe, port) = host.server();
    assert_eq!(host.simple("tcpServer.close", probe), done());
    let server = host.create("tcpServer");
    // A client that hammers the port while it opens.
    let client = std::thread::spawn(move || {
        loop {
            // From a port of its own: the system might choose the very port that is dialed, and connect the socket to itself.
            let (socket, own) = closed_port();
            if own != port
                && socket
                    .connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())
                    .is_ok()
            {
                return TcpStream::from(socket);
            }
        }
    });
    let id = host.post(
        "tcpServer.listen",
        json!({"socketId": server, "address": "127.0.0.1", "port": port}),
    );
    assert_eq!(host.next_message(), json!({"id": id, "result": 0}));
    let first = client.join().unwrap();
    let mut peers = vec![first];
    peers.extend((0..20).map(|_| dial(port)));
    let mut last = 0;
    for peer in &peers {
        let client = host.accepted(server);
        assert!(client > last);
        last = client;
        assert_eq!(host.info("tcp", client)["peerPort"], peer.local_addr().unwrap().port());
    }
}

#[test]
fn s48_s49_s50_s51_s54_s55_d1_d2_a_paused_server_is_silent_and_loses_nothing() {
    let mut host = Host::new();
    let mut witness = Witness::new(&mut host);
    let (server, port) = host.server();
    host.pause("tcpServer", server, false);
    host.pause("tcpServer", server, true);
    let info = host.info("tcpServer", server);
    assert_eq!((&info["paused"], &info["localPort"]), (&json!(true), &json!(port)));
    let peers = [dial(port), dial(port), dial(port)];
    witness.quiet(&mut host);
    host.pause("tcpServer", server, false);
    for peer in &peers {
        let client = host.accepted(server);
        assert_eq!(host.info("tcp", client)["peerPort"], peer.local_addr().unwrap().port());
    }
    // Paused and resumed with nothing in between, and resumed once too often.
    host.pause("tcpServer", server, true);
    host.pause("tcpServer", server, false);
    host.pause("tcpServer", server, false);
    let _peer = dial(port);
    host.accepted(server);
    witness.quiet(&mut host);
}

#[test]
fn s52_s53_s62_paused_before_listen() {
    let mut host = Host::new();
    let mut witness = Witness::new(&mut host);
    let server = host.create("tcpServer");
    host.pause("tcpServer", server, true);
    assert_eq!(host.listen(server, "127.0.0.1", 0), zero());
    let port = u16::try_from(host.info("tcpServer", server)["localPort"].as_u64().unwrap()).unwrap();
    let _first = dial(port);
    witness.quiet(&mut host);
    host.pause("tcpServer", server, false);
    host.accepted(server);
    // `paused` survives the listener.
    host.pause("tcpServer", server, true);
    assert_eq!(host.simple("tcpServer.disconnect", server), done());
    assert_eq!(host.info("tcpServer", server)["paused"], true);
    assert_eq!(host.listen(server, "127.0.0.1", port), zero());
    let _second = dial(port);
    witness.quiet(&mut host);
    host.pause("tcpServer", server, false);
    host.accepted(server);
}

#[test]
fn s56_a_paused_server_accepts_again_after_a_new_listen() {
    let mut host = Host::new();
    let (server, port) = host.server();
    host.pause("tcpServer", server, true);
    let _lost = dial(port);
    assert_eq!(host.simple("tcpServer.disconnect", server), done());
    host.pause("tcpServer", server, false);
    assert_eq!(host.listen(server, "127.0.0.1", port), zero());
    let peer = dial(port);
    let client = host.accepted(server);
    assert_eq!(host.info("tcp", client)["peerPort"], peer.local_addr().unwrap().port());
}

/// No `onAccept` stands between the reply of a pause and that of the next resume, and every client is announced once.
#[test]
fn d2_a_storm_of_pauses_is_exact_for_a_server() {
    let mut host = Host::new();
    let (server, port) = host.server();
    let connecting = std::thread::spawn(move || (0..200).map(|_| dial(port)).collect::<Vec<_>>());
    let mut paused_by = Vec::new();
    for round in 0..400 {
        let paused = round % 2 == 0;
        paused_by.push((
            host.post("tcpServer.setPaused", json!({"socketId": server, "paused": paused})),
            paused,
        ));
    }
    let peers = connecting.join().unwrap();
    let (mut paused, mut ports) = (false, Vec::new());
    while ports.len() < peers.len() {
        let message = host.next_message();
        if let Some(id) = message["id"].as_u64() {
            paused = paused_by.iter().find(|(pause, _)| *pause == id).unwrap().1;
        } else {
            assert!(!paused, "{message} while paused");
            ports.push(message["params"]["clientSocketId"].as_u64().unwrap());
        }
    }
    let announced: Vec<u64> = ports
        .into_iter()
        .map(|id| host.info("tcp", id)["peerPort"].as_u64().unwrap())
        .collect();
    let dialed: Vec<u64> = peers
        .iter()
        .map(|peer| u64::from(peer.local_addr().unwrap().port()))
        .collect();
    assert_eq!(announced, dialed);
}

#[test]
fn s69_a_client_that_resets_in_the_queue_is_no_error() {
    let mut host = Host::new();
    let mut witness = Witness::new(&mut host);
    let (server, port) = host.server();
    host.pause("tcpServer", server, true);
    for _ in 0..3 {
        reset(dial(port));
    }
    let last = dial(port);
    host.pause("tcpServer", server, false);
    // Whether those that left are announced is the system's business; that the one behind them is, is ours.
    loop {
        let client = host.accepted(server);
        if host.info("tcp", client)["peerPort"] == last.local_addr().unwrap().port() {
            break;
        }
        host.pause("tcp", client, false);
        host.ended(client);
    }
    assert_eq!(host.info("tcpServer", server)["paused"], false);
    witness.quiet(&mut host);
}

#[test]
fn s68_s76_many_clients_at_once_are_all_accepted_and_listed() {
    let mut host = Host::new();
    let (server, port) = host.server();
    let peers: Vec<TcpStream> = (0..300).map(|_| dial(port)).collect();
    for _ in &peers {
        host.accepted(server);
    }
    let sockets = host.ok("tcp.getSockets", json!({}));
    let mut ports: Vec<u64> = sockets
        .as_array()
        .unwrap()
        .iter()
        .map(|info| {
            assert_eq!(info["paused"], true);
            info["peerPort"].as_u64().unwrap()
        })
        .collect();
    let mut dialed: Vec<u64> = peers
        .iter()
        .map(|peer| u64::from(peer.local_addr().unwrap().port()))
        .collect();
    ports.sort_unstable();
    dialed.sort_unstable();
    assert_eq!(ports, dialed);
}

#[test]
fn s71_a_listen_and_its_end_in_one_frame_are_both_answered() {
    let mut host = Host::new();
    let server = host.create("tcpServer");
    let listen = json!({"socketId": server, "address": "127.0.0.1", "port": 0});
    let ids = host.post_all(vec![
        ("tcpServer.listen", listen.clone()),
        ("tcpServer.disconnect", json!({"socketId": server})),
        ("tcpServer.listen", listen.clone()),
        ("tcpServer.listen", listen),
        ("tcpServer.close", json!({"socketId": server})),
    ]);
    let replies: Vec<_> = ids.into_iter().map(|id| host.reply(id)).collect();
    assert_eq!(
        replies,
        [zero(), done(), zero(), net(-23, "SOCKET_IS_CONNECTED"), done()]
    );
}
