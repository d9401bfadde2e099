//! Carries out a program on a real host, and shows every message to the model.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use socket2::Socket;
use tempfile::NamedTempFile;

use super::far_ends::FarEnds;
use super::parties;
use super::program::{Action, Kind, Pick, Place, Program, Properties, Then, Where};
use super::state::{Check, Model, Role, What, ensure};
use crate::host::{EXTENSION, Host, Setup};

/// How long the host may be silent while something is due.
pub const GUARD: Duration = Duration::from_secs(10);

/// How many round trips are made for a handshake.
const MOST_TURNS: usize = 100;

/// Runs it to its end.
pub fn run(program: &Program) -> Check {
    let mut runner = Runner::start(program)?;
    runner.prepare()?;
    for step in &program.steps {
        runner.act(&step.action)?;
        runner.then(step.then)?;
        if program.tls
            && matches!(
                (&step.action, step.then),
                (Action::Dial { .. }, Then::Wait | Then::Turns)
            )
        {
            runner.meet()?;
        }
        runner.away = runner.away.saturating_sub(1);
    }
    if program.settle {
        runner.settle()?;
    }
    runner.end()
}

pub struct Runner<'a> {
    pub(super) program: &'a Program,
    pub(super) host: Host,
    pub(super) model: Model,
    pub(super) far_ends: FarEnds,
    /// What goes into the next frame.
    pub(super) batch: Vec<String>,
    /// Sends whose last chunk is still here: socket, request, and the bytes.
    pub(super) open: BTreeMap<i64, (u64, &'static [u8])>,
    /// Sockets that were closed: namespace and id.
    pub(super) closed: Vec<(Kind, u64)>,
    /// Where each server listened last.
    pub(super) last_ports: BTreeMap<i64, u16>,
    pub(super) prompt_acks: bool,
    pub(super) resume: bool,
    /// For how many steps nothing is read.
    pub(super) away: usize,
    /// Keep ports taken on which nobody listens.
    pub(super) held: Vec<Socket>,
    /// Keeps a udp port taken that nobody reads.
    pub(super) silent: UdpSocket,
    /// Whom the host is to trust; it reads this when it needs it.
    _roots: NamedTempFile,
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
        let mut roots = NamedTempFile::new().unwrap();
        roots.write_all(parties::authority().as_bytes()).unwrap();
        setup
            .environment
            .push(("SSL_CERT_FILE", roots.path().to_str().unwrap().to_owned()));
        let far_ends = FarEnds::new();
        let mut runner = Self {
            program,
            host: setup.start(),
            model: Model {
                last_id: u64::from(program.first_id) - 1,
                limit: program.limit.unwrap_or(0) as u64,
                tls: program.tls,
                shaking: Arc::clone(&far_ends.shaking),
                ..Model::default()
            },
            far_ends,
            batch: Vec::new(),
            open: BTreeMap::new(),
            closed: Vec::new(),
            last_ports: BTreeMap::new(),
            prompt_acks: program.prompt_acks,
            resume: program.resume,
            away: 0,
            held: Vec::new(),
            silent: UdpSocket::bind("127.0.0.1:0").unwrap(),
            _roots: roots,
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
        for _ in 0..self.program.bound {
            self.call(&Action::Create(Kind::Udp, Properties::default()));
        }
        self.replies()?;
        for server in 0..self.program.servers {
            self.call(&Action::Listen(Pick::Alive(server), Where::AnyPort));
        }
        for socket in 0..self.program.bound {
            self.call(&Action::Bind(Pick::Alive(socket), Place::AnyPort));
        }
        self.replies()
    }

    fn act(&mut self, action: &Action) -> Check {
        self.call(action);
        self.deed(action);
        if let Action::Break { which, flood, pause } = *action {
            self.break_off(self.pick(Kind::Tcp, which), flood, pause)?;
        }
        if let Action::Upgrade {
            which,
            reading,
            bytes,
            resume,
        } = *action
        {
            self.upgrade(self.pick(Kind::Tcp, which), reading, bytes, resume)?;
        }
        if let Action::Stream { from, to, count } = *action {
            let large = Properties {
                buffer_size: Some(1 << 16),
                ..Properties::default()
            };
            self.call(&Action::Update(Kind::Udp, to, large));
            self.call(&Action::Pause(Kind::Udp, to, false));
            // The receive under way takes what it took before.
            self.datagram(from, Some(to), 1, false);
            for _ in 0..count {
                self.turns(2)?;
                self.datagram(from, Some(to), 60_000, false);
            }
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
    pub(super) fn turns(&mut self, count: usize) -> Check {
        self.replies()?;
        let count = if self.away > 0 { 0 } else { count };
        for _ in 0..count {
            self.call(&Action::List(Kind::Server));
            self.replies()?;
        }
        Ok(())
    }

    /// Lets those who dialed shake hands, which takes longer than many steps, so that there is something to do to them.
    fn meet(&mut self) -> Check {
        let coming = |model: &Model| model.peers.iter().any(|peer| peer.dialed.is_some() && !peer.met);
        for _ in 0..MOST_TURNS {
            if !coming(&self.model) {
                break;
            }
            self.turns(1)?;
        }
        Ok(())
    }

    pub(super) fn ack(&mut self) {
        if let Some(ack) = self.model.credit.ack() {
            self.batch.push(ack.to_string());
        }
    }

    pub(super) fn flush(&mut self) {
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
        if self.away > 0 {
            return Ok(());
        }
        self.host.read_frames(true);
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
            if message["event"] == "sockets.udp.onReceiveError" && self.resume {
                let socket = message["params"]["socketId"].as_i64().unwrap_or(0);
                self.pause(Kind::Udp, socket, false);
            }
        }
        let servers = self.model.sockets.iter().filter_map(|(id, socket)| match socket.role {
            Role::Server(listening) => Some((id.cast_signed(), listening?.port?)),
            _ => None,
        });
        self.last_ports.extend(servers);
        if self.prompt_acks && self.model.credit.is_due() {
            self.ack();
        }
        Ok(())
    }

    pub(super) fn replies(&mut self) -> Check {
        self.until(Model::missing_reply)
    }

    pub(super) fn until(&mut self, missing: impl Fn(&Model) -> Option<String>) -> Check {
        loop {
            self.flush();
            if self.away > 0 {
                return Ok(());
            }
            self.host.read_frames(true);
            let Some(missing) = missing(&self.model) else {
                return Ok(());
            };
            let messages = self.host.poll(GUARD);
            ensure(!messages.is_empty(), || format!("nothing comes any more: {missing}"))?;
            self.take(&messages)?;
        }
    }
}
