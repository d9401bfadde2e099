//! Changes to the disk that can be taken back until the last of them has succeeded.
//!
//! A reader sees each file as it was or as it is to be: files are written beside their place and renamed. Links in a file's place
//! are replaced, not followed. That also serves a program that is running, which cannot be written ("Text file busy"). On Windows
//! nothing replaces it either, but it can be renamed: what stood there goes aside first, and is removed when nobody runs it any more.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use super::Error;
use super::registry::{self, Entry, Values};

/// Names of temporary files begin and end so.
const PREFIX: &str = ".chrome-sockets-";
const SUFFIX: &str = ".tmp";

/// What has been done so far. Dropping it removes the temporary files.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    made: Vec<PathBuf>,
    staged: Vec<(PathBuf, NamedTempFile)>,
    done: Vec<Done>,
    /// Registry keys, what they held, and the keys that were not there for them.
    entries: Vec<(Entry, Values, Vec<String>)>,
}

/// A change that can be seen.
#[derive(Debug)]
struct Done {
    path: PathBuf,
    before: Before,
}

#[derive(Debug)]
enum Before {
    Nothing,
    /// What was there, under a name beside it.
    Kept(NamedTempFile<()>),
    /// Something of which the system lets us keep no second name.
    Lost,
}

impl Transaction {
    /// Makes a directory, unless somebody else has in the meantime.
    pub(super) fn make_directory(&mut self, path: &Path, mode: u32) -> Result<(), Error> {
        match make_directory(path, mode) {
            Ok(()) => {
                self.made.push(path.to_owned());
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            Err(error) => Err(Error::io("make", path)(error)),
        }
    }

    /// Writes a file beside its place.
    pub(super) fn stage(&mut self, path: &Path, content: &[u8], mode: u32) -> Result<(), Error> {
        let file = fill(path, content, mode).map_err(Error::io("write", path))?;
        self.staged.push((path.to_owned(), file));
        Ok(())
    }

    /// Puts a staged file into its place.
    pub(super) fn put(&mut self, path: &Path) -> Result<(), Error> {
        let Some(at) = self.staged.iter().position(|(staged, _)| staged == path) else {
            return Ok(());
        };
        let (_, file) = self.staged.remove(at);
        let before = match path.symlink_metadata() {
            Err(_) => Before::Nothing,
            Ok(_) => keep(path).map_or(Before::Lost, Before::Kept),
        };
        let written = file.persist(path);
        if written.is_ok() || !matches!(before, Before::Nothing) {
            self.done.push(Done {
                path: path.to_owned(),
                before,
            });
        }
        written
            .map(|_| ())
            .map_err(|error| Error::io("write", path)(error.error))
    }

    /// Takes a file away; one that is gone already is no failure.
    pub(super) fn take_away(&mut self, path: &Path) -> Result<(), Error> {
        if path.symlink_metadata().is_err() {
            return Ok(());
        }
        let kept = beside(path, |second| fs::rename(path, second)).map_err(Error::io("remove", path))?;
        self.done.push(Done {
            path: path.to_owned(),
            before: Before::Kept(kept),
        });
        Ok(())
    }

    /// Makes a registry key hold `values`.
    pub(super) fn set(&mut self, entry: &Entry, values: &Values) -> Result<(), Error> {
        // Before it is tried: one view may be written and the other refuse.
        self.entries
            .push((entry.clone(), entry.values()?, entry.missing_parents()?));
        entry.set(values)
    }

    /// From now on nothing is taken back.
    pub(super) fn commit(&mut self) {
        // What was kept goes when it is dropped, unless it is a program that runs on Windows.
        for done in self.done.drain(..) {
            let directory = done.path.parent().map(Path::to_owned);
            drop(done);
            if let Some(directory) = directory {
                sweep(&directory);
            }
        }
        self.made.clear();
        self.entries.clear();
    }

    /// Removes a directory, unless somebody has put something there in the meantime.
    #[allow(clippy::unused_self, reason = "all changes are the transaction's")]
    pub(super) fn remove_directory(&mut self, path: &Path) {
        let _ = fs::remove_dir(path);
    }

    /// Removes a registry key, unless somebody has put something there.
    #[allow(clippy::unused_self, reason = "all changes are the transaction's")]
    pub(super) fn remove_key(&mut self, system: bool, key: &str) {
        registry::remove_emptied(system, key);
    }

    /// Takes everything back, as far as the system lets us.
    pub(super) fn roll_back(&mut self) {
        for (entry, before, missing) in self.entries.drain(..).rev() {
            let _ = entry.set(&before);
            entry.remove_emptied(&missing);
        }
        for Done { path, before } in self.done.drain(..).rev() {
            let _ = match before {
                Before::Nothing => fs::remove_file(&path),
                Before::Kept(kept) => fs::rename(kept.path(), &path),
                Before::Lost => Ok(()),
            };
        }
        self.staged.clear();
        for directory in self.made.drain(..).rev() {
            let _ = fs::remove_dir(directory);
        }
    }
}

/// A second name keeps a file, without a moment in which it is missing. Where there can be none, it gets another name: nothing can be
/// put into the place of a program that runs on Windows, and Linux refuses second names of other users' files.
fn keep(path: &Path) -> io::Result<NamedTempFile<()>> {
    // A directory would let itself be renamed, and is not ours to replace.
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if cfg!(not(windows))
        && let Ok(kept) = beside(path, |second| fs::hard_link(path, second))
    {
        return Ok(kept);
    }
    beside(path, |second| fs::rename(path, second))
}

/// Removes what earlier installations left: those that were killed, and on Windows programs that ran then. There is one installation
/// at a time, so it is nobody's.
fn sweep(directory: &Path) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    for name in entries.filter_map(|entry| entry.file_name().into_string().ok()) {
        if name.starts_with(PREFIX) && name.ends_with(SUFFIX) {
            let _ = fs::remove_file(directory.join(name));
        }
    }
}

