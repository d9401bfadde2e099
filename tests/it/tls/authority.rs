//! A certificate authority of the test's own, and what it issues.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::host::{Host, Setup};

pub const ALL: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12, &rustls::version::TLS13];

pub fn provider() -> Arc<CryptoProvider> {
    #[cfg(feature = "aws-lc-rs")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "aws-lc-rs"))]
    let provider = rustls::crypto::ring::default_provider();
    Arc::new(provider)
}

/// A certificate and its key.
pub struct Pair {
    pub certificate: rcgen::Certificate,
    pub key: KeyPair,
}

impl Pair {
    /// A server with this pair.
    pub fn server(&self, versions: &[&'static SupportedProtocolVersion]) -> Arc<ServerConfig> {
        let builder = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth();
        let (chain, key) = self.der();
        Arc::new(builder.with_single_cert(chain, key).unwrap())
    }

    /// What `tcpServer.create` takes.
    pub fn pem(&self) -> Value {
        json!({"certificate": self.certificate.pem(), "privateKey": self.key.serialize_pem()})
    }

    pub fn der(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        (vec![self.certificate.der().clone()], key)
    }
}

pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: NamedTempFile,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "a test's authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), issuer.pem()).unwrap();
        Self { issuer, file }
    }

    pub fn certificate(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }

    /// A host that trusts it and nobody else.
    pub fn host(&self) -> Host {
        self.host_that(|_| {})
    }

    /// The same, started otherwise.
    pub fn host_that(&self, change: impl FnOnce(&mut Setup)) -> Host {
        let mut setup = Setup::default();
        change(&mut setup);
        let path = self.file.path().to_str().unwrap().to_owned();
        setup.environment.push(("SSL_CERT_FILE", path));
        setup.start()
    }

    /// A certificate for these names and addresses.
    pub fn issue(&self, hosts: &[&str]) -> Pair {
        self.issue_as(hosts, |_| {})
    }

    /// The same, with something changed.
    pub fn issue_as(&self, hosts: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Pair {
        let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        let mut params = CertificateParams::new(hosts).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Pair { certificate, key }
    }

    /// An authority below this one, whom only this one makes known.
    pub fn intermediate(&self) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "an authority below");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let issuer = CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &self.issuer).unwrap();
        let file = NamedTempFile::new().unwrap();
        Self { issuer, file }
    }

    /// Its own certificate.
    pub fn own_pem(&self) -> String {
        self.issuer.pem()
    }

    /// A server for `localhost` of any version.
    pub fn localhost(&self) -> Arc<ServerConfig> {
        self.issue(&["localhost"]).server(ALL)
    }
}

/// A client that trusts this certificate and no other.
pub fn client(root: CertificateDer<'static>, versions: &[&'static SupportedProtocolVersion]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}
