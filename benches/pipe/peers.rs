//! The peers of the benchmarks in a browser: this program again, as clients of the extension's server. Its work is to take as
//! little as possible from a machine that the browser needs.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;

use anyhow::{Context as _, Result, bail};

use crate::host::connect;

/// The first argument that makes this program the peers.
pub(crate) const FLAG: &str = "--peers";

/// `mode port numbers…`; each mode ends when its connection does.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mode = arguments.first().context("no mode")?.as_str();
    let numbers = arguments[1..]
        .iter()
        .map(|text| text.parse())
        .collect::<Result<Vec<usize>, _>>()?;
    let port = u16::try_from(*numbers.first().context("no port")?)?;
    match (mode, &numbers[1..]) {
        ("flood", &[bytes]) => flood(port, bytes),
        ("sink", &[]) => sink(port),
        ("echo", &[connections, bytes]) => echo(port, connections, bytes),
        ("rounds", &[connections, bytes]) => rounds(port, connections, bytes),
        ("visits", &[count, parallel]) => visits(port, count, parallel),
        _ => bail!("{arguments:?} is nothing the peers can do"),
    }
}

/// So many bytes, and then nothing until the other side ends.
fn flood(port: u16, bytes: usize) -> Result<()> {
    let mut stream = connect(port)?;
    let data = vec![b'x'; 64 << 10];
    let mut left = bytes;
    while left > 0 {
        let count = left.min(data.len());
        stream.write_all(&data[..count])?;
        left -= count;
    }
    swallow(&mut stream);
    Ok(())
}

fn sink(port: u16) -> Result<()> {
    swallow(&mut connect(port)?);
    Ok(())
}

/// Writes to every connection, reads as much from every one, and begins again.
fn echo(port: u16, connections: usize, bytes: usize) -> Result<()> {
    let mut streams = (0..connections).map(|_| connect(port)).collect::<Result<Vec<_>>>()?;
    let data = vec![b'x'; bytes];
    let mut back = vec![0; bytes];
    for stream in &mut streams {
        stream.write_all(&data)?;
    }
    loop {
        for stream in &mut streams {
            stream.read_exact(&mut back)?;
            stream.write_all(&data)?;
        }
    }
}

/// Writes to every connection but the first, whenever the other side asks for it by a byte on the first.
fn rounds(port: u16, connections: usize, bytes: usize) -> Result<()> {
    let mut control = connect(port)?;
    let mut streams = (0..connections).map(|_| connect(port)).collect::<Result<Vec<_>>>()?;
    let data = vec![b'x'; bytes];
    loop {
        control.read_exact(&mut [0])?;
        for stream in &mut streams {
            stream.write_all(&data)?;
        }
    }
}

/// Clients that come, send a byte, get it back and go; some at a time.
fn visits(port: u16, count: usize, parallel: usize) -> Result<()> {
    let visit = move || -> Result<()> {
        let mut stream = connect(port)?;
        stream.write_all(b"x")?;
        stream.read_exact(&mut [0])?;
        // The extension closes first.
        swallow(&mut stream);
        Ok(())
    };
    let threads: Vec<_> = (0..parallel)
        .map(|_| thread::spawn(move || (0..count / parallel).try_for_each(|_| visit())))
        .collect();
    threads
        .into_iter()
        .try_for_each(|thread| thread.join().ok().context("a client has panicked")?)
}

fn swallow(stream: &mut TcpStream) {
    let mut buffer = vec![0; 256 << 10];
    while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
}
