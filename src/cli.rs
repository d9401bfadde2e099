//! The command line: what a person types, as typed values; no effects.
//!
//! A browser starts the same program; [`started_by_browser`] tells the two apart before any parser sees the arguments, since a
//! future browser's unknown flag must not print a usage message into the protocol.

mod help;
mod typed;

use std::ffi::OsString;
use std::path::Path;

use clap::{CommandFactory as _, Parser as _};

use crate::doctor::Doctor;
use crate::install::{Change, ExtensionId, Family, Install, Uninstall};

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Command {
    /// `install`.
    Install(Install),
    /// `uninstall`.
    Uninstall(Uninstall),
    /// `list`.
    List,
    /// `grant` and `revoke`.
    Change(Change),
    /// `doctor`.
    Doctor(Doctor),
}

/// A command, and how it talks.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// What is to be done.
    pub command: Command,
    /// `--json`: the answer is for a program.
    pub json: bool,
    /// `--yes`: nobody is asked.
    pub yes: bool,
}

/// Text to print instead: help, the version, or what is wrong with the arguments.
#[derive(Clone, Debug)]
pub struct Message {
    /// With a final line end.
    pub text: String,
    /// 0 for what was asked for (to be printed to stdout), 2 for a usage error (stderr).
    pub exit_code: u8,
}

/// The id of the extension a browser started this program for, or `None` when a person did. `arguments` includes the program.
///
/// Chromium passes the extension's origin first; Firefox the manifest's path and the add-on's id. What follows is ignored.
#[must_use]
pub fn started_by_browser(arguments: &[OsString]) -> Option<String> {
    let first = arguments.get(1)?.to_str()?;
    if let Some(rest) = first.strip_prefix("chrome-extension://") {
        let id = rest.split('/').next().unwrap_or(rest);
        return Some(id.to_owned());
    }
    let add_on: ExtensionId = arguments.get(2)?.to_str()?.parse().ok()?;
    (Path::new(first).is_absolute() && add_on.family() == Family::Firefox).then(|| add_on.as_str().to_owned())
}

/// Reads the arguments, the program among them.
///
/// # Errors
/// The text to print when there is no command to carry out.
pub fn parse(arguments: &[OsString]) -> Result<Invocation, Message> {
    typed::Cli::try_parse_from(arguments)
        .map(Into::into)
        .map_err(|error| Message {
            text: error.render().to_string(),
            exit_code: u8::try_from(error.exit_code()).unwrap_or(2),
        })
}

/// The definitions themselves, from which manual pages and completions are made.
#[must_use]
pub fn definitions() -> clap::Command {
    typed::Cli::command()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::DEFAULT_HOST_NAME;

    fn arguments(list: &[&str]) -> Vec<OsString> {
        std::iter::once(&"chrome-sockets-host")
            .chain(list)
            .map(OsString::from)
            .collect()
    }

    #[test]
    fn the_definitions_are_consistent() {
        definitions().debug_assert();
    }

    #[test]
    fn n14_browsers_and_people_are_told_apart() {
        let started = |list: &[&str]| started_by_browser(&arguments(list));
        let id = "abcdefghijklmnopabcdefghijklmnop";
        let origin = format!("chrome-extension://{id}/");
        assert_eq!(started(&[&origin]).as_deref(), Some(id));
        assert_eq!(started(&[&origin, "--parent-window=7", "--new"]).as_deref(), Some(id));
        let manifest = if cfg!(windows) { r"C:\h.json" } else { "/h.json" };
        assert_eq!(started(&[manifest, "a@b", "--new"]).as_deref(), Some("a@b"));
        for list in [
            &[][..],
            &["install"],
            &["install", "a@b"],
            &[manifest],
            &[manifest, id],
            &["--help"],
        ] {
            assert_eq!(started(list), None, "{list:?}");
        }
    }

    #[test]
    fn help_and_version_are_asked_for_and_nothing_is_a_usage_error() {
        for (list, code, part) in [
            (&["--help"][..], 0, "chrome.sockets"),
            (&["install", "--help"], 0, "--allow-listen"),
            (&["grant", "--extension-id", "a@b"], 2, "--allow-listen"),
            (&["revoke"], 2, "--extension-id"),
            (&["--version"], 0, env!("CARGO_PKG_VERSION")),
            (&[], 2, "Usage"),
            (&["install"], 2, "--extension-id"),
            (&["frobnicate"], 2, "frobnicate"),
            (&["install", "--extension-id", "x"], 2, "32 letters"),
            (
                &["install", "--extension-id", "a@b", "--allow-listen", "X:0"],
                2,
                "Invalid host:port pattern 'X:0'",
            ),
            (&["install", "--extension-id", "a@b", "--name", "A"], 2, "lower-case"),
            (
                &["install", "--extension-id", "a@b", "--browser", "lynx"],
                2,
                "chromium",
            ),
        ] {
            let message = parse(&arguments(list)).expect_err("a message");
            assert_eq!(message.exit_code, code, "{list:?}");
            assert!(message.text.contains(part), "{list:?}: {}", message.text);
        }
    }

    #[test]
    fn help_fits_a_terminal() {
        for command in ["", "install", "uninstall", "list", "doctor", "grant", "revoke"] {
            let list: Vec<_> = [command, "--help"]
                .into_iter()
                .filter(|word| !word.is_empty())
                .collect();
            let help = parse(&arguments(&list)).expect_err("help").text;
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "{command}: {line}");
            }
        }
    }

    #[test]
    fn flags_become_values() {
        let list = [
            "install",
            "--extension-id",
            "a@b",
            "--extension-id",
            "c@d",
            "--browser",
            "chrome",
            "--user-data-dir",
            "x",
            "--allow-listen",
            "",
            "--allow-multicast",
            "--allow-udp-bind",
            "0.0.0.0:5353",
            "--dry-run",
        ];
        let invocation = parse(&arguments(&list)).expect("a command");
        let Command::Install(install) = invocation.command else {
            panic!("an install command");
        };
        assert_eq!(install.ids.len(), 2);
        assert_eq!(install.scope.browsers[0].title, "Google Chrome");
        assert!(install.scope.user_data_dirs[0].is_absolute());
        let grants: Vec<_> = install
            .grants
            .iter()
            .map(|grant| (grant.list.key, &*grant.pattern))
            .collect();
        assert_eq!(
            grants,
            [("listen", "*:*"), ("bind", "0.0.0.0:5353"), ("multicastMembership", "")]
        );
        assert_eq!(install.name.to_string(), DEFAULT_HOST_NAME);
        assert!(install.dry_run);
    }
}
