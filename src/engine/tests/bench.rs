//! An engine under test: everything it says is kept, and it is driven as the loop does.

use std::net::{SocketAddr, TcpStream as Peer};
use std::time::Duration;

use crate::engine::*;
use crate::policy::AllowAll;
use crate::wire::{Listen, Properties, ServerCreate, SetPaused, SocketOnly, Update};

/// A frame without limits but the one for payload, as a list of what was placed.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) placed: Vec<Item>,
    pub(super) room: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
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
pub(super) struct Bench {
    pub(super) engine: Engine<AllowAll>,
    pub(super) said: Vec<Item>,
    pub(super) next_request: u64,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self {
            engine: Engine::new(AllowAll, 100),
            said: Vec::new(),
            next_request: 0,
        }
    }

    /// One frame's worth.
    pub(super) fn frame(&mut self, room: usize) -> Vec<Item> {
        let mut sink = Seen {
            room,
            ..Seen::default()
        };
        self.engine.fill(&mut sink);
        self.said.extend_from_slice(&sink.placed);
        sink.placed
    }

    pub(super) fn start(&mut self, call: Call) -> u64 {
        self.next_request += 1;
        self.engine.call(self.next_request, false, call);
        self.next_request
    }

    /// Frames until `wanted` has been said `count` times; the last of them.
    pub(super) async fn nth(&mut self, count: usize, wanted: impl Fn(&Item) -> bool) -> Item {
        loop {
            if let Some(item) = self.said.iter().filter(|item| wanted(item)).nth(count - 1) {
                return item.clone();
            }
            self.step().await;
        }
    }

    /// One frame, or a wait for the kernel if there is nothing to say; a hang is a failure.
    pub(super) async fn step(&mut self) {
        self.engine.write_ready();
        if self.engine.has_output() {
            self.frame(64 << 10);
            return;
        }
        let changed = self.engine.changed();
        let progress = async {
            tokio::select! {
                () = changed => {}
                () = self.engine.progress() => {}
            }
        };
        tokio::time::timeout(Duration::from_secs(20), progress)
            .await
            .expect("the engine has nothing more to say");
    }

    pub(super) async fn outcome(&mut self, call: Call) -> Result<Value, Failure> {
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

    pub(super) async fn ok(&mut self, call: Call) -> Value {
        self.outcome(call).await.expect("the call succeeds")
    }

    pub(super) async fn server(&mut self) -> (i32, SocketAddr) {
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
    pub(super) async fn client(&mut self, address: SocketAddr) -> (i32, Peer) {
        let is_accept = |item: &Item| matches!(item, Item::Control(Outgoing::Accept { .. }));
        let count = self.said.iter().filter(|item| is_accept(item)).count();
        let peer = Peer::connect(address).unwrap();
        let Item::Control(Outgoing::Accept { client, .. }) = self.nth(count + 1, is_accept).await else {
            panic!()
        };
        (i32::try_from(client).unwrap(), peer)
    }

    pub(super) async fn pause(&mut self, socket_id: i32, paused: bool) {
        self.ok(Call::TcpSetPaused(SetPaused { socket_id, paused })).await;
    }

    /// Everything received on a socket so far.
    pub(super) fn received(&self, id: i32) -> Vec<u8> {
        let of_it = |item: &Item| match item {
            Item::Receive { socket, bytes, .. } if i32::try_from(*socket) == Ok(id) => bytes.clone(),
            _ => Vec::new(),
        };
        self.said.iter().flat_map(of_it).collect()
    }

    pub(super) async fn receive(&mut self, id: i32, length: usize) {
        while self.received(id).len() < length {
            self.step().await;
        }
    }

    pub(super) async fn set_buffer_size(&mut self, socket_id: i32, size: i32) {
        let properties = Properties {
            persistent: None,
            name: None,
            buffer_size: Some(size),
            allow_half_open: None,
        };
        self.ok(Call::TcpUpdate(Update { socket_id, properties })).await;
    }

    /// Lets the engine say all it can without further credit.
    pub(super) async fn settle(&mut self) {
        // A round trip through the kernel: what was ready before it has been seen behind it.
        let (_, address) = self.server().await;
        self.client(address).await;
    }
}

pub(super) fn pattern(length: usize) -> Vec<u8> {
    (0..length)
        .map(|index| u8::try_from(index * 7 % 251).unwrap())
        .collect()
}

pub(super) fn ack(port: u64, accepts: u64, sockets: &[(u32, u64)]) -> Ack {
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
