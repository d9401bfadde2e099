//! Datagrams of `sockets.udp`, both ways.

use std::net::UdpSocket;

use serde_json::{Value, json};

use crate::host::{HANG, Host, Setup, data, text};
use crate::peers::{done, not_found, pattern, sent, text_only, unsent};

impl Host {
    fn post_datagram(&mut self, socket: u64, bytes: &[u8], address: &str, port: u16) -> u64 {
        self.post(
            "udp.send",
            json!({"socketId": socket, "data": text(bytes), "address": address, "port": port}),
        )
    }

    fn send_to(&mut self, socket: u64, bytes: &[u8], port: u16) -> Value {
        let id = self.post_datagram(socket, bytes, "127.0.0.1", port);
        self.reply(id)
    }

    /// The next datagram of this socket, whole.
    fn datagram(&mut self, socket: u64) -> Vec<u8> {
        let event = self.event("udp.onReceive");
        assert_eq!(event["socketId"], socket);
        data(&event)
    }

    fn size(&mut self, socket: u64, bytes: i32) {
        let params = json!({"socketId": socket, "properties": {"bufferSize": bytes}});
        assert_eq!(self.call("udp.update", params), done());
    }

    /// A bound socket that takes the longest datagrams, and its port.
    fn bound_for_any(&mut self) -> (u64, u16) {
        let socket = self.create("udp");
        self.size(socket, 65_536);
        assert_eq!(self.bind(socket, "127.0.0.1", 0), crate::peers::zero());
        let port = self.info("udp", socket)["localPort"].as_u64().unwrap();
        (socket, u16::try_from(port).unwrap())
    }

    /// The error that a datagram too long for the socket ends in.
    fn too_big(&mut self, socket: u64) {
        assert_eq!(
            self.event("udp.onReceiveError"),
            json!({"socketId": socket, "resultCode": -142})
        );
        assert_eq!(self.info("udp", socket)["paused"], true);
    }
}

fn peer() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(HANG)).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

/// What the peer gets next.
fn take(peer: &UdpSocket) -> Vec<u8> {
    let mut space = vec![0; 70_000];
    let (length, _) = peer.recv_from(&mut space).unwrap();
    space.truncate(length);
    space
}

#[test]
fn u09_u16_u17_datagrams_go_out_and_come_back_whole_empty_ones_too() {
    let mut host = Host::new();
    let (socket, port) = host.bound_for_any();
    let (peer, peer_port) = peer();
    for length in [0, 1, 4096, 60_000, 65_507] {
        let bytes = pattern(length, 3);
        assert_eq!(host.send_to(socket, &bytes, peer_port), sent(length));
        assert_eq!(take(&peer), bytes);
        peer.send_to(&bytes, ("127.0.0.1", port)).unwrap();
        let event = host.event("udp.onReceive");
        assert_eq!(data(&event), bytes);
        assert_eq!(event["socketId"], socket);
        assert_eq!(
            (&event["remoteAddress"], &event["remotePort"]),
            (&json!("127.0.0.1"), &json!(peer_port))
        );
        assert_eq!(event.as_object().unwrap().len(), 4);
    }
}

#[test]
fn u47_two_sockets_talk_to_each_other() {
    let mut host = Host::new();
    let (first, first_port) = host.bound();
    let (second, second_port) = host.bound();
    assert_eq!(host.send_to(first, b"ping", second_port), sent(4));
    assert_eq!(host.datagram(second), b"ping");
    assert_eq!(host.send_to(second, b"pong", first_port), sent(4));
    assert_eq!(host.datagram(first), b"pong");
}

#[test]
fn ipv6_and_names_work_and_the_first_address_of_a_name_counts() {
    let mut host = Host::new();
    let six = host.create("udp");
    assert_eq!(host.bind(six, "::1", 0), crate::peers::zero());
    let port = u16::try_from(host.info("udp", six)["localPort"].as_u64().unwrap()).unwrap();
    for address in ["::1", "localhost", "0:0::1"] {
        let id = host.post_datagram(six, b"x", address, port);
        assert_eq!(host.reply(id), sent(1), "{address}");
        let event = host.event("udp.onReceive");
        assert_eq!(
            (&event["remoteAddress"], &event["remotePort"]),
            (&json!("::1"), &json!(port))
        );
    }
    // The socket's family is not asked for; the system refuses an address of the other.
    let id = host.post_datagram(six, b"x", "127.0.0.1", port);
    assert!(host.reply(id)["result"]["resultCode"].as_i64().unwrap() < 0);
    let (four, four_port) = host.bound();
    let params =
        json!({"socketId": four, "data": "", "address": "localhost", "port": four_port, "dnsQueryType": "ipv4"});
    assert_eq!(host.call("udp.send", params), sent(0));
    assert_eq!(host.datagram(four), b"");
}

