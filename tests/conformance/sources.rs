//! The texts that may name assertions, and where in them a test stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Texts by their path below the root.
pub(crate) type Sources = BTreeMap<String, String>;

/// Where tests are, and code whose comments name assertions.
const FOLDERS: [&str; 5] = [
    "src",
    "tests",
    "extension-shim/src",
    "extension-shim/test",
    "extension-shim/testing",
];
/// What others wrote, and what of this test names assertions without testing them.
const NOT: [&str; 3] = ["node_modules", "made_up.rs", "check.rs"];

/// The sections of the document.
const SECTIONS: &str = "BSTUMLEN";

pub(crate) fn read(root: &Path) -> Sources {
    let mut sources = Sources::new();
    for folder in FOLDERS {
        read_folder(root, folder, &mut sources);
    }
    sources
}

fn read_folder(root: &Path, folder: &str, sources: &mut Sources) {
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{folder}/{name}");
        if NOT.contains(&&*name) {
            continue;
        }
        if entry.path().is_dir() {
            read_folder(root, &path, sources);
        } else if [".rs", ".js", ".mjs"].iter().any(|end| name.ends_with(end)) {
            sources.insert(path, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

/// The assertions that a text names: `S-22` anywhere, and the numbers with which a Rust test's name begins, as in `fn s22_s24_…`.
pub(crate) fn ids(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut before = ' ';
    for (at, char) in text.char_indices() {
        let is_word = before.is_alphanumeric() || before == '-';
        if !is_word
            && SECTIONS.contains(char)
            && let Some(rest) = text[at + 1..].strip_prefix('-')
        {
            found.extend(id(char, rest));
        }
        before = char;
    }
    let declared = text.split("test]\n").skip(1);
    let tests = declared.filter_map(|rest| rest.lines().next()?.split_once("fn "));
    for (_, name) in tests {
        let end = name.find(|char: char| !char.is_alphanumeric() && char != '_');
        let numbers = name[..end.unwrap_or(name.len())].split('_').map_while(|part| {
            let mut chars = part.chars();
            let section = chars.next()?;
            let digits = chars.as_str();
            let is_number = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            (is_number || is_decision(part)).then_some((section, digits))
        });
        found.extend(numbers.filter_map(|(section, digits)| id(section.to_ascii_uppercase(), digits)));
    }
    found
}

/// Tests name decisions too, `d4`; they are no assertions.
fn is_decision(part: &str) -> bool {
    part.strip_prefix('d')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn id(section: char, rest: &str) -> Option<String> {
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (SECTIONS.contains(section) && !digits.is_empty()).then(|| format!("{section}-{digits}"))
}

/// The paragraph in which the test of this name is declared, from the blank line before it to the declaration: its comment, its
/// attributes, and the table of a loop that makes several of it.
pub(crate) fn declaration(text: &str, name: &str) -> Option<String> {
    let mut paragraph = String::new();
    for line in text.lines() {
        if line.trim().is_empty() {
            paragraph.clear();
        }
        paragraph.push_str(line);
        paragraph.push('\n');
        let is_rust = line.contains(&format!("fn {name}(")) && paragraph.contains("test]");
        let is_js = ["'", "\"", "`"]
            .iter()
            .any(|quote| line.contains(&format!("{quote}{name}{quote}")));
        if is_rust || is_js && paragraph.contains("test(") {
            return Some(paragraph);
        }
    }
    None
}
