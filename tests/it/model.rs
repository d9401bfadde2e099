//! DESIGN 5.2 as a property: whatever an extension and its peers do, a small model knows what the host may say next.
//!
//! After each message that is read the model holds what every socket is, what is asked and not answered, and what each peer has been
//! told to do; so each next message is either possible or a fault (`replies`, `events`), and in the end nothing may be missing
//! (`verdict`). Where a kernel's timing decides, as with a peer that resets, any of the outcomes it can have is possible.
//!
//! `CHROME_SOCKETS_MODEL_CASES` says how many programs are tried, `CHROME_SOCKETS_MODEL_SEED` which ones. A failure prints a program;
//! `CHROME_SOCKETS_MODEL_PROGRAM` runs that one instead, as often as there are cases, since what kernels do is not in the program.

mod bytes;
mod calls;
mod connecting;
mod credit;
mod datagrams;
mod deeds;
mod events;
mod far_ends;
mod finish;
mod line;
mod parties;
mod plans;
mod program;
mod replies;
mod runner;
mod secure;
mod shrink;
mod socket;
mod state;
mod strategies;
mod tally;
mod verdict;

use std::collections::hash_map::RandomState;
use std::env;
use std::hash::BuildHasher as _;

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use crate::stress::Size;

const CASES: Size = Size {
    short: 150,
    full: 3_000,
};

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn whatever_is_done_order_answers_and_bytes_are_as_promised() {
    let cases = number("CHROME_SOCKETS_MODEL_CASES").unwrap_or(CASES.get() as u64);
    if let Ok(text) = env::var("CHROME_SOCKETS_MODEL_PROGRAM") {
        let program = serde_json::from_str(&text).unwrap();
        return (0..cases).for_each(|_| runner::run(&program).unwrap());
    }
    let seed = number("CHROME_SOCKETS_MODEL_SEED").unwrap_or_else(|| RandomState::new().hash_one(cases));
    let mut tests = TestRunner::new(Config {
        cases: u32::try_from(cases).unwrap(),
        failure_persistence: None,
        max_shrink_iters: 0,
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    });
    let result = tests.run(&strategies::programs(), |program| {
        shrink::failure(&program).map_or(Ok(()), |problem| Err(TestCaseError::fail(problem)))
    });
    tally::print();
    match result {
        Ok(()) if cases >= CASES.short as u64 => tally::assert_reached(),
        Ok(()) => {}
        Err(TestError::Fail(problem, program)) => {
            let (program, problem) = shrink::shorten(program, problem.to_string());
            let program = serde_json::to_string(&program).unwrap();
            panic!("{problem}\nCHROME_SOCKETS_MODEL_SEED={seed}\nCHROME_SOCKETS_MODEL_PROGRAM='{program}'");
        }
        Err(TestError::Abort(problem)) => panic!("{problem}"),
    }
}
