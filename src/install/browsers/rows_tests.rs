//! What each row of the table must lead to, said once more in full: a slip of the pen in the table is not repeated here.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::super::targets::{Place, of_browser};
use super::*;

/// A browser's name, the user's directories and those of all users.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

const LINUX: &[Row] = &[
    (
        "chromium",
        &["/home/.config/chromium/NativeMessagingHosts"],
        &["/etc/chromium/native-messaging-hosts"],
    ),
    (
        "chrome",
        &["/home/.config/google-chrome/NativeMessagingHosts"],
        &["/etc/opt/chrome/native-messaging-hosts"],
    ),
    (
        "chrome-beta",
        &["/home/.config/google-chrome-beta/NativeMessagingHosts"],
        &["/etc/opt/chrome/native-messaging-hosts"],
    ),
    (
        "chrome-unstable",
        &["/home/.config/google-chrome-unstable/NativeMessagingHosts"],
        &["/etc/opt/chrome/native-messaging-hosts"],
    ),
    ("chrome-canary", &[], &[]),
    (
        "chrome-for-testing",
        &["/home/.config/google-chrome-for-testing/NativeMessagingHosts"],
        &["/etc/opt/chrome_for_testing/native-messaging-hosts"],
    ),
    (
        "edge",
        &["/home/.config/microsoft-edge/NativeMessagingHosts"],
        &["/etc/opt/edge/native-messaging-hosts"],
    ),
    (
        "edge-beta",
        &["/home/.config/microsoft-edge-beta/NativeMessagingHosts"],
        &["/etc/opt/edge/native-messaging-hosts"],
    ),
    (
        "edge-dev",
        &["/home/.config/microsoft-edge-dev/NativeMessagingHosts"],
        &["/etc/opt/edge/native-messaging-hosts"],
    ),
    ("edge-canary", &[], &[]),
    (
        "brave",
        &["/home/.config/BraveSoftware/Brave-Browser/NativeMessagingHosts"],
        &[
            "/etc/brave/native-messaging-hosts",
            "/etc/opt/chrome/native-messaging-hosts",
        ],
    ),
    (
        "brave-beta",
        &["/home/.config/BraveSoftware/Brave-Browser-Beta/NativeMessagingHosts"],
        &[
            "/etc/brave/native-messaging-hosts",
            "/etc/opt/chrome/native-messaging-hosts",
        ],
    ),
    (
        "brave-nightly",
        &["/home/.config/BraveSoftware/Brave-Browser-Nightly/NativeMessagingHosts"],
        &[
            "/etc/brave/native-messaging-hosts",
            "/etc/opt/chrome/native-messaging-hosts",
        ],
    ),
    (
        "vivaldi",
        &["/home/.config/vivaldi/NativeMessagingHosts"],
        &["/etc/opt/vivaldi/native-messaging-hosts"],
    ),
    (
        "opera",
        &[
            "/home/.config/google-chrome/NativeMessagingHosts",
            "/home/.config/opera/NativeMessagingHosts",
        ],
        &["/etc/opt/chrome/native-messaging-hosts"],
    ),
    ("arc", &[], &[]),
    (
        "yandex",
        &["/home/.config/yandex-browser/NativeMessagingHosts"],
        &["/etc/opt/yandex-browser/native-messaging-hosts"],
    ),
    ("iridium", &["/home/.config/iridium/NativeMessagingHosts"], &[]),
    (
        "firefox",
        &["/home/.mozilla/native-messaging-hosts"],
        &[
            "/usr/lib/mozilla/native-messaging-hosts",
            "/usr/lib64/mozilla/native-messaging-hosts",
        ],
    ),
    ("librewolf", &["/home/.librewolf/native-messaging-hosts"], &[]),
    ("waterfox", &["/home/.waterfox/native-messaging-hosts"], &[]),
    (
        "chromium-snap",
        &["/home/snap/chromium/common/chromium/NativeMessagingHosts"],
        &[],
    ),
    ("firefox-snap", &["/home/.mozilla/native-messaging-hosts"], &[]),
    (
        "chrome-flatpak",
        &["/home/.var/app/com.google.Chrome/config/google-chrome/NativeMessagingHosts"],
        &[],
    ),
    (
        "chromium-flatpak",
        &["/home/.var/app/org.chromium.Chromium/config/chromium/NativeMessagingHosts"],
        &[],
    ),
    (
        "brave-flatpak",
        &["/home/.var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser/NativeMessagingHosts"],
        &[],
    ),
    (
        "edge-flatpak",
        &["/home/.var/app/com.microsoft.Edge/config/microsoft-edge/NativeMessagingHosts"],
        &[],
    ),
    (
        "vivaldi-flatpak",
        &["/home/.var/app/com.vivaldi.Vivaldi/config/vivaldi/NativeMessagingHosts"],
        &[],
    ),
    (
        "firefox-flatpak",
        &["/home/.var/app/org.mozilla.firefox/.mozilla/native-messaging-hosts"],
        &[],
    ),
    (
        "librewolf-flatpak",
        &["/home/.var/app/io.gitlab.librewolf-community/.librewolf/native-messaging-hosts"],
        &[],
    ),
];

