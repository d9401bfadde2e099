//! The `sockets` object of a manifest, which is also the shape of an extension's entry in a policy file.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{Dialect, Operation, Pattern};

/// Section, key and operation, in the order Chromium reads them.
pub(crate) const KEYS: [(&str, &str, Operation); 5] = [
    ("udp", "bind", Operation::UdpBind),
    ("udp", "send", Operation::UdpSend),
    ("udp", "multicastMembership", Operation::UdpMulticastMembership),
    ("tcp", "connect", Operation::TcpConnect),
    ("tcpServer", "listen", Operation::TcpServerListen),
];

/// The patterns granted per operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    lists: [Option<Vec<Pattern>>; KEYS.len()],
}

impl Grants {
    /// Validates as Chromium does at install; members it does not know are ignored.
    ///
    /// # Errors
    /// The text for the console: Chromium's for a bad pattern, and the path of the member for a wrong shape.
    pub fn parse(value: &Value, dialect: Dialect) -> Result<Self, String> {
        let mut grants = Self::default();
        let root = match dialect {
            Dialect::Manifest => "sockets",
            Dialect::Policy => "extensions.<id>",
        };
        // The whole shape comes first, as in Chromium: a wrong one is reported before any bad pattern.
        let mut named = Vec::new();
        let place = |names: &str| format!("{root}{names}");
        let sections = as_object(value).map_err(|problem| misshapen(dialect, &place(""), &problem))?;
        for (section, key, operation) in KEYS {
            let Some(members) = sections.get(section) else {
                continue;
            };
            let members = as_object(members).map_err(|problem| {
                let problem = format!("'{section}': {problem}");
                misshapen(dialect, &place(&format!(".{section}")), &problem)
            })?;
            if let Some(list) = members.get(key) {
                let texts = texts(list)
                    .map_err(|problem| misshapen(dialect, &place(&format!(".{section}.{key}")), &problem))?;
                named.push((operation, texts));
            }
        }
        for (operation, texts) in named {
            grants.lists[operation as usize] = Some(parse_list(texts, operation, dialect)?);
        }
        Ok(grants)
    }

    /// The patterns of `operation`; `None` when its key is absent, which a manifest and a policy read differently.
    #[must_use]
    pub fn get(&self, operation: Operation) -> Option<&[Pattern]> {
        self.lists[operation as usize].as_deref()
    }

    /// Whether a pattern of `operation` grants the request.
    #[must_use]
    pub fn allow(&self, operation: Operation, host: &str, port: u16) -> bool {
        let list = self.get(operation).unwrap_or_default();
        list.iter().any(|pattern| pattern.matches(host, port))
    }
}

/// What is wrong, in Chromium's words, and where, which Chromium does not say.
fn misshapen(dialect: Dialect, place: &str, problem: &str) -> String {
    match dialect {
        Dialect::Manifest => format!("{problem} ({place})"),
        Dialect::Policy => format!("`{place}` is misshapen: {problem}"),
    }
}

fn as_object(value: &Value) -> Result<&Map<String, Value>, String> {
    let wrong = || format!("expected dictionary, got {}", kind(value));
    value.as_object().ok_or_else(wrong)
}

/// A string or an array of strings.
fn texts(value: &Value) -> Result<Vec<&str>, String> {
    match value {
        Value::String(one) => Ok(vec![one]),
        Value::Array(items) => {
            let text = |(at, item): (usize, _)| {
                let problem = "Error at key 'strings': Parsing array failed at index";
                Value::as_str(item).ok_or_else(|| format!("{problem} {at}: expected string, got {}", kind(item)))
            };
            items.iter().enumerate().map(text).collect()
        }
        _ => Err(format!("expected string or strings, got {}", kind(value))),
    }
}

/// Equal patterns collapse.
fn parse_list(texts: Vec<&str>, operation: Operation, dialect: Dialect) -> Result<Vec<Pattern>, String> {
    let mut list = Vec::new();
    // A list may be long, so that it is not searched for each of its entries.
    let mut known = HashSet::new();
    for text in texts {
        let pattern = match operation {
            // Membership knows no addresses: Chromium takes the empty string only, and it grants every group.
            Operation::UdpMulticastMembership if !text.is_empty() => {
                return Err(super::InvalidPattern(text.to_owned()).to_string());
            }
            _ => Pattern::parse(text, dialect).map_err(|error| error.to_string())?,
        };
        if known.insert(pattern.clone()) {
            list.push(pattern);
        }
    }
    Ok(list)
}

