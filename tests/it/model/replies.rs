//! What a reply may say, and what follows from it.

use serde_json::{Value, json};

use super::plans::{Ending, PeerPlan};
use super::program::Kind;
use super::state::{Call, Check, Listen, Listening, Model, Role, Send, Socket, What, ensure};
use crate::peers::{done, net, not_found, sent, text_only, unsent, zero};

/// What a kernel takes on any connection.
const ALWAYS_ROOM: usize = 8 << 10;

impl Model {
    /// The reply to `request`, without its id.
    pub fn reply(&mut self, request: u64, mut reply: Value) -> Check {
        if let Some(part) = reply.get_mut("part") {
            ensure(self.pending.contains_key(&request), || "a part of no reply".into())?;
            let parts = self.parts.entry(request).or_default();
            parts.append(part.as_array_mut().ok_or("a part that is no list")?);
            return Ok(());
        }
        let call = self
            .pending
            .remove(&request)
            .ok_or("answered, but not asked or answered before")?;
        if call.is_immediate() {
            let overtaken = self.pending.range(..request).find(|(_, call)| call.is_immediate());
            ensure(overtaken.is_none(), || format!("it overtook {overtaken:?}"))?;
            self.begin_securing(request)?;
        }
        self.answering = request;
        let socket = call.socket.cast_unsigned();
        let concerned = match call.what {
            What::List(Kind::Tcp) => !self.due.is_empty(),
            _ => self.due.contains(&socket),
        };
        ensure(!concerned, || {
            "the end that was promised should have come before".into()
        })?;
        self.outcome(request, &call, reply)
            .map_err(|problem| format!("{problem}; the call was {call:?}"))
    }

    fn outcome(&mut self, request: u64, call: &Call, reply: Value) -> Check {
        match &call.what {
            What::Hello => self.greeted(&reply),
            What::Bye => is(&reply, &done()),
            What::Late => is(&reply, &text_only("The session has ended")),
            What::Create(kind, properties) => {
                if self.is_full() {
                    let full = json!({"error": {"message": "net::ERR_INSUFFICIENT_RESOURCES", "code": -12}});
                    return is(&reply, &full);
                }
                let id = reply["result"]["socketId"].as_u64().unwrap_or(0);
                is(&reply, &json!({"result": {"socketId": id}}))?;
                self.gave_out(id)?;
                let mut socket = Socket::new(*kind, properties.clone());
                socket.failed_handshakes = (*kind == Kind::Server && self.tls).then_some(0);
                self.sockets.insert(id, socket);
                Ok(())
            }
            What::List(kind) => self.listed(request, *kind, reply),
            What::Connect(target, peer) => self.connected(request, call.socket, *target, *peer, &reply),
            What::Send(send) => self.sent(request, call.socket, *send, &reply),
            What::Secure(secure) => self.secured(request, call, *secure, &reply),
            What::Listen(_) => self.on(Kind::Server, call, &reply),
            What::NoDelay | What::KeepAlive(..) => self.option(call, &reply),
            What::Bind(_)
            | What::Datagram(_)
            | What::Membership(_)
            | What::Groups
            | What::TimeToLive(_)
            | What::Broadcast => self.udp_outcome(request, call, &reply),
            What::Update(kind, _)
            | What::Pause(kind, _)
            | What::Info(kind)
            | What::Disconnect(kind)
            | What::Close(kind) => self.on(*kind, call, &reply),
        }
    }

