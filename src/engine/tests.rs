//! The engine by itself: plain values in, plain values out, real sockets as peers.

use std::io::{Read as _, Write as _};

mod bench;

use bench::{Bench, Item, ack, pattern};

use super::*;
use crate::wire::{Connect, Data, NoParams, Send, SetPaused, SocketOnly};

#[tokio::test]
async fn one_socket_gets_its_window_and_goes_on_when_it_is_acked() {
    const SLACK: usize = 64 << 10;
    let mut bench = Bench::new();
    let (_, address) = bench.server().await;
    let (client, mut peer) = bench.client(address).await;
    let bytes = pattern(1300 << 10);
    let sent = bytes.clone();
    let writer = std::thread::spawn(move || {
        peer.write_all(&sent).unwrap();
        peer
    });
    bench.pause(client, false).await;
    let window = usize::try_from(SOCKET_WINDOW).unwrap();
    let id = u32::try_from(client).unwrap();
    // A read of less than 1 KiB costs as much, so a window may hold a little less than its size.
    let mut before = 0;
    while before < bytes.len() {
        bench.receive(client, bytes.len().min(before + window - SLACK)).await;
        bench.settle().await;
        let received = bench.received(client).len();
        assert!(received - before <= window, "{received}: beyond the window");
        before = received;
        // Ahead of what was spent, which counts as all of it.
        bench.engine.ack(&ack(u64::MAX, 0, &[(id, u64::MAX)]));
    }
    assert_eq!(bench.received(client), bytes);
    drop(writer.join().unwrap());
    assert_eq!(
        bench
            .nth(1, |item| matches!(item, Item::Control(Outgoing::ReceiveError { .. })))
            .await,
        Item::Control(Outgoing::ReceiveError {
            socket: id,
            error: NetError::ConnectionClosed
        })
    );
}

#[tokio::test]
async fn readable_sockets_take_turns_in_a_frame() {
    let mut bench = Bench::new();
    let (_, address) = bench.server().await;
    let mut peers = Vec::new();
    for _ in 0..4 {
        let (client, mut peer) = bench.client(address).await;
        peer.write_all(&pattern(40_000)).unwrap();
        peers.push((client, peer));
    }
    for &(socket_id, _) in &peers {
        bench.start(Call::TcpSetPaused(SetPaused {
            socket_id,
            paused: false,
        }));
    }
    let frame = bench.frame(32 << 10);
    for (client, _) in &peers {
        let bytes: usize = frame
            .iter()
            .map(|item| match item {
                Item::Receive { socket, bytes, .. } if i32::try_from(*socket) == Ok(*client) => bytes.len(),
                _ => 0,
            })
            .sum();
        assert!(bytes >= LEAST_SHARE, "socket {client} got {bytes} bytes");
    }
}

/// A quarter of the frame of the test above, less what rounding takes.
const LEAST_SHARE: usize = 4096;

#[tokio::test]
async fn t28_the_end_follows_the_last_byte_and_the_state_changes_with_it() {
    let mut bench = Bench::new();
    let (_, address) = bench.server().await;
    let (client, mut peer) = bench.client(address).await;
    peer.write_all(b"last words").unwrap();
    drop(peer);
    // Replies that are computed before the end is placed still say "connected"; the pull happens behind them.
    bench.start(Call::TcpSetPaused(SetPaused {
        socket_id: client,
        paused: false,
    }));
    bench.start(Call::TcpGetInfo(SocketOnly { socket_id: client }));
    bench
        .nth(1, |item| matches!(item, Item::Control(Outgoing::ReceiveError { .. })))
        .await;
    let tail: Vec<&Item> = bench.said.iter().rev().take(3).rev().collect();
    let Item::Control(Outgoing::Reply {
        outcome: Ok(Value::Info(info)),
        ..
    }) = tail[0]
    else {
        panic!("{tail:?}")
    };
    assert_eq!(info.connected, Some(true));
    assert!(
        matches!(tail[1], Item::Receive { bytes, slice: 4096, .. } if bytes == b"last words"),
        "{tail:?}"
    );
    let Value::Info(info) = bench.ok(Call::TcpGetInfo(SocketOnly { socket_id: client })).await else {
        panic!()
    };
    assert_eq!(
        (info.connected, info.paused, info.peer_address),
        (Some(false), true, None)
    );
}