fn make_directory(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        DirBuilder::new().mode(mode).create(path)?;
        // Whatever the umask says.
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    }
    #[cfg(not(unix))]
    {
        let _ = mode;
        DirBuilder::new().create(path)
    }
}

/// A file of a new name in the directory of `path`. A name that is taken is neither followed nor removed.
fn beside<R>(path: &Path, mut make: impl FnMut(&Path) -> io::Result<R>) -> io::Result<NamedTempFile<R>> {
    let directory = path.parent().unwrap_or(Path::new("."));
    // The temporary file's name, which `tempfile` adds, says nothing to a person; who calls names the file that was meant.
    let mut text = None;
    Builder::new()
        .prefix(PREFIX)
        .suffix(SUFFIX)
        .make_in(directory, |name| {
            make(name).inspect_err(|error| text = Some(error.to_string()))
        })
        .map_err(|error| io::Error::new(error.kind(), text.unwrap_or_else(|| error.to_string())))
}

fn fill(path: &Path, content: &[u8], mode: u32) -> io::Result<NamedTempFile> {
    let mut file = beside(path, create)?;
    file.as_file_mut().write_all(content)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    }
    #[cfg(not(unix))]
    let _ = mode;
    file.as_file().sync_all()?;
    Ok(file)
}

/// For the user alone until it is complete.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> tempfile::TempDir {
        tempfile::tempdir().expect("a directory")
    }

    fn names(directory: &Path) -> Vec<std::ffi::OsString> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .expect("listed")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn everything_is_taken_back() {
        let directory = directory();
        let at = |name: &str| directory.path().join(name);
        fs::write(at("old"), "old").expect("a file");
        fs::write(at("gone"), "gone").expect("a file");
        fs::create_dir(at("taken")).expect("a directory in a file's place");
        let mut transaction = Transaction::default();
        transaction.make_directory(&at("made"), 0o700).expect("made");
        for name in ["old", "new", "made/in", "taken"] {
            transaction.stage(&at(name), b"content", 0o644).expect("staged");
        }
        for name in ["old", "new", "made/in"] {
            transaction.put(&at(name)).expect("put");
        }
        transaction.take_away(&at("gone")).expect("taken away");
        assert!(!at("gone").exists() && at("made/in").exists());
        transaction.put(&at("taken")).expect_err("refused");
        transaction.roll_back();
        assert_eq!(names(directory.path()), ["gone", "old", "taken"]);
        assert_eq!(fs::read(at("old")).expect("a file"), b"old");
        assert_eq!(fs::read(at("gone")).expect("a file"), b"gone");
    }

    #[test]
    fn what_is_committed_leaves_nothing_beside_it() {
        let directory = directory();
        let at = |name: &str| directory.path().join(name);
        fs::write(at("old"), "old").expect("a file");
        fs::write(at("gone"), "gone").expect("a file");
        // Nor what one that was killed has left.
        fs::write(at(".chrome-sockets-killed.tmp"), "half").expect("a file");
        let mut transaction = Transaction::default();
        transaction.stage(&at("old"), b"new", 0o644).expect("staged");
        transaction.put(&at("old")).expect("put");
        transaction.take_away(&at("gone")).expect("taken away");
        transaction.commit();
        transaction.roll_back();
        assert_eq!(names(directory.path()), ["old"]);
        assert_eq!(fs::read(at("old")).expect("a file"), b"new");
    }
}
