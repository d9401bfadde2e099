//! `sockets.tcp`: created and accepted sockets, their properties and their life.
//!
//! Sending is in `transfer`, together with receiving; connecting is here, its two steps are in `connect`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::AbortHandle;

use super::connect::{self, Destination, Finished, Step};
use super::connection::Connection;
use super::credit::Credit;
use super::options::{Change, Early};
use super::ready::Ready;
use super::settings::Settings;
use super::table::Socket;
use super::tls::{self, Securing, Stream};
use super::{Engine, NO_PERMISSION, NOT_FOUND, Outcome, not_found, options, port};
use crate::address;
use crate::net_error::NetError;
use crate::policy::{Operation, Permissions};
use crate::wire::{
    Connect, Create, Failure, Outgoing, SetKeepAlive, SetNoDelay, SetPaused, SocketInfo, SocketOnly, Update, Value,
};

/// A `tcp` socket.
#[derive(Debug)]
pub(super) struct Tcp {
    pub(super) id: u32,
    pub(super) settings: Settings,
    pub(super) paused: bool,
    pub(super) connection: Option<Connection>,
    /// `connect` calls that are not answered: any number may be resolving, at most one is dialing.
    attempts: Vec<Attempt>,
    /// A `secure()` under way, which has taken the connection.
    pub(super) securing: Option<Box<Securing>>,
    /// `secure()` has made another socket of it, for good (SPEC §1.2).
    pub(super) secured: bool,
    /// Counts for the life of the id, also across `disconnect` and `connect`.
    pub(super) credit: Credit,
}

#[derive(Debug)]
struct Attempt {
    request: u64,
    dialing: bool,
    /// Options for its connection.
    early: Early,
    host: Option<Arc<str>>,
    abort: AbortHandle,
}

impl Tcp {
    fn new(id: u32, settings: Settings) -> Self {
        Self {
            id,
            settings,
            paused: false,
            connection: None,
            attempts: Vec::new(),
            securing: None,
            secured: false,
            credit: Credit::default(),
        }
    }

    /// A client of a server: connected, paused, and nothing inherited (SPEC §4.1) but `allowHalfOpen`, which is ours.
    pub(super) fn accepted(
        id: u32,
        stream: Stream,
        peer: SocketAddr,
        allow_half_open: bool,
        ready: &Arc<Ready>,
    ) -> Self {
        let mut settings = Settings::default();
        settings.allow_half_open = allow_half_open;
        Self {
            paused: true,
            connection: Some(Connection::new(id, stream, peer, ready)),
            ..Self::new(id, settings)
        }
    }

    /// How many bytes one JavaScript event may bring, from the next read on.
    pub(super) fn slice(&self) -> usize {
        self.settings.buffer_size()
    }

    /// Lets the next frame look for bytes, if reading is on.
    pub(super) fn look(&mut self) {
        let size = self.slice();
        if let (false, Some(connection)) = (self.paused, &mut self.connection) {
            connection.read_size.get_or_insert(size);
            connection.look();
        }
    }

    fn info(&self) -> SocketInfo {
        let (local, peer) = match (&self.connection, &self.securing) {
            (Some(connection), _) => (connection.local, Some(connection.peer)),
            (None, Some(securing)) => (securing.local, Some(securing.peer)),
            (None, None) => (None, None),
        };
        SocketInfo {
            connected: Some(peer.is_some()),
            peer_address: peer.map(|address| address::to_text(address.ip())),
            peer_port: peer.map(|address| address.port()),
            ..self.settings.info(self.id, self.paused, local)
        }
    }

    /// Forgets the attempt of `request`, if it is there.
    fn take_attempt(&mut self, request: u64) -> Option<Attempt> {
        let at = self.attempts.iter().position(|attempt| attempt.request == request)?;
        Some(self.attempts.remove(at))
    }
}

impl<P: Permissions> Engine<P> {
    pub(super) fn tcp_create(&mut self, params: Create) -> Outcome {
        self.create(|id| Socket::Tcp(Box::new(Tcp::new(id, Settings::new(params.properties)))))
    }

    pub(super) fn tcp_update(&mut self, params: Update) -> Outcome {
        let tcp = self.table.tcp(params.socket_id).ok_or_else(not_found)?;
        tcp.settings.update(params.properties);
        Ok(Value::None)
    }

