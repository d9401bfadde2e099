//! The error table, SPEC §7, against failures of a real kernel: what this computer's own network can be made to do, and for the
//! rest networks of the tests' own (`namespaces`) and a kernel that refuses (`refusals`). In the same networks Chromium's own API
//! gives the same codes.

use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use serde_json::{Value, json};

use crate::host::{Host, Setup, write_policy};
use crate::namespaces::{beside, host_in, host_through};
use crate::peers::{closed_port, dial, done, listener, net, read_exact, reset, sent, text_only, zero};
use crate::refusals::Refusal;

/// Every errno that SPEC §7.1 names, and what it is to Chrome.
const ERRNOS: &[(&[Errno], i32, &str)] = &[
    (&[Errno::AGAIN, Errno::WOULDBLOCK], -1, "IO_PENDING"),
    (
        &[Errno::ACCESS, Errno::PERM, Errno::ISDIR, Errno::ROFS, Errno::TXTBSY],
        -10,
        "ACCESS_DENIED",
    ),
    (&[Errno::NETDOWN], -106, "INTERNET_DISCONNECTED"),
    (&[Errno::TIMEDOUT], -7, "TIMED_OUT"),
    (
        &[Errno::CONNRESET, Errno::NETRESET, Errno::PIPE],
        -101,
        "CONNECTION_RESET",
    ),
    (&[Errno::CONNABORTED], -103, "CONNECTION_ABORTED"),
    (&[Errno::CONNREFUSED], -102, "CONNECTION_REFUSED"),
    (
        &[
            Errno::HOSTUNREACH,
            Errno::HOSTDOWN,
            Errno::NETUNREACH,
            Errno::AFNOSUPPORT,
        ],
        -109,
        "ADDRESS_UNREACHABLE",
    ),
    (&[Errno::ADDRNOTAVAIL], -108, "ADDRESS_INVALID"),
    (&[Errno::MSGSIZE], -142, "MSG_TOO_BIG"),
    (&[Errno::NOTCONN], -15, "SOCKET_NOT_CONNECTED"),
    (&[Errno::ISCONN], -23, "SOCKET_IS_CONNECTED"),
    (
        &[Errno::INVAL, Errno::TOOBIG, Errno::FAULT, Errno::NODEV],
        -4,
        "INVALID_ARGUMENT",
    ),
    (&[Errno::ADDRINUSE], -147, "ADDRESS_IN_USE"),
    (&[Errno::BADF], -5, "INVALID_HANDLE"),
    (
        &[
            Errno::MFILE,
            Errno::NFILE,
            Errno::BUSY,
            Errno::DEADLK,
            Errno::NOLCK,
            Errno::USERS,
        ],
        -12,
        "INSUFFICIENT_RESOURCES",
    ),
    (&[Errno::CANCELED], -3, "ABORTED"),
    (&[Errno::DQUOT, Errno::NOSPC], -18, "FILE_NO_SPACE"),
    (&[Errno::EXIST], -16, "FILE_EXISTS"),
    (&[Errno::FBIG], -8, "FILE_TOO_BIG"),
    (&[Errno::NAMETOOLONG], -17, "FILE_PATH_TOO_LONG"),
    (&[Errno::NOENT, Errno::NOTDIR], -6, "FILE_NOT_FOUND"),
    (&[Errno::NOBUFS], -176, "NO_BUFFER_SPACE"),
    (&[Errno::NOMEM], -13, "OUT_OF_MEMORY"),
    (
        &[Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP, Errno::NOPROTOOPT],
        -11,
        "NOT_IMPLEMENTED",
    ),
];

/// Longer than the host takes a policy for one that may still be changing.
const POLICY_SETTLES: Duration = Duration::from_millis(300);

/// The highest errno of Linux.
const LAST_ERRNO: i32 = 133;

/// The reply to a failed call, by SPEC §7.1.
fn by_table(errno: Errno) -> Value {
    let row = ERRNOS.iter().find(|(errnos, ..)| errnos.contains(&errno));
    row.map_or(net(-2, "FAILED"), |&(_, code, name)| net(code, name))
}

#[test]
fn e01_e07_e11_every_errno_that_a_listen_can_fail_with() {
    // The backlog, which only the kernel looks at, says how it shall fail.
    let backlog = |errno: i32| 10_000 + errno;
    let errnos = || (1..=LAST_ERRNO).map(Errno::from_raw_os_error);
    let refusals = errnos().map(|errno| Refusal::listen(backlog(errno.raw_os_error()), errno));
    let mut host = Setup {
        refusals: refusals.collect(),
        ..Setup::default()
    }
    .start();
    let server = host.create("tcpServer");
    let mut listen = |backlog: i32| {
        let params = json!({"socketId": server, "address": "127.0.0.1", "port": 0, "backlog": backlog});
        host.call("tcpServer.listen", params)
    };
    for errno in errnos() {
        assert_eq!(listen(backlog(errno.raw_os_error())), by_table(errno), "{errno:?}");
    }
    // None of them has left anything behind.
    assert_eq!(listen(9_999), zero());
}

