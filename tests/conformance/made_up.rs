//! The check finds what it is there to find: a small repository that is right, and each thing that can be wrong with it.

use crate::check::{Repository, problems};
use crate::sources::{Sources, ids};

const DOCUMENT: &str = "
- **S-01** [V] given a / b / c.
- **S-02** [V] given a / b / c.
- **N-03** [V] given a / b / c.
- a list without numbers
";
const ARCHITECTURE: &str = "
| D9 | is before the section |

## Decisions

| id | decision |
| --- | --- |
| D1, D2 | something else |

## Limits

| D8 | is behind it |
";
const TABLE: &str = "
| id | status | where | why |
| --- | --- | --- | --- |
| S-01 | test | tests/a.rs: s01_works<br>shim/b.test.js: S-01 works | |
| S-02 | replaced | shim/b.test.js: ${id}: works | D2: is better |
| N-03 | not applicable | | is the browser's |
";

/// Whatever the edit is, the check says this of it.
#[track_caller]
fn finds(problem: &str, edit: impl FnOnce(&mut String, &mut Sources)) {
    let mut table = TABLE.to_owned();
    let rust = "fn helper() {}\n\n/// Why.\n#[test]\nfn s01_works() {\n    // S-02\n}\n\nfn s02_is_no_test() {}\n";
    let script = "test('S-01 works', () => {});\n\nfor (const [id] of [\n  ['S-02', 1],\n]) {\n  test(`${id}: works`, () => {});\n}\n";
    let mut sources = Sources::from([
        ("tests/a.rs".to_owned(), rust.to_owned()),
        ("shim/b.test.js".to_owned(), script.to_owned()),
    ]);
    edit(&mut table, &mut sources);
    let found = problems(&Repository {
        document: DOCUMENT,
        architecture: ARCHITECTURE,
        table: &table,
        sources: &sources,
    });
    let expected: Vec<&str> = Some(problem)
        .filter(|problem| !problem.is_empty())
        .into_iter()
        .collect();
    assert_eq!(found, expected);
}

#[track_caller]
fn finds_in_table(problem: &str, from: &str, to: &str) {
    assert!(TABLE.contains(from));
    finds(problem, |table, _| *table = table.replace(from, to));
}

#[test]
fn nothing_in_a_table_that_is_right() {
    finds("", |_, _| {});
}

#[test]
fn an_assertion_without_a_row() {
    finds_in_table("N-03: no row", "| N-03 | not applicable | | is the browser's |\n", "");
}

#[test]
fn unknown_and_double_rows() {
    finds("S-03: the document has no such assertion", |table, _| {
        table.push_str("| S-03 | not applicable | | for no reason |\n");
    });
    finds("N-03: two rows", |table, _| {
        table.push_str("| N-03 | not applicable | | again |\n");
    });
}

#[test]
fn a_file_and_a_test_that_are_not_there() {
    finds_in_table(
        "S-01: tests/c.rs: s01_works names a file that is not there",
        "tests/a.rs",
        "tests/c.rs",
    );
    finds_in_table(
        "S-01: tests/a.rs: s01_work names a test that is not there",
        "s01_works",
        "s01_work",
    );
    finds_in_table("S-01: nowhere is not `path: name`", "tests/a.rs: s01_works", "nowhere");
    finds_in_table(
        "S-02: tests/a.rs: s02_is_no_test names a test that is not there",
        "shim/b.test.js: ${id}: works",
        "tests/a.rs: s02_is_no_test",
    );
    finds_in_table(
        "S-02: shim/b.test.js: S-02 names a test that is not there",
        "shim/b.test.js: ${id}: works",
        "shim/b.test.js: S-02",
    );
}

#[test]
fn a_test_that_does_not_carry_the_number() {
    // That its body names S-02 is not enough.
    finds_in_table(
        "S-02: tests/a.rs: s01_works does not carry S-02",
        "shim/b.test.js: ${id}: works",
        "tests/a.rs: s01_works",
    );
}

#[test]
fn a_replacement_that_is_no_decision() {
    finds_in_table("S-02: replaced by \"D8\", which is no decision", "D2:", "D8:");
}

#[test]
fn rows_without_a_reason_or_a_status() {
    finds_in_table("N-03: says not why", "is the browser's", "");
    finds_in_table("N-03: no status is \"skipped\"", "not applicable", "skipped");
}

#[test]
fn tests_where_there_should_be_none_and_none_where_there_should_be_some() {
    finds_in_table(
        "N-03: not applicable and 1 tests",
        "| N-03 | not applicable | |",
        "| N-03 | not applicable | shim/b.test.js: S-01 works |",
    );
    finds_in_table("S-02: replaced and 0 tests", "shim/b.test.js: ${id}: works", "");
}

#[test]
fn a_line_that_is_no_row() {
    finds("| x | has not four cells", |table, _| table.push_str("| x |\n"));
}

#[test]
fn a_number_that_the_document_does_not_have() {
    finds(
        "tests/a.rs names S-09, which the document does not have",
        |_, sources| {
            sources.get_mut("tests/a.rs").unwrap().push_str("// See S-09.\n");
        },
    );
    finds(
        "tests/a.rs names S-10, which the document does not have",
        |_, sources| {
            sources
                .get_mut("tests/a.rs")
                .unwrap()
                .push_str("#[test]\nfn d2_s10_works() {}\n");
        },
    );
}

#[test]
fn numbers_are_told_from_what_looks_like_them() {
    let text =
        "B-01, (S-22) `E-07`… UTF-16 x-T-3 T-x #[test]\nfn t28_d2_s47_e12_u64()\nfn u32_at() #[test]\nfn e_t09()";
    let found: Vec<String> = ids(text).into_iter().collect();
    assert_eq!(found, ["B-01", "E-07", "E-12", "S-22", "S-47", "T-28", "U-64"]);
}
