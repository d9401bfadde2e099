//! The system's own judgement of certificates, told so that the browser's errors can be made of it.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::errors::net_error;
use crate::net_error::NetError;

/// How many certificates of a chain may be out of date one after the other; real chains have three.
const MOST_DATES: usize = 8;
/// A key of RSA, as a certificate names it in DER.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// Fewer bytes hold no modulus of 2,048 bits, the least that is taken for secure.
const LEAST_RSA: usize = 256;

/// The system's verifier, which tells the first fault it meets. This one tells the gravest, in the browser's order: issued by nobody
/// known, for another name, weak, out of date. And where a signature does not hold, it tells a weak key from a wrong one.
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

/// What is wrong apart from the date: judged again at the time nearest to now at which the chain's dates are right. `first` stands when
/// nothing else is wrong, when no time is right for all, and where the system does not say when one would be.
fn apart_from_dates(
    first: Error,
    now: UnixTime,
    judge: impl Fn(UnixTime) -> Result<ServerCertVerified, Error>,
) -> Error {
    let mut found = first.clone();
    for _ in 0..MOST_DATES {
        let right = match &found {
            // Always away from now in the one direction.
            Error::InvalidCertificate(CertificateError::ExpiredContext { time, not_after }) if *time <= now => {
                *not_after
            }
            Error::InvalidCertificate(CertificateError::NotValidYetContext { time, not_before }) if *time >= now => {
                *not_before
            }
            date if net_error(date, false) == NetError::CertDateInvalid => return first,
            _ => return found,
        };
        match judge(right) {
            Ok(_) => return first,
            Err(error) => found = error,
        }
    }
    first
}

fn is_for(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> bool {
    ParsedCertificate::try_from(certificate).is_ok_and(|certificate| verify_server_name(&certificate, name).is_ok())
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
        let judge = |at| {
            self.system
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, at)
        };
        let error = match judge(now) {
            Ok(verified) => return Ok(verified),
            Err(error) => apart_from_dates(error, now, judge),
        };
        let error = match error {
            Error::InvalidCertificate(CertificateError::BadSignature) => {
                let is_weak = std::iter::once(end_entity).chain(intermediates).any(is_weak);
                own(if is_weak {
                    NetError::CertWeakKey
                } else {
                    NetError::CertAuthorityInvalid
                })
            }
            error => error,
        };
        let is_weak = matches!(
            net_error(&error, false),
            NetError::CertWeakKey | NetError::CertWeakSignatureAlgorithm
        );
        Err(if is_weak && !is_for(end_entity, server_name) {
            CertificateError::NotValidForName.into()
        } else {
            error
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    /// Says what a verifier would of certificates that are good at these times, the first wrong one first, with another `fault`.
    fn judge(
        times: &[(u64, u64)],
        fault: Option<CertificateError>,
    ) -> impl Fn(UnixTime) -> Result<ServerCertVerified, Error> {
        move |time| {
            for &(from, to) in times {
                let (not_before, not_after) = (at(from), at(to));
                if time < not_before {
                    return Err(CertificateError::NotValidYetContext { time, not_before }.into());
                }
                if time > not_after {
                    return Err(CertificateError::ExpiredContext { time, not_after }.into());
                }
            }
            fault
                .clone()
                .map_or(Ok(ServerCertVerified::assertion()), |fault| Err(fault.into()))
        }
    }

    #[test]
    fn what_else_is_wrong_is_found_at_a_time_that_is_right_for_the_whole_chain() {
        let unknown = || Some(CertificateError::UnknownIssuer);
        let found = NetError::CertAuthorityInvalid;
        for (times, fault, expected) in [
            (&[(10, 20)][..], unknown(), found),
            (&[(70, 80)], unknown(), found),
            (&[(10, 40), (10, 30), (30, 60)], unknown(), found),
            (&[(60, 90), (70, 80), (10, 90)], unknown(), found),
            (&[(40, 60)], unknown(), found),
            // Nothing else is wrong, or no time is right for all.
            (&[(10, 20), (5, 15)], None, NetError::CertDateInvalid),
            (&[(10, 20), (25, 60)], unknown(), NetError::CertDateInvalid),
            (&[(10, 20), (70, 80)], unknown(), NetError::CertDateInvalid),
        ] {
            let judge = judge(times, fault);
            let first = judge(at(50)).unwrap_err();
            let error = apart_from_dates(first, at(50), judge);
            assert_eq!(net_error(&error, false), expected, "{times:?}");
        }
    }

    #[test]
    fn a_chain_of_any_length_ends_the_search_and_a_date_nobody_names_begins_none() {
        let times: Vec<_> = (1..40).rev().map(|to| (0, to)).collect();
        let asked = std::cell::Cell::new(0);
        let counted = |time| {
            asked.set(asked.get() + 1);
            judge(&times, Some(CertificateError::UnknownIssuer))(time)
        };
        let first = counted(at(50)).unwrap_err();
        let error = apart_from_dates(first, at(50), counted);
        assert_eq!(net_error(&error, false), NetError::CertDateInvalid);
        assert_eq!(asked.get(), 1 + MOST_DATES);
        let nameless = Error::from(CertificateError::Expired);
        let unasked = |_| -> Result<ServerCertVerified, Error> { panic!("asked again") };
        assert_eq!(apart_from_dates(nameless.clone(), at(50), unasked), nameless);
    }
}
