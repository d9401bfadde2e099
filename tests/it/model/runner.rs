//! Carries out a program on a real host, and shows every message to the model.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use socket2::Socket;

use super::bytes;
use super::far_ends::{Command, FarEnds};
use super::program::{Action, End, Kind, Pick, Program, Properties, Target, Then, Where};
use super::state::{Call, Check, Ending, Listen, Model, PeerPlan, Role, Send, What, ensure};
use crate::host::{EXTENSION, Host, Setup, text};
use crate::peers::{black_hole, closed_port};

/// How long the host may be silent while something is due.
const GUARD: Duration = Duration::from_secs(10);

/// Bytes that use up a socket's window and leave something in the kernel.
const FLOOD: u64 = 1 << 20;

/// Runs it to its end.
pub fn run(program: &Program) -> Check {
    let mut runner = Runner::start(program)?;
    runner.prepare()?;
    for step in &program.steps {
        runner.act(&step.action)?;
        runner.then(step.then)?;
    }
    if program.settle {
        runner.settle()?;
    }
    runner.end()
}

struct Runner<'a> {
    program: &'a Program,
    host: Host,
    model: Model,
    far_ends: FarEnds,
    /// What goes into the next frame.
    batch: Vec<String>,
    /// Sends whose last chunk is still here: socket, request, and the bytes.
    open: BTreeMap<i64, (u64, &'static [u8])>,
    /// Sockets that were closed: namespace and id.
    closed: Vec<(Kind, u64)>,
    /// Where each server listened last.
    last_ports: BTreeMap<i64, u16>,
    prompt_acks: bool,
    resume: bool,
    /// Keep ports taken on which nobody listens.
    held: Vec<Socket>,
}

impl<'a> Runner<'a> {
    fn start(program: &'a Program) -> Result<Self, String> {
        let mut setup = Setup {
            acking: false,
            ..Setup::default()
        };
        if let (Some(limit), Some(policy)) = (program.limit, &mut setup.policy) {
            policy["extensions"][EXTENSION]["limits"] = json!({"sockets": limit});
        }
        let mut runner = Self {
            program,
            host: setup.start(),
            model: Model {
                last_id: u64::from(program.first_id) - 1,
                limit: program.limit.unwrap_or(0) as u64,
                ..Model::default()
            },
            far_ends: FarEnds::new(),
            batch: Vec::new(),
            open: BTreeMap::new(),
            closed: Vec::new(),
            last_ports: BTreeMap::new(),
            prompt_acks: program.prompt_acks,
            resume: program.resume,
            held: Vec::new(),
        };
        let hello = json!({"protocol": [1, 1], "nextSocketId": program.first_id});
        runner.post("host.hello", 0, What::Hello, hello);
        runner.replies()?;
        Ok(runner)
    }

    /// The sockets that are there before the first step.
    fn prepare(&mut self) -> Check {
        for _ in 0..self.program.servers {
            self.call(&Action::Create(Kind::Server, Properties::default()));
        }
        for _ in 0..self.program.sockets {
            self.call(&Action::Create(Kind::Tcp, Properties::default()));
        }
        self.replies()?;
        for server in 0..self.program.servers {
            self.call(&Action::Listen(Pick::Alive(server), Where::AnyPort));
        }
        self.replies()
    }

    fn act(&mut self, action: &Action) -> Check {
        self.call(action);
        self.deed(action);
        if let Action::Break { which, flood, pause } = *action {
            self.break_off(self.pick(Kind::Tcp, which), flood, pause)?;
        }
        self.look()
    }

    fn then(&mut self, then: Then) -> Check {
        match then {
            Then::Gather => Ok(()),
            Then::Send => {
                self.flush();
                self.look()
            }
            Then::Wait => self.replies(),
            Then::Turns => self.turns(3),
        }
    }

