//! The policy file: whether the host believes it.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Context;
use super::command;
use super::finding::{Diagnosis, Fix, Verdict};
use super::manifests::move_aside;
use crate::install::disk::{self, OpenTo};
use crate::install::{ExtensionId, Site};
use crate::policy::{Dialect, Grants, read_trusted};

/// The user's file and that of all users.
pub(super) fn check(context: &Context, diagnosis: &mut Diagnosis) {
    for looked in &context.sites {
        let path = &looked.site.policy;
        if path.symlink_metadata().is_err() {
            if !looked.site.system {
                let line = "there is none: extensions may listen on this computer only, and do nothing else".to_owned();
                diagnosis.pass("policy", line);
            }
            continue;
        }
        let before = diagnosis.findings.len();
        one(&looked.site, context, diagnosis);
        if diagnosis.findings.len() == before {
            let whose = if looked.site.system { "root's" } else { "yours" };
            diagnosis.pass(
                "policy",
                format!("{} is valid, and {whose} alone to write", path.display()),
            );
        }
    }
}

fn one(site: &Site, context: &Context, diagnosis: &mut Diagnosis) {
    let path = &*site.policy;
    let fail = |diagnosis: &mut Diagnosis, check, at: &Path, problem: &str, command: Option<String>| {
        let line = format!("{}: {problem}; until then everything is denied", at.display());
        diagnosis.add(check, Verdict::Fail, line, command.map(Fix::by_hand));
    };
    let aside = move_aside(path, site, context);
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return fail(diagnosis, "policy-file", path, "a link that leads nowhere", Some(aside));
        }
        Err(error) => return fail(diagnosis, "policy-file", path, &error.to_string(), Some(aside)),
    };
    if !metadata.is_file() {
        return fail(diagnosis, "policy-file", path, "not a file", Some(aside));
    }
    for (at, metadata) in guarded(path, metadata) {
        let open = disk::open_to(&metadata);
        if let Some(OpenTo::Owner(owner)) = open {
            let command = format!("chown {} {}", disk::own_id(), command::path(&at));
            let problem = format!("belongs to user {owner}, not to you or root");
            return fail(
                diagnosis,
                "policy-owner",
                &at,
                &problem,
                Some(command::as_root(context, &command)),
            );
        }
        if open == Some(OpenTo::Others) {
            let command = format!("chmod go-w {}", command::path(&at));
            return fail(
                diagnosis,
                "policy-mode",
                &at,
                "can be written by group or others",
                Some(command::at_site(context, site, command)),
            );
        }
    }
    let bytes = match read_trusted(path) {
        Ok(bytes) => bytes.unwrap_or_default(),
        Err(refusal) => return fail(diagnosis, "policy-file", path, &refusal.text, Some(aside)),
    };
    match serde_json::from_slice(&bytes) {
        Err(error) => fail(
            diagnosis,
            "policy-json",
            path,
            &format!("not JSON ({error})"),
            Some(aside),
        ),
        Ok(Value::Object(root)) => match root.get("extensions") {
            None => {}
            Some(Value::Object(extensions)) => entries(site, extensions, context, diagnosis),
            Some(_) => fail(
                diagnosis,
                "policy-json",
                path,
                "`extensions` is not an object",
                Some(aside),
            ),
        },
        Ok(_) => fail(diagnosis, "policy-json", path, "not a JSON object", Some(aside)),
    }
}

fn entries(site: &Site, extensions: &serde_json::Map<String, Value>, context: &Context, diagnosis: &mut Diagnosis) {
    for (id, entry) in extensions {
        let Err(problem) = Grants::parse(entry, Dialect::Policy) else {
            continue;
        };
        let line = format!(
            "{}: {id}: {problem}; until then {id} may do nothing",
            site.policy.display()
        );
        // An entry that is no extension's, or in the file for all users, can only be taken out by hand.
        let id = id.parse::<ExtensionId>().ok().filter(|_| !site.system);
        let fix = id.map(|id| {
            let program = command::path(&context.program);
            Fix::by_hand(format!(
                "{program} revoke --extension-id {}",
                command::quoted(id.as_str())
            ))
        });
        diagnosis.add("policy-entry", Verdict::Fail, line, fix);
    }
}

/// The file, its directory, and the directory it leads to if it is a link.
fn guarded(path: &Path, metadata: Metadata) -> Vec<(PathBuf, Metadata)> {
    let mut guarded = vec![(path.to_owned(), metadata)];
    let real = path.canonicalize().ok();
    for directory in [path.parent(), real.as_deref().and_then(Path::parent)]
        .into_iter()
        .flatten()
    {
        if let Ok(metadata) = directory.metadata() {
            guarded.push((directory.to_owned(), metadata));
        }
    }
    guarded
}
