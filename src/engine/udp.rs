//! `sockets.udp`: properties, binding, groups and options. Datagrams are in `datagrams`.

use std::net::{IpAddr, SocketAddr};

use super::credit::Credit;
use super::datagrams::{Bound, Lookup};
use super::options::Multicast;
use super::settings::Settings;
use super::table::Socket;
use super::{Engine, Outcome, not_found, options, port};
use crate::address;
use crate::net_error::NetError;
use crate::policy::{Operation, Permissions};
use crate::wire::{
    Bind, Create, Failure, Group, SetEnabled, SetPaused, SetTimeToLive, SocketInfo, SocketOnly, Update, Value,
};

/// `udp` has a text of its own (SPEC §1.3).
pub(super) const NO_PERMISSION: &str = "App does not have permission";

/// A `udp` socket.
#[derive(Debug)]
pub(super) struct Udp {
    pub(super) id: u32,
    settings: Settings,
    pub(super) paused: bool,
    pub(super) bound: Option<Bound>,
    /// What the first `bind` that reaches the system applies; nothing can be set once it is gone.
    multicast: Option<Multicast>,
    /// In the order of joining.
    groups: Vec<IpAddr>,
    /// Sends whose name is being looked up.
    pub(super) lookups: Vec<Lookup>,
    pub(super) credit: Credit,
}

impl Udp {
    fn new(id: u32, settings: Settings) -> Self {
        Self {
            id,
            settings,
            paused: false,
            bound: None,
            multicast: Some(Multicast::default()),
            groups: Vec::new(),
            lookups: Vec::new(),
            credit: Credit::default(),
        }
    }

    /// The largest datagram that is received.
    pub(super) fn buffer_size(&self) -> usize {
        self.settings.buffer_size()
    }

    /// Lets the next frame look for datagrams, if receiving is on.
    pub(super) fn look(&mut self) {
        let size = self.buffer_size();
        if let (false, Some(bound)) = (self.paused, &mut self.bound) {
            bound.look(size);
        }
    }

    fn info(&self) -> SocketInfo {
        let local = self.bound.as_ref().and_then(Bound::local);
        self.settings.info(self.id, self.paused, local)
    }

    /// Joins or leaves; the checks stand in Chromium's order: text, membership, state, family, kind, system.
    fn change_membership(&mut self, text: &str, join: bool) -> Result<(), NetError> {
        let group = address::parse_ip_literal(text).ok_or(NetError::AddressInvalid)?;
        if self.groups.contains(&group) == join {
            return Err(NetError::AddressInvalid);
        }
        let bound = self.bound.as_ref().ok_or(NetError::Unexpected)?;
        if bound.local().is_some_and(|local| local.is_ipv4() != group.is_ipv4()) {
            return Err(NetError::AddressInvalid);
        }
        if !group.is_multicast() {
            return Err(NetError::InvalidArgument);
        }
        options::set_membership(bound.socket(), group, join).map_err(|error| {
            tracing::debug!(socket = self.id, %error, "membership not changed");
            NetError::from_io(&error)
        })?;
        if join {
            self.groups.push(group);
        } else {
            self.groups.retain(|known| *known != group);
        }
        Ok(())
    }
}

impl<P: Permissions> Engine<P> {
    pub(super) fn udp_create(&mut self, params: Create) -> Outcome {
        self.create(|id| Socket::Udp(Box::new(Udp::new(id, Settings::new(params.properties)))))
    }

    fn udp(&mut self, id: i32) -> Result<&mut Udp, Failure> {
        self.table.udp(id).ok_or_else(not_found)
    }

    pub(super) fn udp_update(&mut self, params: Update) -> Outcome {
        self.udp(params.socket_id)?.settings.update(params.properties);
        Ok(Value::None)
    }

    pub(super) fn udp_set_paused(&mut self, params: &SetPaused) -> Outcome {
        let udp = self.udp(params.socket_id)?;
        udp.paused = params.paused;
        udp.look();
        Ok(Value::None)
    }

