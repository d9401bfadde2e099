//! Payload from TCP into frames.

use std::io::Write as _;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;

use crate::browser::Credit;
use crate::floor;
use crate::frames::{self, Message};
use crate::host::{Host, connect};
use crate::plan::{Benchmark, Bound, Contender, EVERYONE, Plan, Row, Target};

pub(crate) fn benchmark() -> Benchmark {
    let targets = [
        Target::ToFloor(Bound::AtLeast(0.5)),
        Target::ToPeer(Bound::AtLeast(5.0)),
    ];
    Benchmark {
        name: "TCP → frames",
        rows: vec![
            Row::new("1 connection, MB/s", &targets),
            Row::new("1 connection, host CPU ms/MB", &[]),
            Row::new("100 connections, MB/s", &targets),
            Row::new("100 connections, host CPU ms/MB", &[]),
        ],
        contenders: EVERYONE,
        usual_rounds: 7,
        run,
    }
}

fn run(contender: Contender, plan: &Plan) -> Result<Vec<f64>> {
    let mut values = flood(contender, plan, 1)?;
    values.extend(flood(contender, plan, 100)?);
    Ok(values)
}

/// Peers that write without end, until so much has come out of the pipe.
fn flood(contender: Contender, plan: &Plan, connections: usize) -> Result<Vec<f64>> {
    // By the clock, since the contenders differ by a factor of ten and more.
    let warm_up = Duration::from_millis(if plan.quick { 50 } else { 300 });
    let length = Duration::from_millis(if plan.quick { 100 } else { 1_000 });
    let mut host = Host::start(contender, &[floor::FLOOD, "0", "4096"])?;
    let mut credit = Credit::default();
    let mut received = 0_usize;
    if contender != Contender::Floor {
        let streams = open(&mut host, &mut credit, connections)?;
        thread::spawn(move || write_round_robin(streams));
    }
    let mut start = Instant::now();
    let mut cpu = None;
    loop {
        frames::messages(host.stdout.next()?, |message| {
            credit.consume(message);
            if let Message::Receive { bytes, .. } = message {
                received += bytes;
            }
        });
        credit.settle(&mut host.stdin)?;
        match cpu {
            None if start.elapsed() >= warm_up => {
                cpu = Some(host.cpu()?);
                received = 0;
                start = Instant::now();
            }
            Some(before) if start.elapsed() >= length => {
                let seconds = start.elapsed().as_secs_f64();
                #[allow(clippy::cast_precision_loss, reason = "far below 52 bits")]
                let megabytes = received as f64 / 1e6;
                return Ok(vec![megabytes / seconds, (host.cpu()? - before) * 1e3 / megabytes]);
            }
            _ => {}
        }
    }
}

/// Connections to the host that it reads from.
pub(crate) fn open(host: &mut Host, credit: &mut Credit, connections: usize) -> Result<Vec<TcpStream>> {
    let port = host.listen()?;
    let mut streams = Vec::with_capacity(connections);
    let mut clients = Vec::with_capacity(connections);
    add(host, credit, port, &mut streams, &mut clients, connections)?;
    Ok(streams)
}

/// Adds connections until there are `wanted`: accepted, known by their ids, and un-paused.
pub(crate) fn add(
    host: &mut Host,
    credit: &mut Credit,
    port: u16,
    streams: &mut Vec<TcpStream>,
    clients: &mut Vec<usize>,
    wanted: usize,
) -> Result<()> {
    let known = clients.len();
    while clients.len() < wanted {
        // One at a time, since which id belongs to which stream can only be told by their order.
        streams.push(connect(port)?);
        while clients.len() < streams.len() {
            frames::messages(host.stdout.next()?, |message| {
                credit.consume(message);
                if let Message::Accept { client } = message {
                    clients.push(client);
                }
            });
            credit.settle(&mut host.stdin)?;
        }
    }
    for batch in clients[known..].chunks(256) {
        let calls = batch.iter().map(|id| {
            json!({"id": 1_000_000 + id, "method": "sockets.tcp.setPaused", "params": {"socketId": id, "paused": false}}).to_string()
        });
        let calls = calls.collect::<Vec<_>>();
        frames::write(&mut host.stdin, &format!("[{}]", calls.join(",")))?;
        let mut replies = 0;
        while replies < calls.len() {
            frames::messages(host.stdout.next()?, |message| {
                replies += usize::from(message == Message::Reply);
            });
        }
    }
    Ok(())
}

/// Ends with the first stream that the host resets.
fn write_round_robin(mut streams: Vec<TcpStream>) {
    let data = vec![b'x'; 64 << 10];
    while streams.iter_mut().all(|stream| stream.write_all(&data).is_ok()) {}
}
