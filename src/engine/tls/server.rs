//! A server's certificate and key, from PEM.

use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{InconsistentKeys, ServerConfig};

use super::provider;
use crate::wire::{Failure, TlsPair};

/// What is wrong with a pair. The texts quote nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadPair {
    #[error("Invalid TLS certificate: {0}")]
    Certificate(&'static str),
    #[error("Invalid TLS private key: {0}")]
    Key(&'static str),
    #[error("The TLS private key does not match the certificate")]
    Mismatch,
}

/// What a server needs to speak TLS 1.2 and 1.3 with this pair.
pub(super) fn config(pair: &TlsPair) -> Result<Arc<ServerConfig>, BadPair> {
    let provider = provider();
    let chain = chain(&pair.certificate.0)?;
    let key = PrivateKeyDer::from_pem_slice(pair.private_key.0.as_bytes()).map_err(|error| {
        BadPair::Key(match error {
            pem::Error::NoItemsFound => "there is no unencrypted private key in PEM",
            error => malformed(&error),
        })
    })?;
    let key = provider
        .key_provider
        .load_private_key(key)
        .map_err(|_| BadPair::Key("it is not a valid RSA, ECDSA or Ed25519 key"))?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        // Where the key's library cannot say, the first handshake will.
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
        Err(_) => return Err(BadPair::Mismatch),
    }
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| BadPair::Key("this host has no cryptography for it"))?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    Ok(Arc::new(config))
}

fn chain(text: &str) -> Result<Vec<CertificateDer<'static>>, BadPair> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let chain = certificates.map_err(|error| BadPair::Certificate(malformed(&error)))?;
    if chain.is_empty() {
        return Err(BadPair::Certificate("there is no certificate in PEM"));
    }
    if chain.iter().any(|it| ParsedCertificate::try_from(it).is_err()) {
        return Err(BadPair::Certificate("it is not a valid X.509 certificate"));
    }
    Ok(chain)
}

/// The reader's own text might quote a line.
fn malformed(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "the PEM text has no END line",
        pem::Error::IllegalSectionStart { .. } => "the PEM text has a malformed BEGIN line",
        pem::Error::Base64Decode(_) => "the PEM text is not base64",
        _ => "the PEM text cannot be read",
    }
}

impl From<BadPair> for Failure {
    fn from(bad: BadPair) -> Self {
        Self::bare(bad.to_string())
    }
}
