//! What a command did, or would do: as lines for a person, as JSON for a program.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::{json_text, printable};

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Write,
    Keep,
    Remove,
}

#[derive(Debug)]
enum Entry {
    File(Action, PathBuf),
    Line(String),
}

/// What a command did, in order.
#[derive(Debug)]
pub struct Report {
    dry_run: bool,
    entries: Vec<Entry>,
    more: Map<String, Value>,
}

impl Report {
    pub(super) fn new(dry_run: bool) -> Self {
        Self {
            dry_run,
            entries: Vec::new(),
            more: Map::new(),
        }
    }

    pub(super) fn file(&mut self, action: Action, path: PathBuf) {
        self.entries.push(Entry::File(action, path));
    }

    pub(super) fn say(&mut self, line: String) {
        self.entries.push(Entry::Line(line));
    }

    /// A member of the JSON form only.
    pub(super) fn member(&mut self, name: &str, value: Value) {
        self.more.insert(name.to_owned(), value);
    }

    /// Lines for a terminal, each with its end.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for entry in &self.entries {
            let line = match entry {
                Entry::Line(line) => line.clone(),
                Entry::File(action, path) => {
                    let (would, did) = match action {
                        Action::Write => ("would write", "wrote"),
                        Action::Keep => ("would keep", "kept"),
                        Action::Remove => ("would remove", "removed"),
                    };
                    format!("{} {}", if self.dry_run { would } else { did }, path.display())
                }
            };
            let _ = writeln!(text, "{}", printable(&line));
        }
        text
    }

    /// `{"dryRun": bool, "files": [{"action": "write" | "keep" | "remove", "path": …}], "notes": [line…], …}`, pretty, with a
    /// final line end.
    #[must_use]
    pub fn json(&self) -> String {
        let mut files = Vec::new();
        let mut notes = Vec::new();
        for entry in &self.entries {
            match entry {
                Entry::File(action, path) => {
                    let action = match action {
                        Action::Write => "write",
                        Action::Keep => "keep",
                        Action::Remove => "remove",
                    };
                    files.push(json!({"action": action, "path": path.to_string_lossy()}));
                }
                Entry::Line(line) if line.is_empty() => {}
                Entry::Line(line) => notes.push(line.clone()),
            }
        }
        let mut value = json!({"dryRun": self.dry_run, "files": files, "notes": notes});
        if let Some(members) = value.as_object_mut() {
            members.extend(self.more.clone());
        }
        json_text(&value)
    }
}
