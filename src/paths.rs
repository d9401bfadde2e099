//! Where our files and the browsers' directories are, from the environment as a value.
//!
//! The process environment is read once, by [`Environment::from_process`]; everything below it takes the value, so that a test
//! needs no process of its own to try a missing `HOME`.

use std::path::{Path, PathBuf};

/// Our directory below each base directory.
const DIRECTORY: &str = "chrome-sockets";

/// Where macOS has what is for all users, below the root and in each home.
const MAC_SUPPORT: &str = "/Library/Application Support";

/// The systems that differ in where things are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Linux and every other Unix that follows the XDG base directories.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

impl Platform {
    /// The one this program was built for.
    pub const CURRENT: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_os = "macos") {
        Self::MacOs
    } else {
        Self::Linux
    };
}

/// The variables that say where things are, as they stand in the process environment.
///
/// Values that are empty or relative are ignored: the XDG base directory specification asks for it, and the host runs in
/// whatever directory the browser was started in.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Which rules apply.
    pub platform: Platform,
    /// Where the system's own directories (`/etc`, `/proc`, …) are: `/`, or the made-up system of a test.
    pub root: PathBuf,
    /// Whether the administrator runs this program (always `false` on Windows).
    pub is_root: bool,
    /// Whether `sudo` started it, by its `SUDO_UID`.
    pub under_sudo: bool,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `CHROME_SOCKETS_CONFIG`: our configuration directory itself.
    pub chrome_sockets_config: Option<PathBuf>,
    /// `CHROME_CONFIG_HOME`: where Chromium looks for its user data directory before `XDG_CONFIG_HOME`.
    pub chrome_config_home: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`.
    pub xdg_config_home: Option<PathBuf>,
    /// `XDG_DATA_HOME`.
    pub xdg_data_home: Option<PathBuf>,
    /// `APPDATA` (Windows).
    pub app_data: Option<PathBuf>,
    /// `LOCALAPPDATA` (Windows).
    pub local_app_data: Option<PathBuf>,
    /// `PROGRAMDATA` (Windows).
    pub program_data: Option<PathBuf>,
}

/// A directory that the environment does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot tell where the {what} is: {variable} is not set to an absolute path")]
pub struct Unknown {
    what: &'static str,
    variable: &'static str,
}

impl Environment {
    /// One that tells nothing, at `/`.
    #[must_use]
    pub fn bare(platform: Platform) -> Self {
        Self {
            platform,
            root: PathBuf::from("/"),
            is_root: false,
            under_sudo: false,
            home: None,
            chrome_sockets_config: None,
            chrome_config_home: None,
            xdg_config_home: None,
            xdg_data_home: None,
            app_data: None,
            local_app_data: None,
            program_data: None,
        }
    }

    /// Reads the process environment.
    #[must_use]
    pub fn from_process() -> Self {
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        Self {
            platform: Platform::CURRENT,
            root: PathBuf::from("/"),
            is_root: is_root(),
            under_sudo: std::env::var_os("SUDO_UID").is_some(),
            home: variable("HOME"),
            chrome_sockets_config: variable("CHROME_SOCKETS_CONFIG"),
            chrome_config_home: variable("CHROME_CONFIG_HOME"),
            xdg_config_home: variable("XDG_CONFIG_HOME"),
            xdg_data_home: variable("XDG_DATA_HOME"),
            app_data: variable("APPDATA"),
            local_app_data: variable("LOCALAPPDATA"),
            program_data: variable("PROGRAMDATA"),
        }
    }

    /// The user's configuration directory, which holds `policy.json`.
    pub fn config_dir(&self) -> Result<PathBuf, Unknown> {
        if let Some(directory) = absolute(self.chrome_sockets_config.as_deref()) {
            return Ok(directory.to_owned());
        }
        let what = "configuration directory";
        Ok(match self.platform {
            Platform::Linux => self.xdg(self.xdg_config_home.as_deref(), ".config", what)?,
            Platform::MacOs => self.application_support(what)?,
            Platform::Windows => needed(self.app_data.as_deref(), what, "APPDATA")?.to_owned(),
        }
        .join(DIRECTORY))
    }

    /// The administrator's configuration directory, whose `policy.json` narrows the user's. `None` only on a Windows without
    /// `PROGRAMDATA`.
    #[must_use]
    pub fn system_config_dir(&self) -> Option<PathBuf> {
        Some(match self.platform {
            Platform::Linux => self.at_root("/etc").join(DIRECTORY),
            Platform::MacOs => self.at_root(MAC_SUPPORT).join(DIRECTORY),
            Platform::Windows => absolute(self.program_data.as_deref())?.join(DIRECTORY),
        })
    }

    /// What a system-wide installation has in place of [`Self::data_dir`]. `None` only on a Windows without `PROGRAMDATA`.
    #[must_use]
    pub fn system_data_dir(&self) -> Option<PathBuf> {
        match self.platform {
            Platform::Linux => Some(self.at_root("/usr/local/lib").join(DIRECTORY)),
            Platform::MacOs | Platform::Windows => self.system_config_dir(),
        }
    }

    /// An absolute path of the system's, below [`Self::root`].
    #[must_use]
    pub fn at_root(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// The user's data directory, which holds the stable copy of the binary and the record of what `install` wrote.
    pub fn data_dir(&self) -> Result<PathBuf, Unknown> {
        let what = "data directory";
        Ok(match self.platform {
            Platform::Linux => self.xdg(self.xdg_data_home.as_deref(), ".local/share", what)?,
            Platform::MacOs => self.application_support(what)?,
            Platform::Windows => needed(self.local_app_data.as_deref(), what, "LOCALAPPDATA")?.to_owned(),
        }
        .join(DIRECTORY))
    }

    /// Below it programs keep what is the user's (macOS).
    pub fn mac_support(&self) -> Result<PathBuf, Unknown> {
        self.application_support("browsers' directory")
    }

    /// `APPDATA`, below which browsers keep what follows the user (Windows).
    pub fn roaming(&self) -> Result<&Path, Unknown> {
        needed(self.app_data.as_deref(), "browsers' directory", "APPDATA")
    }

    /// `LOCALAPPDATA`, below which browsers keep what stays on this computer (Windows).
    pub fn local(&self) -> Result<&Path, Unknown> {
        needed(self.local_app_data.as_deref(), "browsers' directory", "LOCALAPPDATA")
    }

    /// Below it Chromium browsers keep their user data directories (Linux).
    pub fn browser_config_home(&self) -> Result<PathBuf, Unknown> {
        let chosen = absolute(self.chrome_config_home.as_deref());
        self.xdg(
            chosen.or(self.xdg_config_home.as_deref()),
            ".config",
            "browsers' configuration directory",
        )
    }

    /// The home directory.
    pub fn home(&self) -> Result<&Path, Unknown> {
        needed(self.home.as_deref(), "home directory", "HOME")
    }

    fn xdg(&self, value: Option<&Path>, below_home: &str, what: &'static str) -> Result<PathBuf, Unknown> {
        match absolute(value) {
            Some(directory) => Ok(directory.to_owned()),
            None => Ok(needed(self.home.as_deref(), what, "HOME")?.join(below_home)),
        }
    }

    fn application_support(&self, what: &'static str) -> Result<PathBuf, Unknown> {
        Ok(needed(self.home.as_deref(), what, "HOME")?.join(MAC_SUPPORT.trim_start_matches('/')))
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

fn absolute(value: Option<&Path>) -> Option<&Path> {
    value.filter(|path| path.is_absolute())
}

fn needed<'a>(value: Option<&'a Path>, what: &'static str, variable: &'static str) -> Result<&'a Path, Unknown> {
    absolute(value).ok_or(Unknown { what, variable })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `/name`, or what is absolute on Windows.
    fn root(name: &str) -> PathBuf {
        Path::new(if cfg!(windows) { r"C:\" } else { "/" }).join(name)
    }

    fn environment(platform: Platform) -> Environment {
        Environment {
            home: Some(root("home")),
            app_data: Some(root("roaming")),
            local_app_data: Some(root("local")),
            program_data: Some(root("all")),
            ..Environment::bare(platform)
        }
    }

    #[test]
    fn linux_follows_the_xdg_base_directories() {
        let mut linux = environment(Platform::Linux);
        assert_eq!(linux.config_dir(), Ok(root("home/.config/chrome-sockets")));
        assert_eq!(linux.data_dir(), Ok(root("home/.local/share/chrome-sockets")));
        assert_eq!(linux.system_config_dir(), Some("/etc/chrome-sockets".into()));
        assert_eq!(linux.browser_config_home(), Ok(root("home/.config")));
        linux.xdg_config_home = Some(root("c"));
        linux.xdg_data_home = Some(root("d"));
        assert_eq!(linux.config_dir(), Ok(root("c/chrome-sockets")));
        assert_eq!(linux.data_dir(), Ok(root("d/chrome-sockets")));
        assert_eq!(linux.browser_config_home(), Ok(root("c")));
        linux.chrome_config_home = Some(root("b"));
        assert_eq!(linux.browser_config_home(), Ok(root("b")));
        linux.chrome_sockets_config = Some(root("mine"));
        assert_eq!(linux.config_dir(), Ok(root("mine")));
    }

    #[test]
    fn macos_and_windows_have_their_own_places() {
        let mac = environment(Platform::MacOs);
        let support = root("home/Library/Application Support/chrome-sockets");
        assert_eq!(mac.config_dir(), Ok(support.clone()));
        assert_eq!(mac.data_dir(), Ok(support));
        let windows = environment(Platform::Windows);
        assert_eq!(windows.config_dir(), Ok(root("roaming").join("chrome-sockets")));
        assert_eq!(windows.data_dir(), Ok(root("local").join("chrome-sockets")));
        assert_eq!(windows.system_config_dir(), Some(root("all").join("chrome-sockets")));
        assert_eq!(windows.system_data_dir(), windows.system_config_dir());
    }

    #[test]
    fn the_root_can_be_elsewhere() {
        let mut linux = environment(Platform::Linux);
        linux.root = root("made-up");
        let made_up = |path: &str| Some(root("made-up").join(path));
        assert_eq!(linux.system_config_dir(), made_up("etc/chrome-sockets"));
        assert_eq!(linux.system_data_dir(), made_up("usr/local/lib/chrome-sockets"));
    }

    #[test]
    fn empty_and_relative_values_are_ignored() {
        let mut linux = environment(Platform::Linux);
        for value in ["", "relative/dir"] {
            linux.xdg_config_home = Some(value.into());
            linux.chrome_sockets_config = Some(value.into());
            linux.chrome_config_home = Some(value.into());
            assert_eq!(linux.config_dir(), Ok(root("home/.config/chrome-sockets")));
            assert_eq!(linux.browser_config_home(), Ok(root("home/.config")));
            linux.home = Some(value.into());
            assert!(linux.data_dir().is_err(), "HOME={value:?}");
            linux.home = Some(root("home"));
        }
    }

    #[test]
    fn a_missing_home_is_named() {
        let mut linux = environment(Platform::Linux);
        linux.home = None;
        let error = linux.data_dir().expect_err("no HOME").to_string();
        assert!(error.contains("HOME is not set"), "{error}");
    }
}
