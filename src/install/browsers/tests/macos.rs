//! Directories on macOS.

use super::Row;

/// Below `~/Library/Application Support`, and for all users.
pub(super) const MACOS: &[Row] = &[
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
