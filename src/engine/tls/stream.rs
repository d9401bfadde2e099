//! A connected stream, plain or with TLS on it, as `connection` sees both.

use std::io::{self, IoSlice, Read as _, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::net::TcpStream;

use crate::engine::options;

/// How often one read fetches from the kernel, some 4 KiB at a time: enough to fill the space of an event with ordinary records. A
/// peer may send records without end that bring no byte (tickets) or one each, and nothing else runs meanwhile.
const MOST_FETCHES: usize = 64;

/// What is read and written.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<Session>),
}

/// TLS on a connection whose handshake is done.
#[derive(Debug)]
pub(crate) struct Session {
    tcp: TcpStream,
    tls: rustls::Connection,
    /// Bytes that were encrypted and whose records the kernel has not all taken. They count as written when it has.
    unreported: usize,
    /// How reading ended, until the bytes before it are read.
    failed: Option<io::Error>,
}

/// The socket as rustls wants it: would-block instead of waiting.
pub(super) struct Io<'a>(pub(super) &'a TcpStream);

impl io::Read for Io<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(space)
    }
}

impl io::Write for Io<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream {
    pub(super) fn tls(tcp: TcpStream, tls: rustls::Connection) -> Self {
        Self::Tls(Box::new(Session {
            tcp,
            tls,
            unreported: 0,
            failed: None,
        }))
    }

    pub(crate) fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The connection below.
    pub(crate) fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(session) => &session.tcp,
        }
    }

    /// One read. Pending means that the waker will say when to come back; 0 is the peer's orderly end.
    pub(crate) fn poll_read(&mut self, context: &mut Context<'_>, space: &mut [u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(tcp) => {
                let mut space = ReadBuf::new(space);
                Pin::new(tcp)
                    .poll_read(context, &mut space)
                    .map_ok(|()| space.filled().len())
            }
            Self::Tls(session) => session.poll_read(context, space),
        }
    }

    /// Writes what the kernel takes now. Until a call has said how many bytes that is, the next one begins with the same bytes.
    pub(crate) fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.try_write_vectored(slices),
            Self::Tls(session) => session.write(slices),
        }
    }

    /// Whether TLS has something of its own to write.
    pub(crate) fn has_unflushed(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(session) => session.tls.wants_write(),
        }
    }

    /// Writes what TLS has to write of its own.
    ///
    /// # Returns
    /// Whether nothing is left.
    pub(crate) fn flush(&mut self) -> io::Result<bool> {
        let Self::Tls(session) = self else {
            return Ok(true);
        };
        match session.flush() {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Says that nothing more will be written, as far as the kernel takes it.
    ///
    /// # Returns
    /// Whether it has taken it.
    pub(crate) fn say_end(&mut self) -> bool {
        let Self::Tls(session) = self else {
            return true;
        };
        session.tls.send_close_notify();
        session.flush().is_ok()
    }

    /// Ends what we write: nobody is to take the connection's end for an attack that cut it off, so TLS says its own end first.
    ///
    /// # Returns
    /// The connection, and bytes that are to be written before its FIN; if there are none, FIN is sent.
    pub(crate) fn finish(mut self) -> (TcpStream, Vec<u8>) {
        self.say_end();
        let mut left = Vec::new();
        let tcp = match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(mut session) => {
                while session.tls.wants_write() && session.tls.write_tls(&mut left).is_ok() {}
                session.tcp
            }
        };
        if left.is_empty() {
            options::finish(&tcp);
        }
        (tcp, left)
    }
}

impl Session {
    /// As many bytes as there are, up to the space: what one record brings would make small events.
    fn poll_read(&mut self, context: &mut Context<'_>, space: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut filled = 0;
        let mut fetches = 0;
        loop {
            match self.tls.reader().read(&mut space[filled..]) {
                // The space is full, or the peer has said its end.
                Ok(0) => return Poll::Ready(Ok(filled)),
                Ok(count) => {
                    filled += count;
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // FIN without TLS's own end: whatever was sent may have been cut off.
                Err(error) => self.failed = Some(error),
            }
            if filled > 0 && self.failed.is_some() {
                return Poll::Ready(Ok(filled));
            }
            if let Some(error) = self.failed.take() {
                return Poll::Ready(Err(error));
            }
            if fetches == MOST_FETCHES {
                if filled > 0 {
                    return Poll::Ready(Ok(filled));
                }
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            fetches += 1;
            match self.poll_fetch(context) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => self.failed = Some(error),
                Poll::Pending if filled > 0 => return Poll::Ready(Ok(filled)),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Takes in some of what the kernel has.
    fn poll_fetch(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.tcp.poll_read_ready(context))?;
            match self.tls.read_tls(&mut Io(&self.tcp)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok(_) => break,
            }
        }
        Poll::Ready(self.tls.process_new_packets().map(drop).map_err(|error| {
            // The alert that says so.
            let _ = self.tls.write_tls(&mut Io(&self.tcp));
            io::Error::new(io::ErrorKind::InvalidData, error)
        }))
    }

    fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.flush()?;
        if self.unreported == 0 {
            // Some 64 KiB at a time: rustls takes no more while records wait.
            self.unreported = self.tls.writer().write_vectored(slices)?;
            self.flush()?;
        }
        Ok(std::mem::take(&mut self.unreported))
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut Io(&self.tcp))?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
