//! Which of Chrome's errors a failed handshake is (SPEC §1.2, §7): what its own TLS library and certificate verifier would have
//! reported.

use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

use crate::net_error::NetError;

/// The object identifiers, in DER, of signatures that are too weak: MD2, MD4, MD5 and SHA-1 with RSA, SHA-1 with DSA and ECDSA.
const WEAK_SIGNATURES: &[&[u8]] = &[
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x02],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x03],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05],
    &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x03],
    &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01],
];

/// What a client reports. `hello_refused` says that nothing but the client's hello had been dealt with: a server that has no version or
/// cipher in common answers it with the same alert as for any other failure.
pub(super) fn net_error(error: &Error, hello_refused: bool) -> NetError {
    match error {
        Error::AlertReceived(alert) => of_alert(*alert, hello_refused),
        Error::InvalidCertificate(error) => of_certificate(error),
        Error::UnsupportedNameType => NetError::CertCommonNameInvalid,
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::SupportedVersionsExtensionRequired
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            | PeerIncompatible::NoCipherSuitesInCommon
            | PeerIncompatible::NoKxGroupsInCommon
            | PeerIncompatible::NoSignatureSchemesInCommon,
        ) => NetError::SslVersionOrCipherMismatch,
        // Everything else a peer can do wrong: garbage, messages out of order, signatures that do not hold.
        _ => NetError::SslProtocolError,
    }
}

fn of_alert(alert: AlertDescription, hello_refused: bool) -> NetError {
    match alert {
        AlertDescription::ProtocolVersion | AlertDescription::InsufficientSecurity => {
            NetError::SslVersionOrCipherMismatch
        }
        AlertDescription::HandshakeFailure if hello_refused => NetError::SslVersionOrCipherMismatch,
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied
        | AlertDescription::CertificateRequired
        | AlertDescription::UnknownCA => NetError::BadSslClientAuthCert,
        AlertDescription::BadRecordMac => NetError::SslBadRecordMacAlert,
        AlertDescription::DecryptError => NetError::SslDecryptErrorAlert,
        AlertDescription::UnrecognisedName => NetError::SslUnrecognizedNameAlert,
        _ => NetError::SslProtocolError,
    }
}

fn of_certificate(error: &CertificateError) -> NetError {
    match error {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            NetError::CertCommonNameInvalid
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => NetError::CertDateInvalid,
        CertificateError::UnknownIssuer => NetError::CertAuthorityInvalid,
        CertificateError::Revoked => NetError::CertRevoked,
        CertificateError::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id, ..
        }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id, ..
        } if is_weak(signature_algorithm_id) => NetError::CertWeakSignatureAlgorithm,
        // Of a chain, the verifier has said so itself; this is the signature of the handshake.
        CertificateError::BadSignature => NetError::SslProtocolError,
        CertificateError::Other(error) => of_other(error),
        _ => NetError::CertInvalid,
    }
}

fn of_other(error: &rustls::OtherError) -> NetError {
    if let Some(error) = error.0.downcast_ref::<NetError>() {
        return *error;
    }
    match error.0.downcast_ref::<webpki::Error>() {
        // How most self-signed certificates are made. To the browser they are one thing only: issued by nobody it knows.
        Some(webpki::Error::CaUsedAsEndEntity) => NetError::CertAuthorityInvalid,
        _ => NetError::CertInvalid,
    }
}

fn is_weak(algorithm: &[u8]) -> bool {
    let has = |object: &[u8]| algorithm.windows(object.len()).any(|part| part == object);
    WEAK_SIGNATURES.iter().any(|object| has(object))
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
