//! Values to a frame's bytes. The browser's limit on a frame is enforced here and nowhere else.

use std::io::Write as _;

use serde::Serialize;

use super::base64;
use super::buffer::Buffer;
use super::outgoing::{Failure, FrameSink, Outgoing, Placed, Shape, SocketInfo, Value};
use crate::frame::{HEADER, MAX_TO_BROWSER, write_header};

/// The most payload one event carries, and what a frame aims at in all: larger frames are slower in the browser.
const MAX_PAYLOAD: usize = 64 << 10;

/// The JSON that a frame's payload part may take: one full event, or hundreds of small ones.
const PAYLOAD_TARGET: usize = base64::encoded_length(MAX_PAYLOAD) + 256;

/// The JSON after which a frame takes no further reply; one more may still overshoot it by its own length.
const CONTROL_TARGET: usize = 128 << 10;

/// The slice JavaScript assumes when an event names none (Chrome's default buffer).
const DEFAULT_SLICE: usize = 4096;

/// What an `onReceive` message takes beside its base64, at the most.
const RECEIVE_OVERHEAD: usize = 112;

/// Payload is not worth a message below this, except at the end of a frame's room.
const MIN_PAYLOAD: usize = 1024;

/// A finished frame, header included.
#[derive(Debug)]
pub struct Frame {
    buffer: Buffer,
    start: usize,
    urgent: bool,
}

impl Frame {
    /// Whether it holds nothing but answers, which somebody waits for and to which the network is not about to add anything. One that
    /// left something for the next frame is not urgent: its way back from the thread is what begins the next.
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        self.urgent
    }

    /// What is to be written.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.buffer.bytes()[self.start..]
    }

    /// The buffer, for the next frame.
    #[must_use]
    pub fn into_buffer(self) -> Vec<u8> {
        self.buffer.into_vec()
    }
}

/// Builds one frame in a reused buffer: the header's place, `[`, messages separated by `,`, `]`.
#[derive(Debug)]
pub struct FrameWriter {
    buffer: Buffer,
    messages: usize,
    urgent: bool,
    /// Where the part for payload began; everything that waited in order stands before it.
    payload_start: Option<usize>,
}

/// The two keys of a list reply, of one length so that one can be written over the other.
const LAST_PART: &[u8; 10] = b"\"result\":[";
const PART: &[u8; 10] = b"\"part\":  [";

/// Where the first message begins: behind the header and the array's bracket.
const START: usize = HEADER + 1;

impl FrameWriter {
    /// An empty frame in `space`, whose content is dropped.
    #[must_use]
    pub fn new(space: Vec<u8>) -> Self {
        let mut buffer = Buffer::new(space);
        buffer.extend(&[b'['; START]);
        Self {
            buffer,
            messages: 0,
            urgent: true,
            payload_start: None,
        }
    }

    /// Whether nothing has been placed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages == 0
    }

    /// The buffer of a frame that stayed empty.
    #[must_use]
    pub fn into_buffer(self) -> Vec<u8> {
        self.buffer.into_vec()
    }

    /// Completes the frame: a single message stands bare, several stand in an array.
    #[must_use]
    pub fn finish(mut self) -> Frame {
        // A bare message does without the bracket, so its header moves one byte up over it.
        let start = usize::from(self.messages == 1);
        if start == 0 {
            self.buffer.push(b']');
        }
        let mut header = [0; HEADER];
        write_header(&mut header, self.buffer.len() - start - HEADER);
        self.buffer.overwrite(start, &header);
        Frame {
            buffer: self.buffer,
            start,
            urgent: self.urgent,
        }
    }

    /// Places one message by `write`, or takes it back when the frame would exceed the browser's limit.
    fn place(&mut self, write: impl FnOnce(&mut Buffer)) -> bool {
        let before = self.buffer.len();
        if self.messages > 0 {
            self.buffer.push(b',');
        }
        write(&mut self.buffer);
        // One byte is kept for the closing bracket.
        if self.buffer.len() + 1 - HEADER > MAX_TO_BROWSER {
            self.buffer.truncate(before);
            return false;
        }
        self.messages += 1;
        true
    }

    /// Places as many of `list` as fit; the last part is an ordinary reply.
    fn place_list(&mut self, id: u64, list: &mut std::collections::VecDeque<SocketInfo>) -> Placed {
        let mut taken = 0;
        let placed = self.place(|out| {
            json(out, format_args!("{{\"id\":{id},"));
            let key = out.len();
            out.extend(LAST_PART);
            for info in list.iter() {
                if taken > 0 && out.len() > CONTROL_TARGET {
                    break;
                }
                if taken > 0 {
                    out.push(b',');
                }
                value(out, info);
                taken += 1;
            }
            if taken < list.len() {
                // Only now is it known that more follows.
                out.overwrite(key, PART);
            }
            out.extend(b"]}");
        });
        if !placed {
            return Placed::Full;
        }
        list.drain(..taken);
        if list.is_empty() { Placed::Whole } else { Placed::Part }
    }

    fn place_control(&mut self, message: &mut Outgoing) -> Placed {
        if self.payload_start.is_none() && self.buffer.len() >= CONTROL_TARGET {
            return Placed::Full;
        }
        // What is sent is often answered by the peer at once.
        self.urgent &= matches!(message, Outgoing::Reply { outcome, .. } if !matches!(outcome, Ok(Value::Sent(_))));
        if let Outgoing::Reply {
            id,
            outcome: Ok(Value::Infos(list)),
        } = message
        {
            return self.place_list(*id, list);
        }
        if self.place(|out| encode(out, message)) {
            return Placed::Whole;
        }
        if self.is_empty() {
            // No limit of ours lets a message grow this long; if one did, the session must not die of it.
            tracing::error!("a message did not fit into an empty frame and was dropped");
            return Placed::Whole;
        }
        Placed::Full
    }
}

