//! Waits for a moment in which other programs leave the machine alone, and tells how well that went.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::spread::Spread;

/// How long other programs are watched before a turn.
const WATCHED: Duration = Duration::from_millis(100);

/// What they may take of one core.
const LITTLE: f64 = 0.25;

/// The scheduler counts in these.
const TICKS_PER_SECOND: f64 = 100.0;

#[derive(Debug)]
pub(crate) struct Calm {
    /// What is left of the time that may be spent on waiting.
    patience: Duration,
    seen: Vec<f64>,
}

impl Calm {
    pub(crate) fn new(patience: Duration) -> Self {
        Self {
            patience,
            seen: Vec::new(),
        }
    }

    /// Returns when it is calm or patience is over. Nothing of ours may be at work meanwhile.
    pub(crate) fn wait(&mut self) {
        loop {
            let start = Instant::now();
            let before = busy_ticks();
            thread::sleep(WATCHED);
            let (Some(before), Some(after)) = (before, busy_ticks()) else {
                return;
            };
            let load = (after - before) / TICKS_PER_SECOND / start.elapsed().as_secs_f64();
            if load <= LITTLE || self.patience.is_zero() {
                self.seen.push(load * 100.0);
                return;
            }
            self.patience = self.patience.saturating_sub(start.elapsed());
        }
    }

    /// A line for whoever reads the table.
    pub(crate) fn report(&self) -> String {
        Spread::of(&self.seen).map_or_else(String::new, |seen| {
            format!("Just before the turns other programs took {seen} % of one core.\n\n")
        })
    }
}

/// The time that all cores together have spent on anything, stolen time included.
fn busy_ticks() -> Option<f64> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let numbers = text.lines().next()?.split_whitespace().skip(1);
    let ticks: Vec<f64> = numbers.take(8).filter_map(|number| number.parse().ok()).collect();
    // The fourth and the fifth are idling and waiting for a disk.
    Some(ticks.iter().sum::<f64>() - ticks.get(3)? - ticks.get(4)?)
}