    /// Round trips, behind what is asked already.
    fn turns(&mut self, count: usize) -> Check {
        self.replies()?;
        for _ in 0..count {
            self.call(&Action::List(Kind::Server));
            self.replies()?;
        }
        Ok(())
    }

    /// A request, behind those that wait for the next frame.
    fn post(&mut self, method: &str, socket: i64, what: What, params: Value) {
        let (id, request) = self.host.request(method, params);
        self.model.pending.insert(id, Call { socket, what });
        self.batch.push(request.to_string());
    }

    /// A request that names a socket, whatever its number.
    fn on(&mut self, kind: Kind, method: &str, socket: i64, what: What, mut params: Value) {
        params["socketId"] = socket.into();
        self.post(&format!("{}.{method}", kind.namespace()), socket, what, params);
    }

    fn pick(&self, kind: Kind, pick: Pick) -> i64 {
        let nth = |list: &[u64], at: usize| list.get(at % list.len().max(1)).copied();
        let found = match pick {
            Pick::Alive(at) => nth(&self.model.ids(kind), at),
            Pick::Busy(at) => nth(&self.model.ids_if(kind, Role::is_busy), at),
            Pick::Idle(at) => nth(&self.model.ids_if(kind, |role| !role.is_busy()), at),
            Pick::Closed(at) => {
                let closed = self.closed.iter().filter(|(of, _)| *of == kind);
                nth(&closed.map(|(_, id)| *id).collect::<Vec<_>>(), at)
            }
            Pick::Odd(0) => {
                let other = if kind == Kind::Tcp { Kind::Server } else { Kind::Tcp };
                self.model.ids(other).first().copied()
            }
            Pick::Odd(1) => return -1,
            Pick::Odd(2) => return i64::from(i32::MAX),
            Pick::Odd(_) => None,
        };
        found.map_or(0, u64::cast_signed)
    }

    /// Makes the action's call, if it is one.
    fn call(&mut self, action: &Action) {
        match action.clone() {
            Action::Create(kind, properties) => {
                let params = json!({"properties": wire(&properties)});
                let method = format!("{}.create", kind.namespace());
                self.post(&method, 0, What::Create(kind, of_kind(kind, properties)), params);
            }
            Action::Update(kind, pick, properties) => {
                let properties = of_kind(kind, properties);
                let params = json!({"properties": wire(&properties)});
                self.on(
                    kind,
                    "update",
                    self.pick(kind, pick),
                    What::Update(kind, properties),
                    params,
                );
            }
            Action::Pause(kind, pick, paused) => self.pause(kind, self.pick(kind, pick), paused),
            Action::Info(kind, pick) => self.on(kind, "getInfo", self.pick(kind, pick), What::Info(kind), json!({})),
            Action::List(kind) => {
                let method = format!("{}.getSockets", kind.namespace());
                self.post(&method, 0, What::List(kind), json!({}));
            }
            Action::Disconnect(kind, pick) => {
                let what = What::Disconnect(kind);
                self.on(kind, "disconnect", self.pick(kind, pick), what, json!({}));
            }
            Action::Close(kind, pick) => {
                let socket = self.pick(kind, pick);
                self.closed.push((kind, socket.cast_unsigned()));
                self.on(kind, "close", socket, What::Close(kind), json!({}));
            }
            Action::Listen(pick, place) => self.listen(self.pick(Kind::Server, pick), place),
            Action::Connect(pick, target) => self.connect(self.pick(Kind::Tcp, pick), target),
            Action::Send {
                to,
                length,
                chunks,
                open,
            } => self.send(self.pick(Kind::Tcp, to), length, chunks, open),
            Action::FinishSends => {
                for socket in self.open.keys().copied().collect::<Vec<_>>() {
                    self.finish_send(socket);
                }
            }
            Action::NoDelay(pick, on) => {
                let socket = self.pick(Kind::Tcp, pick);
                self.on(Kind::Tcp, "setNoDelay", socket, What::NoDelay, json!({"noDelay": on}));
            }
            Action::KeepAlive(pick, on, delay) => {
                let (socket, params) = (self.pick(Kind::Tcp, pick), json!({"enable": on, "delay": delay}));
                self.on(Kind::Tcp, "setKeepAlive", socket, What::KeepAlive(delay), params);
            }
            _ => {}
        }
    }

