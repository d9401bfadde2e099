//! The engine by itself: plain values in, plain values out, real sockets as peers.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream as Peer};
use std::time::Duration;

use super::*;
use crate::policy::AllowAll;
use crate::wire::{Connect, Data, Listen, NoParams, Properties, Send, ServerCreate, SetPaused, SocketOnly, Update};

/// A frame without limits but the one for payload, as a list of what was placed.
#[derive(Debug, Default)]
struct Seen {
    placed: Vec<Item>,
    room: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Item {
    Control(Outgoing),
    Receive { socket: u32, slice: usize, bytes: Vec<u8> },
}

impl FrameSink for Seen {
    fn control(&mut self, message: &mut Outgoing) -> Placed {
        self.placed.push(Item::Control(message.clone()));
        Placed::Whole
    }

    fn payload_room(&mut self) -> usize {
        self.room
    }

    fn receive(&mut self, socket: u32, slice: usize, bytes: &[u8]) {
        self.room -= bytes.len().min(self.room);
        self.placed.push(Item::Receive {
            socket,
            slice,
            bytes: bytes.to_vec(),
        });
    }

    fn receive_from(&mut self, socket: u32, bytes: &[u8], _: &str, _: u16) {
        self.receive(socket, 0, bytes);
    }
}

/// An engine, and everything it has said so far.
struct Bench {
    engine: Engine<AllowAll>,
    said: Vec<Item>,
    next_request: u64,
}

impl Bench {
    fn new() -> Self {
        Self {
            engine: Engine::new(AllowAll, 100),
            said: Vec::new(),
            next_request: 0,
        }
    }

    /// One frame's worth.
    fn frame(&mut self, room: usize) -> Vec<Item> {
        let mut sink = Seen {
            room,
            ..Seen::default()
        };
        self.engine.fill(&mut sink);
        self.said.extend_from_slice(&sink.placed);
        sink.placed
    }

    fn start(&mut self, call: Call) -> u64 {
        self.next_request += 1;
        self.engine.call(self.next_request, false, call);
        self.next_request
    }

    /// Frames until `wanted` has been said `count` times; the last of them.
    async fn nth(&mut self, count: usize, wanted: impl Fn(&Item) -> bool) -> Item {
        loop {
            if let Some(item) = self.said.iter().filter(|item| wanted(item)).nth(count - 1) {
                return item.clone();
            }
            self.step().await;
        }
    }

    /// One frame, or a wait for the kernel if there is nothing to say; a hang is a failure.
    async fn step(&mut self) {
        self.engine.write_ready();
        if self.engine.has_output() {
            self.frame(64 << 10);
            return;
        }
        let changed = self.engine.changed();
        let progress = async {
            tokio::select! {
                () = changed => {}
                () = self.engine.connect_progress() => {}
            }
        };
        tokio::time::timeout(Duration::from_secs(20), progress)
            .await
            .expect("the engine has nothing more to say");
    }

    async fn outcome(&mut self, call: Call) -> Result<Value, Failure> {
        let request = self.start(call);
        let item = self
            .nth(
                1,
                |item| matches!(item, Item::Control(Outgoing::Reply { id, .. }) if *id == request),
            )
            .await;
        let Item::Control(Outgoing::Reply { outcome, .. }) = item else {
            unreachable!()
        };
        outcome
    }

    async fn ok(&mut self, call: Call) -> Value {
        self.outcome(call).await.expect("the call succeeds")
    }

    async fn server(&mut self) -> (i32, SocketAddr) {
        let Value::Created(id) = self.ok(Call::TcpServerCreate(ServerCreate { properties: None })).await else {
            panic!()
        };
        let socket_id = i32::try_from(id).unwrap();
        self.ok(Call::TcpServerListen(Listen {
            socket_id,
            address: "127.0.0.1".into(),
            port: 0,
            backlog: None,
        }))
        .await;
        let Value::Info(info) = self.ok(Call::TcpServerGetInfo(SocketOnly { socket_id })).await else {
            panic!()
        };
        (socket_id, SocketAddr::from(([127, 0, 0, 1], info.local_port.unwrap())))
    }

    /// A connected pair: the accepted socket's id and its peer.
    async fn client(&mut self, address: SocketAddr) -> (i32, Peer) {
        let is_accept = |item: &Item| matches!(item, Item::Control(Outgoing::Accept { .. }));
        let count = self.said.iter().filter(|item| is_accept(item)).count();
        let peer = Peer::connect(address).unwrap();
        let Item::Control(Outgoing::Accept { client, .. }) = self.nth(count + 1, is_accept).await else {
            panic!()
        };
        (i32::try_from(client).unwrap(), peer)
    }

    async fn pause(&mut self, socket_id: i32, paused: bool) {
        self.ok(Call::TcpSetPaused(SetPaused { socket_id, paused })).await;
    }

    /// Everything received on a socket so far.
    fn received(&self, id: i32) -> Vec<u8> {
        let of_it = |item: &Item| match item {
            Item::Receive { socket, bytes, .. } if i32::try_from(*socket) == Ok(id) => bytes.clone(),
            _ => Vec::new(),
        };
        self.said.iter().flat_map(of_it).collect()
    }

    async fn receive(&mut self, id: i32, length: usize) {
        while self.received(id).len() < length {
            self.step().await;
        }
    }

    /// Lets the engine say all it can without further credit.
    async fn settle(&mut self) {
        // A round trip through the kernel: what was ready before it has been seen behind it.
        let (_, address) = self.server().await;
        self.client(address).await;
    }
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length)
        .map(|index| u8::try_from(index * 7 % 251).unwrap())
        .collect()
}

fn ack(port: u64, accepts: u64, sockets: &[(u32, u64)]) -> Ack {
    let text = serde_json::json!({
        "method": "host.ack", "params": {"port": port, "accepts": accepts, "sockets": sockets}
    });
    match crate::wire::decode(text.to_string().as_bytes()).unwrap().remove(0) {
        crate::wire::Incoming::Call {
            call: Call::Ack(ack), ..
        } => ack,
        other => panic!("{other:?}"),
    }
}

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
        let properties = Properties {
            allow_half_open: None,
            persistent: None,
            name: None,
            buffer_size: Some(buffer_size),
        };
        bench
            .ok(Call::TcpUpdate(Update {
                socket_id: client,
                properties,
            }))
            .await;
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
    let properties = Properties {
        allow_half_open: None,
        persistent: None,
        name: None,
        buffer_size: Some(100),
    };
    bench
        .ok(Call::TcpUpdate(Update {
            socket_id: client,
            properties,
        }))
        .await;
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
    let mut seen = Vec::new();
    assert_eq!(
        peer.read_to_end(&mut seen).unwrap_err().kind(),
        std::io::ErrorKind::ConnectionReset
    );

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
