//! IP literals as Chrome reads and prints them (SPEC §0.7, §0.8), and the hosts of `connect` and `send`.
//!
//! Reading follows the URL standard's lenient IPv4 parser (`127.1`, `0x7f.1`, `2130706433` are addresses); names, brackets
//! and zone ids are not literals. Printing differs from `std` in one point: an IPv4-mapped address is printed in hex groups.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use idna::AsciiDenyList;
use percent_encoding::percent_decode_str;

/// The longest text that is looked at for a host: far more than any name takes in any spelling.
const LONGEST_TEXT: usize = 4096;
/// The longest name DNS knows, with its final dot.
const LONGEST_NAME: usize = 254;
const LONGEST_LABEL: usize = 63;

/// What the text of a host means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// An address.
    Address(IpAddr),
    /// A name a resolver may see: ASCII in lower case, labels of letters, digits, `-` and `_`, perhaps with a final dot.
    Name(String),
}

/// The host that `text` means for `connect`, `send` and `secure`, or `None` when it cannot be one.
///
/// As in Chromium that is what it would mean in a URL: with escapes (`%31`), letters of Unicode (`ü`, full-width `ｌ`, the dot `。`)
/// and the lenient forms of IPv4. So what is no address as a text can be one here; permissions go by the text (SPEC §5.3). Unlike
/// in a URL an IPv6 address has no brackets.
#[must_use]
pub fn parse_host(text: &str) -> Option<Host> {
    if text.len() > LONGEST_TEXT {
        return None;
    }
    if let Some(address) = parse_ip_literal(text) {
        return Some(Host::Address(address));
    }
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    // Punycode that is wrong stays as it is, if nothing has to be converted, as in Chromium.
    let name = match decoded {
        ascii if ascii.is_ascii() => Cow::Owned(ascii.to_ascii_lowercase()),
        other => Cow::Owned(
            idna::domain_to_ascii_cow(other.as_bytes(), AsciiDenyList::URL)
                .ok()?
                .into_owned(),
        ),
    };
    if ends_in_number(&name) {
        return parse_ipv4(&name).map(|address| Host::Address(address.into()));
    }
    is_hostname(&name).then(|| Host::Name(name.into_owned()))
}

/// Whether it can only be an address, as in the URL standard. A resolver may read `a.1` in its own way.
fn ends_in_number(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) || parse_ipv4_part(last).is_some()
}

/// Whether a resolver may see it: Chromium's rule (SPEC §12). It matters, because some resolvers take `10.0.0.1 .example.com` for the
/// address before the space, which nobody granted who granted `*.example.com`.
fn is_hostname(host: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| (1..=LONGEST_LABEL).contains(&label.len()) && label.bytes().all(is_allowed);
    let name = host.strip_suffix('.').unwrap_or(host);
    host.len() <= LONGEST_NAME && name.split('.').all(is_label)
}

/// The address that `text` is a literal of, or `None` when it is a name or malformed.
///
/// Used for `listen`, `bind` and groups, which take no names, and by the policy's loopback rule, so that both see the same address.
#[must_use]
pub fn parse_ip_literal(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    parse_ipv4(text).map(IpAddr::V4)
}

/// The URL standard's IPv4 parser: one to four parts, decimal, octal (`0…`) or hex (`0x…`); the last part fills what is left.
fn parse_ipv4(text: &str) -> Option<Ipv4Addr> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let mut parts = [0_u64; 4];
    let mut count = 0;
    for part in text.split('.') {
        *parts.get_mut(count)? = parse_ipv4_part(part)?;
        count += 1;
    }
    let (&last, leading) = parts[..count].split_last()?;
    if leading.iter().any(|&part| part > 255) || last >= 1 << (8 * (5 - count)) {
        return None;
    }
    let high = leading
        .iter()
        .enumerate()
        .fold(0, |sum, (index, &part)| sum | part << (8 * (3 - index)));
    u32::try_from(high | last).ok().map(Ipv4Addr::from)
}

fn parse_ipv4_part(part: &str) -> Option<u64> {
    let (digits, radix) = if let Some(hex) = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
        (hex, 16)
    } else if part.len() > 1 && part.starts_with('0') {
        (&part[1..], 8)
    } else {
        (part, 10)
    };
    if digits.is_empty() && radix == 16 {
        return Some(0); // The URL standard reads a bare `0x` as zero.
    }
    if digits.is_empty() || !digits.bytes().all(|byte| char::from(byte).is_digit(radix)) {
        return None;
    }
    // More than 32 bits cannot be an address; saturating keeps "too big" apart from "malformed" without a special case.
    Some(u64::from_str_radix(digits, radix).unwrap_or(u64::MAX))
}

