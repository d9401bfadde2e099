//! What an app may set on a socket of any kind, and ask for again.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::address;
use crate::wire::{Properties, ServerProperties, SocketInfo};

/// What JavaScript gets at once when `bufferSize` is not set (SPEC §2.2).
const DEFAULT_BUFFER: usize = 4096;
/// More than this brings nothing, as in Chromium.
const LARGEST_BUFFER: usize = 64 << 10;

/// The properties of a socket. A kind that has not all of them leaves the others alone.
#[derive(Debug, Default)]
pub(super) struct Settings {
    persistent: bool,
    name: Option<Arc<str>>,
    buffer_size: i32,
    /// Decision D8; of a server, what its clients begin with.
    pub(super) allow_half_open: bool,
}

impl Settings {
    pub(super) fn new(properties: Option<impl Into<Properties>>) -> Self {
        let mut settings = Self::default();
        if let Some(properties) = properties {
            settings.update(properties);
        }
        settings
    }

    /// What is absent stays as it is.
    pub(super) fn update(&mut self, properties: impl Into<Properties>) {
        let properties = properties.into();
        if let Some(persistent) = properties.persistent {
            self.persistent = persistent;
        }
        if let Some(name) = properties.name {
            self.name = Some(name.0).filter(|name| !name.is_empty());
        }
        if let Some(buffer_size) = properties.buffer_size {
            self.buffer_size = buffer_size;
        }
        if let Some(allow) = properties.allow_half_open {
            self.allow_half_open = allow;
        }
    }

    /// What `secure()` does: the socket becomes another, of which these are not known (SPEC §1.2).
    pub(super) fn forget_name_and_buffer(&mut self) {
        self.name = None;
        self.buffer_size = 0;
    }

    /// How many bytes one JavaScript event may bring.
    pub(super) fn buffer_size(&self) -> usize {
        match usize::try_from(self.buffer_size) {
            Ok(size @ 1..) => size.min(LARGEST_BUFFER),
            _ => DEFAULT_BUFFER,
        }
    }

    /// The state of a socket, but for what only tcp has: whether it is connected, and to whom.
    pub(super) fn info(&self, socket_id: u32, paused: bool, local: Option<SocketAddr>) -> SocketInfo {
        SocketInfo {
            socket_id,
            persistent: self.persistent,
            name: self.name.clone(),
            buffer_size: Some(self.buffer_size).filter(|&size| size > 0),
            paused,
            connected: None,
            local_address: local.map(|address| address::to_text(address.ip())),
            local_port: local.map(|address| address.port()),
            peer_address: None,
            peer_port: None,
            allow_half_open: self.allow_half_open.then_some(true),
            tls: None,
            failed_handshakes: None,
        }
    }
}

/// A server has no buffer.
impl From<ServerProperties> for Properties {
    fn from(properties: ServerProperties) -> Self {
        Self {
            persistent: properties.persistent,
            name: properties.name,
            buffer_size: None,
            allow_half_open: properties.allow_half_open,
        }
    }
}
