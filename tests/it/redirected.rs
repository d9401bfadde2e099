//! Windows: the host behind named pipes that `cmd.exe` opens for it, as Chrome starts it (SPEC §8.3).

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::windows::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};
use tokio::time::timeout;

use crate::host::{EXTENSION, HANG, write_policy};

/// The browser's ends of both pipes, and `cmd.exe`, which lives as long as the host it started.
struct Browser {
    to_host: NamedPipeServer,
    from_host: NamedPipeServer,
    child: Child,
    _config: TempDir,
}

impl Browser {
    async fn start(program: &std::path::Path) -> Self {
        let config = tempfile::tempdir().unwrap();
        let policy = json!({"extensions": {EXTENSION: {"tcpServer": {"listen": ["*"]}, "tcp": {"connect": ["*"]}}}});
        write_policy(config.path().join("policy.json"), policy.to_string().as_bytes());
        // Each test has its own directory, so its name tells the pipes of all tests apart.
        let unique = config.path().file_name().unwrap().to_str().unwrap().to_owned();
        let pipe = |way: &str| format!(r"\\.\pipe\chrome.nativeMessaging.{way}.{unique}");
        let mut options = ServerOptions::new();
        options.first_pipe_instance(true);
        let to_host = options.access_inbound(false).create(pipe("in")).unwrap();
        let from_host = options
            .access_inbound(true)
            .access_outbound(false)
            .create(pipe("out"))
            .unwrap();
        let line = format!(
            r#"/d /s /c ""{}" chrome-extension://{EXTENSION}/ --parent-window=0 < {} > {}""#,
            program.display(),
            pipe("in"),
            pipe("out")
        );
        let child = Command::new("cmd.exe")
            .raw_arg(line)
            .env("CHROME_SOCKETS_CONFIG", config.path())
            // wine's `cmd.exe` complains that a pipe cannot be truncated.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        for end in [&to_host, &from_host] {
            timeout(HANG, end.connect()).await.expect("not opened").unwrap();
        }
        Self {
            to_host,
            from_host,
            child,
            _config: config,
        }
    }

    async fn send(&mut self, body: &[u8]) {
        let header = u32::try_from(body.len()).unwrap().to_ne_bytes();
        self.to_host.write_all(&[&header, body].concat()).await.unwrap();
    }

    async fn receive(&mut self) -> Value {
        let frame = async {
            let length = self.from_host.read_u32_le().await.unwrap();
            let mut body = vec![0; usize::try_from(length).unwrap()];
            self.from_host.read_exact(&mut body).await.unwrap();
            serde_json::from_slice(&body).unwrap()
        };
        timeout(HANG, frame).await.expect("no frame")
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        let request = json!({"id": 1, "method": format!("sockets.{method}"), "params": params});
        self.send(request.to_string().as_bytes()).await;
        self.receive().await
    }

    /// Closes both pipes, as the browser does when the port is closed, and waits for the host to end by itself.
    async fn close(self) {
        drop((self.to_host, self.from_host));
        let mut child = self.child;
        let ended = tokio::task::spawn_blocking(move || child.wait().unwrap());
        assert!(
            timeout(HANG, ended)
                .await
                .expect("the host does not end")
                .unwrap()
                .success()
        );
    }
}

#[tokio::test]
async fn n14_a_host_behind_redirected_pipes_works_and_ends_with_them() {
    let mut browser = Browser::start(env!("CARGO_BIN_EXE_chrome-sockets-host").as_ref()).await;
    assert_eq!(
        browser.call("tcpServer.create", json!({})).await["result"]["socketId"],
        1
    );
    let listen = json!({"socketId": 1, "address": "127.0.0.1", "port": 0});
    assert_eq!(browser.call("tcpServer.listen", listen).await["result"], 0);
    let info = browser.call("tcpServer.getInfo", json!({"socketId": 1})).await;
    let port = u16::try_from(info["result"]["localPort"].as_u64().unwrap()).unwrap();
    let _peer = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    assert_eq!(browser.receive().await["event"], "sockets.tcpServer.onAccept");
    browser.close().await;
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free");
}

/// A text mode would change LF and CR LF, and end at 0x1A: the lengths of these frames are made of those bytes.
#[tokio::test]
async fn n14_stdin_and_stdout_are_binary() {
    let mut browser = Browser::start(env!("CARGO_BIN_EXE_chrome-sockets-host").as_ref()).await;
    browser.call("tcp.create", json!({})).await;
    for length in [0x0a0a, 0x0d0a, 0x0a0d, 0x1a1a, 0x1a0d] {
        // What stands around the name, in the request and in the reply.
        let name = |around: usize| "n".repeat(length - around);
        let request = |name: &str| {
            let update = r#"{"id":1,"method":"sockets.tcp.update","params":{"socketId":1,"properties":{"name":""#;
            format!("{update}{name}\"}}}}\r\n\x20}}")
        };
        let body = request(&name(request("").len()));
        assert_eq!(body.len(), length);
        browser.send(body.as_bytes()).await;
        assert_eq!(browser.receive().await, json!({"id": 1, "result": null}));
        let info = r#"{"id":1,"result":{"socketId":1,"persistent":false,"paused":false,"connected":false,"name":""}}"#;
        let name = name(info.len());
        browser
            .call("tcp.update", json!({"socketId": 1, "properties": {"name": name}}))
            .await;
        // The reply's length is the number, or the text of a reply has changed.
        browser
            .send(br#"{"id":1,"method":"sockets.tcp.getInfo","params":{"socketId":1}}"#)
            .await;
        let frame = async {
            let header = browser.from_host.read_u32_le().await.unwrap();
            let mut body = vec![0; length];
            browser.from_host.read_exact(&mut body).await.unwrap();
            (header, body)
        };
        let (header, body) = timeout(HANG, frame).await.expect("no frame");
        assert_eq!(usize::try_from(header).unwrap(), length);
        let reply: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(reply["result"]["name"], name);
    }
    browser.close().await;
}

/// Nothing about the path of the program matters: `cmd.exe` gets it in quotes.
#[tokio::test]
async fn a_host_below_a_directory_with_spaces_and_other_letters_starts() {
    let directory = tempfile::tempdir().unwrap();
    let below = directory.path().join("Zoë & 名 (x86)");
    std::fs::create_dir(&below).unwrap();
    let program = below.join("chrome sockets.exe");
    std::fs::copy(env!("CARGO_BIN_EXE_chrome-sockets-host"), &program).unwrap();
    let mut browser = Browser::start(&program).await;
    assert_eq!(browser.call("tcp.create", json!({})).await["result"]["socketId"], 1);
    browser.close().await;
}
