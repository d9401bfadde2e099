//! `policy.json`: read only when nobody but the user and root can have written it, and again when it has changed.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::Value;

use super::{Dialect, Grants};

/// The file's name below a configuration directory.
pub const FILE_NAME: &str = "policy.json";

/// Larger files are refused unread. A policy of a thousand extensions is a tenth of it.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// What a policy file says about one extension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) grants: Grants,
    pub(super) max_sockets: Option<usize>,
}

/// One policy file as seen by one extension.
#[derive(Debug)]
pub(super) struct PolicyFile {
    path: PathBuf,
    extension: String,
    /// The last reading. A broken file is kept here only to be reported once: it is read again at every call, since what mends
    /// it may be a change of its directory.
    known: Option<(Option<Stamp>, Result<Entry, String>)>,
}

/// What changes when a file is replaced, edited, or given to somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    modified: Option<SystemTime>,
    size: u64,
    #[cfg(unix)]
    unix: (u64, u64, i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        Self {
            modified: metadata.modified().ok(),
            size: metadata.len(),
            // The change time tells a new owner or mode.
            #[cfg(unix)]
            unix: (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl PolicyFile {
    pub(super) fn new(directory: &Path, extension: &str) -> Self {
        Self {
            path: directory.join(FILE_NAME),
            extension: extension.to_owned(),
            known: None,
        }
    }

    /// The extension's entry (an empty one when the file or the entry is absent), or `None` when the file cannot be trusted.
    pub(super) fn entry(&mut self) -> Option<&Entry> {
        let stamp = self.path.metadata().ok().map(|metadata| Stamp::of(&metadata));
        if !matches!(&self.known, Some((known, Ok(_))) if *known == stamp) {
            let (stamp, entry) = match read_trusted(&self.path) {
                Ok(Some((stamp, bytes))) => (Some(stamp), parse(&bytes, &self.extension)),
                Ok(None) => (None, Ok(Entry::default())),
                Err(problem) => (stamp, Err(problem)),
            };
            self.report(&entry);
            self.known = Some((stamp, entry));
        }
        self.known.as_ref().and_then(|(_, entry)| entry.as_ref().ok())
    }

    fn report(&self, entry: &Result<Entry, String>) {
        let Err(problem) = entry else { return };
        if !matches!(&self.known, Some((_, Err(known))) if known == problem) {
            tracing::warn!(
                "{}: {problem}. Every operation that needs a permission is denied until this file is mended or removed",
                self.path.display()
            );
        }
    }
}

fn parse(bytes: &[u8], extension: &str) -> Result<Entry, String> {
    let root: Value = serde_json::from_slice(bytes).map_err(|error| format!("not JSON: {error}"))?;
    let root = root.as_object().ok_or("not a JSON object")?;
    let Some(extensions) = root.get("extensions") else {
        return Ok(Entry::default());
    };
    let extensions = extensions.as_object().ok_or("`extensions` is not an object")?;
    let Some(entry) = extensions.get(extension) else {
        return Ok(Entry::default());
    };
    Ok(Entry {
        grants: Grants::parse(entry, Dialect::Policy)?,
        max_sockets: match entry.get("limits") {
            None => None,
            Some(limits) => parse_limits(limits)?,
        },
    })
}

fn parse_limits(limits: &Value) -> Result<Option<usize>, String> {
    let limits = limits.as_object().ok_or("`limits` is not an object")?;
    let Some(sockets) = limits.get("sockets") else {
        return Ok(None);
    };
    let count = sockets.as_u64().and_then(|count| usize::try_from(count).ok());
    Ok(Some(count.ok_or("`limits.sockets` is not a count")?))
}

/// The content of a regular file of at most [`MAX_FILE_BYTES`] that only the user and root can have written; `None` when there is
/// none.
///
/// The checks look at the opened file, not at the path, so that it cannot be exchanged in between.
///
/// # Errors
/// Why it is not read, and what to do, in words for people.
pub(crate) fn read_trusted(path: &Path) -> Result<Option<(Stamp, Vec<u8>)>, String> {
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("cannot be opened: {error}")),
    };
    let unreadable = |error: io::Error| format!("cannot be read: {error}");
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err("not a regular file".to_owned());
    }
    check_writers(&metadata, "it")?;
    // Who can write the directory can put another file of ours in this one's place.
    if let Some(directory) = path.parent() {
        let metadata = directory.metadata().map_err(unreadable)?;
        check_writers(&metadata, "its directory")?;
    }
    let mut bytes = Vec::new();
    let limit = MAX_FILE_BYTES;
    if metadata.len() <= limit {
        file.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    if metadata.len() > limit || bytes.len() as u64 > limit {
        return Err(format!("larger than {limit} bytes"));
    }
    Ok(Some((Stamp::of(&metadata), bytes)))
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // A FIFO in the file's place must not stop the host.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options.open(path)
}

#[cfg(unix)]
fn check_writers(metadata: &Metadata, what: &str) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let user = rustix::process::geteuid().as_raw();
    if metadata.uid() != user && metadata.uid() != 0 {
        let owner = metadata.uid();
        return Err(format!("{what} belongs to user {owner}, not to you or root (chown it)"));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(format!("{what} can be written by group or others (chmod go-w)"));
    }
    Ok(())
}

/// Windows protects the profile directory by its access list, which std does not show.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn check_writers(_: &Metadata, _: &str) -> Result<(), String> {
    Ok(())
}
