//! Programs: what an extension and its peers may do, as data that proptest makes and shrinks, and that a failure prints for replay.

use serde::{Deserialize, Serialize};

/// One session of a host.
#[allow(clippy::struct_excessive_bools, reason = "independent of each other")]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Program {
    /// Where ids begin.
    pub first_id: u32,
    /// How many sockets the policy allows at once.
    pub limit: Option<usize>,
    /// Whether events are acknowledged as the shim does it; else only by [`Action::Ack`] and at the end.
    pub prompt_acks: bool,
    /// Whether each accepted client is resumed as soon as it is announced, as most programs do.
    pub resume: bool,
    /// Whether the servers have a certificate, and whoever dials them speaks TLS.
    #[serde(default)]
    pub tls: bool,
    /// How many servers listen, how many unconnected sockets there are, and how many bound ones of udp, before the first step.
    pub servers: usize,
    pub sockets: usize,
    pub bound: usize,
    pub steps: Vec<Step>,
    /// Whether everything that is due is waited for before the end; else it comes in the middle of everything.
    pub settle: bool,
    pub end: End,
}

/// How a session ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum End {
    /// The pipe is closed.
    Eof,
    /// `host.bye`, and so many calls behind it.
    Bye(usize),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Step {
    pub action: Action,
    pub then: Then,
}

/// What follows a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Then {
    /// Its call waits for the next step's and shares a frame with it.
    Gather,
    /// Its call goes out; nobody waits for the reply.
    Send,
    /// Calls that are answered at once have been.
    Wait,
    /// As `Wait`, and round trips behind it, in which the host can do other things.
    Turns,
}

/// Which of the namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    Server,
    Tcp,
    Udp,
}

impl Kind {
    pub fn namespace(self) -> &'static str {
        match self {
            Self::Server => "tcpServer",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// Which socket a call names, among those that are known when it is made.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Pick {
    /// One that is connected, listens or is bound.
    Busy(usize),
    /// One that does not.
    Idle(usize),
    Alive(usize),
    Closed(usize),
    /// None that ever was, or one of the other namespace.
    Odd(usize),
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Properties {
    pub persistent: Option<bool>,
    pub name: Option<String>,
    pub buffer_size: Option<i32>,
}

/// Where a server is to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Where {
    AnyPort,
    /// The port it listened on last, if there is one.
    Again,
    /// A port that somebody else has.
    Taken,
    /// `localhost`, which is not an address.
    Name,
    /// With a backlog of zero.
    NoBacklog,
}

/// Whom a socket is to connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A peer of ours.
    Peer { reading: bool, bytes: u64 },
    /// The same by the name `localhost`, which takes a look-up.
    Named,
    /// A port without a listener.
    Nobody,
    /// A port that never answers.
    Silence,
}

/// Where a udp socket is to be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    AnyPort,
    /// A port that somebody else has.
    Taken,
    /// `localhost`, which is not an address.
    Name,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Action {
    Create(Kind, Properties),
    Update(Kind, Pick, Properties),
    Pause(Kind, Pick, bool),
    Info(Kind, Pick),
    List(Kind),
    Disconnect(Kind, Pick),
    Close(Kind, Pick),
    Listen(Pick, Where),
    Connect(Pick, Target),
    /// A send of so many bytes in so many chunks; the last chunk may be left for later.
    Send {
        to: Pick,
        length: usize,
        chunks: usize,
        open: bool,
    },
    Secure(Pick),
    /// Connects a paused socket to a peer of ours and secures it; the peer writes so many bytes as soon as it has shaken hands.
    Upgrade {
        which: Pick,
        reading: bool,
        bytes: u64,
        resume: bool,
    },
    /// The last chunks of all sends that lack them.
    FinishSends,
    NoDelay(Pick, bool),
    KeepAlive(Pick, bool, i32),
    Bind(Pick, Place),
    /// A datagram of so many bytes to another socket, or to nobody; by the name `localhost` it takes a look-up.
    Datagram {
        from: Pick,
        to: Option<Pick>,
        length: usize,
        named: bool,
    },
    /// So many long datagrams to another socket, as soon as there is room for each: more than a window holds.
    Stream {
        from: Pick,
        to: Pick,
        count: usize,
    },
    /// Joins and leaves a group, and asks for the groups each time.
    Rejoin(Pick),
    /// A send that takes a look-up, and `close` behind it.
    SendAndClose(Pick),
    /// One of some texts, a group or not.
    Group {
        which: Pick,
        text: usize,
        join: bool,
    },
    Groups(Pick),
    TimeToLive(Pick, i32),
    Broadcast(Pick, bool),
    /// What has been read is acknowledged.
    Ack,
    /// For so many steps nothing is read, and so nothing waited for: what the host says stays in the pipe, and then in the host.
    LookAway(usize),
    /// So many peers connect to a server of ours and write so many bytes each.
    Dial {
        server: usize,
        count: usize,
        reading: bool,
        bytes: u64,
    },
    /// Disconnects, connects to a peer that writes so many bytes, and resumes: what is not acknowledged stays so.
    Reconnect(Pick, u64),
    /// The peer of this connection resets it amid sends. Before that it writes more than a window holds, if `flood`, so that the
    /// end waits for an ack while the socket is being read; behind it the socket is paused or resumed.
    Break {
        which: Pick,
        flood: bool,
        pause: Option<bool>,
    },
    Write(usize, u64),
    Read(usize, bool),
    HalfClose(usize),
    /// Closes when everything is written.
    CloseGently(usize),
    Reset(usize),
}
