//! Outgoing connections: name resolution off the runtime's thread, then every address in turn.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinSet};

use super::interfaces;
use crate::address;
use crate::net_error::NetError;
use crate::wire::DnsQueryType;

/// Look-ups that run at once; each takes a thread.
const LOOKUPS_AT_ONCE: usize = 16;
/// Look-ups that run or wait; more are refused with Chrome's own code for that.
const MOST_LOOKUPS: usize = 4096;
/// The longest name DNS knows, with its final dot.
const LONGEST_NAME: usize = 254;
const LONGEST_LABEL: usize = 63;

/// A finished step of a `connect`.
#[derive(Debug)]
pub(super) enum Step {
    /// The name has these addresses; never an empty list.
    Resolved(Result<Vec<SocketAddr>, NetError>),
    /// A peer answered, or none did.
    Dialed(Result<(TcpStream, SocketAddr), NetError>),
}

/// A step and what it belongs to.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) socket: u32,
    pub(super) request: u64,
    pub(super) step: Step,
}

/// The steps under way.
#[derive(Debug)]
pub(super) struct Connector {
    lookups: JoinSet<Finished>,
    dials: JoinSet<Finished>,
    turns: Arc<Semaphore>,
}

impl Connector {
    pub(super) fn new() -> Self {
        Self {
            lookups: JoinSet::new(),
            dials: JoinSet::new(),
            turns: Arc::new(Semaphore::new(LOOKUPS_AT_ONCE)),
        }
    }

    /// Begins a look-up.
    pub(super) fn resolve(
        &mut self,
        socket: u32,
        request: u64,
        host: String,
        port: u16,
        family: DnsQueryType,
    ) -> Result<AbortHandle, NetError> {
        if self.lookups.len() >= MOST_LOOKUPS {
            return Err(NetError::HostResolverQueueTooLarge);
        }
        let turns = Arc::clone(&self.turns);
        Ok(self.lookups.spawn(async move {
            let step = Step::Resolved(resolve(turns, host, port, family).await);
            Finished { socket, request, step }
        }))
    }

    /// Begins to connect to the first of `addresses` that answers.
    pub(super) fn dial(&mut self, socket: u32, request: u64, addresses: Vec<SocketAddr>) -> AbortHandle {
        self.dials.spawn(async move {
            let step = Step::Dialed(dial(addresses).await);
            Finished { socket, request, step }
        })
    }

    /// The next step that finishes; never returns while none is under way.
    pub(super) async fn finished(&mut self) -> Finished {
        tokio::select! {
            finished = next(&mut self.lookups) => finished,
            finished = next(&mut self.dials) => finished,
        }
    }
}

async fn next(steps: &mut JoinSet<Finished>) -> Finished {
    loop {
        match steps.join_next().await {
            Some(Ok(finished)) => return finished,
            // Given up by `disconnect` or `close`, which has answered for it.
            Some(Err(_)) => {}
            None => std::future::pending().await,
        }
    }
}

/// The addresses of a literal, without a look-up; `None` for a name.
pub(super) fn literal(host: &str, port: u16, family: DnsQueryType) -> Option<Result<Vec<SocketAddr>, NetError>> {
    let ip = address::parse_ip_literal(host)?;
    Some(of_family([SocketAddr::new(ip, port)], family))
}

/// Keeps the addresses of `family`. A name, or a literal, without one "is not resolved".
fn of_family(
    addresses: impl IntoIterator<Item = SocketAddr>,
    family: DnsQueryType,
) -> Result<Vec<SocketAddr>, NetError> {
    let wanted = |address: &SocketAddr| match family {
        DnsQueryType::Any => true,
        DnsQueryType::Ipv4 => address.is_ipv4(),
        DnsQueryType::Ipv6 => address.is_ipv6(),
    };
    let list: Vec<SocketAddr> = addresses.into_iter().filter(wanted).collect();
    if list.is_empty() {
        Err(NetError::NameNotResolved)
    } else {
        Ok(list)
    }
}

