//! `sockets.tcpServer`: listening sockets and their accept loop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, Wake as _};

use tokio::net::TcpListener;

use super::ready::{Interest, Ready, SocketWaker};
use super::settings::Settings;
use super::table::Socket;
use super::tcp::Tcp;
use super::tls::{Incoming, Serving, Stream};
use super::{Engine, NO_PERMISSION, Outcome, credit, not_found, options};
use crate::address;
use crate::net_error::{NetError, is_client_gone};
use crate::policy::{Operation, Permissions};
use crate::wire::{
    Failure, FrameSink, Listen, Outgoing, ServerCreate, ServerProperties, ServerUpdate, SetPaused, SocketInfo,
    SocketOnly, Value,
};

/// So many connections are looked at for one frame, a quarter of the window: while the browser takes those, the next are accepted.
/// And clients that left before they were accepted leave no event in it that would bound the work, while others wait.
const MOST_TURNS: usize = 64;

/// A `tcpServer` socket.
#[derive(Debug)]
pub(super) struct Server {
    id: u32,
    settings: Settings,
    paused: bool,
    /// Its clients speak TLS.
    tls: Option<Serving>,
    listening: Option<Listening>,
}

#[derive(Debug)]
struct Listening {
    listener: TcpListener,
    address: SocketAddr,
    waker: Arc<SocketWaker>,
    /// A connection that was accepted when no further socket could be made. It waits, as it would in the kernel.
    held: Option<(Stream, SocketAddr)>,
    /// Handshakes under way, of a server that speaks TLS.
    incoming: Incoming,
}

impl Server {
    pub(super) fn new(id: u32, settings: Settings, tls: Option<Serving>) -> Self {
        Self {
            id,
            settings,
            paused: false,
            tls,
            listening: None,
        }
    }

    /// Starts to listen; accepting begins at once unless paused.
    fn listen(&mut self, address: SocketAddr, backlog: Option<i32>, ready: &Arc<Ready>) -> Result<(), NetError> {
        let opened = options::listen(address, backlog).and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = opened.map_err(|error| {
            tracing::debug!(socket = self.id, %address, %error, "listen failed");
            NetError::from_io(&error)
        })?;
        let waker = SocketWaker::new(self.id, Interest::Accept, ready);
        self.listening = Some(Listening {
            listener,
            address,
            waker,
            held: None,
            incoming: Incoming::default(),
        });
        self.look();
        Ok(())
    }

    /// Lets the next frame look for connections.
    fn look(&self) {
        if let (false, Some(listening)) = (self.paused, &self.listening) {
            listening.waker.wake_by_ref();
        }
    }

    /// One `accept`, if the server is to accept at all. Pending means that the waker will say when to come back. A connection that is
    /// to speak TLS counts when its handshake is done; with `room` for so many sockets no more than that are under way.
    fn accept(&mut self, room: usize) -> Poll<io::Result<(Stream, SocketAddr)>> {
        let Some(listening) = &mut self.listening else {
            return Poll::Pending;
        };
        listening.waker.taken();
        if self.paused {
            return Poll::Pending;
        }
        if let Some(held) = listening.held.take() {
            return Poll::Ready(Ok(held));
        }
        let waker = listening.waker.waker();
        let mut context = Context::from_waker(&waker);
        if let Some(tls) = &self.tls {
            return tls.poll_accept(&mut listening.incoming, &listening.listener, room, &mut context);
        }
        let accepted = listening.listener.poll_accept(&mut context);
        accepted.map_ok(|(stream, peer)| (Stream::Plain(stream), peer))
    }

    /// Keeps a connection for which there is no room now.
    fn hold(&mut self, connection: (Stream, SocketAddr)) {
        if let Some(listening) = &mut self.listening {
            listening.held = Some(connection);
        }
    }

    /// Closes the listening socket: the port is free and nothing will be announced any more. `paused` stays.
    pub(super) fn stop(&mut self) {
        self.listening = None;
    }

    fn info(&self) -> SocketInfo {
        let address = self.listening.as_ref().map(|listening| listening.address);
        SocketInfo {
            tls: self.tls.is_some().then_some(true),
            failed_handshakes: self.tls.as_ref().map(Serving::failed),
            ..self.settings.info(self.id, self.paused, address)
        }
    }
}

impl<P: Permissions> Engine<P> {
    pub(super) fn server_create(&mut self, mut params: ServerCreate) -> Outcome {
        let tls = self.serving(params.properties.as_mut())?;
        self.create(|id| Socket::Server(Box::new(Server::new(id, Settings::new(params.properties), tls))))
    }

    /// How clients are to speak TLS, if these properties say so.
    fn serving(&self, properties: Option<&mut ServerProperties>) -> Result<Option<Serving>, Failure> {
        let pair = properties.and_then(|properties| properties.tls.take());
        pair.map(|pair| self.tls.serving(&pair)).transpose()
    }

