//! Certificates and keys of servers: those we make, and those that are no good.

use std::net::TcpStream;
use std::process::Command;

use rcgen::KeyPair;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use super::authority::{ALL, Authority, client};
use super::serving::shake;
use crate::host::{Host, Setup};
use crate::peers::{dial, done, sent, text_only, zero};

fn generate(host: &mut Host, options: &Value) -> Value {
    host.ok("tcpServer.generateCertificate", json!({"options": options}))
}

/// A listening server with this pair, and its port.
fn serve(host: &mut Host, pair: &Value) -> (u64, u16) {
    let created = host.ok("tcpServer.create", json!({"properties": {"tls": pair}}));
    let server = created["socketId"].as_u64().unwrap();
    assert_eq!(host.listen(server, "127.0.0.1", 0), zero());
    let port = host.info("tcpServer", server)["localPort"].as_u64().unwrap();
    (server, u16::try_from(port).unwrap())
}

#[test]
fn a_certificate_of_ours_is_good_for_whoever_trusts_it() {
    let mut host = Host::new();
    let pair = host.ok("tcpServer.generateCertificate", json!({}));
    let (server, port) = serve(&mut host, &pair);
    let root = CertificateDer::from_pem_slice(pair["certificate"].as_str().unwrap().as_bytes()).unwrap();
    let trusting = client(root, ALL);
    shake(dial(port), &trusting).unwrap();
    host.accepted(server);
    let stranger = client(Authority::new().certificate(), ALL);
    assert!(shake(dial(port), &stranger).is_err());
    // Each is another.
    let other = host.ok("tcpServer.generateCertificate", json!({"options": {}}));
    assert_ne!(other["privateKey"], pair["privateKey"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_host_of_ours_is_good_for_a_host_of_ours() {
    let mut maker = Host::new();
    let pair = generate(&mut maker, &json!({"hosts": ["bücher.localhost", "::1"], "days": 1}));
    let (server, port) = serve(&mut maker, &pair);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pair["certificate"].as_str().unwrap()).unwrap();
    let mut setup = Setup::default();
    let path = file.path().to_str().unwrap().to_owned();
    setup.environment.push(("SSL_CERT_FILE", path));
    let mut host = setup.start();
    let socket = host.create("tcp");
    host.pause("tcp", socket, true);
    assert_eq!(host.connect(socket, "BÜCHER.localhost", port), zero());
    assert_eq!(host.secure(socket), zero());
    let client = maker.accepted(server);
    assert_eq!(host.write(socket, b"hello"), sent(5));
    maker.pause("tcp", client, false);
    assert_eq!(maker.received(client, 5), b"hello");
}

#[test]
fn curl_trusts_it_by_name_and_by_address() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: there is no curl");
        return;
    }
    let mut host = Host::new();
    let pair = host.ok("tcpServer.generateCertificate", json!({}));
    let (server, port) = serve(&mut host, &pair);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pair["certificate"].as_str().unwrap()).unwrap();
    for name in ["localhost", "127.0.0.1"] {
        let mut curl = Command::new("curl");
        curl.args([
            "--silent",
            "--show-error",
            "--max-time",
            "20",
            "--noproxy",
            "*",
            "--cacert",
        ])
        .arg(file.path())
        .arg(format!("https://{name}:{port}/"))
        .stdout(std::process::Stdio::piped());
        let curl = curl.spawn().unwrap();
        let socket = host.accepted(server);
        host.pause("tcp", socket, false);
        let request = String::from_utf8(host.received_at_least(socket, 20)).unwrap();
        assert!(request.starts_with("GET / HTTP/1.1\r\n"), "{request}");
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
        assert_eq!(host.write(socket, answer), sent(answer.len()));
        assert_eq!(host.simple("tcp.close", socket), done());
        let output = curl.wait_with_output().unwrap();
        assert!(output.status.success());
        assert_eq!(output.stdout, b"hello");
    }
}

