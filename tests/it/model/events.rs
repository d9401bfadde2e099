//! What an event may say at this point, and what follows from it.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::plans::Ending;
use super::program::Kind;
use super::state::{Check, Connection, Model, Role, Socket, What, ensure};
use super::{bytes, tally};
use crate::host::data;

/// The most one `onReceive` brings.
const MOST_BYTES: usize = 64 << 10;

impl Model {
    /// Takes the next message of the stream.
    pub fn message(&mut self, message: &Value) -> Check {
        let request = message["id"].as_u64();
        tally::count(message, request.and_then(|id| self.pending.get(&id)));
        let outcome = match request {
            Some(id) => {
                let mut reply = message.clone();
                reply.as_object_mut().unwrap().remove("id");
                self.reply(id, reply)
            }
            None => self.event(message),
        };
        outcome.map_err(|problem| {
            let mut text = message.to_string();
            text.truncate(text.floor_char_boundary(300));
            format!("{text}\n  {problem}")
        })
    }

    fn event(&mut self, message: &Value) -> Check {
        let params = &message["params"];
        let socket = params["socketId"].as_u64().unwrap_or(0);
        let code = &params["resultCode"];
        match message["event"].as_str() {
            Some("sockets.tcpServer.onAccept") => self.accepted(socket, params),
            Some("sockets.tcpServer.onAcceptError") => {
                ensure(*code == -12 && self.is_full(), || "no reason to fail".into())?;
                self.accepting(socket)?.paused = true;
                Ok(())
            }
            Some("sockets.tcp.onReceive") => self.received(socket, message),
            Some("sockets.tcp.onReceiveError") => {
                ensure(*code == -100, || "every end is -100".into())?;
                self.over(socket)
            }
            Some("sockets.udp.onReceive") => self.datagram_received(socket, params),
            Some("sockets.udp.onReceiveError") => self.datagram_lost(socket, code),
            Some("host.ack") => {
                let taken = params["bytes"].as_u64().ok_or("no count")?;
                let (given, before) = self.payload;
                ensure((before + 1..=given).contains(&taken), || {
                    format!("{given} bytes were sent, {before} acknowledged")
                })?;
                self.payload.1 = taken;
                Ok(())
            }
            _ => Err("not a message".into()),
        }
    }

    /// A server that may announce something.
    fn accepting(&mut self, id: u64) -> Result<&mut Socket, String> {
        let server = self.socket(Kind::Server, id.cast_signed()).ok_or("no such server")?;
        ensure(!server.paused, || "the server is paused".into())?;
        ensure(matches!(server.role, Role::Server(Some(_))), || {
            "the server does not listen".into()
        })?;
        Ok(server)
    }

    fn accepted(&mut self, server: u64, params: &Value) -> Check {
        let client = params["clientSocketId"].as_u64().unwrap_or(0);
        ensure(*params == json!({"socketId": server, "clientSocketId": client}), || {
            "not an onAccept".into()
        })?;
        let Role::Server(Some(listening)) = self.accepting(server)?.role else {
            return Err("not a server".into());
        };
        ensure(!self.is_full(), || "there is no room for it".into())?;
        self.gave_out(client)?;
        if self.tls {
            self.announced += 1;
            ensure(self.announced <= self.shaking.load(Ordering::SeqCst), || {
                "its handshake cannot be done".into()
            })?;
            tally::add("a client that speaks TLS".into());
        }
        self.credit.accepted()?;
        let mut connection = Connection::new(None);
        connection.tls = self.tls;
        connection.local_port = listening.port;
        let mut socket = Socket::new(Kind::Tcp, super::program::Properties::default());
        socket.paused = true;
        socket.role = Role::Tcp(Some(connection));
        self.sockets.insert(client, socket);
        Ok(())
    }

    fn received(&mut self, id: u64, message: &Value) -> Check {
        let got = data(&message["params"]);
        ensure((1..=MOST_BYTES).contains(&got.len()), || format!("{} bytes", got.len()))?;
        ensure(!self.due.contains(&id), || "behind its promised end".into())?;
        self.not_securing(id)?;
        let socket = self.socket(Kind::Tcp, id.cast_signed()).ok_or("no such socket")?;
        ensure(!socket.paused, || "the socket is paused".into())?;
        let next = socket.slice();
        let connection = self.connection(id.cast_signed()).ok_or("it is not connected")?;
        let size = connection.read_size.replace(next).unwrap_or(next);
        let told = message.get("slice").and_then(Value::as_i64);
        let right = told == Some(i64::from(size)).filter(|&size| size != 4096);
        ensure(right, || format!("not the read's size, {size}"))?;
        ensure(
            size == next || got.len() as u64 <= u64::from(size.unsigned_abs()),
            || format!("more than the last read of {size} brings"),
        )?;
        let peer = connection.peer.ok_or("an unknown peer")?;
        let position = connection.position;
        connection.position += got.len() as u64;
        let after = connection.position;
        let planned = self.peers[peer].planned;
        ensure(after <= planned, || format!("the peer wrote only {planned} bytes"))?;
        ensure(got == bytes::of_peer(peer, position, got.len()), || {
            format!("not the bytes that stand at {position}")
        })?;
        self.credit.received(id, got.len())
    }

    fn over(&mut self, id: u64) -> Check {
        if let Some(at) = self.due.iter().position(|due| *due == id) {
            self.due.remove(at);
            return Ok(());
        }
        self.not_securing(id)?;
        let socket = self.socket(Kind::Tcp, id.cast_signed()).ok_or("no such socket")?;
        ensure(!socket.paused, || "the socket is paused".into())?;
        socket.paused = true;
        let sends = self.is_pending(id.cast_signed(), |_, call| matches!(call.what, What::Send(_)));
        let connection = self.connection(id.cast_signed()).ok_or("it is not connected")?;
        let peer = connection.peer.ok_or("an unknown peer")?;
        let position = connection.position;
        let wrote = sends || !connection.sent.is_empty() || !connection.failed.is_empty();
        let plan = self.peers[peer];
        ensure(plan.ending > Ending::Stays, || "the peer has not ended it".into())?;
        // Whoever resets, or closes while there is something it has not read, destroys what is on its way. TLS writes tickets.
        let wrote = wrote || self.tls && plan.dialed.is_some();
        let whole = plan.ending == Ending::HalfCloses || plan.ending == Ending::Closes && !wrote;
        ensure(!whole || position == plan.planned, || {
            format!("after {position} bytes of {}", plan.planned)
        })?;
        self.finish(id);
        Ok(())
    }
}
