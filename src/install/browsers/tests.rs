//! What each row of the table must lead to, said once more in full: a slip of the pen in the table is not repeated here.

mod linux;
mod macos;
mod windows;

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::super::targets::{Place, of_browser};
use super::*;
use linux::LINUX;
use macos::MACOS;
use windows::WINDOWS;

/// A browser's name, the user's directories and those of all users.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

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
