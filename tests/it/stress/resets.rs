//! Peers that reset at every point of a connection's life. No reply is lost, no socket is stuck, and the lists stay true.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::TcpStream;
use std::thread;

use serde_json::{Value, json};

use super::{Size, assert_sockets};
use crate::host::{Host, data};
use crate::peers::{
    accept, assert_same, dial, done, listener, pattern, read_exact, read_to_any_end, reset, sent, stuff, zero,
};
use crate::steps::Witness;

const ROUNDS: Size = Size { short: 10, full: 300 };

/// A host, and a connection that tells when everything else has had its turn.
struct Stage {
    host: Host,
    witness: Witness,
    witness_id: u64,
}

impl Stage {
    fn new() -> Self {
        let mut host = Host::new();
        let witness = Witness::new(&mut host);
        let list = host.ok("tcp.getSockets", Value::Null);
        let witness_id = list[0]["socketId"].as_u64().unwrap();
        Self {
            host,
            witness,
            witness_id,
        }
    }

    /// Closes the socket. Nothing of it is left, and nobody else has noticed.
    #[track_caller]
    fn close(&mut self, socket: u64) {
        assert_sockets(&mut self.host, "tcp", &BTreeSet::from([self.witness_id, socket]));
        assert_eq!(self.host.simple("tcp.close", socket), done());
        self.over();
    }

    #[track_caller]
    fn over(&mut self) {
        assert_sockets(&mut self.host, "tcp", &BTreeSet::from([self.witness_id]));
        assert_sockets(&mut self.host, "tcpServer", &BTreeSet::new());
        self.quiet();
    }

    /// Asserts that the host has had nothing to say but how much it has taken.
    #[track_caller]
    fn quiet(&mut self) {
        self.witness.pass(&mut self.host);
        let said = self.host.left_over();
        assert!(said.iter().all(|message| message["event"] == "host.ack"), "{said:?}");
    }

    #[track_caller]
    fn connected(&mut self, socket: u64) -> bool {
        self.host.info("tcp", socket)["connected"].as_bool().unwrap()
    }
}

#[test]
fn before_it_is_accepted() {
    let mut stage = Stage::new();
    for _ in 0..ROUNDS.get() {
        let host = &mut stage.host;
        let (server, port) = host.server();
        host.pause("tcpServer", server, true);
        reset(dial(port));
        let mut rude = dial(port);
        rude.write_all(b"never read").unwrap();
        reset(rude);
        let polite = dial(port);
        host.pause("tcpServer", server, false);
        // A kernel may announce those that are gone already; each of them must end then.
        let mut open = BTreeSet::new();
        let last = loop {
            let client = host.accepted(server);
            if host.info("tcp", client)["peerPort"] == polite.local_addr().unwrap().port() {
                break client;
            }
            open.insert(client);
        };
        for client in open {
            host.pause("tcp", client, false);
            read_beginning(host, client, b"never read");
            assert_eq!(host.simple("tcp.close", client), done());
        }
        assert_eq!(host.simple("tcpServer.close", server), done());
        stage.close(last);
    }
}

#[test]
fn after_it_is_accepted_and_still_paused() {
    let mut stage = Stage::new();
    for round in 0..ROUNDS.get() {
        let (client, mut peer) = stage.host.pair();
        if round % 2 == 0 {
            peer.write_all(b"not read yet").unwrap();
        }
        reset(peer);
        stage.quiet();
        if round % 3 == 0 {
            // It may also be closed without anybody having looked.
            stage.close(client);
            continue;
        }
        assert!(stage.connected(client), "the end was noticed while paused");
        stage.host.pause("tcp", client, false);
        read_beginning(&mut stage.host, client, b"not read yet");
        assert!(!stage.connected(client));
        stage.close(client);
    }
}

/// What arrives of an interrupted stream is a beginning of it, and then comes the end.
#[track_caller]
fn read_beginning(host: &mut Host, socket: u64, whole: &[u8]) {
    let mut at = 0;
    loop {
        let message = host.take("bytes or the end", |message| {
            message["event"].is_string() && message["params"]["socketId"] == socket
        });
        if message["event"] == "sockets.tcp.onReceiveError" {
            assert_eq!(message["params"]["resultCode"], -100);
            return;
        }
        let bytes = data(&message["params"]);
        assert_same(&bytes, &whole[at..at + bytes.len()]);
        at += bytes.len();
    }
}

