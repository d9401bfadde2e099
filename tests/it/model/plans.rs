//! What peers have been told to do.

use super::parties::{self, Farewell};
use super::state::Listening;

/// What a peer has been told to do.
#[derive(Clone, Copy, Debug, Default)]
pub struct PeerPlan {
    /// Its own port and the listener it connected to, if it did.
    pub dialed: Option<(u16, Listening)>,
    /// Whether it is known which socket has it.
    pub met: bool,
    pub planned: u64,
    /// Whether it was told to be a server of TLS.
    pub serves: bool,
    pub ending: Ending,
}

impl PeerPlan {
    /// Whether it may never be announced: it resets, or, with `tls`, says what is no TLS so soon that its handshake fails.
    pub fn may_fail_to_shake(&self, number: usize, tls: bool) -> bool {
        let garbles = tls && parties::farewell(number) == Farewell::Garbage;
        self.ending == Ending::Resets || self.ending > Ending::Stays && garbles
    }
}

/// What a peer does when it has written everything, and in the last case at once. None takes back what a later one says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    #[default]
    Stays,
    /// FIN, but it goes on reading.
    HalfCloses,
    Closes,
    Resets,
}
