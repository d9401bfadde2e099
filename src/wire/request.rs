//! Every request the shim can make, and its parameters: one row of the table at the end for each method.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error};

use super::params::{Bounded, Data, Field, ManifestKey, Name, Pem, params, required};

params! {
    /// `host.hello`: what the shim is and wants.
    Hello {
        /// The lowest and the highest protocol the shim speaks.
        protocol "protocol": (u32, u32),
        /// The shim's version, for messages to people.
        shim "shim": Option<String>,
        /// The first socket id to give out.
        next_socket_id "nextSocketId": Option<u32>,
        /// The extension's manifest key `sockets`, verbatim.
        sockets "sockets": ManifestKey,
    }

    /// `host.ack`: what the shim has consumed, cumulative for the session.
    Ack {
        /// Cost of all `onReceive` events.
        port "port": Option<u64>,
        /// `onAccept` events.
        accepts "accepts": Option<u64>,
        /// Cost of `onReceive` events per socket id.
        sockets "sockets": Option<SocketAcks>,
    }

    /// A method without parameters.
    NoParams {}

    /// A method whose only parameter is the socket.
    SocketOnly {
        /// The socket.
        socket_id "socketId": i32,
    }

    /// `setPaused`, all namespaces.
    SetPaused {
        /// The socket.
        socket_id "socketId": i32,
        /// Whether events are held back from now on.
        paused "paused": bool,
    }

    /// `tcpServer`'s `SocketProperties`; what is absent stays as it is.
    ServerProperties {
        /// Whether the socket outlives the background context.
        persistent "persistent": Option<bool>,
        /// A text of the application's own.
        name "name": Option<Name>,
        /// Whether clients accepted from now on are still written to when they have finished (decision D8).
        allow_half_open "allowHalfOpen": Option<bool>,
        /// What clients accepted from now on speak TLS with.
        tls "tls": Option<TlsPair>,
    }

    /// What a server proves itself with, both in PEM.
    TlsPair {
        /// The server's certificate, and behind it those that lead to an authority.
        certificate "certificate": Pem,
        /// The key of the first.
        private_key "privateKey": Pem,
    }

    /// `tcpServer.generateCertificate`, a method of our own.
    GenerateCertificate {
        /// What it is to be like.
        options "options": Option<GenerateOptions>,
    }

    /// See [`GenerateCertificate`].
    GenerateOptions {
        /// Names and addresses it is for; this computer's when absent.
        hosts "hosts": Option<Hosts>,
        /// How long it is good for: 1 to 3650, 397 when absent.
        days "days": Option<i32>,
    }

    /// `tcpServer.create`.
    ServerCreate {
        /// The first properties.
        properties "properties": Option<ServerProperties>,
    }

    /// `tcpServer.update`.
    ServerUpdate {
        /// The socket.
        socket_id "socketId": i32,
        /// The new properties.
        properties "properties": ServerProperties,
    }

    /// `tcpServer.listen`.
    Listen {
        /// The socket.
        socket_id "socketId": i32,
        /// An IP literal.
        address "address": String,
        /// Taken modulo 65536; 0 lets the system choose.
        port "port": i32,
        /// The length of the kernel's queue; the system's largest when absent.
        backlog "backlog": Option<i32>,
    }

    /// `tcp`'s and `udp`'s `SocketProperties`; what is absent stays as it is.
    Properties {
        /// Whether the socket outlives the background context.
        persistent "persistent": Option<bool>,
        /// A text of the application's own.
        name "name": Option<Name>,
        /// The most bytes one `onReceive` brings; 4096 when not positive. A longer datagram is an error.
        buffer_size "bufferSize": Option<i32>,
        /// tcp: whether a peer that has finished is still written to (decision D8).
        allow_half_open "allowHalfOpen": Option<bool>,
    }

    /// `tcp.create` and `udp.create`.
    Create {
        /// The first properties.
        properties "properties": Option<Properties>,
    }

    /// `tcp.update` and `udp.update`.
    Update {
        /// The socket.
        socket_id "socketId": i32,
        /// The new properties.
        properties "properties": Properties,
    }

    /// `tcp.connect`.
    Connect {
        /// The socket.
        socket_id "socketId": i32,
        /// A name or an IP literal.
        peer_address "peerAddress": String,
        /// Taken modulo 65536.
        peer_port "peerPort": i32,
        /// Which addresses of a name are used.
        dns_query_type "dnsQueryType": Option<DnsQueryType>,
    }

    /// `tcp.send`, or one chunk of it.
    Send {
        /// The socket.
        socket_id "socketId": i32,
        /// The bytes.
        data "data": Data,
    }

    /// `tcp.secure`.
    Secure {
        /// The socket.
        socket_id "socketId": i32,
        /// What is asked of the handshake.
        options "options": Option<SecureOptions>,
    }

    /// See [`Secure`].
    SecureOptions {
        /// Which versions are offered.
        tls_version "tlsVersion": Option<TlsVersions>,
    }

    /// See [`SecureOptions`].
    TlsVersions {
        /// The lowest.
        min "min": Option<TlsVersion>,
        /// The highest.
        max "max": Option<TlsVersion>,
    }

    /// `udp.bind`.
    Bind {
        /// The socket.
        socket_id "socketId": i32,
        /// An IP literal.
        address "address": String,
        /// Taken modulo 65536; 0 lets the system choose.
        port "port": i32,
    }

    /// `udp.send`; always whole, and what is longer than any datagram may be cut to 64 KiB.
    UdpSend {
        /// The socket.
        socket_id "socketId": i32,
        /// The bytes.
        data "data": Data,
        /// A name or an IP literal.
        address "address": String,
        /// Taken modulo 65536.
        port "port": i32,
        /// Which addresses of a name are used.
        dns_query_type "dnsQueryType": Option<DnsQueryType>,
    }

    /// `udp.joinGroup` and `udp.leaveGroup`.
    Group {
        /// The socket.
        socket_id "socketId": i32,
        /// The group's IP literal.
        address "address": String,
    }

    /// `udp.setMulticastTimeToLive`.
    SetTimeToLive {
        /// The socket.
        socket_id "socketId": i32,
        /// 0 to 255.
        ttl "ttl": i32,
    }

    /// `udp.setMulticastLoopbackMode` and `udp.setBroadcast`.
    SetEnabled {
        /// The socket.
        socket_id "socketId": i32,
        /// Whether it is on.
        enabled "enabled": bool,
    }

    /// `tcp.setKeepAlive`.
    SetKeepAlive {
        /// The socket.
        socket_id "socketId": i32,
        /// Whether the kernel probes an idle peer.
        enable "enable": bool,
        /// Seconds until the first probe; 0 and absent leave the system's.
        delay "delay": Option<i32>,
    }

    /// `tcp.setNoDelay`.
    SetNoDelay {
        /// The socket.
        socket_id "socketId": i32,
        /// Whether small writes leave at once.
        no_delay "noDelay": bool,
    }
}

