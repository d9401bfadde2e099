//! Frames and what is in them, without parsing JSON: what a frame holds is known, so looking for a few bytes is enough.

use std::io::{self, BufRead as _, Read, Write};

/// Reads frames from a pipe with as few system calls as the pipe allows.
#[derive(Debug)]
pub(crate) struct Frames<R> {
    input: R,
    buffer: Vec<u8>,
    /// The bytes that are there and not handed out.
    start: usize,
    end: usize,
}

const HEADER: usize = 4;

impl<R: Read> Frames<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; 256 << 10],
            start: 0,
            end: 0,
        }
    }

    /// The body of the next frame.
    pub(crate) fn next(&mut self) -> io::Result<&[u8]> {
        self.fill(HEADER)?;
        let mut header = [0; HEADER];
        header.copy_from_slice(&self.buffer[self.start..self.start + HEADER]);
        let length = u32::from_ne_bytes(header) as usize;
        self.fill(HEADER + length)?;
        let body = self.start + HEADER..self.start + HEADER + length;
        self.start = body.end;
        Ok(&self.buffer[body])
    }

    /// Reads until `wanted` bytes are there.
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        if self.start + wanted > self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            if wanted > self.buffer.len() {
                self.buffer.resize(wanted * 2, 0);
            }
        }
        while self.end - self.start < wanted {
            match self.input.read(&mut self.buffer[self.end..])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.end += count,
            }
        }
        Ok(())
    }
}

/// Adds a frame's header and body to `out`.
pub(crate) fn frame(body: &str, out: &mut Vec<u8>) {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_ne_bytes());
    out.extend_from_slice(body.as_bytes());
}

/// Writes one frame with one system call.
pub(crate) fn write(output: &mut impl Write, body: &str) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    frame(body, &mut bytes);
    output.write_all(&bytes)
}

/// What a benchmark wants to know of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Receive {
        socket: usize,
        bytes: usize,
    },
    Accept {
        client: usize,
    },
    /// A reply, or any other event.
    Reply,
    Other,
}

const RECEIVE: &[u8] = b"{\"event\":\"sockets.tcp.onReceive\",\"params\":{\"socketId\":";
const ACCEPT: &[u8] = b"{\"event\":\"sockets.tcpServer.onAccept\",\"params\":{\"socketId\":";
const DATA: &[u8] = b",\"data\":\"";
const CLIENT: &[u8] = b",\"clientSocketId\":";
const REPLY: &[u8] = b"{\"id\":";

/// Calls `each` with every message of a frame.
pub(crate) fn messages(body: &[u8], mut each: impl FnMut(Message)) {
    let mut rest = body.strip_prefix(b"[").unwrap_or(body);
    while rest.first() == Some(&b'{') {
        let message;
        // How many braces are open behind what has been read.
        let mut depth = 2;
        if let Some(mut inside) = rest.strip_prefix(RECEIVE) {
            let socket = number(&mut inside);
            inside = inside.strip_prefix(DATA).unwrap_or(inside);
            let data = inside;
            // This is the C library's memchr; a loop over the bytes would cost as much as the host's work.
            let length = inside.skip_until(b'"').unwrap_or_default().saturating_sub(1);
            let padding = data[..length].iter().rev().take_while(|&&byte| byte == b'=').count();
            let bytes = length / 4 * 3 - padding;
            message = Message::Receive { socket, bytes };
            rest = inside;
        } else if let Some(mut inside) = rest.strip_prefix(ACCEPT) {
            number(&mut inside);
            inside = inside.strip_prefix(CLIENT).unwrap_or(inside);
            message = Message::Accept {
                client: number(&mut inside),
            };
            rest = inside;
        } else {
            message = if rest.starts_with(REPLY) {
                Message::Reply
            } else {
                Message::Other
            };
            depth = 0;
        }
        // No text of a host in these benchmarks has a brace in it.
        let end = rest.iter().position(|&byte| {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        each(message);
        rest = &rest[end.map_or(rest.len(), |end| end + 1)..];
        rest = rest.strip_prefix(b",").unwrap_or(rest);
    }
}

fn number(text: &mut &[u8]) -> usize {
    let mut value = 0;
    while let Some((&digit @ b'0'..=b'9', rest)) = text.split_first() {
        value = value * 10 + usize::from(digit - b'0');
        *text = rest;
    }
    value
}
