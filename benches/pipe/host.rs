//! A contender as a process, and the slow, ordinary part of talking to it.

use std::env;
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use socket2::SockRef;

use crate::floor;
use crate::frames::{self, Frames};
use crate::plan::Contender;
use crate::usage;

/// The id of some extension: a host is told by which it was started.
const EXTENSION: &str = "chrome-extension://abcdefghijklmnopabcdefghijklmnop/";

/// A host that runs. It is ended, however this is dropped.
#[derive(Debug)]
pub(crate) struct Host {
    child: Child,
    pub(crate) stdin: ChildStdin,
    pub(crate) stdout: Frames<ChildStdout>,
    next_id: u64,
}

impl Host {
    /// Starts a contender. `floor` is what the floor is to do, since all it does is ready beforehand.
    pub(crate) fn start(contender: Contender, floor: &[&str]) -> Result<Self> {
        let mut command = match contender {
            Contender::Ours => Command::new(env!("CARGO_BIN_EXE_chrome-sockets-host")),
            Contender::Floor => {
                let mut command = Command::new(env::current_exe()?);
                command.arg(floor::FLAG).args(floor);
                command
            }
            Contender::Peer => {
                let mut command = Command::new("node");
                command.arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/peer.mjs"));
                command
            }
        };
        let mut child = command
            .arg(EXTENSION)
            // Nobody's own policy: the default lets anybody listen on loopback, and that is all that is needed here.
            .env(
                "CHROME_SOCKETS_CONFIG",
                env::temp_dir().join("chrome-sockets-bench-without-policy"),
            )
            .env_remove("CHROME_SOCKETS_LOG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {contender:?}"))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("a host without pipes");
        };
        Ok(Self {
            child,
            stdin,
            stdout: Frames::new(stdout),
            next_id: 1,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn cpu(&self) -> Result<f64> {
        usage::cpu(self.pid())
    }

    /// One call and its result, at leisure. Only when no event can come.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Result<Value> {
        let id = self.next_id;
        self.next_id += 1;
        let request = json!({"id": id, "method": method, "params": params});
        frames::write(&mut self.stdin, &request.to_string())?;
        loop {
            let mut reply: Value = serde_json::from_slice(self.stdout.next()?)?;
            if reply["id"] == json!(id) {
                if reply.get("error").is_some() {
                    bail!("{method}: {}", reply["error"]);
                }
                return Ok(reply["result"].take());
            }
        }
    }

    pub(crate) fn hello(&mut self) -> Result<Value> {
        let params = json!({"protocol": [1, 1], "shim": "0.1.0", "features": [], "nextSocketId": 1});
        self.call("host.hello", &params)
    }

    /// A server on a free port.
    pub(crate) fn listen(&mut self) -> Result<u16> {
        self.hello()?;
        let server = self.call("sockets.tcpServer.create", &json!({}))?["socketId"].take();
        let listen = json!({"socketId": server, "address": "127.0.0.1", "port": 0, "backlog": 4096});
        self.call("sockets.tcpServer.listen", &listen)?;
        let info = self.call("sockets.tcpServer.getInfo", &json!({"socketId": server}))?;
        let port = info["localPort"].as_u64().context("a server without a port")?;
        Ok(u16::try_from(port)?)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Connects as a client that leaves no trace: its end is a reset, so that no port of this machine stays taken.
pub(crate) fn connect(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("cannot connect to the host")?;
    stream.set_nodelay(true)?;
    SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
    Ok(stream)
}
