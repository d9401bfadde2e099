//! Bytes both ways: `send` towards peers, and payload pulled from peers into frames.

use std::task::Poll;

use super::ready::Interest;
use super::sends::Unsent;
use super::table::Socket;
use super::{Engine, credit, not_found};
use crate::net_error::NetError;
use crate::policy::Permissions;
use crate::wire::{Failure, FrameSink, Outgoing, Send, Value};

/// All sends of an extension share this much data whose send has not completed (SPEC §0.11).
const WRITE_QUOTA: u64 = 200 << 20;
/// How many chunks may wait, so that empty and tiny ones are bounded too.
const MOST_CHUNKS: usize = 1 << 20;
/// Of how many failed sends the remaining chunks are swallowed; an honest shim has at most one per socket.
const MOST_CUT: usize = 1 << 16;
/// Payload taken from the pipe is acknowledged in steps of this size.
const TAKEN_STEP: u64 = 256 << 10;
/// The least one socket's turn in a shared frame brings.
const LEAST_TURN: usize = 4096;

impl<P: Permissions> Engine<P> {
    /// A `send`, or one chunk of it. Quota first, then the socket, then its state, as in Chromium.
    pub(super) fn tcp_send(&mut self, request: u64, more: bool, params: Send) {
        self.taken += params.data.0.len() as u64;
        if self.cut.contains(&request) {
            if !more {
                self.cut.remove(&request);
            }
            return;
        }
        if let Err(failure) = self.queue_chunk(request, more, params) {
            self.reply(request, Err(failure));
            if more {
                self.swallow_rest(request);
            }
        }
    }

    fn queue_chunk(&mut self, request: u64, more: bool, params: Send) -> Result<(), Failure> {
        let bytes = params.data.0;
        let over_quota = self.is_over_quota(bytes.len());
        let tcp = self.table.tcp(params.socket_id);
        let connection = tcp.and_then(|tcp| tcp.connection.as_mut().map(|connection| (tcp.id, connection)));
        if over_quota {
            // The shim takes the quota for a whole send before its first chunk, so only a stranger gets here in mid-send. The
            // peer must not take the chunks before this one for the message.
            if let Some((id, connection)) = connection.filter(|(_, connection)| connection.sends.is_open(request)) {
                self.load = self.load - connection.sends.load();
                connection.sends.forget_open();
                self.load = self.load + connection.sends.load();
                self.write_failed(id);
            }
            return Err(Failure::bare("Exceeded write quota."));
        }
        let Some((_, connection)) = connection else {
            let known = self.table.tcp(params.socket_id).is_some();
            return Err(if known {
                Failure::info(NetError::SocketNotConnected)
            } else {
                not_found()
            });
        };
        if connection.write_failed {
            return Err(Failure::info(NetError::SocketNotConnected));
        }
        if !connection.sends.accepts(request) {
            return Err(Failure::bare(
                "Invalid params: another send on this socket is unfinished",
            ));
        }
        let before = connection.sends.load();
        connection.sends.push(request, bytes, !more);
        self.load = self.load + connection.sends.load() - before;
        // It is written when all that has come with it is taken in: a write by itself costs more than everything else about a
        // small send. While the kernel's buffer is full its waker will say when to go on.
        if before.chunks == 0 {
            connection.write_soon();
        }
        Ok(())
    }

    /// Whether the sends that are not completed, of tcp and udp together, leave no room for `length` bytes more.
    pub(super) fn is_over_quota(&self, length: usize) -> bool {
        self.load.bytes + length as u64 > WRITE_QUOTA || self.load.chunks >= MOST_CHUNKS
    }

    /// Goes on writing where the kernel has room again, each connection once.
    pub fn write_ready(&mut self) {
        for _ in 0..self.ready.len(Interest::Write) {
            if let Some(id) = self.ready.pop(Interest::Write) {
                match self.table.get(id) {
                    Some(Socket::Udp(_)) => self.write_datagrams(id),
                    _ => self.write(id),
                }
            }
        }
    }

    /// Writes all that the kernel takes, because the connection is about to end: only what is still here then was not sent.
    pub(super) fn write_last(&mut self, id: u32) {
        let mut left = u64::MAX;
        loop {
            self.write(id);
            let connection = self.table.tcp_by_id(id).and_then(|tcp| tcp.connection.as_ref());
            let queued = connection.map_or(0, |connection| connection.sends.load().bytes);
            if queued == 0 || queued >= left {
                return;
            }
            left = queued;
        }
    }

    fn write(&mut self, id: u32) {
        let Some(connection) = self.table.tcp_by_id(id).and_then(|tcp| tcp.connection.as_mut()) else {
            return;
        };
        let before = connection.sends.load();
        let mut sent = std::mem::take(&mut self.sent);
        let result = connection.write(&mut sent);
        self.load = self.load + connection.sends.load() - before;
        for sent in sent.drain(..) {
            self.reply(sent.request, Ok(Value::Sent(sent.bytes)));
        }
        self.sent = sent;
        if let Err(error) = result {
            tracing::debug!(socket = id, %error, "write failed");
            self.write_failed(id);
        }
    }

