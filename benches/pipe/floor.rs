//! The floor: this program again, as a host that only reads or writes frames that are ready.

use std::fs::File;
use std::io::{self, Write as _};
use std::net::Ipv4Addr;
use std::thread;

use anyhow::{Context as _, Result, bail};
use socket2::{Domain, Socket, Type};

use crate::frames::{self, Frames};

/// The first argument that makes this program the floor.
pub(crate) const FLAG: &str = "--floor";

/// One full event, as our host writes it, again and again; what comes in is thrown away.
pub(crate) const FLOOD: &str = "flood";

/// A ready frame for every frame that comes in.
pub(crate) const ANSWER: &str = "answer";

/// A ready event for every connection to its port, which it says first.
pub(crate) const ACCEPT: &str = "accept";

/// What to do comes as the first frame, a JSON string: a browser gives its hosts no arguments.
const BROWSER: &str = "browser";

/// How many small events our host puts into a frame.
const EVENTS_IN_A_FRAME: usize = 400;

/// The id of a request, as it begins a message or follows another member.
const ID: &[u8] = b"id\":";

pub(crate) fn run(mode: &[String]) -> Result<()> {
    if mode.first().is_some_and(|mode| mode == BROWSER) {
        let mut input = Frames::new(io::stdin());
        let first = String::from_utf8(input.next()?.to_vec())?;
        let words: Vec<String> = first.trim_matches('"').split(' ').map(str::to_owned).collect();
        return obey(&words, input);
    }
    obey(mode, Frames::new(io::stdin()))
}

fn obey(mode: &[String], input: Frames<io::Stdin>) -> Result<()> {
    let number = |at: usize| -> Result<usize> { Ok(mode.get(at).context("a number is missing")?.parse()?) };
    match mode.first().map(String::as_str) {
        Some(FLOOD) => flood(number(1)?, number(2)?, input),
        Some(ANSWER) => answer(input),
        Some(ACCEPT) => accept(),
        Some("echo") => echo(number(1)?, number(2)?, input),
        Some("rounds") => rounds(number(1)?, number(2)?, input),
        _ => bail!("{mode:?} is nothing the floor can do"),
    }
}

/// `frames` frames that name a `slice`, or without an end when that is 0.
fn flood(frames: usize, slice: usize, mut input: Frames<io::Stdin>) -> Result<()> {
    let eater = thread::spawn(move || while input.next().is_ok() {});
    let data = "AAAA".repeat((64 << 10) / 3) + "AA==";
    let event = format!(
        "{{\"event\":\"sockets.tcp.onReceive\",\"params\":{{\"socketId\":2,\"data\":\"{data}\"}},\"slice\":{slice}}}"
    );
    let mut ready = Vec::new();
    frames::frame(&event, &mut ready);
    let mut output = stdout()?;
    let mut written = 0;
    while frames == 0 || written < frames {
        output.write_all(&ready)?;
        written += 1;
    }
    // A host that ends makes the browser close the port, and what is on its way would be lost.
    eater.join().ok().context("the reading thread has panicked")
}

const REPLY: &str = "{\"id\":100000000,\"result\":{\"resultCode\":0,\"bytesSent\":65536}}";

/// One ready reply for each request, those of a frame in a frame.
fn answer(mut input: Frames<io::Stdin>) -> Result<()> {
    let mut output = stdout()?;
    let mut ready = Ready::new(REPLY);
    loop {
        let requests = count_ids(input.next()?);
        output.write_all(ready.frame(requests))?;
    }
}

/// `sockets` events of `bytes` bytes; and for each send that answers one, a reply and the next event.
fn echo(sockets: usize, bytes: usize, mut input: Frames<io::Stdin>) -> Result<()> {
    let mut output = stdout()?;
    let mut replies = Ready::new(REPLY);
    let mut events = Ready::new(&small_event(bytes));
    output.write_all(events.frame(sockets))?;
    loop {
        let sends = count_ids(input.next()?);
        output.write_all(replies.frame(sends))?;
        output.write_all(events.frame(sends))?;
    }
}

/// Rounds of `events` events of `bytes` bytes; whatever comes in asks for the next round.
fn rounds(events: usize, bytes: usize, mut input: Frames<io::Stdin>) -> Result<()> {
    let mut output = stdout()?;
    let mut replies = Ready::new(REPLY);
    let mut ready = Ready::new(&small_event(bytes));
    loop {
        for start in (0..events).step_by(EVENTS_IN_A_FRAME) {
            output.write_all(ready.frame(EVENTS_IN_A_FRAME.min(events - start)))?;
        }
        let sends = count_ids(input.next()?);
        output.write_all(replies.frame(sends))?;
    }
}

fn small_event(bytes: usize) -> String {
    let data = "AAAA".repeat(bytes / 3) + ["", "AA==", "AAA="][bytes % 3];
    format!("{{\"event\":\"sockets.tcp.onReceive\",\"params\":{{\"socketId\":2,\"data\":\"{data}\"}}}}")
}

fn accept() -> Result<()> {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    listener.bind(&std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    listener.listen(4096)?;
    let port = listener
        .local_addr()?
        .as_socket()
        .context("a listener without a port")?
        .port();
    let mut output = stdout()?;
    frames::write(&mut output, &port.to_string())?;
    let event = "{\"event\":\"sockets.tcpServer.onAccept\",\"params\":{\"socketId\":1,\"clientSocketId\":2}}";
    let mut ready = Ready::new(event);
    let mut clients = Vec::new();
    loop {
        clients.push(listener.accept()?);
        output.write_all(ready.frame(1))?;
    }
}

/// Frames of the same message over and over, made once for each length.
struct Ready {
    message: String,
    frames: Vec<Vec<u8>>,
}

impl Ready {
    fn new(message: &str) -> Self {
        Self {
            message: message.to_owned(),
            frames: Vec::new(),
        }
    }

    fn frame(&mut self, messages: usize) -> &[u8] {
        while self.frames.len() <= messages {
            let list = vec![self.message.as_str(); self.frames.len()].join(",");
            let mut frame = Vec::new();
            frames::frame(
                &if self.frames.len() == 1 {
                    list
                } else {
                    format!("[{list}]")
                },
                &mut frame,
            );
            self.frames.push(frame);
        }
        &self.frames[messages]
    }
}

/// How many requests a frame holds. Payload has no quotes, so looking from quote to quote passes over it quickly.
fn count_ids(mut body: &[u8]) -> usize {
    use io::BufRead as _;
    let mut count = 0;
    while body.skip_until(b'"').is_ok_and(|skipped| skipped > 0) {
        count += usize::from(body.starts_with(ID));
    }
    count
}

/// Stdout as a plain file: std's own would look for line ends in every frame.
#[cfg(unix)]
fn stdout() -> io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn stdout() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}
