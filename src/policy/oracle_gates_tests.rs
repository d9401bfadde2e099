//! The key `sockets`, and all gates together, against oracles of their own; the patterns come from `oracle_tests`.

use std::fs;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::grants::KEYS;
use super::oracle_tests::{Written, address_text, is_pattern, parse, pattern_like, request, written};
use super::*;

/// A member of the key `sockets`, and whether it is well formed: `None` is no list of texts, `Some(false)` a bad pattern.
fn list_value(only_empty: bool) -> BoxedStrategy<(Value, Option<bool>)> {
    let text = prop_oneof![
        Just(String::new()),
        written().prop_map(|pattern| pattern.text),
        pattern_like()
    ];
    let is_good = move |text: &str| if only_empty { text.is_empty() } else { is_pattern(text) };
    let wrong = prop::sample::select(vec![json!(null), json!(80), json!(true), json!({}), json!({"0": ""})]);
    prop_oneof![
        3 => text.clone().prop_map(move |text| (json!(text), Some(is_good(&text)))),
        3 => prop::collection::vec(text.clone(), 0..3).prop_map(move |texts| {
            let good = texts.iter().all(|text| is_good(text));
            (json!(texts), Some(good))
        }),
        1 => wrong.clone().prop_map(|value| (value, None)),
        1 => (text, wrong).prop_map(|(text, value)| (json!([text, value]), None)),
        1 => Just((json!([[""]]), None)),
    ]
    .boxed()
}

/// A manifest key `sockets`, and whether it is well formed.
fn sockets_value() -> BoxedStrategy<(Value, Option<bool>)> {
    let wrong = prop::sample::select(vec![json!(null), json!(""), json!([]), json!(7), json!(false)]);
    let members = KEYS.map(|(_, key, _)| prop::option::weighted(0.6, list_value(key == "multicastMembership")));
    let whole = (
        members,
        prop::option::weighted(0.1, (wrong.clone(), 0..KEYS.len())),
        any::<bool>(),
    );
    let whole = whole.prop_map(|(members, wrong_section, unknown)| {
        let mut value = Map::new();
        let mut verdict = Some(true);
        let mut and = |other: Option<bool>| verdict = verdict.and_then(|own| other.map(|other| own && other));
        for ((section, key, _), member) in KEYS.iter().zip(members) {
            if let Some((member, good)) = member {
                value.entry(*section).or_insert(json!({}))[key] = member;
                and(good);
            }
        }
        if unknown {
            value.insert("sctp".to_owned(), json!(7));
            value.entry("tcp").or_insert(json!({}))["listen"] = json!([7]);
        }
        match wrong_section {
            None => (Value::Object(value), verdict),
            Some((wrong, at)) => {
                value.insert(KEYS[at].0.to_owned(), wrong);
                (Value::Object(value), None)
            }
        }
    });
    prop_oneof![9 => whole, 1 => wrong.prop_map(|value| (value, None))].boxed()
}

proptest! {
    /// M-17 … M-23: a key is taken, or refused with Chromium's text for a pattern, or because of its shape, which comes first.
    #[test]
    fn a_manifest_key_is_validated_as_at_install((value, verdict) in sockets_value()) {
        let parsed = Grants::parse(&value, Dialect::Manifest);
        match (verdict, &parsed) {
            (Some(true), parsed) => prop_assert!(parsed.is_ok(), "{value}: {parsed:?}"),
            (Some(false), Err(text)) => prop_assert!(text.starts_with("Invalid host:port pattern '"), "{value}: {text}"),
            (None, Err(text)) => prop_assert!(text.contains("expected ") && text.contains("(sockets"), "{value}: {text}"),
            (_, Ok(_)) => prop_assert!(false, "{value} was taken"),
        }
    }
}

const ID: &str = "abcdefghijklmnopabcdefghijklmnop";

/// What stands in one place where an operation may be granted.
#[derive(Clone, Debug)]
enum Says {
    Nothing,
    Broken,
    Lists(Option<Vec<Written>>),
}

fn says() -> BoxedStrategy<Says> {
    prop_oneof![
        2 => Just(Says::Nothing),
        1 => Just(Says::Broken),
        6 => prop::option::weighted(0.8, prop::collection::vec(written(), 0..4)).prop_map(Says::Lists),
    ]
    .boxed()
}

impl Says {
    /// The entry that says it; `None` for nothing.
    fn entry(&self, section: &str, key: &str) -> Option<Value> {
        match self {
            Self::Nothing => None,
            Self::Broken => Some(json!({section: {key: "a:b:c"}})),
            Self::Lists(None) => Some(json!({})),
            Self::Lists(Some(list)) => {
                let texts: Vec<&str> = list.iter().map(|pattern| &*pattern.text).collect();
                Some(json!({section: {key: texts}}))
            }
        }
    }

    /// Whether it grants the request, or `silent` when it does not name the operation.
    fn grants(&self, host: &str, port: u16, silent: bool) -> bool {
        match self {
            Self::Broken => false,
            Self::Nothing | Self::Lists(None) => silent,
            Self::Lists(Some(list)) => list.iter().any(|pattern| parse(&pattern.text).matches(host, port)),
        }
    }

    fn put(&self, directory: &TempDir, section: &str, key: &str) {
        let Some(entry) = self.entry(section, key) else { return };
        let path = directory.path().join(FILE_NAME);
        fs::write(&path, json!({"extensions": {ID: entry}}).to_string()).expect("written");
        #[cfg(unix)]
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("mode");
    }
}

proptest! {
    /// M-39 and DESIGN §7: what the user, the administrator and the manifest say, taken together.
    #[test]
    fn a_request_must_pass_every_gate(
        user in says(),
        system in says(),
        manifest in says(),
        at in 0..KEYS.len(),
        (relation, port) in request(),
        of in 0..3_usize,
        (address, text) in address_text(),
        by_address: bool,
    ) {
        let (section, key, operation) = KEYS[at];
        prop_assume!(operation != Operation::UdpMulticastMembership);
        // The host is made from one of the patterns, so that something is granted now and then.
        let lists = [&user, &system, &manifest].map(|says| match says {
            Says::Lists(Some(list)) => list.first(),
            _ => None,
        });
        let (host, port) = match lists[of] {
            Some(pattern) if !by_address => (pattern.host(relation), pattern.port(port)),
            _ => (text.clone(), port.unwrap_or(80)),
        };
        let (user_directory, system_directory) = (TempDir::new().expect("user"), TempDir::new().expect("system"));
        user.put(&user_directory, section, key);
        system.put(&system_directory, section, key);
        let dirs = Dirs {
            user: Some(user_directory.path().to_owned()),
            system: Some(system_directory.path().to_owned()),
        };
        let mut gates = Gates::new(&dirs, ID);
        let declared = manifest.entry(section, key);
        prop_assert_eq!(gates.set_manifest(declared.as_ref()).is_err(), matches!(manifest, Says::Broken));

        let loopback = host == text && address >> 24 == 127;
        let by_default = operation == Operation::TcpServerListen && loopback;
        let granted = user.grants(&host, port, by_default)
            && system.grants(&host, port, true)
            && manifest.grants(&host, port, matches!(manifest, Says::Nothing));
        prop_assert_eq!(gates.allows(operation, &host, port), granted, "{} {}:{}", key, host, port);
        // Each file is read once, and the same answer is given again.
        prop_assert_eq!(gates.allows(operation, &host, port), granted);
    }
}
