//! Everything the host says, as plain values; `encode` makes JSON of them.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use serde::Serialize;

use crate::net_error::NetError;

/// A message to the browser that carries no payload.
#[derive(Clone, Debug, PartialEq)]
pub enum Outgoing {
    /// The answer to a request.
    Reply {
        /// The request's id.
        id: u64,
        /// What it came to.
        outcome: Result<Value, Failure>,
    },
    /// `sockets.tcpServer.onAccept`
    Accept {
        /// The listening socket.
        socket: u32,
        /// The new tcp socket.
        client: u32,
    },
    /// `sockets.tcpServer.onAcceptError`
    AcceptError {
        /// The listening socket.
        socket: u32,
        /// Why.
        error: NetError,
    },
    /// `sockets.tcp.onReceiveError`
    ReceiveError {
        /// The socket.
        socket: u32,
        /// Why.
        error: NetError,
    },
    /// `sockets.udp.onReceiveError`
    UdpReceiveError {
        /// The socket.
        socket: u32,
        /// Why.
        error: NetError,
    },
    /// `host.ack`: payload taken from the pipe, cumulative.
    Taken {
        /// Decoded bytes.
        bytes: u64,
    },
    /// `host.error`: something no reply can be addressed to.
    Error {
        /// What was wrong.
        message: String,
    },
    /// `host.error` with `fatal`: nothing comes after it.
    LastWords {
        /// Why the host ends.
        message: String,
    },
}

/// The value of a successful reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Success without a value.
    None,
    /// Success where Chrome reports a code: 0.
    Zero,
    /// A new socket.
    Created(u32),
    /// A send's end.
    Sent(u64),
    /// `getInfo`
    Info(Box<SocketInfo>),
    /// `getSockets`; an encoder takes from the front what fits into a frame.
    Infos(VecDeque<SocketInfo>),
    /// `getNetworkInterfaces`
    Interfaces(Vec<NetworkInterface>),
    /// `getJoinedGroups`
    Groups(Vec<String>),
    /// `generateCertificate`
    Generated(Box<GeneratedPair>),
    /// `host.hello`
    Hello(Box<HelloReply>),
}

/// A certificate and its key, in PEM.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GeneratedPair {
    /// The certificate, which has signed itself.
    pub certificate: String,
    /// Its key.
    pub private_key: String,
}

impl std::fmt::Debug for GeneratedPair {
    // A key never reaches a log, not even through a debug print.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a certificate and its key")
    }
}

/// One address of this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkInterface {
    /// The system's name of the interface.
    pub name: String,
    /// One of its addresses, in canonical text.
    pub address: String,
    /// How many bits of it are the network's.
    pub prefix_length: u8,
}

/// The answer to `host.hello`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HelloReply {
    /// The protocol both sides speak from now on.
    pub protocol: u32,
    /// This host's version.
    pub host: &'static str,
    /// Optional abilities.
    pub features: &'static [&'static str],
    /// What the session may hold.
    pub limits: HelloLimits,
    /// The windows of host → browser credit.
    pub credit: HelloCredit,
    /// How many un-acked payload bytes the shim may send.
    pub send_window: u64,
    /// What is wrong with the manifest key `sockets`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest_error: Option<String>,
}

/// See [`HelloReply`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HelloLimits {
    /// Sockets at once.
    pub sockets: usize,
}

/// See [`HelloReply`]: `socket` and `port` in bytes, `accepts` in events.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs, reason = "named in the struct's own sentence")]
pub struct HelloCredit {
    pub socket: u64,
    pub port: u64,
    pub accepts: u64,
}

/// A failed reply: what `lastError` says, and the value that Chromium hands over beside it (SPEC §0.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `lastError.message`
    pub message: Cow<'static, str>,
    /// Chrome's code, where there is one.
    pub code: Option<i32>,
    /// How the code is handed to the callback.
    pub shape: Shape,
}

/// What a callback gets when its call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Nothing.
    Bare,
    /// The code.
    Code,
    /// `{resultCode: code}`.
    Info,
}

