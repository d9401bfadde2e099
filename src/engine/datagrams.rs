//! Datagrams of bound udp sockets, both ways: `send` with its name look-up, and what is received pulled into frames.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, Wake as _};

use socket2::SockRef;
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;
use tokio::task::AbortHandle;

use super::connect::{self, Destination};
use super::ready::{Interest, Ready, SocketWaker};
use super::sends::Load;
use super::udp::NO_PERMISSION;
use super::{Engine, credit, not_found, port};
use crate::address;
use crate::net_error::NetError;
use crate::policy::{Operation, Permissions};
use crate::wire::{Failure, FrameSink, Outgoing, UdpSend, Value};

/// Sends that wait for room in the kernel's buffer; Chromium's network service holds as many.
const MOST_QUEUED: usize = 32;
/// The longest datagram there can be, before the system has its say.
const LONGEST: usize = 65_535;

/// A send on its way.
#[derive(Debug)]
struct Datagram {
    request: u64,
    bytes: Vec<u8>,
    to: SocketAddr,
}

/// A send whose name is being looked up.
#[derive(Debug)]
pub(super) struct Lookup {
    request: u64,
    bytes: Vec<u8>,
    abort: AbortHandle,
}

fn load_of(bytes: &[u8]) -> Load {
    Load {
        bytes: bytes.len() as u64,
        chunks: 1,
    }
}

/// A bound socket and the sends that wait on it.
#[derive(Debug)]
pub(super) struct Bound {
    socket: UdpSocket,
    queue: VecDeque<Datagram>,
    /// The longest datagram that the receive under way takes; as in tcp, a new `bufferSize` counts from the next one.
    receive_size: Option<usize>,
    readable: Arc<SocketWaker>,
    writable: Arc<SocketWaker>,
}

impl Bound {
    pub(super) fn new(id: u32, socket: UdpSocket, ready: &Arc<Ready>) -> Self {
        Self {
            socket,
            queue: VecDeque::new(),
            receive_size: None,
            readable: SocketWaker::new(id, Interest::Read, ready),
            writable: SocketWaker::new(id, Interest::Write, ready),
        }
    }

    pub(super) fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    pub(super) fn local(&self) -> Option<SocketAddr> {
        self.socket.local_addr().ok()
    }

    /// Lets the next frame look for datagrams, none of them longer than `size`.
    pub(super) fn look(&mut self, size: usize) {
        self.receive_size.get_or_insert(size);
        self.readable.wake_by_ref();
    }

    /// One datagram. Pending means that the kernel will say when to come back.
    fn receive(&self, space: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        let waker = self.readable.waker();
        let mut space = ReadBuf::new(space);
        let received = self.socket.poll_recv_from(&mut Context::from_waker(&waker), &mut space);
        received.map_ok(|from| (space.filled().len(), from))
    }

    /// Past tokio, which does not know of a new socket's room before the kernel has been polled once.
    fn send(&self, bytes: &[u8], to: SocketAddr) -> io::Result<usize> {
        SockRef::from(&self.socket).send_to(bytes, &to.into())
    }

    /// The first of the queue that the kernel has taken or refused; none while it has no room, and then it says when to come back.
    fn sent(&mut self) -> Option<(Datagram, io::Result<usize>)> {
        self.writable.taken();
        let waker = self.writable.waker();
        loop {
            let first = self.queue.front()?;
            let result = self.socket.try_send_to(&first.bytes, first.to);
            if !matches!(&result, Err(error) if error.kind() == io::ErrorKind::WouldBlock) {
                return self.queue.pop_front().map(|datagram| (datagram, result));
            }
            if self
                .socket
                .poll_send_ready(&mut Context::from_waker(&waker))
                .is_pending()
            {
                return None;
            }
        }
    }
}

impl<P: Permissions> Engine<P> {
    /// `send`: quota, id, permission and the name come first; state, queue and size are looked at when the name is resolved.
    pub(super) fn udp_send(&mut self, request: u64, more: bool, params: UdpSend) {
        let bytes = params.data.0;
        self.taken += bytes.len() as u64;
        if more {
            return self.reply(
                request,
                Err(Failure::bare("Invalid params: a datagram comes in one piece")),
            );
        }
        if self.is_over_quota(bytes.len()) {
            return self.reply(request, Err(Failure::bare("Exceeded write quota.")));
        }
        let Some(id) = self.table.udp(params.socket_id).map(|udp| udp.id) else {
            return self.reply(request, Err(not_found()));
        };
        let port = port(params.port);
        if !self.permissions.allows(Operation::UdpSend, &params.address, port) {
            return self.reply(request, Err(Failure::bare(NO_PERMISSION)));
        }
        let family = params.dns_query_type.unwrap_or_default();
        let name = match connect::destination(&params.address, port, family) {
            Destination::Known(resolved) => return self.send_datagram(id, request, bytes, resolved),
            Destination::Name(name) => name,
        };
        match self.connector.resolve(id, request, name, port, family) {
            Err(error) => self.reply(request, Err(Failure::info(error))),
            Ok(abort) => {
                self.load = self.load + load_of(&bytes);
                if let Some(udp) = self.table.udp_by_id(id) {
                    udp.lookups.push(Lookup { request, bytes, abort });
                }
            }
        }
    }

