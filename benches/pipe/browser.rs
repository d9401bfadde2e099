//! The shim's part, as cheap as it can be: it counts what has been consumed and gives it back.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::frames::{self, Message};

const PORT_STEP: usize = 256 << 10;
const ACCEPT_STEP: usize = 64;
const LEAST_COST: usize = 1024;

#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    consumed: usize,
    acked: usize,
}

impl Counter {
    fn owed(self) -> usize {
        self.consumed - self.acked
    }
}

/// The counters behind `host.ack`. Both hosts get the same acks at the same moments.
#[derive(Debug, Default)]
pub(crate) struct Credit {
    port: Counter,
    accepts: Counter,
    sockets: Vec<Counter>,
    owed: Vec<usize>,
    due: bool,
}

impl Credit {
    /// Takes one message in.
    pub(crate) fn consume(&mut self, message: Message) {
        match message {
            Message::Receive { socket, bytes } => {
                let cost = bytes.max(LEAST_COST);
                self.port.consumed += cost;
                if self.sockets.len() <= socket {
                    self.sockets.resize_with(socket + 1, Counter::default);
                }
                let counter = &mut self.sockets[socket];
                if counter.owed() == 0 {
                    self.owed.push(socket);
                }
                counter.consumed += cost;
                self.due |= self.port.owed() >= PORT_STEP;
            }
            Message::Accept { .. } => {
                self.accepts.consumed += 1;
                self.due |= self.accepts.owed() >= ACCEPT_STEP;
            }
            Message::Reply | Message::Other => {}
        }
    }

    /// Sends the ack that is due, if one is.
    pub(crate) fn settle(&mut self, output: &mut impl Write) -> io::Result<()> {
        if !self.due {
            return Ok(());
        }
        self.due = false;
        self.port.acked = self.port.consumed;
        self.accepts.acked = self.accepts.consumed;
        let mut body = format!(
            "{{\"method\":\"host.ack\",\"params\":{{\"port\":{},\"accepts\":{},\"sockets\":[",
            self.port.consumed, self.accepts.consumed
        );
        for (index, socket) in self.owed.drain(..).enumerate() {
            let counter = &mut self.sockets[socket];
            counter.acked = counter.consumed;
            let comma = if index > 0 { "," } else { "" };
            // Writing to a String cannot fail.
            let _ = write!(body, "{comma}[{socket},{}]", counter.consumed);
        }
        body.push_str("]}}");
        frames::write(output, &body)
    }
}
