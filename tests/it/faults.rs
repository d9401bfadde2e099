//! A browser that stops reading or goes away, and peers that are greedy or rude.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::host::{Host, data};
use crate::peers::{assert_same, dial, done, pattern, read_to_any_end, read_to_end, reset, sent};
use crate::steps::Witness;

#[test]
fn the_host_ends_when_nobody_can_read_what_it_says() {
    let mut host = Host::new();
    let (server, port) = host.server();
    let mut peer = dial(port);
    host.accepted(server);
    host.close_stdout();
    // The reader may still be waiting for one frame, so the first of these may arrive; one of the next cannot.
    while host.try_send(&json!({"id": 1, "method": "sockets.tcp.getSockets"})) {}
    assert!(host.wait().success());
    assert_eq!(read_to_end(&mut peer), b"");
    TcpListener::bind(("127.0.0.1", port)).unwrap();
}

/// Nothing is asked and stdin stays open: what the host has to say by itself is enough to learn that nobody listens.
#[test]
fn a_host_that_nobody_hears_ends_although_stdin_stays_open() {
    let mut host = Host::new();
    let (_, port) = host.server();
    host.close_stdout();
    // The reader may be waiting for one frame already.
    host.post("tcp.getSockets", json!({}));
    host.stdout_closed();
    // A host that was heard for the last time has an event to tell now.
    let _peer = TcpStream::connect(("127.0.0.1", port));
    assert!(host.wait().success());
}