    /// A new pair of certificate and key is for the connections to come; those under way keep theirs. What is wrong with it leaves
    /// everything as it is.
    pub(super) fn server_update(&mut self, mut params: ServerUpdate) -> Outcome {
        self.table.server(params.socket_id).ok_or_else(not_found)?;
        let tls = self.serving(Some(&mut params.properties))?;
        let server = self.table.server(params.socket_id).ok_or_else(not_found)?;
        match (&mut server.tls, tls) {
            (Some(serving), Some(other)) => serving.renew(other),
            (none @ None, other) => *none = other,
            (Some(_), None) => {}
        }
        server.settings.update(params.properties);
        Ok(Value::None)
    }

    /// Pausing is exact (decision D2) and un-pausing resumes (decision D1), after an accept error too.
    pub(super) fn server_set_paused(&mut self, params: &SetPaused) -> Outcome {
        let server = self.table.server(params.socket_id).ok_or_else(not_found)?;
        server.paused = params.paused;
        server.look();
        Ok(Value::None)
    }

    /// The checks stand in Chromium's order: id, permission, address, backlog, state, system.
    pub(super) fn server_listen(&mut self, params: &Listen) -> Outcome {
        let server = self.table.server(params.socket_id).ok_or_else(not_found)?;
        let port = super::port(params.port);
        if !self
            .permissions
            .allows(Operation::TcpServerListen, &params.address, port)
        {
            return Err(Failure::bare(NO_PERMISSION));
        }
        let ip = address::parse_ip_literal(&params.address);
        let (Some(ip), false) = (ip, params.backlog == Some(0)) else {
            return Err(Failure::code(NetError::InvalidArgument));
        };
        if server.listening.is_some() {
            return Err(Failure::code(NetError::SocketIsConnected)); // Decision D3.
        }
        server
            .listen(SocketAddr::new(ip, port), params.backlog, &self.ready)
            .map_err(Failure::code)?;
        Ok(Value::Zero)
    }

    pub(super) fn server_disconnect(&mut self, params: &SocketOnly) -> Outcome {
        self.table.server(params.socket_id).ok_or_else(not_found)?.stop();
        Ok(Value::None)
    }

    pub(super) fn server_close(&mut self, params: &SocketOnly) -> Outcome {
        let id = self.table.server(params.socket_id).ok_or_else(not_found)?.id;
        self.table.remove(id);
        Ok(Value::None)
    }

    pub(super) fn server_get_info(&mut self, params: &SocketOnly) -> Outcome {
        let server = self.table.server(params.socket_id).ok_or_else(not_found)?;
        Ok(Value::Info(Box::new(server.info())))
    }

    pub(super) fn server_get_sockets(&self) -> Value {
        self.infos(|socket| match socket {
            Socket::Server(server) => Some(server.info()),
            _ => None,
        })
    }

    /// Accepts what waits, one connection per server and turn, while the frame and the window have room for the events.
    pub(super) fn accept_into(&mut self, sink: &mut impl FrameSink) {
        for _ in 0..MOST_TURNS {
            if self.accept_credit.left(credit::ACCEPT_WINDOW) == 0 || sink.payload_room() == 0 {
                return;
            }
            let Some(id) = self.ready.pop(Interest::Accept) else {
                return;
            };
            let room = self.table.room();
            let Some(server) = self.table.server_by_id(id) else {
                continue;
            };
            match server.accept(room) {
                Poll::Pending => {}
                // Our limit is like the system's: the error is told, and the connection waits until there is room.
                Poll::Ready(Ok(connection)) if room == 0 => {
                    server.hold(connection);
                    self.accept_failed(id, NetError::InsufficientResources, sink);
                }
                Poll::Ready(Ok((stream, peer))) => {
                    server.look();
                    let allow_half_open = server.settings.allow_half_open;
                    self.announce(id, stream, peer, allow_half_open, sink);
                }
                Poll::Ready(Err(error)) if is_client_gone(&error) => server.look(),
                Poll::Ready(Err(error)) => {
                    tracing::warn!(socket = id, %error, "accept failed; the server is paused");
                    self.accept_failed(id, NetError::from_io(&error), sink);
                }
            }
        }
    }

    fn announce(
        &mut self,
        server: u32,
        stream: Stream,
        peer: SocketAddr,
        allow_half_open: bool,
        sink: &mut impl FrameSink,
    ) {
        options::set_accepted_defaults(stream.tcp());
        let ready = &self.ready;
        let client = self
            .table
            .insert(|id| Socket::Tcp(Box::new(Tcp::accepted(id, stream, peer, allow_half_open, ready))));
        if let Some(client) = client {
            self.accept_credit.spend(1);
            sink.control(&mut Outgoing::Accept { socket: server, client });
        }
    }

    /// Ends this server's accepting, as Chromium does, and nothing else; un-pausing tries again.
    fn accept_failed(&mut self, id: u32, error: NetError, sink: &mut impl FrameSink) {
        if let Some(server) = self.table.server_by_id(id) {
            server.paused = true;
            sink.control(&mut Outgoing::AcceptError { socket: id, error });
        }
    }
}
