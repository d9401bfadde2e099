//! One `host:port` pattern: Chromium's grammar, printing and matching for the manifest key `sockets`.
//!
//! ```text
//! pattern = "" | host | host ":" port
//! host    = "" | "*" | "*." suffix | "." suffix | exact
//! port    = "" | "*" | 1..65535
//! ```
//! Policy files, which are ours, may also say `[::1]` or `[::1]:port`; Chromium's grammar cannot write an IPv6 address.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::address::{self, parse_host, parse_ip_literal};

/// Where a pattern stands, which decides what it may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A manifest's `sockets` key: exactly Chromium's grammar.
    Manifest,
    /// A policy file or the command line: Chromium's grammar and `[ipv6]:port`.
    Policy,
}

/// A pattern that grants; there are none that deny.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    host: Host,
    /// `None` is any port, 0 among them.
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Host {
    Any,
    /// Lower case. Compared as text, before any look-up.
    Exact(String),
    /// Lower case; the suffix itself matches too.
    Subdomains(String),
    /// Compared as an address, since one address has many texts.
    Ipv6(Ipv6Addr),
}

/// The text of a pattern that is none, in Chromium's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid host:port pattern '{0}'")]
pub struct InvalidPattern(pub String);

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`InvalidPattern`] for everything outside the grammar: white space around a part, port 0 or above 65535, ranges, schemes,
    /// more than one colon (but for `[ipv6]` in [`Dialect::Policy`]).
    pub fn parse(text: &str, dialect: Dialect) -> Result<Self, InvalidPattern> {
        let parsed = match text.strip_prefix('[') {
            Some(rest) if dialect == Dialect::Policy => Self::parse_ipv6(rest),
            _ => Self::parse_chromium(text),
        };
        parsed.ok_or_else(|| InvalidPattern(text.to_owned()))
    }

    fn parse_chromium(text: &str) -> Option<Self> {
        let (host, port) = match text.split_once(':') {
            Some((host, port)) => (host, parse_port(port)?),
            None => (text, None),
        };
        Some(Self {
            host: Host::parse(host)?,
            port,
        })
    }

    /// What follows the opening bracket.
    fn parse_ipv6(rest: &str) -> Option<Self> {
        let (address, port) = rest.split_once(']')?;
        let port = match port.strip_prefix(':') {
            Some(port) => parse_port(port)?,
            None if port.is_empty() => None,
            None => return None,
        };
        Some(Self {
            host: Host::Ipv6(address.parse().ok()?),
            port,
        })
    }

    /// Whether the pattern grants a request for `host`, as the application passed it, and `port`.
    #[must_use]
    pub fn matches(&self, host: &str, port: u16) -> bool {
        self.port.is_none_or(|own| own == port) && self.host.matches(host)
    }
}

impl Host {
    fn parse(text: &str) -> Option<Self> {
        if is_padded(text) {
            return None;
        }
        let text = text.to_ascii_lowercase();
        let mut labels: Vec<&str> = text.split('.').map(|label| label.trim_matches(is_space)).collect();
        if !matches!(labels[0], "" | "*") {
            return Some(Self::Exact(labels.join(".")));
        }
        labels.remove(0);
        let suffix = labels.join(".");
        Some(if suffix.is_empty() {
            Self::Any
        } else {
            Self::Subdomains(suffix)
        })
    }

    fn matches(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(own) => host.eq_ignore_ascii_case(own),
            Self::Ipv6(own) => parse_ip_literal(host) == Some(IpAddr::V6(*own)),
            Self::Subdomains(suffix) => {
                let host = host.to_ascii_lowercase();
                host == *suffix
                    || (host
                        .strip_suffix(suffix.as_str())
                        .and_then(|rest| rest.strip_suffix('.'))
                        .is_some_and(|name| !name.is_empty())
                        && !is_address(&host))
            }
        }
    }
}

/// Whether `host` is an IP address in any form a URL could have it in; `*.0.0.1` must not match a part of one. Two forms count here
/// that do not in Chromium: an IPv6 address without its brackets, as `connect` takes it (`::127.0.0.1`), and what becomes an address
/// only when it is read as a host (`%31%32%37.0.0.1`). Nothing else that is read so leaves the sub-domains that the text is in.
fn is_address(host: &str) -> bool {
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    matches!(parse_host(inner.unwrap_or(host)), Some(address::Host::Address(_)))
}

/// The outer `None` is an error, the inner one any port.
#[allow(clippy::option_option)]
fn parse_port(text: &str) -> Option<Option<u16>> {
    if matches!(text, "" | "*") {
        return Some(None);
    }
    // `parse` refuses white space; like Chromium's reader it takes `+80` and `0080`.
    let port = text.parse().ok().filter(|&port| port != 0)?;
    Some(Some(port))
}

fn is_padded(text: &str) -> bool {
    text.starts_with(is_space) || text.ends_with(is_space)
}

/// ASCII white space with the vertical tab, which `char::is_ascii_whitespace` leaves out and Chromium does not.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t'..='\r')
}

/// The canonical text: `*:*`, `*.example.com:99`, `a:80`, `[::1]:*`.
impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Any => formatter.write_str("*")?,
            Host::Exact(host) => formatter.write_str(host)?,
            Host::Subdomains(suffix) => write!(formatter, "*.{suffix}")?,
            Host::Ipv6(address) => write!(formatter, "[{address}]")?,
        }
        match self.port {
            Some(port) => write!(formatter, ":{port}"),
            None => formatter.write_str(":*"),
        }
    }
}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
