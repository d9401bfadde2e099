//! Keys on Windows.

/// A browser's name, its profile and its keys without what all of them begin and end with.
pub(super) const WINDOWS: &[(&str, &str, &[&str])] = &[
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
