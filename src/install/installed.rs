//! What stands where manifests of ours may be.

use std::path::PathBuf;

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

/// What stands there; what cannot even be read is `None`.
pub(super) fn look(path: PathBuf, known: &[Target]) -> Result<Option<Found>, Error> {
    let mut found = Found {
        target: known
            .iter()
            .find(|target| path.parent() == Some(target.directory()))
            .cloned(),
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

/// Everything of ours that stands for a site, and what stands in its place.
pub(crate) fn all(site: &Site, record: &Record, environment: &Environment) -> Result<Vec<Found>, Error> {
    let known = targets::known(site.system, environment)?;
    let mut found = Vec::new();
    for path in candidates(site, record, &[], environment)? {
        found.extend(look(path, &known)?);
    }
    Ok(found)
}
