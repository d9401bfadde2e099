//! The host really started, as a browser starts it, with one message there and back.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::frame;

/// How long a host may take, on a busy computer too.
const PATIENCE: Duration = Duration::from_secs(10);

/// Of what it says on stderr, so much is shown.
const MOST_STDERR: u64 = 4096;

/// No extension has this id.
const ORIGIN: &str = "chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/";

/// The version that the host at `path` answers with.
///
/// # Errors
/// Why there is no answer, in words.
pub(super) fn version(path: &Path) -> Result<String, String> {
    let mut child = Command::new(path)
        .arg(ORIGIN)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let answer = converse(&mut child);
    // It ends by itself when its pipes close; one that does not is of no use to a browser either.
    let _ = child.kill();
    let reason = answer.as_ref().err().and_then(|_| last_words(&mut child));
    let _ = child.wait();
    let answer = answer.map_err(|problem| reason.map_or(problem.clone(), |reason| format!("{problem}: {reason}")))?;
    let value: Value = serde_json::from_slice(&answer).map_err(|error| format!("its answer is not JSON ({error})"))?;
    let version = value.pointer("/result/host").and_then(Value::as_str);
    version
        .map(str::to_owned)
        .ok_or_else(|| "its answer is not that of a host".to_owned())
}

fn converse(child: &mut Child) -> Result<Vec<u8>, String> {
    let hello = json!({"id": 1, "method": "host.hello", "params": {
        "protocol": [1, 1], "shim": env!("CARGO_PKG_VERSION"), "features": [],
    }})
    .to_string();
    let mut message = vec![0; frame::HEADER];
    frame::write_header(&mut message, hello.len());
    message.extend_from_slice(hello.as_bytes());
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let (Some(mut stdin), Some(mut stdout)) = (stdin, stdout) else {
        return Err("it has no pipes".to_owned());
    };
    let (sender, receiver) = mpsc::channel();
    // Its own thread, since a read cannot be given up; the kill that follows ends it.
    thread::spawn(move || {
        let _ = sender.send(first_frame(&mut stdout));
    });
    // One that has ended already shows in the reading.
    let _ = stdin.write_all(&message).and_then(|()| stdin.flush());
    let answer = receiver.recv_timeout(PATIENCE);
    answer.unwrap_or_else(|_| Err(format!("nothing came within {} s", PATIENCE.as_secs())))
}

/// The body of the first frame that comes.
fn first_frame(input: &mut impl Read) -> Result<Vec<u8>, String> {
    let mut frames = frame::Buffer::default();
    loop {
        if let Some(body) = frames.take().map_err(|error| error.to_string())? {
            return Ok(body.to_vec());
        }
        if !frames.read_from(input).map_err(|error| error.to_string())? {
            return Err("it ended at once".to_owned());
        }
    }
}

/// The last line that it wrote to stderr before it was killed.
fn last_words(child: &mut Child) -> Option<String> {
    let mut text = Vec::new();
    child.stderr.take()?.take(MOST_STDERR).read_to_end(&mut text).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines().last().map(str::to_owned)
}