/// The canonical text of an address: no port, no brackets, no scope; IPv4-mapped addresses in hex (`::ffff:7f00:1`).
#[must_use]
pub fn to_text(address: IpAddr) -> String {
    let IpAddr::V6(v6) = address else {
        return address.to_string();
    };
    if v6.to_ipv4_mapped().is_none() {
        // `std` prints RFC 5952 text, which is Chromium's, for every other address but the deprecated IPv4-compatible ones.
        let text = v6.to_string();
        if !text.contains('.') {
            return text;
        }
    }
    let [.., high, low] = v6.segments();
    let prefix = if v6.to_ipv4_mapped().is_some() { "::ffff" } else { ":" };
    format!("{prefix}:{high:x}:{low:x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<String> {
        parse_ip_literal(text).map(to_text)
    }

    #[test]
    fn s26_names_and_malformed_literals_are_refused() {
        for text in [
            "",
            "localhost",
            "*",
            "[::1]",
            "256.1.1.1",
            "fe80::1%lo",
            "1.2.3.4.5",
            "0x",
            "a.b",
            "1..2",
            " 127.0.0.1",
            "08.1",
            "4294967296",
            ".",
            "127.0.0.1:80",
        ] {
            if text == "0x" {
                continue; // The URL standard's quirk: zero.
            }
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn s27_the_lenient_ipv4_forms() {
        for text in ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "127.0.0.1.", "127.0.1"] {
            assert_eq!(parsed(text).as_deref(), Some("127.0.0.1"), "{text}");
        }
        assert_eq!(parsed("1.2.3").as_deref(), Some("1.2.0.3"));
        assert_eq!(parsed("255.255.255.255").as_deref(), Some("255.255.255.255"));
    }

    #[test]
    fn e02_e03_e04_e05_the_text_of_addresses() {
        for (text, canonical) in [
            ("::ffff:127.0.0.1", "::ffff:7f00:1"),
            ("2001:0DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
            ("1:0:0:2:3:0:0:4", "1::2:3:0:0:4"),
            ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
            ("::", "::"),
            ("::1", "::1"),
            ("::1.2.3.4", "::102:304"),
        ] {
            assert_eq!(parsed(text).as_deref(), Some(canonical), "{text}");
        }
    }

    fn host(text: &str) -> Option<String> {
        Some(match parse_host(text)? {
            Host::Address(address) => to_text(address),
            Host::Name(name) => format!("the name {name}"),
        })
    }

    #[test]
    fn a_host_means_what_it_means_in_a_url() {
        for (text, meaning) in [
            ("%31%32%37.0.0.1", "127.0.0.1"),
            ("127.0.0.1%2e", "127.0.0.1"),
            ("%30x7f.1", "127.0.0.1"),
            ("\u{ff11}\u{ff12}\u{ff17}.0.0.1", "127.0.0.1"),
            ("127\u{3002}0\u{3002}0\u{3002}1", "127.0.0.1"),
            ("\u{2460}\u{2461}\u{2466}.1", "127.0.0.1"),
            ("127\u{ad}.0.0.1", "127.0.0.1"),
            ("0:0::1", "::1"),
            ("LocalHost.", "the name localhost."),
            ("loc%61lhost", "the name localhost"),
            ("%EF%BD%8Cocalhost", "the name localhost"),
            ("\u{dc}.localhost", "the name xn--tda.localhost"),
            ("u\u{308}.localhost", "the name xn--tda.localhost"),
            ("fa\u{df}.invalid", "the name xn--fa-hia.invalid"),
            ("XN--TDA.invalid", "the name xn--tda.invalid"),
            ("xn--a.invalid", "the name xn--a.invalid"),
            ("a_b.-c-.invalid", "the name a_b.-c-.invalid"),
            ("0x.localhost", "the name 0x.localhost"),
        ] {
            assert_eq!(host(text).as_deref(), Some(meaning), "{text}");
        }
    }

    #[test]
    fn what_is_no_host_gets_neither_to_a_resolver_nor_anywhere_else() {
        for text in [
            "",
            ".",
            "%2e",
            "%",
            "%zz.invalid",
            "%2531.invalid",
            "%FF.invalid",
            "%00.invalid",
            "a%20b.invalid",
            "a b.invalid",
            "a%2fb.invalid",
            "a*b.invalid",
            "a@b.invalid",
            "a:80",
            "%3a%3a1",
            "::%31",
            "[::1]",
            "\u{ff3b}::1\u{ff3d}",
            "fe80::1%lo",
            "a..invalid",
            "a.invalid..",
            "\u{5d0}a.invalid",
            "\u{301}a.invalid",
            "\u{a0}.invalid",
            "\u{fffd}.invalid",
            "256.0.0.1",
            "1.2.3.4.5",
            "a.1",
            "a.0x1",
            "a.%31",
            "a.\u{ff11}",
            &"x".repeat(64),
            &"\u{fc}".repeat(64),
            &"a.".repeat(130),
            &"\u{ad}".repeat(5000),
        ] {
            assert_eq!(host(text), None, "{text}");
        }
    }
}
