//! The one table of sockets, and the only place that makes a socket id.

use std::collections::HashMap;

use super::tcp::Tcp;
use super::tcp_server::Server;
use super::udp::Udp;

/// The last id before 31 bits are used up.
const LAST_ID: u32 = i32::MAX as u32;

/// A socket of one of the three namespaces. They share one row of ids, so an id of another namespace is simply not found.
#[derive(Debug)]
pub(super) enum Socket {
    Server(Box<Server>),
    Tcp(Box<Tcp>),
    Udp(Box<Udp>),
}

/// Ids to sockets. Ids count up from the session's first and are never used again.
#[derive(Debug)]
pub(super) struct Table {
    sockets: HashMap<u32, Socket>,
    next: u32,
    limit: usize,
}

impl Table {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            sockets: HashMap::new(),
            next: 1,
            limit,
        }
    }

    /// Where the ids of this session begin; only before the first one was given out.
    pub(super) fn start_at(&mut self, next: u32) {
        self.next = next;
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// How many sockets there is still room for.
    pub(super) fn room(&self) -> usize {
        let ids = LAST_ID.saturating_add(1).saturating_sub(self.next);
        self.limit.saturating_sub(self.sockets.len()).min(ids as usize)
    }

    /// Takes the socket that `make` builds for its new id, or nothing when the table is full.
    pub(super) fn insert(&mut self, make: impl FnOnce(u32) -> Socket) -> Option<u32> {
        if self.room() == 0 {
            return None;
        }
        let id = self.next;
        self.next += 1;
        self.sockets.insert(id, make(id));
        Some(id)
    }

    /// The server of this id as a client wrote it; any integer may be asked for.
    pub(super) fn server(&mut self, id: i32) -> Option<&mut Server> {
        match self.sockets.get_mut(&u32::try_from(id).ok()?) {
            Some(Socket::Server(server)) => Some(server),
            _ => None,
        }
    }

    /// The tcp socket of this id as a client wrote it; any integer may be asked for.
    pub(super) fn tcp(&mut self, id: i32) -> Option<&mut Tcp> {
        u32::try_from(id).ok().and_then(|id| self.tcp_by_id(id))
    }

    /// The udp socket of this id as a client wrote it; any integer may be asked for.
    pub(super) fn udp(&mut self, id: i32) -> Option<&mut Udp> {
        u32::try_from(id).ok().and_then(|id| self.udp_by_id(id))
    }

    pub(super) fn server_by_id(&mut self, id: u32) -> Option<&mut Server> {
        match self.sockets.get_mut(&id) {
            Some(Socket::Server(server)) => Some(server),
            _ => None,
        }
    }

    pub(super) fn tcp_by_id(&mut self, id: u32) -> Option<&mut Tcp> {
        match self.sockets.get_mut(&id) {
            Some(Socket::Tcp(tcp)) => Some(tcp),
            _ => None,
        }
    }

    pub(super) fn udp_by_id(&mut self, id: u32) -> Option<&mut Udp> {
        match self.sockets.get_mut(&id) {
            Some(Socket::Udp(udp)) => Some(udp),
            _ => None,
        }
    }

    pub(super) fn get(&mut self, id: u32) -> Option<&mut Socket> {
        self.sockets.get_mut(&id)
    }

    /// Removes a socket that was just looked up.
    pub(super) fn remove(&mut self, id: u32) -> Option<Socket> {
        self.sockets.remove(&id)
    }

    /// All sockets, lowest id first.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &Socket> {
        self.ids().into_iter().filter_map(|id| self.sockets.get(&id))
    }

    /// All ids, lowest first.
    pub(super) fn ids(&self) -> Vec<u32> {
        let mut ids: Vec<u32> = self.sockets.keys().copied().collect();
        ids.sort_unstable();
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::settings::Settings;
    use crate::engine::tcp_server::Server;

    fn server(id: u32) -> Socket {
        Socket::Server(Box::new(Server::new(id, Settings::default(), None)))
    }

    #[test]
    fn s06_s08_ids_count_up_and_never_come_back() {
        let mut table = Table::new(2);
        assert_eq!(table.insert(server), Some(1));
        assert_eq!(table.insert(server), Some(2));
        assert_eq!(table.insert(server), None);
        table.remove(2);
        assert_eq!(table.insert(server), Some(3));
        assert!(table.server(3).is_some() && table.server(2).is_none());
        assert!(table.server(-3).is_none() && table.server(0).is_none() && table.tcp(3).is_none());
    }

    #[test]
    fn the_last_id_is_the_end() {
        let mut table = Table::new(9);
        table.start_at(LAST_ID);
        assert_eq!(table.insert(server), Some(LAST_ID));
        assert_eq!(table.insert(server), None);
    }
}
