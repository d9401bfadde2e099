//! Many sockets and many calls at once, and what is fair between them.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};

use super::{Size, pause_all};
use crate::host::{Host, Setup, data};
use crate::peers::{assert_same, done, pattern, stuff};
#[cfg(target_os = "linux")]
use crate::process::arrived;

const NAME_LENGTH: Size = Size { short: 400, full: 4000 };

#[test]
fn as_many_sockets_as_there_may_be_arrive_in_parts_whatever_their_names() {
    let mut host = Host::new();
    let hello = host.ok("host.hello", json!({"protocol": [1, 1]}));
    // 16,384, unless the system allows fewer descriptors.
    let limit = usize::try_from(hello["limits"]["sockets"].as_u64().unwrap()).unwrap();
    let name = |at: usize| format!("{at} {}", "é".repeat(NAME_LENGTH.get() / 2));
    let mut made = 0;
    while made < limit {
        let next = limit.min(made + 1000);
        let calls = (made..next).map(|at| {
            let properties = json!({"name": name(at), "persistent": at % 3 == 0});
            ("tcpServer.create", json!({"properties": properties}))
        });
        for id in host.post_all(calls.collect()) {
            made += 1;
            assert_eq!(host.reply(id), json!({"result": {"socketId": made}}));
        }
    }
    // Other messages may come between the parts of a list, never inside one.
    let ids = host.post_all(vec![
        ("tcpServer.getSockets", Value::Null),
        ("tcp.create", json!({})),
        ("tcpServer.getInfo", json!({"socketId": 1})),
        ("tcp.getSockets", Value::Null),
    ]);
    let mut list = host.reply(ids[0])["result"].take();
    let list = list.as_array_mut().unwrap();
    assert_eq!(list.len(), limit);
    for (at, info) in list.iter().enumerate() {
        let expected = json!({"socketId": at + 1, "persistent": at % 3 == 0, "name": name(at), "paused": false});
        assert_eq!(*info, expected);
    }
    assert_eq!(host.reply(ids[1])["error"]["code"], -12);
    assert_eq!(host.reply(ids[2])["result"]["name"], name(0));
    assert_eq!(host.reply(ids[3]), json!({"result": []}));
    assert!(
        (100_000..=1 << 20).contains(&host.longest_frame),
        "{}",
        host.longest_frame
    );
}

/// The longest array there may be.
const CALLS: u64 = 1 << 16;

