//! `secure()`: a connection becomes one that speaks TLS, or the socket is gone (SPEC §1.2).

use super::connection::Connection;
use super::tls::{Done, Stream, canonical_host};
use super::{Engine, NOT_FOUND};
use crate::net_error::NetError;
use crate::policy::Permissions;
use crate::wire::{Failure, GenerateCertificate, GenerateOptions, Secure, TlsVersions, Value};

const NOT_A_CLIENT: &str = "Socket must be a connected client TCP socket.";
const NOT_CONNECTED: &str = "Socket not connected";

impl<P: Permissions> Engine<P> {
    /// The checks stand in Chromium's order: id, kind, state, then what would make the handshake senseless.
    pub(super) fn tcp_secure(&mut self, request: u64, params: Secure) {
        let refuse = |text| Err(Failure::text_and_code(text, NetError::InvalidArgument));
        let Some(tcp) = self.table.tcp(params.socket_id) else {
            return self.reply(request, refuse(NOT_FOUND));
        };
        let id = tcp.id;
        let speaks_tls = tcp.connection.as_ref().is_some_and(Connection::is_tls);
        if tcp.secured || tcp.securing.is_some() || speaks_tls {
            return self.reply(request, refuse(NOT_A_CLIENT));
        }
        let Some(connection) = &tcp.connection else {
            return self.reply(request, refuse(NOT_CONNECTED));
        };
        // A paused socket has no read pending here, since pausing is exact (decision D2).
        let is_idle = tcp.paused && !connection.write_failed && connection.sends.is_idle();
        // An accepted socket has no name (decision D7).
        let name = connection.host.as_deref().filter(|_| is_idle).and_then(canonical_host);
        let Some(name) = name else {
            return self.destroy(id, request, Err(Failure::code(NetError::Failed)));
        };
        if connection.has_ended() {
            return self.destroy(id, request, Err(Failure::code(NetError::SocketNotConnected)));
        }
        let bounds = params.options.and_then(|options| options.tls_version);
        let bounds = bounds.unwrap_or(TlsVersions { min: None, max: None });
        let Some(connection) = tcp.connection.take() else {
            return;
        };
        let peer = connection.peer;
        let Stream::Plain(stream) = connection.into_stream() else {
            return; // It was looked at above.
        };
        let securing = self.tls.secure((id, request), stream, peer, name, bounds);
        tcp.securing = Some(Box::new(securing));
    }

    /// Completes a `secure()` that is under way (decision D4). Its connection comes back by itself, to linger.
    pub(super) fn give_up_securing(&mut self, id: u32, failure: Failure) {
        if let Some(securing) = self.table.tcp_by_id(id).and_then(|tcp| tcp.securing.take()) {
            self.reply(securing.request, Err(failure));
        }
    }

    /// `tcpServer.generateCertificate`.
    pub(super) fn generate_certificate(&mut self, request: u64, params: GenerateCertificate) {
        let options = params.options.unwrap_or(GenerateOptions {
            hosts: None,
            days: None,
        });
        if let Err(failure) = self.tls.generate(request, options) {
            self.reply(request, Err(failure));
        }
    }

    /// Something that took time has ended. A `secure()` that was given up is not known any more.
    pub(super) fn tls_step(&mut self, done: Done) {
        match done {
            Done::Generated { request, outcome } => {
                let outcome = outcome.map(|pair| Value::Generated(Box::new(pair)));
                self.reply(request, outcome.map_err(Failure::hidden));
            }
            Done::Secured {
                socket,
                request,
                outcome,
            } => self.secured(socket, request, outcome),
        }
    }

    fn secured(&mut self, id: u32, request: u64, outcome: Result<Stream, (NetError, tokio::net::TcpStream)>) {
        let tcp = self.table.tcp_by_id(id);
        let tcp = tcp.filter(|tcp| tcp.securing.as_ref().is_some_and(|it| it.request == request));
        match (tcp, outcome) {
            (Some(tcp), Ok(stream)) => {
                let Some(securing) = tcp.securing.take() else {
                    return;
                };
                tcp.connection = Some(Connection::new(id, stream, securing.peer, &self.ready));
                tcp.secured = true;
                tcp.settings.forget_name_and_buffer();
                tcp.look();
                self.reply(request, Ok(Value::Zero));
            }
            (Some(_), Err((error, stream))) => {
                self.table.remove(id);
                self.lingering.add(Stream::Plain(stream).finish());
                self.reply(request, Err(Failure::code(error)));
            }
            (None, Ok(stream)) => self.lingering.add(stream.finish()),
            (None, Err((_, stream))) => self.lingering.add(Stream::Plain(stream).finish()),
        }
    }
}
