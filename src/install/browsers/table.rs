//! The browsers and where they look for native-messaging hosts; data only.
//!
//! Where sources disagree about a place, a row has both: a manifest that nobody reads does no harm. `tests` says what each
//! row must lead to.

// Rows have no files on systems without such a browser, so the helpers give what a column holds.
#![allow(clippy::unnecessary_wraps)]

use super::{Base, Browser, Family, Files, Packaging, Registry};

const CHROME_KEY: &str = r"Software\Google\Chrome\NativeMessagingHosts";
const CHROMIUM_KEY: &str = r"Software\Chromium\NativeMessagingHosts";

mod chrome {
    pub(super) const SYSTEM: &[&str] = &["/etc/opt/chrome/native-messaging-hosts"];
    pub(super) const POLICIES: Option<&str> = Some("/etc/opt/chrome/policies");
    pub(super) const MAC_SYSTEM: &[&str] = &["/Library/Google/Chrome/NativeMessagingHosts"];
    pub(super) const KEYS: &[&str] = &[super::CHROME_KEY];
    pub(super) const POLICY_KEY: Option<&str> = Some(r"Software\Policies\Google\Chrome");
}

mod edge {
    pub(super) const SYSTEM: &[&str] = &["/etc/opt/edge/native-messaging-hosts"];
    pub(super) const POLICIES: Option<&str> = Some("/etc/opt/edge/policies");
    pub(super) const MAC_SYSTEM: &[&str] = &["/Library/Microsoft/Edge/NativeMessagingHosts"];
    pub(super) const KEYS: &[&str] = &[r"Software\Microsoft\Edge\NativeMessagingHosts"];
    pub(super) const POLICY_KEY: Option<&str> = Some(r"Software\Policies\Microsoft\Edge");
}

/// Sources disagree whether it has places of its own for all users, and a key, or Chrome's.
mod brave {
    pub(super) const SYSTEM: &[&str] = &[
        "/etc/brave/native-messaging-hosts",
        "/etc/opt/chrome/native-messaging-hosts",
    ];
    pub(super) const POLICIES: Option<&str> = Some("/etc/brave/policies");
    pub(super) const MAC_SYSTEM: &[&str] = super::chrome::MAC_SYSTEM;
    pub(super) const KEYS: &[&str] = &[
        r"Software\BraveSoftware\Brave-Browser\NativeMessagingHosts",
        super::CHROME_KEY,
    ];
    pub(super) const POLICY_KEY: Option<&str> = Some(r"Software\Policies\BraveSoftware\Brave");
}

/// Files of a Chromium browser whose user data directory is `$profile` below the configuration directory.
macro_rules! config {
    ($profile:literal, $system:expr, $policies:expr) => {
        Some(Files {
            base: Base::Config,
            profile: $profile,
            hosts: &[concat!($profile, "/NativeMessagingHosts")],
            system: $system,
            policies: $policies,
        })
    };
}

/// Files of a browser whose directory is `$profile` below the home.
macro_rules! home {
    ($profile:literal, $hosts:literal, $system:expr, $policies:expr) => {
        Some(Files {
            base: Base::Home,
            profile: $profile,
            hosts: &[$hosts],
            system: $system,
            policies: $policies,
        })
    };
}

/// Files of a browser that does not look where its profile is, or not only there.
const fn files(
    profile: &'static str,
    hosts: &'static [&'static str],
    system: &'static [&'static str],
) -> Option<Files> {
    Some(Files {
        base: Base::Config,
        profile,
        hosts,
        system,
        policies: None,
    })
}

/// A channel of a vendor whose channels differ in the profile's directory only: that of Linux if there is one, of macOS, of Windows.
macro_rules! channel {
    ($vendor:ident, $name:literal, $title:literal, [$($linux:literal)?], $macos:literal, $windows:literal) => {
        chromium(
            $name,
            $title,
            channel!(@linux $vendor $($linux)?),
            config!($macos, $vendor::MAC_SYSTEM, None),
            keys(concat!($windows, r"\User Data"), $vendor::KEYS, $vendor::POLICY_KEY),
        )
    };
    (@linux $vendor:ident) => { None };
    (@linux $vendor:ident $linux:literal) => { config!($linux, $vendor::SYSTEM, $vendor::POLICIES) };
}

/// A flatpak, whose own home is below `.var/app/<id>`.
macro_rules! flatpak {
    ($name:literal, $title:literal, $family:ident, $app:literal, $profile:literal, $hosts:literal) => {
        sandboxed(
            $name,
            $title,
            Family::$family,
            Packaging::Flatpak($app),
            Some(Files {
                base: Base::Home,
                profile: concat!(".var/app/", $app, "/", $profile),
                hosts: &[concat!(".var/app/", $app, "/", $profile, "/", $hosts)],
                system: &[],
                policies: None,
            }),
        )
    };
}

