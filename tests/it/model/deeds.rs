//! What peers do, and acks.

use serde_json::json;

use super::far_ends::Command;
use super::plans::{Ending, PeerPlan};
use super::program::{Action, Kind, Target};
use super::runner::Runner;
use super::state::{Check, Role, What};

/// Bytes that use up a socket's window and leave something in the kernel.
const FLOOD: u64 = 1 << 20;

impl Runner<'_> {
    /// Does what is not a call.
    pub(super) fn deed(&mut self, action: &Action) {
        let (at, command) = match *action {
            Action::Ack => return self.ack(),
            Action::Reconnect(which, bytes) => return self.reconnect(self.pick(Kind::Tcp, which), bytes),
            Action::LookAway(steps) => {
                // This one counts too.
                self.away = steps + 1;
                return self.host.read_frames(false);
            }
            Action::Dial {
                server,
                count,
                reading,
                bytes,
            } => {
                return (0..count).for_each(|_| self.dial(server, reading, bytes));
            }
            Action::Write(at, count) => (at, Command::Write(count)),
            Action::Read(at, on) => (at, Command::Read(on)),
            Action::HalfClose(at) => (at, Command::End(Ending::HalfCloses)),
            Action::CloseGently(at) => (at, Command::End(Ending::Closes)),
            Action::Reset(at) => (at, Command::End(Ending::Resets)),
            _ => return,
        };
        let plans = &mut self.model.peers;
        let here = plans
            .iter()
            .enumerate()
            .filter(|(_, plan)| plan.ending < Ending::Closes);
        let here: Vec<usize> = here.map(|(peer, _)| peer).collect();
        let Some(&peer) = here.get(at % here.len().max(1)) else {
            return;
        };
        let plan = &mut plans[peer];
        match command {
            Command::Write(count) if plan.ending == Ending::Stays => plan.planned += count,
            Command::Write(_) | Command::Read(_) | Command::Serve(_) => {}
            Command::End(ending) => plan.ending = plan.ending.max(ending),
        }
        self.far_ends.tell(peer, command);
    }

    fn reconnect(&mut self, socket: i64, bytes: u64) {
        let what = What::Disconnect(Kind::Tcp);
        self.on(Kind::Tcp, "disconnect", socket, what, json!({}));
        self.connect(socket, Target::Peer { reading: true, bytes });
        self.pause(Kind::Tcp, socket, false);
    }

    pub(super) fn break_off(&mut self, socket: i64, flood: bool, pause: Option<bool>) -> Check {
        let Some(peer) = self.model.connection(socket).and_then(|connection| connection.peer) else {
            return Ok(());
        };
        if flood && self.model.peers[peer].ending == Ending::Stays {
            self.model.peers[peer].planned += FLOOD;
            self.far_ends.tell(peer, Command::Write(FLOOD));
            self.pause(Kind::Tcp, socket, false);
            self.turns(20)?;
        }
        self.model.peers[peer].ending = Ending::Resets;
        self.far_ends.tell(peer, Command::End(Ending::Resets));
        for _ in 0..3 {
            self.send(socket, 300, 1, false);
            self.turns(1)?;
        }
        if let Some(paused) = pause {
            self.pause(Kind::Tcp, socket, paused);
        }
        Ok(())
    }

    /// A peer connects to one of the servers that listen.
    fn dial(&mut self, server: usize, reading: bool, bytes: u64) {
        let listening = self.model.sockets.values().filter_map(|socket| match socket.role {
            Role::Server(listening) => listening.filter(|it| it.port.is_some()),
            _ => None,
        });
        let listening: Vec<_> = listening.collect();
        let Some(&listening) = listening.get(server % listening.len().max(1)) else {
            return;
        };
        let dialed = listening
            .port
            .and_then(|port| self.far_ends.dial(port, reading, self.model.tls));
        let Some(port) = dialed else { return };
        self.model.peers.push(PeerPlan {
            dialed: Some((port, listening)),
            planned: bytes,
            ..PeerPlan::default()
        });
        self.far_ends.tell(self.model.peers.len() - 1, Command::Write(bytes));
    }
}
