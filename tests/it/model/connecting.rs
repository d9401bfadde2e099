//! What `connect` may answer, and what the setters of a connection's options may.

use serde_json::{Value, json};

use super::plans::Ending;
use super::program::{Kind, Target};
use super::replies::is;
use super::state::{Call, Check, Connection, Model, Role, What, ensure};
use crate::peers::{net, not_found, zero};

impl Model {
    pub fn connected(&mut self, request: u64, socket: i64, target: Target, peer: usize, reply: &Value) -> Check {
        if self.socket(Kind::Tcp, socket).is_none() {
            return is(reply, &not_found());
        }
        let secured = self.of(socket.cast_unsigned()).secured;
        let free = self.connection(socket).is_none() && !secured;
        let later = |id: u64| id > request;
        match reply["result"].as_i64() {
            Some(0) => {
                let there = matches!(target, Target::Peer { .. } | Target::Named);
                ensure(free && there, || "it cannot be connected".into())?;
                let id = socket.cast_unsigned();
                let socket = self.of(id);
                socket.role = Role::Tcp(Some(Connection::new(Some(peer))));
                socket.begin_read();
                self.peers[peer].met = true;
                is(reply, &zero())
            }
            Some(-102) => {
                ensure(free && target == Target::Nobody, || "nobody refused".into())?;
                is(reply, &net(-102, "CONNECTION_REFUSED"))
            }
            // The peer was faster with its reset than the host with its look.
            Some(-101) => {
                let reset = self.peers.get(peer).is_some_and(|peer| peer.ending == Ending::Resets);
                ensure(free && reset, || "nobody reset it".into())?;
                is(reply, &net(-101, "CONNECTION_RESET"))
            }
            Some(-104) => {
                let other = self.is_pending(socket, |_, call| matches!(call.what, What::Connect(..)));
                ensure(other || secured, || "no other connect is under way".into())?;
                is(reply, &net(-104, "CONNECTION_FAILED"))
            }
            Some(-23) => {
                ensure(!free && !secured, || "it is not connected".into())?;
                is(reply, &net(-23, "SOCKET_IS_CONNECTED"))
            }
            Some(-3) => {
                let end = |id, call: &Call| later(id) && matches!(call.what, What::Disconnect(Kind::Tcp));
                ensure(self.ending || self.is_pending(socket, end), || {
                    "nobody gave it up".into()
                })?;
                is(reply, &net(-3, "ABORTED"))
            }
            _ => {
                // A `secure` that fails closes its socket.
                let end = |id, call: &Call| later(id) && matches!(call.what, What::Close(Kind::Tcp) | What::Secure(_));
                ensure(self.is_pending(socket, end), || "nobody closed it".into())?;
                is(reply, &not_found())
            }
        }
    }

    /// The option setters say -2 whatever is wrong (SPEC 1.2).
    pub fn option(&mut self, call: &Call, reply: &Value) -> Check {
        if self.socket(Kind::Tcp, call.socket).is_none() {
            let unknown = json!({"error": {"message": "Socket not found", "code": -2}, "result": -2});
            return is(reply, &unknown);
        }
        let peer = self.connection(call.socket).map(|connection| connection.peer);
        let securing = self.is_pending(call.socket, |id, call| {
            id < self.answering && matches!(call.what, What::Secure(_))
        });
        if securing || self.of(call.socket.cast_unsigned()).secured {
            return is(reply, &net(-2, "FAILED"));
        }
        // Switching off takes any delay.
        let wrong = matches!(call.what, What::KeepAlive(true, ..0));
        // While a connection is being made they wait for it; while its name is looked up, there is nothing that could.
        let connecting = self.is_pending(call.socket, |_, call| matches!(call.what, What::Connect(..)));
        match peer {
            Some(_) if !wrong && reply["result"] == 0 => is(reply, &zero()),
            None if connecting && !wrong && reply["result"] == 0 => is(reply, &zero()),
            // A kernel may refuse it when the connection is broken.
            Some(Some(peer)) if !wrong => ensure(self.peers[peer].ending > Ending::Stays, || "it is connected".into()),
            _ => is(reply, &net(-2, "FAILED")),
        }
    }
}
