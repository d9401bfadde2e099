//! Grants merged into `policy.json` and taken out again; what others wrote there stays.

use std::path::Path;

use serde_json::{Map, Value};

use super::manifest::pretty;
use super::{Error, ExtensionId, LISTEN, LISTS, List, words};
use crate::policy::{Dialect, Pattern, read_trusted};

/// The user's policy file, as it stands and as it shall be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PolicyEdit {
    before: Map<String, Value>,
    after: Map<String, Value>,
}

impl PolicyEdit {
    /// Reads under the host's own rules: merging into a file that others can write would bless what they wrote.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
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

    /// Takes a pattern that means the same off a list of `id`; whether there was one.
    ///
    /// A list that becomes empty stays: without it the default would hold again.
    pub(super) fn revoke(&mut self, id: &ExtensionId, list: &List, pattern: &str) -> Result<bool, String> {
        let wanted = Pattern::parse(pattern, Dialect::Policy).map_err(|error| error.to_string())?;
        let Some(list) = self.list_mut(id, list) else {
            return Ok(false);
        };
        if list.is_string() {
            *list = Value::Array(vec![list.take()]);
        }
        let list = list.as_array_mut().ok_or("its list is not a list")?;
        let before = list.len();
        list.retain(|value| {
            let pattern = value.as_str().map(|text| Pattern::parse(text, Dialect::Policy));
            pattern != Some(Ok(wanted.clone()))
        });
        Ok(list.len() < before)
    }

    /// Leaves `id` nothing, not even what holds by default.
    pub(super) fn revoke_all(&mut self, id: &ExtensionId) -> Result<(), String> {
        let extensions = self.after.entry("extensions").or_insert_with(|| Map::new().into());
        let extensions = extensions.as_object_mut().ok_or("`extensions` is not an object")?;
        let mut entry = match extensions.get(id.as_str()) {
            Some(Value::Object(entry)) => entry.clone(),
            _ => Map::new(),
        };
        for list in LISTS {
            entry.shift_remove(list.section);
        }
        entry.insert(LISTEN.section.to_owned(), serde_json::json!({ LISTEN.key: [] }));
        extensions.insert(id.as_str().to_owned(), entry.into());
        Ok(())
    }

    fn list_mut(&mut self, id: &ExtensionId, list: &List) -> Option<&mut Value> {
        let entry = self.after.get_mut("extensions")?.get_mut(id.as_str())?;
        entry.get_mut(list.section)?.get_mut(list.key)
    }

    /// The entry of an extension as it shall be; `null` when there is none.
    pub(crate) fn entry(&self, id: &str) -> Value {
        let entry = self.after.get("extensions").and_then(|extensions| extensions.get(id));
        entry.cloned().unwrap_or_default()
    }

    /// The extensions that have an entry.
    pub(crate) fn ids(&self) -> Vec<String> {
        let extensions = self.after.get("extensions").and_then(Value::as_object);
        extensions.into_iter().flat_map(Map::keys).cloned().collect()
    }

    /// The patterns in a list of `id`; `None` when the list is absent and the default holds.
    pub(crate) fn patterns(&self, id: &str, list: &List) -> Option<Vec<&str>> {
        let list = self
            .after
            .get("extensions")?
            .get(id)?
            .get(list.section)?
            .get(list.key)?;
        let items = list.as_array().map_or(std::slice::from_ref(list), Vec::as_slice);
        Some(items.iter().filter_map(Value::as_str).collect())
    }

    /// What `id` may do, a line each.
    pub(crate) fn in_words(&self, id: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for list in LISTS {
            match self.patterns(id, list) {
                Some(patterns) => lines.extend(patterns.iter().map(|text| words::of_text(list, text))),
                None => lines.extend(list.default.map(str::to_owned)),
            }
        }
        if lines.is_empty() {
            lines.push("nothing".to_owned());
        }
        lines
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
            edit.in_words("a@b"),
            [
                "listen on port 80 of this computer",
                "listen on port 80 of this computer"
            ]
        );
        assert_eq!(
            edit.in_words("c@d"),
            [
                "listen on any port of this computer",
                "connect to any host",
                "join every multicast group"
            ]
        );
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
    fn what_is_revoked_does_not_become_the_default() {
        let mut edit = edit(&json!({"extensions": {"a@b": {
            "limits": {"sockets": 3}, "tcp": {"connect": "a:1"}, "tcpServer": {"listen": ["*:80"]},
        }}}));
        let id = id("a@b");
        assert_eq!(edit.revoke(&id, &LISTEN, "*:81"), Ok(false));
        assert_eq!(edit.revoke(&id, &LISTEN, ":80"), Ok(true));
        assert_eq!(edit.revoke(&id, &CONNECT, "A:1"), Ok(true));
        assert_eq!(edit.revoke(&id, &MULTICAST, ""), Ok(false));
        assert_eq!(edit.in_words("a@b"), ["nothing"]);
        edit.revoke_all(&id).expect("revoked");
        let expected = json!({"limits": {"sockets": 3}, "tcpServer": {"listen": []}});
        assert_eq!(edit.entry("a@b"), expected);
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