/// Chromium's name for the type of a value.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()) => "integer",
        Value::Number(_) => "double",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "dictionary",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(value: &Value) -> Result<Grants, String> {
        Grants::parse(value, Dialect::Manifest)
    }

    fn printed(value: &Value, operation: Operation) -> Vec<String> {
        let grants = parse(value).expect("valid");
        let list = grants.get(operation).expect("named");
        list.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn m17_m22_errors_are_chromiums() {
        for (value, pattern) in [
            (json!({"tcpServer": {"listen": "X:0"}}), "X:0"),
            (json!({"tcpServer": {"listen": ["a:80", "[::1]:80"]}}), "[::1]:80"),
            (json!({"udp": {"multicastMembership": "*"}}), "*"),
            (json!({"udp": {"multicastMembership": ["", "*:*"]}}), "*:*"),
        ] {
            let text = format!("Invalid host:port pattern '{pattern}'");
            assert_eq!(parse(&value), Err(text), "{value}");
        }
    }

    #[test]
    fn m18_m20_one_string_is_a_list_of_one() {
        let listen = Operation::TcpServerListen;
        for value in [
            json!({"tcpServer": {"listen": ""}}),
            json!({"tcpServer": {"listen": [""]}}),
        ] {
            assert_eq!(printed(&value, listen), ["*:*"], "{value}");
        }
        let two = json!({"tcpServer": {"listen": ["a:80", "b:10", "A:80"]}});
        assert_eq!(printed(&two, listen), ["a:80", "b:10"]);
    }

    #[test]
    fn m19_m39_an_empty_list_and_an_absent_section_grant_nothing() {
        let empty = parse(&json!({"tcpServer": {"listen": []}})).expect("valid");
        assert_eq!(empty.get(Operation::TcpServerListen), Some(&[][..]));
        for grants in [empty, parse(&json!({"udp": {"bind": ""}})).expect("valid")] {
            assert!(!grants.allow(Operation::TcpServerListen, "127.0.0.1", 80));
        }
    }

    #[test]
    fn m21_membership_is_one_entry() {
        for list in [json!(""), json!([""]), json!(["", ""])] {
            let value = json!({"udp": {"multicastMembership": list}});
            assert_eq!(printed(&value, Operation::UdpMulticastMembership), ["*:*"], "{value}");
        }
    }

    #[test]
    fn m23_all_operations_together_are_nine_entries() {
        let two = ["a:80", "b:10"];
        let grants = parse(&json!({
            "udp": {"bind": two, "send": two, "multicastMembership": ""},
            "tcp": {"connect": two}, "tcpServer": {"listen": two},
        }))
        .expect("valid");
        let count = |(_, _, operation)| grants.get(operation).map_or(0, <[Pattern]>::len);
        assert_eq!(KEYS.map(count), [2, 2, 1, 2, 2]);
    }

    #[test]
    fn m24_m25_m31_each_operation_has_its_own_list() {
        for (granted, section, key) in KEYS.map(|(section, key, operation)| (operation, section, key)) {
            let grants = parse(&json!({section: {key: ""}})).expect("valid");
            for (_, _, asked) in KEYS {
                let allowed = grants.allow(asked, "239.1.2.3", 8800);
                assert_eq!(allowed, asked == granted, "{section}.{key} for {asked:?}");
            }
        }
    }

    #[test]
    fn wrong_shapes_are_named_and_unknown_members_ignored() {
        for (value, text) in [
            (json!([]), "expected dictionary, got list (sockets)"),
            (
                json!({"tcp": null}),
                "'tcp': expected dictionary, got null (sockets.tcp)",
            ),
            (
                json!({"tcpServer": {"listen": 8080}}),
                "expected string or strings, got integer (sockets.tcpServer.listen)",
            ),
            (
                json!({"udp": {"send": ["", {}]}}),
                "Error at key 'strings': Parsing array failed at index 1: expected string, got dictionary (sockets.udp.send)",
            ),
            // The whole shape is looked at before any pattern.
            (
                json!({"udp": {"bind": "X:0"}, "tcpServer": {"listen": null}}),
                "expected string or strings, got null (sockets.tcpServer.listen)",
            ),
        ] {
            assert_eq!(parse(&value), Err(text.to_owned()), "{value}");
        }
        let policy = Grants::parse(&json!({"tcp": 1.5}), Dialect::Policy);
        let text = "`extensions.<id>.tcp` is misshapen: 'tcp': expected dictionary, got double";
        assert_eq!(policy, Err(text.to_owned()));
        let unknown = json!({"sctp": 1, "tcp": {"listen": 2}});
        assert_eq!(parse(&unknown), Ok(Grants::default()));
    }
}
