//! A session between two ends of this process.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection};
use tokio::net::TcpListener;

use super::*;
use crate::engine::connection::Connection;
use crate::engine::tls::certificate::Wanted;
use crate::engine::tls::handshake::shake_hands;
use crate::engine::tls::turns::Turns;
use crate::engine::tls::{provider, server};
use crate::wire::{GenerateOptions, Pem, TlsPair};

/// A server's session and its client's.
async fn pair() -> (Session, Session) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (near, far) = (near.unwrap(), far.unwrap().0);
    let options = GenerateOptions {
        hosts: None,
        days: None,
    };
    let made = Wanted::new(options).unwrap().make().unwrap();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(made.certificate.as_bytes()).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let pair = TlsPair {
        certificate: Pem(made.certificate),
        private_key: Pem(made.private_key),
    };
    let server = ServerConnection::new(server::config(&pair).unwrap()).unwrap();
    let turns = Turns::new(2);
    let (server, client) = tokio::join!(
        shake_hands(&near, server.into(), None, &turns),
        shake_hands(&far, client.into(), None, &turns),
    );
    let session = |tcp, tls: rustls::Connection| {
        let Stream::Tls(session) = Stream::tls(tcp, tls) else {
            unreachable!()
        };
        *session
    };
    (session(near, server.unwrap()), session(far, client.unwrap()))
}

async fn read(session: &mut Session, space: &mut [u8]) -> io::Result<usize> {
    std::future::poll_fn(|context| session.poll_read(context, space)).await
}

#[tokio::test]
async fn bytes_count_as_written_when_the_kernel_has_their_last_record() {
    let (mut near, mut far) = pair().await;
    let bytes = vec![7; 1 << 20];
    let mut written = 0;
    // Until the kernel is full.
    let error = loop {
        match near.write(&[IoSlice::new(&bytes)]) {
            Ok(count) => written += count,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    let ahead = near.unreported;
    assert!(0 < ahead && ahead <= 64 << 10, "{ahead}");
    assert!(near.tls.wants_write());
    // What was encrypted and not counted is counted when there is room, and no byte of it is sent twice.
    let mut read_bytes = 0;
    let mut space = vec![0; 64 << 10];
    loop {
        match near.write(&[IoSlice::new(&bytes)]) {
            Ok(count) => {
                assert_eq!(count, ahead);
                written += count;
                break;
            }
            Err(_) => read_bytes += read(&mut far, &mut space).await.unwrap(),
        }
    }
    while read_bytes < written {
        read_bytes += read(&mut far, &mut space).await.unwrap();
    }
    assert_eq!(read_bytes, written);
}

#[tokio::test]
async fn an_end_for_which_the_kernel_has_no_room_is_handed_over() {
    let (mut near, _far) = pair().await;
    let bytes = vec![7; 1 << 20];
    while near.write(&[IoSlice::new(&bytes)]).is_ok() {}
    let (_tcp, left) = Stream::Tls(Box::new(near)).finish();
    // What is left of records that wait, and TLS's own end.
    assert!(left.len() > 20, "{}", left.len());
}

#[tokio::test]
async fn a_connection_whose_peer_has_ended_still_says_its_own_end() {
    let (mut near, far) = pair().await;
    let bytes = vec![7; 1 << 20];
    while near.write(&[IoSlice::new(&bytes)]).is_ok() {}
    let peer = far.tcp.local_addr().unwrap();
    let connection = Connection::new(1, Stream::Tls(Box::new(near)), peer, &Arc::default());
    let (lingering, unsent) = connection.end(true);
    assert!(unsent.is_empty());
    assert!(lingering.is_some_and(|(_, left)| left.len() > 20));
}

#[tokio::test]
async fn a_read_fills_its_space_from_several_records_and_tells_the_end_behind_them() {
    let (mut near, mut far) = pair().await;
    for _ in 0..10 {
        near.write(&[IoSlice::new(b"0123456789")]).unwrap();
    }
    let (tcp, left) = Stream::Tls(Box::new(near)).finish();
    assert!(left.is_empty());
    let mut space = [0; 60];
    let mut counts = Vec::new();
    while counts.last() != Some(&0) {
        counts.push(read(&mut far, &mut space).await.unwrap());
    }
    assert_eq!(counts.iter().sum::<usize>(), 100);
    assert!(counts.len() <= 4, "{counts:?}");
    // And again, for whoever asks again.
    assert_eq!(read(&mut far, &mut space).await.unwrap(), 0);
    drop(tcp);
}

#[tokio::test]
async fn an_end_that_is_not_tlss_own_is_an_error_behind_the_last_byte() {
    let (mut near, mut far) = pair().await;
    near.write(&[IoSlice::new(b"last")]).unwrap();
    drop(near);
    let mut space = [0; 60];
    assert_eq!(read(&mut far, &mut space).await.unwrap(), 4);
    let error = read(&mut far, &mut space).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

/// Else one peer, faster than we decrypt, would hold up all others for as long as it likes.
#[tokio::test]
async fn a_read_ends_although_tiny_records_come_on_and_on() {
    const RECORD: usize = 5 + 1 + 1 + 16;
    // Of one fetch some bytes may have been left over.
    const MOST: usize = (MOST_FETCHES + 1) * 4096 / RECORD;
    let (mut near, mut far) = pair().await;
    let mut space = vec![0; 64 << 10];
    let mut written = 0;
    while written < 4 * MOST && near.write(&[IoSlice::new(b"x")]).is_ok() {
        written += 1;
    }
    let mut read_bytes = 0;
    while read_bytes < written {
        let count = read(&mut far, &mut space).await.unwrap();
        assert!((1..=MOST).contains(&count), "{count} of {written} in one read");
        read_bytes += count;
    }
    assert!(written > MOST, "{written}");
}
