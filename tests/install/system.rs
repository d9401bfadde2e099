//! `--system`, administrators' policies, sandboxes and mounts: a made-up system below a temporary directory, by the library.

use std::fs;
use std::path::{Path, PathBuf};

use chrome_sockets_host::doctor::{Diagnosis, Doctor, Verdict, doctor};
use chrome_sockets_host::install::{self, BROWSERS, Browser, Error, Install, Report, Scope, Uninstall};
use chrome_sockets_host::paths::{Environment, Platform};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::home::{ID, PROGRAM};

struct System {
    directory: TempDir,
    environment: Environment,
}

impl System {
    fn new() -> Self {
        let directory = TempDir::new().expect("a directory");
        let root = directory.path().canonicalize().expect("its path");
        fs::create_dir_all(root.join("home/.config/chromium")).expect("a home");
        let environment = Environment {
            is_root: true,
            home: Some(root.join("home")),
            root,
            ..Environment::bare(Platform::Linux)
        };
        Self { directory, environment }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.environment.at_root(path)
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("a file");
    }

    fn install(&self, browsers: &[&str], system: bool) -> Result<Report, Error> {
        let install = Install {
            folder: None,
            ids: vec![ID.parse().expect("an id")],
            scope: scope(browsers, system),
            grants: Vec::new(),
            name: install::DEFAULT_HOST_NAME.parse().expect("a name"),
            dry_run: false,
        };
        install::install(&install, &self.environment, Path::new(PROGRAM), &mut |_| Ok(false))
    }

    fn uninstall(&self, system: bool) -> Report {
        let uninstall = Uninstall {
            ids: Vec::new(),
            scope: scope(&[], system),
            dry_run: false,
        };
        install::uninstall(&uninstall, &self.environment).expect("uninstalled")
    }

    fn doctor(&self) -> Diagnosis {
        doctor(&Doctor::default(), &self.environment, Path::new(PROGRAM)).expect("a diagnosis")
    }

    /// What is wrong, apart from what is said of the test's own surroundings.
    fn troubles(&self) -> Vec<(&'static str, String, Option<String>)> {
        let findings = self.doctor().findings.into_iter();
        findings
            .filter(|finding| matches!(finding.verdict, Verdict::Fail | Verdict::Warn))
            .map(|finding| (finding.check, finding.line, finding.fix.map(|fix| fix.command)))
            .collect()
    }

    fn files(&self) -> usize {
        fn count(directory: &Path) -> usize {
            let entries = fs::read_dir(directory).expect("listed");
            entries
                .map(|entry| entry.expect("an entry").path())
                .map(|path| if path.is_dir() { 1 + count(&path) } else { 1 })
                .sum()
        }
        count(self.directory.path())
    }
}

fn scope(browsers: &[&str], system: bool) -> Scope {
    let browser = |name: &&str| -> &'static Browser {
        BROWSERS
            .iter()
            .find(|browser| browser.name == *name)
            .expect("a browser")
    };
    Scope {
        browsers: browsers.iter().map(browser).collect(),
        user_data_dirs: Vec::new(),
        system,
    }
}

const CHROMIUM: &str = "/etc/chromium/native-messaging-hosts/org.chrome_sockets.host.json";
const PROGRAM_OF_ALL: &str = "/usr/local/lib/chrome-sockets/bin/chrome-sockets-host";

