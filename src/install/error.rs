//! What stops `install` and `uninstall`, in one line each.

use std::io;
use std::path::{Path, PathBuf};

use super::BROWSERS;
use crate::paths::Unknown;

/// Why nothing, or not everything, was done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The environment does not say where our directories are.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// No browser was named, and none that can take this id has been started here.
    #[error(
        "no browser for extension {id} has been started here yet: start it once, or name one with --browser ({}) or --user-data-dir <dir>",
        browser_names()
    )]
    NoBrowser {
        /// The id as typed.
        id: String,
    },
    /// A browser was named, but no id in its form.
    #[error("{browser} was named, but none of the extension ids is one of its")]
    NoIdFor {
        /// The browser's title.
        browser: String,
    },
    /// A browser was named that has no place for manifests.
    #[error("{browser} has no known place for host manifests of {whose}; nothing was changed")]
    NoPlace {
        /// The browser's title.
        browser: &'static str,
        /// Whose place was wanted.
        whose: &'static str,
    },
    /// Windows without `PROGRAMDATA`.
    #[error("cannot tell where the files of all users are: PROGRAMDATA is not set to an absolute path")]
    NoSystemPlace,
    /// Root by sudo, but for one user.
    #[error(
        "sudo would install for root, not for you: run this without sudo, or with --system for all users; nothing was changed"
    )]
    Sudo,
    /// For all users, but not root.
    #[error("--system writes for all users, which only root may do: run it with sudo; nothing was changed")]
    NotRoot,
    /// `--allow-…` with `--system`.
    #[error(
        "what an extension may do is each user's to grant, so --system takes no --allow flags; each user runs: chrome-sockets-host grant --extension-id {id} --allow-…"
    )]
    GrantsAreTheUsers {
        /// The first id as typed.
        id: String,
    },
    /// A pattern that is not there cannot be taken back.
    #[error("{id} was not granted to {what}; chrome-sockets-host list shows what it may do")]
    NotGranted {
        /// The extension.
        id: String,
        /// The grant in words.
        what: String,
    },
    /// Nobody is there to be asked.
    #[error("not a terminal, so nobody can be asked whether to grant this: look at it with --dry-run, then add --yes")]
    NotAsked,
    /// The answer was no.
    #[error("nothing was changed")]
    Declined,
    /// Another installation takes too long.
    #[error("another installation is still under way (it holds a lock on {}); try again", .0.display())]
    Busy(PathBuf),
    /// A file that must be merged with or removed is not what we would have written.
    #[error("{}: {reason}; nothing was changed", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// Manifests are JSON, which is UTF-8.
    #[error("{} is not UTF-8 and cannot be named in a host manifest; nothing was changed", .0.display())]
    NotUtf8(PathBuf),
    /// The system said no.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// A verb.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// `--user-data-dir` on Windows.
    #[error("on Windows browsers find hosts by the registry, not in a user data directory; nothing was changed")]
    NoDirectories,
}

impl Error {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// With the system's reason, in one line.
    pub(crate) fn in_full(&self) -> String {
        match self {
            Self::Io { source, .. } => format!("{self}: {source}"),
            _ => self.to_string(),
        }
    }

    pub(super) fn unusable(path: &Path) -> impl FnOnce(String) -> Self {
        move |reason| Self::Unusable {
            path: path.to_owned(),
            reason,
        }
    }
}

fn browser_names() -> String {
    BROWSERS
        .iter()
        .map(|browser| browser.name)
        .collect::<Vec<_>>()
        .join(", ")
}

/// A line for a terminal: what would change how it is shown is escaped, since the name of an extension or of a directory, or the
/// text of a policy, may hold anything.
#[must_use]
pub fn printable(line: &str) -> String {
    let mut shown = String::new();
    for character in line.chars() {
        if character.is_control() || turns_text(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// A value as `--json` prints it, pretty and with a final line end. What [`printable`] escapes is escaped as JSON does it: the text
/// may well end at a terminal.
#[must_use]
pub(crate) fn json_text(value: &serde_json::Value) -> String {
    let mut text = String::new();
    for character in format!("{value:#}\n").chars() {
        // Outside of strings, in which `serde_json` escapes it, there is the line end only.
        if character != '\n' && (character.is_control() || turns_text(character)) {
            text.extend(format!("\\u{:04x}", u32::from(character)).chars());
        } else {
            text.push(character);
        }
    }
    text
}

/// Unicode's controls of direction and its line ends, with which a name can make a sentence say something else.
fn turns_text(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

/// The path as JSON text can hold it.
pub(super) fn utf8(path: &Path) -> Result<&str, Error> {
    path.to_str().ok_or_else(|| Error::NotUtf8(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{json_text, printable};

    #[test]
    fn what_moves_the_cursor_or_turns_text_is_escaped() {
        let hostile = "a\u{1b}[2K\r\u{202e}evil\u{2066}\u{200f}\u{200e}\u{61c}\u{85}\u{2028}b";
        let shown = printable(hostile);
        assert_eq!(
            shown,
            r"a\u{1b}[2K\r\u{202e}evil\u{2066}\u{200f}\u{200e}\u{61c}\u{85}\u{2028}b"
        );
        assert_eq!(printable("häuser-家 “quoted”"), "häuser-家 “quoted”");
        let value = json!({hostile: [hostile, "häuser", "\u{7f}"]});
        let text = json_text(&value);
        assert_eq!(printable(&text.replace('\n', "")), text.replace('\n', ""));
        assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(value));
        assert!(text.contains("häuser") && text.ends_with("}\n"), "{text}");
    }
}
