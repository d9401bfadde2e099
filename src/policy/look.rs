//! What a file looks like from outside: enough to know whether a reading of it still holds.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// All that tells that a file was replaced, edited or given away, or that a directory on its way was opened to others.
#[derive(Debug)]
pub(super) struct Look {
    file: Result<Stamp, io::ErrorKind>,
    directories: Vec<Result<Access, io::ErrorKind>>,
    /// Whether the next change cannot have the same times as the last one.
    settled: bool,
}

/// Systems stamp times in steps of up to 10 ms, so a file may change again within one and look the same. Several steps are
/// allowed for, since the clock that is asked is another one.
const STEP: Duration = Duration::from_millis(100);

impl Look {
    pub(super) fn at(path: &Path) -> Self {
        let file = path.metadata();
        let directories = directories(path);
        Self {
            // Without a file there are no times to be mistaken in. Times in the future tell nothing.
            settled: file.as_ref().map_or(true, |metadata| {
                let age = last_change(metadata).and_then(|time| SystemTime::now().duration_since(time).ok());
                age.is_some_and(|age| age > STEP)
            }),
            file: look(file, Stamp::of),
            directories: directories
                .iter()
                .map(|path| look(path.metadata(), Access::of))
                .collect(),
        }
    }

    /// Whether nothing has changed since it looked like `before`.
    pub(super) fn is_like(&self, before: &Self) -> bool {
        self.file == before.file && self.directories == before.directories
    }

    /// Whether what will look like this cannot have changed since.
    pub(super) fn is_settled(&self) -> bool {
        self.settled
    }
}

fn look<T>(metadata: io::Result<Metadata>, of: impl FnOnce(&Metadata) -> T) -> Result<T, io::ErrorKind> {
    metadata.map(|metadata| of(&metadata)).map_err(|error| error.kind())
}

/// The directory of a file, and, when the file is a link, the one where it leads.
pub(super) fn directories(path: &Path) -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> = path.parent().map(Path::to_owned).into_iter().collect();
    if path.is_symlink()
        && let Ok(target) = path.canonicalize()
    {
        directories.extend(target.parent().map(Path::to_owned));
    }
    directories
}

/// What changes when a file is replaced, edited, or given to somebody else.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    size: u64,
    access: Access,
    /// Tells an edit whose time was set back.
    #[cfg(unix)]
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        Self {
            modified: metadata.modified().ok(),
            size: metadata.len(),
            access: Access::of(metadata),
            #[cfg(unix)]
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// Which file or directory it is, whose, and who may write it.
#[derive(Debug, PartialEq, Eq)]
struct Access {
    #[cfg(unix)]
    unix: (u64, u64, u32, u32),
}

impl Access {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            unix: (metadata.dev(), metadata.ino(), metadata.uid(), metadata.mode()),
        }
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Self {}
    }
}

/// When the file, its mode or its owner last changed.
#[cfg(unix)]
fn last_change(metadata: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let seconds = u64::try_from(metadata.ctime()).ok()?;
    let nanoseconds = u32::try_from(metadata.ctime_nsec()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
}

#[cfg(not(unix))]
fn last_change(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Instant;

    use super::*;

    #[test]
    fn what_has_just_changed_is_not_settled() {
        let directory = tempfile::TempDir::new().expect("directory");
        let path = directory.path().join("file");
        assert!(Look::at(&path).is_settled(), "there is nothing yet");
        loop {
            let start = Instant::now();
            fs::write(&path, "x").expect("written");
            let look = Look::at(&path);
            // A machine that stood still in between tells nothing.
            if start.elapsed() < STEP {
                return assert!(!look.is_settled());
            }
        }
    }
}
