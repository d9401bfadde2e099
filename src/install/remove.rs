//! The plan of `uninstall`.

use std::path::Path;

use super::installed::{candidates, look};
use super::manifest::HostManifest;
use super::plan::{PRIVATE, PUBLIC, Plan};
use super::policy_file::PolicyEdit;
use super::record::Record;
use super::registry::Entry;
use super::targets::{self, Scope};
use super::{Browser, Error, ExtensionId, Site, disk};
use crate::paths::Environment;

/// What a person asked for.
#[derive(Clone, Debug)]
pub struct Uninstall {
    /// Whom to remove; empty for everybody.
    pub ids: Vec<ExtensionId>,
    /// Where; empty for everywhere.
    pub scope: Scope,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// The manifests go first, so that a browser never finds one without its program.
///
/// Files that are not ours are left, with a line that says so.
pub(super) fn plan(uninstall: &Uninstall, environment: &Environment) -> Result<Plan, Error> {
    let site = Site::of(uninstall.scope.system, environment)?;
    let mut record = Record::read(&site.record())?;
    let mut plan = Plan::new(site.directory_mode());

    let mut gone: Vec<String> = uninstall.ids.iter().map(|id| id.as_str().to_owned()).collect();
    let mut staying = Vec::new();
    let mut kept = Vec::new();
    let named = uninstall.scope.named(environment)?;
    for path in candidates(&site, &record, &named, environment)? {
        let Some(mut manifest) = ours(&path, &mut plan)? else {
            continue;
        };
        let in_scope =
            uninstall.scope.is_everything() || named.iter().any(|target| path.parent() == Some(target.directory()));
        if !in_scope {
            staying.extend(manifest.ids());
            kept.push(path);
        } else if uninstall.ids.is_empty() {
            let entries = Entry::leading_to(&path, site.system)?;
            let (leaving, others) = split(entries, &uninstall.scope, environment)?;
            plan.unregister(leaving);
            if others.is_empty() {
                gone.extend(manifest.ids());
                plan.remove(path);
            } else {
                staying.extend(manifest.ids());
                kept.push(path);
            }
        } else if manifest.forbid(&uninstall.ids) {
            // Browsers on Windows share a manifest, so an extension goes from all of them.
            plan.unregister(Entry::leading_to(&path, site.system)?);
            plan.remove(path);
        } else {
            plan.write(&path, manifest.to_bytes(), PUBLIC)?;
            staying.extend(manifest.ids());
            kept.push(path);
        }
    }

    if kept.is_empty() && uninstall.ids.is_empty() {
        // Whose manifests were lost before.
        gone.append(&mut record.ids);
    }
    // Grants are each user's own, whoever removes the manifests of all.
    if !site.system {
        gone.retain(|id| !staying.contains(id));
        forget(&gone, &site.policy, &mut plan)?;
    }

    if kept.is_empty() {
        for path in [site.copy(), site.record()] {
            if disk::is_taken(&path) {
                plan.remove(path);
            }
        }
        plan.remove_emptied(record.directories);
        plan.remove_emptied_keys(site.system, record.keys);
    } else {
        record.directories = plan.remove_emptied(record.directories);
        record.manifests = kept;
        record.ids.retain(|id| staying.contains(id));
        plan.write(&site.record(), record.to_bytes()?, site.record_mode())?;
    }
    if plan.is_empty() {
        plan.say("Nothing of ours was found.".to_owned());
    }
    Ok(plan)
}

/// Registry keys by whether they go with the browsers of `scope`. One that a browser outside of it reads as well stays, if that
/// browser has been started here.
fn split(entries: Vec<Entry>, scope: &Scope, environment: &Environment) -> Result<(Vec<Entry>, Vec<Entry>), Error> {
    if scope.is_everything() {
        return Ok((entries, Vec::new()));
    }
    let reads = |browser: &Browser, entry: &Entry| {
        let keys = browser.windows.iter().flat_map(|row| row.keys);
        keys.into_iter().any(|key| entry.is_below(key))
    };
    let mut others: Vec<&Browser> = targets::started(environment)?
        .into_iter()
        .filter_map(|target| target.browser)
        .collect();
    others.retain(|browser| !scope.browsers.contains(browser));
    Ok(entries.into_iter().partition(|entry| {
        scope.browsers.iter().any(|browser| reads(browser, entry)) && !others.iter().any(|other| reads(other, entry))
    }))
}

fn ours(path: &Path, plan: &mut Plan) -> Result<Option<HostManifest>, Error> {
    let Some(found) = look(path.to_owned(), &[])? else {
        return Ok(None);
    };
    Ok(found
        .manifest
        .map_err(|reason| plan.say(format!("left {}: {reason}", path.display())))
        .ok())
}

/// Takes the grants back. A policy that cannot be read denies everything as it is.
fn forget(ids: &[String], path: &Path, plan: &mut Plan) -> Result<(), Error> {
    let mut edit = match PolicyEdit::read(path) {
        Ok(edit) => edit,
        Err(Error::Unusable { reason, .. }) => {
            plan.say(format!("left {}: {reason}", path.display()));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    edit.forget(ids);
    match edit.changed() {
        Some(_) if edit.is_empty() => plan.remove(path.to_owned()),
        Some(content) => plan.write(path, content, PRIVATE)?,
        None => {}
    }
    Ok(())
}