    pub(super) fn tcp_set_paused(&mut self, params: &SetPaused) -> Outcome {
        let tcp = self.table.tcp(params.socket_id).ok_or_else(not_found)?;
        tcp.paused = params.paused;
        tcp.look();
        if params.paused
            && tcp
                .connection
                .as_ref()
                .is_some_and(|connection| connection.write_failed)
        {
            // Its end was to be reported behind the bytes still to be read; nobody reads them now.
            let id = tcp.id;
            self.end_connection(id, false);
        }
        Ok(Value::None)
    }

    pub(super) fn tcp_get_info(&mut self, params: &SocketOnly) -> Outcome {
        let tcp = self.table.tcp(params.socket_id).ok_or_else(not_found)?;
        Ok(Value::Info(Box::new(tcp.info())))
    }

    pub(super) fn tcp_get_sockets(&self) -> Value {
        self.infos(|socket| match socket {
            Socket::Tcp(tcp) => Some(tcp.info()),
            _ => None,
        })
    }

    pub(super) fn tcp_set_keep_alive(&mut self, params: &SetKeepAlive) -> Outcome {
        let delay = params.delay.unwrap_or(0);
        let on = params.enable;
        self.set_option(params.socket_id, Change::KeepAlive { on, delay })
    }

    pub(super) fn tcp_set_no_delay(&mut self, params: &SetNoDelay) -> Outcome {
        self.set_option(params.socket_id, Change::NoDelay(params.no_delay))
    }

    /// The option setters report everything as -2, an unknown id too (SPEC §1.2). While a connection is being made, they wait for it.
    fn set_option(&mut self, id: i32, change: Change) -> Outcome {
        let Some(tcp) = self.table.tcp(id) else {
            return Err(Failure::text_and_code(NOT_FOUND, NetError::Failed));
        };
        let set = match &tcp.connection {
            // What `secure()` has made of it, has no such options.
            Some(connection) if !tcp.secured => change.apply(connection.tcp()),
            Some(_) => Err(io::ErrorKind::Unsupported.into()),
            None => match tcp.attempts.iter_mut().find(|attempt| attempt.dialing) {
                Some(attempt) => attempt.early.remember(change),
                None => Err(io::ErrorKind::NotConnected.into()),
            },
        };
        set.map_err(|error| {
            tracing::debug!(socket = id, %error, "option not set");
            Failure::code(NetError::Failed)
        })?;
        Ok(Value::Zero)
    }

    /// `connect`: id, permission and the name come first; state is looked at when the name is resolved, as in Chromium.
    pub(super) fn tcp_connect(&mut self, request: u64, params: &Connect) {
        let Some(id) = self.table.tcp(params.socket_id).map(|tcp| tcp.id) else {
            return self.reply(request, Err(not_found()));
        };
        let port = port(params.peer_port);
        if !self
            .permissions
            .allows(Operation::TcpConnect, &params.peer_address, port)
        {
            return self.reply(request, Err(Failure::bare(NO_PERMISSION)));
        }
        let family = params.dns_query_type.unwrap_or_default();
        let host = tls::remember_host(&params.peer_address);
        let name = match connect::destination(&params.peer_address, port, family) {
            Destination::Known(resolved) => return self.dial(id, request, resolved, host),
            Destination::Name(name) => name,
        };
        match self.connector.resolve(id, request, name, port, family) {
            Err(error) => self.reply(request, Err(Failure::code(error))),
            Ok(abort) => {
                if let Some(tcp) = self.table.tcp_by_id(id) {
                    tcp.attempts.push(Attempt {
                        request,
                        dialing: false,
                        early: Early::default(),
                        host,
                        abort,
                    });
                }
            }
        }
    }

    /// A step of some `connect` has finished. One that was given up is not known any more.
    pub(super) fn connect_step(&mut self, finished: Finished) {
        let Finished { socket, request, step } = finished;
        let step = match step {
            Step::Resolved(resolved) if self.table.udp_by_id(socket).is_some() => {
                return self.datagram_resolved(socket, request, resolved);
            }
            step => step,
        };
        let Some(tcp) = self.table.tcp_by_id(socket) else {
            return;
        };
        let Some(Attempt { host, early, .. }) = tcp.take_attempt(request) else {
            return;
        };
        match step {
            Step::Resolved(resolved) => self.dial(socket, request, resolved, host),
            Step::Dialed(Err(error)) => self.reply(request, Err(Failure::code(error))),
            Step::Dialed(Ok((stream, peer))) => {
                options::set_defaults(&stream);
                early.apply(&stream);
                let mut connection = Connection::new(socket, Stream::Plain(stream), peer, &self.ready);
                connection.host = host;
                tcp.connection = Some(connection);
                tcp.look();
                self.reply(request, Ok(Value::Zero));
            }
        }
    }

