//! What the sockets do. Knows neither JSON nor the pipe: it takes [`Call`]s, and places what it has to say into a [`FrameSink`].
//!
//! One value owns everything, so there is nothing to lock. Control messages wait here in order; payload waits in the kernel
//! until a frame has room for it.

mod connect;
mod connection;
mod credit;
mod datagrams;
mod interfaces;
mod linger;
mod options;
mod ready;
mod secure;
mod sends;
mod settings;
mod table;
mod tcp;
mod tcp_server;
#[cfg(test)]
mod tests;
mod tls;
mod transfer;
mod udp;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use connect::{Connector, Finished};
use credit::Credit;
use linger::Lingering;
use ready::{Interest, Ready};
use sends::{Load, Sent};
use table::{Socket, Table};
use tls::{Done, Tasks};

use crate::net_error::NetError;
use crate::policy::Permissions;
use crate::wire::{Ack, Call, Failure, FrameSink, Outgoing, Placed, SocketInfo, Value};

pub use credit::{ACCEPT_WINDOW, PORT_WINDOW, SOCKET_WINDOW};
pub use linger::MOST_LINGERING;

/// The payload bytes the shim may have on their way to us.
pub const SEND_WINDOW: u64 = 4 << 20;

/// Sockets at once, when the system's limit on descriptors allows it.
pub const MOST_SOCKETS: usize = 16_384;

/// Unwritten replies beyond this many bytes stop the reading of requests.
const MOST_UNWRITTEN: usize = 4 << 20;

const NOT_FOUND: &str = "Socket not found";
const NO_PERMISSION: &str = "Does not have permission";

/// What a call comes to when it is answered at once.
type Outcome = Result<Value, Failure>;

fn not_found() -> Failure {
    Failure::bare(NOT_FOUND)
}

/// Ports are 32-bit integers that wrap, as in Chromium (SPEC §0.9).
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "wrapping is the rule"
)]
fn port(number: i32) -> u16 {
    number as u16
}

/// Messages without payload, waiting for a frame in the order they came about.
#[derive(Debug, Default)]
struct Control {
    messages: VecDeque<Outgoing>,
    weight: usize,
}

impl Control {
    fn push(&mut self, message: Outgoing) {
        self.weight += message.weight();
        self.messages.push_back(message);
    }

    /// Moves messages into the frame until it is full.
    ///
    /// # Returns
    /// Whether none is left.
    fn drain_into(&mut self, sink: &mut impl FrameSink) -> bool {
        while let Some(message) = self.messages.front_mut() {
            let before = message.weight();
            match sink.control(message) {
                Placed::Full => return false,
                Placed::Part => {
                    self.weight -= before - message.weight();
                    return false;
                }
                Placed::Whole => {
                    self.weight -= before;
                    self.messages.pop_front();
                }
            }
        }
        true
    }
}

/// The sockets of one extension.
#[derive(Debug)]
pub struct Engine<P> {
    permissions: P,
    table: Table,
    control: Control,
    ready: Arc<Ready>,
    connector: Connector,
    lingering: Lingering,
    tls: Tasks,
    port_credit: Credit,
    accept_credit: Credit,
    /// What waits to be written, in all.
    load: Load,
    /// Sends that were answered with an error while chunks of them were still to come.
    cut: BTreeSet<u64>,
    /// Payload read from the pipe, and how much of it the shim has been told of.
    taken: u64,
    taken_told: u64,
    /// Reused: where payload is read to on its way into a frame, and the sends a write has ended.
    scratch: Box<[u8]>,
    sent: Vec<Sent>,
}

impl<P: Permissions> Engine<P> {
    /// An engine without sockets that will hold at most `limit` of them.
    pub fn new(permissions: P, limit: usize) -> Self {
        Self {
            permissions,
            table: Table::new(limit),
            control: Control::default(),
            ready: Arc::default(),
            connector: Connector::new(),
            lingering: Lingering::default(),
            tls: Tasks::new(),
            port_credit: Credit::default(),
            accept_credit: Credit::default(),
            load: Load::default(),
            cut: BTreeSet::new(),
            taken: 0,
            taken_told: 0,
            scratch: vec![0; 64 << 10].into_boxed_slice(),
            sent: Vec::new(),
        }
    }

