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
    /// The registry of Windows is not written yet.
    #[error("installing on Windows is not supported yet")]
    Unsupported,
}

impl Error {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
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

/// A line for a terminal: control characters are escaped, since the name of a directory or the text of a policy may hold any.
#[must_use]
pub fn printable(line: &str) -> String {
    let mut shown = String::new();
    for character in line.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// The path as JSON text can hold it.
pub(super) fn utf8(path: &Path) -> Result<&str, Error> {
    path.to_str().ok_or_else(|| Error::NotUtf8(path.to_owned()))
}