#[test]
fn while_it_is_read() {
    let mut stage = Stage::new();
    let bytes = pattern(600_000, 1);
    for round in 0..ROUNDS.get() {
        let (client, mut peer) = stage.host.open_pair();
        peer.write_all(&bytes[..bytes.len() * (round % 10) / 10]).unwrap();
        reset(peer);
        read_beginning(&mut stage.host, client, &bytes);
        assert!(!stage.connected(client));
        stage.close(client);
    }
}

#[test]
fn in_the_middle_of_sends_to_it() {
    let mut stage = Stage::new();
    let bytes = pattern(8 << 20, 1);
    for round in 0..ROUNDS.get() {
        let reading = round % 2 == 0;
        let (client, mut peer) = stage.host.pair();
        let host = &mut stage.host;
        if reading {
            host.pause("tcp", client, false);
        }
        let sends = [host.post_write(client, &bytes), host.post_write(client, b"behind")];
        read_exact(&mut peer, 1 + round % 10 * 10_000);
        reset(peer);
        let codes = sends.map(|id| host.reply(id)["result"]["resultCode"].as_i64().unwrap());
        // Whether the failing write or the failing read is met first is the kernel's affair.
        assert!(
            codes == [-2, -15] || (reading && codes == [-15, -15]),
            "{codes:?}, reading: {reading}"
        );
        if reading {
            host.ended(client);
        }
        assert!(!stage.connected(client));
        stage.close(client);
    }
}

#[test]
fn in_the_middle_of_sends_both_ways() {
    let mut stage = Stage::new();
    let bytes = pattern(8 << 20, 1);
    for _ in 0..ROUNDS.get() {
        let (client, mut peer) = stage.host.pair();
        let host = &mut stage.host;
        stuff(&mut peer, &bytes);
        let send = host.post_write(client, &bytes);
        let unpause = host.post("tcp.setPaused", json!({"socketId": client, "paused": false}));
        read_exact(&mut peer, 50_000);
        // Its failed send would disconnect a paused socket without an event.
        assert_eq!(host.reply(unpause), done());
        reset(peer);
        read_beginning(host, client, &bytes);
        let code = host.reply(send)["result"]["resultCode"].as_i64().unwrap();
        assert!([-2, -15].contains(&code), "{code}");
        assert!(!stage.connected(client));
        stage.close(client);
    }
}

#[test]
fn while_it_lingers() {
    let mut stage = Stage::new();
    for round in 0..ROUNDS.get() {
        let (client, mut peer) = stage.host.pair();
        if round % 2 == 0 {
            peer.write_all(b"never read").unwrap();
        }
        assert_eq!(stage.host.write(client, b"answered"), sent(8));
        let method = ["tcp.close", "tcp.disconnect"][round / 2 % 2];
        assert_eq!(stage.host.simple(method, client), done());
        assert_eq!(read_exact(&mut peer, 8), b"answered");
        if round % 3 == 0 {
            // Its FIN has arrived too.
            assert_eq!(read_to_any_end(&mut peer), (Vec::new(), true));
        }
        reset(peer);
        if method == "tcp.close" {
            stage.over();
        } else {
            // What was connected once can be again.
            let (listener, port) = listener();
            assert_eq!(stage.host.connect(client, "127.0.0.1", port), zero());
            let peer = accept(&listener);
            assert!(stage.connected(client));
            stage.host.pause("tcp", client, true);
            drop(peer);
            stage.close(client);
        }
    }
}

#[test]
fn while_it_is_being_connected() {
    let mut stage = Stage::new();
    for round in 0..ROUNDS.get() {
        let (listener, port) = listener();
        // Reset by whoever accepts, or by the end of the listener in whose queue it waits.
        let peer = thread::spawn(move || {
            if round % 2 == 0 {
                reset(listener.accept().unwrap().0);
            } else {
                let (probe, _) = listener.accept().unwrap();
                drop((listener, probe));
            }
        });
        let probe: Option<TcpStream> = (round % 2 == 1).then(|| dial(port));
        let host = &mut stage.host;
        let socket = host.create("tcp");
        let reply = host.connect(socket, "127.0.0.1", port);
        peer.join().unwrap();
        drop(probe);
        match reply["result"].as_i64() {
            Some(0) => host.ended(socket),
            Some(-101 | -102) => {}
            _ => panic!("{reply}"),
        }
        assert!(!stage.connected(socket));
        stage.close(socket);
    }
}
