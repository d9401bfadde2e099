//! The windows of DESIGN 5.3, seen from the browser's side: what was received and what of it was acknowledged.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::state::{Check, ensure};

/// What came, and what of it an ack has said.
#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    came: u64,
    said: u64,
}

impl Counter {
    /// An ack that was sent may not have arrived, so this is the least that the host knows to be open.
    fn open(self) -> u64 {
        self.came - self.said
    }

    fn say(&mut self) -> u64 {
        self.said = self.came;
        self.said
    }
}

/// From when on the shim owes an ack.
const PORT_STEP: u64 = 256 << 10;
const ACCEPT_STEP: u64 = 64;

#[derive(Debug, Default)]
pub struct Credit {
    socket_window: u64,
    port_window: u64,
    accept_window: u64,
    port: Counter,
    accepts: Counter,
    sockets: BTreeMap<u64, Counter>,
}

impl Credit {
    /// As the reply of `host.hello` has them.
    pub fn set_windows(&mut self, credit: &Value) {
        let window = |key: &str| credit[key].as_u64().unwrap();
        (self.socket_window, self.port_window, self.accept_window) =
            (window("socket"), window("port"), window("accepts"));
    }

    pub fn received(&mut self, socket: u64, length: usize) -> Check {
        let cost = (length as u64).max(1024);
        self.port.came += cost;
        let of_socket = self.sockets.entry(socket).or_default();
        of_socket.came += cost;
        let (open, of_port) = (of_socket.open(), self.port.open());
        ensure(open <= self.socket_window, || format!("{open} bytes of one socket"))?;
        ensure(of_port <= self.port_window, || format!("{of_port} bytes in all"))
    }

    pub fn accepted(&mut self) -> Check {
        self.accepts.came += 1;
        let open = self.accepts.open();
        ensure(open <= self.accept_window, || format!("{open} connections announced"))
    }

    /// Whether the shim would say it by now. It waits as long as it can, and meanwhile no ack may be what makes the host go on.
    pub fn is_due(&self) -> bool {
        self.port.open() >= PORT_STEP || self.accepts.open() >= ACCEPT_STEP
    }

    /// The ack of all that came, if any of it is still to be said.
    pub fn ack(&mut self) -> Option<Value> {
        if self.port.open() == 0 && self.accepts.open() == 0 {
            return None;
        }
        let sockets: Vec<(u64, u64)> = self
            .sockets
            .iter_mut()
            .filter(|(_, counter)| counter.open() > 0)
            .map(|(id, counter)| (*id, counter.say()))
            .collect();
        let (port, accepts) = (self.port.say(), self.accepts.say());
        Some(json!({"method": "host.ack", "params": {"port": port, "accepts": accepts, "sockets": sockets}}))
    }
}