#[tokio::test]
async fn t21_a_new_buffer_size_holds_from_the_next_read() {
    let mut bench = Bench::new();
    let (_, address) = bench.server().await;
    let (client, mut peer) = bench.client(address).await;
    // Before the first read, at once.
    let mut pending = None;
    for (buffer_size, slice) in [
        (10, 10),
        (1_000_000, 65_536),
        (0, 4096),
        (-5, 4096),
        (65_536, 65_536),
        (7, 7),
    ] {
        bench.set_buffer_size(client, buffer_size).await;
        bench.pause(client, false).await;
        for expected in [pending.unwrap_or(slice), slice] {
            bench.said.clear();
            peer.write_all(b"x").unwrap();
            let item = bench.nth(1, |item| matches!(item, Item::Receive { .. })).await;
            assert!(
                matches!(item, Item::Receive { slice: got, .. } if got == expected),
                "{buffer_size}: {item:?}"
            );
        }
        pending = Some(slice);
    }
    // The read of 7 bytes is under way, and is the last one of that size. Pausing does not take it back.
    bench.pause(client, true).await;
    bench.set_buffer_size(client, 100).await;
    bench.pause(client, false).await;
    bench.said.clear();
    peer.write_all(&pattern(50)).unwrap();
    bench.receive(client, 50).await;
    let parts: Vec<(usize, usize)> = bench
        .said
        .iter()
        .filter_map(|item| match item {
            Item::Receive { slice, bytes, .. } => Some((*slice, bytes.len())),
            Item::Control(_) => None,
        })
        .collect();
    assert_eq!(parts, [(7, 7), (100, 43)]);
    assert_eq!(bench.received(client), pattern(50));
}

#[tokio::test]
async fn d5_what_was_sent_arrives_although_the_peers_bytes_were_never_read() {
    let mut bench = Bench::new();
    let (_, address) = bench.server().await;
    let (client, mut peer) = bench.client(address).await;
    // Unread bytes at close would make the kernel reset the connection and destroy what we sent.
    peer.write_all(&pattern(50_000)).unwrap();
    let bytes = pattern(60_000);
    bench
        .ok(Call::TcpSend(Send {
            socket_id: client,
            data: Data(bytes.clone()),
        }))
        .await;
    bench.ok(Call::TcpClose(SocketOnly { socket_id: client })).await;
    let reader = std::thread::spawn(move || {
        let mut seen = Vec::new();
        peer.read_to_end(&mut seen).map(|_| seen)
    });
    bench.engine.drained().await;
    assert_eq!(reader.join().unwrap().expect("a FIN, not a reset"), bytes);
}

#[tokio::test]
async fn d4_calls_under_way_are_completed() {
    let mut bench = Bench::new();
    let (_, address) = bench.server().await;
    // A peer that never reads: the send cannot end.
    let (client, mut peer) = bench.client(address).await;
    let stuck = bench.start(Call::TcpSend(Send {
        socket_id: client,
        data: Data(vec![7; 32 << 20]),
    }));
    let behind = bench.start(Call::TcpSend(Send {
        socket_id: client,
        data: Data(vec![8; 3]),
    }));
    bench.ok(Call::TcpDisconnect(SocketOnly { socket_id: client })).await;
    for request in [stuck, behind] {
        let outcome = Err(Failure::info(NetError::SocketNotConnected));
        assert!(
            bench
                .said
                .contains(&Item::Control(Outgoing::Reply { id: request, outcome }))
        );
    }
    // Half a message must not look like a whole one.
    let end = peer.read_to_end(&mut Vec::new());
    // wine takes the error off a socket before its reader sees it.
    if cfg!(not(windows)) {
        assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    }

    // A look-up that is under way when its socket goes.
    let Value::Created(id) = bench
        .ok(Call::TcpCreate(crate::wire::Create { properties: None }))
        .await
    else {
        panic!()
    };
    let socket_id = i32::try_from(id).unwrap();
    let connect = |name: &str| {
        Call::TcpConnect(Connect {
            socket_id,
            peer_address: name.into(),
            peer_port: 9,
            dns_query_type: None,
        })
    };
    let aborted = bench.start(connect("a.invalid"));
    bench.ok(Call::TcpDisconnect(SocketOnly { socket_id })).await;
    let gone = bench.start(connect("b.invalid"));
    bench.ok(Call::TcpClose(SocketOnly { socket_id })).await;
    for (request, failure) in [(aborted, Failure::code(NetError::Aborted)), (gone, not_found())] {
        assert!(bench.said.contains(&Item::Control(Outgoing::Reply {
            id: request,
            outcome: Err(failure)
        })));
    }
    let Value::Infos(list) = bench.ok(Call::TcpGetSockets(NoParams {})).await else {
        panic!()
    };
    assert_eq!(list.len(), 1);
}

#[tokio::test]
async fn a_chunked_send_over_the_quota_gives_back_what_it_held() {
    let mut bench = Bench::new();
    let (_, address) = bench.server().await;
    // A peer that never reads, so that a part of the first send is written and the rest waits.
    let (socket_id, _peer) = bench.client(address).await;
    let send = |length: usize| {
        let data = Data(vec![0; length]);
        Call::TcpSend(Send { socket_id, data })
    };
    bench.settle().await;
    bench.start(send(32 << 20));
    bench.engine.call(100, true, send(1 << 20));
    assert_ne!(bench.engine.load, Load::default());
    bench.engine.call(100, false, send(200 << 20));
    assert_eq!(bench.engine.load, Load::default());
}
