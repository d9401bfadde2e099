//! An extension's folder: what its manifest says beside what was granted.

use super::Context;
use super::command;
use super::finding::{Diagnosis, Fix, Verdict};
use crate::install::extension::{Extension, NO_PERMISSION};
use crate::install::policy_file::PolicyEdit;
use crate::install::{ExtensionId, Grant, Site, words};
use crate::policy::{Dialect, Pattern};

/// What keeps the extension from what its manifest declares, though the browser starts the host.
pub(super) fn check(extension: &Extension, ids: &[ExtensionId], context: &Context, diagnosis: &mut Diagnosis) {
    let name = &extension.name;
    if !extension.asks_for_hosts {
        diagnosis.add(
            "extension-manifest",
            Verdict::Fail,
            format!("{name}: {NO_PERMISSION}"),
            None,
        );
    }
    let Ok(site) = Site::of(false, context.environment) else {
        return;
    };
    // What is wrong with it is said elsewhere.
    let Ok(policy) = PolicyEdit::read(&site.policy) else {
        return;
    };
    for id in ids {
        let missing = missing(extension, id, &policy);
        if missing.is_empty() {
            continue;
        }
        let flags = missing.iter().map(|grant| {
            let flag = format!("--{}", grant.list.flag);
            // The flag for groups takes no pattern.
            if grant.pattern.is_empty() {
                flag
            } else {
                format!("{flag} {}", command::quoted(&grant.pattern))
            }
        });
        let flags = flags.collect::<Vec<_>>().join(" ");
        let program = command::path(&context.program);
        let command = format!(
            "{program} grant --extension-id {} {flags}",
            command::quoted(id.as_str())
        );
        let said: Vec<_> = missing
            .iter()
            .map(|grant| words::of(grant.list, &grant.pattern))
            .collect();
        let line = format!("{name} declares, but was not granted to: {}", said.join("; "));
        diagnosis.add("extension-grants", Verdict::Warn, line, Some(Fix::by_hand(command)));
    }
}

/// What is declared and has to be granted for that.
fn missing<'a>(extension: &'a Extension, id: &ExtensionId, policy: &PolicyEdit) -> Vec<&'a Grant> {
    let declared = || extension.declared.iter().flatten();
    let denied: Vec<&Grant> = declared().filter(|grant| !is_granted(grant, id, policy)).collect();
    // Where a list is begun, its default ends: then all that is declared has to be in it.
    let begun = |grant: &Grant| {
        let list = grant.list;
        denied.iter().any(|other| other.list == list) && policy.patterns(id.as_str(), list).is_none()
    };
    declared()
        .filter(|grant| denied.contains(grant) || begun(grant))
        .collect()
}

/// Whether the policy lets it do all of that, as far as one pattern of it says so.
fn is_granted(grant: &Grant, id: &ExtensionId, policy: &PolicyEdit) -> bool {
    let Some(patterns) = policy.patterns(id.as_str(), grant.list) else {
        // By default an extension may listen on this computer.
        return grant.list.default.is_some() && words::stays_here(&grant.pattern);
    };
    let Ok(wanted) = Pattern::parse(&grant.pattern, Dialect::Policy) else {
        return false;
    };
    let one = grant.pattern.rsplit_once(':').and_then(|(host, port)| {
        let exact = !host.contains('*');
        Some((host, port.parse().ok()?)).filter(|_| exact)
    });
    patterns
        .iter()
        .filter_map(|text| Pattern::parse(text, Dialect::Policy).ok())
        .any(|own| own == wanted || own.to_string() == "*:*" || one.is_some_and(|(host, port)| own.matches(host, port)))
}
