//! A program's calls, as requests: what goes into the next frame, and what the model has to know of it.

use std::sync::OnceLock;

use serde_json::{Value, json};
use socket2::Socket;

use super::bytes;
use super::datagrams::{Membership, Sent};
use super::far_ends::Command;
use super::parties;
use super::plans::PeerPlan;
use super::program::{Action, Kind, Pick, Place, Properties, Target, Where};
use super::runner::Runner;
use super::state::{Call, Listen, Role, Send, What};
use crate::host::text;
use crate::peers::{black_hole, closed_port};

/// A group, the same in other words, one of the other family, none, and no address.
const GROUPS: [&str; 5] = ["224.0.0.1", "224.1", "ff02::1", "10.0.0.1", "nonsense"];

impl Runner<'_> {
    /// A request, behind those that wait for the next frame.
    pub(super) fn post(&mut self, method: &str, socket: i64, what: What, params: Value) {
        let (id, request) = self.host.request(method, params);
        self.model.pending.insert(id, Call { socket, what });
        self.batch.push(request.to_string());
    }

    /// A request that names a socket, whatever its number.
    pub(super) fn on(&mut self, kind: Kind, method: &str, socket: i64, what: What, mut params: Value) {
        params["socketId"] = socket.into();
        self.post(&format!("{}.{method}", kind.namespace()), socket, what, params);
    }

    pub(super) fn pick(&self, kind: Kind, pick: Pick) -> i64 {
        let nth = |list: &[u64], at: usize| list.get(at % list.len().max(1)).copied();
        let found = match pick {
            Pick::Alive(at) => nth(&self.model.ids(kind), at),
            Pick::Busy(at) => nth(&self.model.ids_if(kind, Role::is_busy), at),
            Pick::Idle(at) => nth(&self.model.ids_if(kind, |role| !role.is_busy()), at),
            Pick::Closed(at) => {
                let closed = self.closed.iter().filter(|(of, _)| *of == kind);
                nth(&closed.map(|(_, id)| *id).collect::<Vec<_>>(), at)
            }
            Pick::Odd(0) => {
                let other = match kind {
                    Kind::Tcp => Kind::Udp,
                    Kind::Server | Kind::Udp => Kind::Tcp,
                };
                self.model.ids(other).first().copied()
            }
            Pick::Odd(1) => return -1,
            Pick::Odd(2) => return i64::from(i32::MAX),
            Pick::Odd(_) => None,
        };
        found.map_or(0, u64::cast_signed)
    }

    /// Makes the action's call, if it is one.
    pub(super) fn call(&mut self, action: &Action) {
        match action.clone() {
            Action::Create(kind, properties) => {
                let mut params = json!({"properties": wire(&properties)});
                if kind == Kind::Server && self.model.tls {
                    params["properties"]["tls"] = parties::pem();
                }
                let method = format!("{}.create", kind.namespace());
                self.post(&method, 0, What::Create(kind, of_kind(kind, properties)), params);
            }
            Action::Update(kind, pick, properties) => {
                let properties = of_kind(kind, properties);
                let params = json!({"properties": wire(&properties)});
                self.on(
                    kind,
                    "update",
                    self.pick(kind, pick),
                    What::Update(kind, properties),
                    params,
                );
            }
            Action::Pause(kind, pick, paused) => self.pause(kind, self.pick(kind, pick), paused),
            Action::Info(kind, pick) => self.on(kind, "getInfo", self.pick(kind, pick), What::Info(kind), json!({})),
            Action::List(kind) => {
                let method = format!("{}.getSockets", kind.namespace());
                self.post(&method, 0, What::List(kind), json!({}));
            }
            Action::Disconnect(kind, pick) => {
                let what = What::Disconnect(kind);
                self.on(kind, "disconnect", self.pick(kind, pick), what, json!({}));
            }
            Action::Close(kind, pick) => {
                let socket = self.pick(kind, pick);
                self.closed.push((kind, socket.cast_unsigned()));
                self.on(kind, "close", socket, What::Close(kind), json!({}));
            }
            Action::Listen(pick, place) => self.listen(self.pick(Kind::Server, pick), place),
            Action::Connect(pick, target) => self.connect(self.pick(Kind::Tcp, pick), target),
            Action::Send {
                to,
                length,
                chunks,
                open,
            } => self.send(self.pick(Kind::Tcp, to), length, chunks, open),
            Action::Secure(pick) => self.secure(self.pick(Kind::Tcp, pick)),
            Action::FinishSends => {
                for socket in self.open.keys().copied().collect::<Vec<_>>() {
                    self.finish_send(socket);
                }
            }
            Action::NoDelay(pick, on) => {
                let socket = self.pick(Kind::Tcp, pick);
                self.on(Kind::Tcp, "setNoDelay", socket, What::NoDelay, json!({"noDelay": on}));
            }
            Action::KeepAlive(pick, on, delay) => {
                let (socket, params) = (self.pick(Kind::Tcp, pick), json!({"enable": on, "delay": delay}));
                self.on(Kind::Tcp, "setKeepAlive", socket, What::KeepAlive(on, delay), params);
            }
            Action::Bind(pick, place) => self.bind(self.pick(Kind::Udp, pick), place),
            Action::Datagram {
                from,
                to,
                length,
                named,
            } => self.datagram(from, to, length, named),
            Action::Group { which, text, join } => {
                self.membership(self.pick(Kind::Udp, which), GROUPS[text % GROUPS.len()], join);
            }
            Action::Groups(pick) => self.groups(self.pick(Kind::Udp, pick)),
            Action::Rejoin(which) => {
                let socket = self.pick(Kind::Udp, which);
                for join in [true, false, true] {
                    self.membership(socket, GROUPS[0], join);
                    self.groups(socket);
                }
            }
            Action::SendAndClose(which) => {
                self.datagram(which, None, 300, true);
                self.call(&Action::Close(Kind::Udp, which));
            }
            Action::TimeToLive(pick, ttl) => {
                let (socket, params) = (self.pick(Kind::Udp, pick), json!({"ttl": ttl}));
                self.on(
                    Kind::Udp,
                    "setMulticastTimeToLive",
                    socket,
                    What::TimeToLive(ttl),
                    params,
                );
            }
            Action::Broadcast(pick, on) => {
                let (socket, params) = (self.pick(Kind::Udp, pick), json!({"enabled": on}));
                self.on(Kind::Udp, "setBroadcast", socket, What::Broadcast, params);
            }
            _ => {}
        }
    }

    fn membership(&mut self, socket: i64, group: &'static str, join: bool) {
        let method = if join { "joinGroup" } else { "leaveGroup" };
        let what = What::Membership(Membership { group, join });
        self.on(Kind::Udp, method, socket, what, json!({"address": group}));
    }

    fn groups(&mut self, socket: i64) {
        self.on(Kind::Udp, "getJoinedGroups", socket, What::Groups, json!({}));
    }

    fn bind(&mut self, socket: i64, place: Place) {
        let (address, port) = match place {
            Place::AnyPort => ("127.0.0.1", 0),
            Place::Taken => ("127.0.0.1", self.silent_udp_port()),
            Place::Name => ("localhost", 0),
        };
        let params = json!({"address": address, "port": port});
        self.on(Kind::Udp, "bind", socket, What::Bind(place), params);
        // So that its port gets known.
        self.on(Kind::Udp, "getInfo", socket, What::Info(Kind::Udp), json!({}));
    }

    fn silent_udp_port(&self) -> u16 {
        self.silent.local_addr().unwrap().port()
    }

    /// One that a receiver surely has room for; others are not sent.
    pub(super) fn datagram(&mut self, from: Pick, to: Option<Pick>, length: usize, named: bool) {
        let receiver = to.map(|to| self.pick(Kind::Udp, to));
        let port = receiver.and_then(|id| self.model.udp(id)?.bound.as_ref()?.port);
        let port = port.unwrap_or(self.silent_udp_port());
        let fits = port == self.silent_udp_port() || self.model.has_room(port, length);
        if !fits {
            return;
        }
        let socket = self.pick(Kind::Udp, from);
        let (request, _) = self.host.request("udp.send", Value::Null);
        let what = What::Datagram(Sent { length, port, named });
        self.model.pending.insert(request, Call { socket, what });
        self.model.payload.0 += length as u64;
        let address = if named { "localhost" } else { "127.0.0.1" };
        let message = json!({"id": request, "method": "sockets.udp.send", "params": {
            "socketId": socket,
            "data": text(bytes::of_send(request, length)),
            "address": address,
            "port": port,
            "dnsQueryType": "ipv4",
        }});
        self.batch.push(message.to_string());
    }

    pub(super) fn pause(&mut self, kind: Kind, socket: i64, paused: bool) {
        let params = json!({"paused": paused});
        self.on(kind, "setPaused", socket, What::Pause(kind, paused), params);
    }

    fn listen(&mut self, socket: i64, place: Where) {
        let again = self.last_ports.get(&socket).copied();
        let (listen, address, port, backlog) = match (place, again) {
            (Where::Again, Some(port)) => (Listen::ThisPort, "127.0.0.1", port, None),
            (Where::AnyPort | Where::Again, _) => (Listen::AnyPort, "127.0.0.1", 0, None),
            (Where::Name, _) => (Listen::Invalid, "localhost", 0, None),
            (Where::NoBacklog, _) => (Listen::Invalid, "127.0.0.1", 0, Some(0)),
            (Where::Taken, _) => (Listen::Taken, "127.0.0.1", self.silent_port(), None),
        };
        let params = json!({"address": address, "port": port, "backlog": backlog});
        self.on(Kind::Server, "listen", socket, What::Listen(listen), params);
        // So that its port gets known.
        self.on(Kind::Server, "getInfo", socket, What::Info(Kind::Server), json!({}));
    }

    fn silent_port(&mut self) -> u16 {
        let (socket, port) = closed_port();
        self.held.push(socket);
        port
    }

    pub(super) fn connect(&mut self, socket: i64, target: Target) {
        static BLACK_HOLE: OnceLock<(u16, Vec<Socket>)> = OnceLock::new();
        let mut peer = usize::MAX;
        let mut waiting = |reading: bool, bytes: u64| {
            peer = self.model.peers.len();
            self.model.peers.push(PeerPlan {
                planned: bytes,
                ..PeerPlan::default()
            });
            let port = self.far_ends.listen(reading);
            self.far_ends.tell(peer, Command::Write(bytes));
            port
        };
        let (host, port) = match target {
            Target::Peer { reading, bytes } => ("127.0.0.1", waiting(reading, bytes)),
            Target::Named => ("localhost", waiting(true, 0)),
            Target::Nobody => ("127.0.0.1", self.silent_port()),
            Target::Silence => ("127.0.0.1", BLACK_HOLE.get_or_init(black_hole).0),
        };
        let params = json!({"peerAddress": host, "peerPort": port});
        self.on(Kind::Tcp, "connect", socket, What::Connect(target, peer), params);
    }

    /// A send in chunks. What was begun on the socket before is finished first, since a send's chunks stand together.
    pub(super) fn send(&mut self, socket: i64, length: usize, chunks: usize, open: bool) {
        self.finish_send(socket);
        let (request, _) = self.host.request("tcp.send", Value::Null);
        let open = open && chunks > 1;
        let what = What::Send(Send { length, open });
        self.model.pending.insert(request, Call { socket, what });
        self.model.payload.0 += length as u64;
        let mut rest = bytes::of_send(request, length);
        for left in (1..chunks).rev() {
            let (chunk, more) = rest.split_at(rest.len() / (left + 1));
            self.batch.push(chunk_text(request, socket, chunk, true));
            rest = more;
        }
        self.open.insert(socket, (request, rest));
        if !open {
            self.finish_send(socket);
        }
    }

    fn finish_send(&mut self, socket: i64) {
        if let Some((request, rest)) = self.open.remove(&socket) {
            self.batch.push(chunk_text(request, socket, rest, false));
        }
    }
}

/// Servers have no buffers.
fn of_kind(kind: Kind, mut properties: Properties) -> Properties {
    if kind == Kind::Server {
        properties.buffer_size = None;
    }
    properties
}

fn wire(properties: &Properties) -> Value {
    json!({"persistent": properties.persistent, "name": properties.name, "bufferSize": properties.buffer_size})
}

/// Put together by hand: the long ones would take a slow detour through values.
fn chunk_text(request: u64, socket: i64, chunk: &[u8], more: bool) -> String {
    let more = if more { r#","more":true"# } else { "" };
    let data = text(chunk);
    format!(r#"{{"id":{request},"method":"sockets.tcp.send"{more},"params":{{"socketId":{socket},"data":"{data}"}}}}"#)
}