    /// Where socket ids begin; only before any socket exists.
    pub fn start_ids_at(&mut self, next: u32) {
        self.table.start_at(next);
    }

    /// How many sockets may exist at once.
    pub fn limit(&self) -> usize {
        self.table.limit()
    }

    /// The gates, for what a session tells them.
    pub fn permissions(&mut self) -> &mut P {
        &mut self.permissions
    }

    /// Answers a request, behind everything that was said before.
    pub fn reply(&mut self, id: u64, outcome: Result<Value, Failure>) {
        self.control.push(Outgoing::Reply { id, outcome });
    }

    /// Says that something arrived which no reply can be addressed to.
    pub fn report(&mut self, message: String) {
        self.control.push(Outgoing::Error { message });
    }

    /// Carries out a request. Its reply is queued now or, for what takes time, when it has ended.
    pub fn call(&mut self, id: u64, more: bool, call: Call) {
        let outcome = match call {
            Call::TcpServerCreate(params) => self.server_create(params),
            Call::TcpServerUpdate(params) => self.server_update(params),
            Call::TcpServerSetPaused(params) => self.server_set_paused(&params),
            Call::TcpServerListen(params) => self.server_listen(&params),
            Call::TcpServerDisconnect(params) => self.server_disconnect(&params),
            Call::TcpServerClose(params) => self.server_close(&params),
            Call::TcpServerGetInfo(params) => self.server_get_info(&params),
            Call::TcpServerGetSockets(_) => Ok(self.server_get_sockets()),
            Call::TcpCreate(params) => self.tcp_create(params),
            Call::TcpUpdate(params) => self.tcp_update(params),
            Call::TcpSetPaused(params) => self.tcp_set_paused(&params),
            Call::TcpGetInfo(params) => self.tcp_get_info(&params),
            Call::TcpGetSockets(_) => Ok(self.tcp_get_sockets()),
            Call::TcpSetKeepAlive(params) => self.tcp_set_keep_alive(&params),
            Call::TcpSetNoDelay(params) => self.tcp_set_no_delay(&params),
            Call::UdpCreate(params) => self.udp_create(params),
            Call::UdpUpdate(params) => self.udp_update(params),
            Call::UdpSetPaused(params) => self.udp_set_paused(&params),
            Call::UdpBind(params) => self.udp_bind(&params),
            Call::UdpGetInfo(params) => self.udp_get_info(&params),
            Call::UdpGetSockets(_) => Ok(self.udp_get_sockets()),
            Call::UdpJoinGroup(params) => self.udp_membership(&params, true),
            Call::UdpLeaveGroup(params) => self.udp_membership(&params, false),
            Call::UdpGetJoinedGroups(params) => self.udp_get_joined_groups(&params),
            Call::UdpSetMulticastTimeToLive(params) => self.udp_set_time_to_live(&params),
            Call::UdpSetMulticastLoopbackMode(params) => self.udp_set_loopback(&params),
            Call::UdpSetBroadcast(params) => self.udp_set_broadcast(&params),
            Call::GetNetworkInterfaces(_) => interfaces::get_network_interfaces(),
            // These answer for themselves: later, or with something to say before or after.
            Call::TcpConnect(params) => return self.tcp_connect(id, &params),
            Call::TcpSecure(params) => return self.tcp_secure(id, params),
            Call::TcpServerGenerateCertificate(params) => return self.generate_certificate(id, params),
            Call::TcpSend(params) => return self.tcp_send(id, more, params),
            Call::TcpDisconnect(params) => return self.tcp_disconnect(id, &params),
            Call::TcpClose(params) => return self.tcp_close(id, &params),
            Call::UdpSend(params) => return self.udp_send(id, more, params),
            Call::UdpClose(params) => return self.udp_close(id, params.socket_id),
            // The session's own business; it does not come here.
            Call::Hello(_) | Call::Ack(_) | Call::Bye(_) => return,
        };
        self.reply(id, outcome);
    }

