//! Commands to paste.

use std::path::Path;

use super::Context;
use super::finding::Fix;
use crate::install::{Browser, DEFAULT_HOST_NAME, ExtensionId, HostName, Install, Scope, Site};

/// A word of a command line, of a POSIX shell or of PowerShell.
pub(super) fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+=:@%,".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The same for a path.
pub(super) fn path(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

/// `sudo` where it is needed; on Windows the shell itself has to be the administrator's.
pub(super) fn as_root(context: &Context, command: &str) -> String {
    if context.environment.is_root || cfg!(windows) {
        command.to_owned()
    } else {
        format!("sudo {command}")
    }
}

/// A command that changes a file of `site`.
pub(super) fn at_site(context: &Context, site: &Site, command: String) -> String {
    if site.system {
        as_root(context, &command)
    } else {
        command
    }
}

/// Where a manifest is to be installed again.
#[derive(Clone, Copy, Debug)]
pub(super) enum Where<'a> {
    Everywhere,
    Browser(&'static Browser),
    UserDataDir(&'a Path),
}

/// An installation for `ids`, as a command and as something that `--fix` can do. Without ids a person must name an extension.
pub(super) fn install(context: &Context, ids: &[ExtensionId], place: Where, host_name: &str, system: bool) -> Fix {
    let name: HostName = match host_name.parse() {
        Ok(name) => name,
        Err(_) => return Fix::by_hand(format!("{} list", path(&context.program))),
    };
    let mut words = vec![path(&context.program), "install".to_owned()];
    if cfg!(windows) {
        // PowerShell would take a quoted program for a text.
        words.insert(0, "&".to_owned());
    }
    if ids.is_empty() {
        words.push("path/to/your-extension".to_owned());
    }
    for id in ids {
        words.extend(["--extension-id".to_owned(), quoted(id.as_str())]);
    }
    let mut scope = Scope {
        system,
        ..Scope::default()
    };
    match place {
        Where::Everywhere => {}
        Where::Browser(browser) => {
            words.extend(["--browser".to_owned(), browser.name.to_owned()]);
            scope.browsers.push(browser);
        }
        Where::UserDataDir(directory) => {
            words.extend(["--user-data-dir".to_owned(), path(directory)]);
            scope.user_data_dirs.push(directory.to_owned());
        }
    }
    if host_name != DEFAULT_HOST_NAME {
        words.extend(["--name".to_owned(), host_name.to_owned()]);
    }
    if system {
        words.push("--system".to_owned());
    }
    let command = words.join(" ");
    let install = Install {
        folder: None,
        ids: ids.to_vec(),
        scope,
        grants: Vec::new(),
        name,
        dry_run: false,
    };
    Fix {
        command: if system { as_root(context, &command) } else { command },
        install: (!ids.is_empty()).then_some(install),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        for word in ["", "a b", "it's", "$HOME `x` \"q\" \\", "-n", "a\nb", "häuser", "*"] {
            let script = format!("printf %s {}", quoted(word));
            let output = std::process::Command::new("sh").args(["-c", &script]).output();
            let stdout = output.expect("a shell").stdout;
            if word != "-n" {
                assert_eq!(String::from_utf8(stdout).expect("UTF-8"), word);
            }
        }
        assert_eq!(quoted("/usr/bin/a-b_c.d"), "/usr/bin/a-b_c.d");
    }
}
