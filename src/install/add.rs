//! The plan of `install`.

use std::path::Path;

use super::error::utf8;
use super::manifest::{HostManifest, PROGRAM_NAME};
use super::plan::{PRIVATE, PROGRAM, PUBLIC, Plan};
use super::policy_file::PolicyEdit;
use super::record::{self, Record};
use super::targets::{Scope, Target};
use super::{CONNECT, Error, ExtensionId, HostName, LISTS, List, UDP_SEND, disk};
use crate::paths::Environment;
use crate::policy;

/// A pattern to be added to a list, for every id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The list.
    pub list: &'static List,
    /// A pattern that is valid there, as it is to be written.
    pub pattern: String,
}

/// What a person asked for.
#[derive(Clone, Debug)]
pub struct Install {
    /// At least one.
    pub ids: Vec<ExtensionId>,
    /// Where; empty for every browser found.
    pub scope: Scope,
    /// What to grant.
    pub grants: Vec<Grant>,
    /// The native host's name.
    pub name: HostName,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// The program and the grants come first and the manifests last, so that a browser never finds a manifest without its program.
pub(super) fn plan(install: &Install, environment: &Environment, program: &Path) -> Result<Plan, Error> {
    let targets = install.scope.to_install(&install.ids, environment)?;
    let data = environment.data_dir()?;
    let stable = data.join("bin").join(PROGRAM_NAME);
    let mut plan = Plan::default();

    let source = disk::read(program)?.ok_or_else(|| {
        Error::unusable(program)("this program's own file is gone; start it from where it is now".to_owned())
    })?;
    plan.write(&stable, source.content, PROGRAM)?;

    let policy = environment.config_dir()?.join(policy::FILE_NAME);
    let edit = grants(install, &policy)?;
    if let Some(content) = edit.changed() {
        plan.write(&policy, content, PRIVATE)?;
    }

    let mut manifests = Vec::new();
    for target in &targets {
        let path = target.directory.join(format!("{}.json", install.name));
        if !manifests.iter().any(|(known, _)| *known == path) {
            let manifest = manifest(install, target, &path, utf8(&stable)?)?;
            plan.make_directory(&target.directory);
            manifests.push((path, manifest));
        }
    }

    let record_path = data.join(record::FILE_NAME);
    let mut record = Record::read(&record_path)?;
    record::add(&mut record.directories, plan.made_directories());
    record::add(&mut record.manifests, manifests.iter().map(|(path, _)| path));
    plan.write(&record_path, record.to_bytes()?, PRIVATE)?;

    for (path, manifest) in manifests {
        plan.write(&path, manifest.to_bytes(), PUBLIC)?;
    }
    advise(install, &targets, &edit, &mut plan);
    Ok(plan)
}

fn grants(install: &Install, path: &Path) -> Result<PolicyEdit, Error> {
    let mut edit = PolicyEdit::read(path)?;
    for id in &install.ids {
        for Grant { list, pattern } in &install.grants {
            edit.grant(id, list, pattern).map_err(Error::unusable(path))?;
        }
    }
    Ok(edit)
}

fn manifest(install: &Install, target: &Target, path: &Path, program: &str) -> Result<HostManifest, Error> {
    let mut manifest = match disk::read(path)? {
        Some(existing) => HostManifest::parse(&existing.content, &install.name.to_string())
            .map_err(|reason| Error::unusable(path)(format!("{reason}; move it away or choose another --name")))?,
        None => HostManifest::default(),
    };
    let ids = install.ids.iter().filter(|id| id.family() == target.family);
    manifest.allow(target.family, &install.name, program, ids);
    Ok(manifest)
}

/// What the grants mean, and what to do next.
fn advise(install: &Install, targets: &[Target], edit: &PolicyEdit, plan: &mut Plan) {
    plan.say(String::new());
    for id in &install.ids {
        for list in LISTS {
            let granted = edit.granted(id, list);
            if let Some(patterns) = granted.as_deref().or(list.default) {
                let colon = if patterns.is_empty() { "" } else { ": " };
                plan.say(format!("{} may {}{colon}{patterns}", id.as_str(), list.allows));
            }
        }
    }
    if install
        .grants
        .iter()
        .any(|grant| [&CONNECT, &UDP_SEND].contains(&grant.list))
    {
        plan.say("Names are compared as text: a granted name may lead to this machine or your network.".to_owned());
    }
    let titles: Vec<_> = targets.iter().map(|target| target.title.as_str()).collect();
    plan.say(format!(
        "Next: reload the extension in: {}. The browser need not be restarted.",
        titles.join(", ")
    ));
}