#[test]
fn e07_e09_e10_what_a_failed_connect_reports() {
    for (errno, code, name) in [
        (Errno::ACCESS, -138, "NETWORK_ACCESS_DENIED"),
        (Errno::PERM, -10, "ACCESS_DENIED"),
        (Errno::TIMEDOUT, -118, "CONNECTION_TIMED_OUT"),
        (Errno::IO, -104, "CONNECTION_FAILED"),
        (Errno::NETDOWN, -106, "INTERNET_DISCONNECTED"),
        (Errno::NOBUFS, -176, "NO_BUFFER_SPACE"),
        (Errno::CONNRESET, -101, "CONNECTION_RESET"),
        (Errno::CONNABORTED, -103, "CONNECTION_ABORTED"),
    ] {
        let mut host = Setup {
            refusals: vec![Refusal::connect(errno)],
            ..Setup::default()
        }
        .start();
        let socket = host.create("tcp");
        assert_eq!(host.connect(socket, "127.0.0.1", 9), net(code, name), "{errno:?}");
        assert_eq!(host.info("tcp", socket)["connected"], false);
    }
}

#[test]
fn e07_s66_what_a_failed_accept_reports() {
    for (errno, code) in [
        (Errno::NFILE, -12),
        (Errno::NOMEM, -13),
        (Errno::NOBUFS, -176),
        (Errno::PERM, -10),
        (Errno::PROTO, -2),
    ] {
        let mut host = Setup {
            refusals: vec![Refusal::accept(errno)],
            ..Setup::default()
        }
        .start();
        let (server, port) = host.server();
        let _peer = dial(port);
        let failed = json!({"socketId": server, "resultCode": code});
        assert_eq!(host.event("tcpServer.onAcceptError"), failed, "{errno:?}");
        assert_eq!(host.info("tcpServer", server)["paused"], true);
        // D1: un-pausing tries again; the client is still there, and so is the reason.
        host.pause("tcpServer", server, false);
        assert_eq!(host.event("tcpServer.onAcceptError"), failed, "{errno:?} again");
        assert_eq!(host.left_over(), Vec::<Value>::new());
    }
}

/// POSIX lets `accept` tell of a client that has left. Here they all have, and for ever: accepting goes on, and so does all else.
#[test]
fn e07_a_client_that_left_before_it_was_accepted_is_no_error() {
    let mut host = Setup {
        refusals: vec![Refusal::accept(Errno::CONNABORTED)],
        ..Setup::default()
    }
    .start();
    let (server, port) = host.server();
    let _peer = dial(port);
    let (socket, mut peer) = host.dialed();
    for round in 0..20 {
        assert_eq!(host.write(socket, b"on"), sent(2));
        assert_eq!(read_exact(&mut peer, 2), b"on", "round {round}");
        assert_eq!(host.info("tcpServer", server)["paused"], false);
    }
    assert_eq!(host.left_over(), Vec::<Value>::new());
}

#[test]
fn e07_a_family_that_the_system_does_not_have() {
    const AF_INET6: i32 = 10;
    let mut host = Setup {
        refusals: vec![Refusal::socket(AF_INET6, Errno::AFNOSUPPORT)],
        ..Setup::default()
    }
    .start();
    let (_listener, port) = listener();
    let server = host.create("tcpServer");
    let unsupported = net(-109, "ADDRESS_UNREACHABLE");
    for address in ["::1", "::"] {
        assert_eq!(host.listen(server, address, 0), unsupported);
    }
    // It is not for the lack of a network, so it is the same on a computer that has none.
    let socket = host.create("tcp");
    assert_eq!(host.connect(socket, "::1", port), unsupported);
    assert_eq!(host.listen(server, "127.0.0.1", 0), zero());
    assert_eq!(host.connect(socket, "localhost", port), zero());
}

#[test]
fn e01_e11_what_the_loopback_alone_can_do() {
    let mut host = Host::new();
    let (held, in_use) = listener();
    let (_closed, closed) = closed_port();
    let server = host.create("tcpServer");
    assert_eq!(host.listen(server, "127.0.0.1", in_use), net(-147, "ADDRESS_IN_USE"));
    // A range that is never given to anybody.
    assert_eq!(host.listen(server, "240.0.0.1", 0), net(-108, "ADDRESS_INVALID"));
    let socket = host.create("tcp");
    assert_eq!(
        host.connect(socket, "127.0.0.1", closed),
        net(-102, "CONNECTION_REFUSED")
    );
    // T-29: a reset is the end like any other.
    assert_eq!(host.connect(socket, "127.0.0.1", in_use), zero());
    reset(held.accept().unwrap().0);
    host.ended(socket);
}

