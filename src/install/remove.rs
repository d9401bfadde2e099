//! The plan of `uninstall`.

use std::path::{Path, PathBuf};

use super::manifest::{HostManifest, PROGRAM_NAME};
use super::plan::{PRIVATE, PUBLIC, Plan};
use super::policy_file::PolicyEdit;
use super::record::{self, Record};
use super::targets::{self, Scope};
use super::{DEFAULT_HOST_NAME, Error, ExtensionId, disk};
use crate::paths::Environment;
use crate::policy;

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
    let data = environment.data_dir()?;
    let record_path = data.join(record::FILE_NAME);
    let mut record = Record::read(&record_path)?;
    let mut plan = Plan::default();

    let mut gone: Vec<String> = uninstall.ids.iter().map(|id| id.as_str().to_owned()).collect();
    let mut staying = Vec::new();
    let mut kept = Vec::new();
    let named = uninstall.scope.named(environment)?;
    for path in candidates(&uninstall.scope, &record, environment)? {
        let Some(mut manifest) = ours(&path, &mut plan)? else {
            continue;
        };
        let in_scope =
            uninstall.scope.is_everything() || named.iter().any(|target| path.parent() == Some(&target.directory));
        if !in_scope {
            staying.extend(manifest.ids());
            kept.push(path);
        } else if uninstall.ids.is_empty() {
            gone.extend(manifest.ids());
            plan.remove(path);
        } else if manifest.forbid(&uninstall.ids) {
            plan.remove(path);
        } else {
            plan.write(&path, manifest.to_bytes(), PUBLIC)?;
            staying.extend(manifest.ids());
            kept.push(path);
        }
    }

    gone.retain(|id| !staying.contains(id));
    forget(&gone, &environment.config_dir()?.join(policy::FILE_NAME), &mut plan)?;

    if kept.is_empty() {
        for path in [data.join("bin").join(PROGRAM_NAME), record_path] {
            if disk::read(&path)?.is_some() {
                plan.remove(path);
            }
        }
        plan.remove_emptied(record.directories);
    } else {
        record.directories = plan.remove_emptied(record.directories);
        record.manifests = kept;
        plan.write(&record_path, record.to_bytes()?, PRIVATE)?;
    }
    if plan.is_empty() {
        plan.say("Nothing of ours was found.".to_owned());
    }
    Ok(plan)
}

/// Where manifests of ours may be: what `install` recorded, and the usual name wherever browsers look.
fn candidates(scope: &Scope, record: &Record, environment: &Environment) -> Result<Vec<PathBuf>, Error> {
    let mut paths = record.manifests.clone();
    for target in targets::known(environment)?.iter().chain(&scope.named(environment)?) {
        record::add(
            &mut paths,
            [&target.directory.join(format!("{DEFAULT_HOST_NAME}.json"))],
        );
    }
    Ok(paths)
}

fn ours(path: &Path, plan: &mut Plan) -> Result<Option<HostManifest>, Error> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let parsed = match disk::read(path) {
        Ok(None) => return Ok(None),
        Ok(Some(existing)) => HostManifest::parse(&existing.content, &name),
        Err(Error::Unusable { reason, .. }) => Err(reason),
        Err(error) => return Err(error),
    };
    Ok(parsed
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
