//! Socket options, each where the platforms differ explained.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

/// What Chromium sets on every TCP socket: idle time and interval of keep-alive probes (SPEC §4.2).
const KEEP_ALIVE: Duration = Duration::from_secs(45);

/// The kernel's queue when the caller names none: `SOMAXCONN` of current systems; the kernel clamps it to its own limit.
const DEFAULT_BACKLOG: i32 = 4096;

/// On Linux an accepted socket begins with the listener's options, which saves four calls for each.
const ACCEPTED_INHERIT: bool = cfg!(target_os = "linux");

/// A listening socket. `IPV6_V6ONLY` stays the system's default, as Chromium leaves it.
pub(super) fn listen(address: SocketAddr, backlog: Option<i32>) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // On POSIX the option only lets a port be bound again whose old connections are in TIME_WAIT. On Windows it would let others
    // bind the same address; without it they cannot, whatever options they set. Chromium sets SO_EXCLUSIVEADDRUSE there, which also
    // keeps programs of the same user from taking one address of a port that is bound for all of them. No crate sets that without
    // `unsafe` here (socket2 and tokio do not know it), and those programs could as well debug us.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    if ACCEPTED_INHERIT {
        set_defaults_of(&socket);
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(backlog.unwrap_or(DEFAULT_BACKLOG))?;
    TcpListener::from_std(socket.into())
}

/// Chromium's defaults for a connected socket.
pub(super) fn set_defaults(stream: &TcpStream) {
    set_defaults_of(&SockRef::from(stream));
}

/// The same for an accepted one.
pub(super) fn set_accepted_defaults(stream: &TcpStream) {
    if !ACCEPTED_INHERIT {
        set_defaults(stream);
    }
}

/// A peer that is gone already may make this fail, which is no news.
fn set_defaults_of(socket: &Socket) {
    let keep_alive = TcpKeepalive::new().with_time(KEEP_ALIVE).with_interval(KEEP_ALIVE);
    if let Err(error) = socket
        .set_tcp_nodelay(true)
        .and_then(|()| socket.set_tcp_keepalive(&keep_alive))
    {
        tracing::debug!(%error, "default options not set");
    }
}

/// What a udp socket is bound with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Multicast {
    pub(super) time_to_live: u8,
    pub(super) loopback: bool,
}

impl Default for Multicast {
    fn default() -> Self {
        Self {
            time_to_live: 1,
            loopback: true,
        }
    }
}

/// A bound udp socket. No address is shared with another socket, and `IPV6_V6ONLY` stays the system's default, as in Chromium.
pub(super) fn bind(address: SocketAddr, multicast: Multicast) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    let hops = u32::from(multicast.time_to_live);
    if address.is_ipv4() {
        socket.set_multicast_ttl_v4(hops)?;
        socket.set_multicast_loop_v4(multicast.loopback)?;
    } else {
        socket.set_multicast_hops_v6(hops)?;
        socket.set_multicast_loop_v6(multicast.loopback)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

/// `joinGroup` and `leaveGroup`, on the interface that the system chooses.
pub(super) fn set_membership(socket: &UdpSocket, group: IpAddr, join: bool) -> io::Result<()> {
    match (group, join) {
        (IpAddr::V4(group), true) => socket.join_multicast_v4(group, Ipv4Addr::UNSPECIFIED),
        (IpAddr::V4(group), false) => socket.leave_multicast_v4(group, Ipv4Addr::UNSPECIFIED),
        (IpAddr::V6(group), true) => socket.join_multicast_v6(&group, 0),
        (IpAddr::V6(group), false) => socket.leave_multicast_v6(&group, 0),
    }
}

/// `setBroadcast`. On macOS Chromium shares the port then, too.
pub(super) fn set_broadcast(socket: &UdpSocket, on: bool) -> io::Result<()> {
    #[cfg(target_os = "macos")]
    SockRef::from(socket).set_reuse_port(on)?;
    socket.set_broadcast(on)
}

/// What `setNoDelay` and `setKeepAlive` change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    NoDelay(bool),
    /// A positive `delay` in seconds sets idle time and interval alike, as Chromium does; 0 leaves both. Nobody looks at it when
    /// keep-alive is switched off.
    KeepAlive {
        on: bool,
        delay: i32,
    },
}

impl Change {
    pub(super) fn apply(self, stream: &TcpStream) -> io::Result<()> {
        self.apply_to(&SockRef::from(stream))
    }

    fn apply_to(self, socket: &Socket) -> io::Result<()> {
        match self {
            Self::NoDelay(on) => socket.set_tcp_nodelay(on),
            Self::KeepAlive { on: true, delay } if delay != 0 => {
                let delay = u64::try_from(delay).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
                let delay = Duration::from_secs(delay);
                socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(delay).with_interval(delay))
            }
            Self::KeepAlive { on, .. } => socket.set_keepalive(on),
        }
    }
}

/// Changes that were asked for while the connection was being made, for when it is there.
#[derive(Debug, Default)]
pub(super) struct Early {
    no_delay: Option<bool>,
    keep_alive: Option<bool>,
    /// The last delay that was set, which switching off and on again leaves.
    delay: Option<i32>,
}

