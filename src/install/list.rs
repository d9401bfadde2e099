//! `list`: what is installed, for whom, with which grants. Changes nothing.

use serde_json::{Value, json};

use super::installed::{self, Found};
use super::policy_file::PolicyEdit;
use super::record::Record;
use super::{DEFAULT_HOST_NAME, Error, Report, Site};
use crate::paths::Environment;

/// One manifest of ours.
struct Row {
    found: Found,
    ids: Vec<String>,
    system: bool,
}

/// The table, and the same as JSON members `installed`, `extensions` and `policy`.
pub(super) fn report(environment: &Environment) -> Result<Report, Error> {
    let mut rows = Vec::new();
    let mut report = Report::new(false);
    let own = Site::of(false, environment)?;
    for site in [Ok(own.clone()), Site::of(true, environment)].into_iter().flatten() {
        let record = match Record::read(&site.record()) {
            Err(error @ Error::Unusable { .. }) => {
                report.say(error.to_string());
                Record::default()
            }
            record => record?,
        };
        for found in installed::all(&site, &record, environment)? {
            if let Ok(manifest) = &found.manifest {
                let ids = manifest.ids();
                rows.push(Row {
                    ids,
                    found,
                    system: site.system,
                });
            }
        }
    }
    let policy = match PolicyEdit::read(&own.policy) {
        Err(error @ Error::Unusable { .. }) => {
            report.say(format!("{error}; until it is mended everything is denied"));
            None
        }
        policy => Some(policy?),
    };
    table(&rows, &mut report);
    grants(&rows, policy.as_ref(), &mut report);
    report.member("policy", own.policy.to_string_lossy().into());
    Ok(report)
}

fn table(rows: &[Row], report: &mut Report) {
    if rows.is_empty() {
        report.say("Nothing is installed. Begin with: chrome-sockets-host install <extension folder>".to_owned());
    } else {
        report.say(format!("{:<25} {:<10} {}", "BROWSER", "FOR", "EXTENSION"));
    }
    let mut members = Vec::new();
    for Row { found, ids, system } in rows {
        let name = found.host_name();
        let whom = if *system { "all users" } else { "you" };
        let suffix = if name == DEFAULT_HOST_NAME {
            String::new()
        } else {
            format!(" ({name})")
        };
        for id in ids {
            report.say(format!("{:<25} {whom:<10} {id}{suffix}", found.title()));
        }
        members.push(json!({
            "browser": found.title(),
            "for": if *system { "system" } else { "user" },
            "path": found.path.to_string_lossy(),
            "hostName": name,
            "program": found.manifest.as_ref().ok().and_then(|manifest| manifest.program()),
            "extensions": ids,
        }));
    }
    report.member("installed", members.into());
}

/// What each extension may do: those installed, and those that have grants only.
fn grants(rows: &[Row], policy: Option<&PolicyEdit>, report: &mut Report) {
    let mut ids: Vec<String> = Vec::new();
    let granted = policy.map(PolicyEdit::ids).unwrap_or_default();
    for id in rows.iter().flat_map(|row| &row.ids).chain(&granted) {
        if !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    let mut members: Vec<Value> = Vec::new();
    for id in ids {
        let may = policy.map_or_else(|| vec!["nothing".to_owned()], |policy| policy.in_words(&id));
        report.say(String::new());
        report.say(format!("{id} may:"));
        for line in &may {
            report.say(format!("  {line}"));
        }
        let grants = policy.map(|policy| policy.entry(&id));
        members.push(json!({"id": id, "may": may, "grants": grants}));
    }
    report.member("extensions", members.into());
}