#[test]
fn u11_u13_send_looks_at_id_name_state_and_size_in_this_order() {
    let mut host = Host::new();
    let unbound = host.create("udp");
    assert_eq!(host.send_to(999, b"x", 7), not_found());
    let not_connected = unsent(-15, "SOCKET_NOT_CONNECTED");
    assert_eq!(host.send_to(unbound, b"x", 7), not_connected);
    let big = vec![0; 65_536];
    assert_eq!(host.send_to(unbound, &big, 7), not_connected, "size comes last");
    let id = host.post_datagram(unbound, b"x", "no-such-name.invalid", 7);
    assert_eq!(
        host.reply(id),
        unsent(-105, "NAME_NOT_RESOLVED"),
        "the name comes before the state"
    );
}

#[test]
fn u14_u15_what_is_too_long_for_a_datagram_is_refused() {
    let mut host = Host::new();
    let (socket, _) = host.bound();
    let (peer, port) = peer();
    let too_big = unsent(-142, "MSG_TOO_BIG");
    for length in [65_536, 65_535, 65_508] {
        assert_eq!(host.send_to(socket, &vec![7; length], port), too_big, "{length}");
    }
    assert_eq!(host.send_to(socket, b"small", port), sent(5));
    assert_eq!(take(&peer), b"small");
    let (id, mut request) = host.request(
        "udp.send",
        json!({"socketId": socket, "data": text(b"half"), "address": "127.0.0.1", "port": port}),
    );
    request["more"] = true.into();
    host.send(&request);
    assert_eq!(
        host.reply(id),
        text_only("Invalid params: a datagram comes in one piece")
    );
}

#[test]
fn u18_u19_u20_u21_a_datagram_over_the_buffer_is_lost_and_told() {
    let mut host = Host::new();
    let (socket, port) = host.bound();
    let (peer, _) = peer();
    let to = ("127.0.0.1", port);
    peer.send_to(&[1; 4096], to).unwrap();
    assert_eq!(host.datagram(socket).len(), 4096);
    peer.send_to(&[1; 4097], to).unwrap();
    peer.send_to(&[2; 5], to).unwrap();
    host.too_big(socket);
    host.size(socket, 10);
    host.pause("udp", socket, false);
    assert_eq!(host.datagram(socket), [2; 5], "nothing of the long one");
    peer.send_to(&[3; 20], to).unwrap();
    host.too_big(socket);
    host.size(socket, 20);
    host.pause("udp", socket, false);
    peer.send_to(&[4; 20], to).unwrap();
    assert_eq!(host.datagram(socket), [4; 20]);
    assert_eq!(host.left_over(), [] as [Value; 0]);
}

/// As for a stream (T-21): the receive under way keeps the size it began with.
#[test]
fn a_new_buffer_size_counts_from_the_next_datagram() {
    let mut host = Host::new();
    let (socket, port) = host.bound();
    let (peer, _) = peer();
    host.size(socket, 10);
    for length in [20, 10, 11] {
        peer.send_to(&vec![1; length], ("127.0.0.1", port)).unwrap();
    }
    assert_eq!(host.datagram(socket).len(), 20);
    assert_eq!(host.datagram(socket).len(), 10);
    host.too_big(socket);
}

