//! What a server's certificate may be, and what the browser's code for each fault is.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, Signer, SigningKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{Error, RootCertStore, ServerConfig, SignatureAlgorithm, SignatureScheme, SupportedProtocolVersion};
use serde_json::json;

use super::authority::{ALL, Authority, Pair, provider};
use super::peer::assert_gone;
use crate::host::{Host, Setup};
use crate::peers::{net, zero};

/// Good for these years only.
fn dated(authority: &Authority, host: &str, from: i32, to: i32) -> Pair {
    authority.issue_as(&[host], |params| {
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
    })
}

/// A server whose certificate nobody known has issued.
fn self_signed() -> Pair {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Pair { certificate, key }
}

#[test]
fn t69_each_fault_has_its_code_and_the_socket_is_gone() {
    let authority = Authority::new();
    let mut host = authority.host();
    let of_a_client = authority.issue_as(&["localhost"], |params| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    });
    let an_authority_itself = authority.issue_as(&["localhost"], |params| {
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    });
    for (pair, code, name) in [
        (authority.issue(&["other.invalid"]), -200, "CERT_COMMON_NAME_INVALID"),
        (authority.issue(&["127.0.0.1"]), -200, "CERT_COMMON_NAME_INVALID"),
        (dated(&authority, "localhost", 2001, 2002), -201, "CERT_DATE_INVALID"),
        (dated(&authority, "localhost", 2101, 2102), -201, "CERT_DATE_INVALID"),
        (self_signed(), -202, "CERT_AUTHORITY_INVALID"),
        (Authority::new().issue(&["localhost"]), -202, "CERT_AUTHORITY_INVALID"),
        (an_authority_itself, -202, "CERT_AUTHORITY_INVALID"),
        (of_a_client, -207, "CERT_INVALID"),
    ] {
        for versions in [&[&TLS12][..], &[&TLS13]] {
            let (socket, reply) = host.try_secure("localhost", pair.server(versions), &json!({}));
            assert_eq!(reply, net(code, name));
            assert_gone(&mut host, socket);
        }
    }
}

#[test]
fn of_two_faults_the_graver_is_told() {
    let authority = Authority::new();
    let mut host = authority.host();
    let stranger = Authority::new();
    for (from, to) in [(2001, 2002), (2101, 2102)] {
        for (pair, code, name) in [
            (
                dated(&authority, "other.invalid", from, to),
                -200,
                "CERT_COMMON_NAME_INVALID",
            ),
            (dated(&stranger, "localhost", from, to), -202, "CERT_AUTHORITY_INVALID"),
            (
                dated(&stranger, "other.invalid", from, to),
                -202,
                "CERT_AUTHORITY_INVALID",
            ),
        ] {
            let (_, reply) = host.try_secure("localhost", pair.server(ALL), &json!({}));
            assert_eq!(reply, net(code, name), "{from}");
        }
    }
    let elsewhere = stranger.issue(&["other.invalid"]);
    let (_, reply) = host.try_secure("localhost", elsewhere.server(ALL), &json!({}));
    assert_eq!(reply, net(-202, "CERT_AUTHORITY_INVALID"));
}

#[test]
fn t69_without_any_authority_nobody_is_trusted() {
    let authority = Authority::new();
    let mut setup = Setup::default();
    setup.environment.push(("SSL_CERT_FILE", "/dev/null".to_owned()));
    let mut host = setup.start();
    let (socket, reply) = host.try_secure("localhost", authority.localhost(), &json!({}));
    assert_eq!(reply, net(-202, "CERT_AUTHORITY_INVALID"));
    assert_gone(&mut host, socket);
}

#[test]
fn names_addresses_and_what_is_in_other_letters() {
    let authority = Authority::new();
    let mut host = authority.host();
    for (connect_to, certified) in [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("LocalHost", "localhost"),
        ("a.b.localhost", "*.b.localhost"),
        ("bücher.localhost", "xn--bcher-kva.localhost"),
    ] {
        let server = authority.issue(&[certified]).server(ALL);
        assert_eq!(
            host.try_secure(connect_to, server, &json!({})).1,
            zero(),
            "{connect_to}"
        );
    }
    // A name's certificate is none for its address.
    let (_, reply) = host.try_secure("127.0.0.1", authority.localhost(), &json!({}));
    assert_eq!(reply, net(-200, "CERT_COMMON_NAME_INVALID"));
}

/// Shows a certificate without having its key. A client that looks at the certificate first does not get as far as the signature,
/// and of a key that is too short none would hold.
#[derive(Debug)]
struct Impostor(SignatureAlgorithm, SignatureScheme);

