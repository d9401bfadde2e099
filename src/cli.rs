//! The command line: what a person types, as typed values; no effects.
//!
//! A browser starts the same program; [`started_by_browser`] tells the two apart before any parser sees the arguments, since a
//! future browser's unknown flag must not print a usage message into the protocol.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::install::{
    BROWSERS, Browser, CONNECT, DEFAULT_HOST_NAME, ExtensionId, Family, Grant, HostName, Install, LISTEN, List,
    MULTICAST, Scope, UDP_BIND, UDP_SEND, Uninstall,
};
use crate::policy::{Dialect, InvalidPattern, Pattern};

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Command {
    /// `install`.
    Install(Install),
    /// `uninstall`.
    Uninstall(Uninstall),
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
pub fn parse(arguments: &[OsString]) -> Result<Command, Message> {
    let cli = Cli::try_parse_from(arguments).map_err(|error| Message {
        text: error.render().to_string(),
        exit_code: u8::try_from(error.exit_code()).unwrap_or(2),
    })?;
    Ok(match cli.command {
        Typed::Install(typed) => Command::Install(Install {
            ids: typed.ids,
            scope: typed.scope.into(),
            grants: typed.grants.into(),
            name: typed.name,
            dry_run: typed.dry_run,
        }),
        Typed::Uninstall(typed) => Command::Uninstall(Uninstall {
            ids: typed.ids,
            scope: typed.scope.into(),
            dry_run: typed.dry_run,
        }),
    })
}

/// The definitions themselves, from which manual pages and completions are made.
#[must_use]
pub fn definitions() -> clap::Command {
    Cli::command()
}

const EXAMPLE: &str = "Example:
  chrome-sockets-host install --extension-id abcdefghijklmnopabcdefghijklmnop

Browsers start this program by themselves, for the extensions it is installed for.";

const INSTALL_EXAMPLE: &str = "Examples:
  chrome-sockets-host install --extension-id abcdefghijklmnopabcdefghijklmnop
  chrome-sockets-host install --extension-id abcdefghijklmnopabcdefghijklmnop \\
      --browser chromium --allow-listen 0.0.0.0:8080 --allow-connect '*.example.com:443'

Patterns are Chrome's host:port: an exact host, *.suffix or *, and a port or *; also [::1]:8080.
Without --allow-listen an extension may listen on this machine's own addresses (127.0.0.0/8 and ::1), on any port;
with it, only where the patterns say. Without --allow-connect it may not connect, without the --allow-udp flags it may not use UDP.";

/// Gives browser extensions the chrome.sockets API.
#[derive(Debug, Parser)]
#[command(name = "chrome-sockets-host", version, arg_required_else_help = true, after_help = EXAMPLE)]
#[command(disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Typed,
}

#[derive(Debug, Subcommand)]
enum Typed {
    /// Let extensions use this program, in every browser found or in those you name
    #[command(after_help = INSTALL_EXAMPLE)]
    Install(TypedInstall),
    /// Remove what install wrote: for the extensions you name, or all of it
    Uninstall(TypedUninstall),
}

#[derive(Debug, Args)]
struct TypedInstall {
    /// The extension; may be given several times, and adds to those already installed
    #[arg(long = "extension-id", value_name = "ID", required = true)]
    ids: Vec<ExtensionId>,
    #[command(flatten)]
    scope: TypedScope,
    #[command(flatten)]
    grants: TypedGrants,
    /// The name extensions connect to
    #[arg(long, value_name = "HOST NAME", default_value = DEFAULT_HOST_NAME)]
    name: HostName,
    /// Only print what would be written
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct TypedGrants {
    /// Let the extensions listen there
    #[arg(long = "allow-listen", value_name = "PATTERN", value_parser = pattern)]
    listen: Vec<Pattern>,
    /// Let the extensions connect there
    #[arg(long = "allow-connect", value_name = "PATTERN", value_parser = pattern)]
    connect: Vec<Pattern>,
    /// Let the extensions bind UDP sockets there
    #[arg(long = "allow-udp-bind", value_name = "PATTERN", value_parser = pattern)]
    udp_bind: Vec<Pattern>,
    /// Let the extensions send UDP datagrams there
    #[arg(long = "allow-udp-send", value_name = "PATTERN", value_parser = pattern)]
    udp_send: Vec<Pattern>,
    /// Let the extensions join multicast groups
    #[arg(long = "allow-multicast")]
    multicast: bool,
}

#[derive(Debug, Args)]
struct TypedUninstall {
    /// The extension; may be given several times. All of them when absent
    #[arg(long = "extension-id", value_name = "ID")]
    ids: Vec<ExtensionId>,
    #[command(flatten)]
    scope: TypedScope,
    /// Only print what would be removed
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct TypedScope {
    /// The browser; may be given several times
    #[arg(long = "browser", value_name = "BROWSER", value_parser = browser())]
    browsers: Vec<&'static Browser>,
    /// A Chromium browser's user data directory, for browsers started with --user-data-dir
    #[arg(long = "user-data-dir", value_name = "DIR", value_parser = absolute)]
    user_data_dirs: Vec<PathBuf>,
}

impl From<TypedGrants> for Vec<Grant> {
    fn from(typed: TypedGrants) -> Self {
        let lists: [(&'static List, Vec<Pattern>); 4] = [
            (&LISTEN, typed.listen),
            (&CONNECT, typed.connect),
            (&UDP_BIND, typed.udp_bind),
            (&UDP_SEND, typed.udp_send),
        ];
        let patterns = lists.into_iter().flat_map(|(list, patterns)| {
            patterns.into_iter().map(move |pattern| Grant {
                list,
                pattern: pattern.to_string(),
            })
        });
        let multicast = typed.multicast.then(|| Grant {
            list: &MULTICAST,
            pattern: String::new(),
        });
        patterns.chain(multicast).collect()
    }
}

impl From<TypedScope> for Scope {
    fn from(typed: TypedScope) -> Self {
        Self {
            browsers: typed.browsers,
            user_data_dirs: typed.user_data_dirs,
        }
    }
}

fn pattern(text: &str) -> Result<Pattern, InvalidPattern> {
    Pattern::parse(text, Dialect::Policy)
}

fn absolute(text: &str) -> std::io::Result<PathBuf> {
    std::path::absolute(text)
}

fn browser() -> impl TypedValueParser<Value = &'static Browser> {
    PossibleValuesParser::new(BROWSERS.iter().map(|browser| browser.name)).try_map(|name| {
        BROWSERS
            .iter()
            .find(|browser| browser.name == name)
            .ok_or("no such browser")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let Ok(Command::Install(install)) = parse(&arguments(&list)) else {
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
