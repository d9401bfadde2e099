//! `send` and the option setters.

use std::io::{Read as _, Write as _};

use serde_json::{Value, json};

use crate::host::{Host, text};
use crate::peers::{assert_same, done, net, pattern, read_exact, read_to_end, reset, sent, stuff, unsent, zero};

#[test]
fn t43_t46_t47_e11_e12_small_sends() {
    let mut host = Host::new();
    let (dialed, mut peer) = host.dialed();
    assert_eq!(host.write(dialed, b"x"), sent(1));
    assert_eq!(host.write(dialed, b""), sent(0));
    assert_eq!(host.write(dialed, b"yz"), sent(2));
    assert_eq!(read_exact(&mut peer, 3), b"xyz");
    let fresh = host.create("tcp");
    for bytes in [&b"x"[..], b""] {
        assert_eq!(host.write(fresh, bytes), unsent(-15, "SOCKET_NOT_CONNECTED"));
    }
}

#[test]
fn t44_a_long_send_to_a_slow_reader_is_answered_once_and_whole() {
    let mut host = Host::new();
    let (client, mut peer) = host.pair();
    let bytes = pattern(5 << 20, 6);
    let id = host.post_write(client, &bytes);
    // The kernel cannot hold it all, so the reply waits for the peer.
    assert_eq!(host.info("tcp", client)["connected"], true);
    let mut got = Vec::new();
    let mut part = vec![0; 10_000];
    while got.len() < bytes.len() {
        let count = peer.read(&mut part).unwrap();
        got.extend_from_slice(&part[..count]);
    }
    assert_same(&got, &bytes);
    assert_eq!(host.reply(id), sent(5_242_880));
    assert!(host.take("host.ack", |message| message["event"] == "host.ack")["params"]["bytes"] == 5_242_880);
    assert_eq!(host.left_over(), Vec::<Value>::new());
}

