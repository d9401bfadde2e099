//! How a program ends: in peace or in the middle of everything.

use std::time::Instant;

use serde_json::Value;

use super::far_ends::Command;
use super::plans::Ending;
use super::program::{Action, End, Kind};
use super::runner::{GUARD, Runner};
use super::state::{Check, Model, What, ensure};

impl Runner<'_> {
    /// Everything is resumed, acknowledged, read and finished: now all that is due must come, and nothing was lost. No socket is
    /// resumed that is read, nor an ack sent that the shim would not send: the host must find by itself what there still is.
    pub(super) fn settle(&mut self) -> Check {
        self.away = 0;
        self.replies()?;
        (self.prompt_acks, self.resume) = (true, true);
        self.call(&Action::FinishSends);
        self.all_peers_read();
        if self.model.credit.is_due() {
            self.ack();
        }
        for kind in [Kind::Server, Kind::Tcp, Kind::Udp] {
            for socket in self.model.ids(kind) {
                if self.model.sockets[&socket].paused {
                    self.pause(kind, socket.cast_signed(), false);
                }
            }
        }
        self.until(Model::missing)?;
        for connection in &self.model.finished {
            if let Some(peer) = connection.peer {
                self.far_ends.ended(peer, GUARD)?;
            }
        }
        self.call(&Action::List(Kind::Server));
        self.call(&Action::List(Kind::Tcp));
        self.call(&Action::List(Kind::Udp));
        self.replies()
    }

    fn all_peers_read(&self) {
        (0..self.model.peers.len()).for_each(|peer| self.far_ends.tell(peer, Command::Read(true)));
    }

    /// Ends the session; every call is answered once, and every peer has what was called back.
    pub(super) fn end(mut self) -> Check {
        self.flush();
        let end = Instant::now();
        self.model.ending = true;
        self.host.read_frames(true);
        self.all_peers_read();
        if let End::Bye(late) = self.program.end {
            self.post("host.bye", 0, What::Bye, Value::Null);
            for _ in 0..late {
                self.post("tcp.getSockets", 0, What::Late, Value::Null);
            }
            self.flush();
            self.last_replies()?;
        }
        self.host.close_stdin();
        for message in self.host.rest() {
            self.model.message(&message)?;
        }
        let status = self.host.wait();
        ensure(status.success(), || format!("it ended with {status}"))?;
        self.model.close()?;
        // Who dialed while the listener was being closed may have a connection that no kernel ends.
        for (peer, plan) in self.model.peers.iter().enumerate() {
            if plan.dialed.is_some() && !plan.met {
                self.far_ends.tell(peer, Command::End(Ending::Resets));
            }
        }
        let seen = self.far_ends.finish()?;
        seen.values().try_for_each(|seen| self.model.judge(seen, end))
    }

    fn last_replies(&mut self) -> Check {
        while let Some(missing) = self.model.missing_reply() {
            let messages = self.host.poll(GUARD);
            ensure(!messages.is_empty(), || format!("nothing comes any more: {missing}"))?;
            for message in messages {
                self.model.message(&message)?;
            }
        }
        Ok(())
    }
}
