//! What the user and the manifest allow an extension to do.
//!
//! [`Gates`] is what the host uses; [`AllowAll`] is for tests of the engine. A request must pass both gates: the user's policy,
//! and what the extension's manifest declares.

mod file;
mod gates;
mod grants;
mod look;
#[cfg(test)]
mod observed_tests;
#[cfg(test)]
mod oracle_gates_tests;
#[cfg(test)]
mod oracle_tests;
mod pattern;

pub(crate) use file::read_trusted;
pub use file::{FILE_NAME, MAX_FILE_BYTES};
pub use gates::{Dirs, Gates};
pub use grants::Grants;
pub(crate) use grants::KEYS;
pub use pattern::{Dialect, InvalidPattern, Pattern};

/// An operation that Chromium asks a permission for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `sockets.tcpServer.listen`.
    TcpServerListen,
    /// `sockets.tcp.connect`.
    TcpConnect,
    /// `sockets.udp.bind`.
    UdpBind,
    /// `sockets.udp.send`.
    UdpSend,
    /// `sockets.udp.joinGroup`, `leaveGroup` and `getJoinedGroups`.
    UdpMulticastMembership,
}

/// What the engine asks before it listens or connects.
pub trait Permissions {
    /// Whether `operation` is allowed for the host text as the application passed it and the port modulo 65536.
    fn allows(&mut self, operation: Operation, host: &str, port: u16) -> bool;
}

/// Permits everything; for tests that are about something else.
#[derive(Clone, Copy, Debug, Default)]
pub struct AllowAll;

impl Permissions for AllowAll {
    fn allows(&mut self, _: Operation, _: &str, _: u16) -> bool {
        true
    }
}
