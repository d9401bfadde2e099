//! The model of udp sockets: what their calls may answer, and which datagram comes next.
//!
//! A datagram lies in its receiver's row from the moment that its send is answered, since the kernel has taken it there by then. The
//! runner sends no more than a kernel's buffer holds, so each has to come, in order, as long as its receiver is bound.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::bytes;
use super::program::{Kind, Place};
use super::replies::is;
use super::state::{Call, Check, Model, Role, What, ensure};
use crate::host::data;
use crate::peers::{done, net, not_found, sent, unsent, zero};

/// The longest that IPv4 has room for.
const LONGEST: usize = 65_507;
/// What surely fits into the buffer of a receiver, as [`weight`] counts it.
const BUFFER: usize = 160 << 10;
/// The only group that is joined: nobody on the network has to be told.
const GROUP: &str = "224.0.0.1";

/// What a kernel counts for a datagram, at the most.
pub fn weight(length: usize) -> usize {
    2 * length + 2048
}

#[derive(Debug, Default)]
pub struct Udp {
    pub bound: Option<Bound>,
    /// A `bind` has reached the system: the options of groups are used up.
    settled: bool,
    joined: bool,
}

#[derive(Debug, Default)]
pub struct Bound {
    /// Once it was told.
    pub port: Option<u16>,
    /// The longest datagram that the receive under way takes; a new `bufferSize` counts from the next one.
    pub read_size: Option<i32>,
    /// Sent to it and not received.
    pub waiting: VecDeque<Datagram>,
}

#[derive(Clone, Copy, Debug)]
pub struct Datagram {
    request: u64,
    length: usize,
    from: u64,
}

/// A `send` of one datagram.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub length: usize,
    pub port: u16,
    /// Whether it takes a look-up.
    pub named: bool,
}

/// What is asked of the membership in a group, as text.
#[derive(Clone, Copy, Debug)]
pub struct Membership {
    pub group: &'static str,
    pub join: bool,
}

impl Model {
    pub fn udp(&mut self, id: i64) -> Option<&mut Udp> {
        match &mut self.socket(Kind::Udp, id)?.role {
            Role::Udp(udp) => Some(udp),
            _ => None,
        }
    }

    /// Whether the kernel surely has room for one more datagram to this port, with those that may still be on their way.
    pub fn has_room(&self, port: u16, length: usize) -> bool {
        let waiting = self.sockets.values().filter_map(|socket| match &socket.role {
            Role::Udp(Udp { bound: Some(bound), .. }) if bound.port == Some(port) => Some(&bound.waiting),
            _ => None,
        });
        let waiting: usize = waiting.flatten().map(|datagram| weight(datagram.length)).sum();
        let coming = self.pending.values().filter_map(|call| match call.what {
            What::Datagram(sent) if sent.port == port => Some(weight(sent.length)),
            _ => None,
        });
        waiting + coming.sum::<usize>() + weight(length) <= BUFFER
    }

    pub fn udp_outcome(&mut self, request: u64, call: &Call, reply: &Value) -> Check {
        if let What::Datagram(sent) = call.what {
            return self.datagram_sent(request, call.socket, sent, reply);
        }
        let udp = self.udp(call.socket);
        let Some(udp) = udp else {
            return is(reply, &not_found());
        };
        match call.what {
            What::Bind(place) => {
                let expected = match place {
                    _ if udp.bound.is_some() => net(-104, "CONNECTION_FAILED"),
                    Place::Name => net(-4, "INVALID_ARGUMENT"),
                    Place::Taken => net(-147, "ADDRESS_IN_USE"),
                    Place::AnyPort => zero(),
                };
                if udp.bound.is_none() && place != Place::Name {
                    udp.settled = true;
                }
                if expected == zero() {
                    udp.bound = Some(Bound::default());
                    self.socket(Kind::Udp, call.socket).ok_or("gone")?.begin_read();
                }
                is(reply, &expected)
            }
            What::Membership(membership) => udp.membership(membership, reply),
            What::Groups => is(reply, &json!({"result": if udp.joined { vec![GROUP] } else { vec![] }})),
            What::TimeToLive(ttl) => {
                let range = (0..=255).contains(&ttl);
                let expected = match udp.settled {
                    true => net(-23, "SOCKET_IS_CONNECTED"),
                    false if range => zero(),
                    false => net(-4, "INVALID_ARGUMENT"),
                };
                is(reply, &expected)
            }
            What::Broadcast => match udp.bound {
                Some(_) => is(reply, &zero()),
                None => is(reply, &net(-15, "SOCKET_NOT_CONNECTED")),
            },
            ref other => Err(format!("{other:?} is no call of udp")),
        }
    }

