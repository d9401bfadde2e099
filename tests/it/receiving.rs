//! Bytes from peers: order, slices, pausing (decision D2), and the end of a stream (decision D9).

use std::io::Write as _;

use serde_json::json;

use crate::host::{Host, data, text};
use crate::peers::{assert_same, done, half_close, pattern, reset, stuff, unsent};
use crate::steps::Witness;

#[test]
fn t17_s46_the_event_has_exactly_these_keys() {
    let mut host = Host::new();
    let (client, mut peer) = host.open_pair();
    peer.write_all(b"abc").unwrap();
    assert_eq!(
        host.next_message(),
        json!({"event": "sockets.tcp.onReceive", "params": {"socketId": client, "data": text(b"abc")}})
    );
}

/// The wire carries more than one JavaScript event may bring; `slice` says how the shim cuts it.
#[test]
fn t05_t18_t19_t20_the_slice_is_the_buffer_size() {
    let mut host = Host::new();
    let (client, mut peer) = host.open_pair();
    for (size, slice) in [
        (json!(10), json!(10)),
        (json!(1_000_000), json!(65536)),
        (json!(4096), json!(null)),
        (json!(4097), json!(4097)),
        (json!(0), json!(null)),
        (json!(-5), json!(null)),
        (json!(65536), json!(65536)),
        (json!(i32::MIN), json!(null)),
    ] {
        host.ok(
            "tcp.update",
            json!({"socketId": client, "properties": {"bufferSize": size}}),
        );
        // The read under way is still of the old size (T-21).
        peer.write_all(b"x").unwrap();
        host.receive(client);
        let bytes = pattern(10_000, 1);
        peer.write_all(&bytes).unwrap();
        let mut got = Vec::new();
        while got.len() < bytes.len() {
            let event = host.receive(client);
            assert_eq!(event["slice"], slice, "{size}");
            assert_eq!(event.as_object().unwrap().len(), 2 + usize::from(!slice.is_null()));
            got.extend(data(&event["params"]));
        }
        assert_same(&got, &bytes);
    }
}

#[test]
fn t19_no_event_carries_more_than_64_kib() {
    let mut host = Host::new();
    let (client, mut peer) = host.pair();
    let bytes = pattern(1 << 20, 2);
    let written = stuff(&mut peer, &bytes);
    let rest = bytes.clone();
    let writer = std::thread::spawn(move || peer.write_all(&rest[written..]).map(|()| peer));
    host.pause("tcp", client, false);
    let mut got = Vec::new();
    while got.len() < bytes.len() {
        let part = data(&host.receive(client)["params"]);
        assert!(!part.is_empty() && part.len() <= 65536, "{}", part.len());
        got.extend(part);
    }
    writer.join().unwrap().unwrap();
    assert_same(&got, &bytes);
    // A frame is not much longer than the base64 of that.
    assert!(host.longest_frame < 100_000, "{}", host.longest_frame);
}

#[test]
fn t22_t23_t74_nothing_while_paused_and_everything_after() {
    let mut host = Host::new();
    let mut witness = Witness::new(&mut host);
    let (accepted, first) = host.pair();
    // One that is paused before it connects.
    let (listener, port) = crate::peers::listener();
    let dialed = host.create("tcp");
    host.pause("tcp", dialed, true);
    assert_eq!(host.connect(dialed, "127.0.0.1", port), crate::peers::zero());
    let second = crate::peers::accept(&listener);
    for (socket, mut peer) in [(accepted, &first), (dialed, &second)] {
        assert_eq!(host.info("tcp", socket)["paused"], true);
        peer.write_all(b"from the ").unwrap();
        witness.quiet(&mut host);
        peer.write_all(b"first byte").unwrap();
        witness.quiet(&mut host);
        host.pause("tcp", socket, false);
        assert_eq!(host.info("tcp", socket)["paused"], false);
        assert_eq!(host.received(socket, 19), b"from the first byte");
    }
}

#[test]
fn t24_t26_d2_an_idle_socket_that_is_paused_leaks_nothing() {
    let mut host = Host::new();
    let mut witness = Witness::new(&mut host);
    let (client, mut peer) = host.open_pair();
    host.pause("tcp", client, true);
    for part in [b"one", b"two"] {
        peer.write_all(part).unwrap();
        witness.quiet(&mut host);
    }
    for paused in [false, true, false, false, true, false] {
        host.pause("tcp", client, paused);
    }
    assert_eq!(host.received(client, 6), b"onetwo");
    witness.quiet(&mut host);
}

