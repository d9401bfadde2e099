//! Connections of a TLS server whose handshakes are under way. They become clients of the server when these are done.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::handshake::shake_hands;
use super::stream::Stream;
use super::turns::Turns;
use crate::engine::options;
use crate::net_error::NetError;

/// Handshakes under way at once, for each listener. Further connections wait in the kernel's queue.
const MOST_UNDER_WAY: usize = 256;
/// How long a handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections taken from the kernel in one turn.
const TURN: usize = 64;

/// A listener's handshakes. Dropping it drops their connections.
#[derive(Debug, Default)]
pub(crate) struct Incoming(JoinSet<Option<(Stream, SocketAddr, Place)>>);

/// What a handshake holds until its connection has become a socket, so that those of all listeners can be counted.
pub(super) type Place = Arc<()>;

/// How a server speaks TLS.
#[derive(Debug)]
pub(crate) struct Serving {
    config: Arc<ServerConfig>,
    failed: Arc<AtomicU64>,
    turns: Turns,
    places: Weak<()>,
}

impl Serving {
    pub(super) fn new(config: Arc<ServerConfig>, turns: Turns, places: &Place) -> Self {
        Self {
            config,
            failed: Arc::default(),
            turns,
            places: Arc::downgrade(places),
        }
    }

    /// Takes another certificate for the handshakes to come. The count goes on.
    pub(crate) fn renew(&mut self, other: Self) {
        self.config = other.config;
    }

    /// How many handshakes have failed.
    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// The next connection that speaks TLS. Pending means that the waker will say when to come back. With `room` for so many sockets
    /// no more handshakes than that are under way, those of all listeners together, since each holds a descriptor; but one of each
    /// listener may be, whose end is what wakes it again.
    pub(crate) fn poll_accept(
        &self,
        incoming: &mut Incoming,
        listener: &TcpListener,
        room: usize,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<(Stream, SocketAddr)>> {
        for _ in 0..TURN {
            while let Poll::Ready(Some(ended)) = incoming.0.poll_join_next(context) {
                if let Ok(Some((stream, peer, _place))) = ended {
                    return Poll::Ready(Ok((stream, peer)));
                }
            }
            // The engine itself holds the first place.
            let is_full = self.places.strong_count() > room && !incoming.0.is_empty();
            let Some(place) = self
                .places
                .upgrade()
                .filter(|_| !is_full && incoming.0.len() < MOST_UNDER_WAY)
            else {
                return Poll::Pending;
            };
            let (tcp, peer) = ready!(listener.poll_accept(context))?;
            self.begin(incoming, tcp, peer, place);
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn begin(&self, incoming: &mut Incoming, tcp: TcpStream, peer: SocketAddr, place: Place) {
        let (config, failed, turns) = (Arc::clone(&self.config), Arc::clone(&self.failed), self.turns.clone());
        incoming.0.spawn(async move {
            let problem = match tokio::time::timeout(PATIENCE, serve(config, &tcp, &turns)).await {
                Ok(Ok(session)) => return Some((Stream::tls(tcp, session), peer, place)),
                Ok(Err(error)) => error.message(),
                Err(_) => "it took too long",
            };
            failed.fetch_add(1, Ordering::Relaxed);
            tracing::info!(%peer, problem, "a client's handshake failed");
            // Its alert is on its way, and nobody waits for more.
            options::finish(&tcp);
            None
        });
    }
}

async fn serve(config: Arc<ServerConfig>, tcp: &TcpStream, turns: &Turns) -> Result<rustls::Connection, NetError> {
    let session = ServerConnection::new(config).map_err(|_| NetError::Failed)?;
    shake_hands(tcp, session.into(), None, turns).await
}
