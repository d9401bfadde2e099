//! Manifests that are not there: those that were, and those of browsers that came later.

use std::path::Path;

use super::command::{self, Where};
use super::finding::{Diagnosis, Fix, Verdict};
use super::manifests::{again, move_aside};
use super::{Context, Looked};
use crate::install::installed::Found;
use crate::install::targets;
use crate::install::{DEFAULT_HOST_NAME, Error};

/// Nothing at all, what is recorded and gone, and the browsers that have none.
pub(super) fn check(context: &Context, diagnosis: &mut Diagnosis) -> Result<(), Error> {
    let empty = |looked: &Looked| looked.found.is_empty() && looked.record.manifests.is_empty();
    if context.sites.iter().all(empty) {
        let fix = command::install(context, context.asked, Where::Everywhere, DEFAULT_HOST_NAME, false);
        let line = "nothing is installed: browsers find no host".to_owned();
        diagnosis.add("installed", Verdict::Fail, line, Some(fix));
        return Ok(());
    }
    for looked in &context.sites {
        for path in &looked.record.manifests {
            if !looked.found.iter().any(|found| found.path == *path) {
                missing(path, looked, context, diagnosis);
            }
        }
    }
    without_any(context, diagnosis)
}

/// A recorded manifest that is not there.
fn missing(path: &Path, looked: &Looked, context: &Context, diagnosis: &mut Diagnosis) {
    let known = targets::known(looked.site.system, context.environment).unwrap_or_default();
    // On Windows browsers share a directory: one that is there comes first.
    let started = targets::started(context.environment).unwrap_or_default();
    let found = Found {
        target: started
            .into_iter()
            .chain(known)
            .find(|target| path.parent() == Some(target.directory())),
        path: path.to_owned(),
        manifest: Err(String::new()),
    };
    let again = again(&found, looked, context);
    let title = found.title();
    // What cannot be looked into cannot be installed into either.
    for (place, check) in [(path.parent(), "manifest-directory"), (Some(path), "manifest-file")] {
        let Some(place) = place.filter(|place| place.is_symlink() && !place.exists()) else {
            continue;
        };
        let line = format!("{title}: {} is a link that leads nowhere", place.display());
        let remove = command::at_site(context, &looked.site, format!("rm {}", command::path(place)));
        let fix = Fix::by_hand(format!("{remove} && {}", again.command));
        return diagnosis.add(check, Verdict::Fail, line, Some(fix));
    }
    if let Some(file) = path.parent().filter(|parent| parent.is_file()) {
        let line = format!("{title}: {} is a file, not a directory", file.display());
        let fix = Fix::by_hand(format!(
            "{} && {}",
            move_aside(file, &looked.site, context),
            again.command
        ));
        return diagnosis.add("manifest-directory", Verdict::Fail, line, Some(fix));
    }
    // Only on Windows a manifest can be where nobody looks.
    let line = if path.is_file() {
        format!("{title}: no registry key leads to {} any more", path.display())
    } else {
        format!("{title}: {} is gone", path.display())
    };
    diagnosis.add("manifest-missing", Verdict::Fail, line, Some(again));
}

/// Browsers that have been started, but for which nothing is installed.
fn without_any(context: &Context, diagnosis: &mut Diagnosis) -> Result<(), Error> {
    for target in targets::started(context.environment)? {
        let served = |found: &Found| found.target.as_ref().is_some_and(|own| own.browser == target.browser);
        let elsewhere = |found: &Found| found.path.parent() == Some(target.directory());
        let recorded = context.sites.iter().flat_map(|looked| &looked.record.manifests);
        if context
            .sites
            .iter()
            .any(|looked| looked.found.iter().any(|found| served(found) || elsewhere(found)))
            || recorded
                .into_iter()
                .any(|path| path.parent() == Some(target.directory()))
        {
            continue;
        }
        let mut ids: Vec<_> = context
            .sites
            .iter()
            .flat_map(|looked| context.everybody(looked))
            .collect();
        ids.retain(|id| id.family() == target.family);
        ids.dedup();
        let (Some(browser), false) = (target.browser, ids.is_empty()) else {
            continue;
        };
        // A choice, not a fault: `--fix` leaves it.
        let fix =
            Fix::by_hand(command::install(context, &ids, Where::Browser(browser), DEFAULT_HOST_NAME, false).command);
        let line = format!("{} is here, but nothing is installed for it", target.title);
        diagnosis.add("browser", Verdict::Info, line, Some(fix));
    }
    Ok(())
}
