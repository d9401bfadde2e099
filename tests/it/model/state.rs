//! The model's state: sockets as the messages that have been read so far leave them, and the calls that are not answered.
//!
//! What the host says stands in the order in which it happened: so a reply tells the state exactly as the messages before it left
//! it, and that is all this model needs to know.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use serde_json::Value;

use super::credit::Credit;
use super::datagrams::{Membership, Sent, Udp};
use super::plans::PeerPlan;
use super::program::{Kind, Place, Properties, Target};

/// Something that must not be; nothing when all is well.
pub type Check = Result<(), String>;

pub fn ensure(holds: bool, problem: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(problem()) }
}

/// A call that was made, and the socket it names.
#[derive(Clone, Debug)]
pub struct Call {
    pub socket: i64,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    Hello,
    Bye,
    /// Made behind `host.bye`.
    Late,
    Create(Kind, Properties),
    Update(Kind, Properties),
    Pause(Kind, bool),
    Info(Kind),
    List(Kind),
    Disconnect(Kind),
    Close(Kind),
    Listen(Listen),
    /// To this peer.
    Connect(Target, usize),
    Send(Send),
    Secure(Secure),
    NoDelay,
    KeepAlive(bool, i32),
    Bind(Place),
    Datagram(Sent),
    Membership(Membership),
    Groups,
    TimeToLive(i32),
    Broadcast,
}

#[derive(Clone, Copy, Debug)]
pub struct Send {
    pub length: usize,
    /// Whether its last chunk may come later than the others.
    pub open: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct Secure {
    /// Sends were not answered when it was called, so it may or may not have found them done.
    pub sends: bool,
    /// Calls behind it were answered and it was not: so it has begun, and what those say is what it is like meanwhile.
    pub begun: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    AnyPort,
    ThisPort,
    Taken,
    Invalid,
}

impl Call {
    /// Whether the reply waits for nobody but the host.
    pub fn is_immediate(&self) -> bool {
        match self.what {
            What::Connect(..) | What::Send(_) | What::Secure(_) => false,
            What::Datagram(sent) => !sent.named,
            _ => true,
        }
    }

    /// Whether it may end what the socket has under way.
    pub fn is_end(&self) -> bool {
        matches!(
            self.what,
            What::Disconnect(Kind::Tcp) | What::Close(Kind::Tcp) | What::Secure(_)
        )
    }
}

#[derive(Debug)]
pub struct Socket {
    pub properties: Properties,
    pub paused: bool,
    /// Of a server that speaks TLS, as it told last.
    pub failed_handshakes: Option<u64>,
    /// What `secure` makes of a socket it is for good.
    pub secured: bool,
    pub role: Role,
}

#[derive(Debug)]
pub enum Role {
    Server(Option<Listening>),
    Tcp(Option<Connection>),
    Udp(Udp),
}

impl Role {
    pub fn connection(&self) -> Option<&Connection> {
        match self {
            Self::Tcp(connection) => connection.as_ref(),
            _ => None,
        }
    }

