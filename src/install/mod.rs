//! `install`, `uninstall`, `list`, `grant` and `revoke`: host manifests, the program's stable copy and the user's grants.
//!
//! What changes something makes a plan from what is on the disk and then carries it out, all of it or nothing, or with
//! `--dry-run` only says it. Only `disk` reads, only `plan` decides to write and only `transaction` does.

mod add;
mod browsers;
mod change;
pub(crate) mod disk;
mod error;
pub(crate) mod extension;
pub(crate) mod installed;
mod list;
mod lists;
mod lock;
pub(crate) mod manifest;
mod names;
mod plan;
pub(crate) mod policy_file;
pub(crate) mod record;
mod registry;
mod remove;
mod report;
mod site;
pub(crate) mod targets;
mod transaction;
pub(crate) mod words;

use std::path::Path;

use crate::paths::{Environment, Platform};

use lock::Lock;

pub use add::{Grant, Install};
pub use browsers::{BROWSERS, Base, Browser, Family, Files, Packaging, Registry};
pub use change::{Change, ChangeKind};
pub(crate) use error::json_text;
pub use error::{Error, printable};
pub use lists::{CONNECT, LISTEN, LISTS, List, MULTICAST, UDP_BIND, UDP_SEND};
pub use manifest::HostManifest;
pub use names::{DEFAULT_HOST_NAME, ExtensionId, HostName};
pub use remove::Uninstall;
pub use report::Report;
pub use targets::Scope;

pub(crate) use site::Site;

/// Asks a person: gets the question's lines, says whether to go on.
///
/// # Errors
/// [`Error::NotAsked`] where there is nobody to ask.
pub type Ask<'a> = &'a mut dyn FnMut(&[String]) -> Result<bool, Error>;

/// Installs `program`, this program's own file. What an extension's folder asks for is put to a person first.
pub fn install(install: &Install, environment: &Environment, program: &Path, ask: Ask) -> Result<Report, Error> {
    may_change(environment, install.scope.system)?;
    let request = add::Request::new(install, environment)?;
    // What cannot be done is said before anybody is asked.
    let mut plan = request.plan(environment, program)?;
    let question = request.question(&plan.1);
    let mut lock = None;
    if !install.dry_run {
        if let Some(question) = &question
            && !ask(question)?
        {
            return Err(Error::Declined);
        }
        lock = Some(Lock::take(&Site::of(install.scope.system, environment)?, environment)?);
        // Another installation may have come first.
        plan = request.plan(environment, program)?;
    }
    let (plan, edit) = plan;
    let mut report = plan.carry_out(install.dry_run)?;
    drop(lock);
    request.describe(&edit, &mut report);
    Ok(report)
}

/// Removes what [`install`] wrote, and nothing else.
pub fn uninstall(uninstall: &Uninstall, environment: &Environment) -> Result<Report, Error> {
    may_change(environment, uninstall.scope.system)?;
    let _lock = lock_unless(uninstall.dry_run, uninstall.scope.system, environment)?;
    remove::plan(uninstall, environment)?.carry_out(uninstall.dry_run)
}

/// Grants or revokes.
pub fn change(change: &Change, environment: &Environment) -> Result<Report, Error> {
    may_change(environment, false)?;
    let _lock = lock_unless(change.dry_run, false, environment)?;
    let (plan, edit) = change::plan(change, environment)?;
    let mut report = plan.carry_out(change.dry_run)?;
    let entries = change.ids.iter().map(|id| {
        let id = id.as_str();
        serde_json::json!({"id": id, "grants": edit.entry(id), "may": edit.in_words(id)})
    });
    report.member("extensions", entries.collect());
    Ok(report)
}

/// What is installed.
pub fn list(environment: &Environment) -> Result<Report, Error> {
    list::report(environment)
}

fn lock_unless(dry_run: bool, system: bool, environment: &Environment) -> Result<Option<Lock>, Error> {
    if dry_run {
        return Ok(None);
    }
    Lock::take(&Site::of(system, environment)?, environment).map(Some)
}

fn may_change(environment: &Environment, system: bool) -> Result<(), Error> {
    // What sudo leaves in a home, root's or the user's, belongs to root, and serves a browser that nobody runs as root.
    if environment.under_sudo && environment.is_root && !system {
        return Err(Error::Sudo);
    }
    // On Windows the directories and keys of all users say so themselves.
    if system && !environment.is_root && environment.platform != Platform::Windows {
        return Err(Error::NotRoot);
    }
    Ok(())
}
