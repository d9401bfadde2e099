//! Servers whose clients speak TLS.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;

use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use serde_json::{Value, json};

use super::authority::{ALL, Authority, client};
use super::peer::invalid;
use crate::host::Host;
use crate::peers::{assert_same, dial, done, net, pattern, read_to_any_end, sent, zero};
use crate::steps::Witness;

pub type Client = StreamOwned<ClientConnection, TcpStream>;

/// Shakes hands; the host answers by itself.
pub fn shake(tcp: TcpStream, config: &Arc<ClientConfig>) -> std::io::Result<Client> {
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::clone(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, tcp);
    while stream.conn.is_handshaking() {
        if stream.conn.complete_io(&mut stream.sock)? == (0, 0) {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    while stream.conn.wants_write() {
        stream.conn.write_tls(&mut stream.sock)?;
    }
    Ok(stream)
}

/// A listening TLS server, its port, and what its clients trust.
pub struct Served {
    pub server: u64,
    pub port: u16,
    pub config: Arc<ClientConfig>,
}

impl Served {
    pub fn new(host: &mut Host, properties: Value) -> Self {
        let authority = Authority::new();
        let mut properties = properties;
        properties["tls"] = authority.issue(&["localhost"]).pem();
        let created = host.ok("tcpServer.create", json!({"properties": properties}));
        let server = created["socketId"].as_u64().unwrap();
        assert_eq!(host.listen(server, "127.0.0.1", 0), zero());
        let port = host.info("tcpServer", server)["localPort"].as_u64().unwrap();
        Self {
            server,
            port: u16::try_from(port).unwrap(),
            config: client(authority.certificate(), ALL),
        }
    }

    /// A client that has shaken hands.
    pub fn dial(&self) -> Client {
        shake(dial(self.port), &self.config).unwrap()
    }

    /// An accepted, still paused socket and its peer.
    pub fn pair(&self, host: &mut Host) -> (u64, Client) {
        let peer = self.dial();
        (host.accepted(self.server), peer)
    }

    pub fn failed(&self, host: &mut Host) -> u64 {
        host.info("tcpServer", self.server)["failedHandshakes"]
            .as_u64()
            .unwrap()
    }
}

#[test]
fn bytes_both_ways_and_a_good_end() {
    let mut host = Host::new();
    let served = Served::new(&mut host, json!({"name": "secure"}));
    let info = host.info("tcpServer", served.server);
    assert_eq!((&info["tls"], &info["failedHandshakes"]), (&json!(true), &json!(0)));
    let (socket, mut peer) = served.pair(&mut host);
    let info = host.info("tcp", socket);
    assert!(info.get("tls").is_none() && info.get("failedHandshakes").is_none());
    assert_eq!((&info["connected"], &info["paused"]), (&json!(true), &json!(true)));
    assert!(info["localPort"].is_u64() && info["peerPort"].is_u64());

    let (to_host, to_peer) = (pattern(3 << 20, 1), pattern(2 << 20, 2));
    let copy = to_host.clone();
    let writer = thread::spawn(move || {
        peer.write_all(&copy).unwrap();
        let mut read = vec![0; 2 << 20];
        peer.read_exact(&mut read).unwrap();
        // The end that TLS says, not just a FIN.
        assert_eq!(peer.read(&mut [0]).unwrap(), 0);
        read
    });
    host.pause("tcp", socket, false);
    assert_same(&host.received(socket, to_host.len()), &to_host);
    assert_eq!(host.write(socket, &to_peer), sent(to_peer.len()));
    assert_eq!(host.simple("tcp.close", socket), done());
    assert_same(&writer.join().unwrap(), &to_peer);
}

#[test]
fn a_plain_server_says_nothing_of_tls() {
    let mut host = Host::new();
    let (server, _) = host.server();
    let info = host.info("tcpServer", server);
    assert!(info.get("tls").is_none() && info.get("failedHandshakes").is_none());
}

#[test]
fn both_versions_and_none_before() {
    let mut host = Host::new();
    let authority = Authority::new();
    let properties = json!({"tls": authority.issue(&["localhost"]).pem()});
    let created = host.ok("tcpServer.create", json!({"properties": properties}));
    let server = created["socketId"].as_u64().unwrap();
    assert_eq!(host.listen(server, "127.0.0.1", 0), zero());
    let port = u16::try_from(host.info("tcpServer", server)["localPort"].as_u64().unwrap()).unwrap();
    for version in [&TLS12, &TLS13] {
        let config = client(authority.certificate(), &[version]);
        let peer = shake(dial(port), &config).unwrap();
        assert_eq!(peer.conn.protocol_version(), Some(version.version));
        host.accepted(server);
    }
    // A hello of TLS 1.1: random, no session, one cipher, no compression.
    let mut hello = vec![22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 2];
    hello.extend([0; 32]);
    hello.extend([0, 0, 2, 0xc0, 0x13, 1, 0]);
    let mut peer = dial(port);
    peer.write_all(&hello).unwrap();
    let (answer, _) = read_to_any_end(&mut peer);
    assert_eq!((answer[0], answer[5]), (21, 2), "a fatal alert");
}

#[test]
fn a_client_is_announced_when_its_handshake_is_done_and_not_before() {
    let mut host = Host::new();
    let served = Served::new(&mut host, json!({}));
    let tcp = dial(served.port);
    let mut witness = Witness::new(&mut host);
    witness.quiet(&mut host);
    let _peer = shake(tcp, &served.config).unwrap();
    host.accepted(served.server);
}

#[test]
fn what_an_accepted_client_refuses_and_takes() {
    let mut host = Host::new();
    let served = Served::new(&mut host, json!({}));
    let (socket, mut peer) = served.pair(&mut host);
    assert_eq!(
        host.secure(socket),
        invalid("Socket must be a connected client TCP socket.")
    );
    let no_delay = json!({"socketId": socket, "noDelay": true});
    assert_eq!(host.call("tcp.setNoDelay", no_delay), zero());
    assert_eq!(host.connect(socket, "127.0.0.1", 9), net(-23, "SOCKET_IS_CONNECTED"));
    assert_eq!(host.write(socket, b"still"), sent(5));
    let mut read = [0; 5];
    peer.read_exact(&mut read).unwrap();
    assert_eq!(&read, b"still");
}

#[test]
fn d8_clients_are_half_open_if_their_server_says_so() {
    let mut host = Host::new();
    let served = Served::new(&mut host, json!({"allowHalfOpen": true}));
    let (socket, mut peer) = served.pair(&mut host);
    host.pause("tcp", socket, false);
    peer.write_all(b"question").unwrap();
    peer.conn.send_close_notify();
    peer.flush().unwrap();
    assert_eq!(host.received(socket, 8), b"question");
    host.ended(socket);
    assert_eq!(host.write(socket, b"answer"), sent(6));
    assert_eq!(host.simple("tcp.close", socket), done());
    let mut read = Vec::new();
    peer.read_to_end(&mut read).unwrap();
    assert_eq!(read, b"answer");
}

#[test]
fn s49_d2_paused_it_announces_nobody_and_nobody_is_lost() {
    let mut host = Host::new();
    let served = Served::new(&mut host, json!({}));
    // One is in mid-handshake when the server is paused.
    let early = dial(served.port);
    let mut witness = Witness::new(&mut host);
    witness.quiet(&mut host);
    host.pause("tcpServer", served.server, true);
    let early = shake(early, &served.config).unwrap();
    let (port, config) = (served.port, Arc::clone(&served.config));
    let late = thread::spawn(move || shake(dial(port), &config).unwrap());
    witness.quiet(&mut host);
    host.pause("tcpServer", served.server, false);
    let sockets = [host.accepted(served.server), host.accepted(served.server)];
    let mut ports: Vec<Value> = sockets
        .map(|socket| host.info("tcp", socket)["peerPort"].clone())
        .into();
    let late = late.join().unwrap();
    let mut expected = [&early, &late]
        .map(|peer| json!(peer.sock.local_addr().unwrap().port()))
        .to_vec();
    ports.sort_by_key(Value::as_u64);
    expected.sort_by_key(Value::as_u64);
    assert_eq!(ports, expected);
}

#[test]
fn closing_drops_handshakes_under_way_and_keeps_clients() {
    let mut host = Host::new();
    let mut witness = Witness::new(&mut host);
    for method in ["tcpServer.disconnect", "tcpServer.close"] {
        let served = Served::new(&mut host, json!({}));
        let (socket, mut client) = served.pair(&mut host);
        let mut under_way: Vec<TcpStream> = (0..20).map(|_| dial(served.port)).collect();
        witness.pass(&mut host);
        assert_eq!(host.simple(method, served.server), done());
        for peer in &mut under_way {
            assert_eq!(read_to_any_end(peer).0, b"");
        }
        client.write_all(b"alive").unwrap();
        host.pause("tcp", socket, false);
        assert_eq!(host.received(socket, 5), b"alive");
        assert_eq!(host.simple("tcp.close", socket), done());
        host.ended(socket);
    }
    assert_eq!(host.left_over(), Vec::<Value>::new());
}

#[test]
fn a_new_certificate_is_for_the_connections_to_come() {
    let mut host = Host::new();
    let served = Served::new(&mut host, json!({}));
    let (old, mut old_peer) = served.pair(&mut host);
    let authority = Authority::new();
    let properties = json!({"tls": authority.issue(&["localhost"]).pem()});
    let update = json!({"socketId": served.server, "properties": properties});
    assert_eq!(host.call("tcpServer.update", update), done());
    assert!(
        shake(dial(served.port), &served.config).is_err(),
        "the old one is not shown any more"
    );
    let config = client(authority.certificate(), ALL);
    let _new_peer = shake(dial(served.port), &config).unwrap();
    host.accepted(served.server);
    old_peer.write_all(b"as before").unwrap();
    host.pause("tcp", old, false);
    assert_eq!(host.received(old, 9), b"as before");
    // What it does not name, stays.
    let update = json!({"socketId": served.server, "properties": {"name": "x"}});
    assert_eq!(host.call("tcpServer.update", update), done());
    assert_eq!(host.info("tcpServer", served.server)["tls"], true);
}