const fn keys(
    profile: &'static str,
    keys: &'static [&'static str],
    policies: Option<&'static str>,
) -> Option<Registry> {
    Some(Registry {
        base: Base::Config,
        profile,
        keys,
        policies,
    })
}

const fn mozilla(profile: &'static str) -> Option<Registry> {
    Some(Registry {
        base: Base::Home,
        profile,
        keys: &[r"Software\Mozilla\NativeMessagingHosts"],
        policies: None,
    })
}

const fn chromium(
    name: &'static str,
    title: &'static str,
    linux: Option<Files>,
    macos: Option<Files>,
    windows: Option<Registry>,
) -> Browser {
    Browser {
        name,
        title,
        family: Family::Chromium,
        packaging: Packaging::Plain,
        linux,
        macos,
        windows,
    }
}

const fn firefox(
    name: &'static str,
    title: &'static str,
    linux: Option<Files>,
    macos: Option<Files>,
    windows: Option<Registry>,
) -> Browser {
    Browser {
        family: Family::Firefox,
        ..chromium(name, title, linux, macos, windows)
    }
}

const fn sandboxed(
    name: &'static str,
    title: &'static str,
    family: Family,
    packaging: Packaging,
    linux: Option<Files>,
) -> Browser {
    Browser {
        family,
        packaging,
        ..chromium(name, title, linux, None, None)
    }
}