impl SigningKey for Impostor {
    fn choose_scheme(&self, _: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        Some(Box::new(Self(self.0, self.1)))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.0
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        None
    }
}

impl Signer for Impostor {
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(vec![1; 128])
    }

    fn scheme(&self) -> SignatureScheme {
        self.1
    }
}

fn impostor(
    chain: Vec<CertificateDer<'static>>,
    key: Impostor,
    version: &'static SupportedProtocolVersion,
) -> Arc<ServerConfig> {
    let certified = CertifiedKey::new(chain, Arc::new(key));
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    Arc::new(config)
}

#[test]
fn t69_weak_keys_weak_signatures_and_keys_that_are_not_the_servers() {
    let folder = format!("{}/tests/it/tls/weak", env!("CARGO_MANIFEST_DIR"));
    let mut setup = Setup::default();
    setup
        .environment
        .push(("SSL_CERT_FILE", format!("{folder}/authority.pem")));
    let mut host = setup.start();
    let authority = Authority::new();
    let mut own_host = authority.host();
    let read = |file: &str| vec![CertificateDer::from_pem_file(format!("{folder}/{file}.pem")).unwrap()];
    let rsa = || Impostor(SignatureAlgorithm::RSA, SignatureScheme::RSA_PSS_SHA256);
    let ecdsa = || Impostor(SignatureAlgorithm::ECDSA, SignatureScheme::ECDSA_NISTP256_SHA256);
    for version in [&TLS12, &TLS13] {
        let check = |host: &mut Host, chain, key, code, name| {
            let (socket, reply) = host.try_secure("localhost", impostor(chain, key, version), &json!({}));
            assert_eq!(reply, net(code, name), "{version:?}");
            assert_gone(host, socket);
        };
        check(&mut host, read("rsa-1024"), rsa(), -211, "CERT_WEAK_KEY");
        check(&mut host, read("sha-1"), ecdsa(), -208, "CERT_WEAK_SIGNATURE_ALGORITHM");
        let elsewhere = impostor(read("sha-1"), ecdsa(), version);
        let (_, reply) = host.try_secure("127.0.0.1", elsewhere, &json!({}));
        assert_eq!(reply, net(-200, "CERT_COMMON_NAME_INVALID"), "graver than weak");
        let stolen = authority.issue(&["localhost"]).der().0;
        check(&mut own_host, stolen, ecdsa(), -107, "SSL_PROTOCOL_ERROR");
    }
}

#[test]
fn a_server_that_wants_a_certificate_gets_none() {
    let authority = Authority::new();
    let mut host = authority.host();
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    for (verifier, versions) in [
        (verifier.clone(), &[&TLS12][..]),
        (verifier.clone(), &[&TLS13]),
        // Like the browser we do not go on without one, where a server would.
        (verifier.allow_unauthenticated(), ALL),
    ] {
        let (chain, key) = authority.issue(&["localhost"]).der();
        let config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(versions)
            .unwrap()
            .with_client_cert_verifier(verifier.build().unwrap())
            .with_single_cert(chain, key)
            .unwrap();
        let (socket, reply) = host.try_secure("localhost", Arc::new(config), &json!({}));
        assert_eq!(reply, net(-110, "SSL_CLIENT_AUTH_CERT_NEEDED"));
        assert_gone(&mut host, socket);
    }
}

/// Keeps the name that the client has asked for.
#[derive(Debug)]
struct Asked(std::sync::Mutex<Vec<Option<String>>>, Arc<CertifiedKey>);

impl ResolvesServerCert for Asked {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.lock().unwrap().push(hello.server_name().map(str::to_owned));
        Some(Arc::clone(&self.1))
    }
}

#[test]
fn the_server_is_told_the_canonical_name_and_never_an_address() {
    let authority = Authority::new();
    let mut host = authority.host();
    let (chain, key) = authority.issue(&["127.0.0.1", "xn--bcher-kva.localhost"]).der();
    let key = provider().key_provider.load_private_key(key).unwrap();
    let asked = Arc::new(Asked(
        std::sync::Mutex::default(),
        Arc::new(CertifiedKey::new(chain, key)),
    ));
    let resolver: Arc<dyn ResolvesServerCert> = Arc::<Asked>::clone(&asked);
    let config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(ALL)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    let config = Arc::new(config);
    for name in ["BÜCHER.localhost", "127.0.0.1"] {
        assert_eq!(host.try_secure(name, Arc::clone(&config), &json!({})).1, zero());
    }
    let asked = asked.0.lock().unwrap().clone();
    assert_eq!(asked, [Some("xn--bcher-kva.localhost".to_owned()), None]);
}
