//! The tables of errors, row by row.

use std::sync::Arc;

use rustls::pki_types::UnixTime;
use rustls::{InvalidMessage, OtherError, PeerMisbehaved};

use super::*;

fn of(error: &Error) -> NetError {
    net_error(error, false)
}

#[test]
fn t69_certificates() {
    let time = UnixTime::since_unix_epoch(std::time::Duration::ZERO);
    let signed = |object: &[u8]| CertificateError::UnsupportedSignatureAlgorithmContext {
        // With its tag and length, and the parameters behind it.
        signature_algorithm_id: [&[0x06, 9][..], object, &[5, 0]].concat(),
        supported_algorithms: Vec::new(),
    };
    let other = |error: NetError| CertificateError::Other(OtherError(Arc::new(error)));
    for (error, expected) in [
        (CertificateError::NotValidForName, NetError::CertCommonNameInvalid),
        (CertificateError::Expired, NetError::CertDateInvalid),
        (
            CertificateError::ExpiredContext { time, not_after: time },
            NetError::CertDateInvalid,
        ),
        (CertificateError::NotValidYet, NetError::CertDateInvalid),
        (
            CertificateError::NotValidYetContext { time, not_before: time },
            NetError::CertDateInvalid,
        ),
        (CertificateError::UnknownIssuer, NetError::CertAuthorityInvalid),
        (CertificateError::Revoked, NetError::CertRevoked),
        (CertificateError::BadEncoding, NetError::CertInvalid),
        (CertificateError::UnhandledCriticalExtension, NetError::CertInvalid),
        (CertificateError::InvalidPurpose, NetError::CertInvalid),
        (CertificateError::UnknownRevocationStatus, NetError::CertInvalid),
        (CertificateError::ApplicationVerificationFailure, NetError::CertInvalid),
        (signed(WEAK_SIGNATURES[3]), NetError::CertWeakSignatureAlgorithm),
        (
            signed(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0e]),
            NetError::CertInvalid,
        ),
        (CertificateError::BadSignature, NetError::SslProtocolError),
        (other(NetError::CertWeakKey), NetError::CertWeakKey),
        (other(NetError::CertAuthorityInvalid), NetError::CertAuthorityInvalid),
        (
            CertificateError::Other(OtherError(Arc::new(webpki::Error::CaUsedAsEndEntity))),
            NetError::CertAuthorityInvalid,
        ),
        (
            CertificateError::Other(OtherError(Arc::new(webpki::Error::UnsupportedCertVersion))),
            NetError::CertInvalid,
        ),
    ] {
        assert_eq!(of(&Error::InvalidCertificate(error.clone())), expected, "{error:?}");
    }
}

#[test]
fn alerts() {
    for (alert, expected) in [
        (AlertDescription::ProtocolVersion, NetError::SslVersionOrCipherMismatch),
        (
            AlertDescription::InsufficientSecurity,
            NetError::SslVersionOrCipherMismatch,
        ),
        (AlertDescription::HandshakeFailure, NetError::SslProtocolError),
        (AlertDescription::BadCertificate, NetError::BadSslClientAuthCert),
        (AlertDescription::UnknownCA, NetError::BadSslClientAuthCert),
        (AlertDescription::CertificateRequired, NetError::BadSslClientAuthCert),
        (AlertDescription::BadRecordMac, NetError::SslBadRecordMacAlert),
        (AlertDescription::DecryptError, NetError::SslDecryptErrorAlert),
        (AlertDescription::UnrecognisedName, NetError::SslUnrecognizedNameAlert),
        (AlertDescription::InternalError, NetError::SslProtocolError),
        (AlertDescription::Unknown(250), NetError::SslProtocolError),
    ] {
        assert_eq!(of(&Error::AlertReceived(alert)), expected, "{alert:?}");
    }
    let refused = net_error(&Error::AlertReceived(AlertDescription::HandshakeFailure), true);
    assert_eq!(refused, NetError::SslVersionOrCipherMismatch);
}

#[test]
fn what_a_peer_does_wrong_is_a_protocol_error_but_for_versions() {
    for error in [
        Error::InvalidMessage(InvalidMessage::InvalidContentType),
        Error::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedCipherSuite),
        Error::PeerIncompatible(PeerIncompatible::NullCompressionRequired),
        Error::DecryptError,
        Error::NoCertificatesPresented,
        Error::PeerSentOversizedRecord,
        Error::General("of any kind".into()),
    ] {
        assert_eq!(of(&error), NetError::SslProtocolError, "{error:?}");
    }
    for error in [
        PeerIncompatible::ServerDoesNotSupportTls12Or13,
        PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        PeerIncompatible::NoCipherSuitesInCommon,
    ] {
        let error = Error::PeerIncompatible(error);
        assert_eq!(of(&error), NetError::SslVersionOrCipherMismatch, "{error:?}");
    }
    assert_eq!(of(&Error::UnsupportedNameType), NetError::CertCommonNameInvalid);
}
