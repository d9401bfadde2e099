//! A self-signed certificate for whoever has none: `tcpServer.generateCertificate`.

use std::time::Duration;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, SanType,
};
use rustls::pki_types::{IpAddr, ServerName};
use time::OffsetDateTime;

use super::canonical_host;
use crate::wire::{Failure, GenerateOptions, GeneratedPair};

/// What a certificate is for when nobody says so: this computer.
const DEFAULT_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// The longest that browsers accept of certificates they did not get from their user.
const DEFAULT_DAYS: i32 = 397;
const MOST_DAYS: i32 = 3650;
/// The longest name that DNS knows.
const LONGEST_HOST: usize = 253;
/// Another computer's clock may be behind.
const CLOCK_SKEW: Duration = Duration::from_hours(1);

/// What to make, checked.
#[derive(Debug)]
pub(super) struct Wanted {
    names: Vec<SanType>,
    days: u16,
}

impl Wanted {
    /// # Errors
    /// What is wrong with the options.
    pub(super) fn new(options: GenerateOptions) -> Result<Self, Failure> {
        let days = options.days.unwrap_or(DEFAULT_DAYS);
        let days = u16::try_from(days).ok().filter(|_| (1..=MOST_DAYS).contains(&days));
        let days = days.ok_or_else(|| Failure::bare(format!("Invalid `days`: it is not in 1..={MOST_DAYS}")))?;
        let names: Option<Vec<SanType>> = match options.hosts {
            Some(hosts) if hosts.0.is_empty() => return Err(Failure::bare("Invalid `hosts`: it is empty")),
            Some(hosts) => hosts.0.iter().map(|host| subject(host)).collect(),
            None => DEFAULT_HOSTS.iter().map(|host| subject(host)).collect(),
        };
        let names = names.ok_or_else(|| Failure::bare("Invalid `hosts`: a host is no name and no address"))?;
        Ok(Self { names, days })
    }

    /// Makes key and certificate. Takes a moment.
    pub(super) fn make(self) -> Result<GeneratedPair, rcgen::Error> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let now = OffsetDateTime::now_utc();
        let mut params = CertificateParams::default();
        params.not_before = now - CLOCK_SKEW;
        params.not_after = now + Duration::from_secs(u64::from(self.days) * 24 * 3600);
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, "chrome-sockets self-signed");
        params.subject_alt_names = self.names;
        // Not an authority: who trusts it trusts it for its own hosts and nothing else.
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        Ok(GeneratedPair {
            certificate: params.self_signed(&key)?.pem(),
            private_key: key.serialize_pem(),
        })
    }
}

/// A host as a certificate names it; a name may begin with `*.`.
fn subject(host: &str) -> Option<SanType> {
    if host.len() > LONGEST_HOST {
        return None;
    }
    let (star, rest) = host.strip_prefix("*.").map_or(("", host), |rest| ("*.", rest));
    match canonical_host(rest)? {
        ServerName::DnsName(name) => format!("{star}{}", name.as_ref()).try_into().ok().map(SanType::DnsName),
        ServerName::IpAddress(_) if !star.is_empty() => None,
        ServerName::IpAddress(IpAddr::V4(address)) => {
            Some(SanType::IpAddress(std::net::Ipv4Addr::from(address).into()))
        }
        ServerName::IpAddress(IpAddr::V6(address)) => {
            Some(SanType::IpAddress(std::net::Ipv6Addr::from(address).into()))
        }
        _ => None,
    }
}
