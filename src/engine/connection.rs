//! A connected stream: what of it can be read and written now.

use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, Wake as _};

use socket2::SockRef;
use tokio::net::TcpStream;

use super::options;
use super::ready::{Interest, Ready, SocketWaker};
use super::sends::{Sends, Sent, Unsent};
use super::tls::Stream;

/// How much one connection may write before the others get a turn.
const WRITE_TURN: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct Connection {
    stream: Stream,
    pub(super) local: Option<SocketAddr>,
    pub(super) peer: SocketAddr,
    /// What `connect` was asked for, which is what `secure()` verifies; an accepted socket has none.
    pub(super) host: Option<Arc<str>>,
    pub(super) sends: Sends,
    /// A write has failed. What the peer sent before may still be read.
    pub(super) write_failed: bool,
    /// How many bytes the read under way brings at most. There is one from the first moment on at which the socket is read, and
    /// pausing does not take it back: a new `bufferSize` counts from the next one (SPEC §1.2, §2.4).
    pub(super) read_size: Option<usize>,
    /// The peer's FIN was read and told, and the socket may still write (decision D8).
    pub(super) peer_finished: bool,
    readable: Arc<SocketWaker>,
    writable: Arc<SocketWaker>,
}

impl Connection {
    pub(super) fn new(id: u32, stream: Stream, peer: SocketAddr, ready: &Arc<Ready>) -> Self {
        Self {
            local: stream.tcp().local_addr().ok(),
            stream,
            peer,
            host: None,
            sends: Sends::default(),
            write_failed: false,
            read_size: None,
            peer_finished: false,
            readable: SocketWaker::new(id, Interest::Read, ready),
            writable: SocketWaker::new(id, Interest::Write, ready),
        }
    }

    pub(super) fn tcp(&self) -> &TcpStream {
        self.stream.tcp()
    }

    pub(super) fn is_tls(&self) -> bool {
        self.stream.is_tls()
    }

    /// Whether the peer has ended it already, as far as nothing unread stands before its end.
    pub(super) fn has_ended(&self) -> bool {
        match SockRef::from(self.tcp()).peek(&mut [MaybeUninit::uninit()]) {
            Ok(length) => length == 0,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }

    /// The stream, for `secure()`; only while nothing waits to be written.
    pub(super) fn into_stream(self) -> Stream {
        self.stream
    }

    /// Lets the next frame look for bytes.
    pub(super) fn look(&self) {
        self.readable.wake_by_ref();
    }

    /// The socket has left the queue of readable ones.
    pub(super) fn looked(&self) {
        self.readable.taken();
    }

    /// Lets the next round write what has been queued.
    pub(super) fn write_soon(&self) {
        self.writable.wake_by_ref();
    }

    /// One read. Pending means that the kernel will say when to come back; 0 is the peer's orderly end.
    pub(super) fn read(&mut self, space: &mut [u8]) -> Poll<io::Result<usize>> {
        let waker = self.readable.waker();
        let read = self.stream.poll_read(&mut Context::from_waker(&waker), space);
        if self.stream.has_unflushed() {
            self.write_soon(); // TLS answers some messages by itself.
        }
        read
    }

    /// Writes what the kernel takes now; the sends that ended are added to `sent`.
    pub(super) fn write(&mut self, sent: &mut Vec<Sent>) -> io::Result<()> {
        self.writable.taken();
        let stream = &mut self.stream;
        if stream.flush()? && self.sends.write(WRITE_TURN, sent, |slices| stream.write(slices))? {
            return Ok(());
        }
        let waker = self.writable.waker();
        match stream.tcp().poll_write_ready(&mut Context::from_waker(&waker)) {
            Poll::Pending => Ok(()),
            // There is more room, but the turn is over.
            Poll::Ready(result) => {
                self.writable.wake_by_ref();
                result
            }
        }
    }

    /// Nothing more will be written, so the close to come must not look like the end of a whole message.
    pub(super) fn give_up_writing(&mut self) -> Vec<Unsent> {
        self.write_failed = true;
        options::reset_on_close(self.tcp());
        self.sends.cancel()
    }

    /// Ends the connection. Bytes whose send was answered are never lost: the connection to finish in peace is returned, and bytes that are
    /// to be written before its FIN, unless its peer is done already (`peer_ended`) and nothing is left to be told. With a send unanswered it
    /// is reset instead, since nobody may take half a message for a whole one (decision D5).
    pub(super) fn end(mut self, peer_ended: bool) -> (Option<(TcpStream, Vec<u8>)>, Vec<Unsent>) {
        let unsent = self.sends.cancel();
        if !unsent.is_empty() {
            options::reset_on_close(self.tcp());
            return (None, unsent);
        }
        if self.write_failed || (peer_ended && self.stream.say_end()) {
            return (None, unsent);
        }
        (Some(self.stream.finish()), unsent)
    }
}
