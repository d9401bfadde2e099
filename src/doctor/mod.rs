//! `doctor`: what is wrong with an installation, and the command that mends it.
//!
//! Each file beside this one looks at one thing and adds a line for each it finds. Nothing is changed, except that `--fix` installs
//! again what can be installed again, by the same way as `install`.

mod absent;
mod command;
mod descriptors;
mod exposure;
mod extension;
mod finding;
mod folder;
mod managed;
mod manifests;
mod mounts;
mod policy;
mod program;
mod sandbox;
mod start;

use std::path::{Path, PathBuf};

use crate::install::extension::Extension;
use crate::install::installed::Found;
use crate::install::record::Record;
use crate::install::{self, Error, ExtensionId, Site};
use crate::paths::Environment;

pub use finding::{Diagnosis, Finding, Fix, Verdict};

/// Every kind of line there is. Each is a section of docs/troubleshooting.md.
pub const CHECKS: &[&str] = &[
    "installed",
    "record",
    "browser",
    "manifest",
    "manifest-directory",
    "manifest-missing",
    "manifest-file",
    "manifest-json",
    "manifest-name",
    "manifest-type",
    "manifest-origins",
    "manifest-path",
    "extension",
    "extension-manifest",
    "extension-grants",
    "program",
    "program-missing",
    "program-file",
    "program-mode",
    "program-architecture",
    "program-mount",
    "program-access",
    "program-start",
    "program-version",
    "policy",
    "policy-file",
    "policy-owner",
    "policy-mode",
    "policy-json",
    "policy-entry",
    "policy-exposure",
    "managed-policy",
    "sandbox",
    "descriptors",
];

/// What a person asked for.
#[derive(Clone, Debug, Default)]
pub struct Doctor {
    /// Extensions that are said not to connect.
    pub ids: Vec<ExtensionId>,
    /// One of them by its folder.
    pub folder: Option<PathBuf>,
    /// Mend what can be mended.
    pub fix: bool,
}

/// What all checks know.
struct Context<'a> {
    environment: &'a Environment,
    /// This program's own file.
    program: PathBuf,
    asked: &'a [ExtensionId],
    sites: Vec<Looked>,
}

/// One site and what stands there.
struct Looked {
    site: Site,
    record: Record,
    found: Vec<Found>,
    /// Who is known to be installed, by record and manifests.
    ids: Vec<ExtensionId>,
}

/// Looks at everything; with [`Doctor::fix`] mends what it can and looks again.
///
/// # Errors
/// What stops the looking itself, such as a missing `HOME`, or the mending.
pub fn doctor(doctor: &Doctor, environment: &Environment, program: &Path) -> Result<Diagnosis, Error> {
    let diagnosis = examine(doctor, environment, program)?;
    if !doctor.fix {
        return Ok(diagnosis);
    }
    let (fixed, not_fixed) = mend(&diagnosis, environment, program);
    let mut diagnosis = examine(doctor, environment, program)?;
    diagnosis.fixed = fixed;
    diagnosis.not_fixed = not_fixed;
    Ok(diagnosis)
}

/// Commands that were carried out, and those that failed with the reason.
type Mended = (Vec<String>, Vec<(String, String)>);

fn mend(diagnosis: &Diagnosis, environment: &Environment, program: &Path) -> Mended {
    let mut mended = Mended::default();
    let mut tried: Vec<&str> = Vec::new();
    for fix in diagnosis.findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        let Some(wanted) = &fix.install else { continue };
        if tried.contains(&&*fix.command) {
            continue;
        }
        tried.push(&fix.command);
        match install::install(wanted, environment, program, &mut |_| Ok(true)) {
            Ok(_) => mended.0.push(fix.command.clone()),
            Err(error) => mended.1.push((fix.command.clone(), error.in_full())),
        }
    }
    mended
}

fn examine(doctor: &Doctor, environment: &Environment, program: &Path) -> Result<Diagnosis, Error> {
    let mut diagnosis = Diagnosis::default();
    let extension = doctor.folder.as_deref().map(Extension::read).transpose()?;
    let own = extension
        .as_ref()
        .map(|extension| extension.ids_here(environment))
        .unwrap_or_default();
    let mut context = Context {
        environment,
        program: program.to_owned(),
        asked: &[&doctor.ids[..], &own].concat(),
        sites: Vec::new(),
    };
    for site in [Ok(Site::of(false, environment)?), Site::of(true, environment)]
        .into_iter()
        .flatten()
    {
        let looked = manifests::look(site, &context, &mut diagnosis)?;
        context.sites.push(looked);
    }
    absent::check(&context, &mut diagnosis)?;
    manifests::check(&context, &mut diagnosis);
    extension::check(&context, &mut diagnosis)?;
    if let Some(extension) = &extension {
        folder::check(extension, &own, &context, &mut diagnosis);
    }
    program::check(&context, &mut diagnosis);
    policy::check(&context, &mut diagnosis);
    exposure::check(&context, &mut diagnosis);
    managed::check(&context, &mut diagnosis);
    sandbox::check(&context, &mut diagnosis);
    descriptors::check(&mut diagnosis);
    Ok(diagnosis)
}

impl Context<'_> {
    /// Who is to be installed where nobody can be read any more.
    fn everybody(&self, looked: &Looked) -> Vec<ExtensionId> {
        let mut ids = looked.ids.clone();
        for id in self.asked {
            if !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        ids
    }
}