    fn pause(&mut self, kind: Kind, socket: i64, paused: bool) {
        let params = json!({"paused": paused});
        self.on(kind, "setPaused", socket, What::Pause(kind, paused), params);
    }

    fn listen(&mut self, socket: i64, place: Where) {
        let again = self.last_ports.get(&socket).copied();
        let (listen, address, port, backlog) = match (place, again) {
            (Where::Again, Some(port)) => (Listen::ThisPort, "127.0.0.1", port, None),
            (Where::AnyPort | Where::Again, _) => (Listen::AnyPort, "127.0.0.1", 0, None),
            (Where::Name, _) => (Listen::Invalid, "localhost", 0, None),
            (Where::NoBacklog, _) => (Listen::Invalid, "127.0.0.1", 0, Some(0)),
            (Where::Taken, _) => (Listen::Taken, "127.0.0.1", self.silent_port(), None),
        };
        let params = json!({"address": address, "port": port, "backlog": backlog});
        self.on(Kind::Server, "listen", socket, What::Listen(listen), params);
        // So that its port gets known.
        self.on(Kind::Server, "getInfo", socket, What::Info(Kind::Server), json!({}));
    }

    fn silent_port(&mut self) -> u16 {
        let (socket, port) = closed_port();
        self.held.push(socket);
        port
    }

    fn connect(&mut self, socket: i64, target: Target) {
        static BLACK_HOLE: OnceLock<(u16, Vec<Socket>)> = OnceLock::new();
        let mut peer = usize::MAX;
        let mut waiting = |reading: bool, bytes: u64| {
            peer = self.model.peers.len();
            self.model.peers.push(PeerPlan {
                planned: bytes,
                ..PeerPlan::default()
            });
            let port = self.far_ends.listen(reading);
            self.far_ends.tell(peer, Command::Write(bytes));
            port
        };
        let (host, port) = match target {
            Target::Peer { reading, bytes } => ("127.0.0.1", waiting(reading, bytes)),
            Target::Named => ("localhost", waiting(true, 0)),
            Target::Nobody => ("127.0.0.1", self.silent_port()),
            Target::Silence => ("127.0.0.1", BLACK_HOLE.get_or_init(black_hole).0),
        };
        let params = json!({"peerAddress": host, "peerPort": port});
        self.on(Kind::Tcp, "connect", socket, What::Connect(target, peer), params);
    }

    /// A send in chunks. What was begun on the socket before is finished first, since a send's chunks stand together.
    fn send(&mut self, socket: i64, length: usize, chunks: usize, open: bool) {
        self.finish_send(socket);
        let (request, _) = self.host.request("tcp.send", Value::Null);
        let open = open && chunks > 1;
        let what = What::Send(Send { length, open });
        self.model.pending.insert(request, Call { socket, what });
        self.model.payload.0 += length as u64;
        let mut rest = bytes::of_send(request, length);
        for left in (1..chunks).rev() {
            let (chunk, more) = rest.split_at(rest.len() / (left + 1));
            self.batch.push(chunk_text(request, socket, chunk, true));
            rest = more;
        }
        self.open.insert(socket, (request, rest));
        if !open {
            self.finish_send(socket);
        }
    }

    fn finish_send(&mut self, socket: i64) {
        if let Some((request, rest)) = self.open.remove(&socket) {
            self.batch.push(chunk_text(request, socket, rest, false));
        }
    }