#[test]
fn as_many_calls_as_a_frame_may_hold_are_answered_in_their_order() {
    let mut host = Host::new();
    let socket = host.create("tcp");
    let calls: Vec<String> = (0..CALLS)
        .map(|at| match at % 4 {
            0 => format!(r#"{{"id":{at},"method":"sockets.tcp.getInfo","params":{{"socketId":{socket}}}}}"#),
            1 => format!(r#"{{"id":{at},"method":"sockets.tcp.getInfo","params":{{"socketId":77}}}}"#),
            2 => format!(r#"{{"id":{at},"method":"no.such"}}"#),
            _ => format!(
                r#"{{"id":{at},"method":"sockets.tcp.setPaused","params":{{"socketId":{socket},"paused":true}}}}"#
            ),
        })
        .collect();
    host.send_text(format!("[{}]", calls.join(",")).as_bytes());
    for at in 0..CALLS {
        let reply = host.next_message();
        assert_eq!(reply["id"], at, "{reply}");
        match at % 4 {
            0 => assert_eq!(reply["result"]["socketId"], socket),
            1 => assert_eq!(reply["error"]["message"], "Socket not found"),
            2 => assert_eq!(reply["error"]["message"], "Unknown method: no.such"),
            _ => assert_eq!(reply["result"], Value::Null),
        }
    }
    host.info("tcp", socket);
    assert_eq!(host.left_over(), Vec::<Value>::new());
}

const POLITE: usize = 100;
const FAIR_ROUNDS: Size = Size { short: 10, full: 200 };
/// A frame has room for this much of each of them and a turn of the greedy one; without turns the greedy one would take it all.
const WORD: usize = 500;

/// Short segments: with loopback's long ones the kernel opens the window only when nearly everything has been read.
#[cfg(target_os = "linux")]
fn greedy_pair(host: &mut Host) -> (u64, TcpStream) {
    let (server, port) = host.server();
    let peer = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    peer.set_tcp_mss(1400).unwrap();
    peer.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())
        .unwrap();
    let client = host.accepted(server);
    assert_eq!(host.simple("tcpServer.close", server), done());
    (client, peer.into())
}

/// Whoever has bytes when a frame is built is served in that frame, or, where they are too many, as soon as frames have room.
#[cfg(target_os = "linux")]
#[test]
fn a_greedy_socket_shares_every_frame_with_a_hundred_polite_ones() {
    let mut host = Setup {
        acking: false,
        ..Setup::default()
    }
    .start();
    // A round takes no more of it than the socket's window, and some of it waits in the kernel at the end.
    let flood = pattern((FAIR_ROUNDS.get() + 32) * (512 << 10), 1);
    let (greedy, mut greedy_peer) = greedy_pair(&mut host);
    let mut crowd: Vec<(u64, TcpStream)> = (0..POLITE).map(|_| host.pair()).collect();
    let mut sockets = vec![greedy];
    sockets.extend(crowd.iter().map(|(socket, _)| *socket));
    let (mut written, mut read) = (0, 0);
    for round in 0..FAIR_ROUNDS.get() {
        let word = pattern(WORD, round as u64);
        written += stuff(&mut greedy_peer, &flood[written..]);
        for (_, peer) in &mut crowd {
            peer.write_all(&word).unwrap();
        }
        let waiting = crowd.iter().map(|(_, peer)| (peer, WORD));
        arrived(waiting.chain([(&greedy_peer, 16 << 10)]));
        // The host's runtime has slept since, so it knows.
        host.ok("tcpServer.getSockets", Value::Null);
        let calls = sockets
            .iter()
            .map(|id| ("tcp.setPaused", json!({"socketId": id, "paused": false})));
        host.post_all(calls.collect());
        let (mut frames, mut greedy_first, mut served) = (0, 0, BTreeSet::new());
        while served.len() < POLITE {
            let messages = host.next_frame();
            frames += usize::from(messages.iter().any(|message| message.get("event").is_some()));
            for message in messages {
                let params = &message["params"];
                if message["event"].is_null() {
                    assert_eq!(message["result"], Value::Null, "{message}");
                } else if params["socketId"] == greedy {
                    let bytes = data(params);
                    assert_same(&bytes, &flood[read..read + bytes.len()]);
                    read += bytes.len();
                    greedy_first += if served.len() < POLITE { bytes.len() } else { 0 };
                } else {
                    assert_same(&data(params), &word);
                    assert!(served.insert(params["socketId"].as_u64().unwrap()));
                }
            }
        }
        assert_eq!(frames, 1, "frames until everybody was served, in round {round}");
        assert!((1..=4096).contains(&greedy_first), "{greedy_first} bytes");
        // Whatever was spent comes back; what is on its way is the greedy one's.
        let ids = host.post_all(
            sockets
                .iter()
                .map(|id| ("tcp.setPaused", json!({"socketId": id, "paused": true})))
                .collect(),
        );
        host.reply(*ids.last().unwrap());
        for message in host.left_over() {
            if message["event"] == "sockets.tcp.onReceive" {
                let bytes = data(&message["params"]);
                assert_same(&bytes, &flood[read..read + bytes.len()]);
                read += bytes.len();
            }
        }
        let all = 1_u64 << 52;
        let spent: Vec<Value> = sockets.iter().map(|id| json!([id, all])).collect();
        host.send(&json!({"method": "host.ack", "params": {"port": all, "sockets": spent}}));
    }
    pause_all(&mut host, &sockets, true);
}
