//! What the user and the manifest allow an extension to do (DESIGN §7).

/// An operation that needs a permission (SPEC §5).
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
