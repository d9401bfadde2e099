//! The read-only view of the disk that plans are made from.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Error;

/// Larger files are refused unread, programs excepted: what we merge with is a few KiB.
pub(crate) const MOST_BYTES: u64 = 1 << 20;

/// No program of ours is larger, with everything that debuggers want.
const MOST_PROGRAM_BYTES: u64 = 1 << 30;

const NOT_A_FILE: &str = "not a file; move it away";

/// The content of the file at `path`, links followed; `None` when there is none, or a link to nothing, or no directory where it
/// would be.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    bounded(path, MOST_BYTES)
}

/// The same for a program.
pub(super) fn read_program(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    bounded(path, MOST_PROGRAM_BYTES)
}

fn bounded(path: &Path, most: u64) -> Result<Option<Vec<u8>>, Error> {
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(Error::io("read", path)(error)),
    };
    // Opening something else, a FIFO for one, might wait for ever.
    if !metadata.is_file() {
        return Err(Error::unusable(path)(NOT_A_FILE.to_owned()));
    }
    let mut content = Vec::new();
    File::open(path)
        .and_then(|file| file.take(most + 1).read_to_end(&mut content))
        .map_err(Error::io("read", path))?;
    if content.len() as u64 > most {
        return Err(Error::unusable(path)(format!("larger than {most} bytes")));
    }
    Ok(Some(content))
}

/// Whether a file with this content and mode, not a link to one, stands at `path`.
pub(super) fn is(path: &Path, content: &[u8], mode: u32) -> Result<bool, Error> {
    let Ok(metadata) = path.symlink_metadata() else {
        return Ok(false);
    };
    // A link to a file is replaced; a directory or a FIFO is somebody's.
    if path.metadata().is_ok_and(|target| !target.is_file()) {
        return Err(Error::unusable(path)(NOT_A_FILE.to_owned()));
    }
    let alike = metadata.is_file()
        && metadata.len() == content.len() as u64
        && (cfg!(not(unix)) || self::mode(&metadata) == mode);
    Ok(alike && bounded(path, metadata.len())?.is_some_and(|existing| existing == content))
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

/// How somebody else could change a file, or what is in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(unix), allow(dead_code, reason = "only Unix tells"))]
pub(crate) enum OpenTo {
    /// It belongs to this user, who is neither we nor root.
    Owner(u32),
    /// Its mode lets them.
    Others,
}

/// Whether somebody else than this user and root could; Windows protects profiles by access lists, which std does not show.
#[cfg(unix)]
pub(crate) fn open_to(metadata: &fs::Metadata) -> Option<OpenTo> {
    use std::os::unix::fs::MetadataExt;
    let owner = metadata.uid();
    if owner != own_id() && owner != 0 {
        Some(OpenTo::Owner(owner))
    } else {
        (metadata.mode() & 0o022 != 0).then_some(OpenTo::Others)
    }
}

#[cfg(not(unix))]
pub(crate) fn open_to(_: &fs::Metadata) -> Option<OpenTo> {
    None
}

/// The user we run as.
#[cfg(unix)]
pub(crate) fn own_id() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
pub(crate) fn own_id() -> u32 {
    0
}

/// Refuses a directory of ours in which somebody else could exchange files.
pub(super) fn check_own_directory(directory: &Path) -> Result<(), Error> {
    let Ok(metadata) = directory.metadata() else {
        return Ok(());
    };
    let problem = match open_to(&metadata) {
        None => return Ok(()),
        Some(OpenTo::Owner(owner)) => format!("belongs to user {owner}, not to you or root (chown it)"),
        Some(OpenTo::Others) => "can be written by group or others (chmod go-w)".to_owned(),
    };
    Err(Error::unusable(directory)(problem))
}

/// Whether anything stands at `path`, a link to nothing included.
pub(super) fn is_taken(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether `path` is a directory.
pub(crate) fn is_directory(path: &Path) -> bool {
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
