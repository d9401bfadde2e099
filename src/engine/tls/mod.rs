//! TLS: `secure()` as a client, and servers whose clients speak it.
//!
//! rustls does no input or output of its own, so everything here works on the runtime's non-blocking sockets: a peer that stalls costs
//! a task and no thread. The steps of a handshake that compute (signatures, certificates) go to threads of their own, a few at a time.

mod certificate;
mod client;
mod errors;
mod handshake;
mod incoming;
mod name;
mod server;
mod stream;
mod tasks;
mod turns;
mod verifier;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

pub(super) use incoming::{Incoming, Serving};
pub(super) use name::{canonical_host, remember_host};
pub(super) use stream::Stream;
pub(super) use tasks::{Done, Securing, Tasks};

/// The cryptography, always named: with two libraries in one program rustls would not know which one is meant.
fn provider() -> Arc<CryptoProvider> {
    #[cfg(feature = "aws-lc-rs")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "aws-lc-rs"))]
    let provider = rustls::crypto::ring::default_provider();
    Arc::new(provider)
}
