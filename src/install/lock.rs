//! One installation at a time.
//!
//! The lock is on a directory that is there before us and stays: the home, or `/etc` for all users. So it needs no file that would
//! have to be made, even where nothing can be written, and removed again. Windows locks files only: there it is an empty one among
//! the temporary files.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Error, Site};
use crate::paths::Environment;

/// How long another installation may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is asked whether the other is done; the system cannot wait for a lock and give up in time.
const PAUSE: Duration = Duration::from_millis(20);

/// Held until dropped, or until this process ends.
#[derive(Debug)]
pub(super) struct Lock {
    _directory: Option<File>,
}

impl Lock {
    /// Waits for other installations of the same site.
    pub(super) fn take(site: &Site, environment: &Environment) -> Result<Self, Error> {
        Self::take_within(PATIENCE, site, environment)
    }

    fn take_within(patience: Duration, site: &Site, environment: &Environment) -> Result<Self, Error> {
        let place = place(site, environment);
        // Some network file systems lock nothing: then there is no lock.
        let opened = if cfg!(windows) {
            File::create(&place)
        } else {
            File::open(&place)
        };
        let Ok(directory) = opened else {
            return Ok(Self { _directory: None });
        };
        for _ in 0..=patience.as_millis() / PAUSE.as_millis() {
            match directory.try_lock() {
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Ok(()) | Err(TryLockError::Error(_)) => {
                    return Ok(Self {
                        _directory: Some(directory),
                    });
                }
            }
        }
        Err(Error::Busy(place))
    }
}

fn place(site: &Site, environment: &Environment) -> PathBuf {
    if cfg!(windows) {
        return std::env::temp_dir().join("chrome-sockets-install.lock");
    }
    match environment.home() {
        Ok(home) if !site.system => home.to_owned(),
        // Without a home everything was named by variables.
        _ => existing(if site.system { site.policy.parent() } else { None }.unwrap_or(&site.data)),
    }
}

/// The innermost directory on the way that is not ours.
fn existing(path: &Path) -> PathBuf {
    let outside = path.parent().unwrap_or(path);
    let found = outside.ancestors().find(|path| path.is_dir());
    found.unwrap_or(outside).to_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::paths::Platform;

    #[test]
    fn who_waits_too_long_is_told_where() {
        let home = tempfile::tempdir().expect("a directory");
        let environment = Environment {
            home: Some(home.path().to_owned()),
            ..Environment::bare(Platform::Linux)
        };
        let site = Site::of(false, &environment).expect("a site");
        let take = || Lock::take_within(Duration::ZERO, &site, &environment);
        let first = take().expect("a lock");
        let error = take().expect_err("held").to_string();
        assert!(error.contains(&home.path().display().to_string()), "{error}");
        drop(first);
        assert!(take().is_ok());
        assert_eq!(std::fs::read_dir(home.path()).expect("listed").count(), 0, "no trace");
    }
}
