//! The lists of patterns that a person can add to in an extension's policy entry; data only.

/// One list.
#[derive(Debug, PartialEq, Eq)]
pub struct List {
    /// The member of the entry.
    pub section: &'static str,
    /// The member of the section.
    pub key: &'static str,
    /// The flag of the command line, without the dashes.
    pub flag: &'static str,
    /// What it allows, behind "may".
    pub allows: &'static str,
    /// What may be done while it is absent, if that is anything.
    pub default: Option<&'static str>,
}

/// `--allow-listen`
pub const LISTEN: List = List {
    section: "tcpServer",
    key: "listen",
    flag: "allow-listen",
    allows: "listen on",
    default: Some("listen on any port of this computer"),
};

/// `--allow-connect`
pub const CONNECT: List = list("tcp", "connect", "allow-connect", "connect to");

/// `--allow-udp-bind`
pub const UDP_BIND: List = list("udp", "bind", "allow-udp-bind", "receive UDP datagrams on");

/// `--allow-udp-send`
pub const UDP_SEND: List = list("udp", "send", "allow-udp-send", "send UDP datagrams to");

/// `--allow-multicast`; its only pattern is the empty one, for every group.
pub const MULTICAST: List = list(
    "udp",
    "multicastMembership",
    "allow-multicast",
    "join every multicast group",
);

/// All, in the order in which they are told.
pub const LISTS: [&List; 5] = [&LISTEN, &CONNECT, &UDP_BIND, &UDP_SEND, &MULTICAST];

const fn list(section: &'static str, key: &'static str, flag: &'static str, allows: &'static str) -> List {
    List {
        section,
        key,
        flag,
        allows,
        default: None,
    }
}
