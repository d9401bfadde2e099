//! Many connections: what an idle one takes, and whether an event costs more the more of them there are.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Instant;

use anyhow::Result;

use crate::browser::Credit;
use crate::frames::{self, Message};
use crate::host::Host;
use crate::plan::{Benchmark, Bound, Contender, HOSTS, Plan, Row, Target};
use crate::receive::add;
use crate::usage;

const LEVELS: [usize; 4] = [10, 100, 1_000, 10_000];

/// In a quick run the crowd is small, so that it is there soon.
const QUICK_LEVELS: [usize; 4] = [10, 20, 40, 80];

/// Events at once: as many as the smallest level has sockets, so that every level does the same.
const BURST: usize = 10;

fn levels(plan: &Plan) -> [usize; 4] {
    if plan.quick { QUICK_LEVELS } else { LEVELS }
}

pub(crate) fn benchmark(plan: &Plan) -> Benchmark {
    let levels = levels(plan);
    let most = levels[3];
    let mut rows = vec![Row::new(
        format!("resident memory of an idle connection among {most}, bytes"),
        &[Target::ToPeer(Bound::AtMost(0.25)), Target::Ours(Bound::AtMost(6144.0))],
    )];
    rows.extend(levels.map(|level| Row::new(format!("an event, {level} sockets, host CPU µs"), &[])));
    rows.extend(levels.map(|level| Row::new(format!("an event, {level} sockets, µs of wall time"), &[])));
    rows.push(Row::new(
        "host CPU, the dearest level / the cheapest",
        &[Target::Ours(Bound::AtMost(1.5))],
    ));
    Benchmark {
        name: "A crowd of connections",
        rows,
        contenders: HOSTS,
        usual_rounds: 3,
        run,
    }
}

fn run(contender: Contender, plan: &Plan) -> Result<Vec<f64>> {
    let mut crowd = Crowd::new(contender)?;
    let mut memory = 0.0;
    let mut cpu = Vec::new();
    let mut wall = Vec::new();
    for level in levels(plan) {
        let before = (crowd.streams.len(), usage::resident(crowd.host.pid())?);
        crowd.grow(level)?;
        #[allow(clippy::cast_precision_loss, reason = "a small number")]
        let added = (level - before.0) as f64;
        memory = (usage::resident(crowd.host.pid())? - before.1) / added;
        let events = plan.amount(20_000, 200).max(2 * level);
        crowd.events(events / 4)?;
        let (used, passed) = crowd.events(events)?;
        cpu.push(used);
        wall.push(passed);
    }
    let dearest = cpu.iter().copied().fold(f64::MIN, f64::max);
    let cheapest = cpu.iter().copied().fold(f64::MAX, f64::min);
    let mut values = vec![memory];
    values.extend(cpu);
    values.extend(wall);
    values.push(dearest / cheapest);
    Ok(values)
}

/// A host and its clients.
struct Crowd {
    host: Host,
    port: u16,
    credit: Credit,
    streams: Vec<TcpStream>,
    clients: Vec<usize>,
    next: usize,
}

impl Crowd {
    fn new(contender: Contender) -> Result<Self> {
        let mut host = Host::start(contender, &[])?;
        Ok(Self {
            port: host.listen()?,
            host,
            credit: Credit::default(),
            streams: Vec::new(),
            clients: Vec::new(),
            next: 0,
        })
    }

    fn grow(&mut self, size: usize) -> Result<()> {
        let Self {
            host,
            credit,
            streams,
            clients,
            ..
        } = self;
        add(host, credit, self.port, streams, clients, size)
    }

    /// Lets every socket in turn receive 64 bytes, a few at a time.
    ///
    /// # Returns
    /// The host's processor time and the time that passed for each event, in microseconds.
    fn events(&mut self, count: usize) -> Result<(f64, f64)> {
        let cpu = self.host.cpu()?;
        let start = Instant::now();
        for _ in 0..count / BURST {
            for _ in 0..BURST {
                self.streams[self.next].write_all(&[b'x'; 64])?;
                self.next = (self.next + 1) % self.streams.len();
            }
            let mut seen = 0;
            while seen < BURST {
                frames::messages(self.host.stdout.next()?, |message| {
                    self.credit.consume(message);
                    seen += usize::from(matches!(message, Message::Receive { .. }));
                });
                self.credit.settle(&mut self.host.stdin)?;
            }
        }
        #[allow(clippy::cast_precision_loss, reason = "a small number")]
        let count = count as f64;
        let passed = start.elapsed().as_secs_f64() * 1e6 / count;
        Ok(((self.host.cpu()? - cpu) * 1e6 / count, passed))
    }
}
