//! `tcpServer.listen`: addresses, ports, backlog, and what fails.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};

use serde_json::json;

use crate::host::Host;
use crate::peers::{dial, done, listener, net, read_exact, sent, zero};

/// Whether this computer has an IPv6 loopback.
fn has_ipv6() -> bool {
    let bound = TcpListener::bind((Ipv6Addr::LOCALHOST, 0));
    if let Err(error) = &bound {
        println!("skipped: cannot bind ::1: {error}");
    }
    bound.is_ok()
}

#[test]
fn s19_s20_s21_s42_s43_listen_tells_its_port_and_announces_clients() {
    let mut host = Host::new();
    let server = host.create("tcpServer");
    assert_eq!(host.listen(server, "127.0.0.1", 0), zero());
    let info = host.info("tcpServer", server);
    let port = u16::try_from(info["localPort"].as_u64().unwrap()).unwrap();
    assert_ne!(port, 0);
    assert_eq!(
        info,
        json!({"socketId": 1, "persistent": false, "paused": false, "localAddress": "127.0.0.1", "localPort": port})
    );
    let _peer = dial(port);
    assert_eq!(
        host.event("tcpServer.onAccept"),
        json!({"socketId": 1, "clientSocketId": 2})
    );
    // A port that is named is the port that is taken.
    assert_eq!(host.simple("tcpServer.disconnect", server), done());
    assert_eq!(host.listen(server, "127.0.0.1", port), zero());
    assert_eq!(host.info("tcpServer", server)["localPort"], port);
}

#[test]
fn s22_s24_a_port_in_use_is_code_and_text_and_listen_may_be_tried_again() {
    let mut host = Host::new();
    let (_other, port) = listener();
    let server = host.create("tcpServer");
    assert_eq!(host.listen(server, "127.0.0.1", port), net(-147, "ADDRESS_IN_USE"));
    assert_eq!(
        host.info("tcpServer", server),
        json!({"socketId": 1, "persistent": false, "paused": false})
    );
    assert_eq!(host.listen(server, "127.0.0.1", 0), zero());
    let port = host.info("tcpServer", server)["localPort"].as_u64().unwrap();
    let _peer = dial(u16::try_from(port).unwrap());
    host.accepted(server);
}

#[test]
fn s23_a_port_of_another_server_of_ours_is_in_use_and_that_server_goes_on() {
    let mut host = Host::new();
    let (first, port) = host.server();
    let second = host.create("tcpServer");
    assert_eq!(host.listen(second, "127.0.0.1", port), net(-147, "ADDRESS_IN_USE"));
    let _peer = dial(port);
    host.accepted(first);
}

#[test]
fn s25_s26_only_literals_are_addresses() {
    let mut host = Host::new();
    let server = host.create("tcpServer");
    for address in [
        "localhost",
        "",
        "*",
        "[::1]",
        "256.1.1.1",
        "fe80::1%lo",
        "127.0.0.1:80",
        " 127.0.0.1",
    ] {
        assert_eq!(
            host.listen(server, address, 0),
            net(-4, "INVALID_ARGUMENT"),
            "{address}"
        );
    }
    assert!(host.info("tcpServer", server).get("localPort").is_none());
}

#[test]
fn s27_s29_lenient_literals_and_any_address() {
    let mut host = Host::new();
    for (address, text) in [
        ("127.1", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "0.0.0.0"),
    ] {
        let server = host.create("tcpServer");
        assert_eq!(host.listen(server, address, 0), zero(), "{address}");
        let info = host.info("tcpServer", server);
        assert_eq!(info["localAddress"], text, "{address}");
        let _peer = dial(u16::try_from(info["localPort"].as_u64().unwrap()).unwrap());
        host.accepted(server);
    }
}

#[test]
fn s28_s30_e02_ipv6_and_the_mapped_address_of_an_ipv4_client() {
    if !has_ipv6() {
        return;
    }
    let mut host = Host::new();
    let server = host.create("tcpServer");
    assert_eq!(host.listen(server, "::1", 0), zero());
    let info = host.info("tcpServer", server);
    assert_eq!(info["localAddress"], "::1");
    let port = u16::try_from(info["localPort"].as_u64().unwrap()).unwrap();
    let peer = TcpStream::connect((Ipv6Addr::LOCALHOST, port)).unwrap();
    let client = host.accepted(server);
    let info = host.info("tcp", client);
    assert_eq!(
        (&info["peerAddress"], &info["localAddress"]),
        (&json!("::1"), &json!("::1"))
    );
    assert_eq!(info["peerPort"], peer.local_addr().unwrap().port());
    let any = host.create("tcpServer");
    assert_eq!(host.listen(any, "::", 0), zero());
    let info = host.info("tcpServer", any);
    assert_eq!(info["localAddress"], "::");
    if cfg!(windows) {
        // There `::` is IPv6 alone, unless somebody changes it, and neither Chromium nor we do.
        let port = u16::try_from(info["localPort"].as_u64().unwrap()).unwrap();
        let refused = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        let _peer = TcpStream::connect((Ipv6Addr::LOCALHOST, port)).unwrap();
        host.accepted(any);
        return;
    }
    let _peer = dial(u16::try_from(info["localPort"].as_u64().unwrap()).unwrap());
    let client = host.accepted(any);
    let info = host.info("tcp", client);
    assert_eq!(info["peerAddress"], "::ffff:7f00:1");
    assert_eq!(info["localAddress"], "::ffff:7f00:1");
}

