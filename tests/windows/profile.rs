//! A user's profile of a test's own, and the registry as it really is.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tempfile::TempDir;
use windows_registry::{CURRENT_USER, Key, LOCAL_MACHINE};

pub(crate) use crate::ended::{Ended, ended};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_chrome-sockets-host");
pub(crate) const ID: &str = "abcdefghijklmnopabcdefghijklmnop";
pub(crate) const OTHER: &str = "ponmlkjihgfedcbaponmlkjihgfedcba";
pub(crate) const NAME: &str = "org.chrome_sockets.host";

pub(crate) const CHROME: &str = r"Software\Google\Chrome\NativeMessagingHosts";
pub(crate) const EDGE: &str = r"Software\Microsoft\Edge\NativeMessagingHosts";
pub(crate) const BRAVE: &str = r"Software\BraveSoftware\Brave-Browser\NativeMessagingHosts";

/// There is one registry: tests take turns.
static REGISTRY: Mutex<()> = Mutex::new(());

pub(crate) struct Profile {
    directory: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Profile {
    /// A profile in which these browsers have been started, by their directories.
    pub(crate) fn new(browsers: &[&str]) -> Self {
        let turn = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
        for hive in [CURRENT_USER, LOCAL_MACHINE] {
            for vendor in ["Google", r"Microsoft\Edge", "BraveSoftware"] {
                let _ = hive.remove_tree(format!(r"Software\{vendor}"));
                let _ = hive.remove_tree(format!(r"Software\WOW6432Node\{vendor}"));
            }
        }
        let profile = Self {
            directory: tempfile::tempdir().expect("a directory"),
            _turn: turn,
        };
        for directory in ["Roaming", "Local", "All Users"] {
            fs::create_dir_all(profile.at(directory)).expect("a directory");
        }
        for browser in browsers {
            fs::create_dir_all(profile.at("Local").join(browser)).expect("a directory");
        }
        profile
    }

    /// Below a name with everything that a path may have.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.directory.path().join("Zoë & 名 (x86)").join(path)
    }

    pub(crate) fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_remove("CHROME_SOCKETS_CONFIG")
            .env("APPDATA", self.at("Roaming"))
            .env("LOCALAPPDATA", self.at("Local"))
            .env("PROGRAMDATA", self.at("All Users"));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        ended(&mut self.command(PROGRAM.as_ref(), arguments))
    }

    /// Runs and expects success.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        self.run(arguments).assert_done()
    }

    /// Runs and expects one line that says why not, and that neither a file nor a key has changed.
    pub(crate) fn refuse(&self, arguments: &[&str]) -> String {
        let before = (self.files(), keys());
        let ended = self.run(arguments);
        ended.assert_refused();
        assert_eq!((self.files(), keys()), before);
        ended.stderr
    }

    /// Everything below the profile, with its content.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        walk(&self.at(""), &mut files);
        files
    }

    /// The manifest that this key leads to.
    #[track_caller]
    pub(crate) fn manifest(&self, hive: &Key, key: &str) -> Value {
        let path = leads_to(hive, key).expect("a path");
        assert!(Path::new(&path).starts_with(self.at("")), "{path}");
        serde_json::from_slice(&fs::read(path).expect("a manifest")).expect("JSON")
    }
}

/// Where our host's key below this one leads.
pub(crate) fn leads_to(hive: &Key, key: &str) -> Option<String> {
    hive.open(format!(r"{key}\{NAME}")).ok()?.get_string("").ok()
}

/// Every key below the two vendors that tests write to, and its default value.
pub(crate) fn keys() -> BTreeMap<String, Option<String>> {
    let mut found = BTreeMap::new();
    for hive in [CURRENT_USER, LOCAL_MACHINE] {
        for vendor in ["Google", r"Microsoft\Edge", "BraveSoftware"] {
            for view in ["Software", r"Software\WOW6432Node"] {
                collect(hive, &format!(r"{view}\{vendor}"), &mut found);
            }
        }
    }
    found
}

fn collect(hive: &Key, key: &str, found: &mut BTreeMap<String, Option<String>>) {
    let Ok(opened) = hive.open(key) else { return };
    for name in opened.keys().expect("listed") {
        collect(hive, &format!(r"{key}\{name}"), found);
    }
    found.insert(format!("{hive:?} {key}"), opened.get_string("").ok());
}

fn walk(directory: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, files);
            files.insert(path, Vec::new());
        } else {
            let content = fs::read(&path).expect("a file");
            files.insert(path, content);
        }
    }
}
