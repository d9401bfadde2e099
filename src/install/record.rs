//! What `install` wrote outside our own directories, so that `uninstall` finds all of it and the directories made for it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::utf8;
use super::{Error, disk};

/// The record's name in the data directory.
pub(crate) const FILE_NAME: &str = "installed.json";

/// Manifests, and directories that did not exist before.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Record {
    pub(crate) manifests: Vec<PathBuf>,
    pub(crate) directories: Vec<PathBuf>,
    /// Who is installed: what a manifest that is lost or broken said, as far as it can be told.
    pub(crate) ids: Vec<String>,
    /// Registry keys that did not exist before, outermost first (Windows).
    pub(crate) keys: Vec<String>,
}

impl Record {
    /// An empty one when there is none.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let Some(existing) = disk::read(path)? else {
            return Ok(Self::default());
        };
        serde_json::from_slice(&existing)
            .map_err(|error| Error::unusable(path)(format!("not a record of ours ({error}); remove it and try again")))
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let list =
            |paths: &[PathBuf]| -> Result<serde_json::Value, Error> { paths.iter().map(|path| utf8(path)).collect() };
        let mut value = serde_json::json!({
            "manifests": list(&self.manifests)?,
            "directories": list(&self.directories)?,
            "ids": self.ids,
        });
        if !self.keys.is_empty() {
            value["keys"] = serde_json::json!(self.keys);
        }
        Ok(format!("{value:#}\n").into_bytes())
    }
}

/// Adds what is not there yet.
pub(crate) fn add<'a, T: Clone + PartialEq + 'a>(list: &mut Vec<T>, items: impl IntoIterator<Item = &'a T>) {
    for item in items {
        if !list.contains(item) {
            list.push(item.clone());
        }
    }
}
