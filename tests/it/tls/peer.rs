//! Peers that speak TLS, each on a thread of its own while it shakes hands.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::host::Host;
use crate::peers::{accept, listener, not_found, zero};
use serde_json::{Value, json};

#[track_caller]
pub fn assert_gone(host: &mut Host, socket: u64) {
    assert_eq!(host.simple("tcp.getInfo", socket), not_found());
}

/// A text of its own beside -4.
pub fn invalid(message: &str) -> Value {
    json!({"error": {"message": message, "code": -4}, "result": -4})
}

pub type Server = StreamOwned<ServerConnection, TcpStream>;

/// Accepts one connection and shakes hands.
pub fn serve(listener: TcpListener, config: Arc<ServerConfig>) -> JoinHandle<io::Result<Server>> {
    thread::spawn(move || shake(accept(&listener), config))
}

pub fn shake(tcp: TcpStream, config: Arc<ServerConfig>) -> io::Result<Server> {
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), tcp);
    while stream.conn.is_handshaking() {
        if stream.conn.complete_io(&mut stream.sock)? == (0, 0) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    // What the handshake left to be written: tickets.
    while stream.conn.wants_write() {
        stream.conn.write_tls(&mut stream.sock)?;
    }
    Ok(stream)
}

impl Host {
    /// A paused socket that is connected to a listener of ours by this name.
    pub fn paused_to(&mut self, name: &str) -> (u64, TcpListener) {
        let (listener, port) = listener();
        let socket = self.create("tcp");
        self.pause("tcp", socket, true);
        assert_eq!(self.connect(socket, name, port), zero());
        (socket, listener)
    }

    pub fn secure(&mut self, socket: u64) -> Value {
        self.call("tcp.secure", json!({"socketId": socket}))
    }

    /// `secure()` on a connection by this name to a server of this kind.
    pub fn try_secure(&mut self, name: &str, config: Arc<ServerConfig>, options: &Value) -> (u64, Value) {
        let (socket, listener) = self.paused_to(name);
        let server = serve(listener, config);
        let reply = self.call("tcp.secure", json!({"socketId": socket, "options": options}));
        drop(server.join().unwrap());
        (socket, reply)
    }

    /// A secured, paused socket and its peer.
    pub fn secured(&mut self, config: Arc<ServerConfig>) -> (u64, Server) {
        let (socket, listener) = self.paused_to("localhost");
        let server = serve(listener, config);
        assert_eq!(self.secure(socket), zero());
        (socket, server.join().unwrap().unwrap())
    }
}
