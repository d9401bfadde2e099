//! The house rules that a machine can check: who may import whom, what only one module may do, and that documents name what
//! the source knows.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module and the modules of this crate it may import. There are no other arrows.
const ARROWS: &[(&str, &[&str])] = &[
    ("address", &[]),
    ("frame", &[]),
    ("net_error", &[]),
    ("paths", &[]),
    ("logging", &[]),
    ("policy", &["address"]),
    ("wire", &["frame", "net_error"]),
    ("stdio", &["frame", "wire"]),
    ("last_words", &["wire"]),
    ("engine", &["address", "net_error", "policy", "wire"]),
    ("session", &["engine", "policy", "wire"]),
    ("descriptors", &["engine"]),
    ("host", &["descriptors", "engine", "policy", "session", "stdio", "wire"]),
    ("install", &["paths", "policy"]),
    ("doctor", &["frame", "install", "paths", "policy"]),
    ("cli", &["doctor", "install", "policy"]),
];

/// Words a module must not contain: its job is one thing.
const NEVER: &[(&str, &[&str])] = &[
    ("frame", &["serde", "tokio", "json"]),
    ("wire", &["tokio", "std::io::Read", "std::net"]),
    ("engine", &["serde_json", "stdio", "crate::frame", "std::fs"]),
    ("policy", &["tokio"]),
    ("install", &["tokio"]),
    ("doctor", &["tokio"]),
    ("net_error", &["serde", "tokio"]),
    ("address", &["serde", "tokio"]),
];

/// What only these files may say.
const ONLY: &[(&str, &[&str])] = &[
    ("io::stdin()", &["src/stdio/mod.rs", "src/main.rs"]),
    (
        "io::stdout()",
        &["src/stdio/mod.rs", "src/last_words.rs", "src/main.rs"],
    ),
    ("io::stderr", &["src/logging.rs", "src/main.rs"]),
    ("raw_os_error()", &["src/net_error.rs"]),
    ("tracing_subscriber", &["src/logging.rs"]),
    ("NativeEndian", &["src/frame.rs"]),
    ("fs::write", &[]),
    ("fs::rename", &["src/install/transaction.rs"]),
    ("fs::hard_link", &["src/install/transaction.rs"]),
    ("fs::remove_file", &["src/install/transaction.rs"]),
    ("fs::remove_dir", &["src/install/transaction.rs"]),
    ("set_permissions", &["src/install/transaction.rs"]),
    ("Command::new", &["src/doctor/start.rs"]),
];

/// Longer files hold two ideas.
const MOST_LINES: usize = 400;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files_below(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path, extension));
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A source file: its path below the root, its module, its whole text, and its code without tests and comments.
struct Source {
    path: String,
    module: String,
    text: String,
    code: String,
}

fn sources() -> Vec<Source> {
    let root = root();
    let paths = files_below(&root.join("src"), "rs");
    assert!(paths.len() > 30, "the sources are not where they were");
    paths
        .into_iter()
        .map(|path| {
            let text = read(&path);
            let path = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
            let name = path.trim_start_matches("src/");
            let module = name.split(['/', '.']).next().unwrap().to_owned();
            let is_test = name.ends_with("tests.rs") || name.contains("/tests/");
            let tests_begin = text.find("\nmod tests {").unwrap_or(text.len());
            let code = if is_test { "" } else { &text[..tests_begin] };
            let code = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect::<Vec<_>>()
                .join("\n");
            Source {
                path,
                module,
                text,
                code,
            }
        })
        .collect()
}

/// The modules of this crate that `code` names after `crate::` (also in a `use crate::{…}` list).
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(list) => list[..list.find(';').unwrap_or(list.len())].split(',').collect(),
            None => vec![rest],
        };
        for name in names {
            let name: String = name
                .trim()
                .chars()
                .take_while(|char| char.is_ascii_alphanumeric() || *char == '_')
                .collect();
            if name.starts_with(|char: char| char.is_ascii_lowercase()) {
                found.insert(name);
            }
        }
    }
    found
}

