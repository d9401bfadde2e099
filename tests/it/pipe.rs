//! The reading half of the pipe: frames, checked for the browser's limits.

use std::io::Read as _;
use std::process::ChildStdout;
use std::sync::mpsc::Sender;
use std::sync::{Condvar, Mutex};

use serde_json::Value;

/// The browser's limit on a frame of ours.
const MAX_FRAME: usize = 1 << 20;

/// What the reader found.
pub enum Arrived {
    Frame(usize, Vec<Value>),
    End,
    Broken(String),
}

/// Whether the reader reads.
#[derive(Clone, Copy, PartialEq)]
pub enum Gate {
    Open,
    Closed,
    Drop,
}

/// The reader's thread.
pub fn read_frames(mut stdout: ChildStdout, gate: &(Mutex<Gate>, Condvar), sender: &Sender<Arrived>) {
    loop {
        let state = gate
            .1
            .wait_while(gate.0.lock().unwrap(), |gate| *gate == Gate::Closed)
            .unwrap();
        if *state == Gate::Drop {
            return;
        }
        drop(state);
        let arrived = read_frame(&mut stdout);
        let last = !matches!(arrived, Arrived::Frame(..));
        if sender.send(arrived).is_err() || last {
            return;
        }
    }
}

fn read_frame(stdout: &mut ChildStdout) -> Arrived {
    let mut header = Vec::new();
    if let Err(error) = stdout.take(4).read_to_end(&mut header) {
        return Arrived::Broken(error.to_string());
    }
    let Ok(header) = <[u8; 4]>::try_from(header.as_slice()) else {
        return if header.is_empty() {
            Arrived::End
        } else {
            Arrived::Broken("half a header".into())
        };
    };
    let length = u32::from_ne_bytes(header) as usize;
    if length > MAX_FRAME {
        return Arrived::Broken(format!("a frame of {length} bytes"));
    }
    let mut body = vec![0; length];
    if let Err(error) = stdout.read_exact(&mut body) {
        return Arrived::Broken(format!("a frame broke off: {error}"));
    }
    match serde_json::from_slice(&body) {
        Ok(Value::Array(messages)) if !messages.is_empty() => Arrived::Frame(length, messages),
        Ok(message @ Value::Object(_)) => Arrived::Frame(length, vec![message]),
        _ => Arrived::Broken(format!("not a frame: {}", String::from_utf8_lossy(&body))),
    }
}