impl Early {
    /// # Errors
    /// What the system says of such a change, which a socket is asked that is then thrown away.
    pub(super) fn remember(&mut self, change: Change) -> io::Result<()> {
        change.apply_to(&Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?)?;
        match change {
            Change::NoDelay(on) => self.no_delay = Some(on),
            Change::KeepAlive { on, delay } => {
                self.keep_alive = Some(on);
                if on && delay != 0 {
                    self.delay = Some(delay);
                }
            }
        }
        Ok(())
    }

    /// A peer that is gone already may make this fail, which is no news.
    pub(super) fn apply(self, stream: &TcpStream) {
        let changes = [
            self.no_delay.map(Change::NoDelay),
            self.delay.map(|delay| Change::KeepAlive { on: true, delay }),
            self.keep_alive.map(|on| Change::KeepAlive { on, delay: 0 }),
        ];
        for change in changes.into_iter().flatten() {
            if let Err(error) = change.apply(stream) {
                tracing::debug!(?change, %error, "option not set");
            }
        }
    }
}

/// Makes the coming close a reset: nobody must take half a message for a whole one.
pub(super) fn reset_on_close(stream: &TcpStream) {
    if let Err(error) = SockRef::from(stream).set_linger(Some(Duration::ZERO)) {
        tracing::debug!(%error, "the connection cannot be reset");
    }
}

/// Sends FIN; what is in the kernel's buffer goes first.
pub(super) fn finish(stream: &TcpStream) {
    if let Err(error) = SockRef::from(stream).shutdown(std::net::Shutdown::Write) {
        tracing::debug!(%error, "no FIN was sent");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(not(windows))]
    #[track_caller]
    fn assert_probes(socket: &Socket, every: Duration) {
        assert_eq!(socket.tcp_keepalive_time().unwrap(), every);
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), every);
    }

    /// Windows takes both times by `SIO_KEEPALIVE_VALS`, which cannot be read back: that the call succeeded is all there is.
    #[cfg(windows)]
    fn assert_probes(_: &Socket, _: Duration) {}

    #[tokio::test]
    async fn t60_defaults_and_what_changes_them() {
        let listener = listen(([127, 0, 0, 1], 0).into(), None).unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        set_defaults(&stream);
        set_accepted_defaults(&accepted);
        for socket in [SockRef::from(&stream), SockRef::from(&accepted)] {
            assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
            assert_probes(&socket, KEEP_ALIVE);
        }
        let socket = SockRef::from(&stream);

        let keep_alive = |on, delay| Change::KeepAlive { on, delay };
        Change::NoDelay(false).apply(&stream).unwrap();
        keep_alive(true, 1000).apply(&stream).unwrap();
        assert!(!socket.tcp_nodelay().unwrap());
        assert_probes(&socket, Duration::from_secs(1000));
        keep_alive(false, 5).apply(&stream).unwrap();
        assert!(!socket.keepalive().unwrap());
        assert!(keep_alive(true, -1).apply(&stream).is_err());
        keep_alive(false, -1).apply(&stream).unwrap();

        // The same before there is a connection.
        let mut early = Early::default();
        early.remember(Change::NoDelay(true)).unwrap();
        early.remember(keep_alive(true, 500)).unwrap();
        early.remember(keep_alive(false, 5)).unwrap();
        assert!(early.remember(keep_alive(true, -1)).is_err());
        early.remember(keep_alive(false, -1)).unwrap();
        early.remember(keep_alive(true, 0)).unwrap();
        early.apply(&stream);
        assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        assert_probes(&socket, Duration::from_secs(500));
        let mut early = Early::default();
        early.remember(keep_alive(true, 700)).unwrap();
        early.remember(keep_alive(false, 0)).unwrap();
        early.apply(&stream);
        assert!(!socket.keepalive().unwrap());
        assert_probes(&socket, Duration::from_secs(700));
    }

    /// Not even with the option that on Windows is made for taking addresses over.
    #[tokio::test]
    async fn an_address_somebody_listens_on_is_taken_by_nobody() {
        let listener = listen(([127, 0, 0, 1], 0).into(), None).unwrap();
        let address = listener.local_addr().unwrap();
        for reuse in [false, true] {
            let other = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            other.set_reuse_address(reuse).unwrap();
            let taken = other.bind(&address.into()).and_then(|()| other.listen(1));
            assert!(taken.is_err(), "with SO_REUSEADDR {reuse}");
        }
        drop(listener);
        listen(address, None).expect("free again at once");
    }

    #[tokio::test]
    async fn u50_what_was_set_before_is_what_the_socket_is_bound_with() {
        let multicast = Multicast {
            time_to_live: 5,
            loopback: false,
        };
        for (address, multicast) in [("127.0.0.1:0", multicast), ("127.0.0.1:0", Multicast::default())] {
            let socket = bind(address.parse().unwrap(), multicast).unwrap();
            let socket = SockRef::from(&socket);
            assert_eq!(socket.multicast_ttl_v4().unwrap(), u32::from(multicast.time_to_live));
            assert_eq!(socket.multicast_loop_v4().unwrap(), multicast.loopback);
        }
        let socket = bind("[::1]:0".parse().unwrap(), multicast).unwrap();
        let socket = SockRef::from(&socket);
        assert_eq!(socket.multicast_hops_v6().unwrap(), 5);
        assert!(!socket.multicast_loop_v6().unwrap());
    }
}