    /// Its look-ups have been answered before, and no event follows.
    pub fn udp_closed(&mut self, call: &Call, reply: &Value) -> Check {
        let answering = self.answering;
        let open = self.is_pending(call.socket, |id, call| {
            id < answering && matches!(call.what, What::Datagram(_))
        });
        ensure(!open, || "a send should have been answered".into())?;
        self.sockets.remove(&call.socket.cast_unsigned());
        is(reply, &done())
    }

    fn datagram_sent(&mut self, request: u64, socket: i64, send: Sent, reply: &Value) -> Check {
        let closed = self.is_pending(socket, |id, call| {
            id > request && matches!(call.what, What::Close(Kind::Udp))
        });
        let ending = self.ending || closed;
        let Some(udp) = self.udp(socket) else {
            return is(reply, &not_found());
        };
        // Whoever closes gives up look-ups, which nothing else may have done.
        if *reply == not_found() {
            return ensure(ending && send.named, || "the socket is there".into());
        }
        if udp.bound.is_none() {
            return is(reply, &unsent(-15, "SOCKET_NOT_CONNECTED"));
        }
        if send.length > LONGEST {
            return is(reply, &unsent(-142, "MSG_TOO_BIG"));
        }
        is(reply, &sent(send.length))?;
        let receiver = self.sockets.values_mut().find_map(|socket| match &mut socket.role {
            Role::Udp(Udp { bound: Some(bound), .. }) if bound.port == Some(send.port) => Some(bound),
            _ => None,
        });
        if let Some(receiver) = receiver {
            receiver.waiting.push_back(Datagram {
                request,
                length: send.length,
                from: socket.cast_unsigned(),
            });
        }
        Ok(())
    }

    /// The next datagram of a socket that may receive, and the longest that it takes.
    fn next_datagram(&mut self, id: u64) -> Result<(Datagram, i32), String> {
        let socket = self.socket(Kind::Udp, id.cast_signed()).ok_or("no such socket")?;
        ensure(!socket.paused, || "the socket is paused".into())?;
        let next = socket.slice();
        let Role::Udp(Udp { bound: Some(bound), .. }) = &mut socket.role else {
            return Err("the socket is not bound".into());
        };
        let size = bound.read_size.replace(next).unwrap_or(next);
        let datagram = bound.waiting.pop_front().ok_or("nobody has sent it anything")?;
        Ok((datagram, size))
    }

    pub fn datagram_received(&mut self, id: u64, params: &Value) -> Check {
        let (datagram, size) = self.next_datagram(id)?;
        let got = data(params);
        ensure(got == bytes::of_send(datagram.request, datagram.length), || {
            format!("not {datagram:?}")
        })?;
        ensure(u64::from(size.unsigned_abs()) >= got.len() as u64, || {
            format!("more than the {size} bytes that it receives")
        })?;
        let port = params["remotePort"].as_u64();
        ensure(
            params["remoteAddress"] == "127.0.0.1" && port.is_some_and(|port| port > 0),
            || "not from this computer".into(),
        )?;
        let sender = self.udp(datagram.from.cast_signed());
        let sender = sender.and_then(|udp| udp.bound.as_ref()?.port);
        ensure(sender.is_none_or(|sender| port == Some(sender.into())), || {
            format!("{datagram:?} came from port {sender:?}")
        })?;
        self.credit.received(id, got.len())
    }

    pub fn datagram_lost(&mut self, id: u64, code: &Value) -> Check {
        let (datagram, size) = self.next_datagram(id)?;
        ensure(*code == -142, || "no reason to fail".into())?;
        ensure(datagram.length as u64 > u64::from(size.unsigned_abs()), || {
            format!("{datagram:?} fits into {size} bytes")
        })?;
        let socket = self.socket(Kind::Udp, id.cast_signed()).ok_or("no such socket")?;
        socket.paused = true;
        if let Role::Udp(Udp { bound: Some(bound), .. }) = &mut socket.role {
            bound.read_size = None;
        }
        Ok(())
    }
}

impl Udp {
    /// The checks stand in Chromium's order: text, membership, state, family, kind, system.
    fn membership(&mut self, Membership { group, join }: Membership, reply: &Value) -> Check {
        let is_group = matches!(group, GROUP | "224.1");
        let invalid = net(-108, "ADDRESS_INVALID");
        if group == "nonsense" || (is_group && self.joined) == join {
            return is(reply, &invalid);
        }
        if self.bound.is_none() {
            return is(reply, &net(-9, "UNEXPECTED"));
        }
        match group {
            "ff02::1" => is(reply, &invalid),
            "10.0.0.1" => is(reply, &net(-4, "INVALID_ARGUMENT")),
            // Without a network there is no interface to join it on.
            _ if *reply == net(-4, "INVALID_ARGUMENT") => Ok(()),
            _ => {
                self.joined = join;
                is(reply, &zero())
            }
        }
    }
}
