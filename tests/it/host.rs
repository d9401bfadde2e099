//! The host as a browser runs it: a child process, and frames through its pipes.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::pipe::{Arrived, Gate, read_frames};

/// The extension all tests speak as.
pub const EXTENSION: &str = "abcdefghijklmnopabcdefghijklmnop";

/// How long anything may take before the test counts as hung.
pub const HANG: Duration = Duration::from_secs(30);

/// How a host is started.
pub struct Setup {
    /// What the browser says at the start.
    pub arguments: Vec<String>,
    pub policy: Option<Value>,
    pub environment: Vec<(&'static str, String)>,
    /// Its hard limit on open descriptors.
    pub descriptors: Option<u32>,
    /// The program that starts it, with its arguments: the host's own command line follows them.
    pub launcher: Vec<String>,
    /// What the kernel refuses it.
    #[cfg(target_os = "linux")]
    pub refusals: Vec<crate::refusals::Refusal>,
    /// Whether frames are read from the start.
    pub reading: bool,
    /// Whether events are acknowledged as they are read, as the shim does.
    pub acking: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            arguments: vec![format!("chrome-extension://{EXTENSION}/")],
            policy: Some(json!({"extensions": {EXTENSION: {
                "tcpServer": {"listen": ["*"]},
                "tcp": {"connect": ["*"]},
                "udp": {"bind": ["*"], "send": ["*"], "multicastMembership": ""},
            }}})),
            environment: Vec::new(),
            descriptors: None,
            launcher: Vec::new(),
            #[cfg(target_os = "linux")]
            refusals: Vec::new(),
            reading: true,
            acking: true,
        }
    }
}

impl Setup {
    pub fn start(self) -> Host {
        Host::start(self)
    }
}

/// What has been consumed, and what of it was said in a `host.ack`.
#[derive(Default)]
struct Acks {
    port: u64,
    accepts: u64,
    sockets: BTreeMap<u64, u64>,
    said: (u64, u64),
}

pub struct Host {
    child: Child,
    stdin: Option<ChildStdin>,
    arrived: Receiver<Arrived>,
    gate: Arc<(Mutex<Gate>, Condvar)>,
    stderr: Arc<Mutex<String>>,
    ended: Receiver<()>,
    /// Read, but not asked for yet.
    waiting: VecDeque<Value>,
    /// The last messages, for whoever looks into a failure.
    seen: VecDeque<String>,
    last_id: u64,
    acks: Option<Acks>,
    config: TempDir,
    pub longest_frame: usize,
}

impl Host {
    /// A host with everything granted.
    pub fn new() -> Self {
        Setup::default().start()
    }

