//! How long a host takes from being started to its first reply.

use std::time::Instant;

use anyhow::Result;

use crate::floor;
use crate::host::Host;
use crate::plan::{Benchmark, Contender, EVERYONE, Plan, Row};
use crate::spread::Spread;

pub(crate) fn benchmark() -> Benchmark {
    Benchmark {
        name: "Start",
        rows: vec![
            Row::new("spawn → first reply, median ms", &[]),
            Row::new("CPU ms until then", &[]),
        ],
        contenders: EVERYONE,
        usual_rounds: 9,
        run,
    }
}

fn run(contender: Contender, plan: &Plan) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    let mut used = Vec::new();
    for _ in 0..plan.amount(10, 1) {
        let start = Instant::now();
        let mut host = Host::start(contender, &[floor::ANSWER])?;
        if contender == Contender::Floor {
            crate::frames::write(&mut host.stdin, "{\"id\":1}")?;
            host.stdout.next()?;
        } else {
            host.hello()?;
        }
        times.push(start.elapsed().as_secs_f64() * 1e3);
        used.push(host.cpu()? * 1e3);
    }
    let median = |values: &[f64]| Spread::of(values).map_or(f64::NAN, |values| values.median);
    Ok(vec![median(&times), median(&used)])
}
