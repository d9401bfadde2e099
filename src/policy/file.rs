//! `policy.json`: read only when nobody but the user and root can have written it, and again when it has changed.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::look::{Look, directories};
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
    /// The last reading, trusted or not, and what the file looked like before it.
    known: Option<(Look, Result<Entry, Refusal>)>,
    readings: u64,
}

/// Why a file is not believed.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// What is wrong and what to do, in words for people.
    pub(crate) text: String,
    /// Whether it was the system that failed, which may pass without any change of the file.
    passing: bool,
}

impl From<String> for Refusal {
    fn from(text: String) -> Self {
        Self { text, passing: false }
    }
}

impl Refusal {
    fn system(what: &str, error: &io::Error) -> Self {
        Self {
            text: format!("cannot be {what}: {error}"),
            passing: true,
        }
    }
}

impl PolicyFile {
    pub(super) fn new(directory: &Path, extension: &str) -> Self {
        Self {
            path: directory.join(FILE_NAME),
            extension: extension.to_owned(),
            known: None,
            readings: 0,
        }
    }

    /// The extension's entry (an empty one when the file or the entry is absent), or `None` when the file cannot be trusted.
    ///
    /// The file is looked at, and read when it may have changed since the last time.
    pub(super) fn entry(&mut self) -> Option<&Entry> {
        let look = Look::at(&self.path);
        let known = self.known.as_ref().filter(|(known, _)| look.is_like(known));
        let holds = known.is_some_and(|(known, entry)| known.is_settled() && !is_passing(entry));
        if !holds {
            let entry = self.read();
            // When the system cannot read what looks as it did, what was read before is believed a little longer.
            if !(is_passing(&entry) && known.is_some_and(|(_, entry)| entry.is_ok())) {
                self.report(&entry);
                // What changes from here on looks different from `look`, and is read at the next call.
                self.known = Some((look, entry));
            }
            self.readings += 1;
            tracing::debug!(path = %self.path.display(), readings = self.readings, "policy read");
        }
        self.known.as_ref().and_then(|(_, entry)| entry.as_ref().ok())
    }

    fn read(&self) -> Result<Entry, Refusal> {
        match read_trusted(&self.path)? {
            Some(bytes) => Ok(parse(&bytes, &self.extension)?),
            None => Ok(Entry::default()),
        }
    }

    fn report(&self, entry: &Result<Entry, Refusal>) {
        let Err(Refusal { text, .. }) = entry else { return };
        if !matches!(&self.known, Some((_, Err(known))) if known.text == *text) {
            tracing::warn!(
                "{}: {text}. Every operation that needs a permission is denied until this file is mended or removed",
                self.path.display()
            );
        }
    }
}

