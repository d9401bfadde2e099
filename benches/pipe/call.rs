//! Calls that only the host answers: one after the other, and many at once.

use std::time::Instant;

use anyhow::Result;
use serde_json::json;

use crate::floor;
use crate::frames::{self, Message};
use crate::host::Host;
use crate::plan::{Benchmark, Contender, EVERYONE, Plan, Row};
use crate::spread::Spread;

/// Calls in one frame, as the shim collects them.
const BATCH: usize = 64;

pub(crate) fn benchmark() -> Benchmark {
    Benchmark {
        name: "Calls (sockets.tcp.getInfo)",
        rows: vec![
            Row::new("one at a time, median µs", &[]),
            Row::new("one at a time, host CPU µs", &[]),
            Row::new("64 in a frame, thousands/s", &[]),
            Row::new("64 in a frame, host CPU µs each", &[]),
        ],
        contenders: EVERYONE,
        usual_rounds: 9,
        run,
    }
}

fn run(contender: Contender, plan: &Plan) -> Result<Vec<f64>> {
    let mut values = calls(contender, plan.amount(4_000, 100), 1)?;
    let batched = calls(contender, plan.amount(2_000, 50), BATCH)?;
    #[allow(clippy::cast_precision_loss, reason = "a small number")]
    let batch = BATCH as f64;
    // What was told of a frame becomes what there is to tell of a call.
    values.extend([batch / batched[0] * 1e3, batched[1] / batch]);
    Ok(values)
}

/// Frames of `batch` calls, each when the one before is answered.
///
/// # Returns
/// The median time of a frame and the host's processor time for one, in microseconds.
fn calls(contender: Contender, frames: usize, batch: usize) -> Result<Vec<f64>> {
    let mut host = Host::start(contender, &[floor::ANSWER])?;
    let mut socket = json!(1);
    if contender != Contender::Floor {
        host.hello()?;
        socket = host.call("sockets.tcp.create", &json!({}))?["socketId"].take();
    }
    let calls: Vec<String> = (0..batch)
        .map(|id| json!({"id": 1000 + id, "method": "sockets.tcp.getInfo", "params": {"socketId": socket}}).to_string())
        .collect();
    let body = if batch == 1 {
        calls[0].clone()
    } else {
        format!("[{}]", calls.join(","))
    };
    let mut times = Vec::new();
    let mut cpu = host.cpu()?;
    for frame in 0..frames * 5 / 4 {
        if frame == frames / 4 {
            times.clear();
            cpu = host.cpu()?;
        }
        let start = Instant::now();
        frames::write(&mut host.stdin, &body)?;
        let mut replies = 0;
        while replies < batch {
            frames::messages(host.stdout.next()?, |message| {
                replies += usize::from(message == Message::Reply);
            });
        }
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    #[allow(clippy::cast_precision_loss, reason = "a small number")]
    let cpu = (host.cpu()? - cpu) * 1e6 / times.len() as f64;
    Ok(vec![Spread::of(&times).map_or(f64::NAN, |times| times.median), cpu])
}
