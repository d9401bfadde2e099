//! `secure()`: what it may answer, and which peers are then servers of TLS.

use serde_json::{Value, json};

use super::far_ends::Command;
use super::parties::{self, Farewell, Shown};
use super::plans::Ending;
use super::program::{Kind, Target};
use super::replies::is;
use super::runner::Runner;
use super::state::{Call, Check, Model, Secure, What, ensure};
use super::tally;
use crate::peers::{net, zero};

/// With fewer bytes nobody can tell that they are no record of TLS.
const HEADER: u64 = 5;

const NOT_A_CLIENT: &str = "Socket must be a connected client TCP socket.";
const NOT_CONNECTED: &str = "Socket not connected";

fn invalid(text: &str) -> Value {
    json!({"error": {"message": text, "code": -4}, "result": -4})
}

impl Model {
    /// The reply to `request` comes: each `secure` before it that is not answered has begun.
    pub fn begin_securing(&mut self, request: u64) -> Check {
        let before = self.pending.range(..request);
        let begun = before.filter_map(|(id, call)| match call.what {
            What::Secure(secure) if !secure.begun => Some((*id, call.socket)),
            _ => None,
        });
        let begun: Vec<_> = begun.collect();
        for (id, socket) in begun {
            let refusal = self.refusal(id, socket);
            ensure(refusal.is_none(), || {
                format!("{id} should have been answered: {refusal:?}")
            })?;
            if let Some(Call {
                what: What::Secure(secure),
                ..
            }) = self.pending.get_mut(&id)
            {
                secure.begun = true;
            }
        }
        Ok(())
    }

    /// While hands are shaken nothing is said of the connection.
    pub fn not_securing(&self, id: u64) -> Check {
        let securing = self.is_pending(id.cast_signed(), |_, call| {
            matches!(call.what, What::Secure(Secure { begun: true, .. }))
        });
        ensure(!securing, || "it is being secured".into())
    }

    /// Why a `secure` does not begin, as far as the state alone says so.
    fn refusal(&mut self, request: u64, socket: i64) -> Option<Value> {
        let other = self.is_pending(socket, |id, call| id < request && matches!(call.what, What::Secure(_)));
        let Some(it) = self.socket(Kind::Tcp, socket) else {
            return Some(invalid("Socket not found"));
        };
        let (secured, paused) = (it.secured, it.paused);
        let connection = self.connection(socket);
        if secured || other || connection.as_ref().is_some_and(|connection| connection.tls) {
            return Some(invalid(NOT_A_CLIENT));
        }
        let Some(connection) = connection else {
            return Some(invalid(NOT_CONNECTED));
        };
        (!paused || connection.accepted).then(|| net(-2, "FAILED"))
    }

    pub fn secured(&mut self, request: u64, call: &Call, secure: Secure, reply: &Value) -> Check {
        let code = reply["result"].as_i64();
        if !secure.begun {
            let refusal = self.refusal(request, call.socket);
            let unconnected = refusal.as_ref().is_some_and(|it| *it == invalid(NOT_CONNECTED));
            // Sends that waited were tried once more, which may have shown that the connection is over.
            if code == Some(-2) && secure.sends && (refusal.is_none() || unconnected) {
                is(reply, &net(-2, "FAILED"))?;
                return self.destroyed(call);
            }
            if let Some(expected) = refusal {
                is(reply, &expected)?;
                return if code == Some(-2) { self.destroyed(call) } else { Ok(()) };
            }
        }
        let id = call.socket.cast_unsigned();
        let connection = self.connection(call.socket).ok_or("it is not connected")?;
        let (peer, position) = (connection.peer.ok_or("an unknown peer")?, connection.position);
        let plan = self.peers[peer];
        let ends = |of: fn(&What) -> bool| self.is_pending(call.socket, |id, call| id > request && of(&call.what));
        let expected = match code {
            Some(0) => {
                ensure(plan.serves && parties::shown(peer) == Shown::Good, || {
                    "with whom?".into()
                })?;
                is(reply, &zero())?;
                self.upgraded(id);
                return Ok(());
            }
            Some(-3) => {
                let disconnect = ends(|what| matches!(what, What::Disconnect(Kind::Tcp)));
                ensure(self.ending || disconnect, || "nobody gave it up".into())?;
                self.give_up(id);
                return is(reply, &net(-3, "ABORTED"));
            }
            Some(-4) => {
                let close = ends(|what| matches!(what, What::Close(Kind::Tcp)));
                ensure(close, || "nobody closed it".into())?;
                self.give_up(id);
                return is(reply, &invalid("Socket not found"));
            }
            Some(-15) => {
                ensure(!secure.begun && plan.ending > Ending::Stays, || {
                    "it is connected".into()
                })?;
                is(reply, &net(-15, "SOCKET_NOT_CONNECTED"))?;
                return self.destroyed(call);
            }
            Some(-100) => {
                ensure(plan.ending > Ending::Stays, || "the peer is there".into())?;
                net(-100, "CONNECTION_CLOSED")
            }
            Some(-101) => {
                // Whoever closes has not read the hello.
                ensure(plan.ending >= Ending::Closes, || "nobody reset it".into())?;
                net(-101, "CONNECTION_RESET")
            }
            Some(-107) => {
                let garbles = plan.ending > Ending::Stays && parties::farewell(peer) == Farewell::Garbage;
                let is_plain = !plan.serves && plan.planned > position;
                ensure(is_plain || garbles, || "who spoke no TLS?".into())?;
                net(-107, "SSL_PROTOCOL_ERROR")
            }
            Some(-200) => {
                let other = plan.serves && parties::shown(peer) == Shown::OtherName;
                ensure(other, || "the name is right".into())?;
                net(-200, "CERT_COMMON_NAME_INVALID")
            }
            _ => {
                let stranger = plan.serves && parties::shown(peer) == Shown::Stranger;
                ensure(stranger, || "its authority is known".into())?;
                net(-202, "CERT_AUTHORITY_INVALID")
            }
        };
        is(reply, &expected)?;
        self.give_up(id);
        self.sockets.remove(&id);
        Ok(())
    }

