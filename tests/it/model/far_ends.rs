//! The other ends of a program's connections: a task for each, all on one thread, told what to do by commands that never block.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::bytes;
use super::line::Line;
use super::plans::Ending;
use super::state::Check;
use crate::host::HANG;

/// The receive buffer of a peer that does not read, and its segments: small, so that sends to it have to wait. The other side's
/// kernel makes room for some segments, and those of this computer's own network are large.
const SMALL_BUFFER: usize = 4096;
#[cfg(target_os = "linux")]
const SMALL_SEGMENT: u32 = 1000;

#[derive(Clone, Copy, Debug)]
pub enum Command {
    /// So many further bytes of the peer's stream.
    Write(u64),
    Read(bool),
    End(Ending),
    /// What comes behind so many bytes is TLS, whose server it is to be.
    Serve(usize),
}

/// How a connection ended, as its peer saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Fin,
    /// Or cut off, where TLS has not said its end.
    Reset,
    /// By the peer itself, or because of what it said.
    Own,
    /// What came was not TLS.
    Garbled,
    /// There was none.
    Unused,
}

/// What a peer has seen when it is done.
#[derive(Debug)]
pub struct Seen {
    pub peer: usize,
    pub received: Vec<u8>,
    pub fate: Fate,
    pub at: Instant,
}

/// All peers of a program.
pub struct FarEnds {
    handle: Handle,
    thread: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    commands: Vec<UnboundedSender<Command>>,
    report: Sender<Seen>,
    reports: Receiver<Seen>,
    seen: BTreeMap<usize, Seen>,
    /// How many clients of TLS have come so far that their servers may have announced them.
    pub shaking: Arc<AtomicUsize>,
}

impl FarEnds {
    pub fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_io().build().unwrap();
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let _ = runtime.block_on(stopped);
        });
        let (report, reports) = channel();
        Self {
            handle,
            thread: Some((stop, thread)),
            commands: Vec::new(),
            report,
            reports,
            seen: BTreeMap::new(),
            shaking: Arc::default(),
        }
    }

    /// A peer that connects to a server. One that speaks TLS obeys when it has shaken hands.
    ///
    /// # Returns
    /// Its own port, or nothing when nobody listens any more.
    pub fn dial(&mut self, port: u16, reading: bool, tls: bool) -> Option<u16> {
        let socket = socket(reading);
        socket
            .connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into(), HANG)
            .ok()?;
        let own = socket.local_addr().unwrap().as_socket().unwrap().port();
        socket.set_nonblocking(true).unwrap();
        let (mut peer, commands) = self.enlist(reading);
        let report = self.report.clone();
        let shaking = Arc::clone(&self.shaking);
        self.handle.spawn(async move {
            let stream = TcpStream::from_std(socket.into()).unwrap();
            let mut line = Line::plain(stream, peer.number);
            let shaken = if tls {
                line.secure(&shaking, &mut peer.received).await
            } else {
                Ok(())
            };
            let _ = report.send(match shaken {
                Ok(()) => peer.live(line, commands).await,
                Err(error) => peer.failed(&error),
            });
        });
        Some(own)
    }

    /// A peer that waits to be connected to: its port.
    pub fn listen(&mut self, reading: bool) -> u16 {
        let socket = socket(reading);
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        socket.listen(1).unwrap();
        socket.set_nonblocking(true).unwrap();
        let port = socket.local_addr().unwrap().as_socket().unwrap().port();
        let (peer, commands) = self.enlist(reading);
        let report = self.report.clone();
        self.handle.spawn(async move {
            let listener = TcpListener::from_std(socket.into()).unwrap();
            let _ = report.send(peer.wait(listener, commands).await);
        });
        port
    }

    fn enlist(&mut self, reading: bool) -> (Peer, UnboundedReceiver<Command>) {
        let (sender, commands) = unbounded_channel();
        self.commands.push(sender);
        let peer = Peer {
            number: self.commands.len() - 1,
            reading,
            ..Peer::default()
        };
        (peer, commands)
    }

    pub fn tell(&self, peer: usize, command: Command) {
        // One that has ended has no ears.
        let _ = self.commands[peer].send(command);
    }

    /// Waits until this one's connection has ended.
    pub fn ended(&mut self, peer: usize, patience: Duration) -> Check {
        while !self.seen.contains_key(&peer) {
            let seen = self.reports.recv_timeout(patience);
            let seen = seen.map_err(|_| format!("peer {peer} sees no end"))?;
            self.seen.insert(seen.peer, seen);
        }
        Ok(())
    }

    /// What each of them saw, when the host is gone.
    pub fn finish(&mut self) -> Result<&BTreeMap<usize, Seen>, String> {
        let count = self.commands.len();
        // Nobody else will connect.
        self.commands.clear();
        (0..count).try_for_each(|peer| self.ended(peer, HANG))?;
        Ok(&self.seen)
    }
}

