//! The system's own judgement of certificates, told so that the browser's errors can be made of it.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::net_error::NetError;

/// A key of RSA, as a certificate names it in DER.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// Fewer bytes hold no modulus of 2,048 bits, the least that is taken for secure.
const LEAST_RSA: usize = 256;

/// The system's verifier. Where it only says that a signature does not hold, this one tells a weak key from a wrong one.
#[derive(Debug)]
pub(super) struct SystemVerifier {
    system: Verifier,
}

impl SystemVerifier {
    /// Reads the system's roots, which takes milliseconds.
    pub(super) fn new(provider: Arc<CryptoProvider>) -> Result<Self, Error> {
        Verifier::new(provider).map(|system| Self { system })
    }
}

fn is_weak(certificate: &CertificateDer<'_>) -> bool {
    ParsedCertificate::try_from(certificate).is_ok_and(|certificate| {
        let key = certificate.subject_public_key_info();
        key.len() < LEAST_RSA && key.windows(RSA.len()).any(|part| part == RSA)
    })
}

fn own(error: NetError) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(error))))
}

/// The server's own signature, by the key of its certificate.
fn of_handshake(error: Error, certificate: &CertificateDer<'_>) -> Error {
    match error {
        Error::InvalidCertificate(_) if is_weak(certificate) => own(NetError::CertWeakKey),
        error => error,
    }
}

impl ServerCertVerifier for SystemVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self
            .system
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verified.map_err(|error| match error {
            Error::InvalidCertificate(CertificateError::BadSignature) => {
                let is_weak = std::iter::once(end_entity).chain(intermediates).any(is_weak);
                own(if is_weak {
                    NetError::CertWeakKey
                } else {
                    NetError::CertAuthorityInvalid
                })
            }
            error => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = self.system.verify_tls12_signature(message, certificate, signature);
        verified.map_err(|error| of_handshake(error, certificate))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = self.system.verify_tls13_signature(message, certificate, signature);
        verified.map_err(|error| of_handshake(error, certificate))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.system.supported_verify_schemes()
    }
}