#[test]
fn u22_u23_u24_pausing_is_exact_and_the_kernel_keeps_what_comes_meanwhile() {
    let mut host = Host::new();
    let socket = host.create("udp");
    host.pause("udp", socket, true);
    assert_eq!(host.bind(socket, "127.0.0.1", 0), crate::peers::zero());
    let port = u16::try_from(host.info("udp", socket)["localPort"].as_u64().unwrap()).unwrap();
    let (marker, marker_port) = host.bound();
    let (peer, _) = peer();
    // Behind an event of another socket that was sent later, nothing of this one is on its way.
    let quiet = |host: &mut Host| {
        peer.send_to(b"mark", ("127.0.0.1", marker_port)).unwrap();
        assert_eq!(host.datagram(marker), b"mark");
        assert_eq!(host.left_over(), [] as [Value; 0]);
    };
    let (other, _) = self::peer();
    other.send_to(b"first", ("127.0.0.1", port)).unwrap();
    quiet(&mut host);
    host.pause("udp", socket, false);
    assert_eq!(host.datagram(socket), b"first");
    other.send_to(b"second", ("127.0.0.1", port)).unwrap();
    assert_eq!(host.datagram(socket), b"second");
    // D2: Chromium lets one more through.
    host.pause("udp", socket, true);
    other.send_to(b"third", ("127.0.0.1", port)).unwrap();
    other.send_to(b"fourth", ("127.0.0.1", port)).unwrap();
    quiet(&mut host);
    host.pause("udp", socket, false);
    assert_eq!(host.datagram(socket), b"third");
    assert_eq!(host.datagram(socket), b"fourth");
}

#[test]
fn out_of_credit_a_socket_is_not_read_and_the_kernel_drops() {
    let mut host = Setup {
        acking: false,
        ..Setup::default()
    }
    .start();
    let window = host.call("host.hello", json!({"protocol": [1, 1]}))["result"]["credit"]["socket"]
        .as_u64()
        .unwrap();
    let (socket, port) = host.bound();
    let (peer, _) = peer();
    // A small datagram costs 1 KiB, and none is read unless there is credit for the largest, which `bufferSize` makes 4 KiB.
    let most = (window - 4096) / 1024 + 1;
    for number in 0..most {
        peer.send_to(&number.to_be_bytes(), ("127.0.0.1", port)).unwrap();
        assert_eq!(host.datagram(socket), number.to_be_bytes());
    }
    peer.send_to(b"kept", ("127.0.0.1", port)).unwrap();
    let (marker, marker_port) = host.bound();
    peer.send_to(b"mark", ("127.0.0.1", marker_port)).unwrap();
    assert_eq!(host.datagram(marker), b"mark");
    assert_eq!(host.left_over(), [] as [Value; 0]);
    host.send(&json!({"method": "host.ack", "params": {"sockets": [[socket, 1024]]}}));
    assert_eq!(host.datagram(socket), b"kept");
}

#[test]
fn large_datagrams_get_their_turn_beside_a_flood() {
    let mut host = Host::new();
    let (socket, port) = host.bound_for_any();
    let (client, mut stream) = host.open_pair();
    let flood = std::thread::spawn(move || {
        use std::io::Write as _;
        let block = vec![1; 1 << 20];
        // Ends when the client is closed.
        while stream.write_all(&block).is_ok() {}
    });
    let (peer, _) = peer();
    let big = pattern(65_000, 9);
    for _ in 0..5 {
        peer.send_to(&big, ("127.0.0.1", port)).unwrap();
        assert_eq!(host.datagram(socket), big);
    }
    host.simple("tcp.close", client);
    flood.join().unwrap();
}

#[test]
fn many_sends_in_one_frame_all_leave_in_order() {
    let mut host = Host::new();
    let (socket, _) = host.bound();
    let (peer, port) = peer();
    let calls = (0_u8..100)
        .map(|number| {
            let params = json!({"socketId": socket, "data": text(&[number]), "address": "127.0.0.1", "port": port});
            ("udp.send", params)
        })
        .collect();
    for id in host.post_all(calls) {
        assert_eq!(host.reply(id), sent(1));
    }
    for number in 0_u8..100 {
        assert_eq!(take(&peer), [number]);
    }
}

#[test]
fn close_answers_a_send_whose_name_is_still_looked_up() {
    let mut host = Host::new();
    let (socket, _) = host.bound();
    let send = host.post_datagram(socket, b"x", "no-such-name.invalid", 7);
    let close = host.post("udp.close", json!({"socketId": socket}));
    assert_eq!(host.reply(close), done());
    let reply = host.reply(send);
    assert!(
        [not_found(), unsent(-105, "NAME_NOT_RESOLVED")].contains(&reply),
        "the look-up may have been quick: {reply}"
    );
}