/// Every browser that `install` knows; for others there is `--user-data-dir`.
#[rustfmt::skip]
pub const BROWSERS: &[Browser] = &[
    chromium("chromium", "Chromium",
        config!("chromium", &["/etc/chromium/native-messaging-hosts"], Some("/etc/chromium/policies")),
        config!("Chromium", &["/Library/Application Support/Chromium/NativeMessagingHosts"], None),
        keys(r"Chromium\User Data", &[CHROMIUM_KEY], Some(r"Software\Policies\Chromium"))),
    channel!(chrome, "chrome", "Google Chrome", ["google-chrome"], "Google/Chrome", r"Google\Chrome"),
    channel!(chrome, "chrome-beta", "Google Chrome Beta", ["google-chrome-beta"], "Google/Chrome Beta", r"Google\Chrome Beta"),
    channel!(chrome, "chrome-unstable", "Google Chrome Dev", ["google-chrome-unstable"], "Google/Chrome Dev", r"Google\Chrome Dev"),
    channel!(chrome, "chrome-canary", "Google Chrome Canary", [], "Google/Chrome Canary", r"Google\Chrome SxS"),
    chromium("chrome-for-testing", "Chrome for Testing",
        config!("google-chrome-for-testing", &["/etc/opt/chrome_for_testing/native-messaging-hosts"], Some("/etc/opt/chrome_for_testing/policies")),
        config!("Google/ChromeForTesting", &["/Library/Google/ChromeForTesting/NativeMessagingHosts"], None),
        keys(r"Google\Chrome for Testing\User Data", &[r"Software\Google\Chrome for Testing\NativeMessagingHosts"], Some(r"Software\Policies\Google\Chrome for Testing"))),
    channel!(edge, "edge", "Microsoft Edge", ["microsoft-edge"], "Microsoft Edge", r"Microsoft\Edge"),
    channel!(edge, "edge-beta", "Microsoft Edge Beta", ["microsoft-edge-beta"], "Microsoft Edge Beta", r"Microsoft\Edge Beta"),
    channel!(edge, "edge-dev", "Microsoft Edge Dev", ["microsoft-edge-dev"], "Microsoft Edge Dev", r"Microsoft\Edge Dev"),
    channel!(edge, "edge-canary", "Microsoft Edge Canary", [], "Microsoft Edge Canary", r"Microsoft\Edge SxS"),
    channel!(brave, "brave", "Brave", ["BraveSoftware/Brave-Browser"], "BraveSoftware/Brave-Browser", r"BraveSoftware\Brave-Browser"),
    channel!(brave, "brave-beta", "Brave Beta", ["BraveSoftware/Brave-Browser-Beta"], "BraveSoftware/Brave-Browser-Beta", r"BraveSoftware\Brave-Browser-Beta"),
    channel!(brave, "brave-nightly", "Brave Nightly", ["BraveSoftware/Brave-Browser-Nightly"], "BraveSoftware/Brave-Browser-Nightly", r"BraveSoftware\Brave-Browser-Nightly"),
    chromium("vivaldi", "Vivaldi",
        config!("vivaldi", &["/etc/opt/vivaldi/native-messaging-hosts"], Some("/etc/opt/vivaldi/policies")),
        config!("Vivaldi", &["/Library/Application Support/Vivaldi/NativeMessagingHosts"], None),
        keys(r"Vivaldi\User Data", &[r"Software\Vivaldi\NativeMessagingHosts", CHROME_KEY], Some(r"Software\Policies\Vivaldi"))),
    // Opera is said to read Chrome's directory; Chromium's rule would be its own.
    chromium("opera", "Opera",
        files("opera", &["google-chrome/NativeMessagingHosts", "opera/NativeMessagingHosts"], chrome::SYSTEM),
        files("com.operasoftware.Opera", &["Google/Chrome/NativeMessagingHosts", "com.operasoftware.Opera/NativeMessagingHosts"], chrome::MAC_SYSTEM),
        Some(Registry { base: Base::Home, profile: r"Opera Software\Opera Stable", keys: &[r"Software\Opera Software\NativeMessagingHosts", CHROME_KEY], policies: None })),
    chromium("arc", "Arc",
        None,
        config!("Arc/User Data", &["/Library/Application Support/Arc/User Data/NativeMessagingHosts"], None),
        keys(r"Arc\User Data", &[CHROMIUM_KEY, CHROME_KEY], None)),
    chromium("yandex", "Yandex Browser",
        config!("yandex-browser", &["/etc/opt/yandex-browser/native-messaging-hosts"], None),
        files("Yandex", &["Yandex/NativeMessagingHosts", "Yandex/YandexBrowser/NativeMessagingHosts"], &[]),
        keys(r"Yandex\YandexBrowser\User Data", &[r"Software\Yandex\YandexBrowser\NativeMessagingHosts", CHROME_KEY], None)),
    chromium("iridium", "Iridium", config!("iridium", &[], None), None, None),
    firefox("firefox", "Firefox",
        home!(".mozilla", ".mozilla/native-messaging-hosts",
            &["/usr/lib/mozilla/native-messaging-hosts", "/usr/lib64/mozilla/native-messaging-hosts"], Some("/etc/firefox/policies")),
        files("Firefox", &["Mozilla/NativeMessagingHosts"], &["/Library/Application Support/Mozilla/NativeMessagingHosts"]),
        mozilla(r"Mozilla\Firefox")),
    firefox("librewolf", "LibreWolf",
        home!(".librewolf", ".librewolf/native-messaging-hosts", &[], None),
        config!("librewolf", &[], None),
        mozilla("librewolf")),
    firefox("waterfox", "Waterfox",
        home!(".waterfox", ".waterfox/native-messaging-hosts", &[], None), None, mozilla("Waterfox")),
    sandboxed("chromium-snap", "Chromium (snap)", Family::Chromium, Packaging::Snap,
        home!("snap/chromium/common/chromium", "snap/chromium/common/chromium/NativeMessagingHosts", &[], None)),
    sandboxed("firefox-snap", "Firefox (snap)", Family::Firefox, Packaging::SnapWithPortal,
        home!("snap/firefox/common/.mozilla", ".mozilla/native-messaging-hosts", &[], None)),
    flatpak!("chrome-flatpak", "Google Chrome (Flatpak)", Chromium, "com.google.Chrome", "config/google-chrome", "NativeMessagingHosts"),
    flatpak!("chromium-flatpak", "Chromium (Flatpak)", Chromium, "org.chromium.Chromium", "config/chromium", "NativeMessagingHosts"),
    flatpak!("brave-flatpak", "Brave (Flatpak)", Chromium, "com.brave.Browser", "config/BraveSoftware/Brave-Browser", "NativeMessagingHosts"),
    flatpak!("edge-flatpak", "Microsoft Edge (Flatpak)", Chromium, "com.microsoft.Edge", "config/microsoft-edge", "NativeMessagingHosts"),
    flatpak!("vivaldi-flatpak", "Vivaldi (Flatpak)", Chromium, "com.vivaldi.Vivaldi", "config/vivaldi", "NativeMessagingHosts"),
    flatpak!("firefox-flatpak", "Firefox (Flatpak)", Firefox, "org.mozilla.firefox", ".mozilla", "native-messaging-hosts"),
    flatpak!("librewolf-flatpak", "LibreWolf (Flatpak)", Firefox, "io.gitlab.librewolf-community", ".librewolf", "native-messaging-hosts"),
];
