//! The lists of patterns that a person can add to in an extension's policy entry; data only.

/// One list.
#[derive(Debug, PartialEq, Eq)]
pub struct List {
    /// The member of the entry.
    pub section: &'static str,
    /// The member of the section.
    pub key: &'static str,
    /// What it allows, behind "may".
    pub allows: &'static str,
    /// What holds while it is absent, if that is anything.
    pub default: Option<&'static str>,
}

/// `--allow-listen`
pub const LISTEN: List = List {
    section: "tcpServer",
    key: "listen",
    allows: "listen on",
    default: Some("127.0.0.0/8 and ::1 (this machine), any port"),
};

/// `--allow-connect`
pub const CONNECT: List = list("tcp", "connect", "connect to");

/// `--allow-udp-bind`
pub const UDP_BIND: List = list("udp", "bind", "receive datagrams on");

/// `--allow-udp-send`
pub const UDP_SEND: List = list("udp", "send", "send datagrams to");

/// `--allow-multicast`; its only pattern is the empty one, for every group.
pub const MULTICAST: List = list("udp", "multicastMembership", "join multicast groups");

/// All, in the order in which they are told.
pub const LISTS: [&List; 5] = [&LISTEN, &CONNECT, &UDP_BIND, &UDP_SEND, &MULTICAST];

const fn list(section: &'static str, key: &'static str, allows: &'static str) -> List {
    List {
        section,
        key,
        allows,
        default: None,
    }
}
