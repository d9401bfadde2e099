//! Patterns and grants against small oracles of their own, which follow the words of SPEC §5 another way than the code
//! does: most tests begin with the meaning and make the text, so that nothing here reads a pattern.

use proptest::prelude::*;
use serde_json::json;

use super::grants::KEYS;
use super::*;

/// What a pattern grants.
#[derive(Clone, Debug)]
pub(super) enum Hosts {
    Any,
    Exact(Vec<String>),
    /// The name itself and all below it.
    Below(Vec<String>),
}

/// A pattern: what it grants, and one of the ways to write it.
#[derive(Clone, Debug)]
pub(super) struct Written {
    hosts: Hosts,
    port: Option<u16>,
    pub(super) text: String,
}

/// How the host of a request comes about from the one of a pattern.
#[derive(Clone, Copy, Debug)]
pub(super) enum Relation {
    Same,
    Below,
    Above,
    Glued,
    Dotted,
    TrailingDot,
    Suffixed,
}

/// Labels of which none is a number or occurs in what [`Relation`] adds.
fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]",
        "(example|com|xn--bcher-kva|foo-bar|a1)",
        "[üéÉ例*]",
        "[g-k]{1,3}"
    ]
}

/// The same text with the case of some ASCII letters changed.
fn in_any_case(text: String) -> impl Strategy<Value = String> {
    any::<u64>().prop_map(move |bits| {
        let flip = |(at, character): (usize, char)| match (bits >> (at % 64)) & 1 {
            0 => character.to_ascii_lowercase(),
            _ => character.to_ascii_uppercase(),
        };
        text.chars().enumerate().map(flip).collect()
    })
}

/// The first label of an exact host must not be the one that stands for all.
fn exact_labels() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(label(), 1..4).prop_filter("not a wildcard", |labels| labels[0] != "*")
}

/// Labels joined by dots, where white space around a dot is none.
fn joined(labels: Vec<String>) -> impl Strategy<Value = String> {
    let dots = prop::collection::vec(
        prop_oneof![4 => Just("."), 1 => Just(". "), 1 => Just("\t."), 1 => Just(" .\u{b}")],
        3,
    );
    dots.prop_map(move |dots| {
        let mut text = labels[0].clone();
        for (label, dot) in labels[1..].iter().zip(dots) {
            text += dot;
            text += label;
        }
        text
    })
}

fn hosts_and_text() -> impl Strategy<Value = (Hosts, String)> {
    let any = prop::sample::select(vec!["", "*", ".", "*."]).prop_map(|text| (Hosts::Any, text.to_owned()));
    let exact = exact_labels().prop_flat_map(|labels| {
        let hosts = Hosts::Exact(labels.clone());
        joined(labels)
            .prop_flat_map(in_any_case)
            .prop_map(move |text| (hosts.clone(), text))
    });
    let below = (
        prop::collection::vec(label(), 1..4),
        prop::sample::select(vec!["*.", ".", "* .", "*. ", ".\t"]),
    );
    let below = below.prop_flat_map(|(labels, wildcard)| {
        let hosts = Hosts::Below(labels.clone());
        joined(labels)
            .prop_flat_map(in_any_case)
            .prop_map(move |text| (hosts.clone(), format!("{wildcard}{text}")))
    });
    prop_oneof![1 => any, 3 => exact, 3 => below]
}

fn port_and_text() -> impl Strategy<Value = (Option<u16>, String)> {
    let any = prop::sample::select(vec!["", ":", ":*"]).prop_map(|text| (None, text.to_owned()));
    let one = (1_u16.., prop::sample::select(vec!["", "0", "000000000000", "+", "+0"]));
    let one = one.prop_map(|(port, before)| (Some(port), format!(":{before}{port}")));
    prop_oneof![any, one]
}

/// Boxed, as others: whole trees of strategies would not fit on a test's stack.
pub(super) fn written() -> BoxedStrategy<Written> {
    (hosts_and_text(), port_and_text())
        .prop_map(|((hosts, host), (port, port_text))| Written {
            hosts,
            port,
            text: host + &port_text,
        })
        .boxed()
}

fn relation() -> impl Strategy<Value = Relation> {
    use Relation::{Above, Below, Dotted, Glued, Same, Suffixed, TrailingDot};
    prop::sample::select(vec![
        Same,
        Same,
        Below,
        Below,
        Above,
        Glued,
        Dotted,
        TrailingDot,
        Suffixed,
    ])
}

impl Written {
    fn labels(&self) -> Vec<String> {
        match &self.hosts {
            Hosts::Any => vec!["anything".to_owned()],
            Hosts::Exact(labels) | Hosts::Below(labels) => labels.clone(),
        }
    }

