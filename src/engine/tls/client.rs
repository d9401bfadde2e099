//! What a client wants of a handshake: versions, and whom it trusts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::{ResolvesClientCert, Resumption};
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, Connection, Error, SignatureScheme, SupportedProtocolVersion};

use super::errors::net_error;
use super::provider;
use super::verifier::SystemVerifier;
use crate::net_error::NetError;
use crate::wire::{TlsVersion, TlsVersions};

/// The system's roots, read at the first `secure()` and shared by all, since each copy takes some hundred KiB. The host lives no longer
/// than the extension's port, so that a new root is seen soon enough.
#[derive(Debug, Default)]
pub(super) struct Roots(Mutex<Option<Arc<SystemVerifier>>>);

impl Roots {
    /// Blocks while the roots are read.
    fn verifier(&self) -> Result<Arc<SystemVerifier>, NetError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(verifier) = &*kept {
            return Ok(Arc::clone(verifier));
        }
        let verifier = SystemVerifier::new(provider()).map_err(|error| {
            tracing::warn!(%error, "the system has no certificate authorities, so no server can be trusted");
            NetError::CertAuthorityInvalid
        })?;
        Ok(Arc::clone(kept.insert(Arc::new(verifier))))
    }
}

/// Whether the server has asked for a certificate of ours. There is none, and like the browser we do not go on then.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked(Arc<AtomicBool>);

impl Asked {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// The versions to offer. TLS 1.2 is the least there is, so a lower minimum means that one; a lower maximum, and what nobody knows, counts
/// as absent (SPEC §1.2).
fn versions(bounds: &TlsVersions) -> Vec<&'static SupportedProtocolVersion> {
    let from = usize::from(bounds.min == Some(TlsVersion::Tls13));
    let to = usize::from(bounds.max != Some(TlsVersion::Tls12));
    [&TLS12, &TLS13].into_iter().take(to + 1).skip(from).collect()
}

/// A client's side of a handshake with the server `name`. Blocks: it may read the system's roots.
pub(super) fn connection(
    roots: &Roots,
    name: ServerName<'static>,
    bounds: &TlsVersions,
) -> Result<(Connection, Asked), NetError> {
    let asked = Asked::default();
    let failed = |error: Error| net_error(&error, false);
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&versions(bounds))
        .map_err(failed)?
        .dangerous() // rustls's word for every verifier that is not its own, the system's included.
        .with_custom_certificate_verifier(roots.verifier()?)
        .with_client_cert_resolver(Arc::new(asked.clone()));
    // Every `secure()` looks at the certificate anew.
    config.resumption = Resumption::disabled();
    let client = ClientConnection::new(Arc::new(config), name).map_err(failed)?;
    Ok((client.into(), asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t70_bounds_below_what_there_is_and_unknown_ones() {
        use TlsVersion::{Tls1, Tls11, Tls12, Tls13, Unknown};
        let both: &[&SupportedProtocolVersion] = &[&TLS12, &TLS13];
        for (min, max, expected) in [
            (None, None, both),
            (Some(Tls1), None, both),
            (Some(Tls11), Some(Tls13), both),
            (Some(Tls12), Some(Tls1), both),
            (Some(Unknown), Some(Unknown), both),
            (None, Some(Tls11), both),
            (Some(Tls13), None, &both[1..]),
            (None, Some(Tls12), &both[..1]),
            (Some(Tls12), Some(Tls12), &both[..1]),
            (Some(Tls13), Some(Tls12), &[]),
        ] {
            assert_eq!(versions(&TlsVersions { min, max }), expected, "{min:?} {max:?}");
        }
    }
}
