//! The read-only view of the disk that plans are made from.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Error;

/// What stands at a path.
pub(super) struct Existing {
    pub(super) content: Vec<u8>,
    /// The file itself, not a link to one.
    pub(super) plain: bool,
    /// Permission bits; 0 where there are none.
    pub(super) mode: u32,
}

/// The file at `path`, links followed; `None` when there is none, or a link to nothing.
pub(super) fn read(path: &Path) -> Result<Option<Existing>, Error> {
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("read", path)(error)),
    };
    // Opening something else, a FIFO for one, might wait for ever.
    if !metadata.is_file() {
        return Err(Error::unusable(path)("not a file; move it away".to_owned()));
    }
    Ok(Some(Existing {
        content: fs::read(path).map_err(Error::io("read", path))?,
        plain: !path.is_symlink(),
        mode: mode(&metadata),
    }))
}

#[cfg(unix)]
fn mode(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o7777
}

#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> u32 {
    0
}

/// Whether `path` is a directory.
pub(super) fn is_directory(path: &Path) -> bool {
    path.is_dir()
}

/// `directory` and its parents that do not exist, outermost first.
pub(super) fn missing_directories(directory: &Path) -> Vec<PathBuf> {
    let mut missing: Vec<_> = directory
        .ancestors()
        .take_while(|ancestor| !ancestor.exists())
        .map(Path::to_owned)
        .collect();
    missing.reverse();
    missing
}

/// What is in `directory`; `None` when it cannot be listed, or is a link.
pub(super) fn entries(directory: &Path) -> Option<Vec<PathBuf>> {
    if directory.is_symlink() {
        return None;
    }
    fs::read_dir(directory)
        .ok()?
        .map(|entry| Some(entry.ok()?.path()))
        .collect()
}
