//! The plans of `grant` and `revoke`: what extensions may do, without touching how they are installed.

use super::plan::{PRIVATE, Plan};
use super::policy_file::PolicyEdit;
use super::record::{self, Record};
use super::{Error, ExtensionId, Grant, LISTEN, Site, words};
use crate::paths::Environment;

/// What a person asked for.
#[derive(Clone, Debug)]
pub struct Change {
    /// For whom; at least one.
    pub ids: Vec<ExtensionId>,
    /// What to give, or to take back; to take back, empty means everything.
    pub grants: Vec<Grant>,
    /// Which of the two.
    pub kind: ChangeKind,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// Giving or taking back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// `grant`.
    Grant,
    /// `revoke`.
    Revoke,
}

pub(super) fn plan(change: &Change, environment: &Environment) -> Result<(Plan, PolicyEdit), Error> {
    let site = Site::of(false, environment)?;
    let mut edit = PolicyEdit::read(&site.policy)?;
    let mut narrowed = Vec::new();
    for id in &change.ids {
        let before = edit.patterns(id.as_str(), &LISTEN).is_none();
        apply(change, id, &mut edit, &site)?;
        if before && edit.patterns(id.as_str(), &LISTEN).is_some() {
            narrowed.push(id);
        }
    }
    let mut plan = Plan::new(site.directory_mode());
    if let Some(content) = edit.changed() {
        plan.write(&site.policy, content, PRIVATE)?;
        note_directories(&site, &mut plan)?;
    }
    for id in &change.ids {
        plan.say(format!("{} may now:", id.as_str()));
        for line in edit.in_words(id.as_str()) {
            plan.say(format!("  {line}"));
        }
        if let (true, Some(default)) = (narrowed.contains(&id), LISTEN.default) {
            plan.say(format!(
                "Until now it might {default}; now it may listen only as it says above."
            ));
        }
    }
    plan.say("Hosts that run obey from the next call on; connections that are open stay.".to_owned());
    Ok((plan, edit))
}

fn apply(change: &Change, id: &ExtensionId, edit: &mut PolicyEdit, site: &Site) -> Result<(), Error> {
    let unusable = |problem| Error::unusable(&site.policy)(problem);
    if change.kind == ChangeKind::Revoke && change.grants.is_empty() {
        return edit.revoke_all(id).map_err(unusable);
    }
    for Grant { list, pattern } in &change.grants {
        match change.kind {
            ChangeKind::Grant => edit.grant(id, list, pattern).map_err(unusable)?,
            ChangeKind::Revoke if edit.revoke(id, list, pattern).map_err(unusable)? => {}
            ChangeKind::Revoke => {
                return Err(Error::NotGranted {
                    id: id.as_str().to_owned(),
                    what: words::of(list, pattern),
                });
            }
        }
    }
    Ok(())
}

/// A configuration directory that this makes goes with `uninstall`, as one that `install` made.
fn note_directories(site: &Site, plan: &mut Plan) -> Result<(), Error> {
    let path = site.record();
    if plan.made_directories().next().is_none() || !super::disk::is_taken(&path) {
        return Ok(());
    }
    let mut record = Record::read(&path)?;
    record::add(&mut record.directories, plan.made_directories());
    plan.write(&path, record.to_bytes()?, site.record_mode())
}