/// Below `~/Library/Application Support`, and for all users.
const MACOS: &[Row] = &[
    (
        "chromium",
        &["Chromium/NativeMessagingHosts"],
        &["/Library/Application Support/Chromium/NativeMessagingHosts"],
    ),
    (
        "chrome",
        &["Google/Chrome/NativeMessagingHosts"],
        &["/Library/Google/Chrome/NativeMessagingHosts"],
    ),
    (
        "chrome-beta",
        &["Google/Chrome Beta/NativeMessagingHosts"],
        &["/Library/Google/Chrome/NativeMessagingHosts"],
    ),
    (
        "chrome-unstable",
        &["Google/Chrome Dev/NativeMessagingHosts"],
        &["/Library/Google/Chrome/NativeMessagingHosts"],
    ),
    (
        "chrome-canary",
        &["Google/Chrome Canary/NativeMessagingHosts"],
        &["/Library/Google/Chrome/NativeMessagingHosts"],
    ),
    (
        "chrome-for-testing",
        &["Google/ChromeForTesting/NativeMessagingHosts"],
        &["/Library/Google/ChromeForTesting/NativeMessagingHosts"],
    ),
    (
        "edge",
        &["Microsoft Edge/NativeMessagingHosts"],
        &["/Library/Microsoft/Edge/NativeMessagingHosts"],
    ),
    (
        "edge-beta",
        &["Microsoft Edge Beta/NativeMessagingHosts"],
        &["/Library/Microsoft/Edge/NativeMessagingHosts"],
    ),
    (
        "edge-dev",
        &["Microsoft Edge Dev/NativeMessagingHosts"],
        &["/Library/Microsoft/Edge/NativeMessagingHosts"],
    ),
    (
        "edge-canary",
        &["Microsoft Edge Canary/NativeMessagingHosts"],
        &["/Library/Microsoft/Edge/NativeMessagingHosts"],
    ),
    (
        "brave",
        &["BraveSoftware/Brave-Browser/NativeMessagingHosts"],
        &["/Library/Google/Chrome/NativeMessagingHosts"],
    ),
    (
        "brave-beta",
        &["BraveSoftware/Brave-Browser-Beta/NativeMessagingHosts"],
        &["/Library/Google/Chrome/NativeMessagingHosts"],
    ),
    (
        "brave-nightly",
        &["BraveSoftware/Brave-Browser-Nightly/NativeMessagingHosts"],
        &["/Library/Google/Chrome/NativeMessagingHosts"],
    ),
    (
        "vivaldi",
        &["Vivaldi/NativeMessagingHosts"],
        &["/Library/Application Support/Vivaldi/NativeMessagingHosts"],
    ),
    (
        "opera",
        &[
            "Google/Chrome/NativeMessagingHosts",
            "com.operasoftware.Opera/NativeMessagingHosts",
        ],
        &["/Library/Google/Chrome/NativeMessagingHosts"],
    ),
    (
        "arc",
        &["Arc/User Data/NativeMessagingHosts"],
        &["/Library/Application Support/Arc/User Data/NativeMessagingHosts"],
    ),
    (
        "yandex",
        &[
            "Yandex/NativeMessagingHosts",
            "Yandex/YandexBrowser/NativeMessagingHosts",
        ],
        &[],
    ),
    (
        "firefox",
        &["Mozilla/NativeMessagingHosts"],
        &["/Library/Application Support/Mozilla/NativeMessagingHosts"],
    ),
    ("librewolf", &["librewolf/NativeMessagingHosts"], &[]),
];

/// A browser's name, its profile and its keys without what all of them begin and end with.
const WINDOWS: &[(&str, &str, &[&str])] = &[
    ("chromium", r"local/Chromium\User Data", &["Chromium"]),
    ("chrome", r"local/Google\Chrome\User Data", &[r"Google\Chrome"]),
    (
        "chrome-beta",
        r"local/Google\Chrome Beta\User Data",
        &[r"Google\Chrome"],
    ),
    (
        "chrome-unstable",
        r"local/Google\Chrome Dev\User Data",
        &[r"Google\Chrome"],
    ),
    (
        "chrome-canary",
        r"local/Google\Chrome SxS\User Data",
        &[r"Google\Chrome"],
    ),
    (
        "chrome-for-testing",
        r"local/Google\Chrome for Testing\User Data",
        &[r"Google\Chrome for Testing"],
    ),
    ("edge", r"local/Microsoft\Edge\User Data", &[r"Microsoft\Edge"]),
    (
        "edge-beta",
        r"local/Microsoft\Edge Beta\User Data",
        &[r"Microsoft\Edge"],
    ),
    ("edge-dev", r"local/Microsoft\Edge Dev\User Data", &[r"Microsoft\Edge"]),
    (
        "edge-canary",
        r"local/Microsoft\Edge SxS\User Data",
        &[r"Microsoft\Edge"],
    ),
    (
        "brave",
        r"local/BraveSoftware\Brave-Browser\User Data",
        &[r"BraveSoftware\Brave-Browser", r"Google\Chrome"],
    ),
    (
        "brave-beta",
        r"local/BraveSoftware\Brave-Browser-Beta\User Data",
        &[r"BraveSoftware\Brave-Browser", r"Google\Chrome"],
    ),
    (
        "brave-nightly",
        r"local/BraveSoftware\Brave-Browser-Nightly\User Data",
        &[r"BraveSoftware\Brave-Browser", r"Google\Chrome"],
    ),
    ("vivaldi", r"local/Vivaldi\User Data", &["Vivaldi", r"Google\Chrome"]),
    (
        "opera",
        r"roaming/Opera Software\Opera Stable",
        &["Opera Software", r"Google\Chrome"],
    ),
    ("arc", r"local/Arc\User Data", &["Chromium", r"Google\Chrome"]),
    (
        "yandex",
        r"local/Yandex\YandexBrowser\User Data",
        &[r"Yandex\YandexBrowser", r"Google\Chrome"],
    ),
    ("firefox", r"roaming/Mozilla\Firefox", &["Mozilla"]),
    ("librewolf", "roaming/librewolf", &["Mozilla"]),
    ("waterfox", "roaming/Waterfox", &["Mozilla"]),
];

