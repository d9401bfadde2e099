//! The names a person types: extension ids and the native host's name.

use std::fmt;
use std::str::FromStr;

use super::Family;

/// The name extensions connect to unless `--name` says otherwise.
pub const DEFAULT_HOST_NAME: &str = "org.chrome_sockets.host";

/// A native-messaging host name in Chromium's grammar: `[a-z0-9._]+`, no dot first, last, or next to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(String);

impl FromStr for HostName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        let valid = text
            .split('.')
            .all(|label| !label.is_empty() && label.bytes().all(allowed));
        valid
            .then(|| Self(text.to_owned()))
            .ok_or("a host name is lower-case letters, digits, '_' and single dots between them")
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An extension's id; which browsers it is for shows in its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionId {
    text: String,
    family: Family,
}

impl ExtensionId {
    /// The browsers this id is for.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    /// The id itself, which is also its key in a policy file.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for ExtensionId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let family = if text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'a'..=b'p')) {
            Family::Chromium
        } else if is_add_on_id(text) {
            Family::Firefox
        } else {
            return Err(
                "an extension id is 32 letters a to p, as chrome://extensions shows it with developer mode on (Firefox: name@example.org or {uuid})",
            );
        };
        Ok(Self {
            text: text.to_owned(),
            family,
        })
    }
}

/// Firefox's rule: `{uuid}`, or letters, digits, `-._` around one `@`, with something after it.
fn is_add_on_id(text: &str) -> bool {
    if let Some(uuid) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        let lengths = uuid.split('-').map(str::len);
        return lengths.eq([8, 4, 4, 4, 12]) && uuid.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    }
    let allowed = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
    };
    text.split_once('@')
        .is_some_and(|(name, place)| allowed(name) && !place.is_empty() && allowed(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n08_n09_host_names_follow_chromiums_grammar() {
        for name in ["a", "foo", "foo132", "foo.bar", "foo.bar2", "a._.c", DEFAULT_HOST_NAME] {
            assert!(name.parse::<HostName>().is_ok(), "{name}");
        }
        for name in ["A.b", "a..b", ".a", "b.", "a*", "", "a/b", "a\n", "é"] {
            assert!(name.parse::<HostName>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn ids_tell_their_browsers() {
        let family = |text: &str| text.parse::<ExtensionId>().ok().map(|id| id.family());
        assert_eq!(family("abcdefghijklmnopabcdefghijklmnop"), Some(Family::Chromium));
        for id in [
            "a@b",
            "@b",
            "my-add.on_1@example.org",
            "{01234567-89ab-CDEF-0123-456789abcdef}",
        ] {
            assert_eq!(family(id), Some(Family::Firefox), "{id}");
        }
        for id in [
            "",
            "abcdefghijklmnopabcdefghijklmno",
            "abcdefghijklmnopabcdefghijklmnoq",
            "ABCDEFGHIJKLMNOPABCDEFGHIJKLMNOP",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop/",
            "a@",
            "a@b@c",
            "a b@c",
            "a@b\n",
            "{01234567-89ab-cdef-0123-456789abcde}",
            "{01234567-89ab-cdef-0123-456789abcdeg}",
        ] {
            assert_eq!(family(id), None, "{id:?}");
        }
    }
}