impl Failure {
    /// A text and nothing else: the callback gets no arguments.
    pub fn bare(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            message: message.into(),
            code: None,
            shape: Shape::Bare,
        }
    }

    /// A network error whose code is the callback's argument.
    pub fn code(error: NetError) -> Self {
        Self {
            message: error.message().into(),
            code: Some(error.code()),
            shape: Shape::Code,
        }
    }

    /// A text of its own beside a code that is the callback's argument.
    pub fn text_and_code(message: &'static str, error: NetError) -> Self {
        Self {
            message: message.into(),
            code: Some(error.code()),
            shape: Shape::Code,
        }
    }

    /// A network error whose code stands in an object.
    pub fn info(error: NetError) -> Self {
        Self {
            message: error.message().into(),
            code: Some(error.code()),
            shape: Shape::Info,
        }
    }

    /// A network error without a place in the callback's arguments.
    pub fn hidden(error: NetError) -> Self {
        Self {
            message: error.message().into(),
            code: Some(error.code()),
            shape: Shape::Bare,
        }
    }
}

/// `getInfo` of either kind; absent fields are absent on the wire.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SocketInfo {
    /// The socket.
    pub socket_id: u32,
    /// Its flag, as set.
    pub persistent: bool,
    /// Its name, unless empty.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub name: Option<Arc<str>>,
    /// Its buffer size, if positive (tcp).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffer_size: Option<i32>,
    /// Whether its events are held back.
    pub paused: bool,
    /// Whether it has a peer (tcp).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected: Option<bool>,
    /// Own address while listening or connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_address: Option<String>,
    /// Own port while listening or connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_port: Option<u16>,
    /// The peer's address while connected (tcp).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_address: Option<String>,
    /// The peer's port while connected (tcp).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_port: Option<u16>,
    /// Its flag, if set (tcp and tcpServer).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_half_open: Option<bool>,
    /// Whether its clients speak TLS, if they do (tcpServer).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<bool>,
    /// How many handshakes of clients have failed, if they speak TLS (tcpServer).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_handshakes: Option<u64>,
}

#[allow(clippy::ref_option, reason = "serde's signature")]
fn as_text<S: serde::Serializer>(name: &Option<Arc<str>>, serializer: S) -> Result<S::Ok, S::Error> {
    name.as_deref().serialize(serializer)
}

impl SocketInfo {
    /// About how many bytes it takes on the wire.
    fn weight(&self) -> usize {
        160 + self.name.as_ref().map_or(0, |name| name.len())
    }
}

impl Outgoing {
    /// About how many bytes it takes on the wire, for the budget of unwritten replies.
    #[must_use]
    pub fn weight(&self) -> usize {
        match self {
            Self::Reply {
                outcome: Ok(Value::Info(info)),
                ..
            } => 32 + info.weight(),
            Self::Reply {
                outcome: Ok(Value::Infos(list)),
                ..
            } => 32 + list.iter().map(SocketInfo::weight).sum::<usize>(),
            Self::Reply {
                outcome: Err(failure), ..
            } => 96 + failure.message.len(),
            Self::Reply {
                outcome: Ok(Value::Groups(list)),
                ..
            } => 32 + list.iter().map(|group| 3 + group.len()).sum::<usize>(),
            Self::Reply {
                outcome: Ok(Value::Interfaces(list)),
                ..
            } => 32 + list.iter().map(|each| 96 + each.name.len()).sum::<usize>(),
            Self::Reply {
                outcome: Ok(Value::Generated(pair)),
                ..
            } => 96 + pair.certificate.len() + pair.private_key.len(),
            Self::Error { message } => 64 + message.len(),
            _ => 96,
        }
    }
}

/// What became of a message that was offered to a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It stands in the frame.
    Whole,
    /// A part of its list stands in the frame; offer the rest to the next one.
    Part,
    /// There is no room; offer it to the next frame.
    Full,
}

/// A frame in the making, as the engine sees it.
///
/// What is placed is final: it will be written, in this order.
pub trait FrameSink {
    /// Places a message without payload.
    fn control(&mut self, message: &mut Outgoing) -> Placed;

    /// The most payload bytes the next [`FrameSink::receive`] may bring; 0 when the frame has enough.
    /// Asking begins the frame's payload part, which has its own budget for whatever is placed from then on.
    fn payload_room(&mut self) -> usize;

    /// Places `sockets.tcp.onReceive`. `slice` is how many bytes one JavaScript event may bring.
    fn receive(&mut self, socket: u32, slice: usize, bytes: &[u8]);

    /// Places `sockets.udp.onReceive`: one datagram and its sender, whose address needs no escapes.
    fn receive_from(&mut self, socket: u32, bytes: &[u8], address: &str, port: u16);
}
