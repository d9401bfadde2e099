//! The definitions that the parser works from. Their comments are what `--help` prints.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, Parser, Subcommand};

use super::{Command, Invocation, help};
use crate::doctor::Doctor;
use crate::install::{
    BROWSERS, Browser, CONNECT, Change, ChangeKind, DEFAULT_HOST_NAME, ExtensionId, Grant, HostName, Install, LISTEN,
    List, MULTICAST, Scope, UDP_BIND, UDP_SEND, Uninstall,
};
use crate::policy::{Dialect, InvalidPattern, Pattern};

/// Gives browser extensions the chrome.sockets API
#[derive(Debug, Parser)]
#[command(name = "chrome-sockets-host", version, arg_required_else_help = true, after_help = help::MAIN)]
#[command(disable_help_subcommand = true, term_width = 80)]
pub(super) struct Cli {
    #[command(subcommand)]
    command: Typed,
}

#[derive(Debug, Subcommand)]
enum Typed {
    /// Let an extension use this program, in every browser found or in those you name
    #[command(after_help = help::INSTALL, override_usage = help::INSTALL_USAGE)]
    Install(TypedInstall),
    /// Remove what install wrote: all of it, or for an extension or a browser
    #[command(after_help = help::UNINSTALL)]
    Uninstall(TypedUninstall),
    /// Show what is installed, for whom, and what each extension may do
    List(TypedList),
    /// Find out why something does not work, and how to mend it
    #[command(after_help = help::DOCTOR)]
    Doctor(TypedDoctor),
    /// Let extensions do more
    #[command(after_help = help::CHANGE, override_usage = help::GRANT_USAGE, group = at_least_one())]
    Grant(TypedGrant),
    /// Let extensions do less
    #[command(after_help = help::CHANGE)]
    Revoke(TypedRevoke),
}

#[derive(Debug, Args)]
struct TypedInstall {
    /// The folder of an unpacked extension, as you load it on the extensions page
    #[arg(value_name = "EXTENSION FOLDER", required_unless_present = "ids")]
    folder: Option<PathBuf>,
    /// An extension's id; may be given several times, and adds to those installed
    #[arg(long = "extension-id", value_name = "ID")]
    ids: Vec<ExtensionId>,
    #[command(flatten)]
    scope: TypedScope,
    /// The name extensions connect to
    #[arg(long, value_name = "HOST NAME", default_value = DEFAULT_HOST_NAME)]
    name: HostName,
    /// Grant what the extension's manifest asks for, without a question
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    output: TypedOutput,
    #[command(flatten, next_help_heading = "Allow the extensions")]
    grants: TypedGrants,
}

#[derive(Debug, Args)]
struct TypedGrants {
    /// Listening there
    #[arg(long = LISTEN.flag, value_name = "PATTERN", value_parser = pattern)]
    listen: Vec<Pattern>,
    /// Connecting there
    #[arg(long = CONNECT.flag, value_name = "PATTERN", value_parser = pattern)]
    connect: Vec<Pattern>,
    /// Receiving UDP datagrams there
    #[arg(long = UDP_BIND.flag, value_name = "PATTERN", value_parser = pattern)]
    udp_bind: Vec<Pattern>,
    /// Sending UDP datagrams there
    #[arg(long = UDP_SEND.flag, value_name = "PATTERN", value_parser = pattern)]
    udp_send: Vec<Pattern>,
    /// Joining multicast groups
    #[arg(long = MULTICAST.flag)]
    multicast: bool,
}

#[derive(Debug, Args)]
struct TypedUninstall {
    /// The extension; may be given several times. All of them when absent
    #[arg(long = "extension-id", value_name = "ID")]
    ids: Vec<ExtensionId>,
    #[command(flatten)]
    scope: TypedScope,
    #[command(flatten)]
    output: TypedOutput,
}

#[derive(Debug, Args)]
struct TypedList {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct TypedDoctor {
    /// The folder of an extension that does not work
    #[arg(value_name = "EXTENSION FOLDER")]
    folder: Option<PathBuf>,
    /// Say why this extension cannot connect; may be given several times
    #[arg(long = "extension-id", value_name = "ID")]
    ids: Vec<ExtensionId>,
    /// Install again what can be installed again; the rest is left to you
    #[arg(long)]
    fix: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct TypedGrant {
    #[command(flatten)]
    ids: TypedIds,
    #[command(flatten)]
    output: TypedOutput,
    #[command(flatten, next_help_heading = "Allow the extensions")]
    grants: TypedGrants,
}

#[derive(Debug, Args)]
struct TypedRevoke {
    #[command(flatten)]
    ids: TypedIds,
    #[command(flatten)]
    output: TypedOutput,
    #[command(flatten, next_help_heading = "Take back what this flag has allowed")]
    grants: TypedGrants,
}

#[derive(Debug, Args)]
struct TypedIds {
    /// The extension; may be given several times
    #[arg(long = "extension-id", value_name = "ID", required = true)]
    ids: Vec<ExtensionId>,
}

#[derive(Debug, Args)]
struct TypedOutput {
    /// Only print what would be done
    #[arg(long)]
    dry_run: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct TypedScope {
    /// The browser; may be given several times. Every one found when absent
    #[arg(long = "browser", value_name = "BROWSER", value_parser = browser())]
    browsers: Vec<&'static Browser>,
    /// A Chromium browser's user data directory, for browsers started with --user-data-dir
    #[arg(long = "user-data-dir", value_name = "DIR", value_parser = absolute)]
    user_data_dirs: Vec<PathBuf>,
    /// For all users of this computer (as root)
    #[arg(long, conflicts_with = "user_data_dirs")]
    system: bool,
}

impl From<Cli> for Invocation {
    fn from(cli: Cli) -> Self {
        let mut yes = false;
        let (command, json) = match cli.command {
            Typed::Install(typed) => {
                yes = typed.yes;
                let install = Install {
                    folder: typed.folder,
                    ids: typed.ids,
                    scope: typed.scope.into(),
                    grants: typed.grants.into(),
                    name: typed.name,
                    dry_run: typed.output.dry_run,
                };
                (Command::Install(install), typed.output.json)
            }
            Typed::Uninstall(typed) => {
                let uninstall = Uninstall {
                    ids: typed.ids,
                    scope: typed.scope.into(),
                    dry_run: typed.output.dry_run,
                };
                (Command::Uninstall(uninstall), typed.output.json)
            }
            Typed::List(typed) => (Command::List, typed.json),
            Typed::Doctor(typed) => {
                let doctor = Doctor {
                    ids: typed.ids,
                    folder: typed.folder,
                    fix: typed.fix,
                };
                (Command::Doctor(doctor), typed.json)
            }
            Typed::Grant(typed) => change(ChangeKind::Grant, typed.ids, typed.grants, &typed.output),
            Typed::Revoke(typed) => change(ChangeKind::Revoke, typed.ids, typed.grants, &typed.output),
        };
        Self { command, json, yes }
    }
}

/// The names of the fields of [`TypedGrants`].
fn at_least_one() -> ArgGroup {
    let fields = ["listen", "connect", "udp_bind", "udp_send", "multicast"];
    ArgGroup::new("what").args(fields).required(true).multiple(true)
}

fn change(kind: ChangeKind, ids: TypedIds, grants: TypedGrants, output: &TypedOutput) -> (Command, bool) {
    let change = Change {
        ids: ids.ids,
        grants: grants.into(),
        kind,
        dry_run: output.dry_run,
    };
    (Command::Change(change), output.json)
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
            system: typed.system,
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
