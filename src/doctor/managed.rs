//! What an administrator told the browsers about native messaging.
//!
//! Chromium browsers on Linux read every JSON file in `managed/` below their policy directory. Firefox has no such policy.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::command::{self, Where};
use super::finding::{Diagnosis, Fix, Verdict};
use super::{Context, Looked};
use crate::install::installed::Found;
use crate::install::{Family, Files, disk};

/// What the files of one browser say in all.
#[derive(Default)]
struct Managed {
    blocked: Vec<(String, PathBuf)>,
    allowed: Vec<String>,
    user_level_forbidden: Option<PathBuf>,
}

/// Each browser that has a manifest and a place for policies.
pub(super) fn check(context: &Context, diagnosis: &mut Diagnosis) {
    for looked in &context.sites {
        let mut seen: Vec<&str> = Vec::new();
        for found in &looked.found {
            let browser = found.target.as_ref().and_then(|target| target.browser);
            let Some(browser) = browser.filter(|browser| browser.family == Family::Chromium) else {
                continue;
            };
            let files = Files::of(browser, context.environment.platform);
            let Some(place) = files.and_then(|files| files.policies) else {
                continue;
            };
            if !seen.contains(&place) {
                seen.push(place);
                let directory = context.environment.at_root(place).join("managed");
                one(&read(&directory), &directory, found, looked, context, diagnosis);
            }
        }
    }
}

fn one(
    managed: &Managed,
    directory: &Path,
    found: &Found,
    looked: &Looked,
    context: &Context,
    diagnosis: &mut Diagnosis,
) {
    let name = found.host_name();
    let title = found.title();
    let blocking = managed
        .blocked
        .iter()
        .find(|(pattern, _)| pattern == "*" || *pattern == name);
    if let Some((pattern, file)) = blocking.filter(|_| !managed.allowed.contains(&name)) {
        let line = format!(
            "{title}: NativeMessagingBlocklist in {} blocks {pattern}",
            file.display()
        );
        let allow = format!(r#"{{"NativeMessagingAllowlist": ["{name}"]}}"#);
        let target = command::path(&directory.join("chrome-sockets.json"));
        let tee = command::as_root(context, &format!("tee {target}"));
        let fix = Fix::by_hand(format!("echo {} | {tee}", command::quoted(&allow)));
        diagnosis.add("managed-policy", Verdict::Fail, line, Some(fix));
    }
    if let (Some(file), false) = (&managed.user_level_forbidden, looked.site.system) {
        let line = format!(
            "{title}: NativeMessagingUserLevelHosts in {} allows only hosts installed for all users",
            file.display()
        );
        let browser = found.target.as_ref().and_then(|target| target.browser);
        let place = browser.map_or(Where::Everywhere, Where::Browser);
        let mut ids = context.everybody(looked);
        ids.retain(|id| id.family() == Family::Chromium);
        let served = context.sites.iter().any(|other| {
            let same = |own: &Found| own.target.as_ref().is_some_and(|target| target.browser == browser);
            other.site.system && other.found.iter().any(same)
        });
        if served {
            return diagnosis.info("managed-policy", format!("{line}; it is"));
        }
        let command = command::install(context, &ids, place, &name, true).command;
        diagnosis.add("managed-policy", Verdict::Fail, line, Some(Fix::by_hand(command)));
    }
}

/// All files together; what is not JSON is ignored, as browsers do.
fn read(directory: &Path) -> Managed {
    let mut managed = Managed::default();
    let mut files: Vec<PathBuf> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    for path in files {
        let Ok(Some(content)) = disk::read(&path) else { continue };
        let Ok(value) = serde_json::from_slice::<Value>(&content) else {
            continue;
        };
        let strings = |key: &str| -> Vec<String> {
            let list = value.get(key).and_then(Value::as_array);
            list.into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        managed.blocked.extend(
            strings("NativeMessagingBlocklist")
                .into_iter()
                .map(|name| (name, path.clone())),
        );
        managed.allowed.extend(strings("NativeMessagingAllowlist"));
        if value.get("NativeMessagingUserLevelHosts") == Some(&Value::Bool(false)) {
            managed.user_level_forbidden = Some(path);
        }
    }
    managed
}