#[test]
fn arrows_point_one_way() {
    for source in sources() {
        if matches!(source.module.as_str(), "lib" | "main") {
            continue;
        }
        let (_, allowed) = ARROWS
            .iter()
            .find(|(module, _)| *module == source.module)
            .unwrap_or_else(|| panic!("{} is a module without arrows: add it to the list", source.path));
        for import in imports(&source.code) {
            assert!(
                import == source.module || allowed.contains(&import.as_str()),
                "{} imports {import}, which {} may not",
                source.path,
                source.module
            );
        }
    }
}

#[test]
fn the_import_finder_finds() {
    let code = "use crate::{address, wire::Call};\nuse crate::frame::read;\ncrate::policy::Gates";
    let expected = ["address", "frame", "policy", "wire"];
    assert_eq!(imports(code).iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn each_module_keeps_to_its_job() {
    for source in sources() {
        for (_, words) in NEVER.iter().filter(|(module, _)| *module == source.module) {
            for word in *words {
                assert!(!source.code.contains(word), "{} says {word}", source.path);
            }
        }
        for (word, places) in ONLY {
            assert!(
                places.contains(&source.path.as_str()) || !source.code.contains(word),
                "{} says {word}, which only {places:?} may",
                source.path
            );
        }
    }
}

#[test]
fn every_file_says_what_it_is_and_is_short() {
    for source in sources() {
        assert!(source.text.starts_with("//! "), "{} has no module doc", source.path);
        let lines = source.code.lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines of code", source.path);
    }
}

/// The names of methods and events that a source text holds as string literals.
fn message_names(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for prefix in ["host.", "sockets.tcpServer.", "sockets.tcp.", "sockets.udp."] {
        for (at, _) in code.match_indices(prefix) {
            let name: String = code[at + prefix.len()..]
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            if !name.is_empty() && code[..at].ends_with('"') {
                names.insert(format!("{prefix}{name}"));
            }
        }
    }
    names
}

#[test]
fn the_protocol_document_names_every_message_the_source_knows() {
    let document = read(&root().join("PROTOCOL.md"));
    let code: String = sources()
        .iter()
        .filter(|source| source.module == "wire")
        .map(|source| source.code.replace('\\', ""))
        .collect();
    let in_source = message_names(&code);
    for name in [
        "sockets.tcpServer.listen",
        "sockets.tcp.onReceive",
        "host.ack",
        "host.error",
    ] {
        assert!(
            in_source.contains(name),
            "{name} was not found in the source: the search is broken"
        );
    }
    for name in &in_source {
        assert!(
            document.contains(&format!("\"{name}\"")),
            "PROTOCOL.md has no example of {name}"
        );
    }
    for name in message_names(&document) {
        let is_bad_example = name == "sockets.tcp.frobnicate";
        assert!(
            is_bad_example || in_source.contains(&name),
            "PROTOCOL.md shows {name}, which the source does not know"
        );
    }
}

#[test]
fn every_example_of_the_protocol_document_is_json() {
    let document = read(&root().join("PROTOCOL.md"));
    let mut examples = 0;
    for block in document.split("```json\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{line}: {error}"));
            examples += 1;
        }
    }
    assert!(examples > 60, "only {examples} examples were found");
}

#[test]
fn every_request_of_the_protocol_document_is_understood() {
    use chrome_sockets_host::wire::{Incoming, decode};
    let document = read(&root().join("PROTOCOL.md"));
    let mut requests = 0;
    for line in document
        .lines()
        .filter(|line| line.starts_with('{') && line.contains("\"method\":"))
    {
        let decoded = decode(line.as_bytes()).unwrap();
        assert!(
            matches!(decoded[..], [Incoming::Call { .. }]),
            "{line} is read as {decoded:?}"
        );
        requests += 1;
    }
    assert!(requests >= 20, "only {requests} requests were found");
}