    /// The host of a request.
    pub(super) fn host(&self, relation: Relation) -> String {
        let own = self.labels().join(".");
        match relation {
            Relation::Same => own,
            Relation::Below => format!("zz.y.{own}"),
            Relation::Above => self.labels()[1..].join("."),
            Relation::Glued => format!("zz{own}"),
            Relation::Dotted => format!(".{own}"),
            Relation::TrailingDot => format!("{own}."),
            Relation::Suffixed => format!("{own}.zz"),
        }
    }

    fn grants(&self, relation: Relation, port: u16) -> bool {
        let host = match self.hosts {
            Hosts::Any => true,
            Hosts::Exact(_) => matches!(relation, Relation::Same),
            Hosts::Below(_) => matches!(relation, Relation::Same | Relation::Below),
        };
        host && self.port.is_none_or(|own| own == port)
    }

    /// Its port, or another.
    pub(super) fn port(&self, other: Option<u16>) -> u16 {
        other.or(self.port).unwrap_or(8080)
    }
}

/// A request: how its host comes about, and its port when that is not the pattern's.
pub(super) fn request() -> impl Strategy<Value = (Relation, Option<u16>)> {
    (
        relation(),
        prop_oneof![3 => Just(None), 1 => any::<u16>().prop_map(Some), 1 => Just(Some(0))],
    )
}

/// An IPv4 address and a text of it that a URL could have: one to four parts, each decimal, octal or hex.
pub(super) fn address_text() -> impl Strategy<Value = (u32, String)> {
    let first = prop_oneof![Just(127_u32), any::<u8>().prop_map(u32::from)];
    let address = (first, 0_u32..1 << 24).prop_map(|(first, rest)| (first << 24) | rest);
    (address, 1_usize..=4, prop::array::uniform4(0..4), any::<bool>()).prop_map(|(address, count, radixes, dot)| {
        let mut parts: Vec<u32> = (0..count - 1).map(|at| (address >> (24 - 8 * at)) & 0xff).collect();
        parts.push(if count == 1 {
            address
        } else {
            address & (u32::MAX >> (8 * (count - 1)))
        });
        let text: Vec<String> = parts
            .iter()
            .zip(radixes)
            .map(|(part, radix)| match radix {
                0 => format!("0x{part:x}"),
                1 => format!("0X{part:X}"),
                2 => format!("0{part:o}"),
                _ => part.to_string(),
            })
            .collect();
        (address, text.join(".") + if dot { "." } else { "" })
    })
}

/// Characters that mean something, so that most texts are nearly patterns; and ports around both ends of their range.
pub(super) fn pattern_like() -> BoxedStrategy<String> {
    let port = prop_oneof![0_u32..3, 65_533_u32..65_538, any::<u32>()];
    let port = ("[a-]?:[+-]?0{0,3}", port).prop_map(|(before, port)| format!("{before}{port}"));
    prop_oneof![
        2 => "[ab*.: \t\u{b}\u{a0}é+0-9-]{0,9}",
        1 => port,
    ]
    .boxed()
}

