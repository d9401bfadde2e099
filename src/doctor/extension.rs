//! Why can this extension not connect?

use super::command::{self, Where};
use super::finding::{Diagnosis, Verdict};
use super::{Context, Looked};
use crate::install::policy_file::PolicyEdit;
use crate::install::targets::{self, Target};
use crate::install::{DEFAULT_HOST_NAME, Error, ExtensionId};

/// For each extension that was named: which browsers let it start the host, and what it may do then.
pub(super) fn check(context: &Context, diagnosis: &mut Diagnosis) -> Result<(), Error> {
    for id in context.asked {
        let mut targets = targets::started(context.environment)?;
        targets.retain(|target| target.family == id.family());
        if targets.is_empty() {
            let line = format!("no browser that takes {} has been started here", id.as_str());
            diagnosis.add("extension", Verdict::Fail, line, None);
        }
        let mut told: Vec<String> = Vec::new();
        for target in &targets {
            if !told.contains(&target.title) {
                told.push(target.title.clone());
                in_browser(id, target, context, diagnosis);
            }
        }
        elsewhere(id, context, diagnosis);
        grants(id, context, diagnosis);
    }
    Ok(())
}

fn in_browser(id: &ExtensionId, target: &Target, context: &Context, diagnosis: &mut Diagnosis) {
    let allowed = |looked: &Looked| {
        looked.found.iter().any(|found| {
            let same = found.target.as_ref().is_some_and(|own| own.browser == target.browser)
                || found.path.parent() == Some(target.directory());
            same && lists(found, id)
        })
    };
    let title = &target.title;
    let id_text = id.as_str();
    if context.sites.iter().any(allowed) {
        return diagnosis.pass("extension", format!("{title} lets {id_text} start the host"));
    }
    let place = target.browser.map_or(Where::Everywhere, Where::Browser);
    let fix = command::install(context, std::slice::from_ref(id), place, DEFAULT_HOST_NAME, false);
    let line = format!("{title} does not let {id_text} start the host");
    diagnosis.add("extension", Verdict::Fail, line, Some(fix));
}

/// User data directories are of no browser of the table.
fn elsewhere(id: &ExtensionId, context: &Context, diagnosis: &mut Diagnosis) {
    for found in context.sites.iter().flat_map(|looked| &looked.found) {
        if found.target.is_none() && lists(found, id) {
            diagnosis.pass(
                "extension",
                format!("{} lets {} start the host", found.title(), id.as_str()),
            );
        }
    }
}

fn lists(found: &crate::install::installed::Found, id: &ExtensionId) -> bool {
    let manifest = found.manifest.as_ref();
    manifest.is_ok_and(|manifest| manifest.ids().iter().any(|own| own == id.as_str()))
}

fn grants(id: &ExtensionId, context: &Context, diagnosis: &mut Diagnosis) {
    let policies = context.sites.iter().filter(|looked| !looked.site.system);
    for looked in policies {
        // What is wrong with it is said elsewhere.
        if let Ok(policy) = PolicyEdit::read(&looked.site.policy) {
            let may = policy.in_words(id.as_str()).join("; ");
            diagnosis.info("extension", format!("{} may {may}", id.as_str()));
        }
    }
}
