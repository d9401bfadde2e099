//! Which directories of host manifests a command is about.

use std::path::PathBuf;

use super::browsers::{BROWSERS, Base, Browser, Family};
use super::{Error, ExtensionId, disk};
use crate::paths::{Environment, Platform, Unknown};

/// One directory of host manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) title: String,
    pub(super) family: Family,
    pub(super) directory: PathBuf,
}

/// The browsers and directories named on the command line; empty when none is.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// `--browser`.
    pub browsers: Vec<&'static Browser>,
    /// `--user-data-dir`, absolute.
    pub user_data_dirs: Vec<PathBuf>,
}

impl Scope {
    pub(super) fn is_everything(&self) -> bool {
        self.browsers.is_empty() && self.user_data_dirs.is_empty()
    }

    /// What was named, existing or not.
    pub(super) fn named(&self, environment: &Environment) -> Result<Vec<Target>, Error> {
        let mut targets = Vec::new();
        for browser in &self.browsers {
            targets.extend(of_browser(browser, environment)?.map(|(target, _)| target));
        }
        targets.extend(self.user_data_dirs.iter().map(|directory| Target {
            title: "The browser with that user data directory".to_owned(),
            family: Family::Chromium,
            directory: directory.join(Family::Chromium.hosts_directory()),
        }));
        Ok(targets)
    }

    /// Where to install for `ids`: what was named, else every browser that has been started here and takes one of them.
    pub(super) fn to_install(&self, ids: &[ExtensionId], environment: &Environment) -> Result<Vec<Target>, Error> {
        let takes = |target: &Target| ids.iter().any(|id| id.family() == target.family);
        let targets = if self.is_everything() {
            let mut found = started(environment)?;
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

/// Every browser of the table, started or not.
pub(super) fn known(environment: &Environment) -> Result<Vec<Target>, Error> {
    let mut targets = Vec::new();
    for browser in BROWSERS {
        targets.extend(of_browser(browser, environment)?.map(|(target, _)| target));
    }
    Ok(targets)
}

fn started(environment: &Environment) -> Result<Vec<Target>, Error> {
    let mut targets = Vec::new();
    for browser in BROWSERS {
        if let Some((target, profile)) = of_browser(browser, environment)?
            && disk::is_directory(&profile)
        {
            targets.push(target);
        }
    }
    Ok(targets)
}

/// The target and the directory that exists once the browser has been started; `None` where the table has no row yet.
fn of_browser(browser: &Browser, environment: &Environment) -> Result<Option<(Target, PathBuf)>, Unknown> {
    if environment.platform != Platform::Linux {
        return Ok(None);
    }
    let (base, directory) = browser.linux;
    let profile = match base {
        Base::Config => environment.browser_config_home()?,
        Base::Home => environment.home()?.to_owned(),
    }
    .join(directory);
    let target = Target {
        title: browser.title.to_owned(),
        family: browser.family,
        directory: profile.join(browser.family.hosts_directory()),
    };
    Ok(Some((target, profile)))
}