    pub fn is_busy(&self) -> bool {
        match self {
            Self::Server(listening) => listening.is_some(),
            Self::Tcp(connection) => connection.is_some(),
            Self::Udp(udp) => udp.bound.is_some(),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Listening {
    /// Which of all the successful calls of `listen` began it.
    pub number: usize,
    /// Once it was told.
    pub port: Option<u16>,
}

/// A connection, from `onAccept` or the reply of `connect` to its end.
#[allow(clippy::struct_excessive_bools, reason = "independent of each other")]
#[derive(Debug)]
pub struct Connection {
    /// Once it is known: an accepted one is recognised by its ports.
    pub peer: Option<usize>,
    pub accepted: bool,
    pub tls: bool,
    /// A `secure` began and came to nothing, so nobody can say how its peer sees the end.
    pub gave_up: bool,
    pub local_port: Option<u16>,
    pub peer_port: Option<u16>,
    /// The most that the read under way brings; a new `bufferSize` counts from the next one (T-21).
    pub read_size: Option<i32>,
    /// Bytes received.
    pub position: u64,
    /// A send failed: only the end is still to come.
    pub write_failed: bool,
    /// Sends that were answered with success, in order: request and length.
    pub sent: Vec<(u64, usize)>,
    /// Those that failed; a part of the first may have been written.
    pub failed: Vec<(u64, usize)>,
    /// Sends were answered with -15 because of an end that we asked for.
    pub cut: bool,
    pub ended: Option<Instant>,
}

impl Connection {
    pub fn new(peer: Option<usize>) -> Self {
        Self {
            peer,
            accepted: peer.is_none(),
            tls: false,
            gave_up: false,
            local_port: None,
            peer_port: None,
            read_size: None,
            position: 0,
            write_failed: false,
            sent: Vec::new(),
            failed: Vec::new(),
            cut: false,
            ended: None,
        }
    }
}

#[derive(Debug, Default)]
pub struct Model {
    pub sockets: BTreeMap<u64, Socket>,
    pub peers: Vec<PeerPlan>,
    pub pending: BTreeMap<u64, Call>,
    /// The request whose reply is being looked at.
    pub answering: u64,
    pub credit: Credit,
    /// Connections that have ended.
    pub finished: Vec<Connection>,
    /// The highest id that was given out, or what stands before the first.
    pub last_id: u64,
    /// How many sockets there may be.
    pub limit: u64,
    /// Whether servers speak TLS, how many clients that do were announced, and how many may have been.
    pub tls: bool,
    pub announced: usize,
    pub shaking: Arc<AtomicUsize>,
    pub listens: usize,
    /// Sockets whose end the reply of `disconnect` or `close` promises.
    pub due: Vec<u64>,
    /// The pipe was closed or `host.bye` was sent.
    pub ending: bool,
    /// Lists that have arrived in part.
    pub parts: BTreeMap<u64, Vec<Value>>,
    /// Payload bytes that were sent to the host, and those it says it has taken.
    pub payload: (u64, u64),
}

impl Model {
    pub fn socket(&mut self, kind: Kind, id: i64) -> Option<&mut Socket> {
        let socket = self.sockets.get_mut(&u64::try_from(id).ok()?)?;
        (socket.kind() == kind).then_some(socket)
    }

    /// The connection of a `tcp` socket.
    pub fn connection(&mut self, id: i64) -> Option<&mut Connection> {
        match &mut self.socket(Kind::Tcp, id)?.role {
            Role::Tcp(connection) => connection.as_mut(),
            _ => None,
        }
    }

    /// The ids of one namespace, lowest first.
    pub fn ids(&self, kind: Kind) -> Vec<u64> {
        self.ids_if(kind, |_| true)
    }

    pub fn ids_if(&self, kind: Kind, filter: impl Fn(&Role) -> bool) -> Vec<u64> {
        let sockets = self.sockets.iter();
        let found = sockets.filter(|(_, socket)| socket.kind() == kind && filter(&socket.role));
        found.map(|(id, _)| *id).collect()
    }

    pub fn is_full(&self) -> bool {
        self.sockets.len() as u64 >= self.limit
    }

    /// Whether a call that is not answered names this socket and passes the filter.
    pub fn is_pending(&self, socket: i64, filter: impl Fn(u64, &Call) -> bool) -> bool {
        let mut pending = self.pending.iter();
        pending.any(|(id, call)| call.socket == socket && filter(*id, call))
    }

    /// The connection is over; with it all that is still to be answered can only fail.
    pub fn finish(&mut self, id: u64) {
        let pending = self.pending.iter().filter_map(|(request, call)| match call.what {
            What::Send(send) if call.socket.cast_unsigned() == id => Some((*request, send.length)),
            _ => None,
        });
        let pending: Vec<_> = pending.collect();
        let Some(Socket {
            role: Role::Tcp(connection),
            ..
        }) = self.sockets.get_mut(&id)
        else {
            return;
        };
        if let Some(mut connection) = connection.take() {
            connection.failed.extend(pending);
            connection.ended = Some(Instant::now());
            self.finished.push(connection);
        }
    }
}
