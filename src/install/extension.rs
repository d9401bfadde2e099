//! What an extension's folder tells about it: its ids, its name, and what its manifest declares.

mod dialect;
mod id;
mod name;

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Error, ExtensionId, Grant, LISTS, MULTICAST, disk};
use crate::policy::{Dialect, Grants, KEYS};

/// An unpacked extension.
#[derive(Debug)]
pub(super) struct Extension {
    /// Absolute, links resolved, as Chromium sees it.
    pub(super) folder: PathBuf,
    /// As people see it; text of a stranger.
    pub(super) name: String,
    /// For Chromium browsers always; for Firefox when the manifest says it.
    pub(super) ids: Vec<ExtensionId>,
    /// What the manifest's `sockets` key declares; `None` without the key.
    pub(super) declared: Option<Vec<Grant>>,
    /// What a person should know of it, a line each.
    pub(super) notes: Vec<String>,
}

impl Extension {
    /// Reads an extension's folder, or its `manifest.json` itself.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let named_file = path.file_name().is_some_and(|name| name == MANIFEST);
        let folder = match path.parent() {
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

    fn parse(folder: &Path, content: &[u8]) -> Result<Self, String> {
        let manifest = dialect::parse(content)?;
        if !manifest.is_object() {
            return Err("not a JSON object".to_owned());
        }
        let mut notes = Vec::new();
        let permissions = manifest.get("permissions").and_then(Value::as_array);
        if !permissions.is_some_and(|list| list.iter().any(|item| item == "nativeMessaging")) {
            notes.push(
                "Its manifest does not name the permission \"nativeMessaging\", without which the browser starts no host."
                    .to_owned(),
            );
        }
        let mut ids = vec![chromium_id(&manifest, folder)?];
        if let Some(add_on) = firefox_id(&manifest)? {
            ids.push(add_on);
        }
        Ok(Self {
            name: name::of(&manifest, folder),
            folder: folder.to_owned(),
            ids,
            declared: manifest.get("sockets").map(declared).transpose()?,
            notes,
        })
    }
}

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