#[test]
fn the_end_of_stdin_frees_the_ports_and_finishes_every_connection() {
    let mut host = Host::new();
    let (server, port) = host.server();
    let (idle, idle_port) = host.server();
    let mut peers: Vec<TcpStream> = (0..20).map(|_| dial(port)).collect();
    let clients: Vec<u64> = peers.iter().map(|_| host.accepted(server)).collect();
    let bytes = pattern(100_000, 1);
    for (at, client) in clients.iter().enumerate() {
        // Half of them hold bytes nobody has read.
        if at % 2 == 0 {
            peers[at].write_all(b"never read").unwrap();
        }
        assert_eq!(host.write(*client, &bytes), sent(bytes.len()));
    }
    assert_ne!(idle, server);
    host.close_stdin();
    for peer in &mut peers {
        assert_same(&read_to_end(peer), &bytes);
    }
    // The listeners went first, so by now their ports are free, whether or not the host has ended.
    for port in [port, idle_port] {
        TcpListener::bind(("127.0.0.1", port)).unwrap();
    }
    drop(peers);
    assert!(host.wait().success());
    assert!(host.rest().iter().all(|message| message["event"] == "host.ack"));
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_holds_up_the_end() {
    let mut host = Host::new();
    let (nowhere, _held) = crate::peers::black_hole();
    // A connect nobody answers, a send nobody takes, and a peer that neither reads nor closes.
    let socket = host.create("tcp");
    let connect = host.post(
        "tcp.connect",
        json!({"socketId": socket, "peerAddress": "127.0.0.1", "peerPort": nowhere}),
    );
    let (stuck, mut stuck_peer) = host.pair();
    let send = host.post_write(stuck, &vec![0; 8 << 20]);
    let (quiet, _quiet_peer) = host.pair();
    assert_eq!(host.write(quiet, b"unread"), sent(6));
    let start = Instant::now();
    host.close_stdin();
    assert!(host.wait().success());
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(host.reply(connect)["result"], -3);
    assert_eq!(host.reply(send)["result"]["resultCode"], -15);
    assert!(!read_to_any_end(&mut stuck_peer).1, "a FIN after half a message");
}

/// More than 4 MiB of unwritten replies stop the reading of requests; nothing else does.
#[cfg(target_os = "linux")]
#[test]
fn unread_replies_stop_the_reading_of_requests_until_they_are_read() {
    use crate::process::{asleep, status};
    const CALLS: u64 = 3000;
    let mut host = Host::new();
    host.ok("tcp.create", json!({"properties": {"name": "n".repeat(8 << 10)}}));
    let before = status(&host, "VmRSS");
    host.read_frames(false);
    let mut stdin = host.take_stdin();
    let watched = stdin.try_clone().unwrap();
    let asking = thread::spawn(move || {
        for id in 0..CALLS {
            let request = json!({"id": 1_000_000 + id, "method": "sockets.tcp.getInfo", "params": {"socketId": 1},
                "padding": "p".repeat(300)});
            let body = request.to_string();
            stdin
                .write_all(&u32::try_from(body.len()).unwrap().to_ne_bytes())
                .unwrap();
            stdin.write_all(body.as_bytes()).unwrap();
        }
        stdin
    });
    // Both pipes are full and nobody moves: the host has stopped for good, not for a moment.
    let mut still = 0;
    while still < 100 {
        assert!(
            !asking.is_finished(),
            "{CALLS} requests were taken and no reply was read"
        );
        let full = rustix::io::ioctl_fionread(&watched).unwrap() > 60_000;
        still = if full && asleep(&host) { still + 1 } else { 0 };
        thread::yield_now();
    }
    let grown = status(&host, "VmHWM").saturating_sub(before);
    assert!(grown < 16 << 10, "{grown} KiB more");
    host.read_frames(true);
    for id in 0..CALLS {
        assert_eq!(host.reply(1_000_000 + id)["result"]["socketId"], 1);
    }
    drop(asking.join().unwrap());
    drop(watched);
    assert!(host.wait().success());
}

#[test]
fn a_greedy_peer_does_not_starve_fifty_polite_ones() {
    let mut host = Host::new();
    let (greedy, mut flood) = host.open_pair();
    let (server, port) = host.server();
    let mut peers: Vec<TcpStream> = (0..50).map(|_| dial(port)).collect();
    let clients: Vec<u64> = peers.iter().map(|_| host.accepted(server)).collect();
    for client in &clients {
        host.pause("tcp", *client, false);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let stopping = Arc::clone(&stop);
    let flooding = thread::spawn(move || {
        let flood_part = pattern(64 << 10, 1);
        while !stopping.load(Ordering::Relaxed) {
            flood.write_all(&flood_part).unwrap();
        }
    });
    host.received_at_least(greedy, 1 << 20);
    for round in 0..5 {
        let word = pattern(500, round);
        for peer in &mut peers {
            peer.write_all(&word).unwrap();
        }
        let (mut greedy_bytes, mut seen) = (0, BTreeMap::<u64, Vec<u8>>::new());
        while seen.len() < 50 || seen.values().any(|bytes| bytes.len() < 500) {
            let event = host.event("tcp.onReceive");
            let bytes = data(&event);
            if event["socketId"] == greedy {
                greedy_bytes += bytes.len();
            } else {
                seen.entry(event["socketId"].as_u64().unwrap())
                    .or_default()
                    .extend(bytes);
            }
        }
        for client in &clients {
            assert_same(&seen[client], &word);
        }
        // What was under way already is bounded by the greedy one's window; the rest must be shared.
        assert!(
            greedy_bytes < 2 << 20,
            "{greedy_bytes} bytes of the greedy one came first"
        );
    }
    stop.store(true, Ordering::Relaxed);
    // The last write may be waiting for room.
    host.take("the greedy one's end", |message| {
        message["event"] == "sockets.tcp.onReceiveError"
    });
    flooding.join().unwrap();
}

#[test]
fn peers_that_reset_in_mid_flood_leave_a_true_beginning_and_one_end() {
    let mut host = Host::new();
    let mut witness = Witness::new(&mut host);
    let bytes = pattern(300_000, 1);
    for round in 0..30 {
        let (client, mut peer) = host.pair();
        let length = bytes.len() * (round + 1) / 30;
        peer.write_all(&bytes[..length]).unwrap();
        if round % 3 == 0 {
            reset(peer);
            host.pause("tcp", client, false);
        } else {
            host.pause("tcp", client, false);
            reset(peer);
        }
        let mut got = Vec::new();
        loop {
            let message = host.take("bytes or the end", |message| message["params"]["socketId"] == client);
            if message["event"] == "sockets.tcp.onReceiveError" {
                assert_eq!(message["params"]["resultCode"], -100);
                break;
            }
            got.extend(data(&message["params"]));
        }
        assert_same(&got, &bytes[..got.len()]);
        assert!(got.len() <= length);
        assert_eq!(host.simple("tcp.close", client), done());
    }
    witness.quiet(&mut host);
}

/// A thousand peers that connect and leave at once, some rudely: every one that was announced ends once.
#[test]
fn a_crowd_that_comes_and_goes_is_accounted_for() {
    let mut host = Host::new();
    let (server, port) = host.server();
    let crowd = thread::spawn(move || {
        for round in 0..1000 {
            let mut peer = dial(port);
            if round % 3 == 0 {
                peer.write_all(b"hello").unwrap();
            }
            if round % 2 == 0 {
                reset(peer);
            }
        }
        let mut last = dial(port);
        last.write_all(b"last").unwrap();
        last
    });
    let mut open = std::collections::BTreeSet::new();
    let mut announced = 0;
    let last = loop {
        let message = host.next_message();
        let params = &message["params"];
        match message["event"].as_str() {
            Some("sockets.tcpServer.onAccept") => {
                let client = params["clientSocketId"].as_u64().unwrap();
                announced += 1;
                assert!(open.insert(client));
                host.post("tcp.setPaused", json!({"socketId": client, "paused": false}));
            }
            Some("sockets.tcp.onReceiveError") => assert!(open.remove(&params["socketId"].as_u64().unwrap())),
            Some("sockets.tcp.onReceive") if data(params) == b"last" => break params["socketId"].as_u64().unwrap(),
            Some("sockets.tcp.onReceive") => assert_eq!(data(params), b"hello"),
            _ => assert_eq!(message["result"], Value::Null, "{message}"),
        }
    };
    // Windows does not tell of those that had reset before they were accepted.
    if cfg!(not(windows)) {
        assert_eq!(announced, 1001);
    }
    assert!(open.remove(&last));
    while !open.is_empty() {
        let event = host.event("tcp.onReceiveError");
        assert!(open.remove(&event["socketId"].as_u64().unwrap()));
    }
    let peer = crowd.join().unwrap();
    assert_eq!(host.info("tcp", last)["peerPort"], peer.local_addr().unwrap().port());
    assert_eq!(host.info("tcpServer", server)["paused"], false);
}
