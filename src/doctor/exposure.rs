//! Grants that let other computers in.

use super::Context;
use super::command;
use super::finding::{Diagnosis, Fix, Verdict};
use crate::install::policy_file::PolicyEdit;
use crate::install::{ExtensionId, LISTS, words};

/// A line for each pattern that opens a port to others.
pub(super) fn check(context: &Context, diagnosis: &mut Diagnosis) {
    for looked in context.sites.iter().filter(|looked| !looked.site.system) {
        // What is wrong with it is said elsewhere.
        let Ok(policy) = PolicyEdit::read(&looked.site.policy) else {
            continue;
        };
        for id in policy.ids() {
            let Ok(id) = id.parse::<ExtensionId>() else { continue };
            for list in LISTS {
                for pattern in policy.patterns(id.as_str(), list).unwrap_or_default() {
                    let words = words::of_text(list, pattern);
                    if !words::is_exposed(list, pattern) {
                        continue;
                    }
                    let program = command::path(&context.program);
                    let command = format!(
                        "{program} revoke --extension-id {} --{} {}",
                        command::quoted(id.as_str()),
                        list.flag,
                        command::quoted(pattern)
                    );
                    let line = format!("{} may {words}", id.as_str());
                    diagnosis.add("policy-exposure", Verdict::Warn, line, Some(Fix::by_hand(command)));
                }
            }
        }
    }
}
