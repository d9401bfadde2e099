//! Who speaks TLS in a program, and how, which follows from a peer's number.

use std::sync::{Arc, LazyLock};

use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection};
use serde_json::Value;

use crate::tls::authority::{Authority, client};

/// What a server shows to whoever secures a connection to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Good,
    OtherName,
    /// Of an authority that nobody trusts.
    Stranger,
}

/// How a peer ends what it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// TLS says its own end, as it should.
    Orderly,
    /// FIN alone, so that nobody knows whether it was cut off.
    CutOff,
    /// What is no TLS, and FIN.
    Garbage,
}

/// A record that nobody has encrypted.
pub const GARBAGE: &[u8] = &[23, 3, 3, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8];

struct Parties {
    authority: String,
    /// What all servers of the host show.
    pem: Value,
    /// Of both versions. They resume each other's sessions, which turns round who speaks last.
    clients: [Arc<ClientConfig>; 2],
    /// The same of each kind.
    servers: [[Arc<ServerConfig>; 2]; 3],
}

static PARTIES: LazyLock<Parties> = LazyLock::new(|| {
    let authority = Authority::new();
    let stranger = Authority::new();
    let shown = [
        authority.issue(&["localhost", "127.0.0.1"]),
        authority.issue(&["elsewhere.test"]),
        stranger.issue(&["localhost", "127.0.0.1"]),
    ];
    Parties {
        authority: authority.own_pem(),
        pem: shown[0].pem(),
        clients: [&TLS12, &TLS13].map(|version| client(authority.certificate(), &[version])),
        servers: shown.map(|pair| {
            [&TLS12, &TLS13].map(|version| {
                let mut config = ServerConfig::clone(&pair.server(&[version]));
                // Bytes that come with the last flight.
                config.send_half_rtt_data = true;
                Arc::new(config)
            })
        }),
    }
});

/// Whom the host is to trust.
pub fn authority() -> &'static str {
    &PARTIES.authority
}

/// What `tcpServer.create` takes.
pub fn pem() -> Value {
    PARTIES.pem.clone()
}

pub fn client_of(number: usize) -> Connection {
    let name = ServerName::try_from("localhost").unwrap();
    let config = Arc::clone(&PARTIES.clients[number % 2]);
    ClientConnection::new(config, name).unwrap().into()
}

pub fn server_of(number: usize) -> Connection {
    let config = Arc::clone(&PARTIES.servers[shown(number) as usize][number % 2]);
    ServerConnection::new(config).unwrap().into()
}

pub fn shown(number: usize) -> Shown {
    match number / 2 % 8 {
        2 => Shown::OtherName,
        5 => Shown::Stranger,
        _ => Shown::Good,
    }
}

pub fn farewell(number: usize) -> Farewell {
    match number / 2 % 3 {
        0 => Farewell::Orderly,
        1 => Farewell::CutOff,
        _ => Farewell::Garbage,
    }
}