    /// Calls that name a socket and are answered from its state.
    fn on(&mut self, kind: Kind, call: &Call, reply: &Value) -> Check {
        if self.socket(kind, call.socket).is_none() {
            return is(reply, &not_found());
        }
        let id = call.socket.cast_unsigned();
        match &call.what {
            What::Update(_, properties) => {
                self.of(id).update(properties.clone());
                is(reply, &done())
            }
            What::Pause(_, paused) => {
                let socket = self.of(id);
                socket.paused = *paused;
                socket.begin_read();
                let failed = self.connection(call.socket).is_some_and(|it| it.write_failed);
                // Its end was to be told behind what can still be read, which nobody wants now.
                if failed && *paused {
                    self.finish(id);
                }
                is(reply, &done())
            }
            What::Info(_) => self.told(id, &reply["result"]),
            What::Disconnect(Kind::Server) => {
                self.of(id).role = Role::Server(None);
                is(reply, &done())
            }
            What::Close(Kind::Server) => {
                self.sockets.remove(&id);
                is(reply, &done())
            }
            What::Disconnect(Kind::Tcp) => {
                self.ended_by_call(call)?;
                is(reply, &done())
            }
            What::Close(Kind::Tcp) => {
                self.ended_by_call(call)?;
                self.sockets.remove(&id);
                is(reply, &done())
            }
            What::Close(Kind::Udp) => self.udp_closed(call, reply),
            What::Listen(listen) => self.listened(id, *listen, reply),
            other => Err(format!("{other:?} is answered elsewhere")),
        }
    }

    pub fn of(&mut self, id: u64) -> &mut Socket {
        self.sockets.get_mut(&id).unwrap()
    }

    fn greeted(&mut self, reply: &Value) -> Check {
        self.credit.set_windows(&reply["result"]["credit"]);
        let limit = reply["result"]["limits"]["sockets"].as_u64();
        ensure(self.limit == 0 || limit == Some(self.limit), || {
            "not the policy's limit".into()
        })?;
        self.limit = limit.ok_or("no limit")?;
        Ok(())
    }

    /// An id is new, and higher than all before.
    pub fn gave_out(&mut self, id: u64) -> Check {
        ensure(id > self.last_id, || {
            format!("{id} was given out after {}", self.last_id)
        })?;
        self.last_id = id;
        Ok(())
    }

    fn listed(&mut self, request: u64, kind: Kind, mut reply: Value) -> Check {
        let mut list = self.parts.remove(&request).unwrap_or_default();
        list.append(reply["result"].as_array_mut().ok_or("no list")?);
        list.sort_by_key(|info| info["socketId"].as_u64());
        let ids: Vec<_> = list.iter().filter_map(|info| info["socketId"].as_u64()).collect();
        let expected = self.ids(kind);
        ensure(ids == expected, || format!("expected the sockets {expected:?}"))?;
        ids.into_iter()
            .zip(&list)
            .try_for_each(|(id, info)| self.told(id, info))
    }

    /// What `getInfo` or `getSockets` tells of a socket is what the messages before have left.
    fn told(&mut self, id: u64, told: &Value) -> Check {
        let gave_up = |(number, peer): &(usize, &PeerPlan)| {
            peer.dialed.is_some() && !peer.met && peer.may_fail_to_shake(*number, self.tls)
        };
        let given_up = self.peers.iter().enumerate().filter(gave_up).count() as u64;
        let expected = self.of(id).info(id, told, given_up);
        is(told, &expected)?;
        self.recognise(id)
    }

    /// An accepted connection's peer is whoever connected from that port.
    fn recognise(&mut self, id: u64) -> Check {
        let Role::Tcp(Some(connection)) = &mut self.sockets.get_mut(&id).unwrap().role else {
            return Ok(());
        };
        if connection.peer.is_some() {
            return Ok(());
        }
        let (own, other) = (connection.local_port, connection.peer_port);
        let is_it = |peer: &PeerPlan| {
            peer.dialed
                .is_some_and(|(port, listening)| !peer.met && Some(port) == other && listening.port == own)
        };
        let found = self.peers.iter().position(is_it);
        connection.peer = found;
        self.peers[found.ok_or("nobody has connected from there")?].met = true;
        Ok(())
    }

