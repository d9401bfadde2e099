//! Makes a program that fails shorter.
//!
//! proptest's own way gives up as soon as a program that failed does well, which is usual where much depends on who is faster. This
//! one only leaves out TLS and steps, and gives each attempt several chances to fail.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::program::Program;
use super::runner;

/// How often a shorter program has to do well to count as no failure.
const TRIES: usize = 5;

/// When it is short enough.
const PATIENCE: Duration = Duration::from_mins(1);

/// What is wrong, if something is.
pub fn failure(program: &Program) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(|| runner::run(program))) {
        Ok(Ok(())) => None,
        Ok(Err(problem)) => Some(problem),
        Err(_) => Some("a panic, see above".into()),
    }
}

/// A shorter program that fails, and how; at first pieces are left out that are half as long as the program, in the end single steps.
pub fn shorten(mut program: Program, mut problem: String) -> (Program, String) {
    let start = Instant::now();
    let plain = Program {
        tls: false,
        ..program.clone()
    };
    if program.tls
        && let Some(other) = (0..TRIES).find_map(|_| failure(&plain))
    {
        (program, problem) = (plain, other);
    }
    let mut length = program.steps.len().div_ceil(2);
    while length > 0 {
        let mut at = 0;
        while at < program.steps.len() {
            if start.elapsed() > PATIENCE {
                return (program, problem);
            }
            let mut shorter = program.clone();
            shorter.steps.drain(at..program.steps.len().min(at + length));
            match (0..TRIES).find_map(|_| failure(&shorter)) {
                Some(other) => (program, problem) = (shorter, other),
                None => at += length,
            }
        }
        length /= 2;
    }
    (program, problem)
}
