//! A peer's connection: plain, or with TLS on it, as its client or as its server.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::Shutdown;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::Connection;
use socket2::SockRef;
use tokio::net::TcpStream;

use super::parties::{self, Farewell, GARBAGE};

pub struct Line {
    pub tcp: TcpStream,
    /// Whose it is.
    number: usize,
    tls: Option<Connection>,
    /// How many bytes are still to come before the first of TLS.
    plain: usize,
    /// What is no TLS and goes last.
    garbage: &'static [u8],
    has_said_end: bool,
    /// Before its handshake is done, TLS takes no more than it has taken.
    is_full: bool,
    /// What is not written by now never will be.
    broken: bool,
}

struct Io<'a>(&'a TcpStream);

impl io::Read for Io<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(space)
    }
}

impl io::Write for Io<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Line {
    pub fn plain(tcp: TcpStream, number: usize) -> Self {
        Self {
            tcp,
            number,
            tls: None,
            plain: 0,
            garbage: &[],
            has_said_end: false,
            is_full: false,
            broken: false,
        }
    }

    /// Shakes hands as a client; bytes may have come with the last flight.
    ///
    /// `shaking` counts those that are about to send what the server's handshake cannot be done without.
    pub async fn secure(&mut self, shaking: &AtomicUsize, received: &mut Vec<u8>) -> io::Result<()> {
        self.tls = Some(parties::client_of(self.number));
        let mut counted = false;
        while self.is_handshaking() || self.has_unsent() {
            let result = if self.has_unsent() {
                self.tcp.writable().await?;
                self.write(&[]).map(drop)
            } else {
                self.tcp.readable().await?;
                let result = self.read(&mut [], received).map(drop);
                if self.has_unsent() && !counted {
                    counted = true;
                    shaking.fetch_add(1, Ordering::SeqCst);
                }
                result
            };
            match result {
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Is a server from now on: of what the other side writes, all behind the first `plain` bytes is TLS. Some may have come.
    pub fn serve(&mut self, plain: usize, received: &mut Vec<u8>) -> io::Result<()> {
        let tls = self.tls.insert(parties::server_of(self.number));
        self.plain = plain.saturating_sub(received.len());
        let hello = received.split_off(plain.min(received.len()));
        let mut hello = &hello[..];
        while !hello.is_empty() {
            tls.read_tls(&mut hello)?;
            tls.process_new_packets().map_err(invalid)?;
        }
        Ok(())
    }

    pub fn is_handshaking(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_handshaking())
    }

    /// Reads what is there, by way of `space`.
    ///
    /// # Returns
    /// Whether that is the end. An end without TLS's own, which may have been cut off, is `UnexpectedEof`; an alert is
    /// `Other`; what is not TLS is `InvalidData`.
    pub fn read(&mut self, space: &mut [u8], received: &mut Vec<u8>) -> io::Result<bool> {
        if self.plain == 0
            && let Some(tls) = &mut self.tls
            && !tls.process_new_packets().map_err(invalid)?.peer_has_closed()
        {
            if tls.read_tls(&mut Io(&self.tcp))? == 0 {
                // Before the handshake is done there is nothing that could be cut off.
                let given_up = tls.is_handshaking() && matches!(tls, Connection::Server(_));
                return if given_up {
                    Ok(true)
                } else {
                    Err(ErrorKind::UnexpectedEof.into())
                };
            }
            let count = tls.process_new_packets().map_err(invalid)?.plaintext_bytes_to_read();
            tls.reader().take(count as u64).read_to_end(received)?;
            return Ok(false);
        }
        // Behind TLS's own end there is only FIN; other bytes are nobody's.
        let most = if self.plain > 0 {
            self.plain.min(space.len())
        } else {
            space.len()
        };
        let count = self.tcp.try_read(&mut space[..most])?;
        self.plain = self.plain.saturating_sub(count);
        received.extend_from_slice(&space[..count]);
        Ok(count == 0)
    }

    /// Writes what the kernel takes; TLS may keep some of it, which goes first the next time.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.try_write(bytes);
        self.broken |= result
            .as_ref()
            .is_err_and(|error| error.kind() != ErrorKind::WouldBlock);
        result
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return self.tcp.try_write(bytes);
        };
        flush(tls, &self.tcp)?;
        while !self.garbage.is_empty() {
            let count = self.tcp.try_write(self.garbage)?;
            self.garbage = &self.garbage[count..];
        }
        let count = tls.writer().write(bytes)?;
        self.is_full = count < bytes.len();
        match flush(tls, &self.tcp) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Ok(count),
        }
    }

    /// Whether it takes bytes when the kernel does.
    pub fn takes_more(&self) -> bool {
        !(self.is_full && self.is_handshaking())
    }

    /// Whether TLS has something to write, of its own or kept.
    pub fn has_unsent(&self) -> bool {
        !self.broken
            && self
                .tls
                .as_ref()
                .is_some_and(|tls| tls.wants_write() || !self.garbage.is_empty())
    }

    /// What is to be written before FIN.
    pub fn say_end(&mut self) {
        if let Some(tls) = &mut self.tls
            && !std::mem::replace(&mut self.has_said_end, true)
        {
            match parties::farewell(self.number) {
                Farewell::Orderly => tls.send_close_notify(),
                Farewell::CutOff => {}
                Farewell::Garbage => self.garbage = GARBAGE,
            }
        }
    }

    pub fn send_fin(&self) {
        let _ = SockRef::from(&self.tcp).shutdown(Shutdown::Write);
    }
}

fn invalid(error: rustls::Error) -> io::Error {
    let kind = match error {
        rustls::Error::AlertReceived(_) => ErrorKind::Other,
        _ => ErrorKind::InvalidData,
    };
    io::Error::new(kind, error)
}

fn flush(tls: &mut Connection, tcp: &TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        tls.write_tls(&mut Io(tcp))?;
    }
    Ok(())
}
