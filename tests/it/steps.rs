//! The steps most tests begin with, and the barrier behind which nothing has happened.

use std::io::Write as _;
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::host::{Host, data};
use crate::peers::{accept, dial, done, listener, zero};

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
