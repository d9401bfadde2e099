//! A handshake: flights written and read as the peer allows, and each step that computes on a thread of its own.

use std::io;

use rustls::{Connection, Error};
use tokio::net::TcpStream;

use super::client::Asked;
use super::errors::net_error;
use super::stream::Io;
use super::turns::Turns;
use crate::net_error::NetError;

/// Carries the handshake out. `turns` bounds how many steps compute at once. Nothing blocks and nothing ends by itself: the caller
/// drops the future when it has waited long enough.
///
/// # Errors
/// What a client reports; a server logs it.
pub(super) async fn shake_hands(
    tcp: &TcpStream,
    mut session: Connection,
    asked: Option<&Asked>,
    turns: &Turns,
) -> Result<Connection, NetError> {
    loop {
        write_out(tcp, &mut session).await.map_err(|error| of_io(&error))?;
        if !session.is_handshaking() {
            return Ok(session);
        }
        match read_some(tcp, &mut session).await {
            Ok(0) => return Err(NetError::ConnectionClosed),
            Ok(_) => {}
            Err(error) => return Err(of_io(&error)),
        }
        let hello_refused = session.protocol_version().is_none();
        let result;
        (session, result) = step(session, turns).await?;
        if let Err(error) = result {
            tracing::debug!(%error, "handshake failed");
            // The alert, as far as the kernel takes it now.
            let _ = session.write_tls(&mut Io(tcp));
            return Err(net_error(&error, hello_refused));
        }
        if asked.is_some_and(Asked::is_set) {
            return Err(NetError::SslClientAuthCertNeeded);
        }
    }
}

fn of_io(error: &io::Error) -> NetError {
    tracing::debug!(%error, "connection lost in a handshake");
    NetError::from_io(error)
}

async fn write_out(tcp: &TcpStream, session: &mut Connection) -> io::Result<()> {
    while session.wants_write() {
        match session.write_tls(&mut Io(tcp)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => tcp.writable().await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn read_some(tcp: &TcpStream, session: &mut Connection) -> io::Result<usize> {
    loop {
        match session.read_tls(&mut Io(tcp)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => tcp.readable().await?,
            result => return result,
        }
    }
}

/// Takes in what was read: keys are agreed upon, signatures made and checked, certificates verified.
async fn step(mut session: Connection, turns: &Turns) -> Result<(Connection, Result<(), Error>), NetError> {
    turns
        .compute(move || {
            let result = session.process_new_packets().map(drop);
            (session, result)
        })
        .await
}
