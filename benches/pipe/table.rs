//! Samples to a Markdown table.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

use crate::plan::{Benchmark, Bound, Contender, Target};
use crate::spread::{Spread, short};

/// The values of all rounds: for each contender, one list of rows per round.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    rounds: Vec<(Contender, Vec<f64>)>,
}

impl Samples {
    pub(crate) fn add(&mut self, contender: Contender, values: Vec<f64>) {
        self.rounds.push((contender, values));
    }

    /// One row of one contender, round by round.
    fn row(&self, contender: Contender, row: usize) -> Vec<f64> {
        let rounds = self.rounds.iter().filter(|(who, _)| *who == contender);
        rounds
            .map(|(_, values)| values.get(row).copied().unwrap_or(f64::NAN))
            .collect()
    }

    /// Our value divided by the other's, within each round.
    fn ratio(&self, other: Contender, row: usize) -> Option<Spread> {
        let others = self.row(other, row);
        let ratios: Vec<f64> = self
            .row(Contender::Ours, row)
            .iter()
            .zip(others)
            .map(|(a, b)| a / b)
            .collect();
        Spread::of(&ratios)
    }
}

/// The table of a benchmark.
///
/// # Errors
/// When a number is missing: whoever runs this wants to know that a benchmark no longer works.
pub(crate) fn markdown(benchmark: &Benchmark, samples: &Samples) -> Result<String> {
    let others = benchmark.contenders.iter().filter(|&&who| who != Contender::Ours);
    let others: Vec<Contender> = others.copied().collect();
    let mut text = format!("### {}\n\n| | ours |", benchmark.name);
    let mut line = String::from("| --- | --- |");
    for other in &others {
        write!(text, " {} | ours / {} |", name(*other), name(*other))?;
        line.push_str(" --- | --- |");
    }
    writeln!(text, " wanted | |\n{line} --- | --- |")?;
    for (index, row) in benchmark.rows.iter().enumerate() {
        let missing = || format!("{}: {} has no number", benchmark.name, row.label);
        let ours = Spread::of(&samples.row(Contender::Ours, index)).with_context(missing)?;
        write!(text, "| {} | {ours} |", row.label)?;
        for &other in &others {
            let value = Spread::of(&samples.row(other, index)).with_context(missing)?;
            let ratio = samples.ratio(other, index).map_or("–".into(), |ratio| {
                format!("**{}**{}", short(ratio.median), range(&ratio))
            });
            write!(text, " {value} | {ratio} |")?;
        }
        let mut wanted = Vec::new();
        let mut met = Vec::new();
        for target in &row.targets {
            let (what, value, bound) = match *target {
                Target::Ours(bound) => ("", Some(ours), bound),
                Target::ToFloor(bound) => (" of the floor", samples.ratio(Contender::Floor, index), bound),
                Target::ToPeer(bound) => (" of the peer", samples.ratio(Contender::Peer, index), bound),
            };
            let value = value.with_context(missing)?.median;
            let (sign, limit, ok) = match bound {
                Bound::AtLeast(limit) => ("≥", limit, value >= limit),
                Bound::AtMost(limit) => ("≤", limit, value <= limit),
            };
            wanted.push(format!("{sign} {limit}{what}"));
            met.push(if ok { "met" } else { "**missed**" });
        }
        writeln!(text, " {} | {} |", wanted.join("; "), met.join("; "))?;
    }
    text.push('\n');
    Ok(text)
}

fn name(contender: Contender) -> &'static str {
    match contender {
        Contender::Ours => "ours",
        Contender::Floor => "floor",
        Contender::Peer => "peer",
    }
}

/// What of a spread's text comes behind the median.
fn range(spread: &Spread) -> String {
    let text = spread.to_string();
    text[short(spread.median).len()..].to_owned()
}