/// Between the reply of a pause and that of the next resume stands no event of the socket, and every byte arrives once.
#[test]
fn t25_d2_a_storm_of_pauses_is_exact_and_loses_nothing() {
    let mut host = Host::new();
    let (client, mut peer) = host.pair();
    let bytes = pattern(8 << 20, 3);
    let sending = bytes.clone();
    let writer = std::thread::spawn(move || peer.write_all(&sending).map(|()| peer));
    let (mut got, mut paused, mut turns) = (Vec::new(), true, 0);
    let mut pending = host.post("tcp.setPaused", json!({"socketId": client, "paused": false}));
    while got.len() < bytes.len() {
        let message = host.next_message();
        if message["id"] == pending {
            paused = !paused;
            turns += 1;
            // A pause lasts for a whole round trip, a run for a little data.
            pending = host.post("tcp.setPaused", json!({"socketId": client, "paused": !paused}));
        } else {
            assert_eq!(message["event"], "sockets.tcp.onReceive", "{message}");
            assert!(!paused, "an event while paused");
            got.extend(data(&message["params"]));
        }
    }
    writer.join().unwrap().unwrap();
    assert!(turns > 20, "only {turns} turns");
    assert_same(&got, &bytes);
}

#[test]
fn t25_a_paused_socket_closes_the_window() {
    let mut host = Host::new();
    let (client, mut peer) = host.pair();
    let bytes = pattern(32 << 20, 4);
    let mut written = stuff(&mut peer, &bytes);
    // With a round trip behind each try: had the host read anything, there would be room again.
    loop {
        host.info("tcp", client);
        let more = stuff(&mut peer, &bytes[written..]);
        written += more;
        if more == 0 {
            break;
        }
    }
    assert!(written < bytes.len(), "the peer was never blocked");
    host.pause("tcp", client, false);
    assert_same(&host.received(client, written), &bytes[..written]);
}

#[test]
fn t27_t28_t32_s47_d9_a_fin_ends_the_socket_behind_its_last_byte() {
    let mut host = Host::new();
    let mut witness = Witness::new(&mut host);
    let (client, mut peer) = host.open_pair();
    let bytes = pattern(100_000, 5);
    peer.write_all(&bytes).unwrap();
    drop(peer);
    let mut got = Vec::new();
    while got.len() < bytes.len() {
        let message = host.next_message();
        assert_eq!(message["event"], "sockets.tcp.onReceive");
        got.extend(data(&message["params"]));
    }
    assert_same(&got, &bytes);
    assert_eq!(
        host.next_message(),
        json!({"event": "sockets.tcp.onReceiveError", "params": {"socketId": client, "resultCode": -100}})
    );
    let ended = json!({"socketId": client, "persistent": false, "paused": true, "connected": false});
    assert_eq!(host.info("tcp", client), ended);
    host.pause("tcp", client, false);
    witness.quiet(&mut host);
}

#[test]
fn t29_d9_a_reset_is_minus_100_too() {
    let mut host = Host::new();
    let (client, peer) = host.open_pair();
    reset(peer);
    host.ended(client);
    let info = host.info("tcp", client);
    assert_eq!((&info["connected"], &info["paused"]), (&json!(false), &json!(true)));
    let (client, peer) = host.pair();
    reset(peer);
    host.pause("tcp", client, false);
    host.ended(client);
}

#[test]
fn t30_t31_while_paused_the_end_is_not_noticed() {
    let mut host = Host::new();
    let mut witness = Witness::new(&mut host);
    let (client, mut peer) = host.pair();
    peer.write_all(b"last words").unwrap();
    drop(peer);
    witness.quiet(&mut host);
    let info = host.info("tcp", client);
    assert_eq!((&info["connected"], &info["paused"]), (&json!(true), &json!(true)));
    assert!(info.get("peerPort").is_some());
    host.pause("tcp", client, false);
    assert_eq!(host.received(client, 10), b"last words");
    host.ended(client);
    witness.quiet(&mut host);
}

#[test]
fn t33_half_close_ends_both_directions() {
    let mut host = Host::new();
    let (client, mut peer) = host.open_pair();
    half_close(&peer);
    host.ended(client);
    assert_eq!(host.write(client, b"an answer"), unsent(-15, "SOCKET_NOT_CONNECTED"));
    assert_eq!(crate::peers::read_to_any_end(&mut peer).0, b"");
}

/// DESIGN 5.2: the end precedes any reply that says `connected: false`.
#[test]
fn the_end_is_reported_before_get_info_tells_it() {
    let mut host = Host::new();
    for _ in 0..30 {
        let (client, peer) = host.open_pair();
        drop(peer);
        let mut told = false;
        while !told {
            let id = host.post("tcp.getInfo", json!({"socketId": client}));
            let reply = loop {
                let message = host.next_message();
                if message["id"] == id {
                    break message;
                }
                assert_eq!(message["params"]["resultCode"], -100);
                told = true;
            };
            assert_eq!(reply["result"]["connected"], !told);
        }
        assert_eq!(host.simple("tcp.close", client), done());
    }
}