    /// Does what is not a call.
    fn deed(&mut self, action: &Action) {
        let (at, command) = match *action {
            Action::Ack => return self.ack(),
            Action::Dial {
                server,
                count,
                reading,
                bytes,
            } => {
                return (0..count).for_each(|_| self.dial(server, reading, bytes));
            }
            Action::Write(at, count) => (at, Command::Write(count)),
            Action::Read(at, on) => (at, Command::Read(on)),
            Action::HalfClose(at) => (at, Command::End(Ending::HalfCloses)),
            Action::CloseGently(at) => (at, Command::End(Ending::Closes)),
            Action::Reset(at) => (at, Command::End(Ending::Resets)),
            _ => return,
        };
        let plans = &mut self.model.peers;
        let here = plans
            .iter()
            .enumerate()
            .filter(|(_, plan)| plan.ending < Ending::Closes);
        let here: Vec<usize> = here.map(|(peer, _)| peer).collect();
        let Some(&peer) = here.get(at % here.len().max(1)) else {
            return;
        };
        let plan = &mut plans[peer];
        match command {
            Command::Write(count) if plan.ending == Ending::Stays => plan.planned += count,
            Command::Write(_) | Command::Read(_) => {}
            Command::End(ending) => plan.ending = plan.ending.max(ending),
        }
        self.far_ends.tell(peer, command);
    }

    fn break_off(&mut self, socket: i64, flood: bool, pause: Option<bool>) -> Check {
        let Some(peer) = self.model.connection(socket).and_then(|connection| connection.peer) else {
            return Ok(());
        };
        if flood && self.model.peers[peer].ending == Ending::Stays {
            self.model.peers[peer].planned += FLOOD;
            self.far_ends.tell(peer, Command::Write(FLOOD));
            self.pause(Kind::Tcp, socket, false);
            self.turns(20)?;
        }
        self.model.peers[peer].ending = Ending::Resets;
        self.far_ends.tell(peer, Command::End(Ending::Resets));
        for _ in 0..3 {
            self.send(socket, 300, 1, false);
            self.turns(1)?;
        }
        if let Some(paused) = pause {
            self.pause(Kind::Tcp, socket, paused);
        }
        Ok(())
    }

    /// A peer connects to one of the servers that listen.
    fn dial(&mut self, server: usize, reading: bool, bytes: u64) {
        let listening = self.model.sockets.values().filter_map(|socket| match socket.role {
            Role::Server(listening) => listening.filter(|it| it.port.is_some()),
            Role::Tcp(_) => None,
        });
        let listening: Vec<_> = listening.collect();
        let Some(&listening) = listening.get(server % listening.len().max(1)) else {
            return;
        };
        let dialed = listening.port.and_then(|port| self.far_ends.dial(port, reading));
        let Some(port) = dialed else { return };
        self.model.peers.push(PeerPlan {
            dialed: Some((port, listening)),
            planned: bytes,
            ..PeerPlan::default()
        });
        self.far_ends.tell(self.model.peers.len() - 1, Command::Write(bytes));
    }

    fn ack(&mut self) {
        if let Some(ack) = self.model.credit.ack() {
            self.batch.push(ack.to_string());
        }
    }

    fn flush(&mut self) {
        if !self.batch.is_empty() {
            let frame = match &self.batch[..] {
                [one] => one.clone(),
                all => format!("[{}]", all.join(",")),
            };
            self.batch.clear();
            self.host.send_text(frame.as_bytes());
        }
    }

    /// Takes what has arrived.
    fn look(&mut self) -> Check {
        loop {
            let messages = self.host.poll(Duration::ZERO);
            if messages.is_empty() {
                return Ok(());
            }
            self.take(&messages)?;
        }
    }

