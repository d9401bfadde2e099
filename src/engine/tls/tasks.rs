//! What of TLS takes time by itself: `secure()` under way, certificates being made.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;

use super::certificate::Wanted;
use super::client::{self, Roots};
use super::handshake::shake_hands;
use super::incoming::{Place, Serving};
use super::server;
use super::stream::Stream;
use super::turns::Turns;
use crate::net_error::NetError;
use crate::wire::{Failure, GenerateOptions, GeneratedPair, TlsPair, TlsVersions};

/// Steps of clients that compute at once, each on a thread. A system's verifier may ask the network, so there are more than processors.
const CLIENT_STEPS: usize = 16;
/// The same of servers, whose steps only compute.
const SERVER_STEPS: usize = 4;
/// Certificates that are being made or wait for it.
const MOST_WANTED: usize = 64;

/// Something that has ended.
#[derive(Debug)]
pub(crate) enum Done {
    /// A `secure()`: the stream, or why not, with the connection as it is then.
    Secured {
        socket: u32,
        request: u64,
        outcome: Result<Stream, (NetError, TcpStream)>,
    },
    /// A `generateCertificate()`.
    Generated {
        request: u64,
        outcome: Result<GeneratedPair, NetError>,
    },
}

/// A socket whose `secure()` is under way. Dropping it gives the handshake up.
#[derive(Debug)]
pub(crate) struct Securing {
    pub(crate) request: u64,
    pub(crate) local: Option<SocketAddr>,
    pub(crate) peer: SocketAddr,
    /// Closed when this is dropped.
    _gone: oneshot::Sender<()>,
}

/// All that is under way.
#[derive(Debug)]
pub(crate) struct Tasks {
    under_way: JoinSet<Done>,
    roots: Arc<Roots>,
    client_turns: Turns,
    server_turns: Turns,
    wanted: Arc<Semaphore>,
    places: Place,
}

impl Tasks {
    pub(crate) fn new() -> Self {
        Self {
            under_way: JoinSet::new(),
            roots: Arc::default(),
            client_turns: Turns::new(CLIENT_STEPS),
            server_turns: Turns::new(SERVER_STEPS),
            wanted: Arc::new(Semaphore::new(MOST_WANTED)),
            places: Place::default(),
        }
    }

    /// How a server speaks TLS with this pair.
    pub(crate) fn serving(&self, pair: &TlsPair) -> Result<Serving, Failure> {
        let turns = self.server_turns.clone();
        Ok(Serving::new(server::config(pair)?, turns, &self.places))
    }

    /// Begins a `secure()` on a connection to `name`.
    pub(crate) fn secure(
        &mut self,
        (socket, request): (u32, u64),
        tcp: TcpStream,
        peer: SocketAddr,
        name: ServerName<'static>,
        bounds: TlsVersions,
    ) -> Securing {
        let (gone, given_up) = oneshot::channel();
        let local = tcp.local_addr().ok();
        let (roots, turns) = (Arc::clone(&self.roots), self.client_turns.clone());
        self.under_way.spawn(async move {
            let secured = tokio::select! {
                secured = secure(&tcp, name, bounds, roots, &turns) => secured,
                _ = given_up => Err(NetError::Aborted),
            };
            let outcome = match secured {
                Ok(session) => Ok(Stream::tls(tcp, session)),
                Err(error) => Err((error, tcp)),
            };
            Done::Secured {
                socket,
                request,
                outcome,
            }
        });
        Securing {
            request,
            local,
            peer,
            _gone: gone,
        }
    }

    /// Begins to make a certificate.
    pub(crate) fn generate(&mut self, request: u64, options: GenerateOptions) -> Result<(), Failure> {
        let wanted = Wanted::new(options)?;
        let place = Arc::clone(&self.wanted)
            .try_acquire_owned()
            .map_err(|_| Failure::hidden(NetError::InsufficientResources))?;
        let turns = self.server_turns.clone();
        self.under_way.spawn(async move {
            let _place = place;
            let outcome = generate(wanted, &turns).await;
            Done::Generated { request, outcome }
        });
        Ok(())
    }

    /// The next thing that ends; never returns while nothing is under way. Nothing is lost when the future is dropped.
    pub(crate) async fn done(&mut self) -> Done {
        loop {
            match self.under_way.join_next().await {
                Some(Ok(done)) => return done,
                // No task is aborted, and one that panicked has said so.
                Some(Err(error)) => tracing::error!(%error, "a task of TLS ended badly"),
                None => std::future::pending().await,
            }
        }
    }
}

async fn secure(
    tcp: &TcpStream,
    name: ServerName<'static>,
    bounds: TlsVersions,
    roots: Arc<Roots>,
    turns: &Turns,
) -> Result<rustls::Connection, NetError> {
    let (session, asked) = turns
        .compute(move || client::connection(&roots, name, &bounds))
        .await??;
    shake_hands(tcp, session, Some(&asked), turns).await
}

async fn generate(wanted: Wanted, turns: &Turns) -> Result<GeneratedPair, NetError> {
    turns.compute(move || wanted.make()).await?.map_err(|error| {
        tracing::warn!(%error, "no certificate could be made");
        NetError::Failed
    })
}
