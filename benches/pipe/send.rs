//! Payload from frames to TCP.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::browser::Credit;
use crate::floor;
use crate::frames::{self, Message};
use crate::host::Host;
use crate::plan::{Benchmark, Contender, EVERYONE, Plan, Row};
use crate::receive::open;

/// What the shim keeps un-acked at the most.
const WINDOW: usize = 4 << 20;

/// The first request id; all ids are equally long, so that they can be written over each other.
const FIRST_ID: usize = 100_000_000;

pub(crate) fn benchmark() -> Benchmark {
    Benchmark {
        name: "Frames → TCP",
        rows: vec![
            Row::new("64 KiB, MB/s", &[]),
            Row::new("64 KiB, host CPU ms/MB", &[]),
            Row::new("1 KiB, 64 in a frame, thousands/s", &[]),
            Row::new("1 KiB, 64 in a frame, host CPU µs each", &[]),
            Row::new("64 B, each in a frame of its own, thousands/s", &[]),
            Row::new("64 B, each in a frame of its own, host CPU µs each", &[]),
        ],
        contenders: EVERYONE,
        usual_rounds: 7,
        run,
    }
}

fn run(contender: Contender, plan: &Plan) -> Result<Vec<f64>> {
    let mut values = Vec::new();
    for (bytes, batch, full) in [(64 << 10, 1, 8_000), (1 << 10, 64, 6_400), (64, 1, 60_000)] {
        let frames = plan.amount(full, full / 50);
        let (seconds, cpu) = sends(contender, bytes, batch, frames)?;
        #[allow(clippy::cast_precision_loss, reason = "far below 52 bits")]
        let (count, payload) = ((frames * batch) as f64, (frames * batch * bytes) as f64);
        if bytes == 64 << 10 {
            values.extend([payload / 1e6 / seconds, cpu * 1e3 / (payload / 1e6)]);
        } else {
            values.extend([count / 1e3 / seconds, cpu * 1e6 / count]);
        }
    }
    Ok(values)
}

/// Sends `frames` frames of `batch` sends each to one peer that reads everything.
///
/// # Returns
/// How many seconds it took until the last one was answered, and the host's processor time.
fn sends(contender: Contender, bytes: usize, batch: usize, frames: usize) -> Result<(f64, f64)> {
    let mut host = Host::start(contender, &[floor::ANSWER])?;
    if contender != Contender::Floor {
        for stream in open(&mut host, &mut Credit::default(), 1)? {
            thread::spawn(move || swallow(stream));
        }
    }
    let warm_up = frames / 4;
    measure(&mut host, bytes, batch, warm_up)?;
    let start = Instant::now();
    let cpu = host.cpu()?;
    measure(&mut host, bytes, batch, frames)?;
    let seconds = start.elapsed().as_secs_f64();
    Ok((seconds, host.cpu()? - cpu))
}

/// One thread writes frames and this one reads replies.
fn measure(host: &mut Host, bytes: usize, batch: usize, frames: usize) -> Result<()> {
    let Host { stdin, stdout, .. } = host;
    let answered = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&answered);
    let most_ahead = (WINDOW / bytes).min(4096);
    thread::scope(|scope| {
        let writer = scope.spawn(move || -> Result<()> {
            let (mut frame, ids) = ready_frame(bytes, batch)?;
            for number in 0..frames {
                while number * batch >= seen.load(Ordering::Acquire) + most_ahead {
                    thread::park_timeout(Duration::from_millis(100));
                }
                for (index, &at) in ids.iter().enumerate() {
                    let id = FIRST_ID + number * batch + index;
                    frame[at..at + 9].copy_from_slice(id.to_string().as_bytes());
                }
                stdin.write_all(&frame)?;
            }
            Ok(())
        });
        let mut replies = 0;
        while replies < frames * batch {
            frames::messages(stdout.next()?, |message| {
                replies += usize::from(message == Message::Reply);
            });
            answered.store(replies, Ordering::Release);
            writer.thread().unpark();
        }
        writer.join().ok().context("the writing thread has panicked")?
    })
}

/// A frame of sends to the first accepted socket, and where the ids stand in it.
fn ready_frame(bytes: usize, batch: usize) -> Result<(Vec<u8>, Vec<usize>)> {
    let mut data = "eHh4".repeat(bytes / 3);
    data.push_str(["", "eA==", "eHg="][bytes % 3]);
    let send = format!(
        "{{\"id\":{FIRST_ID},\"method\":\"sockets.tcp.send\",\"params\":{{\"socketId\":2,\"data\":\"{data}\"}}}}"
    );
    let body = if batch == 1 {
        send
    } else {
        format!("[{}]", vec![send; batch].join(","))
    };
    let mut frame = Vec::new();
    frames::frame(&body, &mut frame);
    let text = std::str::from_utf8(&frame[4..])?;
    let ids = text
        .match_indices(&FIRST_ID.to_string())
        .map(|(at, _)| at + 4)
        .collect();
    Ok((frame, ids))
}

fn swallow(mut stream: TcpStream) {
    let mut buffer = vec![0; 256 << 10];
    while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
}
