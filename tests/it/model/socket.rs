//! One socket of the model: what is set on it, and what `getInfo` has to say.

use serde_json::{Map, Value, json};

use super::datagrams::Udp;
use super::program::{Kind, Properties};
use super::state::{Role, Socket};

impl Socket {
    pub fn new(kind: Kind, properties: Properties) -> Self {
        let mut socket = Self {
            properties: Properties::default(),
            paused: false,
            failed_handshakes: None,
            secured: false,
            role: match kind {
                Kind::Server => Role::Server(None),
                Kind::Tcp => Role::Tcp(None),
                Kind::Udp => Role::Udp(Udp::default()),
            },
        };
        socket.update(properties);
        socket
    }

    pub fn kind(&self) -> Kind {
        match self.role {
            Role::Server(_) => Kind::Server,
            Role::Tcp(_) => Kind::Tcp,
            Role::Udp(_) => Kind::Udp,
        }
    }

    pub fn update(&mut self, properties: Properties) {
        let own = &mut self.properties;
        own.persistent = properties.persistent.or(own.persistent);
        own.name = properties.name.or(own.name.take());
        own.buffer_size = properties.buffer_size.or(own.buffer_size);
    }

    /// The length of the pieces JavaScript is to get from the next read on (SPEC 2.2).
    pub fn slice(&self) -> i32 {
        let size = self.properties.buffer_size.filter(|&size| size > 0);
        size.map_or(4096, |size| size.min(64 << 10))
    }

    /// A read begins, if it is read and none is under way; pausing does not take it back.
    pub fn begin_read(&mut self) {
        let size = self.slice();
        let read_size = match &mut self.role {
            Role::Tcp(Some(connection)) => &mut connection.read_size,
            Role::Udp(Udp { bound: Some(bound), .. }) => &mut bound.read_size,
            _ => return,
        };
        if !self.paused {
            read_size.get_or_insert(size);
        }
    }

    /// What `getInfo` has to say, with the ports that `told` has if they were not known. As many handshakes as `given_up` may have
    /// failed.
    pub fn info(&mut self, id: u64, told: &Value, given_up: u64) -> Value {
        let mut info = Map::new();
        let mut put = |key: &str, value: Value| info.insert(key.into(), value);
        put("socketId", id.into());
        put("persistent", self.properties.persistent.unwrap_or(false).into());
        put("paused", self.paused.into());
        if let Some(name) = self.properties.name.as_ref().filter(|name| !name.is_empty()) {
            put("name", name.as_str().into());
        }
        // Servers have none.
        if let Some(size) = self.properties.buffer_size.filter(|&size| size > 0) {
            put("bufferSize", size.into());
        }
        if let Some(failed) = &mut self.failed_handshakes {
            let told = told["failedHandshakes"].as_u64();
            *failed = told.map_or(*failed, |told| told.clamp(*failed, given_up.max(*failed)));
            put("tls", true.into());
            put("failedHandshakes", (*failed).into());
        }
        let port = |key: &str| told[key].as_u64().and_then(|port| u16::try_from(port).ok());
        match &mut self.role {
            Role::Server(Some(listening)) => {
                listening.port = listening.port.or(port("localPort"));
                put("localAddress", json!("127.0.0.1"));
                put("localPort", listening.port.into());
            }
            Role::Server(None) => {}
            Role::Udp(udp) => {
                if let Some(bound) = &mut udp.bound {
                    bound.port = bound.port.or(port("localPort"));
                    put("localAddress", json!("127.0.0.1"));
                    put("localPort", bound.port.into());
                }
            }
            Role::Tcp(connection) => {
                put("connected", connection.is_some().into());
                if let Some(connection) = connection {
                    connection.local_port = connection.local_port.or(port("localPort"));
                    connection.peer_port = connection.peer_port.or(port("peerPort"));
                    put("localAddress", json!("127.0.0.1"));
                    put("localPort", connection.local_port.into());
                    put("peerAddress", json!("127.0.0.1"));
                    put("peerPort", connection.peer_port.into());
                }
            }
        }
        Value::Object(info)
    }
}
