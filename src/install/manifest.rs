//! The native-messaging host manifest, in both dialects.

use std::path::Path;

use serde_json::{Map, Value};

use super::{ExtensionId, Family, HostName};

const DESCRIPTION: &str = "chrome.sockets for browser extensions";

/// The stable binary's name. A manifest that starts a program of this name is ours.
pub(crate) const PROGRAM_NAME: &str = if cfg!(windows) {
    "chrome-sockets-host.exe"
} else {
    "chrome-sockets-host"
};

/// A host manifest of ours. Members we do not know stay as they are.
#[derive(Debug, Default)]
pub struct HostManifest {
    members: Map<String, Value>,
}

impl HostManifest {
    /// Reads an installed manifest.
    ///
    /// # Errors
    /// Why it is not one of ours: not JSON, another name than its file's, another program's, or a list that is none.
    pub fn parse(content: &[u8], name: &str) -> Result<Self, String> {
        let value = serde_json::from_slice(content).map_err(|error| format!("not JSON ({error})"))?;
        let Value::Object(members) = value else {
            return Err("not a JSON object".to_owned());
        };
        let text = |key: &str| members.get(key).and_then(Value::as_str);
        let program = text("path").and_then(|path| Path::new(path).file_name());
        if text("name") != Some(name) || program.is_none_or(|program| program != PROGRAM_NAME) {
            return Err("the manifest of another program".to_owned());
        }
        for key in [key_of(Family::Chromium), key_of(Family::Firefox)] {
            let is_list = |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
            if !members.get(key).is_none_or(is_list) {
                return Err(format!("`{key}` is not a list of strings"));
            }
        }
        Ok(Self { members })
    }

    /// Sets what a browser needs, and lets `ids` start the host beside those that may already. The ids are of `family`.
    pub fn allow<'a>(
        &mut self,
        family: Family,
        name: &HostName,
        program: &str,
        ids: impl IntoIterator<Item = &'a ExtensionId>,
    ) {
        for (key, value) in [
            ("name", &*name.to_string()),
            ("description", DESCRIPTION),
            ("path", program),
            ("type", "stdio"),
        ] {
            self.members.insert(key.to_owned(), value.into());
        }
        let list = self
            .members
            .entry(key_of(family))
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Some(list) = list.as_array_mut() {
            // One entry that is none makes a browser refuse the whole file.
            list.retain_mut(|entry| mend(family, entry));
            for id in ids {
                let entry = Value::from(entry_of(family, id.as_str()));
                if !list.contains(&entry) {
                    list.push(entry);
                }
            }
        }
    }

    /// Takes `ids` off the list; whether nobody is left on it.
    pub fn forbid(&mut self, ids: &[ExtensionId]) -> bool {
        for family in [Family::Chromium, Family::Firefox] {
            if let Some(list) = self.list_mut(family) {
                list.retain(|entry| !ids.iter().any(|id| entry.as_str().map(id_of) == Some(id.as_str())));
            }
        }
        self.ids().is_empty()
    }

    /// The program it starts.
    #[must_use]
    pub fn program(&self) -> Option<&str> {
        self.members.get("path").and_then(Value::as_str)
    }

    /// The ids that may start the host.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        let list = |family| self.members.get(key_of(family)).and_then(Value::as_array);
        let origins = list(Family::Chromium).into_iter().flatten().filter_map(Value::as_str);
        let add_ons = list(Family::Firefox).into_iter().flatten().filter_map(Value::as_str);
        origins
            .map(|origin| id_of(origin).to_owned())
            .chain(add_ons.map(str::to_owned))
            .collect()
    }

    fn list_mut(&mut self, family: Family) -> Option<&mut Vec<Value>> {
        self.members.get_mut(key_of(family))?.as_array_mut()
    }

    /// The file's text.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        pretty(&self.members)
    }
}

pub(crate) fn key_of(family: Family) -> &'static str {
    match family {
        Family::Chromium => "allowed_origins",
        Family::Firefox => "allowed_extensions",
    }
}

pub(crate) fn entry_of(family: Family, id: &str) -> String {
    match family {
        Family::Chromium => format!("chrome-extension://{id}/"),
        Family::Firefox => id.to_owned(),
    }
}

/// Brings an entry into the form that browsers take; whether it can be.
fn mend(family: Family, entry: &mut Value) -> bool {
    let id: Option<ExtensionId> = entry.as_str().and_then(|text| id_of(text).parse().ok());
    match id.filter(|id| id.family() == family) {
        Some(id) => {
            *entry = entry_of(family, id.as_str()).into();
            true
        }
        None => false,
    }
}

