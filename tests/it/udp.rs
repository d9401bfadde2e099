//! `sockets.udp` but for datagrams: properties, `bind`, options and groups.

use std::net::UdpSocket;

use serde_json::{Value, json};

use crate::host::{EXTENSION, Host, Setup};
use crate::peers::{done, net, not_found, text_only, zero};

impl Host {
    pub fn bind(&mut self, socket: u64, address: &str, port: u16) -> Value {
        self.call(
            "udp.bind",
            json!({"socketId": socket, "address": address, "port": port}),
        )
    }

    /// A socket bound to this machine, and its port.
    pub fn bound(&mut self) -> (u64, u16) {
        let socket = self.create("udp");
        assert_eq!(self.bind(socket, "127.0.0.1", 0), zero());
        let port = self.info("udp", socket)["localPort"].as_u64().unwrap();
        (socket, u16::try_from(port).unwrap())
    }

    fn time_to_live(&mut self, socket: u64, ttl: i64) -> Value {
        self.call("udp.setMulticastTimeToLive", json!({"socketId": socket, "ttl": ttl}))
    }

    fn enable(&mut self, method: &str, socket: u64, enabled: bool) -> Value {
        self.call(method, json!({"socketId": socket, "enabled": enabled}))
    }

    fn group(&mut self, method: &str, socket: u64, address: &str) -> Value {
        self.call(method, json!({"socketId": socket, "address": address}))
    }
}

fn denied() -> Value {
    text_only("App does not have permission")
}

#[test]
fn u01_u02_a_new_socket_has_its_properties_and_no_address() {
    let mut host = Host::new();
    let plain = host.create("udp");
    assert_eq!(
        host.info("udp", plain),
        json!({"socketId": plain, "persistent": false, "paused": false})
    );
    let named = host.ok(
        "udp.create",
        json!({"properties": {"name": "n", "bufferSize": 10, "persistent": true}}),
    )["socketId"]
        .as_u64()
        .unwrap();
    let update = json!({"socketId": named, "properties": {"name": "m", "bufferSize": 0}});
    assert_eq!(host.call("udp.update", update), done());
    host.pause("udp", named, true);
    let info = json!({"socketId": named, "persistent": true, "name": "m", "paused": true});
    assert_eq!(host.info("udp", named), info);
    let (tcp, server) = (host.create("tcp"), host.create("tcpServer"));
    let all = host.ok("udp.getSockets", json!({}));
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(all[1], info);
    assert_eq!(host.simple("udp.close", named), done());
    for socket in [named, tcp, server] {
        assert_eq!(
            host.simple("udp.getInfo", socket),
            not_found(),
            "ids are of one namespace"
        );
    }
    assert_eq!(host.simple("tcp.getInfo", plain), not_found());
}

#[test]
fn u03_u04_bind_takes_a_port_once() {
    let mut host = Host::new();
    let socket = host.create("udp");
    assert_eq!(host.bind(socket, "0.0.0.0", 0), zero());
    let info = host.info("udp", socket);
    assert_eq!(info["localAddress"], "0.0.0.0");
    assert!(info["localPort"].as_u64().unwrap() > 0);
    assert!(info.get("connected").is_none() && info.get("peerAddress").is_none());
    assert_eq!(host.bind(socket, "0.0.0.0", 0), net(-104, "CONNECTION_FAILED"));
    let six = host.create("udp");
    assert_eq!(host.bind(six, "::1", 0), zero());
    assert_eq!(host.info("udp", six)["localAddress"], "::1");
}

/// U-05, U-06, U-08.
#[test]
fn u05_u08_bind_checks_id_permission_state_and_address_in_this_order() {
    let mut host = Host::new();
    let socket = host.create("udp");
    assert_eq!(host.bind(999, "localhost", 0), not_found());
    for address in ["localhost", "", "*", "[::1]", "127.0.0.1:80"] {
        assert_eq!(host.bind(socket, address, 0), net(-4, "INVALID_ARGUMENT"), "{address}");
    }
    let (_, port) = host.bound();
    assert_eq!(
        host.bind(socket, "127.0.0.1", port),
        net(-147, "ADDRESS_IN_USE"),
        "U-06: no address is shared"
    );
    // Elsewhere it is another code (`net_error::systems`), and wine binds udp sockets to every address in truth.
    if cfg!(target_os = "linux") {
        assert_eq!(host.bind(socket, "192.0.2.1", 0), net(-108, "ADDRESS_INVALID"));
    }
    // What is bound may not bind again, whatever the address.
    assert_eq!(host.bind(socket, "127.0.0.1", 0), zero());
    assert_eq!(host.bind(socket, "localhost", 0), net(-104, "CONNECTION_FAILED"));
}

#[test]
fn u07_u12_u42_without_permission_everything_says_so_before_the_state_is_looked_at() {
    let mut host = Setup {
        policy: Some(
            json!({"extensions": {EXTENSION: {"udp": {"bind": ["127.0.0.1:7"], "send": ["*.example.com:8"]}}}}),
        ),
        ..Setup::default()
    }
    .start();
    let socket = host.create("udp");
    for (address, port) in [("127.0.0.1", 8), ("127.1", 7), ("0.0.0.0", 7), ("localhost", 7)] {
        assert_eq!(host.bind(socket, address, port), denied(), "{address}:{port}");
    }
    for (address, port) in [("example.org", 8), ("a.example.com", 9), ("127.0.0.1", 8)] {
        let params = json!({"socketId": socket, "data": "", "address": address, "port": port});
        assert_eq!(host.call("udp.send", params), denied(), "{address}:{port}");
    }
    for method in ["udp.joinGroup", "udp.leaveGroup"] {
        assert_eq!(host.group(method, socket, "nonsense"), denied());
    }
    assert_eq!(host.simple("udp.getJoinedGroups", socket), denied());
    assert_eq!(host.time_to_live(socket, 9), zero(), "options need none");
    // What no policy mentions may not use udp at all.
    let mut host = Setup {
        policy: None,
        ..Setup::default()
    }
    .start();
    let socket = host.create("udp");
    assert_eq!(host.bind(socket, "127.0.0.1", 0), denied());
}

