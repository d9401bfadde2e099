//! The other ends of connections, and the steps most tests begin with.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use socket2::{Domain, SockRef, Socket, Type};

use crate::host::{HANG, Host, data};

/// Success without a value.
pub fn done() -> Value {
    json!({"result": null})
}

/// Success with a code.
pub fn zero() -> Value {
    json!({"result": 0})
}

/// A reply that is a text only.
pub fn text_only(message: &str) -> Value {
    json!({"error": {"message": message}})
}

pub fn not_found() -> Value {
    text_only("Socket not found")
}

/// A network error with its code as result.
pub fn net(code: i32, name: &str) -> Value {
    json!({"error": {"message": format!("net::ERR_{name}"), "code": code}, "result": code})
}

/// A network error of a send.
pub fn unsent(code: i32, name: &str) -> Value {
    json!({"error": {"message": format!("net::ERR_{name}"), "code": code}, "result": {"resultCode": code}})
}

/// A send that went well.
pub fn sent(bytes: usize) -> Value {
    json!({"result": {"resultCode": 0, "bytesSent": bytes}})
}

/// Bytes that do not repeat within any window we use, different for each seed.
pub fn pattern(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Compares long byte strings without printing them.
#[track_caller]
pub fn assert_same(got: &[u8], expected: &[u8]) {
    let differs = got.iter().zip(expected).position(|(a, b)| a != b);
    assert_eq!((got.len(), differs), (expected.len(), None), "length, first difference");
}

/// Closes with a reset instead of a FIN.
pub fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
}

/// A connection to a port of this computer that never waits for ever.
pub fn dial(port: u16) -> TcpStream {
    guarded(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap())
}

/// The next connection of a listener of ours.
pub fn accept(listener: &TcpListener) -> TcpStream {
    guarded(listener.accept().unwrap().0)
}

fn guarded(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(HANG)).unwrap();
    stream.set_write_timeout(Some(HANG)).unwrap();
    stream
}

/// A listener of ours, and its port.
pub fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A port nobody listens on: it stays bound, but without `listen`.
pub fn closed_port() -> (Socket, u16) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    let port = socket.local_addr().unwrap().as_socket().unwrap().port();
    (socket, port)
}

/// Reads until the peer's FIN.
pub fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

pub fn read_exact(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// The bytes that arrive before the connection ends, and whether it ended by a FIN.
pub fn read_to_any_end(stream: &mut TcpStream) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let mut part = vec![0; 64 << 10];
    loop {
        match stream.read(&mut part) {
            Ok(0) => return (bytes, true),
            Ok(count) => bytes.extend_from_slice(&part[..count]),
            Err(error) => {
                assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
                return (bytes, false);
            }
        }
    }
}