#[test]
fn for_all_users_every_browser_gets_a_manifest_that_all_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let system = System::new();
    let before = system.files();
    let report = system.install(&[], true).expect("installed");
    let text = report.text();
    for place in [
        CHROMIUM,
        "/etc/opt/chrome/native-messaging-hosts/org.chrome_sockets.host.json",
        "/etc/opt/edge/native-messaging-hosts/org.chrome_sockets.host.json",
        "/etc/brave/native-messaging-hosts/org.chrome_sockets.host.json",
        "/etc/opt/vivaldi/native-messaging-hosts/org.chrome_sockets.host.json",
    ] {
        let manifest: Value = serde_json::from_slice(&fs::read(system.at(place)).expect(place)).expect("JSON");
        assert_eq!(manifest["path"], json!(system.at(PROGRAM_OF_ALL)));
        assert!(
            text.contains(&format!("wrote {}\n", system.at(place).display())),
            "{text}"
        );
        for above in system
            .at(place)
            .ancestors()
            .take_while(|path| *path != system.environment.root)
        {
            let mode = above.metadata().expect("metadata").permissions().mode() & 0o777;
            assert_eq!(mode, if above.is_dir() { 0o755 } else { 0o644 }, "{}", above.display());
        }
    }
    assert!(text.contains("each user's to say"), "{text}");
    assert!(!system.at("/etc/chrome-sockets").exists(), "no policy for all users");
    assert!(!system.at("/home/.local").exists(), "nothing of the user's");
    let troubles = system.troubles();
    assert!(troubles.is_empty(), "{troubles:?}");
    let listed: Value =
        serde_json::from_str(&install::list(&system.environment).expect("a list").json()).expect("JSON");
    assert_eq!(listed["installed"][0]["for"], "system");
    system.uninstall(true);
    assert_eq!(system.files(), before, "no trace");
}

#[test]
fn users_and_the_system_do_not_touch_each_other() {
    let system = System::new();
    system.install(&["chromium"], true).expect("installed");
    system.install(&["chromium"], false).expect("installed");
    let own = system.at("/home/.config/chromium/NativeMessagingHosts/org.chrome_sockets.host.json");
    assert!(own.exists() && system.at(CHROMIUM).exists());
    system.uninstall(false);
    assert!(!own.exists() && system.at(CHROMIUM).exists());
    let troubles = system.troubles();
    assert!(troubles.is_empty(), "{troubles:?}");
    system.install(&["chromium"], false).expect("installed");
    system.uninstall(true);
    assert!(own.exists() && !system.at(CHROMIUM).exists());
}

#[test]
fn a_program_that_a_package_put_there_is_not_copied() {
    let system = System::new();
    let packaged = system.at("/usr/bin/chrome-sockets-host");
    fs::create_dir_all(packaged.parent().expect("a parent")).expect("a directory");
    fs::copy(PROGRAM, &packaged).expect("a copy");
    let install = Install {
        folder: None,
        ids: vec![ID.parse().expect("an id")],
        scope: scope(&["chromium"], true),
        grants: Vec::new(),
        name: install::DEFAULT_HOST_NAME.parse().expect("a name"),
        dry_run: false,
    };
    install::install(&install, &system.environment, &packaged, &mut |_| Ok(false)).expect("installed");
    let manifest: Value = serde_json::from_slice(&fs::read(system.at(CHROMIUM)).expect("written")).expect("JSON");
    assert_eq!(manifest["path"], json!(packaged));
    assert!(!system.at(PROGRAM_OF_ALL).exists());
    system.uninstall(true);
    assert!(packaged.exists(), "it is the package's");
}

#[test]
fn what_only_users_have_is_not_for_all() {
    let system = System::new();
    let error = system.install(&["librewolf"], true).expect_err("refused");
    assert!(matches!(error, Error::NoPlace { .. }), "{error}");
    let error = system
        .install(&["chromium-snap"], true)
        .expect_err("refused")
        .to_string();
    assert!(
        error.contains("Chromium (snap)") && error.contains("all users"),
        "{error}"
    );
    let error = system.install(&["arc"], false).expect_err("refused").to_string();
    assert!(error.contains("Arc"), "{error}");
}

