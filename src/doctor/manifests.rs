//! Host manifests: what a browser reads before it starts the host.

use std::path::Path;

use serde_json::{Map, Value};

use super::command::{self, Where};
use super::finding::{Diagnosis, Fix, Verdict};
use super::{Context, Looked};
use crate::install::installed::{self, Found};
use crate::install::manifest::{HostManifest, PROGRAM_NAME, entry_of, id_of, key_of};
use crate::install::record::Record;
use crate::install::{Error, ExtensionId, Family, Site, disk};

/// Finds what stands for a site. A record that cannot be read is said and taken as empty.
pub(super) fn look(site: Site, context: &Context, diagnosis: &mut Diagnosis) -> Result<Looked, Error> {
    let path = site.record();
    let record = match Record::read(&path) {
        Err(Error::Unusable { reason, .. }) => {
            let command = format!("rm {}", command::path(&path));
            let fix = Fix::by_hand(command::at_site(context, &site, command));
            let line = format!("{}: {reason}", path.display());
            diagnosis.add("record", Verdict::Fail, line, Some(fix));
            Record::default()
        }
        record => record?,
    };
    let found = installed::all(&site, &record, context.environment)?;
    let mut ids: Vec<ExtensionId> = Vec::new();
    let named = found.iter().filter_map(|found| found.manifest.as_ref().ok());
    for id in record.ids.iter().cloned().chain(named.flat_map(HostManifest::ids)) {
        if let Ok(id) = id.parse()
            && !ids.contains(&id)
        {
            ids.push(id);
        }
    }
    Ok(Looked {
        site,
        record,
        found,
        ids,
    })
}

/// All manifests of all sites.
pub(super) fn check(context: &Context, diagnosis: &mut Diagnosis) {
    for looked in &context.sites {
        for found in &looked.found {
            let before = diagnosis.findings.len();
            Manifest::new(found, looked, context).check(diagnosis);
            if diagnosis.findings.len() == before {
                let line = format!("{}: {} is in order", found.title(), found.path.display());
                diagnosis.pass("manifest", line);
            }
        }
    }
}

/// Installing a manifest, and with it the program, once more.
pub(super) fn again(found: &Found, looked: &Looked, context: &Context) -> Fix {
    Manifest::new(found, looked, context).again()
}

/// One manifest under examination.
struct Manifest<'a> {
    found: &'a Found,
    looked: &'a Looked,
    context: &'a Context<'a>,
    family: Option<Family>,
}

impl<'a> Manifest<'a> {
    fn new(found: &'a Found, looked: &'a Looked, context: &'a Context<'a>) -> Self {
        Self {
            found,
            looked,
            context,
            // Only Chromium browsers have user data directories.
            family: Some(found.target.as_ref().map_or(Family::Chromium, |target| target.family)),
        }
    }

    fn check(&self, diagnosis: &mut Diagnosis) {
        let content = match disk::read(&self.found.path) {
            Ok(content) => content.unwrap_or_default(),
            Err(Error::Unusable { reason, .. }) => {
                return self.say("manifest-file", &reason, Some(self.aside()), diagnosis);
            }
            Err(_) => {
                let reason = self
                    .found
                    .manifest
                    .as_ref()
                    .err()
                    .map_or("cannot be read", String::as_str);
                let command = opened(&self.found.path);
                let fix = Fix::by_hand(command::at_site(self.context, &self.looked.site, command));
                return self.say("manifest-file", reason, Some(fix), diagnosis);
            }
        };
        match serde_json::from_slice(&content) {
            Ok(Value::Object(members)) => self.members(&members, diagnosis),
            Ok(_) => self.say("manifest-json", "not a JSON object", Some(self.aside()), diagnosis),
            Err(error) => self.say(
                "manifest-json",
                &format!("not JSON ({error})"),
                Some(self.aside()),
                diagnosis,
            ),
        }
    }

    fn members(&self, members: &Map<String, Value>, diagnosis: &mut Diagnosis) {
        let text = |key: &str| members.get(key).and_then(Value::as_str);
        let name = self.found.host_name();
        if text("name") != Some(&name) {
            let said = text("name").unwrap_or("missing");
            let line = format!("its name is {said}, but its file's name says {name}");
            return self.say("manifest-name", &line, Some(self.aside()), diagnosis);
        }
        if text("type") != Some("stdio") {
            let line = "its type is not \"stdio\"";
            self.say("manifest-type", line, Some(self.again()), diagnosis);
        }
        self.path(text("path"), diagnosis);
        self.allowed(members, diagnosis);
    }

