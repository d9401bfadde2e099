//! What stands where manifests of ours may be.

use std::path::{Path, PathBuf};

use super::manifest::HostManifest;
use super::record::{self, Record};
use super::targets::{self, Target};
use super::{DEFAULT_HOST_NAME, Error, Site, disk};
use crate::paths::Environment;

/// A file where a manifest of ours may be.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// Whose place it is; `None` for a user data directory.
    pub(crate) target: Option<Target>,
    /// Why it is none, if it is none.
    pub(crate) manifest: Result<HostManifest, String>,
}

impl Found {
    /// The browser, in a word or two.
    pub(crate) fn title(&self) -> String {
        match &self.target {
            Some(target) => target.title.clone(),
            None => self
                .path
                .ancestors()
                .nth(2)
                .map_or_else(String::new, |path| path.display().to_string()),
        }
    }

    /// The host name that its file name says.
    pub(crate) fn host_name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Where manifests of ours may be: what `install` recorded, and the usual name wherever browsers look, and in `more`.
pub(super) fn candidates(
    site: &Site,
    record: &Record,
    more: &[Target],
    environment: &Environment,
) -> Result<Vec<PathBuf>, Error> {
    let mut paths = record.manifests.clone();
    for target in targets::known(site.system, environment)?.iter().chain(more) {
        record::add(&mut paths, [&target.manifest(DEFAULT_HOST_NAME)]);
    }
    Ok(paths)
}

/// Whose place a path is in.
fn target_of(path: &Path, known: &[Target]) -> Option<Target> {
    let own = |target: &&Target| path.parent() == Some(target.directory());
    known.iter().find(own).cloned()
}

/// What stands there; what cannot even be read is `None`.
pub(super) fn look(path: PathBuf, known: &[Target]) -> Result<Option<Found>, Error> {
    let mut found = Found {
        target: target_of(&path, known),
        manifest: Err(String::new()),
        path,
    };
    found.manifest = match disk::read(&found.path) {
        Ok(None) => return Ok(None),
        Ok(Some(content)) => HostManifest::parse(&content, &found.host_name()),
        Err(Error::Unusable { reason, .. }) => Err(reason),
        Err(error) => return Err(error),
    };
    Ok(Some(found))
}

/// Everything of ours that stands for a site, and what stands in its place, readable or not.
pub(crate) fn all(site: &Site, record: &Record, environment: &Environment) -> Result<Vec<Found>, Error> {
    let known = targets::known(site.system, environment)?;
    let started = targets::started(environment)?;
    let mut found = Vec::new();
    for path in candidates(site, record, &[], environment)? {
        for target in places(&path, site, &known, &started)? {
            let known = target.map_or(&[][..], std::slice::from_ref);
            found.extend(match look(path.clone(), known) {
                Err(Error::Io { source, .. }) => Some(Found {
                    target: target.cloned(),
                    manifest: Err(format!("cannot be read: {source}")),
                    path: path.clone(),
                }),
                found => found?,
            });
        }
    }
    Ok(found)
}

/// Whose place a manifest is in; of nobody known where a user data directory was named.
fn places<'a>(
    path: &Path,
    site: &Site,
    known: &'a [Target],
    started: &[Target],
) -> Result<Vec<Option<&'a Target>>, Error> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut is_known = false;
    let mut led = Vec::new();
    for target in known.iter().filter(|target| path.parent() == Some(target.directory())) {
        is_known = true;
        let entries = target.entries(&name, site.system);
        if entries.is_empty() {
            // One place, however many browsers look there.
            return Ok(vec![Some(target)]);
        }
        for entry in entries {
            if entry.leads_to(path)? {
                led.push(target);
                break;
            }
        }
    }
    // On Windows browsers read each other's keys; those count that are there.
    let is_here = |target: &Target| started.iter().any(|here| target.browser == here.browser);
    if led.iter().copied().any(is_here) {
        led.retain(|target| is_here(target));
    } else {
        led.truncate(1);
    }
    if !is_known {
        return Ok(vec![None]);
    }
    Ok(led.into_iter().map(Some).collect())
}
