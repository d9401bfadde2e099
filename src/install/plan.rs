//! A plan is a list of writes and removals; executing it is the only thing here that changes the disk.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Error, disk, printable};

/// Modes of what we write; Windows has none.
pub(super) const PROGRAM: u32 = 0o755;
pub(super) const PUBLIC: u32 = 0o644;
pub(super) const PRIVATE: u32 = 0o600;

#[derive(Debug, PartialEq, Eq)]
enum Step {
    MakeDirectory(PathBuf),
    Write {
        path: PathBuf,
        content: Vec<u8>,
        mode: u32,
    },
    Keep(PathBuf),
    Remove(PathBuf),
    RemoveDirectory(PathBuf),
    /// Something a person should know; no effect.
    Say(String),
}

/// What is to be done, in order.
#[derive(Debug, Default)]
pub(super) struct Plan {
    steps: Vec<Step>,
}

impl Plan {
    /// Plans a file, unless it stands there already, and the directories it needs.
    pub(super) fn write(&mut self, path: &Path, content: Vec<u8>, mode: u32) -> Result<(), Error> {
        let same = disk::read(path)?.is_some_and(|existing| {
            existing.plain && existing.content == content && (cfg!(not(unix)) || existing.mode == mode)
        });
        let path = path.to_owned();
        if same {
            self.steps.push(Step::Keep(path));
            return Ok(());
        }
        if let Some(directory) = path.parent() {
            self.make_directory(directory);
        }
        self.steps.push(Step::Write { path, content, mode });
        Ok(())
    }

    /// Plans a directory and its parents, those that are missing.
    pub(super) fn make_directory(&mut self, directory: &Path) {
        for missing in disk::missing_directories(directory) {
            let step = Step::MakeDirectory(missing);
            if !self.steps.contains(&step) {
                self.steps.push(step);
            }
        }
    }

    pub(super) fn remove(&mut self, path: PathBuf) {
        self.steps.push(Step::Remove(path));
    }

    /// Plans the removal of those of `directories` that hold nothing but what this plan removes; returns the others.
    pub(super) fn remove_emptied(&mut self, mut directories: Vec<PathBuf>) -> Vec<PathBuf> {
        // The innermost first, so that their parents are found empty.
        directories.sort_by_key(|directory| std::cmp::Reverse(directory.components().count()));
        directories.retain(|directory| {
            let gone = |entry: &PathBuf| {
                self.steps.iter().any(|step| match step {
                    Step::Remove(path) | Step::RemoveDirectory(path) => path == entry,
                    _ => false,
                })
            };
            let emptied = disk::entries(directory).is_some_and(|entries| entries.iter().all(gone));
            if emptied {
                self.steps.push(Step::RemoveDirectory(directory.clone()));
            }
            !emptied && disk::is_directory(directory)
        });
        directories
    }

    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    pub(super) fn say(&mut self, line: String) {
        self.steps.push(Step::Say(line));
    }

    /// The directories this plan makes.
    pub(super) fn made_directories(&self) -> impl Iterator<Item = &PathBuf> {
        self.steps.iter().filter_map(|step| match step {
            Step::MakeDirectory(path) => Some(path),
            _ => None,
        })
    }

    /// Does it, or says that it would, line by line to `out`.
    ///
    /// A reader of `out` that has gone away does not stop the work half way.
    pub(super) fn carry_out(&self, dry_run: bool, out: &mut dyn Write) -> Result<(), Error> {
        for step in &self.steps {
            if !dry_run {
                step.execute()?;
            }
            if let Some(line) = step.line(dry_run) {
                let _ = writeln!(out, "{}", printable(&line));
            }
        }
        Ok(())
    }
}

impl Step {
    /// Directories come and go with their files and are not worth a line.
    fn line(&self, dry_run: bool) -> Option<String> {
        let (would, did, path) = match self {
            Self::Write { path, .. } => ("would write", "wrote", path),
            Self::Keep(path) => ("would keep", "kept", path),
            Self::Remove(path) => ("would remove", "removed", path),
            Self::Say(line) => return Some(line.clone()),
            Self::MakeDirectory(_) | Self::RemoveDirectory(_) => return None,
        };
        Some(format!("{} {}", if dry_run { would } else { did }, path.display()))
    }

    fn execute(&self) -> Result<(), Error> {
        match self {
            Self::MakeDirectory(path) => make_directory(path).map_err(Error::io("make", path)),
            Self::Write { path, content, mode } => replace(path, content, *mode).map_err(Error::io("write", path)),
            Self::Remove(path) => {
                ignore(io::ErrorKind::NotFound, fs::remove_file(path)).map_err(Error::io("remove", path))
            }
            // Somebody may have put a file there in the meantime.
            Self::RemoveDirectory(path) => {
                ignore(io::ErrorKind::DirectoryNotEmpty, fs::remove_dir(path)).map_err(Error::io("remove", path))
            }
            Self::Keep(_) | Self::Say(_) => Ok(()),
        }
    }
}

fn ignore(kind: io::ErrorKind, result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| if error.kind() == kind { Ok(()) } else { Err(error) })
}

/// For the user alone, as the XDG base directory specification asks and browsers make their own.
fn make_directory(path: &Path) -> io::Result<()> {
    let builder = DirBuilder::new();
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::DirBuilderExt;
        let mut builder = builder;
        builder.mode(0o700);
        builder
    };
    ignore(io::ErrorKind::AlreadyExists, builder.create(path))
}

/// Puts a file in place in one step: a reader sees the old one or the new one, and a link is replaced, not followed.
fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let temporary = path.with_file_name(format!(".chrome-sockets-{}.tmp", std::process::id()));
    let written = fill(&temporary, content, mode).and_then(|()| fs::rename(&temporary, path));
    // Who else has a file of that name keeps it: `create_new` has failed, and nothing of it is ours.
    if written
        .as_ref()
        .is_err_and(|error| error.kind() != io::ErrorKind::AlreadyExists)
    {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn fill(temporary: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(PRIVATE);
    }
    let mut file = options.open(temporary)?;
    file.write_all(content)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(mode))?;
    }
    #[cfg(not(unix))]
    let _ = mode;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who can guess the temporary name must not make us write through a link of that name.
    #[cfg(unix)]
    #[test]
    fn a_prepared_temporary_file_is_neither_followed_nor_removed() {
        let directory = tempfile::tempdir().expect("a directory");
        let precious = directory.path().join("precious");
        fs::write(&precious, "precious").expect("a file");
        let name = format!(".chrome-sockets-{}.tmp", std::process::id());
        let prepared = directory.path().join(name);
        std::os::unix::fs::symlink(&precious, &prepared).expect("a link");
        let path = directory.path().join("file");
        let error = replace(&path, b"new", PUBLIC).expect_err("refused");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&precious).expect("a file"), b"precious");
        assert!(prepared.is_symlink() && !path.exists());
    }

    #[test]
    fn a_failed_write_leaves_no_temporary_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("taken");
        fs::create_dir(&path).expect("a directory in the file's place");
        replace(&path, b"new", PUBLIC).expect_err("refused");
        assert_eq!(fs::read_dir(directory.path()).expect("listed").count(), 1);
    }
}