#[test]
fn who_may_change_what() {
    let mut system = System::new();
    let before = system.files();
    system.environment.under_sudo = true;
    let error = system.install(&[], false).expect_err("refused");
    assert!(matches!(error, Error::Sudo), "{error}");
    assert!(!error.to_string().contains('\n') && error.to_string().contains("--system"));
    assert!(system.install(&["chromium"], true).is_ok(), "sudo with --system");
    system.uninstall(true);
    system.environment.under_sudo = false;
    system.environment.is_root = false;
    let error = system.install(&[], true).expect_err("refused");
    assert!(matches!(error, Error::NotRoot), "{error}");
    assert_eq!(system.files(), before);
    assert!(system.install(&[], false).is_ok());
}

#[test]
fn the_administrators_policies_are_named() {
    let system = System::new();
    system.install(&["chromium"], false).expect("installed");
    let policy = |name: &str, value: Value| {
        system.put(
            &format!("/etc/chromium/policies/managed/{name}.json"),
            &value.to_string(),
        );
    };
    policy("other", json!({"NativeMessagingBlocklist": ["com.example"]}));
    system.put("/etc/chromium/policies/managed/broken.json", "{");
    system.put(
        "/etc/opt/edge/policies/managed/edge.json",
        r#"{"NativeMessagingBlocklist": ["*"]}"#,
    );
    assert!(
        system.troubles().is_empty(),
        "of other hosts and of other browsers: {:?}",
        system.troubles()
    );
    for blocked in ["*", install::DEFAULT_HOST_NAME] {
        policy("block", json!({"NativeMessagingBlocklist": [blocked]}));
        let [(check, line, Some(fix))] = &system.troubles()[..] else {
            panic!("{:?}", system.troubles());
        };
        assert_eq!(*check, "managed-policy");
        assert!(
            line.contains("NativeMessagingBlocklist") && line.contains("block.json"),
            "{line}"
        );
        let status = std::process::Command::new("sh")
            .args(["-c", fix])
            .status()
            .expect("a shell");
        assert!(
            status.success() && system.troubles().is_empty(),
            "{fix}: {:?}",
            system.troubles()
        );
        fs::remove_file(system.at("/etc/chromium/policies/managed/chrome-sockets.json")).expect("the fix's file");
    }
    policy("block", json!({"NativeMessagingUserLevelHosts": false}));
    let [(check, line, Some(fix))] = &system.troubles()[..] else {
        panic!("{:?}", system.troubles());
    };
    assert_eq!(*check, "managed-policy");
    assert!(line.contains("NativeMessagingUserLevelHosts"), "{line}");
    assert!(
        fix.ends_with(&format!("install --extension-id {ID} --browser chromium --system")),
        "{fix}"
    );
    system.install(&["chromium"], true).expect("installed");
    assert!(system.troubles().is_empty(), "{:?}", system.troubles());
}

#[test]
fn sandboxes_say_what_is_possible() {
    let system = System::new();
    system
        .install(&["chrome-flatpak", "chromium-snap"], false)
        .expect("installed");
    let troubles = system.troubles();
    assert_eq!(troubles.len(), 2, "{troubles:?}");
    assert!(troubles.iter().all(|(check, ..)| *check == "sandbox"));
    let flatpak = troubles
        .iter()
        .find(|(_, line, _)| line.contains("Flatpak"))
        .expect("a line");
    let fix = flatpak.2.as_deref().expect("a fix");
    let (data, config) = (
        system.at("/home/.local/share/chrome-sockets"),
        system.at("/home/.config/chrome-sockets"),
    );
    let expected = format!(
        "flatpak override --user --filesystem={}:ro --filesystem={}:ro --env=CHROME_SOCKETS_CONFIG={} com.google.Chrome",
        data.display(),
        config.display(),
        config.display()
    );
    assert_eq!(fix, expected);
    // What flatpak makes of that command.
    let given = format!(
        "[Context]\nfilesystems={}:ro;{}:ro;\n\n[Environment]\nCHROME_SOCKETS_CONFIG={}\n",
        config.display(),
        data.display(),
        config.display()
    );
    let overrides = "/home/.local/share/flatpak/overrides/com.google.Chrome";
    system.put(overrides, &given);
    assert_eq!(system.troubles().len(), 1, "{:?}", system.troubles());
    // Opening it would wait for a writer for ever.
    fs::remove_file(system.at(overrides)).expect("removed");
    let made = std::process::Command::new("mkfifo").arg(system.at(overrides)).status();
    assert!(made.expect("mkfifo, from coreutils").success());
    assert_eq!(system.troubles().len(), 2, "{:?}", system.troubles());
}

