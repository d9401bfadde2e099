//! A peer's connection: plain, or as a client of TLS.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::Shutdown;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection};
use serde_json::Value;
use socket2::SockRef;
use tokio::net::TcpStream;

use crate::tls::authority::{Authority, client};

/// What all servers show, and clients of both versions. They resume each other's sessions, which turns round who speaks last.
static PARTIES: LazyLock<(Value, [Arc<ClientConfig>; 2])> = LazyLock::new(|| {
    let authority = Authority::new();
    let clients = [&TLS12, &TLS13].map(|version| client(authority.certificate(), &[version]));
    (authority.issue(&["localhost"]).pem(), clients)
});

/// What `tcpServer.create` takes.
pub fn pem() -> Value {
    PARTIES.0.clone()
}

pub struct Line {
    pub tcp: TcpStream,
    tls: Option<ClientConnection>,
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
    pub fn plain(tcp: TcpStream) -> Self {
        Self {
            tcp,
            tls: None,
            broken: false,
        }
    }

    /// Shakes hands, in a version that follows from the peer's number; bytes may have come with the last flight.
    ///
    /// `shaking` counts those that are about to send what the server's handshake cannot be done without.
    pub async fn secure(
        tcp: TcpStream,
        number: usize,
        shaking: &AtomicUsize,
        received: &mut Vec<u8>,
    ) -> io::Result<Self> {
        let name = ServerName::try_from("localhost").unwrap();
        let config = Arc::clone(&PARTIES.1[number % 2]);
        let mut line = Self::plain(tcp);
        line.tls = Some(ClientConnection::new(config, name).unwrap());
        let mut counted = false;
        while line.is_handshaking() || line.has_unsent() {
            let result = if line.has_unsent() {
                line.tcp.writable().await?;
                line.write(&[]).map(drop)
            } else {
                line.tcp.readable().await?;
                let result = line.read(&mut [], received).map(drop);
                if line.has_unsent() && !counted {
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
        Ok(line)
    }

    fn is_handshaking(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_handshaking())
    }

    /// Reads what is there, by way of `space`.
    ///
    /// # Returns
    /// Whether that is the end. An end without TLS's own, which may have been cut off, is `UnexpectedEof`; what is not TLS is
    /// `InvalidData`.
    pub fn read(&mut self, space: &mut [u8], received: &mut Vec<u8>) -> io::Result<bool> {
        let invalid = |error| io::Error::new(ErrorKind::InvalidData, error);
        if let Some(tls) = &mut self.tls
            && !tls.process_new_packets().map_err(invalid)?.peer_has_closed()
        {
            if tls.read_tls(&mut Io(&self.tcp))? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let count = tls.process_new_packets().map_err(invalid)?.plaintext_bytes_to_read();
            tls.reader().take(count as u64).read_to_end(received)?;
            return Ok(false);
        }
        // Behind TLS's own end there is only FIN; other bytes are nobody's.
        let count = self.tcp.try_read(space)?;
        received.extend_from_slice(&space[..count]);
        Ok(count == 0)
    }

    /// Writes what the kernel takes; TLS may keep some of it, which goes first the next time.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = match &mut self.tls {
            None => self.tcp.try_write(bytes),
            Some(tls) => flush(tls, &self.tcp).and_then(|()| {
                let count = tls.writer().write(bytes)?;
                match flush(tls, &self.tcp) {
                    Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
                    _ => Ok(count),
                }
            }),
        };
        self.broken |= result
            .as_ref()
            .is_err_and(|error| error.kind() != ErrorKind::WouldBlock);
        result
    }

    /// Whether TLS has something to write, of its own or kept.
    pub fn has_unsent(&self) -> bool {
        !self.broken && self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    /// Says TLS's own end, which is to be written before FIN.
    pub fn say_end(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
        }
    }

    pub fn send_fin(&self) {
        let _ = SockRef::from(&self.tcp).shutdown(Shutdown::Write);
    }
}

fn flush(tls: &mut ClientConnection, tcp: &TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        tls.write_tls(&mut Io(tcp))?;
    }
    Ok(())
}
