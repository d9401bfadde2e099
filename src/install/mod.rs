//! `install` and `uninstall`: host manifests, the program's stable copy and the user's grants.
//!
//! Each makes a plan from what is on the disk and then carries it out, or with `--dry-run` only says it. Only `disk` reads and
//! only `plan` writes.

mod add;
mod browsers;
mod disk;
mod error;
mod lists;
mod manifest;
mod names;
mod plan;
mod policy_file;
mod record;
mod remove;
mod targets;

use std::io::Write;
use std::path::Path;

use crate::paths::{Environment, Platform};

pub use add::{Grant, Install};
pub use browsers::{BROWSERS, Base, Browser, Family};
pub use error::{Error, printable};
pub use lists::{CONNECT, LISTEN, LISTS, List, MULTICAST, UDP_BIND, UDP_SEND};
pub use manifest::HostManifest;
pub use names::{DEFAULT_HOST_NAME, ExtensionId, HostName};
pub use remove::Uninstall;
pub use targets::Scope;

/// Installs `program`, this program's own file, and says to `out` what was written and what to do next.
pub fn install(install: &Install, environment: &Environment, program: &Path, out: &mut dyn Write) -> Result<(), Error> {
    supported(environment)?;
    add::plan(install, environment, program)?.carry_out(install.dry_run, out)
}

/// Removes what [`install`] wrote, and nothing else.
pub fn uninstall(uninstall: &Uninstall, environment: &Environment, out: &mut dyn Write) -> Result<(), Error> {
    supported(environment)?;
    remove::plan(uninstall, environment)?.carry_out(uninstall.dry_run, out)
}

fn supported(environment: &Environment) -> Result<(), Error> {
    match environment.platform {
        Platform::Windows => Err(Error::Unsupported),
        Platform::Linux | Platform::MacOs => Ok(()),
    }
}