    /// The socket that `make` builds for its new id.
    fn create(&mut self, make: impl FnOnce(u32) -> Socket) -> Outcome {
        let id = self.table.insert(make);
        id.map(Value::Created)
            .ok_or_else(|| Failure::hidden(NetError::InsufficientResources))
    }

    /// `getSockets`: what `info` says of the sockets of its kind, lowest id first.
    fn infos(&self, info: impl Fn(&Socket) -> Option<SocketInfo>) -> Value {
        Value::Infos(self.table.in_order().filter_map(info).collect())
    }

    /// Takes the shim's counters of what it has consumed.
    pub fn ack(&mut self, ack: &Ack) {
        if let Some(total) = ack.port {
            self.port_credit.acknowledge(total);
        }
        if let Some(total) = ack.accepts {
            self.accept_credit.acknowledge(total);
        }
        for (id, total) in ack.sockets() {
            match self.table.get(id) {
                Some(Socket::Tcp(tcp)) => {
                    tcp.credit.acknowledge(total);
                    tcp.look();
                }
                Some(Socket::Udp(udp)) => {
                    udp.credit.acknowledge(total);
                    udp.look();
                }
                Some(Socket::Server(_)) | None => {}
            }
        }
    }

    /// Whether the next frame would have something in it, as far as is known without asking the kernel.
    pub fn has_output(&self) -> bool {
        !self.control.messages.is_empty()
            || self.owes_ack()
            || (self.ready.len(Interest::Accept) > 0 && self.accept_credit.left(credit::ACCEPT_WINDOW) > 0)
            || (self.ready.len(Interest::Read) > 0 && self.port_credit.left(credit::PORT_WINDOW) >= credit::MIN_COST)
    }

    /// Whether more requests may be read: only our own unwritten replies can stop that, never a peer and never missing credit.
    pub fn takes_requests(&self) -> bool {
        self.control.weight < MOST_UNWRITTEN
    }

    /// Fills one frame: everything that waits in order, then new connections and payload.
    pub fn fill(&mut self, sink: &mut impl FrameSink) {
        self.ack_into(sink);
        if self.control.drain_into(sink) {
            self.accept_into(sink);
            self.read_into(sink);
        }
    }

    /// Returns when some socket has become ready since the last time.
    pub fn changed(&self) -> impl Future<Output = ()> + use<P> {
        let ready = Arc::clone(&self.ready);
        async move { ready.changed().await }
    }

    /// Waits for a step of a `connect`, or for what takes time in TLS, and takes it. Nothing is lost when the future is dropped.
    pub async fn progress(&mut self) {
        enum Step {
            Connect(Finished),
            Tls(Done),
        }
        let step = tokio::select! {
            finished = self.connector.finished() => Step::Connect(finished),
            done = self.tls.done() => Step::Tls(done),
        };
        match step {
            Step::Connect(finished) => self.connect_step(finished),
            Step::Tls(done) => self.tls_step(done),
        }
    }

    /// Ends every socket: listeners first, so that a reload of the extension finds its ports free; then FIN to every peer.
    pub fn close_all(&mut self) {
        let ids = self.table.ids();
        for &id in &ids {
            if let Some(server) = self.table.server_by_id(id) {
                server.stop();
            }
        }
        for id in ids {
            self.give_up_attempts(id, &Failure::code(NetError::Aborted));
            self.give_up_securing(id, Failure::code(NetError::Aborted));
            self.end_connection(id, false);
            self.give_up_datagrams(id);
            self.table.remove(id);
        }
    }

    /// Waits until the peers have what was sent to them.
    pub async fn drained(&mut self) {
        self.lingering.finished().await;
    }
}
