//! What is still missing before everything that is due has come, and what must hold when all is over.

use std::time::{Duration, Instant};

use super::bytes;
use super::datagrams::Udp;
use super::far_ends::{Fate, Seen};
use super::plans::Ending;
use super::program::{Kind, Target};
use super::state::{Call, Check, Model, Role, Socket, What, ensure};
use crate::peers::SEES_RESETS;

/// Decision D5 bounds how long, and how much of what the peer goes on to say, a closed connection waits for its peer. Well
/// inside of these bounds nothing may be lost.
const PATIENCE: Duration = Duration::from_secs(1);
const PATIENCE_AT_END: Duration = Duration::from_millis(400);
const MOST_UNREAD: u64 = 900_000;
/// The host acknowledges what it takes from the pipe in steps of this size.
const TAKEN_STEP: u64 = 256 << 10;

/// What a record of a handshake begins with.
const HANDSHAKE: u8 = 22;

impl Model {
    /// A call made by now that is answered without anybody's help.
    pub fn missing_reply(&self) -> Option<String> {
        let (id, call) = self.pending.iter().find(|(_, call)| call.is_immediate())?;
        Some(format!("the reply to {id}: {call:?}"))
    }

    /// Something that is due although no more is asked for, when every peer reads and everything is acknowledged.
    pub fn missing(&self) -> Option<String> {
        let is_due = |call: &Call| match call.what {
            What::Connect(Target::Silence, _) => false,
            What::Secure(_) => self.is_secure_due(call.socket),
            _ => true,
        };
        if let Some((id, call)) = self.pending.iter().find(|(_, call)| is_due(call)) {
            return Some(format!("the reply to {id}: {call:?}"));
        }
        let (given, taken) = self.payload;
        if given - taken >= TAKEN_STEP {
            return Some(format!("an ack of {given} bytes, after {taken}"));
        }
        self.sockets.iter().find_map(|(id, socket)| {
            let securing = self.not_securing(*id).is_err();
            let missing = if socket.paused || securing {
                None
            } else {
                self.missing_of(socket)
            };
            Some(format!("of socket {id}: {}", missing?))
        })
    }

    fn missing_of(&self, socket: &Socket) -> Option<String> {
        match &socket.role {
            Role::Server(Some(listening)) => {
                let mut peers = self.peers.iter().enumerate();
                let waits = peers.position(|(number, peer)| {
                    let dialed = peer.dialed.is_some_and(|(_, it)| it.number == listening.number);
                    dialed && !peer.met && !peer.may_fail_to_shake(number, self.tls)
                });
                // Where there is no room, the error.
                Some(format!("onAccept or onAcceptError of peer {}", waits?))
            }
            Role::Tcp(Some(connection)) => {
                let plan = &self.peers[connection.peer?];
                if plan.ending > Ending::Stays {
                    return Some(format!("its end, after {} of {}", connection.position, plan.planned));
                }
                (connection.position < plan.planned)
                    .then(|| format!("bytes, after {} of {}", connection.position, plan.planned))
            }
            Role::Udp(Udp { bound: Some(bound), .. }) => Some(format!("datagrams: {:?}", bound.waiting.front()?)),
            _ => None,
        }
    }

    /// The host is gone: every call is answered, and nothing that was promised is missing.
    pub fn close(&mut self) -> Check {
        ensure(self.pending.is_empty(), || {
            format!("never answered: {:?}", self.pending)
        })?;
        ensure(self.due.is_empty(), || format!("no end of {:?}", self.due))?;
        ensure(self.parts.is_empty(), || format!("half lists: {:?}", self.parts))?;
        self.ids(Kind::Tcp).into_iter().for_each(|id| self.finish(id));
        Ok(())
    }

    /// Compares what a peer saw with what was called back; the session's end was asked for at `end`.
    pub fn judge(&self, seen: &Seen, end: Instant) -> Check {
        let mut of_peer = self.finished.iter().filter(|it| it.peer == Some(seen.peer));
        let Some(connection) = of_peer.next() else {
            return ensure(seen.received.is_empty(), || "bytes from nobody".into());
        };
        let expected = stream(&connection.sent);
        let more = stream(&connection.failed);
        let (got, whole) = (&seen.received, expected.len());
        if connection.gave_up && !self.peers[seen.peer].serves {
            // It may have a hello that is not for its ears.
            let hello = got.strip_prefix(&expected[..]).and_then(|rest| rest.first());
            if hello.is_some_and(|first| *first == HANDSHAKE) {
                return Ok(());
            }
        }
        let possible = [expected, more].concat();
        ensure(possible.starts_with(got), || {
            format!("{} bytes, but not those of {}", got.len(), possible.len())
        })?;
        let is_cut = got.len() != whole || connection.cut;
        let fate = match seen.fate {
            Fate::Fin if is_cut && !SEES_RESETS => Fate::Reset,
            fate => fate,
        };
        match fate {
            Fate::Own => Ok(()),
            _ if connection.gave_up => Ok(()),
            Fate::Unused => Err("nobody connected".into()),
            Fate::Garbled => Err("that is not TLS".into()),
            Fate::Fin => {
                ensure(got.len() == whole, || {
                    format!("FIN after {} of {whole} bytes", got.len())
                })?;
                ensure(!connection.cut, || "FIN although a send was cut".into())
            }
            Fate::Reset => {
                let late = connection.ended.is_some_and(|ended| seen.at > ended + PATIENCE);
                let late = late || seen.at > end + PATIENCE_AT_END;
                let unread = self.peers[seen.peer].planned - connection.position;
                let entitled = late || unread > MOST_UNREAD || !connection.failed.is_empty();
                ensure(entitled, || {
                    format!("reset after {} of {whole} bytes, for no reason", got.len())
                })
            }
        }
        .map_err(|problem| format!("{problem}: {connection:?}"))
    }
}

fn stream(sends: &[(u64, usize)]) -> Vec<u8> {
    let parts: Vec<&[u8]> = sends
        .iter()
        .map(|(request, length)| bytes::of_send(*request, *length))
        .collect();
    parts.concat()
}
