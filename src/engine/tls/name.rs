//! The name a server's certificate must be for.

use std::sync::Arc;

use idna::AsciiDenyList;
use rustls::pki_types::{IpAddr, ServerName};

use crate::address;

/// The longest text that is looked at; far more than any host's name takes in any spelling.
const LONGEST: usize = 1024;

/// The text to make a name of later; what is too long will never be one.
pub(crate) fn remember_host(text: &str) -> Option<Arc<str>> {
    (text.len() <= LONGEST).then(|| text.into())
}

/// What the text that `connect` was given names, in canonical form: an address, or a name in ASCII. `None` when it is neither.
pub(crate) fn canonical_host(text: &str) -> Option<ServerName<'static>> {
    if let Some(address) = address::parse_ip_literal(text) {
        return Some(ServerName::IpAddress(IpAddr::from(address)));
    }
    let ascii = idna::domain_to_ascii_cow(text.as_bytes(), AsciiDenyList::URL).ok()?;
    // Full-width digits make an address too.
    if let Some(address) = address::parse_ip_literal(&ascii) {
        return Some(ServerName::IpAddress(IpAddr::from(address)));
    }
    match ServerName::try_from(ascii.into_owned()).ok()? {
        // What rustls takes for an address, the browser does not.
        ServerName::IpAddress(_) => None,
        name => Some(name),
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
            "xn--a",
            "a:1",
            &format!("{}.invalid", "a".repeat(64)),
        ] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
