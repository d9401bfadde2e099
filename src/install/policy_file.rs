//! Grants merged into `policy.json` and taken out again; what others wrote there stays.

use std::path::Path;

use serde_json::{Map, Value};

use super::manifest::pretty;
use super::{Error, ExtensionId, List};
use crate::policy::{Dialect, Pattern, read_trusted};

/// The user's policy file, as it stands and as it shall be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PolicyEdit {
    before: Map<String, Value>,
    after: Map<String, Value>,
}

impl PolicyEdit {
    /// Reads under the host's own rules: merging into a file that others can write would bless what they wrote.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let content = read_trusted(path)
            .map_err(|refusal| refusal.text)
            .map_err(Error::unusable(path))?;
        Self::parse(content.as_deref()).map_err(Error::unusable(path))
    }

    fn parse(content: Option<&[u8]>) -> Result<Self, String> {
        let before = match content.map(serde_json::from_slice).transpose() {
            Ok(None) => Map::new(),
            Ok(Some(Value::Object(members))) => members,
            Ok(Some(_)) => return Err("not a JSON object".to_owned()),
            Err(error) => return Err(format!("not JSON ({error})")),
        };
        Ok(Self {
            after: before.clone(),
            before,
        })
    }

    /// The new content; `None` when nothing has changed.
    pub(super) fn changed(&self) -> Option<Vec<u8>> {
        (self.after != self.before).then(|| pretty(&self.after))
    }

    /// Whether nothing is left to say.
    pub(super) fn is_empty(&self) -> bool {
        self.after.is_empty()
    }

    /// Adds a pattern to a list of `id`, unless one there means the same.
    pub(super) fn grant(&mut self, id: &ExtensionId, list: &List, pattern: &str) -> Result<(), String> {
        let &List { section, key, .. } = list;
        let parse = |text: &str| Pattern::parse(text, Dialect::Policy).map_err(|error| error.to_string());
        let mut members = &mut self.after;
        for name in ["extensions", id.as_str(), section] {
            let value = members.entry(name).or_insert_with(|| Map::new().into());
            members = value
                .as_object_mut()
                .ok_or_else(|| format!("`{name}` is not an object"))?;
        }
        let list = members.entry(key).or_insert_with(|| Value::Array(Vec::new()));
        if list.is_string() {
            *list = Value::Array(vec![list.take()]);
        }
        let list = list.as_array_mut().ok_or_else(|| format!("`{key}` is not a list"))?;
        let mut known = Vec::new();
        for value in list.iter() {
            let text = value
                .as_str()
                .ok_or_else(|| format!("`{key}` is not a list of strings"))?;
            known.push(parse(text)?);
        }
        if !known.contains(&parse(pattern)?) {
            list.push(pattern.into());
        }
        Ok(())
    }

    /// What `id` may now do in a list; `None` when the list is absent and the default holds.
    pub(super) fn granted(&self, id: &ExtensionId, list: &List) -> Option<String> {
        let &List { section, key, .. } = list;
        let list = self.after.get("extensions")?.get(id.as_str())?.get(section)?.get(key)?;
        let items = list.as_array().map_or(std::slice::from_ref(list), Vec::as_slice);
        let texts: Vec<_> = items.iter().filter_map(Value::as_str).collect();
        Some(if texts.is_empty() {
            "nothing".to_owned()
        } else {
            texts.join(", ")
        })
    }

    /// Takes out everything about `ids`, and the `extensions` member when nothing is left in it.
    pub(super) fn forget(&mut self, ids: &[String]) {
        let Some(extensions) = self.after.get_mut("extensions").and_then(Value::as_object_mut) else {
            return;
        };
        let before = extensions.len();
        extensions.retain(|id, _| !ids.contains(id));
        if extensions.is_empty() && before > 0 {
            self.after.shift_remove("extensions");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{CONNECT, LISTEN, MULTICAST};
    use super::*;

    fn id(text: &str) -> ExtensionId {
        text.parse().expect("an id")
    }

    fn edit(value: &Value) -> PolicyEdit {
        PolicyEdit::parse(Some(value.to_string().as_bytes())).expect("a policy")
    }

    fn after(edit: &PolicyEdit) -> Value {
        Value::Object(edit.after.clone())
    }

    #[test]
    fn grants_are_added_beside_what_others_wrote() {
        let mut edit = edit(&json!({
            "z": 1, "extensions": {"other": 7, "a@b": {"limits": {"sockets": 3}, "tcpServer": {"listen": "127.0.0.1:80", "x": 2}}}, "a": 2,
        }));
        for pattern in ["[::1]:80", "127.0.0.1:80", "[::1]:80"] {
            edit.grant(&id("a@b"), &LISTEN, pattern).expect("granted");
        }
        edit.grant(&id("c@d"), &CONNECT, "*:*").expect("granted");
        // The only pattern that a policy may have there.
        edit.grant(&id("c@d"), &MULTICAST, "").expect("granted");
        let expected = json!({
            "z": 1, "extensions": {
                "other": 7,
                "a@b": {"limits": {"sockets": 3}, "tcpServer": {"listen": ["127.0.0.1:80", "[::1]:80"], "x": 2}},
                "c@d": {"tcp": {"connect": ["*:*"]}, "udp": {"multicastMembership": [""]}},
            }, "a": 2,
        });
        assert_eq!(after(&edit).to_string(), expected.to_string(), "and the order stays");
        assert_eq!(
            edit.granted(&id("a@b"), &LISTEN).as_deref(),
            Some("127.0.0.1:80, [::1]:80")
        );
        assert_eq!(edit.granted(&id("c@d"), &LISTEN), None);
    }

    #[test]
    fn nothing_to_grant_changes_nothing() {
        let mut edit = edit(&json!({"extensions": {"a@b": {"tcpServer": {"listen": ["*:80"]}}}}));
        edit.grant(&id("a@b"), &LISTEN, ":80").expect("granted");
        assert_eq!(edit.changed(), None);
    }

    #[test]
    fn shapes_that_cannot_be_merged_are_refused() {
        for value in [
            json!({"extensions": []}),
            json!({"extensions": {"a@b": 1}}),
            json!({"extensions": {"a@b": {"tcpServer": 1}}}),
            json!({"extensions": {"a@b": {"tcpServer": {"listen": 1}}}}),
            json!({"extensions": {"a@b": {"tcpServer": {"listen": [1]}}}}),
            json!({"extensions": {"a@b": {"tcpServer": {"listen": ["X:0"]}}}}),
        ] {
            assert!(edit(&value).grant(&id("a@b"), &LISTEN, "*").is_err(), "{value}");
        }
        assert!(PolicyEdit::parse(Some(b"[]")).is_err());
        assert!(PolicyEdit::parse(Some(b"{")).is_err());
    }

    #[test]
    fn forgetting_leaves_others() {
        let mut both = edit(&json!({"extensions": {"a@b": {}, "c@d": {}}}));
        both.forget(&["a@b".to_owned()]);
        assert_eq!(after(&both), json!({"extensions": {"c@d": {}}}));
        both.forget(&["c@d".to_owned()]);
        assert!(both.is_empty());
        let mut other = edit(&json!({"extensions": {"a@b": {}}, "note": "mine"}));
        other.forget(&["a@b".to_owned()]);
        assert_eq!(after(&other), json!({"note": "mine"}));
        other.forget(&["a@b".to_owned()]);
        assert!(!other.is_empty());
    }
}