    fn path(&self, text: Option<&str>, diagnosis: &mut Diagnosis) {
        let Some(path) = text.map(Path::new) else {
            return self.say("manifest-path", "it names no program", Some(self.aside()), diagnosis);
        };
        let shown = path.display();
        if path.file_name().is_none_or(|name| name != PROGRAM_NAME) {
            let line = format!("it starts another program, {shown}");
            self.say("manifest-path", &line, Some(self.aside()), diagnosis);
        } else if !path.is_absolute() {
            let line = format!("its path, {shown}, is not absolute");
            self.say("manifest-path", &line, Some(self.again()), diagnosis);
        } else if !path.exists() && path != self.looked.site.copy() {
            let line = format!("it starts {shown}, which has been moved or removed");
            self.say("manifest-path", &line, Some(self.again()), diagnosis);
        }
    }

    fn allowed(&self, members: &Map<String, Value>, diagnosis: &mut Diagnosis) {
        let Some(family) = self.family else { return };
        let key = key_of(family);
        let Some(list) = members.get(key).and_then(Value::as_array) else {
            let fix = if members.contains_key(key) {
                self.aside()
            } else {
                self.again()
            };
            let line = format!("it has no list `{key}`, so no extension may start the host");
            return self.say("manifest-origins", &line, Some(fix), diagnosis);
        };
        if list.is_empty() {
            let line = format!("`{key}` is empty, so no extension may start the host");
            return self.say("manifest-origins", &line, Some(self.again()), diagnosis);
        }
        for entry in list {
            let good = entry.as_str().is_some_and(|text| {
                let id = id_of(text).parse::<ExtensionId>();
                id.is_ok_and(|id| id.family() == family && entry_of(family, id.as_str()) == text)
            });
            if !good {
                let line = format!("{entry} in `{key}` makes the browser refuse the whole file");
                let fix = if entry.is_string() { self.again() } else { self.aside() };
                return self.say("manifest-origins", &line, Some(fix), diagnosis);
            }
        }
    }

    fn say(&self, check: &'static str, line: &str, fix: Option<Fix>, diagnosis: &mut Diagnosis) {
        let line = format!("{}: {}: {line}", self.found.title(), self.found.path.display());
        diagnosis.add(check, Verdict::Fail, line, fix);
    }

    /// Installing over it, which keeps what is good in it.
    fn again(&self) -> Fix {
        let mut ids = match &self.found.manifest {
            Ok(manifest) => manifest.ids().iter().filter_map(|id| id.parse().ok()).collect(),
            Err(_) => Vec::new(),
        };
        if ids.is_empty() {
            ids = self.context.everybody(self.looked);
        }
        ids.retain(|id| self.family.is_none_or(|family| id.family() == family));
        let directory = self.found.path.ancestors().nth(2).unwrap_or(&self.found.path);
        let place = match self.found.target.as_ref().and_then(|target| target.browser) {
            Some(browser) => Where::Browser(browser),
            None => Where::UserDataDir(directory),
        };
        let name = self.found.host_name();
        command::install(self.context, &ids, place, &name, self.looked.site.system)
    }

    /// Installing anew what cannot be kept; a person looks at it first.
    fn aside(&self) -> Fix {
        let move_away = move_aside(&self.found.path, &self.looked.site, self.context);
        Fix::by_hand(format!("{move_away} && {}", self.again().command))
    }
}

/// The command that keeps it under another name.
pub(super) fn move_aside(path: &Path, site: &Site, context: &Context) -> String {
    let mut away = path.to_owned().into_os_string();
    away.push(".broken");
    let command = format!("mv {} {}", command::path(path), command::path(Path::new(&away)));
    command::at_site(context, site, command)
}

/// What lets its owner read a file: the directory on the way that cannot be entered, else the file itself.
fn opened(path: &Path) -> String {
    let way: Vec<&Path> = path.ancestors().collect();
    let barred = way.iter().rev().find(|place| place.symlink_metadata().is_err());
    match barred.and_then(|place| place.parent()) {
        Some(directory) => format!("chmod u+rwx {}", command::path(directory)),
        None => format!("chmod u+rw {}", command::path(path)),
    }
}
