//! The name a server's certificate must be for.

use std::sync::Arc;

use rustls::pki_types::{IpAddr, ServerName};

use crate::address::{self, Host};

/// The longest text that is looked at; far more than any host's name takes in any spelling.
const LONGEST: usize = 1024;

/// The text to make a name of later; what is too long will never be one.
pub(crate) fn remember_host(text: &str) -> Option<Arc<str>> {
    (text.len() <= LONGEST).then(|| text.into())
}

/// What the text that `connect` was given names, in canonical form: an address, or a name in ASCII. `None` when it is neither.
pub(crate) fn canonical_host(text: &str) -> Option<ServerName<'static>> {
    match address::parse_host(text)? {
        Host::Address(address) => Some(ServerName::IpAddress(IpAddr::from(address))),
        Host::Name(name) => ServerName::try_from(name).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Option<String> {
        canonical_host(text).map(|name| name.to_str().into_owned())
    }

    #[test]
    fn names_are_in_lower_case_and_punycode_and_addresses_are_addresses() {
        for (text, expected) in [
            ("LocalHost", "localhost"),
            ("bücher.invalid", "xn--bcher-kva.invalid"),
            ("BÜCHER.invalid", "xn--bcher-kva.invalid"),
            ("xn--bcher-kva.invalid", "xn--bcher-kva.invalid"),
            ("ｅｘａｍｐｌｅ.invalid", "example.invalid"),
            ("a_b.invalid", "a_b.invalid"),
            ("xn--a", "xn--a"),
            ("loc%61lhost", "localhost"),
            ("127.1", "127.0.0.1"),
            ("１２７.0.0.1", "127.0.0.1"),
            ("::1", "::1"),
            ("0:0::1", "::1"),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
        }
        assert!(matches!(canonical_host("0x7f.1"), Some(ServerName::IpAddress(_))));
        for text in [
            "",
            "a b",
            "a/b",
            "a@b",
            "[::1]",
            "a..b",
            "a:1",
            &format!("{}.invalid", "a".repeat(64)),
        ] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
