//! The plan of `install`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::utf8;
use super::extension::{Extension, NO_PERMISSION};
use super::manifest::HostManifest;
use super::plan::{PRIVATE, PROGRAM, PUBLIC, Plan};
use super::policy_file::PolicyEdit;
use super::record::{self, Record};
use super::registry::Entry;
use super::targets::{Scope, Target};
use super::{Error, ExtensionId, Family, HostName, List, Report, Site, disk, words};
use crate::paths::Environment;

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
    /// The folder of an unpacked extension, whose manifest tells its ids and what it wants granted.
    pub folder: Option<PathBuf>,
    /// Ids; at least one where there is no folder.
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

/// What that comes to, when the extension has been read and the browsers have been found.
#[derive(Debug)]
pub(super) struct Request {
    ids: Vec<ExtensionId>,
    targets: Vec<Target>,
    grants: Vec<Grant>,
    name: HostName,
    site: Site,
    extension: Option<Extension>,
}

impl Request {
    pub(super) fn new(install: &Install, environment: &Environment) -> Result<Self, Error> {
        let site = Site::of(install.scope.system, environment)?;
        let mut ids = install.ids.clone();
        let mut grants = install.grants.clone();
        let extension = install.folder.as_deref().map(Extension::read).transpose()?;
        if let Some(extension) = &extension {
            let mut own = extension.ids.clone();
            own.retain(|id| !ids.contains(id));
            // A folder may serve both families; what is here decides.
            let has_browser =
                |id: &ExtensionId| install.scope.to_install(std::slice::from_ref(id), environment).is_ok();
            let homes: Vec<_> = own.iter().filter(|id| has_browser(id)).cloned().collect();
            ids.extend(if homes.is_empty() { own } else { homes });
            for grant in extension.declared.iter().flatten() {
                if !grants.contains(grant) {
                    grants.push(grant.clone());
                }
            }
        }
        let targets = install.scope.to_install(&ids, environment)?;
        if site.system {
            // The file for all users narrows what each of them grants, and cannot grant.
            if let (true, Some(id)) = (!install.grants.is_empty(), ids.first()) {
                let id = id.as_str().to_owned();
                return Err(Error::GrantsAreTheUsers { id });
            }
            grants.clear();
        }
        Ok(Self {
            ids,
            targets,
            grants,
            name: install.name.clone(),
            site,
            extension,
        })
    }

    /// What an extension read from its folder would be allowed by `edit`, and where; `None` when all was said on the command line.
    pub(super) fn question(&self, edit: &PolicyEdit) -> Option<Vec<String>> {
        let extension = self.extension.as_ref()?;
        let ids: Vec<_> = self.ids.iter().map(ExtensionId::as_str).collect();
        let mut lines = vec![
            format!("{} ({})", extension.name, ids.join(", ")),
            format!("in {}", extension.folder.display()),
        ];
        if self.site.system {
            lines.push("would be able to start the host, for every user of this computer.".to_owned());
        } else {
            lines.push(if extension.declared.is_none() && self.grants.is_empty() {
                "has no `sockets` key in its manifest. It would be allowed to:".to_owned()
            } else {
                "would be allowed to:".to_owned()
            });
            let mut may: Vec<String> = Vec::new();
            for id in &self.ids {
                record::add(&mut may, &edit.in_words(id.as_str()));
            }
            lines.extend(may.iter().map(|line| format!("  {line}")));
        }
        lines.push(format!("Browsers: {}", self.titles()));
        Some(lines)
    }

    fn titles(&self) -> String {
        let mut titles: Vec<&str> = Vec::new();
        for target in &self.targets {
            if !titles.contains(&&*target.title) {
                titles.push(&target.title);
            }
        }
        titles.join(", ")
    }

    /// The program and the grants come first and the manifests last, so that a browser never finds a manifest without its program.
    pub(super) fn plan(&self, environment: &Environment, program: &Path) -> Result<(Plan, PolicyEdit), Error> {
        let mut plan = Plan::new(self.site.directory_mode());
        for directory in self.site.directories() {
            disk::check_own_directory(&directory)?;
        }
        let stable = self.site.stable(program, environment);
        if stable == self.site.copy() {
            let source = disk::read_program(program)?.ok_or_else(|| {
                Error::unusable(program)("this program's own file is gone; start it from where it is now".to_owned())
            })?;
            plan.write(&stable, source, PROGRAM)?;
        }

        let edit = self.granted()?;
        if let Some(content) = edit.changed() {
            plan.write(&self.site.policy, content, PRIVATE)?;
        }

        let mut manifests: Vec<(PathBuf, HostManifest)> = Vec::new();
        for target in &self.targets {
            let path = target.manifest(&self.name.to_string());
            if !manifests.iter().any(|(known, _)| *known == path) {
                let manifest = self.manifest(target.family, &path, utf8(&stable)?)?;
                plan.make_directory(target.directory());
                manifests.push((path, manifest));
            }
        }

        let record_path = self.site.record();
        if let Some(directory) = record_path.parent() {
            plan.make_directory(directory);
        }
        let mut record = Record::read(&record_path)?;
        record::add(&mut record.directories, plan.made_directories());
        let ids: Vec<String> = self.ids.iter().map(|id| id.as_str().to_owned()).collect();
        record::add(&mut record.ids, &ids);
        record::add(&mut record.manifests, manifests.iter().map(|(path, _)| path));
        let entries = self.entries()?;
        for (entry, _) in &entries {
            for key in entry.missing_parents()? {
                if !record.keys.contains(&key) {
                    record.keys.push(key);
                }
            }
        }
        plan.write(&record_path, record.to_bytes()?, self.site.record_mode())?;

        for (path, manifest) in manifests {
            plan.write(&path, manifest.to_bytes(), PUBLIC)?;
        }
        for (entry, path) in entries {
            plan.register(entry, &path)?;
        }
        self.advise(&edit, &mut plan);
        Ok((plan, edit))
    }

