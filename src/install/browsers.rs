//! What is known of a browser: which manifests it reads, and where it looks for them on each system.

mod table;

use std::path::PathBuf;

use crate::paths::{Environment, Platform, Unknown};

pub use table::BROWSERS;

/// The two dialects of host manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `allowed_origins` with `chrome-extension://<id>/`.
    Chromium,
    /// `allowed_extensions` with add-on ids.
    Firefox,
}

/// Which directory a row's paths are below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Linux: `CHROME_CONFIG_HOME`, else `XDG_CONFIG_HOME`, else `~/.config`. macOS: `~/Library/Application Support`. Windows:
    /// `LOCALAPPDATA`.
    Config,
    /// `~`; on Windows `APPDATA`.
    Home,
}

/// How the browser came to this computer, where that decides what it may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packaging {
    /// A program like any other.
    Plain,
    /// A snap, which may start only what lies in directories of its own.
    Snap,
    /// A snap that asks a portal outside to start hosts for it.
    SnapWithPortal,
    /// A flatpak, by its application id; it sees only what it was given.
    Flatpak(&'static str),
}

/// Where a browser looks, on a system where manifests are files in directories that it knows.
#[derive(Debug, PartialEq, Eq)]
pub struct Files {
    /// What the next two are below.
    pub base: Base,
    /// Exists once the browser has been started.
    pub profile: &'static str,
    /// The user's directories of host manifests.
    pub hosts: &'static [&'static str],
    /// Those for all users, absolute.
    pub system: &'static [&'static str],
    /// Where the administrator's policies are, absolute.
    pub policies: Option<&'static str>,
}

/// Where a browser looks on Windows: a value below a key leads to the manifest, which may lie anywhere.
#[derive(Debug, PartialEq, Eq)]
pub struct Registry {
    /// What `profile` is below.
    pub base: Base,
    /// Exists once the browser has been started.
    pub profile: &'static str,
    /// Keys below `HKEY_CURRENT_USER` or `HKEY_LOCAL_MACHINE`; a host's own key is below each, its default value the path.
    pub keys: &'static [&'static str],
    /// The key of the administrator's policies, below the same two.
    pub policies: Option<&'static str>,
}

/// One browser (each channel is one, since each has its own directory).
#[derive(Debug, PartialEq, Eq)]
pub struct Browser {
    /// What `--browser` takes.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Which manifests it reads.
    pub family: Family,
    /// What it may start.
    pub packaging: Packaging,
    /// Where there is one for Linux.
    pub linux: Option<Files>,
    /// Where there is one for macOS.
    pub macos: Option<Files>,
    /// Where there is one for Windows.
    pub windows: Option<Registry>,
}

impl Files {
    /// The row's files on Linux or macOS; `None` on Windows and where there is no such browser.
    #[must_use]
    pub fn of(browser: &'static Browser, platform: Platform) -> Option<&'static Self> {
        match platform {
            Platform::Linux => browser.linux.as_ref(),
            Platform::MacOs => browser.macos.as_ref(),
            Platform::Windows => None,
        }
    }
}

impl Base {
    /// The directory itself.
    ///
    /// # Errors
    /// When the environment does not tell it.
    pub fn directory(self, environment: &Environment) -> Result<PathBuf, Unknown> {
        Ok(match (self, environment.platform) {
            (Self::Config, Platform::Linux) => environment.browser_config_home()?,
            (Self::Config, Platform::MacOs) => environment.mac_support()?,
            (Self::Config, Platform::Windows) => environment.local()?.to_owned(),
            (Self::Home, Platform::Linux | Platform::MacOs) => environment.home()?.to_owned(),
            (Self::Home, Platform::Windows) => environment.roaming()?.to_owned(),
        })
    }
}

// The rows are data, the same everywhere; what they are compared with is absolute on Unix only.
#[cfg(all(test, unix))]
mod tests;