required!(ServerProperties, Properties, Pem);

/// A list of hosts, each a name or an address.
pub type Hosts = Bounded<String, 64>;

/// A version of TLS as an app names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum TlsVersion {
    /// 1.0, which is not spoken any more.
    #[serde(rename = "tls1")]
    Tls1,
    /// 1.1, which is not spoken any more.
    #[serde(rename = "tls1.1")]
    Tls11,
    /// 1.2.
    #[serde(rename = "tls1.2")]
    Tls12,
    /// 1.3.
    #[serde(rename = "tls1.3")]
    Tls13,
    /// Any other text; it counts as absent.
    #[serde(other)]
    Unknown,
}

/// Which addresses of a name `connect` and udp's `send` use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DnsQueryType {
    /// All, in the system's order.
    #[default]
    Any,
    /// IPv4 only.
    Ipv4,
    /// IPv6 only.
    Ipv6,
}

/// Pairs of socket id and cumulative cost.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct SocketAcks(Bounded<(u32, u64), { super::MAX_MESSAGES }>);

impl Ack {
    /// The pairs of socket id and cumulative cost.
    pub fn sockets(&self) -> impl Iterator<Item = (u32, u64)> {
        self.sockets.iter().flat_map(|list| list.0.0.iter().copied())
    }
}

