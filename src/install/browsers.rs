//! The browsers and where they look for native-messaging hosts; data only.

/// The two dialects of host manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `allowed_origins` with `chrome-extension://<id>/`.
    Chromium,
    /// `allowed_extensions` with add-on ids.
    Firefox,
}

/// Which directory a row's directory is below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// `CHROME_CONFIG_HOME`, else `XDG_CONFIG_HOME`, else `~/.config`.
    Config,
    /// `~`.
    Home,
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
    /// Its directory on Linux. When it exists, the browser has been started.
    pub linux: (Base, &'static str),
}

impl Family {
    /// The directory of host manifests below a browser's directory on Linux.
    #[must_use]
    pub const fn hosts_directory(self) -> &'static str {
        match self {
            Self::Chromium => "NativeMessagingHosts",
            Self::Firefox => "native-messaging-hosts",
        }
    }
}

/// Every browser that `install` knows. For Opera, snaps and flatpaks there is `--user-data-dir`.
pub const BROWSERS: &[Browser] = &[
    chromium("chromium", "Chromium", "chromium"),
    chromium("chrome", "Google Chrome", "google-chrome"),
    chromium("chrome-beta", "Google Chrome Beta", "google-chrome-beta"),
    chromium("chrome-unstable", "Google Chrome Unstable", "google-chrome-unstable"),
    chromium("edge", "Microsoft Edge", "microsoft-edge"),
    chromium("brave", "Brave", "BraveSoftware/Brave-Browser"),
    chromium("vivaldi", "Vivaldi", "vivaldi"),
    Browser {
        name: "firefox",
        title: "Firefox",
        family: Family::Firefox,
        linux: (Base::Home, ".mozilla"),
    },
];

const fn chromium(name: &'static str, title: &'static str, linux: &'static str) -> Browser {
    Browser {
        name,
        title,
        family: Family::Chromium,
        linux: (Base::Config, linux),
    }
}