fn is_passing(entry: &Result<Entry, Refusal>) -> bool {
    matches!(entry, Err(refusal) if refusal.passing)
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
/// Why it is not believed.
pub(crate) fn read_trusted(path: &Path) -> Result<Option<Vec<u8>>, Refusal> {
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Refusal::system("opened", &error)),
    };
    let unreadable = |error: io::Error| Refusal::system("read", &error);
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err("not a regular file".to_owned().into());
    }
    check_writers(&metadata, "it")?;
    // Who can write a directory on the way can put another file of ours in this one's place.
    for directory in directories(path) {
        let metadata = directory.metadata().map_err(unreadable)?;
        check_writers(&metadata, "its directory")?;
    }
    let mut bytes = Vec::new();
    let limit = MAX_FILE_BYTES;
    if metadata.len() <= limit {
        file.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    if metadata.len() > limit || bytes.len() as u64 > limit {
        return Err(format!("larger than {limit} bytes").into());
    }
    Ok(Some(bytes))
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, Instant};

    use tempfile::TempDir;

    use super::*;

    fn file(content: &str) -> (TempDir, PolicyFile) {
        let directory = TempDir::new().expect("directory");
        put(&directory, content);
        let file = PolicyFile::new(directory.path(), "id");
        (directory, file)
    }

    fn put(directory: &TempDir, content: &str) {
        let path = directory.path().join(FILE_NAME);
        fs::write(&path, content).expect("written");
        #[cfg(unix)]
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("mode");
    }

    /// Asks until a call reads nothing.
    fn settle(file: &mut PolicyFile) {
        let start = Instant::now();
        loop {
            let before = file.readings;
            file.entry();
            if file.readings == before {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(10), "read at every call");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_file_is_read_again_only_when_it_has_changed_broken_or_not() {
        for (content, changed) in [("{", "["), ("[]", "{}"), ("{}", "[]")] {
            let (directory, mut file) = file(content);
            assert_eq!(file.entry().is_some(), content == "{}");
            settle(&mut file);
            let readings = file.readings;
            for _ in 0..100 {
                assert_eq!(file.entry().is_some(), content == "{}");
            }
            assert_eq!(file.readings, readings);
            put(&directory, changed);
            assert_eq!(file.entry().is_some(), changed == "{}");
            assert!(file.readings > readings);
        }
    }

    /// A change of equal length, in place, is seen at once, however soon it comes.
    #[test]
    fn quick_changes_of_the_same_size_are_seen() {
        let (directory, mut file) = file("[]");
        for round in 0..200 {
            let (content, trusted) = if round % 2 == 0 { ("{}", true) } else { ("[]", false) };
            put(&directory, content);
            assert_eq!(file.entry().is_some(), trusted, "round {round}");
        }
    }

    #[test]
    fn an_absent_file_is_not_looked_for_twice() {
        let directory = TempDir::new().expect("directory");
        let mut file = PolicyFile::new(directory.path(), "id");
        assert!(file.entry().is_some() && file.entry().is_some());
        assert_eq!(file.readings, 1);
        put(&directory, "[]");
        assert!(file.entry().is_none());
    }

    /// Only the mode of the directory changes, and back: neither the file nor its times do.
    #[cfg(unix)]
    #[test]
    fn a_directory_that_is_opened_to_others_is_noticed() {
        use std::os::unix::fs::PermissionsExt;
        let (directory, mut file) = file("{}");
        settle(&mut file);
        for mode in [0o770, 0o707] {
            fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).expect("mode");
            assert!(file.entry().is_none());
            fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).expect("mode");
            assert!(file.entry().is_some());
        }
    }

    /// Where a link leads counts as much as where it stands.
    #[cfg(unix)]
    #[test]
    fn the_directory_that_a_link_leads_to_must_be_safe_too() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (elsewhere, _) = file("{}");
        let directory = TempDir::new().expect("directory");
        symlink(elsewhere.path().join(FILE_NAME), directory.path().join(FILE_NAME)).expect("link");
        let mut file = PolicyFile::new(directory.path(), "id");
        assert!(file.entry().is_some());
        settle(&mut file);
        fs::set_permissions(elsewhere.path(), fs::Permissions::from_mode(0o777)).expect("mode");
        assert!(file.entry().is_none());
        fs::set_permissions(elsewhere.path(), fs::Permissions::from_mode(0o755)).expect("mode");
        assert!(file.entry().is_some());
        put(&elsewhere, "[]");
        assert!(file.entry().is_none(), "a change behind the link");
    }

    /// A link to itself can be opened by nobody; without it there is no file, which is no reason to deny.
    #[cfg(unix)]
    #[test]
    fn a_refusal_does_not_outlive_its_reason() {
        let directory = TempDir::new().expect("directory");
        let path = directory.path().join(FILE_NAME);
        std::os::unix::fs::symlink(&path, &path).expect("link");
        let mut file = PolicyFile::new(directory.path(), "id");
        assert!(file.entry().is_none() && file.entry().is_none());
        fs::remove_file(&path).expect("removed");
        assert!(file.entry().is_some());
    }
}
