//! A temporary home directory and the program run in it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

pub(crate) use crate::ended::{Ended, ended};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_chrome-sockets-host");
pub(crate) const ID: &str = "abcdefghijklmnopabcdefghijklmnop";
pub(crate) const OTHER: &str = "ponmlkjihgfedcbaponmlkjihgfedcba";

pub(crate) const CHROMIUM: &str = ".config/chromium/NativeMessagingHosts/org.chrome_sockets.host.json";
pub(crate) const CHROME: &str = ".config/google-chrome/NativeMessagingHosts/org.chrome_sockets.host.json";
pub(crate) const FIREFOX: &str = ".mozilla/native-messaging-hosts/org.chrome_sockets.host.json";
pub(crate) const BINARY: &str = ".local/share/chrome-sockets/bin/chrome-sockets-host";
pub(crate) const RECORD: &str = ".local/share/chrome-sockets/installed.json";
pub(crate) const POLICY: &str = ".config/chrome-sockets/policy.json";

pub(crate) struct Home {
    /// Keeps the directory, which may be the parent of the home.
    _directory: TempDir,
    pub(crate) path: PathBuf,
}

/// Kind, permission bits and content of everything below a directory.
pub(crate) type Tree = BTreeMap<PathBuf, (char, u32, Vec<u8>)>;

impl Home {
    /// A home where Chromium and Chrome have been started.
    pub(crate) fn new() -> Self {
        Self::named("home")
    }

    pub(crate) fn named(name: &str) -> Self {
        let home = Self::bare(name);
        home.make(".config/chromium");
        home.make(".config/google-chrome");
        home
    }

    /// A home without any browser.
    pub(crate) fn bare(name: &str) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let path = directory.path().canonicalize().expect("its path").join(name);
        fs::create_dir(&path).expect("a home");
        Self {
            _directory: directory,
            path,
        }
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.path.join(path)
    }

    pub(crate) fn make(&self, directory: &str) {
        fs::create_dir_all(self.at(directory)).expect("a directory");
    }

    /// Writes a file as others would, for the user alone to write.
    pub(crate) fn put(&self, path: &str, content: &str) {
        let path = self.at(path);
        let directory = path.parent().expect("a parent");
        fs::create_dir_all(directory).expect("a directory");
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).expect("a mode");
        fs::write(&path, content).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a mode");
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&fs::read(self.at(path)).expect(path)).expect("JSON")
    }

    pub(crate) fn mode(&self, path: &str) -> u32 {
        self.at(path).metadata().expect(path).permissions().mode() & 0o7777
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", &self.path)
            .current_dir(&self.path);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        ended(&mut self.command(arguments))
    }

    /// Runs and expects success with nothing on stderr.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        self.run(arguments).assert_done()
    }

    /// Runs and expects exit code 1, one line on stderr, nothing on stdout and nothing changed on the disk.
    pub(crate) fn refuse(&self, arguments: &[&str]) -> String {
        let before = self.tree();
        let ended = self.run(arguments);
        ended.assert_refused();
        assert_eq!(self.tree(), before, "{arguments:?} changed the disk");
        ended.stderr
    }

    pub(crate) fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        walk(&self.path, &mut tree);
        tree
    }
}

fn walk(directory: &Path, tree: &mut Tree) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        let metadata = path.symlink_metadata().expect("metadata");
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.is_dir() {
            walk(&path, tree);
            tree.insert(path, ('d', mode, Vec::new()));
        } else if metadata.is_symlink() {
            let to = fs::read_link(&path).expect("a link");
            tree.insert(path, ('l', 0, to.into_os_string().into_encoded_bytes()));
        } else {
            let content = fs::read(&path).expect("a file");
            tree.insert(path, ('f', mode, content));
        }
    }
}