    pub(super) fn udp_get_info(&mut self, params: &SocketOnly) -> Outcome {
        Ok(Value::Info(Box::new(self.udp(params.socket_id)?.info())))
    }

    pub(super) fn udp_get_sockets(&self) -> Value {
        self.infos(|socket| match socket {
            Socket::Udp(udp) => Some(udp.info()),
            _ => None,
        })
    }

    /// The checks stand in Chromium's order: id, permission, state, address, system.
    pub(super) fn udp_bind(&mut self, params: &Bind) -> Outcome {
        self.udp(params.socket_id)?;
        let port = port(params.port);
        if !self.permissions.allows(Operation::UdpBind, &params.address, port) {
            return Err(Failure::bare(NO_PERMISSION));
        }
        let udp = self.table.udp(params.socket_id).ok_or_else(not_found)?;
        if udp.bound.is_some() {
            return Err(Failure::code(NetError::ConnectionFailed));
        }
        let ip = address::parse_ip_literal(&params.address).ok_or_else(|| Failure::code(NetError::InvalidArgument))?;
        // They are used up even when the system says no, as in Chromium.
        let multicast = udp.multicast.take().unwrap_or_default();
        let socket = options::bind(SocketAddr::new(ip, port), multicast).map_err(|error| {
            tracing::debug!(socket = udp.id, %error, "bind failed");
            Failure::code(NetError::from_udp_bind(&error))
        })?;
        udp.bound = Some(Bound::new(udp.id, socket, &self.ready));
        udp.look();
        Ok(Value::Zero)
    }

    fn may_join_groups(&mut self) -> bool {
        self.permissions.allows(Operation::UdpMulticastMembership, "", 0)
    }

    pub(super) fn udp_membership(&mut self, params: &Group, join: bool) -> Outcome {
        self.udp(params.socket_id)?;
        if !self.may_join_groups() {
            return Err(Failure::bare(NO_PERMISSION));
        }
        self.udp(params.socket_id)?
            .change_membership(&params.address, join)
            .map_err(Failure::code)?;
        Ok(Value::Zero)
    }

    pub(super) fn udp_get_joined_groups(&mut self, params: &SocketOnly) -> Outcome {
        self.udp(params.socket_id)?;
        if !self.may_join_groups() {
            return Err(Failure::bare(NO_PERMISSION));
        }
        let groups = &self.udp(params.socket_id)?.groups;
        Ok(Value::Groups(groups.iter().copied().map(address::to_text).collect()))
    }

    /// The options of groups can be set before `bind` only; the state is looked at before the number (U-31).
    fn unused_multicast(&mut self, id: i32) -> Result<&mut Multicast, Failure> {
        let multicast = &mut self.udp(id)?.multicast;
        multicast
            .as_mut()
            .ok_or_else(|| Failure::code(NetError::SocketIsConnected))
    }

    pub(super) fn udp_set_time_to_live(&mut self, params: &SetTimeToLive) -> Outcome {
        let multicast = self.unused_multicast(params.socket_id)?;
        multicast.time_to_live = u8::try_from(params.ttl).map_err(|_| Failure::code(NetError::InvalidArgument))?;
        Ok(Value::Zero)
    }

    pub(super) fn udp_set_loopback(&mut self, params: &SetEnabled) -> Outcome {
        self.unused_multicast(params.socket_id)?.loopback = params.enabled;
        Ok(Value::Zero)
    }

    pub(super) fn udp_set_broadcast(&mut self, params: &SetEnabled) -> Outcome {
        let udp = self.udp(params.socket_id)?;
        let bound = udp.bound.as_ref();
        let socket = bound
            .ok_or_else(|| Failure::code(NetError::SocketNotConnected))?
            .socket();
        options::set_broadcast(socket, params.enabled).map_err(|error| {
            tracing::debug!(socket = udp.id, %error, "broadcast not set");
            Failure::code(NetError::from_io(&error))
        })?;
        Ok(Value::Zero)
    }
}
