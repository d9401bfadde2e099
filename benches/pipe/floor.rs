//! The floor: this program again, as a host that only reads or writes frames that are ready.

use std::fs::File;
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::thread;

use anyhow::{Context as _, Result, bail};

use crate::frames::{self, Frames};

/// The first argument that makes this program the floor.
pub(crate) const FLAG: &str = "--floor";

/// One full event, as our host writes it, again and again; what comes in is thrown away.
pub(crate) const FLOOD: &str = "flood";

/// A ready frame for every frame that comes in.
pub(crate) const ANSWER: &str = "answer";

/// A ready event for every connection to its port, which it says first.
pub(crate) const ACCEPT: &str = "accept";

pub(crate) fn run(mode: &[String]) -> Result<()> {
    match mode.first().map(String::as_str) {
        Some(FLOOD) => flood(),
        Some(ANSWER) => answer(mode.get(1).context("how many replies?")?.parse()?),
        Some(ACCEPT) => accept(),
        other => bail!("{other:?} is nothing the floor can do"),
    }
}

fn flood() -> Result<()> {
    thread::spawn(|| -> io::Result<()> {
        let mut input = Frames::new(io::stdin());
        loop {
            input.next()?;
        }
    });
    let data = "AAAA".repeat((64 << 10) / 3) + "AA==";
    let mut ready = Vec::new();
    let event = format!("{{\"event\":\"sockets.tcp.onReceive\",\"params\":{{\"socketId\":2,\"data\":\"{data}\"}}}}");
    frames::frame(&event, &mut ready);
    let mut output = stdout()?;
    loop {
        output.write_all(&ready)?;
    }
}

fn answer(replies: usize) -> Result<()> {
    let reply = "{\"id\":100000000,\"result\":{\"resultCode\":0,\"bytesSent\":65536}}";
    let mut ready = Vec::new();
    if replies == 1 {
        frames::frame(reply, &mut ready);
    } else {
        frames::frame(&format!("[{}]", vec![reply; replies].join(",")), &mut ready);
    }
    let mut input = Frames::new(io::stdin());
    let mut output = stdout()?;
    loop {
        input.next()?;
        output.write_all(&ready)?;
    }
}

fn accept() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut output = stdout()?;
    frames::write(&mut output, &listener.local_addr()?.port().to_string())?;
    let mut ready = Vec::new();
    let event = "{\"event\":\"sockets.tcpServer.onAccept\",\"params\":{\"socketId\":1,\"clientSocketId\":2}}";
    frames::frame(event, &mut ready);
    let mut clients = Vec::new();
    loop {
        clients.push(listener.accept()?);
        output.write_all(&ready)?;
    }
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
