//! New connections: how soon one is announced, and how many in a second.

use std::time::Instant;
use std::{fs, thread};

use anyhow::Result;

use crate::browser::Credit;
use crate::floor;
use crate::frames::{self, Message};
use crate::host::{Host, connect};
use crate::plan::{Benchmark, Bound, Contender, EVERYONE, Plan, Row, Target};
use crate::spread::Spread;
use crate::usage;

pub(crate) fn benchmark() -> Benchmark {
    Benchmark {
        name: "New connections",
        rows: vec![
            Row::new("connect → `onAccept`, one at a time, median µs", &[]),
            Row::new("clients connect as fast as they can, connections/s", &[]),
            Row::new(
                "all wait in the backlog, connections/s",
                &[Target::ToPeer(Bound::AtLeast(3.0))],
            ),
            Row::new("host CPU µs each", &[]),
        ],
        contenders: EVERYONE,
        usual_rounds: 9,
        run,
    }
}

fn run(contender: Contender, plan: &Plan) -> Result<Vec<f64>> {
    let mut host = Host::start(contender, &[floor::ACCEPT])?;
    let port = if contender == Contender::Floor {
        std::str::from_utf8(host.stdout.next()?)?.parse()?
    } else {
        host.listen()?
    };
    let mut credit = Credit::default();
    let mut kept = Vec::new();

    let mut times = Vec::new();
    for _ in 0..plan.amount(1_000, 50) {
        let start = Instant::now();
        kept.push(connect(port)?);
        await_accepts(&mut host, &mut credit, 1)?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    let latency = Spread::of(&times).map_or(f64::NAN, |times| times.median);

    let count = plan.amount(2_000, 100);
    let start = Instant::now();
    thread::scope(|scope| -> Result<()> {
        let clients = scope.spawn(|| (0..count).map(|_| connect(port)).collect::<Result<Vec<_>>>());
        await_accepts(&mut host, &mut credit, count)?;
        kept.extend(clients.join().unwrap_or_else(|_| Ok(Vec::new()))?);
        Ok(())
    })?;
    let natural = rate(count, start.elapsed().as_secs_f64());

    // The clients' own work is over before the host goes on, so nothing but the host is measured.
    let count = count.min(most_waiting());
    usage::stop(host.pid())?;
    for _ in 0..count {
        kept.push(connect(port)?);
    }
    let cpu = host.cpu()?;
    let start = Instant::now();
    usage::resume(host.pid())?;
    await_accepts(&mut host, &mut credit, count)?;
    let burst = rate(count, start.elapsed().as_secs_f64());
    let cpu = host.cpu()? - cpu;

    Ok(vec![latency, natural, burst, 1e6 / rate(count, cpu)])
}

#[allow(clippy::cast_precision_loss, reason = "a small number")]
fn rate(count: usize, seconds: f64) -> f64 {
    count as f64 / seconds
}

/// How many connections the kernel lets wait.
fn most_waiting() -> usize {
    let text = fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap_or_default();
    text.trim().parse().unwrap_or(128)
}

fn await_accepts(host: &mut Host, credit: &mut Credit, count: usize) -> Result<()> {
    let mut seen = 0;
    while seen < count {
        frames::messages(host.stdout.next()?, |message| {
            credit.consume(message);
            seen += usize::from(matches!(message, Message::Accept { .. }));
        });
        credit.settle(&mut host.stdin)?;
    }
    Ok(())
}