    fn listened(&mut self, id: u64, listen: Listen, reply: &Value) -> Check {
        let number = self.listens + 1;
        let Role::Server(listening) = &mut self.sockets.get_mut(&id).unwrap().role else {
            return Err("not a server".into());
        };
        // Checks stand in Chromium's order: the address before the state (D3), the state before the system.
        match listen {
            Listen::Invalid => is(reply, &net(-4, "INVALID_ARGUMENT")),
            _ if listening.is_some() => is(reply, &net(-23, "SOCKET_IS_CONNECTED")),
            Listen::Taken => is(reply, &net(-147, "ADDRESS_IN_USE")),
            // Somebody else may have got it in the meantime.
            Listen::ThisPort if reply["result"] == -147 => is(reply, &net(-147, "ADDRESS_IN_USE")),
            Listen::AnyPort | Listen::ThisPort => {
                *listening = Some(Listening { number, port: None });
                self.listens = number;
                is(reply, &zero())
            }
        }
    }

    /// `disconnect` and `close`: what was under way has been answered before (D4), and whoever is being read is told of the end.
    pub fn ended_by_call(&mut self, call: &Call) -> Check {
        let open = self
            .pending
            .iter()
            .find(|(_, other)| other.socket == call.socket && !other.is_immediate());
        // Calls that were made later are none of its business.
        if let Some((id, open)) = open {
            ensure(*id > self.answering, || format!("{open:?} should have been answered"))?;
        }
        let id = call.socket.cast_unsigned();
        let connected = self.connection(call.socket).is_some();
        if connected && !self.of(id).paused {
            self.of(id).paused = true;
            self.due.push(id);
        }
        self.finish(id);
        Ok(())
    }

    fn sent(&mut self, request: u64, socket: i64, send: Send, reply: &Value) -> Check {
        let length = send.length;
        let older = self.is_pending(socket, |id, call| id < request && matches!(call.what, What::Send(_)));
        ensure(!older, || "an older send of the socket is not answered".into())?;
        if self.socket(Kind::Tcp, socket).is_none() {
            return is(reply, &not_found());
        }
        if self.is_pending(socket, |id, call| id < request && matches!(call.what, What::Secure(_))) {
            return is(reply, &unsent(-15, "SOCKET_NOT_CONNECTED"));
        }
        let id = socket.cast_unsigned();
        let ends = self.ending || self.is_pending(socket, |id, call| id > request && call.is_end());
        let paused = self.of(id).paused;
        let peer = self.connection(socket).and_then(|connection| connection.peer);
        let gone = peer.is_some_and(|peer| self.peers[peer].ending >= Ending::Closes);
        let connection = self.connection(socket);
        match (reply["result"]["resultCode"].as_i64(), connection) {
            (Some(0), Some(connection)) => {
                ensure(!connection.write_failed, || "behind one that failed".into())?;
                connection.sent.push((request, length));
                is(reply, &sent(length))
            }
            (Some(-2), Some(connection)) => {
                connection.failed.push((request, length));
                ensure(!connection.write_failed, || "a second failure".into())?;
                connection.write_failed = true;
                ensure(gone, || "the peer is there".into())?;
                if paused {
                    self.finish(id);
                }
                is(reply, &unsent(-2, "FAILED"))
            }
            (Some(-15), Some(connection)) => {
                let failed_before = connection.write_failed;
                let queued = connection.sent.iter().chain(&connection.failed);
                let queued: usize = queued.map(|(_, length)| length).sum();
                connection.failed.push((request, length));
                connection.cut |= !failed_before;
                ensure(ends || failed_before, || "it is connected".into())?;
                // What has come whole before an end is written as far as the kernel has room.
                let room = queued + length <= ALWAYS_ROOM && !send.open;
                ensure(!room || gone || failed_before, || "there was room for it".into())?;
                is(reply, &unsent(-15, "SOCKET_NOT_CONNECTED"))
            }
            (_, None) => is(reply, &unsent(-15, "SOCKET_NOT_CONNECTED")),
            _ => Err("no outcome of a send".into()),
        }
    }
}

pub fn is(reply: &Value, expected: &Value) -> Check {
    ensure(reply == expected, || format!("expected {expected}"))
}