/// SPEC §5.1 in a few words: which texts are patterns.
pub(super) fn is_pattern(text: &str) -> bool {
    let white = |character: Option<char>| character.is_some_and(|it| " \t\n\u{b}\u{c}\r".contains(it));
    let parts: Vec<&str> = text.split(':').collect();
    let is_port = |text: &str| {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let significant = digits.trim_start_matches('0');
        let in_range = match significant.len() {
            1..=4 => true,
            5 => significant <= "65535",
            _ => false,
        };
        in_range && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    parts.len() <= 2
        && !parts
            .iter()
            .any(|part| white(part.chars().next()) || white(part.chars().last()))
        && parts
            .get(1)
            .is_none_or(|port| ["", "*"].contains(port) || is_port(port))
}

pub(super) fn parse(text: &str) -> Pattern {
    Pattern::parse(text, Dialect::Manifest).unwrap_or_else(|error| panic!("{error}"))
}

proptest! {
    /// M-01 … M-08, M-25 … M-28, M-30, M-32, M-33, M-36, M-37, M-40.
    #[test]
    fn a_pattern_grants_what_it_means((pattern, (relation, port)) in (written(), request())) {
        let (host, port) = (pattern.host(relation), pattern.port(port));
        prop_assert!(is_pattern(&pattern.text));
        let parsed = parse(&pattern.text);
        prop_assert_eq!(parsed.matches(&host, port), pattern.grants(relation, port), "{} for {}", parsed, host);
    }

    /// M-26: in the request, too, the case of ASCII letters means nothing, and of others something.
    #[test]
    fn the_case_of_a_request_means_nothing((pattern, host) in written().prop_flat_map(|pattern| {
        let host = in_any_case(pattern.host(Relation::Same));
        (Just(pattern), host)
    })) {
        prop_assert!(parse(&pattern.text).matches(&host, pattern.port(None)));
        if matches!(pattern.hosts, Hosts::Exact(_)) && host.contains('é') {
            prop_assert!(!parse(&pattern.text).matches(&host.replace('é', "É"), pattern.port(None)));
        }
    }

    /// M-03 … M-08: the canonical text follows from the meaning.
    #[test]
    fn a_pattern_prints_what_it_means(pattern in written()) {
        let host = match &pattern.hosts {
            Hosts::Any => "*".to_owned(),
            Hosts::Exact(labels) => labels.join("."),
            Hosts::Below(labels) => format!("*.{}", labels.join(".")),
        };
        let port = pattern.port.map_or_else(|| "*".to_owned(), |port| port.to_string());
        prop_assert_eq!(parse(&pattern.text).to_string(), format!("{host}:{port}"));
    }

    /// M-09 … M-17: what is a pattern and what is not, and the text that says so.
    #[test]
    fn patterns_are_told_from_other_texts(text in pattern_like()) {
        let parsed = Pattern::parse(&text, Dialect::Manifest);
        prop_assert_eq!(parsed.is_ok(), is_pattern(&text));
        if let Err(error) = parsed {
            prop_assert_eq!(error.to_string(), format!("Invalid host:port pattern '{text}'"));
        }
    }

    /// M-29, M-34: an address is granted by its own text only, whatever part of it a pattern names.
    #[test]
    fn no_part_of_an_address_grants_it((_, text) in address_text(), port: u16) {
        prop_assert!(parse(&text).matches(&text, port));
        prop_assert!(parse("*").matches(&text, port));
        let longer = format!("{text}1");
        prop_assert!(!parse(&longer).matches(&text, port));
        let labels: Vec<&str> = text.split('.').collect();
        for from in 1..labels.len() {
            let part = labels[from..].join(".");
            if !part.is_empty() {
                prop_assert!(!parse(&format!("*.{part}")).matches(&text, port), "*.{part}");
                // A name that only ends in the same way is below it.
                let name = format!("name.{part}");
                prop_assert!(parse(&format!("*.{part}")).matches(&name, port), "{name}");
            }
        }
    }

    /// An IPv6 address of a policy is one address in all its texts.
    #[test]
    fn a_policys_ipv6_pattern_is_an_address(groups: [u16; 8], port in 1_u16.., other in 0..8_usize) {
        let hex = |groups: [u16; 8], separator: &str| groups.map(|group| format!("{group:04X}")).join(separator);
        let text = hex(groups, ":");
        let bracketed = format!("[{text}]");
        let written = format!("{bracketed}:{port}");
        let pattern = Pattern::parse(&written, Dialect::Policy).expect("valid");
        prop_assert!(pattern.matches(&text, port));
        prop_assert!(pattern.matches(&std::net::Ipv6Addr::from(groups).to_string(), port));
        prop_assert!(!pattern.matches(&text, port.wrapping_add(1)));
        let mut another = groups;
        another[other] ^= 1;
        prop_assert!(!pattern.matches(&hex(another, ":"), port));
        prop_assert!(!pattern.matches(&bracketed, port), "brackets are no address");
        prop_assert!(Pattern::parse(&written, Dialect::Manifest).is_err());
    }

    /// M-18 … M-24, M-31: every operation has its own list, a string is a list of one, and any entry suffices.
    #[test]
    fn a_list_grants_what_any_of_its_entries_does(
        lists in prop::array::uniform5(prop::option::of(prop::collection::vec(written(), 0..4))),
        (relation, port) in request(),
        asked in 0..KEYS.len(),
        of in any::<prop::sample::Index>(),
        single: bool,
    ) {
        let mut value = json!({});
        for ((section, key, operation), list) in KEYS.iter().zip(&lists) {
            let Some(list) = list else { continue };
            let texts: Vec<&str> = match operation {
                // The only pattern it has.
                Operation::UdpMulticastMembership => list.iter().map(|_| "").collect(),
                _ => list.iter().map(|pattern| &*pattern.text).collect(),
            };
            value[section][key] = match &texts[..] {
                [text] if single => json!(text),
                _ => json!(texts),
            };
        }
        let grants = Grants::parse(&value, Dialect::Manifest).expect("valid");
        let (_, _, operation) = KEYS[asked];
        let list = lists[asked].as_deref().unwrap_or_default();
        let Some(pattern) = list.get(of.index(list.len().max(1))) else {
            prop_assert!(!grants.allow(operation, "a", 80));
            return Ok(());
        };
        let (host, port) = (pattern.host(relation), pattern.port(port));
        let granted = operation == Operation::UdpMulticastMembership
            || list.iter().any(|entry| parse(&entry.text).matches(&host, port));
        prop_assert_eq!(grants.allow(operation, &host, port), granted);
        prop_assert!(!pattern.grants(relation, port) || granted);
    }
}