impl Drop for FarEnds {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.thread.take() {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

fn socket(reading: bool) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    // Else a kernel keeps what is written while a socket is paused until it is resumed.
    socket.set_tcp_nodelay(true).unwrap();
    if !reading {
        socket.set_recv_buffer_size(SMALL_BUFFER).unwrap();
        #[cfg(target_os = "linux")]
        socket.set_tcp_mss(SMALL_SEGMENT).unwrap();
    }
    socket
}

#[derive(Default)]
struct Peer {
    number: usize,
    reading: bool,
    received: Vec<u8>,
    planned: u64,
    written: u64,
    ending: Ending,
    fin_sent: bool,
    write_reset: bool,
}

impl Peer {
    fn seen(self, fate: Fate) -> Seen {
        Seen {
            peer: self.number,
            received: self.received,
            fate,
            at: Instant::now(),
        }
    }

    fn failed(self, error: &io::Error) -> Seen {
        self.seen(match error.kind() {
            ErrorKind::InvalidData => Fate::Garbled,
            ErrorKind::Other => Fate::Own,
            _ => Fate::Reset,
        })
    }

    /// Lives when somebody has connected; commands wait until then.
    async fn wait(mut self, listener: TcpListener, mut commands: UnboundedReceiver<Command>) -> Seen {
        let mut waiting = VecDeque::new();
        let stream = loop {
            tokio::select! { biased;
                accepted = listener.accept() => break accepted.unwrap().0,
                command = commands.recv() => match command {
                    Some(command) => waiting.push_back(command),
                    // The host is gone: who is not here by now will not come.
                    None => match listener.into_std().unwrap().accept() {
                        Ok((stream, _)) => {
                            stream.set_nonblocking(true).unwrap();
                            break TcpStream::from_std(stream).unwrap();
                        }
                        Err(_) => return self.seen(Fate::Unused),
                    }
                }
            }
        };
        let mut line = Line::plain(stream, self.number);
        for command in waiting {
            if let Some(fate) = self.take(command, &mut line) {
                return self.seen(fate);
            }
        }
        self.live(line, commands).await
    }

    async fn live(mut self, mut line: Line, mut commands: UnboundedReceiver<Command>) -> Seen {
        let mut told = true;
        let mut space = vec![0; 64 << 10];
        loop {
            let done = self.written == self.planned && !line.is_handshaking();
            if done && self.ending > Ending::Stays {
                line.say_end();
            }
            if done && !line.has_unsent() {
                match self.ending {
                    Ending::HalfCloses if !self.fin_sent => {
                        self.fin_sent = true;
                        line.send_fin();
                    }
                    Ending::Closes => return self.seen(Fate::Own),
                    _ => {}
                }
            }
            tokio::select! {
                command = commands.recv(), if told => match command {
                    None => told = false,
                    Some(command) => if let Some(fate) = self.take(command, &mut line) {
                        return self.seen(fate);
                    }
                },
                _ = line.tcp.readable(), if self.reading || line.is_handshaking() => match line.read(&mut space, &mut self.received) {
                    // A kernel tells of a reset only once, and a write may have heard of it.
                    Ok(true) if self.write_reset => return self.seen(Fate::Reset),
                    Ok(true) => return self.seen(Fate::Fin),
                    Ok(false) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) => return self.failed(&error),
                },
                _ = line.tcp.writable(), if self.written < self.planned && line.takes_more() || line.has_unsent() => {
                    self.write(&mut line);
                }
            }
        }
    }

    /// What comes of the connection, if it was the last.
    fn take(&mut self, command: Command, line: &mut Line) -> Option<Fate> {
        match command {
            Command::Write(count) if self.ending == Ending::Stays => self.planned += count,
            Command::Write(_) => {}
            Command::Read(on) => self.reading = on,
            Command::End(ending) => self.ending = self.ending.max(ending),
            Command::Serve(plain) => {
                if line.serve(plain, &mut self.received).is_err() {
                    return Some(Fate::Garbled);
                }
            }
        }
        (self.ending == Ending::Resets).then(|| {
            SockRef::from(&line.tcp).set_linger(Some(Duration::ZERO)).unwrap();
            Fate::Own
        })
    }

    fn write(&mut self, line: &mut Line) {
        let count = usize::try_from(self.planned - self.written).unwrap().min(64 << 10);
        match line.write(bytes::of_peer(self.number, self.written, count)) {
            Ok(count) => self.written += count as u64,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            // The host has ended it; how is a matter of reading.
            Err(error) => {
                self.write_reset |= error.kind() == ErrorKind::ConnectionReset;
                self.planned = self.written;
            }
        }
    }
}