/// No descriptor is left, though the table of sockets has room: as when a library of the process took them.
#[test]
fn e07_no_descriptors_left() {
    let mut host = Host::new();
    let (_listener, port) = listener();
    let (server, socket) = (host.create("tcpServer"), host.create("tcp"));
    // Asked once, so that what is needed once has been opened.
    assert_eq!(host.connect(socket, "127.0.0.1", port), zero());
    assert_eq!(host.simple("tcp.disconnect", socket), done());
    let pid = Pid::from_raw(i32::try_from(host.pid()).unwrap());
    // What is open stays open, and nothing can be opened beside it.
    let none = Rlimit {
        current: Some(0),
        maximum: getrlimit(Resource::Nofile).maximum,
    };
    let before = prlimit(pid, Resource::Nofile, none).unwrap();
    let exhausted = net(-12, "INSUFFICIENT_RESOURCES");
    assert_eq!(host.listen(server, "127.0.0.1", 0), exhausted);
    assert_eq!(host.connect(socket, "127.0.0.1", port), exhausted);
    // A policy that cannot be opened grants nothing, but only for as long.
    let granting = std::fs::read(host.policy_path()).unwrap();
    let written = Instant::now();
    write_policy(host.policy_path(), &granting);
    while written.elapsed() < POLICY_SETTLES {
        assert_eq!(
            host.listen(server, "127.0.0.1", 0),
            text_only("Does not have permission")
        );
    }
    prlimit(pid, Resource::Nofile, before).unwrap();
    assert_eq!(host.listen(server, "127.0.0.1", 0), zero());
    assert_eq!(host.connect(socket, "127.0.0.1", port), zero());
}

/// A link that is up and has an address, but leads nowhere: the computer is not offline.
const LINK: &str = "ip link add veth0 type veth peer name veth1
ip link set veth0 up
ip link set veth1 up
ip address add 198.51.100.1/24 dev veth0
";

/// The same without any address.
const NO_ADDRESS: &str = "ip link add veth0 type veth peer name veth1
for link in veth0 veth1; do
  ip link set $link addrgenmode none
  ip link set $link up
done
";

#[test]
fn e07_e10_networks_that_cannot_be_reached() {
    let script = format!(
        "{LINK}ip route add unreachable 203.0.113.1
        ip route add prohibit 203.0.113.2
        ip route add blackhole 203.0.113.3
        echo 10 > /proc/sys/net/ipv4/neigh/veth0/retrans_time_ms"
    );
    let Some(mut host) = host_in(&script) else { return };
    let socket = host.create("tcp");
    let unreachable = net(-109, "ADDRESS_UNREACHABLE");
    for (address, expected) in [
        // EHOSTUNREACH, as a router answers.
        ("203.0.113.1", unreachable.clone()),
        // EACCES.
        ("203.0.113.2", net(-138, "NETWORK_ACCESS_DENIED")),
        // EINVAL.
        ("203.0.113.3", net(-4, "INVALID_ARGUMENT")),
        // ENETUNREACH.
        ("192.0.2.1", unreachable.clone()),
        ("2001:db8::1", unreachable.clone()),
        ("224.0.0.1", unreachable.clone()),
        // EHOSTUNREACH, because nobody there says which machine it is.
        ("198.51.100.2", unreachable),
    ] {
        assert_eq!(host.connect(socket, address, 9), expected, "{address}");
    }
    let (_, port) = host.server();
    assert_eq!(host.connect(socket, "198.51.100.1", 9), net(-102, "CONNECTION_REFUSED"));
    assert_eq!(host.connect(socket, "127.0.0.1", port), zero());
}

/// The loopback drops what is not for this computer.
#[test]
fn e09_a_connect_that_is_never_answered() {
    let script = "ip route add 203.0.113.0/24 dev lo
        echo 1 > /proc/sys/net/ipv4/tcp_syn_retries";
    let Some(mut host) = host_in(script) else { return };
    let socket = host.create("tcp");
    assert_eq!(
        host.connect(socket, "203.0.113.1", 9),
        net(-118, "CONNECTION_TIMED_OUT")
    );
}

