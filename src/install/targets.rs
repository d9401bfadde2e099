//! Which places of host manifests a command is about.

use std::path::{Path, PathBuf};

use super::browsers::{BROWSERS, Browser, Family, Files, Packaging};
use super::registry::Entry;
use super::site::Site;
use super::{Error, ExtensionId, disk};
use crate::paths::{Environment, Platform};

/// How a browser finds a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It lies in a directory that the browser knows.
    Directory(PathBuf),
    /// It lies in a directory of ours, and values below these registry keys lead there (Windows).
    Registry {
        directory: PathBuf,
        keys: &'static [&'static str],
    },
}

/// One place of host manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Whose; `None` for a user data directory that was named.
    pub(crate) browser: Option<&'static Browser>,
    pub(crate) title: String,
    pub(crate) family: Family,
    pub(crate) place: Place,
}

impl Target {
    /// Where the file goes.
    pub(crate) fn directory(&self) -> &Path {
        match &self.place {
            Place::Directory(directory) | Place::Registry { directory, .. } => directory,
        }
    }

    /// The registry keys that have to lead to the manifest of the host `name` there.
    pub(super) fn entries(&self, name: &str, system: bool) -> Vec<Entry> {
        match &self.place {
            Place::Directory(_) => Vec::new(),
            Place::Registry { keys, .. } => keys.iter().map(|key| Entry::new(system, key, name)).collect(),
        }
    }

    /// What a person should know who relies on it.
    pub(super) fn caveat(&self) -> Option<String> {
        let packaging = self.browser?.packaging;
        (packaging != Packaging::Plain).then(|| {
            format!(
                "{} runs in a sandbox, where a manifest alone is not enough: chrome-sockets-host doctor says what is missing.",
                self.title
            )
        })
    }

    /// The manifest of the host `name` there.
    pub(crate) fn manifest(&self, name: &str) -> PathBuf {
        self.directory().join(format!("{name}.json"))
    }
}

/// The browsers and directories named on the command line; empty when none is.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// `--browser`.
    pub browsers: Vec<&'static Browser>,
    /// `--user-data-dir`, absolute.
    pub user_data_dirs: Vec<PathBuf>,
    /// `--system`: for all users of this computer, in place of for this one.
    pub system: bool,
}

impl Scope {
    pub(super) fn is_everything(&self) -> bool {
        self.browsers.is_empty() && self.user_data_dirs.is_empty()
    }

    /// What was named, existing or not.
    pub(super) fn named(&self, environment: &Environment) -> Result<Vec<Target>, Error> {
        if environment.platform == Platform::Windows && !self.user_data_dirs.is_empty() {
            return Err(Error::NoDirectories);
        }
        let mut targets = Vec::new();
        for browser in &self.browsers {
            let places = of_browser(browser, self.system, environment)?;
            if places.is_empty() {
                return Err(Error::NoPlace {
                    browser: browser.title,
                    whose: if self.system { "all users" } else { "this system" },
                });
            }
            targets.extend(places);
        }
        targets.extend(self.user_data_dirs.iter().map(|directory| Target {
            browser: None,
            title: "The browser with that user data directory".to_owned(),
            family: Family::Chromium,
            place: Place::Directory(directory.join("NativeMessagingHosts")),
        }));
        Ok(targets)
    }

    /// Where to install for `ids`: what was named, else every browser that has been started here and takes one of them. For all
    /// users it is every browser, since theirs may still come.
    pub(super) fn to_install(&self, ids: &[ExtensionId], environment: &Environment) -> Result<Vec<Target>, Error> {
        let takes = |target: &Target| ids.iter().any(|id| id.family() == target.family);
        let targets = if self.is_everything() {
            let mut found = if self.system {
                known(true, environment)?
            } else {
                started(environment)?
            };
            found.retain(takes);
            found
        } else {
            self.named(environment)?
        };
        if let Some(target) = targets.iter().find(|target| !takes(target)) {
            let browser = target.title.clone();
            return Err(Error::NoIdFor { browser });
        }
        let homeless = |id: &&ExtensionId| targets.iter().all(|target| target.family != id.family());
        match ids.iter().find(homeless) {
            Some(id) => Err(Error::NoBrowser {
                id: id.as_str().to_owned(),
            }),
            None => Ok(targets),
        }
    }
}

/// Every place of the table, of browsers started or not.
pub(crate) fn known(system: bool, environment: &Environment) -> Result<Vec<Target>, Error> {
    let mut targets: Vec<Target> = Vec::new();
    for browser in BROWSERS {
        targets.extend(of_browser(browser, system, environment)?);
    }
    Ok(targets)
}

/// The user's places of the browsers that have been started.
pub(crate) fn started(environment: &Environment) -> Result<Vec<Target>, Error> {
    let mut targets = Vec::new();
    for browser in BROWSERS {
        if profile(browser, environment)?.is_some_and(|profile| disk::is_directory(&profile)) {
            targets.extend(of_browser(browser, false, environment)?);
        }
    }
    Ok(targets)
}

/// The directory that exists once the browser has been started; `None` where there is no such browser.
fn profile(browser: &'static Browser, environment: &Environment) -> Result<Option<PathBuf>, Error> {
    let row = match environment.platform {
        Platform::Windows => browser.windows.as_ref().map(|row| (row.base, row.profile)),
        platform => Files::of(browser, platform).map(|row| (row.base, row.profile)),
    };
    Ok(match row {
        Some((base, profile)) => Some(base.directory(environment)?.join(profile)),
        None => None,
    })
}

/// A browser's places, for all users or for this one; none where there is no such browser, or it has none.
pub(super) fn of_browser(
    browser: &'static Browser,
    system: bool,
    environment: &Environment,
) -> Result<Vec<Target>, Error> {
    let target = |place| Target {
        browser: Some(browser),
        title: browser.title.to_owned(),
        family: browser.family,
        place,
    };
    if let (Platform::Windows, Some(row)) = (environment.platform, &browser.windows) {
        // The two families' manifests differ, so they cannot share a file.
        let family = match browser.family {
            Family::Chromium => "chromium",
            Family::Firefox => "firefox",
        };
        let directory = Site::of(system, environment)?.data.join("manifests").join(family);
        return Ok(vec![target(Place::Registry {
            directory,
            keys: row.keys,
        })]);
    }
    let Some(row) = Files::of(browser, environment.platform) else {
        return Ok(Vec::new());
    };
    let directories: Vec<PathBuf> = if system {
        row.system.iter().map(|path| environment.at_root(path)).collect()
    } else {
        let base = row.base.directory(environment)?;
        row.hosts.iter().map(|path| base.join(path)).collect()
    };
    Ok(directories
        .into_iter()
        .map(|directory| target(Place::Directory(directory)))
        .collect())
}