/// Writes until the kernel takes no more for now: the other side does not read.
pub fn stuff(stream: &mut TcpStream, bytes: &[u8]) -> usize {
    stream.set_nonblocking(true).unwrap();
    let mut written = 0;
    while written < bytes.len() {
        match stream.write(&bytes[written..]) {
            Ok(count) => written += count,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    stream.set_nonblocking(false).unwrap();
    written
}

impl Host {
    /// The value of a call that must succeed.
    #[track_caller]
    pub fn ok(&mut self, method: &str, params: Value) -> Value {
        let mut reply = self.call(method, params);
        assert!(reply.get("error").is_none(), "{method}: {reply}");
        reply["result"].take()
    }

    pub fn create(&mut self, namespace: &str) -> u64 {
        let created = self.ok(&format!("{namespace}.create"), json!({}));
        created["socketId"].as_u64().unwrap()
    }

    /// The result of `getInfo`.
    pub fn info(&mut self, namespace: &str, socket: u64) -> Value {
        self.ok(&format!("{namespace}.getInfo"), json!({"socketId": socket}))
    }

    /// A method whose only parameter is the socket.
    pub fn simple(&mut self, method: &str, socket: u64) -> Value {
        self.call(method, json!({"socketId": socket}))
    }

    pub fn pause(&mut self, namespace: &str, socket: u64, paused: bool) {
        let reply = self.call(
            &format!("{namespace}.setPaused"),
            json!({"socketId": socket, "paused": paused}),
        );
        assert_eq!(reply, done());
    }

    pub fn listen(&mut self, server: u64, address: &str, port: u16) -> Value {
        self.call(
            "tcpServer.listen",
            json!({"socketId": server, "address": address, "port": port}),
        )
    }

    /// A listening server and its port.
    pub fn server(&mut self) -> (u64, u16) {
        let server = self.create("tcpServer");
        assert_eq!(self.listen(server, "127.0.0.1", 0), zero());
        let port = self.info("tcpServer", server)["localPort"].as_u64().unwrap();
        (server, u16::try_from(port).unwrap())
    }

    /// The client of the next `onAccept`, which must be of this server.
    #[track_caller]
    pub fn accepted(&mut self, server: u64) -> u64 {
        let event = self.event("tcpServer.onAccept");
        assert_eq!(event["socketId"], server);
        event["clientSocketId"].as_u64().unwrap()
    }

    /// An accepted, still paused socket and its peer; the server is closed again.
    pub fn pair(&mut self) -> (u64, TcpStream) {
        let (server, port) = self.server();
        let peer = dial(port);
        let client = self.accepted(server);
        assert_eq!(self.simple("tcpServer.close", server), done());
        (client, peer)
    }

    /// An accepted socket that is being read, and its peer.
    pub fn open_pair(&mut self) -> (u64, TcpStream) {
        let (client, peer) = self.pair();
        self.pause("tcp", client, false);
        (client, peer)
    }

    pub fn connect(&mut self, socket: u64, address: &str, port: u16) -> Value {
        self.call(
            "tcp.connect",
            json!({"socketId": socket, "peerAddress": address, "peerPort": port}),
        )
    }

    /// A socket of `tcp.create` that is connected to us, and its peer.
    pub fn dialed(&mut self) -> (u64, TcpStream) {
        let (listener, port) = listener();
        let socket = self.create("tcp");
        assert_eq!(self.connect(socket, "127.0.0.1", port), zero());
        (socket, accept(&listener))
    }

    pub fn write(&mut self, socket: u64, bytes: &[u8]) -> Value {
        let id = self.post_write(socket, bytes);
        self.reply(id)
    }

    pub fn post_write(&mut self, socket: u64, bytes: &[u8]) -> u64 {
        self.post_text(socket, &crate::host::text(bytes))
    }

    /// A send of this base64, put together by hand: the long ones would take a slow detour through values.
    pub fn post_text(&mut self, socket: u64, data: &str) -> u64 {
        let (id, _) = self.request("tcp.send", Value::Null);
        let head = format!(r#"{{"id":{id},"method":"sockets.tcp.send","params":{{"socketId":{socket},"data":""#);
        self.send_text(&[head.as_bytes(), data.as_bytes(), br#""}}"#].concat());
        id
    }

    /// The next `onReceive` of this socket.
    pub fn receive(&mut self, socket: u64) -> Value {
        let event = self.take(&format!("onReceive of {socket}"), |message| {
            message["event"] == "sockets.tcp.onReceive" && message["params"]["socketId"] == socket
        });
        assert_eq!(event["params"].as_object().unwrap().len(), 2, "{event}");
        event
    }

    /// Exactly so many bytes of this socket.
    #[track_caller]
    pub fn received(&mut self, socket: u64, length: usize) -> Vec<u8> {
        let bytes = self.received_at_least(socket, length);
        assert_eq!(bytes.len(), length);
        bytes
    }

    pub fn received_at_least(&mut self, socket: u64, length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            bytes.extend(data(&self.receive(socket)["params"]));
        }
        bytes
    }

    /// The end of this socket: -100 and nothing else.
    #[track_caller]
    pub fn ended(&mut self, socket: u64) {
        let event = self.event("tcp.onReceiveError");
        assert_eq!(event, json!({"socketId": socket, "resultCode": -100}));
    }
}

/// A connection whose bytes come behind everything the kernel told the host before: the barrier for "nothing happens".
pub struct Witness {
    socket: u64,
    peer: TcpStream,
}

impl Witness {
    pub fn new(host: &mut Host) -> Self {
        let (socket, peer) = host.open_pair();
        Self { socket, peer }
    }

    /// Two rounds: whatever was ready before the first has had its turn when the second is over.
    pub fn pass(&mut self, host: &mut Host) {
        for byte in [b"1", b"2"] {
            self.peer.write_all(byte).unwrap();
            assert_eq!(host.received(self.socket, 1), byte);
        }
    }

    /// Asserts that the host has had nothing to say.
    #[track_caller]
    pub fn quiet(&mut self, host: &mut Host) {
        self.pass(host);
        assert_eq!(host.left_over(), Vec::<Value>::new());
    }
}

/// Half-closes: FIN, but still reading.
pub fn half_close(stream: &TcpStream) {
    stream.shutdown(Shutdown::Write).unwrap();
}
