//! The table of assertions (`table.md`) against the document that makes them, and against the tests that are to hold them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod check;
mod made_up;
mod sources;

use std::fs;
use std::path::Path;

use crate::check::{Repository, problems};

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_assertion_is_in_the_table_and_every_row_is_true() {
    let repository = Repository {
        document: &read("docs/chromium-sockets.md"),
        architecture: &read("ARCHITECTURE.md"),
        table: &read("tests/conformance/table.md"),
        sources: &sources::read(Path::new(env!("CARGO_MANIFEST_DIR"))),
    };
    assert!(repository.assertions().len() > 300, "the document is not what it was");
    let problems = problems(&repository);
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}