    /// A name of some `send` is resolved, or not. One that was given up is not known any more.
    pub(super) fn datagram_resolved(&mut self, id: u32, request: u64, resolved: Result<Vec<SocketAddr>, NetError>) {
        let lookups = self.table.udp_by_id(id).map(|udp| &mut udp.lookups);
        let Some(lookup) = lookups.and_then(|lookups| {
            let at = lookups.iter().position(|lookup| lookup.request == request)?;
            Some(lookups.remove(at))
        }) else {
            return;
        };
        self.load = self.load - load_of(&lookup.bytes);
        self.send_datagram(id, request, lookup.bytes, resolved);
    }

    fn send_datagram(&mut self, id: u32, request: u64, bytes: Vec<u8>, resolved: Result<Vec<SocketAddr>, NetError>) {
        let Some(bound) = self.table.udp_by_id(id).map(|udp| &mut udp.bound) else {
            return self.reply(request, Err(not_found()));
        };
        // Of a name's addresses the first one is used (SPEC §4.5).
        let first = resolved.and_then(|list| list.first().copied().ok_or(NetError::NameNotResolved));
        let refusal = match (first, bound) {
            (Err(error), _) => error,
            (_, None) => NetError::SocketNotConnected,
            (_, Some(bound)) if bound.queue.len() >= MOST_QUEUED => NetError::InsufficientResources,
            _ if bytes.len() > LONGEST => NetError::MsgTooBig,
            (Ok(to), Some(bound)) => {
                let result = if bound.queue.is_empty() {
                    bound.send(&bytes, to)
                } else {
                    Err(io::ErrorKind::WouldBlock.into())
                };
                match result {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        self.load = self.load + load_of(&bytes);
                        bound.queue.push_back(Datagram { request, bytes, to });
                        return self.write_datagrams(id);
                    }
                    result => return self.datagram_sent(id, request, result),
                }
            }
        };
        self.reply(request, Err(Failure::info(refusal)));
    }

    fn datagram_sent(&mut self, id: u32, request: u64, result: io::Result<usize>) {
        let outcome = result.map(|length| Value::Sent(length as u64)).map_err(|error| {
            tracing::debug!(socket = id, %error, "send failed");
            Failure::info(NetError::from_io(&error))
        });
        self.reply(request, outcome);
    }

    /// Goes on sending where the kernel has room again.
    pub(super) fn write_datagrams(&mut self, id: u32) {
        while let Some((datagram, result)) = self
            .table
            .udp_by_id(id)
            .and_then(|udp| udp.bound.as_mut())
            .and_then(Bound::sent)
        {
            self.load = self.load - load_of(&datagram.bytes);
            self.datagram_sent(id, datagram.request, result);
        }
    }

    /// One datagram into the frame, if the whole of what the socket may receive fits there.
    ///
    /// # Returns
    /// Whether the frame and the port's credit had room for it.
    pub(super) fn receive_datagram(&mut self, id: u32, room: usize, sink: &mut impl FrameSink) -> bool {
        let port_left = self.port_credit.left(credit::PORT_WINDOW);
        let Some(udp) = self.table.udp_by_id(id) else {
            return true;
        };
        let next = udp.buffer_size();
        let Some(bound) = &mut udp.bound else {
            return true;
        };
        let buffer = bound.receive_size.unwrap_or(next);
        // How long the next one is, only reading it tells; what was read cannot be put back.
        let most = credit::cost(buffer);
        if room < buffer || port_left < most {
            // The next frame begins with it.
            self.ready.put_back(Interest::Read, id);
            return false;
        }
        bound.readable.taken();
        if udp.paused || udp.credit.left(credit::SOCKET_WINDOW) < most {
            return true; // Un-pausing, or the credit's return, queues it again; until then the kernel drops what it cannot hold.
        }
        let error = match bound.receive(&mut self.scratch) {
            Poll::Pending => return true,
            Poll::Ready(Ok((length, from))) if length <= buffer => {
                bound.receive_size = Some(next);
                bound.look(next);
                udp.credit.spend(credit::cost(length));
                self.port_credit.spend(credit::cost(length));
                sink.receive_from(id, &self.scratch[..length], &address::to_text(from.ip()), from.port());
                return true;
            }
            Poll::Ready(Ok(_)) => NetError::MsgTooBig,
            Poll::Ready(Err(error)) => {
                tracing::debug!(socket = id, %error, "receive failed");
                NetError::from_io(&error)
            }
        };
        bound.receive_size = None;
        // Lost and told; the socket stays bound, so that un-pausing goes on (SPEC §2.3).
        udp.paused = true;
        sink.control(&mut Outgoing::UdpReceiveError { socket: id, error });
        true
    }

    /// Answers every send that has not left, because the socket is about to go.
    pub(super) fn give_up_datagrams(&mut self, id: u32) {
        let Some(udp) = self.table.udp_by_id(id) else {
            return;
        };
        let lookups = std::mem::take(&mut udp.lookups);
        let queue = udp.bound.as_mut().map(|bound| std::mem::take(&mut bound.queue));
        for lookup in lookups {
            lookup.abort.abort();
            self.load = self.load - load_of(&lookup.bytes);
            self.reply(lookup.request, Err(not_found()));
        }
        for datagram in queue.into_iter().flatten() {
            self.load = self.load - load_of(&datagram.bytes);
            self.reply(datagram.request, Err(Failure::info(NetError::SocketNotConnected)));
        }
    }

    /// No event follows, unlike in tcp (U-25).
    pub(super) fn udp_close(&mut self, request: u64, id: i32) {
        let Some(id) = self.table.udp(id).map(|udp| udp.id) else {
            return self.reply(request, Err(not_found()));
        };
        self.give_up_datagrams(id);
        self.table.remove(id);
        self.reply(request, Ok(Value::None));
    }
}
