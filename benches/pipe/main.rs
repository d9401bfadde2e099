//! Benchmarks of the host at its pipe: `scripts/bench pipe`, or `cargo bench --bench pipe -- --help`.
//!
//! This process plays the browser over real pipes and the peers over real TCP, both as cheaply as it can, so that the host is
//! what is measured. Contenders take turns, round by round, and ratios are taken within a round: on a machine that is shared,
//! they hold still where absolute numbers do not.

mod accept;
mod browser;
mod call;
mod calm;
mod crowd;
mod floor;
mod frames;
mod host;
mod peers;
mod plan;
mod receive;
mod send;
mod spawn;
mod spread;
mod table;
mod usage;

use std::env;
use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::{Result, bail};
use calm::Calm;
use plan::{Benchmark, Plan};

const USAGE: &str =
    "Usage: cargo bench --bench pipe -- [--quick] [--rounds N] [--patience SECONDS] [--only PART-OF-A-NAME]\n";

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let Some(mode) = arguments.strip_prefix(&[floor::FLAG.to_owned()]) {
        return floor::run(mode);
    }
    if let Some(mode) = arguments.strip_prefix(&[peers::FLAG.to_owned()]) {
        return peers::run(mode);
    }
    let mut quick = false;
    let mut rounds = None;
    let mut patience = 0;
    let mut only = String::new();
    let mut rest = arguments.into_iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--quick" => quick = true,
            "--rounds" => rounds = Some(rest.next().unwrap_or_default().parse()?),
            "--patience" => patience = rest.next().unwrap_or_default().parse()?,
            "--only" => only = rest.next().unwrap_or_default(),
            // Cargo says so to every benchmark.
            "--bench" => {}
            "--help" | "-h" => return Ok(io::stdout().write_all(USAGE.as_bytes())?),
            other => bail!("{other} is not known. {USAGE}"),
        }
    }
    let plan = Plan::new(quick, rounds);
    let mut calm = Calm::new(Duration::from_secs(patience));
    let benchmarks = [
        receive::benchmark(),
        send::benchmark(),
        accept::benchmark(),
        call::benchmark(),
        crowd::benchmark(&plan),
        spawn::benchmark(),
    ];
    for benchmark in benchmarks.iter().filter(|benchmark| benchmark.name.contains(&only)) {
        run(benchmark, &plan, &mut calm)?;
    }
    io::stdout().write_all(calm.report().as_bytes())?;
    Ok(())
}

/// Lets the contenders take turns and prints the table.
fn run(benchmark: &Benchmark, plan: &Plan, calm: &mut Calm) -> Result<()> {
    let mut samples = table::Samples::default();
    for round in 0..benchmark.rounds(plan) {
        for &contender in benchmark.contenders {
            calm.wait();
            let values = (benchmark.run)(contender, plan)?;
            writeln!(
                io::stderr(),
                "{}, round {round}, {contender:?}: {values:.2?}",
                benchmark.name
            )?;
            samples.add(contender, values);
        }
    }
    io::stdout().write_all(table::markdown(benchmark, &samples)?.as_bytes())?;
    Ok(())
}