#[test]
fn options_that_are_no_good() {
    let mut host = Host::new();
    let long = "a".repeat(254);
    for (options, message) in [
        (json!({"days": 0}), "Invalid `days`: it is not in 1..=3650"),
        (json!({"days": 3651}), "Invalid `days`: it is not in 1..=3650"),
        (json!({"days": -1}), "Invalid `days`: it is not in 1..=3650"),
        (json!({"hosts": []}), "Invalid `hosts`: it is empty"),
        (
            json!({"hosts": ["a b"]}),
            "Invalid `hosts`: a host is no name and no address",
        ),
        (
            json!({"hosts": ["ok", "*.127.0.0.1"]}),
            "Invalid `hosts`: a host is no name and no address",
        ),
        (
            json!({"hosts": [long]}),
            "Invalid `hosts`: a host is no name and no address",
        ),
    ] {
        let reply = host.call("tcpServer.generateCertificate", json!({"options": options}));
        assert_eq!(reply, text_only(message), "{options}");
    }
    let many: Vec<String> = (0..65).map(|number| format!("a{number}.invalid")).collect();
    let reply = host.call("tcpServer.generateCertificate", json!({"options": {"hosts": many}}));
    let text = reply["error"]["message"].as_str().unwrap();
    assert!(text.starts_with("Invalid params: "), "{text}");
    assert!(generate(&mut host, &json!({"hosts": many[..64], "days": 3650}))["certificate"].is_string());
}

#[test]
fn many_wanted_at_once_are_made_or_refused_and_nothing_waits_for_them() {
    let mut host = Host::new();
    let calls = (0..1000)
        .map(|_| ("tcpServer.generateCertificate", json!({})))
        .collect();
    let requests = host.post_all(calls);
    let mut made = 0;
    for request in requests {
        let reply = host.reply(request);
        if reply["result"]["certificate"].is_string() {
            made += 1;
        } else {
            let refusal = json!({"error": {"message": "net::ERR_INSUFFICIENT_RESOURCES", "code": -12}});
            assert_eq!(reply, refusal);
        }
    }
    assert!(made >= 64, "{made}");
}

#[test]
fn pairs_that_are_no_good_each_get_one_clear_line_and_make_nothing() {
    let mut setup = Setup::default();
    setup.environment.push(("CHROME_SOCKETS_LOG", "trace".to_owned()));
    let mut host = setup.start();
    let authority = Authority::new();
    let good = authority.issue(&["localhost"]).pem();
    let (certificate, key) = (
        good["certificate"].as_str().unwrap(),
        good["privateKey"].as_str().unwrap(),
    );
    let other = KeyPair::generate().unwrap().serialize_pem();
    let block = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    let cut = &certificate[..certificate.len() - 30];
    let cut_key = &key[..key.len() - 30];
    let (bad_base64, not_der) = (block("CERTIFICATE", "!!!!"), block("CERTIFICATE", "AAAA"));
    let (no_key, encrypted) = (block("PRIVATE KEY", "AAAA"), block("ENCRYPTED PRIVATE KEY", "AAAA"));
    let half_good = format!("{certificate}{not_der}");
    for (certificate, key, message) in [
        ("", key, "Invalid TLS certificate: there is no certificate in PEM"),
        (
            "nonsense",
            key,
            "Invalid TLS certificate: there is no certificate in PEM",
        ),
        (key, key, "Invalid TLS certificate: there is no certificate in PEM"),
        (cut, key, "Invalid TLS certificate: the PEM text has no END line"),
        (&bad_base64, key, "Invalid TLS certificate: the PEM text is not base64"),
        (
            &not_der,
            key,
            "Invalid TLS certificate: it is not a valid X.509 certificate",
        ),
        (
            &half_good,
            key,
            "Invalid TLS certificate: it is not a valid X.509 certificate",
        ),
        (
            certificate,
            "",
            "Invalid TLS private key: there is no unencrypted private key in PEM",
        ),
        (
            certificate,
            certificate,
            "Invalid TLS private key: there is no unencrypted private key in PEM",
        ),
        (
            certificate,
            &encrypted,
            "Invalid TLS private key: there is no unencrypted private key in PEM",
        ),
        (
            certificate,
            cut_key,
            "Invalid TLS private key: the PEM text has no END line",
        ),
        (
            certificate,
            &no_key,
            "Invalid TLS private key: it is not a valid RSA, ECDSA or Ed25519 key",
        ),
        (
            certificate,
            &other,
            "The TLS private key does not match the certificate",
        ),
    ] {
        let pair = json!({"certificate": certificate, "privateKey": key});
        let reply = host.call("tcpServer.create", json!({"properties": {"tls": pair}}));
        assert_eq!(reply, text_only(message));
    }
    assert_eq!(host.ok("tcpServer.getSockets", json!({})), json!([]));

    // Nothing of any key was said to anybody.
    let log = host.stderr();
    for line in key.lines().chain(other.lines()).filter(|line| !line.starts_with('-')) {
        assert!(!log.contains(line));
    }
}