    /// It did not begin: an end like that of `close`.
    fn destroyed(&mut self, call: &Call) -> Check {
        self.ended_by_call(call)?;
        self.sockets.remove(&call.socket.cast_unsigned());
        Ok(())
    }

    /// It began and came to nothing. Whoever resumed the socket meanwhile is told of no end, since nobody was reading.
    fn give_up(&mut self, id: u64) {
        if let Some(connection) = self.connection(id.cast_signed()) {
            connection.gave_up = true;
        }
        self.finish(id);
    }

    fn upgraded(&mut self, id: u64) {
        tally::add("a connection that was secured".into());
        if let Some(connection) = self.connection(id.cast_signed()) {
            connection.tls = true;
            connection.read_size = None;
        }
        let socket = self.of(id);
        socket.secured = true;
        socket.properties.name = None;
        socket.properties.buffer_size = None;
        socket.begin_read();
    }

    /// Whether a `secure` comes to its end without anybody's help: not if its peer reads the hello as it reads everything.
    pub fn is_secure_due(&self, socket: i64) -> bool {
        let connection = self
            .sockets
            .get(&socket.cast_unsigned())
            .and_then(|it| it.role.connection());
        let Some((peer, position)) = connection.and_then(|it| Some((it.peer?, it.position))) else {
            return true;
        };
        let plan = self.peers[peer];
        plan.serves || plan.ending > Ending::Stays || plan.planned >= position + HEADER
    }

    /// The peer of a connection on which nothing is on its way and no end is planned: it can become a server, behind so many bytes.
    fn quiet_peer(&mut self, socket: i64) -> Option<(usize, usize)> {
        let busy = self.is_pending(socket, |_, call| matches!(call.what, What::Send(_) | What::Secure(_)));
        let secured = self.socket(Kind::Tcp, socket)?.secured;
        let connection = self.connection(socket)?;
        let taken = busy || secured || connection.accepted || !connection.failed.is_empty();
        let bytes = connection.sent.iter().map(|(_, length)| length).sum();
        let (peer, position) = (connection.peer?, connection.position);
        let plan = self.peers[peer];
        let quiet = !taken && !plan.serves && plan.ending == Ending::Stays && position == plan.planned;
        quiet.then_some((peer, bytes))
    }
}

impl Runner<'_> {
    /// Secures a connection; its peer is told before, if it can be.
    pub(super) fn secure(&mut self, socket: i64) {
        let sends = self
            .model
            .is_pending(socket, |_, call| matches!(call.what, What::Send(_)));
        if let Some((peer, bytes)) = self.model.quiet_peer(socket) {
            self.model.peers[peer].serves = true;
            self.far_ends.tell(peer, Command::Serve(bytes));
        }
        let what = What::Secure(Secure { sends, begun: false });
        self.on(Kind::Tcp, "secure", socket, what, json!({}));
    }

    pub(super) fn upgrade(&mut self, socket: i64, reading: bool, bytes: u64, resume: bool) -> Check {
        self.pause(Kind::Tcp, socket, true);
        self.connect(socket, Target::Peer { reading, bytes: 0 });
        let connect = self.model.pending.keys().last().copied();
        self.until(|model| {
            let call = model.pending.get(&connect?)?;
            Some(format!("the reply to {connect:?}: {call:?}"))
        })?;
        self.secure(socket);
        let peer = self.model.connection(socket).and_then(|connection| connection.peer);
        if let Some(peer) = peer.filter(|&peer| self.model.peers[peer].ending == Ending::Stays) {
            self.model.peers[peer].planned += bytes;
            self.far_ends.tell(peer, Command::Write(bytes));
        }
        if resume {
            self.pause(Kind::Tcp, socket, false);
        }
        Ok(())
    }
}