#[test]
fn a_mount_without_execution_is_named() {
    let system = System::new();
    system.install(&[], false).expect("installed");
    let home = system.at("/home").display().to_string();
    let table = format!("1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 8:2 / {home} rw,nosuid,noexec - ext4 /dev/b rw\n");
    system.put("/proc/self/mountinfo", &table);
    let [(check, line, Some(fix))] = &system.troubles()[..] else {
        panic!("{:?}", system.troubles());
    };
    assert_eq!(*check, "program-mount");
    assert!(
        line.contains(&format!("is on {home}, which is mounted noexec")),
        "{line}"
    );
    assert_eq!(*fix, format!("mount -o remount,exec {home}"));
    system.put("/proc/self/mountinfo", &table.replace(",noexec", ""));
    assert!(system.troubles().is_empty(), "{:?}", system.troubles());
}

#[test]
fn a_policy_of_all_users_is_looked_at_too() {
    let system = System::new();
    system.install(&[], false).expect("installed");
    system.put("/etc/chrome-sockets/policy.json", "{}");
    assert!(system.troubles().is_empty(), "{:?}", system.troubles());
    system.put("/etc/chrome-sockets/policy.json", "{");
    let [(check, line, _)] = &system.troubles()[..] else {
        panic!("{:?}", system.troubles());
    };
    assert_eq!(*check, "policy-json");
    assert!(line.contains("/etc/chrome-sockets/policy.json"), "{line}");
    let entry = json!({"extensions": {ID: {"tcp": 7}}}).to_string();
    system.put("/etc/chrome-sockets/policy.json", &entry);
    let [("policy-entry", _, fix)] = &system.troubles()[..] else {
        panic!("{:?}", system.troubles());
    };
    assert_eq!(*fix, None, "revoke changes the user's file, not this one");
}

type Fault = (&'static str, fn(&System));

#[test]
fn what_is_for_all_users_is_mended_by_root() {
    let faults: [Fault; 5] = [
        ("policy-json", |system| {
            system.put("/etc/chrome-sockets/policy.json", "{");
        }),
        ("policy-mode", |system| {
            system.put("/etc/chrome-sockets/policy.json", "{}");
            open_to_all(&system.at("/etc/chrome-sockets/policy.json"));
        }),
        ("program-access", |system| open_to_all(&system.at(PROGRAM_OF_ALL))),
        ("program-file", |system| {
            fs::remove_file(system.at(PROGRAM_OF_ALL)).expect("removed");
            fs::create_dir(system.at(PROGRAM_OF_ALL)).expect("a directory");
        }),
        ("manifest-directory", |system| {
            let directory = system.at(CHROMIUM).parent().expect("a parent").to_owned();
            fs::remove_dir_all(&directory).expect("removed");
            fs::write(directory, "in the way").expect("a file");
        }),
    ];
    for (expected, plant) in faults {
        let mut system = System::new();
        system.install(&["chromium"], true).expect("installed");
        plant(&system);
        system.environment.is_root = false;
        let troubles = system.troubles();
        let found = troubles.iter().find(|(check, ..)| *check == expected);
        let Some((_, _, Some(fix))) = found else {
            panic!("{expected}: {troubles:?}");
        };
        for command in fix.split(" && ") {
            assert!(command.starts_with("sudo "), "{expected}: {fix}");
        }
    }
}

fn open_to_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("a mode");
}
