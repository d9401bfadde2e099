//! Groups and broadcast, in a network of the test's own: whoever runs this is not sent anything.

use serde_json::{Value, json};

use crate::host::Host;
use crate::host::{data, text};
use crate::namespaces::host_in;
use crate::peers::{done, net, not_found, sent, unsent, zero};

/// A link that leads nowhere, with the ways to groups and everybody.
const LINK: &str = "ip link add veth0 type veth peer name veth1
    echo 1 > /proc/sys/net/ipv6/conf/veth1/disable_ipv6
    ip link set veth0 addrgenmode none
    ip addr add 192.0.2.1/24 brd 192.0.2.255 dev veth0
    ip -6 addr add 2001:db8::1/64 dev veth0 nodad
    ip link set veth0 up
    ip link set veth1 up
    ip route add default dev veth0
";

impl Host {
    /// A socket bound to every address of a family, and its port.
    fn open(&mut self, address: &str) -> (u64, u16) {
        let socket = self.create("udp");
        assert_eq!(self.bind(socket, address, 0), zero());
        let port = self.info("udp", socket)["localPort"].as_u64().unwrap();
        (socket, u16::try_from(port).unwrap())
    }

    fn membership(&mut self, method: &str, socket: u64, address: &str) -> Value {
        self.call(
            &format!("udp.{method}"),
            json!({"socketId": socket, "address": address}),
        )
    }

    fn groups(&mut self, socket: u64) -> Value {
        self.simple("udp.getJoinedGroups", socket)
    }

    fn send_datagram(&mut self, socket: u64, bytes: &[u8], address: &str, port: u16) -> Value {
        let params = json!({"socketId": socket, "data": text(bytes), "address": address, "port": port});
        self.call("udp.send", params)
    }

    /// The next datagram, which must be this one.
    #[track_caller]
    fn expect_datagram(&mut self, socket: u64, bytes: &[u8]) {
        let event = self.event("udp.onReceive");
        assert_eq!(
            (event["socketId"].as_u64(), data(&event)),
            (Some(socket), bytes.to_vec())
        );
    }
}

#[test]
fn u34_u35_u37_u38_u43_members_of_a_group_and_nobody_else_get_what_is_sent_to_it() {
    for (any, own, group, written) in [
        ("0.0.0.0", "127.0.0.1", "239.1.2.3", "239.1.2.03"),
        ("::", "::1", "ff02::1:2:3", "FF02:0::1:2:3"),
    ] {
        let Some(mut host) = host_in(LINK) else { return };
        let (receiver, port) = host.open(any);
        let (sender, _) = host.open(any);
        let invalid = net(-108, "ADDRESS_INVALID");
        assert_eq!(host.membership("leaveGroup", receiver, group), invalid, "U-38");
        assert_eq!(host.membership("joinGroup", receiver, written), zero());
        assert_eq!(host.membership("joinGroup", receiver, group), invalid, "U-37");
        assert_eq!(host.groups(receiver), json!({"result": [group]}));
        assert_eq!(host.groups(sender), json!({"result": []}));
        assert_eq!(host.send_datagram(sender, b"to all", group, port), sent(6));
        host.expect_datagram(receiver, b"to all");
        assert_eq!(host.membership("leaveGroup", receiver, group), zero());
        assert_eq!(host.groups(receiver), json!({"result": []}));
        assert_eq!(host.send_datagram(sender, b"missed", group, port), sent(6));
        // What comes to the same socket later comes first.
        assert_eq!(host.send_datagram(sender, b"later", own, port), sent(5));
        host.expect_datagram(receiver, b"later");
        assert_eq!(host.left_over(), [] as [Value; 0]);
        assert_eq!(host.simple("udp.close", receiver), done());
        assert_eq!(host.groups(receiver), not_found());
    }
}

#[test]
fn u32_without_loopback_nothing_comes_back_to_this_computer() {
    let Some(mut host) = host_in(LINK) else { return };
    let (receiver, port) = host.open("0.0.0.0");
    assert_eq!(host.membership("joinGroup", receiver, "239.1.2.3"), zero());
    let sender = host.create("udp");
    let off = json!({"socketId": sender, "enabled": false});
    assert_eq!(host.call("udp.setMulticastLoopbackMode", off), zero());
    assert_eq!(host.bind(sender, "0.0.0.0", 0), zero());
    assert_eq!(host.send_datagram(sender, b"gone", "239.1.2.3", port), sent(4));
    assert_eq!(host.send_datagram(sender, b"here", "127.0.0.1", port), sent(4));
    host.expect_datagram(receiver, b"here");
}

#[test]
fn u45_u46_broadcast_goes_out_when_it_was_switched_on() {
    let Some(mut host) = host_in(LINK) else { return };
    let (receiver, port) = host.open("0.0.0.0");
    let (sender, _) = host.open("0.0.0.0");
    for address in ["255.255.255.255", "192.0.2.255"] {
        assert_eq!(
            host.send_datagram(sender, b"x", address, port),
            unsent(-10, "ACCESS_DENIED"),
            "{address}"
        );
    }
    let on = json!({"socketId": sender, "enabled": true});
    assert_eq!(host.call("udp.setBroadcast", on), zero());
    for address in ["255.255.255.255", "192.0.2.255"] {
        assert_eq!(
            host.send_datagram(sender, b"to all", address, port),
            sent(6),
            "{address}"
        );
        host.expect_datagram(receiver, b"to all");
    }
}

#[test]
fn a_network_that_cannot_be_reached_fails_the_send_and_nothing_else() {
    let Some(mut host) = host_in("") else { return };
    let (socket, port) = host.open("127.0.0.1");
    let reply = host.send_datagram(socket, b"x", "203.0.113.1", 9);
    assert!(
        [unsent(-109, "ADDRESS_UNREACHABLE"), unsent(-4, "INVALID_ARGUMENT")].contains(&reply),
        "{reply}"
    );
    assert_eq!(host.send_datagram(socket, b"self", "127.0.0.1", port), sent(4));
    host.expect_datagram(socket, b"self");
}