#[test]
fn an_update_with_a_fault_changes_nothing_and_one_may_make_a_plain_server_speak_tls() {
    let mut host = Host::new();
    let authority = Authority::new();
    let good = authority.issue(&["localhost"]).pem();
    let other = KeyPair::generate().unwrap().serialize_pem();
    let server = host.create("tcpServer");
    let update = |pair: Value| json!({"socketId": server, "properties": {"name": "n", "tls": pair}});
    let mismatch = update(json!({"certificate": good["certificate"], "privateKey": other}));
    assert_eq!(
        host.call("tcpServer.update", mismatch),
        text_only("The TLS private key does not match the certificate")
    );
    let info = host.info("tcpServer", server);
    assert!(info.get("tls").is_none() && info.get("name").is_none());
    assert_eq!(host.call("tcpServer.update", update(good)), done());
    assert_eq!(host.listen(server, "127.0.0.1", 0), zero());
    let port = host.info("tcpServer", server)["localPort"].as_u64().unwrap();
    let tcp = TcpStream::connect(("127.0.0.1", u16::try_from(port).unwrap())).unwrap();
    shake(tcp, &client(authority.certificate(), ALL)).unwrap();
    host.accepted(server);
}

#[test]
fn pairs_of_the_wrong_shape_or_size_are_refused_before_they_are_read() {
    let mut host = Host::new();
    let good = Authority::new().issue(&["localhost"]).pem();
    let (certificate, key) = (&good["certificate"], &good["privateKey"]);
    let huge = "A".repeat((64 << 10) + 1);
    for (pair, message) in [
        (
            json!({"certificate": huge, "privateKey": key}),
            "PEM text is longer than 65536 bytes",
        ),
        (
            json!({"certificate": certificate, "privateKey": huge}),
            "PEM text is longer than 65536 bytes",
        ),
        (json!({"certificate": certificate}), "missing field `privateKey`"),
        (
            json!({"certificate": 1, "privateKey": key}),
            "invalid type: integer `1`, expected PEM text",
        ),
        // Not quoted, like everything that might be a key.
        (json!(key), "invalid type: string, expected an object"),
    ] {
        let reply = host.call("tcpServer.create", json!({"properties": {"tls": pair}}));
        let text = reply["error"]["message"].as_str().unwrap();
        assert!(text.starts_with(&format!("Invalid params: {message}")), "{text}");
        assert!(text.len() < 200, "{text}");
    }
    assert_eq!(host.ok("tcpServer.getSockets", json!({})), json!([]));
}

#[test]
fn a_chain_leads_to_the_authority() {
    let mut host = Host::new();
    let authority = Authority::new();
    let below = authority.intermediate();
    let mut pair = below.issue(&["localhost"]).pem();
    let trusting = client(authority.certificate(), ALL);
    let (_, alone) = serve(&mut host, &pair);
    assert!(shake(dial(alone), &trusting).is_err());
    pair["certificate"] = json!(format!("{}{}", pair["certificate"].as_str().unwrap(), below.own_pem()));
    let (server, port) = serve(&mut host, &pair);
    shake(dial(port), &trusting).unwrap();
    host.accepted(server);
}