    /// The registry keys that have to lead to the manifests, each with its one (Windows).
    fn entries(&self) -> Result<Vec<(Entry, PathBuf)>, Error> {
        let name = self.name.to_string();
        let mut entries: Vec<(Entry, PathBuf)> = Vec::new();
        for target in &self.targets {
            let path = target.manifest(&name);
            for entry in target.entries(&name, self.site.system) {
                if entries.iter().any(|(known, _)| *known == entry) {
                    continue;
                }
                // What leads elsewhere may be another program's, which is not ours to take.
                for other in entry
                    .values()?
                    .iter()
                    .flatten()
                    .filter(|other| Path::new(other) != path)
                {
                    if let Some(content) = disk::read(Path::new(other))? {
                        HostManifest::parse(&content, &name).map_err(|reason| {
                            let key = entry.to_string();
                            Error::unusable(key.as_ref())(format!(
                                "it leads to {other}, {reason}; remove the key or choose another --name"
                            ))
                        })?;
                    }
                }
                entries.push((entry, path.clone()));
            }
        }
        Ok(entries)
    }

    fn granted(&self) -> Result<PolicyEdit, Error> {
        if self.grants.is_empty() && self.site.system {
            return Ok(PolicyEdit::default());
        }
        let path = &self.site.policy;
        let mut edit = PolicyEdit::read(path)?;
        for id in &self.ids {
            for Grant { list, pattern } in &self.grants {
                edit.grant(id, list, pattern).map_err(Error::unusable(path))?;
            }
        }
        Ok(edit)
    }

    fn manifest(&self, family: Family, path: &Path, program: &str) -> Result<HostManifest, Error> {
        let mut manifest = match disk::read(path)? {
            Some(existing) => HostManifest::parse(&existing, &self.name.to_string())
                .map_err(|reason| Error::unusable(path)(format!("{reason}; move it away or choose another --name")))?,
            None => HostManifest::default(),
        };
        let ids = self.ids.iter().filter(|id| id.family() == family);
        manifest.allow(family, &self.name, program, ids);
        Ok(manifest)
    }

    /// What the grants mean, and what to do next.
    fn advise(&self, edit: &PolicyEdit, plan: &mut Plan) {
        plan.say(String::new());
        for id in &self.ids {
            if self.site.system {
                plan.say(format!(
                    "{} may start the host. What it may do is each user's to say: chrome-sockets-host grant --help",
                    id.as_str()
                ));
                continue;
            }
            let own = self.extension.as_ref().filter(|extension| extension.ids.contains(id));
            let name = own.map(|extension| format!("{} ", extension.name)).unwrap_or_default();
            plan.say(format!("{name}{} may:", id.as_str()));
            for line in edit.in_words(id.as_str()) {
                plan.say(format!("  {line}"));
            }
        }
        if self.grants.iter().any(words::goes_by_name) {
            plan.say(
                "Names are compared as text: a granted name may lead to this computer or your network.".to_owned(),
            );
        }
        if self
            .extension
            .as_ref()
            .is_some_and(|extension| !extension.asks_for_hosts)
        {
            plan.say(NO_PERMISSION.to_owned());
        }
        for note in self.targets.iter().filter_map(Target::caveat) {
            plan.say(note);
        }
        plan.say(format!(
            "Next: reload the extension in: {}. The browser need not be restarted.",
            self.titles()
        ));
    }

    /// What a program wants to know besides the files.
    pub(super) fn describe(&self, edit: &PolicyEdit, report: &mut Report) {
        let extensions: Vec<Value> = self
            .ids
            .iter()
            .map(|id| json!({"id": id.as_str(), "grants": edit.entry(id.as_str())}))
            .collect();
        report.member("extensions", extensions.into());
        report.member("name", self.extension.as_ref().map(|extension| &*extension.name).into());
        report.member("hostName", self.name.to_string().into());
        report.member("browsers", self.targets.iter().map(|target| &*target.title).collect());
    }
}
