//! The program that manifests name: is it there, does this computer run it, does it answer?

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::command;
use super::finding::{Diagnosis, Fix, Verdict};
use super::{Context, Looked, manifests, mounts, start};
use crate::install::disk::{self, OpenTo};

/// Every program that a manifest of ours names.
pub(super) fn check(context: &Context, diagnosis: &mut Diagnosis) {
    for looked in &context.sites {
        let mut programs: Vec<PathBuf> = Vec::new();
        for found in &looked.found {
            let Some(path) = found.manifest.as_ref().ok().and_then(|manifest| manifest.program()) else {
                continue;
            };
            let path = PathBuf::from(path);
            if path.is_absolute() && !programs.contains(&path) {
                let again = manifests::again(found, looked, context);
                one(&path, &again, looked, context, diagnosis);
                programs.push(path);
            }
        }
    }
}

/// `again` installs it once more.
fn one(path: &Path, again: &Fix, looked: &Looked, context: &Context, diagnosis: &mut Diagnosis) {
    let shown = path.display();
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(_) if path != looked.site.copy() => return,
        Err(_) => {
            let line = format!("{shown}, which manifests name, is gone");
            return diagnosis.add("program-missing", Verdict::Fail, line, Some(again.clone()));
        }
    };
    if !path.is_file() {
        let line = if metadata.is_symlink() {
            format!("{shown} is a link that leads nowhere")
        } else {
            format!("{shown} is not a file")
        };
        let fix = if metadata.is_symlink() {
            again.clone()
        } else {
            let moved = manifests::move_aside(path, &looked.site, context);
            Fix::by_hand(format!("{moved} && {}", again.command))
        };
        return diagnosis.add("program-file", Verdict::Fail, line, Some(fix));
    }
    if !is_executable(path) {
        let line = format!("{shown} may not be executed");
        return diagnosis.add("program-mode", Verdict::Fail, line, Some(again.clone()));
    }
    if head(path).is_none_or(|head| Some(head) != head_of_this(context)) {
        let line = format!("{shown} is not a program for this computer, or is damaged");
        return diagnosis.add("program-architecture", Verdict::Fail, line, Some(again.clone()));
    }
    if let Some(mount) = mounts::without_execution(path, context.environment) {
        let line = format!("{shown} is on {}, which is mounted noexec", mount.display());
        let command = command::as_root(context, &format!("mount -o remount,exec {}", command::path(&mount)));
        return diagnosis.add("program-mount", Verdict::Fail, line, Some(Fix::by_hand(command)));
    }
    if open_to_others(path, looked, context, diagnosis) {
        return;
    }
    match start::version(path) {
        Err(problem) => {
            let line = format!("{shown} does not answer: {problem}");
            diagnosis.add("program-start", Verdict::Fail, line, Some(again.clone()));
        }
        Ok(version) if version != env!("CARGO_PKG_VERSION") => {
            let line = format!(
                "{shown} is version {version}, and this program {}",
                env!("CARGO_PKG_VERSION")
            );
            diagnosis.add("program-version", Verdict::Warn, line, Some(again.clone()));
        }
        Ok(version) => diagnosis.pass("program", format!("{shown} starts and answers, version {version}")),
    }
}

/// Whether somebody else could exchange what browsers start.
fn open_to_others(path: &Path, looked: &Looked, context: &Context, diagnosis: &mut Diagnosis) -> bool {
    // Above our own directories it is the system's affair, and the user's.
    let places = [Some(path), path.parent(), Some(&*looked.site.data)];
    let ours = |place: &&Path| *place == path || place.starts_with(&looked.site.data);
    for place in places.into_iter().flatten().filter(ours) {
        let open = place.metadata().ok().and_then(|metadata| disk::open_to(&metadata));
        let (problem, command) = match open {
            None => continue,
            Some(OpenTo::Owner(owner)) => {
                let command = format!("chown {} {}", disk::own_id(), command::path(place));
                (format!("belongs to user {owner}"), command::as_root(context, &command))
            }
            Some(OpenTo::Others) => {
                let command = format!("chmod go-w {}", command::path(place));
                let command = command::at_site(context, &looked.site, command);
                ("can be written by group or others".to_owned(), command)
            }
        };
        let line = format!("{} {problem}, who could exchange what browsers start", place.display());
        diagnosis.add("program-access", Verdict::Fail, line, Some(Fix::by_hand(command)));
        return true;
    }
    false
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// What an ELF file says of the machine it is for: class and byte order, and the machine's number. Empty for other formats.
type Head = ([u8; 2], [u8; 2]);

fn head(path: &Path) -> Option<Head> {
    let mut bytes = [0; 20];
    File::open(path).and_then(|mut file| file.read_exact(&mut bytes)).ok()?;
    Some(if bytes.starts_with(b"\x7fELF") {
        ([bytes[4], bytes[5]], [bytes[18], bytes[19]])
    } else {
        ([0; 2], [0; 2])
    })
}

fn head_of_this(context: &Context) -> Option<Head> {
    head(&context.program)
}