#[test]
fn u25_close_says_nothing_more_and_frees_the_port() {
    let mut host = Host::new();
    let (socket, port) = host.bound();
    assert_eq!(host.simple("udp.close", socket), done());
    drop(UdpSocket::bind(("127.0.0.1", port)).unwrap());
    host.create("udp");
    assert_eq!(host.left_over(), [] as [Value; 0]);
}

#[test]
fn u26_u48_unknown_ids_and_the_method_that_does_not_exist() {
    let mut host = Host::new();
    for method in ["udp.close", "udp.getInfo", "udp.getJoinedGroups"] {
        assert_eq!(host.simple(method, 7), not_found(), "{method}");
    }
    for (method, rest) in [
        ("udp.update", json!({"properties": {}})),
        ("udp.setPaused", json!({"paused": true})),
        ("udp.setBroadcast", json!({"enabled": true})),
        ("udp.setMulticastLoopbackMode", json!({"enabled": true})),
        ("udp.setMulticastTimeToLive", json!({"ttl": -1})),
        ("udp.joinGroup", json!({"address": "x"})),
        ("udp.leaveGroup", json!({"address": "x"})),
    ] {
        let mut params = rest;
        params["socketId"] = (-7).into();
        assert_eq!(host.call(method, params), not_found(), "{method}");
    }
    let reply = host.simple("udp.disconnect", 1);
    assert_eq!(reply, text_only("Unknown method: sockets.udp.disconnect"));
}

/// U-27, U-28, U-29, U-30, U-31, U-32, U-33.
#[test]
fn u27_u33_multicast_options_are_for_sockets_that_never_tried_to_bind() {
    let mut host = Host::new();
    let socket = host.create("udp");
    for (ttl, answer) in [
        (0, zero()),
        (255, zero()),
        (-3, net(-4, "INVALID_ARGUMENT")),
        (256, net(-4, "INVALID_ARGUMENT")),
    ] {
        assert_eq!(host.time_to_live(socket, ttl), answer, "{ttl}");
    }
    for enabled in [false, true] {
        assert_eq!(host.enable("udp.setMulticastLoopbackMode", socket, enabled), zero());
    }
    assert_eq!(host.bind(socket, "127.0.0.1", 0), zero());
    let connected = net(-23, "SOCKET_IS_CONNECTED");
    assert_eq!(host.time_to_live(socket, 5), connected);
    assert_eq!(host.time_to_live(socket, -3), connected, "U-31: state before range");
    assert_eq!(host.enable("udp.setMulticastLoopbackMode", socket, true), connected);
}

#[test]
fn u49_a_bind_that_failed_in_the_system_uses_the_options_up_and_may_be_repeated() {
    let mut host = Host::new();
    let (_, port) = host.bound();
    let socket = host.create("udp");
    assert_eq!(host.bind(socket, "localhost", 0), net(-4, "INVALID_ARGUMENT"));
    assert_eq!(host.time_to_live(socket, 5), zero(), "the system was not asked yet");
    assert_eq!(host.bind(socket, "127.0.0.1", port), net(-147, "ADDRESS_IN_USE"));
    assert_eq!(host.time_to_live(socket, 5), net(-23, "SOCKET_IS_CONNECTED"));
    assert_eq!(host.bind(socket, "127.0.0.1", 0), zero());
}

/// U-36, U-39, U-40, U-41.
#[test]
fn u36_u41_groups_are_checked_in_order() {
    let mut host = Host::new();
    let unbound = host.create("udp");
    let (socket, _) = host.bound();
    let invalid = net(-108, "ADDRESS_INVALID");
    for (join, leave, address, socket) in [
        (invalid.clone(), invalid.clone(), "not-an-ip", unbound),
        (net(-9, "UNEXPECTED"), invalid.clone(), "237.132.100.17", unbound),
        (invalid.clone(), invalid.clone(), "not-an-ip", socket),
        (invalid.clone(), invalid.clone(), "ff02::1", socket),
        (net(-4, "INVALID_ARGUMENT"), invalid.clone(), "10.0.0.1", socket),
    ] {
        assert_eq!(host.group("udp.joinGroup", socket, address), join, "{address}");
        assert_eq!(host.group("udp.leaveGroup", socket, address), leave, "{address}");
    }
    assert_eq!(host.ok("udp.getJoinedGroups", json!({"socketId": socket})), json!([]));
}

#[test]
fn u44_broadcast_is_for_bound_sockets() {
    let mut host = Host::new();
    let unbound = host.create("udp");
    assert_eq!(
        host.enable("udp.setBroadcast", unbound, true),
        net(-15, "SOCKET_NOT_CONNECTED")
    );
    let (socket, _) = host.bound();
    for enabled in [true, false] {
        assert_eq!(host.enable("udp.setBroadcast", socket, enabled), zero());
    }
}
