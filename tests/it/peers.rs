//! The other ends of connections, and the steps most tests begin with.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use socket2::{Domain, SockRef, Socket, Type};

use crate::host::HANG;

/// Success without a value.
pub fn done() -> Value {
    json!({"result": null})
}

/// Success with a code.
pub fn zero() -> Value {
    json!({"result": 0})
}

/// A reply that is a text only.
pub fn text_only(message: &str) -> Value {
    json!({"error": {"message": message}})
}

pub fn not_found() -> Value {
    text_only("Socket not found")
}

/// A network error with its code as result.
pub fn net(code: i32, name: &str) -> Value {
    json!({"error": {"message": format!("net::ERR_{name}"), "code": code}, "result": code})
}

/// A network error of a send.
pub fn unsent(code: i32, name: &str) -> Value {
    json!({"error": {"message": format!("net::ERR_{name}"), "code": code}, "result": {"resultCode": code}})
}

/// The reply for a name that does not exist. On a computer without any network it is another one, as in Chromium; `errors` has
/// both for certain.
#[track_caller]
pub fn assert_unresolved(reply: &Value) {
    let offline = net(-106, "INTERNET_DISCONNECTED");
    assert!(*reply == net(-105, "NAME_NOT_RESOLVED") || *reply == offline, "{reply}");
}

/// A send that went well.
pub fn sent(bytes: usize) -> Value {
    json!({"result": {"resultCode": 0, "bytesSent": bytes}})
}

/// Bytes that do not repeat within any window we use, different for each seed.
pub fn pattern(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Compares long byte strings without printing them.
#[track_caller]
pub fn assert_same(got: &[u8], expected: &[u8]) {
    let differs = got.iter().zip(expected).position(|(a, b)| a != b);
    assert_eq!((got.len(), differs), (expected.len(), None), "length, first difference");
}

/// Closes with a reset instead of a FIN.
pub fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
}

/// A connection to a port of this computer that never waits for ever.
pub fn dial(port: u16) -> TcpStream {
    guarded(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap())
}

/// The next connection of a listener of ours.
pub fn accept(listener: &TcpListener) -> TcpStream {
    guarded(listener.accept().unwrap().0)
}

fn guarded(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(HANG)).unwrap();
    stream.set_write_timeout(Some(HANG)).unwrap();
    stream
}

/// A listener of ours, and its port.
pub fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A port nobody listens on: it stays bound, but without `listen`.
pub fn closed_port() -> (Socket, u16) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    let port = socket.local_addr().unwrap().as_socket().unwrap().port();
    (socket, port)
}

/// Reads until the peer's FIN.
pub fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

pub fn read_exact(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// Whether a reader can tell a reset from a FIN. wine takes the error off the socket before its reader sees it; a reader outside
/// wine does see the host's resets.
pub const SEES_RESETS: bool = cfg!(not(windows));

/// The bytes that arrive before the connection ends, and whether it ended by a FIN.
pub fn read_to_any_end(stream: &mut TcpStream) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let mut part = vec![0; 64 << 10];
    loop {
        match stream.read(&mut part) {
            Ok(0) => return (bytes, true),
            Ok(count) => bytes.extend_from_slice(&part[..count]),
            Err(error) => {
                assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
                return (bytes, false);
            }
        }
    }
}

/// Writes until the kernel takes no more for now: the other side does not read.
pub fn stuff(stream: &mut TcpStream, bytes: &[u8]) -> usize {
    stream.set_nonblocking(true).unwrap();
    let mut written = 0;
    while written < bytes.len() {
        match stream.write(&bytes[written..]) {
            Ok(count) => written += count,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    stream.set_nonblocking(false).unwrap();
    written
}

/// A port whose connects stay unanswered: its listener's queue is full, and whoever filled it.
pub fn black_hole() -> (u16, Vec<Socket>) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener
        .bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())
        .unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut held = vec![listener];
    loop {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        // An answered connect returns within microseconds.
        let full = socket
            .connect_timeout(&address, std::time::Duration::from_millis(200))
            .is_err();
        held.push(socket);
        if full {
            return (address.as_socket().unwrap().port(), held);
        }
    }
}

/// Half-closes: FIN, but still reading.
pub fn half_close(stream: &TcpStream) {
    stream.shutdown(Shutdown::Write).unwrap();
}