impl FrameSink for FrameWriter {
    fn control(&mut self, message: &mut Outgoing) -> Placed {
        let placed = self.place_control(message);
        self.urgent &= placed == Placed::Whole;
        placed
    }

    fn payload_room(&mut self) -> usize {
        let start = *self.payload_start.get_or_insert(self.buffer.len());
        let used = self.buffer.len() - start;
        let room = PAYLOAD_TARGET.saturating_sub(used + RECEIVE_OVERHEAD) / 4 * 3;
        if room < MIN_PAYLOAD { 0 } else { room.min(MAX_PAYLOAD) }
    }

    fn receive(&mut self, socket: u32, slice: usize, bytes: &[u8]) {
        self.urgent = false;
        let placed = self.place(|out| {
            json(
                out,
                format_args!("{{\"event\":\"sockets.tcp.onReceive\",\"params\":{{\"socketId\":{socket},\"data\":\""),
            );
            // Base64 has nothing to escape, so it is encoded straight into the frame.
            base64::append(out, bytes);
            if slice == DEFAULT_SLICE {
                out.extend(b"\"}}");
            } else {
                json(out, format_args!("\"}},\"slice\":{slice}}}"));
            }
        });
        debug_assert!(placed, "payload is bounded by payload_room");
    }

    fn receive_from(&mut self, socket: u32, bytes: &[u8], address: &str, port: u16) {
        self.urgent = false;
        let placed = self.place(|out| {
            json(
                out,
                format_args!("{{\"event\":\"sockets.udp.onReceive\",\"params\":{{\"socketId\":{socket},\"data\":\""),
            );
            base64::append(out, bytes);
            json(
                out,
                format_args!("\",\"remoteAddress\":\"{address}\",\"remotePort\":{port}}}}}"),
            );
        });
        debug_assert!(placed, "payload is bounded by payload_room");
    }
}

fn json(out: &mut Buffer, text: std::fmt::Arguments<'_>) {
    // Writing to a buffer cannot fail.
    let _ = out.write_fmt(text);
}

fn value<T: Serialize + ?Sized>(out: &mut Buffer, value: &T) {
    // Our values have string keys and finite numbers only, so serialising them cannot fail.
    let _ = serde_json::to_writer(out, value);
}

fn encode(out: &mut Buffer, message: &Outgoing) {
    match message {
        Outgoing::Reply { id, outcome } => encode_reply(out, *id, outcome),
        Outgoing::Accept { socket, client } => json(
            out,
            format_args!(
                "{{\"event\":\"sockets.tcpServer.onAccept\",\"params\":{{\"socketId\":{socket},\"clientSocketId\":{client}}}}}"
            ),
        ),
        Outgoing::AcceptError { socket, error } => {
            error_event(out, "sockets.tcpServer.onAcceptError", *socket, error.code());
        }
        Outgoing::ReceiveError { socket, error } => {
            error_event(out, "sockets.tcp.onReceiveError", *socket, error.code());
        }
        Outgoing::UdpReceiveError { socket, error } => {
            error_event(out, "sockets.udp.onReceiveError", *socket, error.code());
        }
        Outgoing::Taken { bytes } => json(
            out,
            format_args!("{{\"event\":\"host.ack\",\"params\":{{\"bytes\":{bytes}}}}}"),
        ),
        Outgoing::Error { message } => {
            out.extend(b"{\"event\":\"host.error\",\"params\":{\"message\":");
            value(out, message);
            out.extend(b"}}");
        }
        Outgoing::LastWords { message } => {
            out.extend(b"{\"event\":\"host.error\",\"params\":{\"fatal\":true,\"message\":");
            value(out, message);
            out.extend(b"}}");
        }
    }
}

fn error_event(out: &mut Buffer, name: &str, socket: u32, code: i32) {
    json(
        out,
        format_args!("{{\"event\":\"{name}\",\"params\":{{\"socketId\":{socket},\"resultCode\":{code}}}}}"),
    );
}

fn encode_reply(out: &mut Buffer, id: u64, outcome: &Result<Value, Failure>) {
    json(out, format_args!("{{\"id\":{id},"));
    match outcome {
        Ok(result) => {
            out.extend(b"\"result\":");
            encode_value(out, result);
        }
        Err(failure) => {
            out.extend(b"\"error\":{\"message\":");
            value(out, &failure.message);
            if let Some(code) = failure.code {
                json(out, format_args!(",\"code\":{code}"));
            }
            out.push(b'}');
            match (failure.shape, failure.code) {
                (Shape::Code, Some(code)) => json(out, format_args!(",\"result\":{code}")),
                (Shape::Info, Some(code)) => json(out, format_args!(",\"result\":{{\"resultCode\":{code}}}")),
                _ => {}
            }
        }
    }
    out.push(b'}');
}

fn encode_value(out: &mut Buffer, result: &Value) {
    match result {
        Value::None => out.extend(b"null"),
        Value::Zero => out.push(b'0'),
        Value::Created(socket) => json(out, format_args!("{{\"socketId\":{socket}}}")),
        Value::Sent(bytes) => json(out, format_args!("{{\"resultCode\":0,\"bytesSent\":{bytes}}}")),
        Value::Info(info) => value(out, info),
        Value::Infos(list) => value(out, list),
        Value::Groups(list) => value(out, list),
        Value::Interfaces(list) => value(out, list),
        Value::Generated(pair) => value(out, pair),
        Value::Hello(hello) => value(out, hello),
    }
}

#[cfg(test)]
#[path = "encode_tests.rs"]
mod tests;