#[test]
fn e07_offline_is_a_reason_of_its_own() {
    let disconnected = net(-106, "INTERNET_DISCONNECTED");
    for (what, script) in [
        ("nothing but the loopback", String::new()),
        ("links without an address", NO_ADDRESS.to_owned()),
        ("a link that is down", format!("{LINK}ip link set veth0 down")),
        ("a link without a carrier", format!("{LINK}ip link set veth1 down")),
    ] {
        let Some(mut host) = host_in(&script) else { return };
        let socket = host.create("tcp");
        for address in ["203.0.113.1", "2001:db8::1"] {
            assert_eq!(host.connect(socket, address, 9), disconnected, "{what}: {address}");
        }
        assert_eq!(host.connect(socket, "no-such-name.invalid", 9), disconnected, "{what}");
        // What can be no name is not resolved by any network.
        for name in ["", "no such name", "a..b", "a*b.invalid", "[::1]", "::1%lo"] {
            assert_eq!(host.connect(socket, name, 9), net(-105, "NAME_NOT_RESOLVED"), "{name}");
        }
        // This computer is reached all the same, and a closed port is a closed port.
        let (_, port) = host.server();
        assert_eq!(host.connect(socket, "127.0.0.1", 9), net(-102, "CONNECTION_REFUSED"));
        assert_eq!(host.connect(socket, "localhost", port), zero());
    }
}

#[test]
fn t10_a_name_that_does_not_exist_while_online() {
    let Some(mut host) = host_in(LINK) else { return };
    let socket = host.create("tcp");
    let reply = host.connect(socket, "no-such-name.invalid", 9);
    assert_eq!(reply, net(-105, "NAME_NOT_RESOLVED"));
}

#[test]
fn s32_a_low_port_is_denied_to_who_may_not() {
    // Root without the right, which is what everybody else is.
    let script = "echo 1024 > /proc/sys/net/ipv4/ip_unprivileged_port_start";
    let launcher = "setpriv --bounding-set=-net_bind_service";
    let Some(mut host) = host_through(script, launcher) else {
        return;
    };
    let server = host.create("tcpServer");
    for port in [1, 80, 1023] {
        assert_eq!(
            host.listen(server, "127.0.0.1", port),
            net(-10, "ACCESS_DENIED"),
            "{port}"
        );
    }
    assert_eq!(host.listen(server, "127.0.0.1", 1024), zero());
}

#[test]
fn e07_no_ports_left() {
    let script = "echo 50000 50000 > /proc/sys/net/ipv4/ip_local_port_range";
    let Some(mut host) = host_in(script) else { return };
    let server = host.create("tcpServer");
    assert_eq!(host.listen(server, "127.0.0.1", 40_000), zero());
    let sockets = [host.create("tcp"), host.create("tcp")];
    assert_eq!(host.connect(sockets[0], "127.0.0.1", 40_000), zero());
    assert_eq!(
        host.connect(sockets[1], "127.0.0.1", 40_000),
        net(-108, "ADDRESS_INVALID")
    );
    let server = host.create("tcpServer");
    assert_eq!(host.listen(server, "127.0.0.1", 0), net(-147, "ADDRESS_IN_USE"));
}

#[test]
fn e07_ipv6_switched_off() {
    let script = "for link in all lo; do echo 1 > /proc/sys/net/ipv6/conf/$link/disable_ipv6; done";
    let Some(mut host) = host_in(script) else { return };
    let server = host.create("tcpServer");
    assert_eq!(host.listen(server, "::1", 0), net(-108, "ADDRESS_INVALID"));
    let socket = host.create("tcp");
    assert_eq!(host.connect(socket, "::1", 9), net(-108, "ADDRESS_INVALID"));
    let (_, port) = host.server();
    assert_eq!(host.connect(socket, "localhost", port), zero());
}

/// An address of a link is an address of one link only, but the text does not say which.
#[test]
fn e06_a_link_local_peer_has_no_scope() {
    let script = format!("{NO_ADDRESS}ip address add fe80::a:1/64 dev veth0 nodad");
    let Some(mut host) = host_in(&script) else { return };
    let server = host.create("tcpServer");
    assert_eq!(host.listen(server, "::", 0), zero());
    let port = host.info("tcpServer", server)["localPort"].clone();
    // It stays until the host closes the connection.
    let dial = format!("exec 3<>/dev/tcp/fe80::a:1%veth0/{port}; read -r -u 3");
    let mut peer = beside(&host, &["bash", "-c", &dial]);
    let client = host.accepted(server);
    let info = host.info("tcp", client);
    assert_eq!(info["peerAddress"], "fe80::a:1");
    assert_eq!(info["localAddress"], "fe80::a:1");
    assert_eq!(host.simple("tcp.close", client), done());
    peer.wait().unwrap();
}