    fn take(&mut self, messages: &[Value]) -> Check {
        for message in messages {
            self.model.message(message)?;
            if message["event"] == "sockets.tcpServer.onAccept" {
                // First of all whose connection it is.
                let client = message["params"]["clientSocketId"].as_i64().unwrap_or(0);
                self.on(Kind::Tcp, "getInfo", client, What::Info(Kind::Tcp), json!({}));
                if self.resume {
                    self.pause(Kind::Tcp, client, false);
                }
            }
        }
        let servers = self.model.sockets.iter().filter_map(|(id, socket)| match socket.role {
            Role::Server(listening) => Some((id.cast_signed(), listening?.port?)),
            Role::Tcp(_) => None,
        });
        self.last_ports.extend(servers);
        if self.prompt_acks {
            self.ack();
        }
        Ok(())
    }

    fn replies(&mut self) -> Check {
        self.until(Model::missing_reply)
    }

    fn until(&mut self, missing: impl Fn(&Model) -> Option<String>) -> Check {
        loop {
            self.flush();
            let Some(missing) = missing(&self.model) else {
                return Ok(());
            };
            let messages = self.host.poll(GUARD);
            ensure(!messages.is_empty(), || format!("nothing comes any more: {missing}"))?;
            self.take(&messages)?;
        }
    }

    /// Everything is resumed, acknowledged, read and finished: now all that is due must come, and nothing was lost.
    fn settle(&mut self) -> Check {
        (self.prompt_acks, self.resume) = (true, true);
        self.call(&Action::FinishSends);
        self.all_peers_read();
        self.ack();
        for kind in [Kind::Server, Kind::Tcp] {
            for socket in self.model.ids(kind) {
                self.pause(kind, socket.cast_signed(), false);
            }
        }
        self.until(Model::missing)?;
        for connection in &self.model.finished {
            if let Some(peer) = connection.peer {
                self.far_ends.ended(peer, GUARD)?;
            }
        }
        self.call(&Action::List(Kind::Server));
        self.call(&Action::List(Kind::Tcp));
        self.replies()
    }

    fn all_peers_read(&self) {
        (0..self.model.peers.len()).for_each(|peer| self.far_ends.tell(peer, Command::Read(true)));
    }

    /// Ends the session; every call is answered once, and every peer has what was called back.
    fn end(mut self) -> Check {
        self.flush();
        let end = Instant::now();
        self.model.ending = true;
        self.all_peers_read();
        if let End::Bye(late) = self.program.end {
            self.post("host.bye", 0, What::Bye, Value::Null);
            for _ in 0..late {
                self.post("tcp.getSockets", 0, What::Late, Value::Null);
            }
            self.flush();
            self.last_replies()?;
        }
        self.host.close_stdin();
        for message in self.host.rest() {
            self.model.message(&message)?;
        }
        let status = self.host.wait();
        ensure(status.success(), || format!("it ended with {status}"))?;
        self.model.close()?;
        let seen = self.far_ends.finish()?;
        seen.values().try_for_each(|seen| self.model.judge(seen, end))
    }

    fn last_replies(&mut self) -> Check {
        while let Some(missing) = self.model.missing_reply() {
            let messages = self.host.poll(GUARD);
            ensure(!messages.is_empty(), || format!("nothing comes any more: {missing}"))?;
            for message in messages {
                self.model.message(&message)?;
            }
        }
        Ok(())
    }
}

/// Servers have no buffers.
fn of_kind(kind: Kind, mut properties: Properties) -> Properties {
    if kind == Kind::Server {
        properties.buffer_size = None;
    }
    properties
}

fn wire(properties: &Properties) -> Value {
    json!({"persistent": properties.persistent, "name": properties.name, "bufferSize": properties.buffer_size})
}

/// Put together by hand: the long ones would take a slow detour through values.
fn chunk_text(request: u64, socket: i64, chunk: &[u8], more: bool) -> String {
    let more = if more { r#","more":true"# } else { "" };
    let data = text(chunk);
    format!(r#"{{"id":{request},"method":"sockets.tcp.send"{more},"params":{{"socketId":{socket},"data":"{data}"}}}}"#)
}
