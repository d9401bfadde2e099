//! A plan is a list of writes and removals; carrying it out is the only thing here that changes the disk.

use std::path::{Path, PathBuf};

use super::registry::Entry;
use super::report::{Action, Report};
use super::transaction::Transaction;
use super::{Error, disk};

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
    /// A registry key that is to lead to a manifest.
    Register(Entry, PathBuf),
    KeepEntry(Entry),
    Unregister(Entry),
    /// A registry key of which nothing is left but itself, for all users or for one.
    RemoveKey(bool, String),
    /// Something a person should know; no effect.
    Say(String),
}

/// What is to be done, in order.
#[derive(Debug)]
pub(super) struct Plan {
    steps: Vec<Step>,
    directory_mode: u32,
}

impl Plan {
    /// An empty one. Directories it makes have the mode `directory_mode`.
    pub(super) fn new(directory_mode: u32) -> Self {
        Self {
            steps: Vec::new(),
            directory_mode,
        }
    }

    /// Plans a file, unless it stands there already, and the directories it needs.
    pub(super) fn write(&mut self, path: &Path, content: Vec<u8>, mode: u32) -> Result<(), Error> {
        let same = disk::is(path, &content, mode)?;
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

    /// Plans that a registry key leads to `manifest`.
    pub(super) fn register(&mut self, entry: Entry, manifest: &Path) -> Result<(), Error> {
        let same = entry.values()? == entry.values_for(manifest)?;
        self.steps.push(if same {
            Step::KeepEntry(entry)
        } else {
            Step::Register(entry, manifest.to_owned())
        });
        Ok(())
    }

    pub(super) fn unregister(&mut self, entries: Vec<Entry>) {
        self.steps.extend(entries.into_iter().map(Step::Unregister));
    }

    /// Plans the removal of registry keys that hold nothing any more by then.
    pub(super) fn remove_emptied_keys(&mut self, system: bool, keys: Vec<String>) {
        // The innermost first, so that their parents are found empty.
        let steps = keys.into_iter().rev().map(|key| Step::RemoveKey(system, key));
        self.steps.extend(steps);
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

    /// Whether nothing would be done or said.
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

    /// Does all of it or, when something fails, nothing; or with `dry_run` only tells.
    pub(super) fn carry_out(self, dry_run: bool) -> Result<Report, Error> {
        if !dry_run {
            let mut transaction = Transaction::default();
            self.execute(&mut transaction)
                .inspect_err(|_| transaction.roll_back())?;
        }
        let mut report = Report::new(dry_run);
        for step in self.steps {
            match step {
                Step::Write { path, .. } => report.file(Action::Write, path),
                Step::Keep(path) => report.file(Action::Keep, path),
                Step::Remove(path) => report.file(Action::Remove, path),
                Step::Register(entry, _) => report.file(Action::Write, entry.to_string().into()),
                Step::KeepEntry(entry) => report.file(Action::Keep, entry.to_string().into()),
                Step::Unregister(entry) => report.file(Action::Remove, entry.to_string().into()),
                Step::Say(line) => report.say(line),
                // They come and go with their files and are not worth a line.
                Step::MakeDirectory(_) | Step::RemoveDirectory(_) | Step::RemoveKey(..) => {}
            }
        }
        Ok(report)
    }

    /// Everything that needs space or a permission to write comes before the first change that anybody can see.
    fn execute(&self, transaction: &mut Transaction) -> Result<(), Error> {
        for step in &self.steps {
            match step {
                Step::MakeDirectory(path) => transaction.make_directory(path, self.directory_mode)?,
                Step::Write { path, content, mode } => transaction.stage(path, content, *mode)?,
                _ => {}
            }
        }
        for step in &self.steps {
            match step {
                Step::Write { path, .. } => transaction.put(path)?,
                Step::Remove(path) => transaction.take_away(path)?,
                Step::Register(entry, manifest) => transaction.set(entry, &entry.values_for(manifest)?)?,
                Step::Unregister(entry) => transaction.set(entry, &vec![None; entry.values()?.len()])?,
                _ => {}
            }
        }
        transaction.commit();
        for step in &self.steps {
            match step {
                Step::RemoveDirectory(path) => transaction.remove_directory(path),
                Step::RemoveKey(system, key) => transaction.remove_key(*system, key),
                _ => {}
            }
        }
        Ok(())
    }
}