    fn dial(&mut self, id: u32, request: u64, resolved: Result<Vec<SocketAddr>, NetError>, host: Option<Arc<str>>) {
        let Some(tcp) = self.table.tcp_by_id(id) else {
            return;
        };
        let refusal = match resolved {
            Err(error) => error,
            Ok(_) if tcp.secured || tcp.attempts.iter().any(|attempt| attempt.dialing) => NetError::ConnectionFailed,
            Ok(_) if tcp.connection.is_some() || tcp.securing.is_some() => NetError::SocketIsConnected,
            Ok(addresses) => {
                let abort = self.connector.dial(id, request, addresses);
                return tcp.attempts.push(Attempt {
                    request,
                    dialing: true,
                    early: Early::default(),
                    host,
                    abort,
                });
            }
        };
        self.reply(request, Err(Failure::code(refusal)));
    }

    pub(super) fn tcp_disconnect(&mut self, request: u64, params: &SocketOnly) {
        let Some(tcp) = self.table.tcp(params.socket_id) else {
            return self.reply(request, Err(not_found()));
        };
        let id = tcp.id;
        self.give_up_attempts(id, &Failure::code(NetError::Aborted));
        self.give_up_securing(id, Failure::code(NetError::Aborted));
        let was_reading = self.end_connection(id, false);
        self.reply(request, Ok(Value::None));
        if was_reading {
            if let Some(tcp) = self.table.tcp_by_id(id) {
                tcp.paused = true;
            }
            self.control.push(Outgoing::ReceiveError {
                socket: id,
                error: NetError::ConnectionClosed,
            });
        }
    }

    pub(super) fn tcp_close(&mut self, request: u64, params: &SocketOnly) {
        let Some(tcp) = self.table.tcp(params.socket_id) else {
            return self.reply(request, Err(not_found()));
        };
        let id = tcp.id;
        self.destroy(id, request, Ok(Value::None));
    }

    /// Ends the socket, its calls and its connection; the answer to `request` stands before the end that a reader is told.
    pub(super) fn destroy(&mut self, id: u32, request: u64, outcome: Outcome) {
        self.give_up_attempts(id, &not_found());
        self.give_up_securing(id, Failure::text_and_code(NOT_FOUND, NetError::InvalidArgument));
        let was_reading = self.end_connection(id, false);
        self.table.remove(id);
        self.reply(request, outcome);
        if was_reading {
            self.control.push(Outgoing::ReceiveError {
                socket: id,
                error: NetError::ConnectionClosed,
            });
        }
    }

    /// Completes the `connect` calls that are under way, rather than dropping them as Chromium does (decision D4).
    pub(super) fn give_up_attempts(&mut self, id: u32, failure: &Failure) {
        let Some(tcp) = self.table.tcp_by_id(id) else {
            return;
        };
        for attempt in std::mem::take(&mut tcp.attempts) {
            attempt.abort.abort();
            self.reply(attempt.request, Err(failure.clone()));
        }
    }

    /// Ends the connection, answers its sends with -15, and lets what was sent arrive.
    ///
    /// # Returns
    /// Whether it was being read, so that its end is to be reported.
    pub(super) fn end_connection(&mut self, id: u32, peer_ended: bool) -> bool {
        if !peer_ended {
            self.write_last(id);
        }
        let Some(tcp) = self.table.tcp_by_id(id) else {
            return false;
        };
        let Some(connection) = tcp.connection.take() else {
            return false;
        };
        let was_reading = !tcp.paused && !connection.peer_finished;
        self.load = self.load - connection.sends.load();
        let (stream, unsent) = connection.end(peer_ended);
        if let Some(stream) = stream {
            self.lingering.add(stream);
        }
        self.fail_sends(unsent, |_| NetError::SocketNotConnected);
        was_reading
    }
}
