//! The name of an extension, also where its manifest only refers to a message.

use std::path::Path;

use serde_json::Value;

use super::{dialect, disk};

/// Longer names are cut: they are shown in a sentence.
const MOST_CHARACTERS: usize = 80;

/// The manifest's name, its `__MSG_…__` replaced by the messages of the default locale as far as they are there.
pub(super) fn of(manifest: &Value, folder: &Path) -> String {
    let name = manifest
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or("an extension without a name");
    let locale = manifest.get("default_locale").and_then(Value::as_str);
    let messages = locale
        .filter(|_| name.contains(OPEN))
        .and_then(|locale| messages(locale, folder));
    let full = replaced(name, &messages.unwrap_or_default());
    match full.char_indices().nth(MOST_CHARACTERS) {
        Some((at, _)) => format!("{}…", &full[..at]),
        None => full,
    }
}

const OPEN: &str = "__MSG_";

fn messages(locale: &str, folder: &Path) -> Option<Value> {
    // Not a path that leads elsewhere.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !locale.bytes().all(plain) {
        return None;
    }
    let file = folder.join("_locales").join(locale).join("messages.json");
    dialect::parse(&disk::read(&file).ok()??).ok()
}

fn replaced(name: &str, messages: &Value) -> String {
    let mut full = String::new();
    let mut rest = name;
    while let Some((before, reference)) = rest.split_once(OPEN) {
        full.push_str(before);
        let known = reference
            .split_once("__")
            .and_then(|(key, after)| Some((message(messages, key)?, after)));
        if let Some((text, after)) = known {
            full.push_str(text);
            rest = after;
        } else {
            full.push_str(OPEN);
            rest = reference;
        }
    }
    full + rest
}

/// Names of messages are compared without case.
fn message<'a>(messages: &'a Value, key: &str) -> Option<&'a str> {
    let (_, found) = messages
        .as_object()?
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(key))?;
    found.get("message")?.as_str()
}
