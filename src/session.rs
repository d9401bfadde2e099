//! What the shim and this host have agreed on: `host.hello`, `host.ack`, `host.bye`, and whether calls reach the engine.

use std::borrow::Cow;
use std::vec;

use crate::engine::{self, Engine, SEND_WINDOW};
use crate::policy::Gates;
use crate::wire::{
    Call, Failure, Hello, HelloCredit, HelloLimits, HelloReply, Incoming, MAX_FIRST_SOCKET_ID, PROTOCOLS, Value,
};

/// What this host can, and one of protocol 1 need not: `tls`, a server's property, which others would pass over.
const FEATURES: &[&str] = &["tls"];
/// The longest text about a manifest, in characters.
const MOST_ERROR_TEXT: usize = 1000;

/// One session: the life of one native port.
#[derive(Debug)]
pub struct Session {
    /// The sockets; `host` drives them.
    pub engine: Engine<Gates>,
    state: State,
    /// Messages that have not been acted upon.
    waiting: vec::IntoIter<Incoming>,
}

#[derive(Debug)]
enum State {
    /// Nothing has arrived; `host.hello` may.
    Fresh,
    /// Calls are carried out.
    Open,
    /// Calls are refused with this text.
    Refusing(Cow<'static, str>),
}

impl Session {
    /// A session whose sockets are bounded by `descriptors` (what the system lets this process open) and by the policy.
    pub fn new(mut gates: Gates, descriptors: usize) -> Self {
        let wanted = gates.max_sockets().unwrap_or(engine::MOST_SOCKETS);
        Self {
            engine: Engine::new(gates, wanted.min(descriptors)),
            state: State::Fresh,
            waiting: Vec::new().into_iter(),
        }
    }

    /// Takes messages; [`Session::go_on`] acts upon them. Only when it has said so may the next ones come.
    pub fn take(&mut self, messages: Vec<Incoming>) {
        debug_assert_eq!(self.waiting.len(), 0, "these would be lost");
        self.waiting = messages.into_iter();
    }

    /// Acts upon the messages that were taken, in order, for as long as their replies have room: one frame may ask for far more
    /// than it is long.
    ///
    /// # Returns
    /// Whether the next ones may be taken.
    pub fn go_on(&mut self) -> bool {
        while self.engine.takes_requests() {
            let Some(message) = self.waiting.next() else {
                return true;
            };
            self.message(message);
        }
        false
    }

    fn message(&mut self, message: Incoming) {
        match message {
            Incoming::Call {
                id: Some(id),
                call: Call::Hello(hello),
                ..
            } => self.hello(id, &hello),
            Incoming::Call {
                call: Call::Ack(ack), ..
            } => self.engine.ack(&ack),
            Incoming::Call {
                id: Some(id),
                more,
                call,
            } => self.call(id, more, call),
            Incoming::Bad { id: Some(id), message } => self.engine.reply(id, Err(Failure::bare(message))),
            Incoming::Bad { id: None, message } => self.engine.report(message),
            // The decoder lets no other request pass without an id.
            Incoming::Call { id: None, .. } => {}
        }
    }

    fn call(&mut self, id: u64, more: bool, call: Call) {
        if let State::Refusing(reason) = &self.state {
            return self.engine.reply(id, Err(Failure::bare(reason.clone())));
        }
        self.state = State::Open;
        if let Call::Bye(_) = call {
            self.end();
            return self.engine.reply(id, Ok(Value::None));
        }
        self.engine.call(id, more, call);
    }

    fn hello(&mut self, id: u64, hello: &Hello) {
        let outcome = match &self.state {
            State::Fresh => self.greet(hello),
            State::Open => Err(Failure::bare("host.hello must be the first message")),
            State::Refusing(reason) => Err(Failure::bare(reason.clone())),
        };
        self.engine.reply(id, outcome);
    }

    fn greet(&mut self, hello: &Hello) -> Result<Value, Failure> {
        let next = hello.next_socket_id.unwrap_or(1);
        if !(1..=MAX_FIRST_SOCKET_ID).contains(&next) {
            return Err(Failure::bare(format!(
                "Invalid params: `nextSocketId` is not in 1..={MAX_FIRST_SOCKET_ID}"
            )));
        }
        let (low, high) = hello.protocol;
        let protocol = high.min(PROTOCOLS.1);
        if protocol < low.max(PROTOCOLS.0) {
            let reason: Cow<'static, str> = self.versions_apart(low, high).into();
            self.state = State::Refusing(reason.clone());
            return Err(Failure::bare(reason));
        }
        tracing::info!(shim = hello.shim.as_deref().unwrap_or("unknown"), protocol, "hello");
        self.state = State::Open;
        self.engine.start_ids_at(next);
        // The text quotes the manifest, which may be long.
        let manifest_error = self.engine.permissions().set_manifest(hello.sockets.0.as_ref()).err();
        let manifest_error = manifest_error.map(|text| text.chars().take(MOST_ERROR_TEXT).collect());
        Ok(Value::Hello(Box::new(HelloReply {
            protocol,
            host: env!("CARGO_PKG_VERSION"),
            features: FEATURES,
            limits: HelloLimits {
                sockets: self.engine.limit(),
            },
            credit: HelloCredit {
                socket: engine::SOCKET_WINDOW,
                port: engine::PORT_WINDOW,
                accepts: engine::ACCEPT_WINDOW,
            },
            send_window: SEND_WINDOW,
            manifest_error,
        })))
    }

    /// What a person can do about a shim and a host that do not understand each other.
    fn versions_apart(&mut self, low: u32, high: u32) -> String {
        let (ours_low, ours_high) = PROTOCOLS;
        let remedy = if high < ours_low {
            "The extension is too old for this host: update the extension".to_owned()
        } else {
            let id = self.engine.permissions().extension_id();
            format!(
                "The host is too old for this extension: get a newer chrome-sockets-host, and with it run: chrome-sockets-host install --extension-id {id}"
            )
        };
        format!("No common protocol: the shim speaks {low} to {high}, this host {ours_low} to {ours_high}. {remedy}")
    }

    /// The orderly end: every socket is closed and later calls are refused.
    pub fn end(&mut self) {
        self.state = State::Refusing("The session has ended".into());
        self.engine.close_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Dirs;
    use crate::wire::{self, FrameWriter};

    #[test]
    fn one_frame_cannot_ask_for_more_replies_than_there_is_room_for() {
        let mut session = Session::new(Gates::new(&Dirs::default(), "id"), 1000);
        let calls = |count: usize, method: &str| {
            let calls: Vec<_> = (0..count)
                .map(|id| serde_json::json!({"id": id, "method": method}))
                .collect();
            wire::decode(serde_json::Value::from(calls).to_string().as_bytes()).unwrap()
        };
        session.take(calls(1000, "sockets.tcp.create"));
        assert!(session.go_on());
        session.take(calls(100, "sockets.tcp.getSockets"));
        let mut waiting = 100;
        let mut frames = 0;
        while !session.go_on() {
            // 4 MiB of room, and a list of a thousand sockets takes more than 128 KiB.
            assert!(waiting - session.waiting.len() < 40, "too many at once");
            waiting = session.waiting.len();
            session.engine.fill(&mut FrameWriter::new(Vec::new()));
            frames += 1;
        }
        assert!(frames > 0 && session.waiting.len() == 0);
    }
}
