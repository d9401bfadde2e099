//! Grants in plain words.

use std::net::IpAddr;

use crate::policy::{Dialect, Pattern};

use super::{CONNECT, Grant, LISTEN, List, UDP_BIND, UDP_SEND};

/// What a pattern lets an extension do, as it goes on behind "may".
pub(crate) fn of(list: &List, pattern: &str) -> String {
    let (host, port) = split(pattern);
    let port = match port {
        "*" => "any port".to_owned(),
        port => format!("port {port}"),
    };
    match *list {
        LISTEN | UDP_BIND => local(list.allows, &port, host),
        CONNECT | UDP_SEND => remote(list.allows, &port, host),
        _ => list.allows.to_owned(),
    }
}

/// The same for a pattern as it stands in a file.
pub(crate) fn of_text(list: &List, text: &str) -> String {
    let pattern = Pattern::parse(text, Dialect::Policy);
    of(
        list,
        &pattern.map_or_else(|_| text.to_owned(), |pattern| pattern.to_string()),
    )
}

/// Whether other computers can reach what this grants.
pub(crate) fn is_exposed(list: &List, pattern: &str) -> bool {
    let canonical = Pattern::parse(pattern, Dialect::Policy).map(|pattern| pattern.to_string());
    let everybody = |pattern: &str| matches!(reach(split(pattern).0), Reach::Everybody);
    matches!(*list, LISTEN | UDP_BIND) && canonical.is_ok_and(|pattern| everybody(&pattern))
}

/// Whether only this computer can reach what this grants.
pub(crate) fn stays_here(pattern: &str) -> bool {
    matches!(reach(split(pattern).0), Reach::ThisComputer)
}

/// Whether a name in it is compared as text and may lead anywhere.
pub(super) fn goes_by_name(grant: &Grant) -> bool {
    [&CONNECT, &UDP_SEND].contains(&grant.list)
}

fn split(pattern: &str) -> (&str, &str) {
    pattern.rsplit_once(':').unwrap_or((pattern, "*"))
}

enum Reach {
    ThisComputer,
    Everybody,
    OneAddress,
}

fn reach(host: &str) -> Reach {
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    // An IPv6 address that stands for an IPv4 one is as open as that.
    match literal.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(address) if address.is_loopback() => Reach::ThisComputer,
        Ok(address) if address.is_unspecified() => Reach::Everybody,
        Err(_) if host == "*" => Reach::Everybody,
        Ok(_) | Err(_) => Reach::OneAddress,
    }
}

fn local(verb: &str, port: &str, host: &str) -> String {
    match reach(host) {
        Reach::ThisComputer => format!("{verb} {port} of this computer"),
        Reach::Everybody => format!("{verb} {port}, where other computers can reach it"),
        Reach::OneAddress => format!("{verb} {port} of the address {host}"),
    }
}

fn remote(verb: &str, port: &str, host: &str) -> String {
    match (host.strip_prefix("*."), host, port) {
        (Some(suffix), _, port) => format!("{verb} {port} of {suffix} and of every name below it"),
        (None, "*", "any port") => format!("{verb} any host"),
        (None, "*", port) => format!("{verb} {port} of any host"),
        (None, host, port) => format!("{verb} {port} of {host}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::MULTICAST;
    use super::*;

    #[test]
    fn patterns_are_said_in_words() {
        for (list, pattern, words) in [
            (&LISTEN, "127.0.0.1:8080", "listen on port 8080 of this computer"),
            (&LISTEN, "[::1]:*", "listen on any port of this computer"),
            (
                &LISTEN,
                "0.0.0.0:80",
                "listen on port 80, where other computers can reach it",
            ),
            (&LISTEN, "*:*", "listen on any port, where other computers can reach it"),
            (
                &LISTEN,
                "192.168.0.2:80",
                "listen on port 80 of the address 192.168.0.2",
            ),
            (
                &UDP_BIND,
                "[::]:53",
                "receive UDP datagrams on port 53, where other computers can reach it",
            ),
            (
                &LISTEN,
                "[::ffff:0.0.0.0]:80",
                "listen on port 80, where other computers can reach it",
            ),
            (&LISTEN, "[::ffff:127.0.0.1]:80", "listen on port 80 of this computer"),
            (&CONNECT, "*:*", "connect to any host"),
            (&CONNECT, "*:443", "connect to port 443 of any host"),
            (
                &CONNECT,
                "*.example.com:443",
                "connect to port 443 of example.com and of every name below it",
            ),
            (&UDP_SEND, "a.invalid:*", "send UDP datagrams to any port of a.invalid"),
            (&MULTICAST, "", "join every multicast group"),
        ] {
            assert_eq!(of(list, pattern), words, "{pattern}");
            assert_eq!(
                is_exposed(list, pattern),
                words.contains("other computers"),
                "{pattern}"
            );
        }
    }
}
