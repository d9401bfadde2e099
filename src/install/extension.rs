//! What an extension's folder tells about it: its ids, its name, and what its manifest declares.

mod dialect;
mod id;
mod name;

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Error, ExtensionId, Grant, LISTS, MULTICAST, disk, targets};
use crate::paths::Environment;
use crate::policy::{Dialect, Grants, KEYS};

/// An unpacked extension.
#[derive(Debug)]
pub(crate) struct Extension {
    /// Absolute, links resolved, as Chromium sees it.
    pub(crate) folder: PathBuf,
    /// As people see it; text of a stranger.
    pub(crate) name: String,
    /// For Chromium browsers always; for Firefox when the manifest says it.
    pub(crate) ids: Vec<ExtensionId>,
    /// What the manifest's `sockets` key declares; `None` without the key.
    pub(crate) declared: Option<Vec<Grant>>,
    /// Whether its manifest names the permission without which a browser starts no host for it.
    pub(crate) asks_for_hosts: bool,
}

impl Extension {
    /// Reads an extension's folder, or its `manifest.json` itself.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let named_file = path.file_name().is_some_and(|name| name == MANIFEST);
        let folder = match path.parent() {
            // The folder of a bare name is the one we are in.
            Some(parent) if named_file && path.is_file() && parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) if named_file && path.is_file() => parent,
            _ => path,
        };
        let folder = id::normal(folder).map_err(Error::io("find the extension's folder", folder))?;
        let file = folder.join(MANIFEST);
        let Some(content) = disk::read(&file)? else {
            return Err(Error::unusable(&folder)(
                "no manifest.json: name the folder that you load on the extensions page".to_owned(),
            ));
        };
        let bad = Error::unusable(&file);
        match Self::parse(&folder, &content) {
            Ok(extension) => Ok(extension),
            Err(problem) => Err(bad(problem)),
        }
    }

    /// Its ids for browsers that have been started here; all when there are none.
    pub(crate) fn ids_here(&self, environment: &Environment) -> Vec<ExtensionId> {
        let started = targets::started(environment).unwrap_or_default();
        let has_browser = |id: &&ExtensionId| started.iter().any(|target| target.family == id.family());
        let here: Vec<_> = self.ids.iter().filter(has_browser).cloned().collect();
        if here.is_empty() { self.ids.clone() } else { here }
    }

    fn parse(folder: &Path, content: &[u8]) -> Result<Self, String> {
        let manifest = dialect::parse(content)?;
        if !manifest.is_object() {
            return Err("not a JSON object".to_owned());
        }
        // What is optional the extension asks for when it runs.
        let permissions = ["permissions", "optional_permissions"]
            .iter()
            .filter_map(|key| manifest.get(key)?.as_array());
        let mut ids = vec![chromium_id(&manifest, folder)?];
        if let Some(add_on) = firefox_id(&manifest)? {
            ids.push(add_on);
        }
        Ok(Self {
            name: name::of(&manifest, folder),
            folder: folder.to_owned(),
            ids,
            declared: manifest.get("sockets").map(declared).transpose()?,
            asks_for_hosts: permissions.flatten().any(|item| item == "nativeMessaging"),
        })
    }
}

/// What to say of an extension that does not ask for hosts.
pub(crate) const NO_PERMISSION: &str =
    "Its manifest does not name the permission \"nativeMessaging\", without which the browser starts no host.";

const MANIFEST: &str = "manifest.json";

fn chromium_id(manifest: &Value, folder: &Path) -> Result<ExtensionId, String> {
    let text = match manifest.get("key") {
        Some(key) => {
            let key = key.as_str().ok_or("`key` is not a string")?;
            id::of_key(key).ok_or("`key` is not a public key in base64")?
        }
        None => id::of_path(folder),
    };
    text.parse().map_err(str::to_owned)
}

/// `browser_specific_settings.gecko.id`, which Manifest V2 called `applications`.
fn firefox_id(manifest: &Value) -> Result<Option<ExtensionId>, String> {
    let settings = ["browser_specific_settings", "applications"];
    let id = settings
        .iter()
        .find_map(|key| manifest.get(key)?.get("gecko")?.get("id"));
    let Some(id) = id else { return Ok(None) };
    let id: ExtensionId = id
        .as_str()
        .and_then(|id| id.parse().ok())
        .filter(|id: &ExtensionId| id.family() == super::Family::Firefox)
        .ok_or("`gecko.id` is not an add-on id: name@example.org or {uuid}")?;
    Ok(Some(id))
}

/// The grants that let an extension do all that its `sockets` key declares.
fn declared(sockets: &Value) -> Result<Vec<Grant>, String> {
    let declared = Grants::parse(sockets, Dialect::Manifest)?;
    let mut grants = Vec::new();
    for list in LISTS {
        let operation = KEYS
            .iter()
            .find(|(section, key, _)| (*section, *key) == (list.section, list.key));
        let patterns = operation.and_then(|(_, _, operation)| declared.get(*operation));
        for pattern in patterns.unwrap_or_default() {
            let pattern = if *list == MULTICAST {
                String::new()
            } else {
                pattern.to_string()
            };
            grants.push(Grant { list, pattern });
        }
    }
    Ok(grants)
}

#[cfg(test)]
#[path = "extension/tests.rs"]
mod tests;
