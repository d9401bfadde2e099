//! Our own files: those of this user, or those of all users.

use std::path::{Path, PathBuf};

use super::manifest::PROGRAM_NAME;
use super::plan::{PRIVATE, PUBLIC};
use super::{Error, record};
use crate::paths::{Environment, Platform};
use crate::policy;

/// Where package managers put programs, and nobody else does (Filesystem Hierarchy Standard 3.0, §4).
const PACKAGED: &[&str] = &["/usr/bin", "/usr/lib", "/usr/libexec"];

/// Where they are, and who may read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) system: bool,
    /// What we keep for ourselves.
    pub(crate) data: PathBuf,
    /// Grants of this user, or what the administrator narrows them to.
    pub(crate) policy: PathBuf,
}

impl Site {
    pub(crate) fn of(system: bool, environment: &Environment) -> Result<Self, Error> {
        let (data, config) = if system {
            let missing = || Error::NoSystemPlace;
            (
                environment.system_data_dir().ok_or_else(missing)?,
                environment.system_config_dir().ok_or_else(missing)?,
            )
        } else {
            (environment.data_dir()?, environment.config_dir()?)
        };
        Ok(Self {
            system,
            data,
            policy: config.join(policy::FILE_NAME),
        })
    }

    /// The stable copy of the program.
    pub(crate) fn copy(&self) -> PathBuf {
        self.data.join("bin").join(PROGRAM_NAME)
    }

    /// Directories that are ours alone.
    pub(super) fn directories(&self) -> Vec<PathBuf> {
        let mut directories = vec![self.data.clone(), self.data.join("bin")];
        directories.extend(self.policy.parent().map(Path::to_owned));
        directories
    }

    /// What manifests name when `program` installs: the copy, unless a package manager put the program where it stays. That one
    /// is kept up to date, which a copy would not be.
    pub(super) fn stable(&self, program: &Path, environment: &Environment) -> PathBuf {
        let below = |directory: &&str| program.starts_with(environment.at_root(directory));
        if environment.platform == Platform::Linux && PACKAGED.iter().any(below) {
            program.to_owned()
        } else {
            self.copy()
        }
    }

    pub(crate) fn record(&self) -> PathBuf {
        self.data.join(record::FILE_NAME)
    }

    /// The record's mode: it is no secret for all users, and `list` reads it.
    pub(super) fn record_mode(&self) -> u32 {
        if self.system { PUBLIC } else { PRIVATE }
    }

    /// Directories for the user alone, as the XDG base directory specification asks and browsers make their own; browsers of all
    /// users must get into those of the system.
    pub(super) fn directory_mode(&self) -> u32 {
        if self.system { 0o755 } else { 0o700 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packaged_program_is_named_where_it_is_and_any_other_is_copied() {
        let environment = Environment {
            home: Some(std::env::temp_dir()),
            ..Environment::bare(Platform::Linux)
        };
        for system in [false, true] {
            let site = Site::of(system, &environment).expect("a site");
            for (program, stays) in [
                ("/usr/bin/chrome-sockets-host", true),
                ("/usr/lib/chrome-sockets/chrome-sockets-host", true),
                ("/usr/local/bin/chrome-sockets-host", false),
                ("/usr/src/chrome-sockets/target/release/chrome-sockets-host", false),
                ("/opt/chrome-sockets-host", false),
                ("/home/me/.cargo/bin/chrome-sockets-host", false),
            ] {
                let stable = site.stable(Path::new(program), &environment);
                assert_eq!(stable == Path::new(program), stays, "{program}");
                assert_eq!(stable == site.copy(), !stays, "{program}");
            }
        }
    }
}