    fn start(setup: Setup) -> Self {
        let config = tempfile::tempdir().unwrap();
        if let Some(policy) = &setup.policy {
            write_policy(config.path().join("policy.json"), policy.to_string().as_bytes());
        }
        let mut words = setup.launcher;
        if let Some(count) = setup.descriptors {
            let limit = format!("ulimit -n {count}; exec \"$0\" \"$@\"");
            words.extend(["sh".to_owned(), "-c".to_owned(), limit]);
        }
        words.push(env!("CARGO_BIN_EXE_chrome-sockets-host").to_owned());
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .args(&setup.arguments)
            .env("CHROME_SOCKETS_CONFIG", config.path())
            .envs(setup.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(target_os = "linux")]
        let mut child = crate::refusals::spawn(command, setup.refusals);
        #[cfg(not(target_os = "linux"))]
        let mut child = command.spawn().unwrap();
        let gate = if setup.reading { Gate::Open } else { Gate::Closed };
        let gate = Arc::new((Mutex::new(gate), Condvar::new()));
        let (sender, arrived) = mpsc::channel();
        let (stdout, reader_gate) = (child.stdout.take().unwrap(), Arc::clone(&gate));
        thread::spawn(move || read_frames(stdout, &reader_gate, &sender));
        let stderr = Arc::new(Mutex::new(String::new()));
        let (mut pipe, text) = (child.stderr.take().unwrap(), Arc::clone(&stderr));
        let (end, ended) = mpsc::channel();
        thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut part) {
                text.lock().unwrap().push_str(&String::from_utf8_lossy(&part[..count]));
            }
            let _ = end.send(());
        });
        Self {
            stdin: child.stdin.take(),
            child,
            arrived,
            gate,
            stderr,
            ended,
            waiting: VecDeque::new(),
            seen: VecDeque::new(),
            last_id: 0,
            acks: setup.acking.then(Acks::default),
            config,
            longest_frame: 0,
        }
    }

    pub fn policy_path(&self) -> PathBuf {
        self.config.path().join("policy.json")
    }

    #[cfg(target_os = "linux")]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Lets the reader take frames, or leaves them in the pipe. A frame it is waiting for already may still be taken.
    pub fn read_frames(&self, on: bool) {
        self.turn_gate(if on { Gate::Open } else { Gate::Closed });
    }

    /// Closes our end of stdout; only while it is not being read.
    pub fn close_stdout(&self) {
        self.turn_gate(Gate::Drop);
    }

    /// Returns when our end of stdout is closed.
    pub fn stdout_closed(&self) {
        loop {
            match self.arrived.recv_timeout(HANG) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => self.fail("stdout stays open"),
            }
        }
    }

    fn turn_gate(&self, to: Gate) {
        *self.gate.0.lock().unwrap() = to;
        self.gate.1.notify_all();
    }

    pub fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stdin.as_mut().unwrap().write_all(bytes)
    }

    /// Sends a frame of these bytes.
    pub fn send_text(&mut self, body: &[u8]) {
        let mut frame = u32::try_from(body.len()).unwrap().to_ne_bytes().to_vec();
        frame.extend_from_slice(body);
        if let Err(error) = self.send_raw(&frame) {
            self.fail(&format!("cannot write to the host: {error}"));
        }
    }

    /// Sends a frame, unless the host is gone.
    pub fn try_send(&mut self, message: &Value) -> bool {
        let body = message.to_string();
        let header = u32::try_from(body.len()).unwrap().to_ne_bytes();
        self.send_raw(&[&header, body.as_bytes()].concat()).is_ok()
    }

    /// Sends a frame of this message or array of messages.
    pub fn send(&mut self, frame: &Value) {
        self.send_text(frame.to_string().as_bytes());
    }

    /// Stdin, for a thread of the test's own; a file, so that it can be looked at from two places.
    #[cfg(target_os = "linux")]
    pub fn take_stdin(&mut self) -> fs::File {
        std::os::fd::OwnedFd::from(self.stdin.take().unwrap()).into()
    }

    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// A request with an id of its own. `sockets.` is left out of the method's name.
    #[allow(clippy::needless_pass_by_value, reason = "callers build the parameters in place")]
    pub fn request(&mut self, method: &str, params: Value) -> (u64, Value) {
        self.last_id += 1;
        let prefix = if method.starts_with("host.") { "" } else { "sockets." };
        let request = json!({"id": self.last_id, "method": format!("{prefix}{method}"), "params": params});
        (self.last_id, request)
    }

    /// Sends a request whose reply is awaited later.
    pub fn post(&mut self, method: &str, params: Value) -> u64 {
        let (id, request) = self.request(method, params);
        self.send(&request);
        id
    }

    /// Sends requests in one frame.
    pub fn post_all(&mut self, calls: Vec<(&str, Value)>) -> Vec<u64> {
        let requests: Vec<(u64, Value)> = calls.into_iter().map(|(m, p)| self.request(m, p)).collect();
        let (ids, messages): (Vec<u64>, Vec<Value>) = requests.into_iter().unzip();
        self.send(&Value::Array(messages));
        ids
    }

    /// A whole call: the reply without its id. Events that come first stay in order for whoever asks for them.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.post(method, params);
        self.reply(id)
    }

    /// The reply to an earlier request; parts of a long array are put together.
    pub fn reply(&mut self, id: u64) -> Value {
        let mut parts = Vec::new();
        loop {
            let mut reply = self.take(&format!("the reply to {id}"), |message| message["id"] == id);
            reply.as_object_mut().unwrap().remove("id");
            if let Some(part) = reply.get_mut("part") {
                parts.append(part.as_array_mut().unwrap());
                continue;
            }
            if !parts.is_empty() {
                parts.append(reply["result"].as_array_mut().unwrap());
                reply["result"] = Value::Array(parts);
            }
            return reply;
        }
    }

    /// The parameters of the next event of this name.
    pub fn event(&mut self, name: &str) -> Value {
        let name = if name.starts_with("host.") {
            name.to_owned()
        } else {
            format!("sockets.{name}")
        };
        self.take(&name, |message| message["event"] == *name)["params"].take()
    }

    /// The next message, whatever it is.
    pub fn next_message(&mut self) -> Value {
        self.take("a message", |_| true)
    }

    /// The messages of the next frame, when everything before it has been asked for.
    pub fn next_frame(&mut self) -> Vec<Value> {
        assert!(self.waiting.is_empty(), "not asked for: {:?}", self.waiting.front());
        let first = self.next_message();
        std::iter::once(first).chain(self.waiting.drain(..)).collect()
    }

    /// The messages of the next frame, and whatever was left over; none when that takes longer than this.
    pub fn poll(&mut self, patience: Duration) -> Vec<Value> {
        match self.arrived.recv_timeout(patience) {
            Ok(Arrived::Frame(length, messages)) => self.took(length, messages),
            Ok(Arrived::End) => self.fail("the host ended"),
            Ok(Arrived::Broken(problem)) => self.fail(&problem),
            Err(_) => {}
        }
        self.left_over()
    }

    /// What has been read and not asked for: events, and replies to `post`. Call it behind a barrier.
    pub fn left_over(&mut self) -> Vec<Value> {
        self.waiting.drain(..).collect()
    }

    /// The first message that matches; those before it stay.
    pub fn take(&mut self, what: &str, matches: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.waiting.iter().position(&matches) {
            return self.waiting.remove(at).unwrap();
        }
        loop {
            let before = self.waiting.len();
            match self.arrived.recv_timeout(HANG) {
                Ok(Arrived::Frame(length, messages)) => self.took(length, messages),
                Ok(Arrived::End) => self.fail(&format!("the host ended before {what}")),
                Ok(Arrived::Broken(problem)) => self.fail(&problem),
                Err(_) => self.fail(&format!("no sign of {what}")),
            }
            if let Some(at) = self.waiting.iter().skip(before).position(&matches) {
                return self.waiting.remove(before + at).unwrap();
            }
        }
    }

    fn took(&mut self, length: usize, messages: Vec<Value>) {
        self.longest_frame = self.longest_frame.max(length);
        for message in messages {
            let mut text = message.to_string();
            text.truncate(text.floor_char_boundary(300));
            self.seen.push_back(text);
            if self.seen.len() > 50 {
                self.seen.pop_front();
            }
            self.consume(&message);
            self.waiting.push_back(message);
        }
    }

    fn consume(&mut self, message: &Value) {
        let Some(acks) = &mut self.acks else { return };
        match message["event"].as_str() {
            Some("sockets.tcpServer.onAccept") => acks.accepts += 1,
            Some("sockets.tcp.onReceive") => {
                let cost = (data(&message["params"]).len() as u64).max(1024);
                acks.port += cost;
                *acks
                    .sockets
                    .entry(message["params"]["socketId"].as_u64().unwrap())
                    .or_default() += cost;
            }
            _ => return,
        }
        if acks.port - acks.said.0 < 64 << 10 && acks.accepts - acks.said.1 < 64 {
            return;
        }
        acks.said = (acks.port, acks.accepts);
        let sockets: Vec<_> = acks.sockets.iter().collect();
        let ack = json!({"method": "host.ack",
            "params": {"port": acks.port, "accepts": acks.accepts, "sockets": sockets}});
        if self.stdin.is_some() {
            self.send(&ack);
        }
    }

    /// Waits for the process to end by itself.
    pub fn wait(&mut self) -> ExitStatus {
        if self.ended.recv_timeout(HANG).is_err() {
            self.fail("the host does not end");
        }
        self.child.wait().unwrap()
    }

    /// Everything that is still to come until the host closes its stdout.
    pub fn rest(&mut self) -> Vec<Value> {
        loop {
            match self.arrived.recv_timeout(HANG) {
                Ok(Arrived::Frame(length, messages)) => self.took(length, messages),
                Ok(Arrived::End) => return self.left_over(),
                Ok(Arrived::Broken(problem)) => self.fail(&problem),
                Err(_) => self.fail("the host does not end"),
            }
        }
    }

    fn fail(&self, problem: &str) -> ! {
        let seen: Vec<&str> = self.seen.iter().map(String::as_str).collect();
        panic!(
            "{problem}\nthe last messages:\n{}\nstderr:\n{}",
            seen.join("\n"),
            self.stderr()
        );
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.turn_gate(Gate::Drop);
    }
}

/// The bytes of an `onReceive`.
pub fn data(params: &Value) -> Vec<u8> {
    STANDARD.decode(params["data"].as_str().unwrap()).unwrap()
}

/// Bytes as `send` wants them.
pub fn text(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Writes a policy nobody else can write.
#[allow(clippy::needless_pass_by_value, reason = "callers make the path in place")]
pub fn write_policy(path: PathBuf, content: &[u8]) {
    fs::write(&path, content).unwrap();
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}