/// The id in an entry. Edge shows origins without `chrome-`, which people copy.
pub(crate) fn id_of(entry: &str) -> &str {
    let origin = entry.strip_prefix("chrome-").unwrap_or(entry);
    origin
        .strip_prefix("extension://")
        .unwrap_or(entry)
        .trim_end_matches('/')
}

/// JSON as people read it, with a final line end.
pub(super) fn pretty(members: &Map<String, Value>) -> Vec<u8> {
    // `{:#}` of a `Value` is serde_json's pretty form and cannot fail.
    format!("{:#}\n", Value::Object(members.clone())).into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CHROMIUM: &str = "abcdefghijklmnopabcdefghijklmnop";
    const OTHER: &str = "ponmlkjihgfedcbaponmlkjihgfedcba";

    fn id(text: &str) -> ExtensionId {
        text.parse().expect("an id")
    }

    fn name() -> HostName {
        super::super::DEFAULT_HOST_NAME.parse().expect("a name")
    }

    /// The files in `manifest/` are what `install` writes for these arguments.
    #[test]
    fn the_templates_are_what_is_written() {
        for (family, id, template) in [
            (
                Family::Chromium,
                self::id(CHROMIUM),
                include_str!("../../manifest/chromium/org.chrome_sockets.host.json"),
            ),
            (
                Family::Firefox,
                self::id("my-add-on@example.org"),
                include_str!("../../manifest/firefox/org.chrome_sockets.host.json"),
            ),
        ] {
            let mut manifest = HostManifest::default();
            let program = "/home/you/.local/share/chrome-sockets/bin/chrome-sockets-host";
            manifest.allow(family, &name(), program, [&id]);
            let text = String::from_utf8(manifest.to_bytes()).expect("UTF-8");
            assert_eq!(text, template);
            let value: Value = serde_json::from_str(template).expect("JSON");
            assert_eq!(value["type"], "stdio");
            // On Windows the program has another name than in the templates.
            let read = HostManifest::parse(template.as_bytes(), &name().to_string());
            assert_eq!(read.is_ok(), cfg!(not(windows)));
        }
    }

    #[test]
    fn ids_add_up_and_unknown_members_stay() {
        let installed = json!({
            "name": name().to_string(), "path": format!("/old/{PROGRAM_NAME}"), "description": "mine",
            "allowed_origins": [format!("extension://{OTHER}"), "chrome-extension://*/", "x"],
            "supports_native_initiated_connections": true,
        });
        let mut manifest = HostManifest::parse(installed.to_string().as_bytes(), &name().to_string()).expect("ours");
        for _ in 0..2 {
            manifest.allow(Family::Chromium, &name(), "/new", [&id(CHROMIUM)]);
        }
        assert_eq!(manifest.ids(), [OTHER, CHROMIUM]);
        assert_eq!(manifest.members["supports_native_initiated_connections"], true);
        assert_eq!(manifest.members["path"], "/new");
        assert!(!manifest.forbid(&[id(OTHER)]));
        assert_eq!(manifest.ids(), [CHROMIUM]);
        assert!(manifest.forbid(&[id(CHROMIUM)]));
    }

    /// Who is shown as installed can be taken off, however the entry is written.
    #[test]
    fn entries_in_another_form_can_be_forbidden() {
        for entry in [format!("extension://{OTHER}/"), format!("chrome-extension://{OTHER}")] {
            let mut manifest = HostManifest::default();
            manifest.allow(Family::Chromium, &name(), "/new", [&id(CHROMIUM)]);
            let list = manifest.list_mut(Family::Chromium).expect("a list");
            list.push(entry.as_str().into());
            assert_eq!(manifest.ids(), [CHROMIUM, OTHER], "{entry}");
            assert!(!manifest.forbid(&[id(OTHER)]));
            assert_eq!(manifest.ids(), [CHROMIUM], "{entry}");
        }
    }

    #[test]
    fn what_is_not_ours_is_refused_with_a_reason() {
        let name = name().to_string();
        let path = format!("/x/{PROGRAM_NAME}");
        for (content, reason) in [
            (String::new(), "not JSON"),
            ("[]".to_owned(), "not a JSON object"),
            ("{}".to_owned(), "another program"),
            (
                json!({"name": name, "path": "/x/keeper"}).to_string(),
                "another program",
            ),
            (json!({"name": "a.b", "path": path}).to_string(), "another program"),
            (
                json!({"name": name, "path": path, "allowed_origins": "x"}).to_string(),
                "`allowed_origins`",
            ),
            (
                json!({"name": name, "path": path, "allowed_extensions": [1]}).to_string(),
                "`allowed_extensions`",
            ),
        ] {
            let error = HostManifest::parse(content.as_bytes(), &name).expect_err(&content);
            assert!(error.contains(reason), "{content}: {error}");
        }
    }
}