/// Makes [`Call`] and the way from a method's name and parameters to it.
macro_rules! methods {
    ($($name:literal $variant:ident($params:ty),)*) => {
        /// A request's method with its parameters.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Call { $(#[doc = concat!("`", $name, "`")] $variant($params),)* }

        /// A known method, before its parameters are read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Method { $($variant,)* }

        impl Method {
            pub(super) fn by_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            /// The call for a message without `params`.
            pub(super) fn without_params<E: Error>(self) -> Result<Call, E> {
                self.deserialize(serde::de::value::MapDeserializer::new(std::iter::empty::<(&str, &str)>()))
            }
        }

        impl<'de> DeserializeSeed<'de> for Method {
            type Value = Call;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Call, D::Error> {
                match self { $(Self::$variant => <$params>::deserialize(deserializer).map(Call::$variant),)* }
            }
        }
    };
}

methods! {
    "host.hello" Hello(Hello),
    "host.ack" Ack(Ack),
    "host.bye" Bye(NoParams),
    "sockets.tcpServer.create" TcpServerCreate(ServerCreate),
    "sockets.tcpServer.update" TcpServerUpdate(ServerUpdate),
    "sockets.tcpServer.setPaused" TcpServerSetPaused(SetPaused),
    "sockets.tcpServer.listen" TcpServerListen(Listen),
    "sockets.tcpServer.disconnect" TcpServerDisconnect(SocketOnly),
    "sockets.tcpServer.close" TcpServerClose(SocketOnly),
    "sockets.tcpServer.getInfo" TcpServerGetInfo(SocketOnly),
    "sockets.tcpServer.getSockets" TcpServerGetSockets(NoParams),
    "sockets.tcpServer.generateCertificate" TcpServerGenerateCertificate(GenerateCertificate),
    "sockets.tcp.create" TcpCreate(Create),
    "sockets.tcp.update" TcpUpdate(Update),
    "sockets.tcp.setPaused" TcpSetPaused(SetPaused),
    "sockets.tcp.connect" TcpConnect(Connect),
    "sockets.tcp.disconnect" TcpDisconnect(SocketOnly),
    "sockets.tcp.send" TcpSend(Send),
    "sockets.tcp.close" TcpClose(SocketOnly),
    "sockets.tcp.secure" TcpSecure(Secure),
    "sockets.tcp.getInfo" TcpGetInfo(SocketOnly),
    "sockets.tcp.getSockets" TcpGetSockets(NoParams),
    "sockets.tcp.setKeepAlive" TcpSetKeepAlive(SetKeepAlive),
    "sockets.tcp.setNoDelay" TcpSetNoDelay(SetNoDelay),
    "system.network.getNetworkInterfaces" GetNetworkInterfaces(NoParams),
    "sockets.udp.create" UdpCreate(Create),
    "sockets.udp.update" UdpUpdate(Update),
    "sockets.udp.setPaused" UdpSetPaused(SetPaused),
    "sockets.udp.bind" UdpBind(Bind),
    "sockets.udp.send" UdpSend(UdpSend),
    "sockets.udp.close" UdpClose(SocketOnly),
    "sockets.udp.getInfo" UdpGetInfo(SocketOnly),
    "sockets.udp.getSockets" UdpGetSockets(NoParams),
    "sockets.udp.joinGroup" UdpJoinGroup(Group),
    "sockets.udp.leaveGroup" UdpLeaveGroup(Group),
    "sockets.udp.getJoinedGroups" UdpGetJoinedGroups(SocketOnly),
    "sockets.udp.setMulticastTimeToLive" UdpSetMulticastTimeToLive(SetTimeToLive),
    "sockets.udp.setMulticastLoopbackMode" UdpSetMulticastLoopbackMode(SetEnabled),
    "sockets.udp.setBroadcast" UdpSetBroadcast(SetEnabled),
}
