//! Outgoing connections: name resolution off the runtime's thread, then every address in turn.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinSet};

use super::interfaces;
use crate::address::{self, Host};
use crate::net_error::NetError;
use crate::wire::DnsQueryType;

/// Look-ups that run at once; each takes a thread.
const LOOKUPS_AT_ONCE: usize = 16;
/// Look-ups that run or wait; more are refused with Chrome's own code for that.
const MOST_LOOKUPS: usize = 4096;

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

/// What a host is, as the text means it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// No look-up is needed.
    Known(Result<Vec<SocketAddr>, NetError>),
    Name(String),
}

/// Reads a host as the text of a URL's; its permission was asked for by the text itself.
pub(super) fn destination(host: &str, port: u16, family: DnsQueryType) -> Destination {
    Destination::Known(match address::parse_host(host) {
        Some(Host::Name(name)) => return Destination::Name(name),
        Some(Host::Address(ip)) => of_family([SocketAddr::new(ip, port)], family),
        None => Err(NetError::NameNotResolved),
    })
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
    let host = host.strip_suffix('.').unwrap_or(host);
    host == "localhost" || host.ends_with(".localhost")
}

async fn resolve(
    turns: Arc<Semaphore>,
    host: String,
    port: u16,
    family: DnsQueryType,
) -> Result<Vec<SocketAddr>, NetError> {
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

    fn known(host: &str, family: DnsQueryType) -> Result<Vec<SocketAddr>, NetError> {
        match destination(host, 7, family) {
            Destination::Known(known) => known,
            Destination::Name(name) => panic!("{name} is a name"),
        }
    }

    #[test]
    fn t81_addresses_of_the_wrong_family_do_not_count() {
        let v4 = vec![SocketAddr::from(([127, 0, 0, 1], 7))];
        assert_eq!(known("127.0.0.1", DnsQueryType::Any), Ok(v4.clone()));
        assert_eq!(known("%31%32%37.1", DnsQueryType::Ipv4), Ok(v4.clone()));
        let unresolved = Err(NetError::NameNotResolved);
        assert_eq!(known("127.0.0.1", DnsQueryType::Ipv6), unresolved);
        assert_eq!(known("::1", DnsQueryType::Ipv4), unresolved);
        assert_eq!(known("127.0.0.1 .invalid", DnsQueryType::Any), unresolved);
        // What a resolver says of a name that has A records only.
        assert_eq!(of_family(v4.clone(), DnsQueryType::Ipv6), unresolved);
        assert_eq!(of_family(v4.clone(), DnsQueryType::Ipv4), Ok(v4));
    }

    #[tokio::test]
    async fn t07_localhost_is_this_computer_in_both_families() {
        let look_up = |host: &str, family| {
            let Destination::Name(name) = destination(host, 7, family) else {
                panic!("{host} is no name")
            };
            resolve(Arc::new(Semaphore::new(1)), name, 7, family)
        };
        let resolved = look_up("LocalHost.", DnsQueryType::Any).await.unwrap();
        assert_eq!(resolved.len(), 2);
        let resolved = look_up("\u{fc}.loc%61lhost", DnsQueryType::Ipv4).await.unwrap();
        assert_eq!(resolved, [SocketAddr::from(([127, 0, 0, 1], 7))]);
        let expected = if interfaces::is_offline() {
            NetError::InternetDisconnected
        } else {
            NetError::NameNotResolved
        };
        assert_eq!(look_up("no-such-name.invalid", DnsQueryType::Any).await, Err(expected));
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