    /// Nothing more can be written. The send under way gets -2, those behind it -15 (SPEC §4.3). If the socket is being read, its
    /// end is reported behind the last byte that can still be read; else it is disconnected now.
    fn write_failed(&mut self, id: u32) {
        let Some(tcp) = self.table.tcp_by_id(id) else {
            return;
        };
        let Some(connection) = tcp.connection.as_mut() else {
            return;
        };
        self.load = self.load - connection.sends.load();
        let unsent = connection.give_up_writing();
        if tcp.paused || connection.peer_finished {
            tcp.connection = None;
        } else {
            connection.look();
        }
        self.fail_sends(unsent, |index| {
            if index == 0 {
                NetError::Failed
            } else {
                NetError::SocketNotConnected
            }
        });
    }

    /// Answers sends that will never be written, in order.
    pub(super) fn fail_sends(&mut self, unsent: Vec<Unsent>, error: impl Fn(usize) -> NetError) {
        for (index, unsent) in unsent.into_iter().enumerate() {
            self.reply(unsent.request, Err(Failure::info(error(index))));
            if unsent.open {
                self.swallow_rest(unsent.request);
            }
        }
    }

    /// The send is answered, but chunks of it may still come.
    fn swallow_rest(&mut self, request: u64) {
        self.cut.insert(request);
        if self.cut.len() > MOST_CUT {
            self.cut.pop_first();
        }
    }

    /// Whether the shim is to be told what has been taken from the pipe.
    pub(super) fn owes_ack(&self) -> bool {
        self.taken - self.taken_told >= TAKEN_STEP
    }

    pub(super) fn ack_into(&mut self, sink: &mut impl FrameSink) {
        if self.owes_ack() {
            self.taken_told = self.taken;
            sink.control(&mut Outgoing::Taken { bytes: self.taken });
        }
    }

    /// Pulls payload into the frame, round robin, while the frame, the port and the sockets have room for it.
    pub(super) fn read_into(&mut self, sink: &mut impl FrameSink) {
        loop {
            let port_left = self.port_credit.left(credit::PORT_WINDOW);
            let room = sink.payload_room();
            if port_left < credit::MIN_COST || room == 0 {
                return;
            }
            let Some(id) = self.ready.pop(Interest::Read) else {
                return;
            };
            let tcp = match self.table.get(id) {
                Some(Socket::Tcp(tcp)) => tcp,
                Some(Socket::Udp(_)) => {
                    if !self.receive_datagram(id, room, sink) {
                        return;
                    }
                    continue;
                }
                Some(Socket::Server(_)) | None => continue,
            };
            let next = tcp.slice();
            let Some(connection) = tcp.connection.as_mut() else {
                continue;
            };
            connection.looked();
            let left = tcp.credit.left(credit::SOCKET_WINDOW);
            if tcp.paused || connection.peer_finished || left < credit::MIN_COST {
                continue; // Un-pausing, or the credit's return, queues it again.
            }
            let turn = (room / (self.ready.len(Interest::Read) + 1)).max(LEAST_TURN).min(room);
            #[allow(clippy::cast_possible_truncation, reason = "the windows are far below 32 bits")]
            let most = turn.min(left.min(port_left) as usize);
            let slice = connection.read_size.unwrap_or(next);
            // A read of the old size is the last one.
            let most = if slice == next { most } else { most.min(slice) };
            match connection.read(&mut self.scratch[..most]) {
                Poll::Pending => {}
                Poll::Ready(Ok(length @ 1..)) => {
                    connection.look();
                    tcp.credit.spend(credit::cost(length));
                    self.port_credit.spend(credit::cost(length));
                    connection.read_size = Some(next);
                    sink.receive(id, slice, &self.scratch[..length]);
                }
                Poll::Ready(Ok(0)) if tcp.settings.allow_half_open && !connection.write_failed => {
                    connection.peer_finished = true;
                    tcp.paused = true;
                    sink.control(&mut Outgoing::ReceiveError {
                        socket: id,
                        error: NetError::ConnectionClosed,
                    });
                }
                Poll::Ready(end) => {
                    if let Err(error) = end {
                        tracing::debug!(socket = id, %error, "read failed");
                    }
                    self.peer_ended(id, sink);
                }
            }
        }
    }

    /// FIN and every read error alike: -100, and both directions are closed (decision D9, SPEC §4.4).
    fn peer_ended(&mut self, id: u32, sink: &mut impl FrameSink) {
        self.end_connection(id, true);
        if let Some(tcp) = self.table.tcp_by_id(id) {
            tcp.paused = true;
        }
        sink.control(&mut Outgoing::ReceiveError {
            socket: id,
            error: NetError::ConnectionClosed,
        });
    }
}