fn environment(platform: Platform) -> Environment {
    Environment {
        home: Some("/home".into()),
        local_app_data: Some("/local".into()),
        app_data: Some("/roaming".into()),
        program_data: Some("/all".into()),
        ..Environment::bare(platform)
    }
}

fn browser(name: &str) -> &'static Browser {
    BROWSERS
        .iter()
        .find(|browser| browser.name == name)
        .unwrap_or_else(|| panic!("no browser {name}"))
}

fn directories(name: &str, system: bool, platform: Platform) -> Vec<PathBuf> {
    let targets = of_browser(browser(name), system, &environment(platform)).expect("places");
    targets.iter().map(|target| target.directory().to_owned()).collect()
}

#[test]
fn each_row_leads_to_its_directories_on_linux() {
    assert_eq!(LINUX.len(), BROWSERS.len(), "a browser has no row here");
    for (name, user, system) in LINUX {
        let paths = |texts: &[&str]| texts.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(directories(name, false, Platform::Linux), paths(user), "{name}");
        assert_eq!(directories(name, true, Platform::Linux), paths(system), "{name}");
    }
}

#[test]
fn each_row_leads_to_its_directories_on_macos() {
    let mac = BROWSERS.iter().filter(|browser| browser.macos.is_some());
    assert_eq!(mac.count(), MACOS.len(), "a browser has no row here");
    for (name, user, system) in MACOS {
        let below: Vec<_> = user
            .iter()
            .map(|path| PathBuf::from("/home/Library/Application Support").join(path))
            .collect();
        let system: Vec<_> = system.iter().map(PathBuf::from).collect();
        assert_eq!(directories(name, false, Platform::MacOs), below, "{name}");
        assert_eq!(directories(name, true, Platform::MacOs), system, "{name}");
    }
}

#[test]
fn each_row_leads_to_its_keys_on_windows() {
    let rows = BROWSERS.iter().filter(|browser| browser.windows.is_some());
    assert_eq!(rows.count(), WINDOWS.len(), "a browser has no row here");
    for (name, profile, keys) in WINDOWS {
        let row = browser(name).windows.as_ref().expect("a row");
        let base = row.base.directory(&environment(Platform::Windows)).expect("a base");
        assert_eq!(base.join(row.profile), PathBuf::from(format!("/{profile}")), "{name}");
        let expected: Vec<_> = keys
            .iter()
            .map(|key| format!(r"Software\{key}\NativeMessagingHosts"))
            .collect();
        assert_eq!(row.keys, expected, "{name}");
        let targets = of_browser(browser(name), false, &environment(Platform::Windows)).expect("places");
        let [target] = &targets[..] else {
            panic!("{name} has one place")
        };
        let family = format!("/local/chrome-sockets/manifests/{:?}", browser(name).family).to_lowercase();
        assert_eq!(target.directory(), PathBuf::from(family));
        assert!(matches!(target.place, Place::Registry { keys, .. } if keys == row.keys));
    }
}

#[test]
fn names_are_different_and_can_be_typed() {
    let names: BTreeSet<_> = BROWSERS.iter().map(|browser| browser.name).collect();
    assert_eq!(names.len(), BROWSERS.len());
    let typed = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    assert!(names.iter().all(|name| name.bytes().all(typed)));
    let titles: BTreeSet<_> = BROWSERS.iter().map(|browser| browser.title).collect();
    assert_eq!(titles.len(), BROWSERS.len());
}

#[test]
fn sandboxed_browsers_say_so() {
    for browser in BROWSERS {
        let sandboxed = browser.name.ends_with("-snap") || browser.name.ends_with("-flatpak");
        assert_eq!(browser.packaging != Packaging::Plain, sandboxed, "{}", browser.name);
        if let Packaging::Flatpak(app) = browser.packaging {
            let files = browser.linux.as_ref().expect("a row");
            assert!(
                files.profile.starts_with(&format!(".var/app/{app}/")),
                "{}",
                browser.name
            );
        }
    }
}
