//! The messages between the shim and this host, as `PROTOCOL.md` lists them.
//!
//! Format only: bytes to values and values to bytes. Nothing here reads, writes or waits.

mod base64;
mod buffer;
mod decode;
mod encode;
mod outgoing;
mod params;
mod request;

pub use decode::{Incoming, MAX_MESSAGES, decode};
pub use encode::{Frame, FrameWriter};
pub use outgoing::{
    Failure, FrameSink, GeneratedPair, HelloCredit, HelloLimits, HelloReply, NetworkInterface, Outgoing, Placed,
    SocketInfo, Value,
};
pub use params::{Bounded, Data, MAX_MANIFEST_KEY, MAX_NAME, MAX_PEM, ManifestKey, Name, Pem};
pub use request::{
    Ack, Bind, Call, Connect, Create, DnsQueryType, GenerateCertificate, GenerateOptions, Group, Hello, Hosts, Listen,
    NoParams, Properties, Secure, SecureOptions, Send, ServerCreate, ServerProperties, ServerUpdate, SetEnabled,
    SetKeepAlive, SetNoDelay, SetPaused, SetTimeToLive, SocketOnly, TlsPair, TlsVersion, TlsVersions, UdpSend, Update,
};

/// The lowest and the highest protocol this host speaks.
pub const PROTOCOLS: (u32, u32) = (1, 1);

/// The largest socket id a session may start at, so that counting up never leaves 31 bits.
pub const MAX_FIRST_SOCKET_ID: u32 = (1 << 31) - (1 << 20);