#[test]
fn t45_concurrent_sends_keep_their_order_and_length() {
    let mut host = Host::new();
    let (client, mut peer) = host.pair();
    let parts: Vec<Vec<u8>> = (0..10)
        .map(|seed| pattern(300_000 + 1_000 * usize::try_from(seed).unwrap(), seed))
        .collect();
    let ids: Vec<u64> = parts.iter().map(|part| host.post_write(client, part)).collect();
    let whole = parts.concat();
    assert_same(&read_exact(&mut peer, whole.len()), &whole);
    for (id, part) in ids.into_iter().zip(&parts) {
        let reply = host.take("the next send's reply", |message| message.get("id").is_some());
        assert_eq!(
            reply,
            json!({"id": id, "result": {"resultCode": 0, "bytesSent": part.len()}})
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn t49_sends_after_a_reset_fail_once_with_minus_2_and_then_with_minus_15() {
    let mut host = Host::new();
    let mut witness = crate::steps::Witness::new(&mut host);
    let (client, peer) = host.pair();
    // Three sends that the kernel cannot take, and then the reset.
    let ids: Vec<u64> = (0..3)
        .map(|seed| host.post_write(client, &pattern(16 << 20, seed)))
        .collect();
    host.info("tcp", client);
    reset(peer);
    let replies: Vec<Value> = ids.into_iter().map(|id| host.reply(id)).collect();
    assert_eq!(
        replies,
        [
            unsent(-2, "FAILED"),
            unsent(-15, "SOCKET_NOT_CONNECTED"),
            unsent(-15, "SOCKET_NOT_CONNECTED")
        ]
    );
    let gone = json!({"socketId": client, "persistent": false, "paused": true, "connected": false});
    assert_eq!(host.info("tcp", client), gone);
    assert_eq!(host.write(client, b"more"), unsent(-15, "SOCKET_NOT_CONNECTED"));
    witness.pass(&mut host);
    assert!(host.left_over().iter().all(|message| message["event"] == "host.ack"));
    // An idle one learns of the reset by its first or second send.
    let (client, peer) = host.pair();
    reset(peer);
    loop {
        let reply = host.write(client, b"ping");
        if reply != sent(4) {
            assert_eq!(reply, unsent(-2, "FAILED"));
            break;
        }
    }
    assert_eq!(host.info("tcp", client)["connected"], false);
    assert_eq!(host.write(client, b"more"), unsent(-15, "SOCKET_NOT_CONNECTED"));
    witness.quiet(&mut host);
}

/// While it is being read, a failed send is followed by what can still be read, and then by the end.
#[test]
fn t49_a_failed_send_on_a_socket_that_is_read_is_followed_by_its_end() {
    let mut host = Host::new();
    let mut witness = crate::steps::Witness::new(&mut host);
    let (client, peer) = host.open_pair();
    let id = host.post_write(client, &pattern(16 << 20, 1));
    host.info("tcp", client);
    reset(peer);
    assert_eq!(host.reply(id), unsent(-2, "FAILED"));
    host.ended(client);
    let info = host.info("tcp", client);
    assert_eq!((&info["connected"], &info["paused"]), (&json!(false), &json!(true)));
    host.event("host.ack");
    witness.quiet(&mut host);
}

#[test]
fn t52_pausing_does_not_touch_sending() {
    let mut host = Host::new();
    let (client, mut peer) = host.open_pair();
    host.pause("tcp", client, true);
    assert_eq!(host.write(client, b"small"), sent(5));
    assert_eq!(read_exact(&mut peer, 5), b"small");
    // The peer's own bytes do not stand in the way either.
    stuff(&mut peer, &pattern(16 << 20, 1));
    assert_eq!(host.write(client, b"small"), sent(5));
    assert_eq!(read_exact(&mut peer, 5), b"small");
}

#[test]
fn t53_d5_answered_bytes_arrive_after_disconnect_and_close() {
    let mut host = Host::new();
    for end in ["disconnect", "close"] {
        for open in [false, true] {
            let (client, mut peer) = if open { host.open_pair() } else { host.pair() };
            let bytes = pattern(60_000, 7);
            let send = json!({"socketId": client, "data": text(&bytes)});
            let ids = host.post_all(vec![
                ("tcp.send", send),
                (&format!("tcp.{end}"), json!({"socketId": client})),
            ]);
            assert_eq!(host.reply(ids[0]), sent(bytes.len()));
            assert_eq!(host.reply(ids[1]), done());
            assert_same(&read_to_end(&mut peer), &bytes);
            if open {
                host.ended(client);
            }
        }
    }
}

#[test]
fn t54_t55_t56_t57_t58_options() {
    let mut host = Host::new();
    let (connected, _peer) = host.dialed();
    let fresh = host.create("tcp");
    for (method, params) in [
        ("setNoDelay", json!({"noDelay": true})),
        ("setNoDelay", json!({"noDelay": false})),
        ("setKeepAlive", json!({"enable": true, "delay": 1000})),
        ("setKeepAlive", json!({"enable": true})),
        ("setKeepAlive", json!({"enable": true, "delay": 0})),
        ("setKeepAlive", json!({"enable": false, "delay": null})),
    ] {
        for (socket, expected) in [(connected, zero()), (fresh, net(-2, "FAILED"))] {
            let mut params = params.clone();
            params["socketId"] = socket.into();
            assert_eq!(host.call(&format!("tcp.{method}"), params), expected, "{method}");
        }
    }
    // More seconds than a kernel takes; Windows takes any.
    let params = json!({"socketId": connected, "enable": true, "delay": i32::MAX});
    let expected = if cfg!(windows) { zero() } else { net(-2, "FAILED") };
    assert_eq!(host.call("tcp.setKeepAlive", params), expected);
}

/// `/proc/net/tcp` shows the timer of a socket whose keep-alive is on: `02` and its time in hundredths of a second.
#[cfg(target_os = "linux")]
fn keep_alive_timer(local: u16, remote: u16) -> Option<u64> {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let row = format!("0100007F:{local:04X} 0100007F:{remote:04X}");
    let line = table.lines().find(|line| line.contains(&row)).unwrap();
    let timer = line.split_whitespace().nth(5).unwrap();
    timer
        .strip_prefix("02:")
        .map(|time| u64::from_str_radix(time, 16).unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn options_set_while_a_connect_is_under_way_are_those_of_its_connection() {
    let mut host = Host::new();
    let (port, held) = crate::peers::black_hole();
    let socket = host.create("tcp");
    let connect = host.post(
        "tcp.connect",
        json!({"socketId": socket, "peerAddress": "127.0.0.1", "peerPort": port}),
    );
    for (method, mut params, expected) in [
        ("setNoDelay", json!({"noDelay": false}), zero()),
        ("setKeepAlive", json!({"enable": true, "delay": 1000}), zero()),
        ("setKeepAlive", json!({"enable": true, "delay": -1}), net(-2, "FAILED")),
        (
            "setKeepAlive",
            json!({"enable": true, "delay": 40_000}),
            net(-2, "FAILED"),
        ),
    ] {
        params["socketId"] = socket.into();
        assert_eq!(host.call(&format!("tcp.{method}"), params), expected, "{method}");
    }
    // As many as are held beside the listener, and ours: the kernel tries again when there is room.
    held[0].set_read_timeout(Some(crate::host::HANG)).unwrap();
    let peers: Vec<_> = held.iter().map(|_| held[0].accept().unwrap()).collect();
    assert_eq!(host.reply(connect), zero());
    let own = u16::try_from(host.info("tcp", socket)["localPort"].as_u64().unwrap()).unwrap();
    assert!((99_000..=100_000).contains(&keep_alive_timer(own, port).unwrap()));
    drop(peers);
}

#[cfg(target_os = "linux")]
#[test]
fn t60_keep_alive_is_on_from_the_start_with_45_seconds() {
    let mut host = Host::new();
    let accepted = host.pair();
    let dialed = host.dialed();
    for (socket, peer) in [accepted, dialed] {
        let (own, other) = (peer.peer_addr().unwrap().port(), peer.local_addr().unwrap().port());
        let time = keep_alive_timer(own, other).expect("keep-alive is off");
        assert!((3000..=4500).contains(&time), "{time}");
        host.ok(
            "tcp.setKeepAlive",
            json!({"socketId": socket, "enable": true, "delay": 600}),
        );
        let time = keep_alive_timer(own, other).expect("keep-alive is off");
        assert!((55_000..=60_000).contains(&time), "{time}");
        host.ok("tcp.setKeepAlive", json!({"socketId": socket, "enable": false}));
        assert_eq!(keep_alive_timer(own, other), None);
    }
}

#[test]
fn t87_bytes_nobody_listens_to_are_consumed_and_the_peer_is_never_blocked() {
    let mut host = Host::new();
    let (client, mut peer) = host.open_pair();
    let bytes = pattern(2 << 20, 8);
    let writer = std::thread::spawn(move || peer.write_all(&bytes));
    host.received(client, 2 << 20);
    writer.join().unwrap().unwrap();
    host.ended(client);
}