#[test]
fn s31_an_address_of_another_computer_is_invalid() {
    let mut host = Host::new();
    let server = host.create("tcpServer");
    assert_eq!(host.listen(server, "192.0.2.1", 0), net(-108, "ADDRESS_INVALID"));
}

#[test]
fn s33_s34_backlog_zero_is_invalid_and_any_other_is_not() {
    let mut host = Host::new();
    let server = host.create("tcpServer");
    let listen = |host: &mut Host, backlog: i32| {
        let params = json!({"socketId": server, "address": "127.0.0.1", "port": 0, "backlog": backlog});
        host.call("tcpServer.listen", params)
    };
    assert_eq!(listen(&mut host, 0), net(-4, "INVALID_ARGUMENT"));
    for backlog in [-1, 1, i32::MAX, i32::MIN] {
        assert_eq!(listen(&mut host, backlog), zero(), "{backlog}");
        let port = host.info("tcpServer", server)["localPort"].as_u64().unwrap();
        let _peer = dial(u16::try_from(port).unwrap());
        host.accepted(server);
        assert_eq!(host.simple("tcpServer.disconnect", server), done());
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    listener().1
}

#[test]
fn s35_s36_ports_wrap_at_16_bits() {
    let mut host = Host::new();
    let port = free_port();
    let server = host.create("tcpServer");
    let wrapped = i32::from(port) + 65536;
    let params = json!({"socketId": server, "address": "127.0.0.1", "port": wrapped});
    assert_eq!(host.call("tcpServer.listen", params), zero());
    assert_eq!(host.info("tcpServer", server)["localPort"], port);
    let last = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 65535)));
    let expected = if last.is_ok() {
        zero()
    } else {
        net(-147, "ADDRESS_IN_USE")
    };
    drop(last);
    let server = host.create("tcpServer");
    let params = json!({"socketId": server, "address": "127.0.0.1", "port": -1});
    assert_eq!(host.call("tcpServer.listen", params), expected);
    if expected == zero() {
        assert_eq!(host.info("tcpServer", server)["localPort"], 65535);
    }
}

#[test]
fn s70_d3_a_second_listen_fails_and_the_first_goes_on() {
    let mut host = Host::new();
    let (server, port) = host.server();
    for (address, again) in [("127.0.0.1", port), ("127.0.0.1", 0), ("0.0.0.0", 0)] {
        assert_eq!(host.listen(server, address, again), net(-23, "SOCKET_IS_CONNECTED"));
    }
    assert_eq!(host.info("tcpServer", server)["localPort"], port);
    let _peer = dial(port);
    host.accepted(server);
}

#[test]
fn s57_s58_s59_s60_s61_disconnect_frees_the_port_and_says_nothing() {
    let mut host = Host::new();
    let fresh = host.create("tcpServer");
    assert_eq!(host.simple("tcpServer.disconnect", fresh), done());
    let (server, port) = host.server();
    assert_eq!(host.simple("tcpServer.disconnect", server), done());
    let again = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    drop(again);
    assert_eq!(
        host.info("tcpServer", server),
        json!({"socketId": server, "persistent": false, "paused": false})
    );
    assert_eq!(host.simple("tcpServer.disconnect", server), done());
    assert_eq!(host.listen(server, "127.0.0.1", port), zero());
    let _peer = dial(port);
    host.accepted(server);
    assert!(host.left_over().is_empty());
}

#[test]
fn s64_s65_close_frees_the_port_and_the_id() {
    let mut host = Host::new();
    let mut witness = crate::steps::Witness::new(&mut host);
    let (server, port) = host.server();
    assert_eq!(host.simple("tcpServer.close", server), done());
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    for method in ["getInfo", "close"] {
        assert_eq!(
            host.simple(&format!("tcpServer.{method}"), server),
            crate::peers::not_found()
        );
    }
    witness.quiet(&mut host);
}

#[test]
fn s63_clients_survive_their_server() {
    let mut host = Host::new();
    let (server, port) = host.server();
    let mut peers = [dial(port), dial(port)];
    let clients = [host.accepted(server), host.accepted(server)];
    for (method, at) in [("disconnect", 0), ("close", 1)] {
        assert_eq!(host.simple(&format!("tcpServer.{method}"), server), done());
        assert_eq!(host.write(clients[at], b"still here"), sent(10));
        assert_eq!(read_exact(&mut peers[at], 10), b"still here");
        assert_eq!(host.info("tcp", clients[at])["connected"], true);
    }
}

#[test]
fn s72_connections_in_time_wait_do_not_hold_the_port() {
    let mut host = Host::new();
    let (server, port) = host.server();
    let mut peer = dial(port);
    let client = host.accepted(server);
    // Who sends the first FIN gets the TIME_WAIT.
    assert_eq!(host.simple("tcp.close", client), done());
    assert_eq!(crate::peers::read_to_end(&mut peer), b"");
    drop(peer);
    assert_eq!(host.simple("tcpServer.disconnect", server), done());
    assert_eq!(host.listen(server, "127.0.0.1", port), zero());
}

#[test]
fn s75_a_listening_server_may_be_renamed() {
    let mut host = Host::new();
    let (server, port) = host.server();
    let params = json!({"socketId": server, "properties": {"name": "renamed"}});
    assert_eq!(host.call("tcpServer.update", params), done());
    let info = host.info("tcpServer", server);
    assert_eq!((&info["name"], &info["localPort"]), (&json!("renamed"), &json!(port)));
    let _peer = dial(port);
    host.accepted(server);
}
