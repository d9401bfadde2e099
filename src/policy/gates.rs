//! The two gates a request passes: what the user granted, and what the extension's manifest declares.

use std::path::PathBuf;

use serde_json::Value;

use super::file::PolicyFile;
use super::{Dialect, Grants, Operation, Permissions};
use crate::address::parse_ip_literal;

/// The directories whose `policy.json` hold for a session.
#[derive(Clone, Debug, Default)]
pub struct Dirs {
    /// The user's; without one nothing is known of what the user granted, and everything is denied.
    pub user: Option<PathBuf>,
    /// The administrator's, where the system has such a place.
    pub system: Option<PathBuf>,
}

/// Both gates for one extension.
#[derive(Debug)]
pub struct Gates {
    extension_id: String,
    user: Option<PolicyFile>,
    system: Option<PolicyFile>,
    manifest: Manifest,
}

#[derive(Debug)]
enum Manifest {
    /// No `sockets` key: the policy decides alone.
    Absent,
    Declared(Grants),
    Invalid,
}

impl Gates {
    /// The gates of the extension `extension_id` (Firefox: the add-on id), as if its manifest had no `sockets` key.
    ///
    /// Reads nothing yet.
    #[must_use]
    pub fn new(dirs: &Dirs, extension_id: &str) -> Self {
        let file = |directory: &PathBuf| PolicyFile::new(directory, extension_id);
        if dirs.user.is_none() {
            tracing::warn!(
                "No configuration directory: set HOME or CHROME_SOCKETS_CONFIG to an absolute path. Until then every operation that needs a permission is denied"
            );
        }
        Self {
            extension_id: extension_id.to_owned(),
            user: dirs.user.as_ref().map(file),
            system: dirs.system.as_ref().map(file),
            manifest: Manifest::Absent,
        }
    }

    /// Whose gates these are.
    #[must_use]
    pub fn extension_id(&self) -> &str {
        &self.extension_id
    }

    /// Takes the manifest's `sockets` key, `None` when it has none, and validates it as Chromium does at install.
    ///
    /// # Errors
    /// The text for the extension's console. From then on everything is denied.
    pub fn set_manifest(&mut self, sockets: Option<&Value>) -> Result<(), String> {
        self.manifest = Manifest::Invalid;
        self.manifest = match sockets {
            None => Manifest::Absent,
            Some(value) => Manifest::Declared(Grants::parse(value, Dialect::Manifest)?),
        };
        Ok(())
    }

    /// How many sockets the policy lets the extension hold; `None` when it does not say.
    pub fn max_sockets(&mut self) -> Option<usize> {
        let limit = |file: &mut Option<PolicyFile>| file.as_mut()?.entry()?.max_sockets;
        let (user, system) = (limit(&mut self.user), limit(&mut self.system));
        user.into_iter().chain(system).min()
    }

    fn policy_allows(&mut self, operation: Operation, host: &str, port: u16) -> bool {
        let Some(user) = self.user.as_mut().and_then(PolicyFile::entry) else {
            return false;
        };
        let granted = match user.grants.get(operation) {
            Some(_) => user.grants.allow(operation, host, port),
            None => allowed_by_default(operation, host),
        };
        granted
            && self.system.as_mut().is_none_or(|system| {
                // A system file narrows the operations it names, and a broken one everything.
                system.entry().is_some_and(|entry| {
                    entry.grants.get(operation).is_none() || entry.grants.allow(operation, host, port)
                })
            })
    }
}

/// What an extension may do that no policy mentions: listen where only this machine can reach it.
///
/// The text is read as `listen` reads it, so that both mean the same address; names such as `localhost` are not addresses there.
fn allowed_by_default(operation: Operation, host: &str) -> bool {
    operation == Operation::TcpServerListen && parse_ip_literal(host).is_some_and(|address| address.is_loopback())
}

impl Permissions for Gates {
    fn allows(&mut self, operation: Operation, host: &str, port: u16) -> bool {
        let declared = match &self.manifest {
            Manifest::Absent => true,
            Manifest::Declared(grants) => grants.allow(operation, host, port),
            Manifest::Invalid => false,
        };
        declared && self.policy_allows(operation, host, port)
    }
}

#[cfg(test)]
#[path = "gates_tests.rs"]
mod tests;