/// `localhost` and the names below it mean this computer, whatever a resolver would say (RFC 6761), as in Chromium.
fn is_localhost(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

/// Whether a resolver may see it: Chromium's rule (SPEC §12). It matters, because some resolvers take `10.0.0.1 .example.com` for the
/// address before the space, which nobody granted who granted `*.example.com`.
fn is_hostname(host: &str) -> bool {
    let is_allowed =
        |character: char| !character.is_ascii() || character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    // How long a label of other letters gets in ASCII, the resolver will see.
    let is_label = |label: &str| {
        !label.is_empty() && (label.len() <= LONGEST_LABEL || !label.is_ascii()) && label.chars().all(is_allowed)
    };
    let name = host.strip_suffix('.').unwrap_or(host);
    host.len() <= LONGEST_NAME && name.split('.').all(is_label)
}

async fn resolve(
    turns: Arc<Semaphore>,
    host: String,
    port: u16,
    family: DnsQueryType,
) -> Result<Vec<SocketAddr>, NetError> {
    if !is_hostname(&host) {
        return Err(NetError::NameNotResolved);
    }
    if is_localhost(&host) {
        let loopback = [IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)];
        return of_family(loopback.map(|ip| SocketAddr::new(ip, port)), family);
    }
    let permit = turns.acquire_owned().await.map_err(|_| NetError::Aborted)?;
    let looked_up = tokio::task::spawn_blocking(move || {
        // The permit goes with the thread, which cannot be stopped: a look-up that was given up still counts.
        let _permit = permit;
        (host.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>)
    });
    match looked_up.await {
        Ok(Ok(addresses)) => of_family(addresses, family),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a name was not resolved");
            Err(if interfaces::is_offline() {
                NetError::InternetDisconnected
            } else {
                NetError::NameNotResolved
            })
        }
        Err(_) => Err(NetError::Aborted),
    }
}

async fn dial(addresses: Vec<SocketAddr>) -> Result<(TcpStream, SocketAddr), NetError> {
    let mut last = NetError::NameNotResolved;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok((stream, address)),
            Err(error) => {
                tracing::debug!(%address, %error, "connect failed");
                last = NetError::from_connect(&error, interfaces::is_offline);
            }
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t81_addresses_of_the_wrong_family_do_not_count() {
        let v4 = literal("127.0.0.1", 7, DnsQueryType::Any).unwrap().unwrap();
        assert_eq!(v4, [SocketAddr::from(([127, 0, 0, 1], 7))]);
        assert_eq!(
            literal("127.0.0.1", 7, DnsQueryType::Ipv6),
            Some(Err(NetError::NameNotResolved))
        );
        assert_eq!(
            literal("::1", 7, DnsQueryType::Ipv4),
            Some(Err(NetError::NameNotResolved))
        );
        assert_eq!(literal("localhost", 7, DnsQueryType::Any), None);
        // What a resolver says of a name that has A records only.
        assert_eq!(
            of_family(v4.clone(), DnsQueryType::Ipv6),
            Err(NetError::NameNotResolved)
        );
        assert_eq!(of_family(v4.clone(), DnsQueryType::Ipv4), Ok(v4));
    }

    #[tokio::test]
    async fn t07_localhost_is_this_computer_in_both_families() {
        let turns = || Arc::new(Semaphore::new(1));
        let resolved = resolve(turns(), "LocalHost.".into(), 7, DnsQueryType::Any)
            .await
            .unwrap();
        assert_eq!(resolved.len(), 2);
        let resolved = resolve(turns(), "a.localhost".into(), 7, DnsQueryType::Ipv4)
            .await
            .unwrap();
        assert_eq!(resolved, [SocketAddr::from(([127, 0, 0, 1], 7))]);
        for name in [
            "",
            ".",
            "a..b",
            ".a.invalid",
            "a.invalid..",
            ".localhost",
            &"x".repeat(300),
            &format!("{}.invalid", "x".repeat(64)),
            "[::1]",
            "no-such-name.invalid",
            "a\0b",
            "a b.localhost",
            "a*b.invalid",
            "a/b.invalid",
            "127.0.0.1 .invalid",
            "127.0.0.1%lo",
            "fe80::1%lo",
        ] {
            // Of what cannot be a name it does not matter whether there is a network.
            let expected = if name == "no-such-name.invalid" && interfaces::is_offline() {
                NetError::InternetDisconnected
            } else {
                NetError::NameNotResolved
            };
            assert_eq!(
                resolve(turns(), name.to_owned(), 7, DnsQueryType::Any).await,
                Err(expected)
            );
        }
    }

    #[tokio::test]
    async fn only_lookups_count_as_lookups() {
        let mut connector = Connector::new();
        for _ in 0..=MOST_LOOKUPS {
            connector.dial(1, 1, Vec::new());
        }
        let mut resolve = || connector.resolve(1, 1, "localhost".into(), 7, DnsQueryType::Any);
        for _ in 0..MOST_LOOKUPS {
            resolve().unwrap();
        }
        assert_eq!(resolve().unwrap_err(), NetError::HostResolverQueueTooLarge);
    }
}
