//! Disks that are full or cannot be written, several installations at once, and `sudo`.

use std::process::Command;

use serde_json::json;

use crate::home::{CHROMIUM, Home, ID, PROGRAM, ended};

/// Runs a script in which mounting is allowed, and where it ends with the script; `None`, and said so, where that cannot be.
///
/// `$1` is the program and `$HOME` a home with Chromium and Chrome in it.
fn mounted(script: &str) -> Option<(Home, crate::home::Ended)> {
    let home = Home::new();
    let ways = [&["--user", "--map-root-user", "--mount"][..], &["--mount"]];
    let can = |way: &&&[&str]| {
        let mut probe = Command::new("unshare");
        probe.args(**way).args(["sh", "-c", "mount -t tmpfs tmpfs /mnt"]);
        probe.output().is_ok_and(|output| output.status.success())
    };
    let Some(way) = ways.iter().find(can) else {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "CI has to be able to unshare"
        );
        println!("SKIPPED: no mount namespace can be made here");
        return None;
    };
    let mut command = Command::new("unshare");
    command
        .args(*way)
        .args(["sh", "-ec", script, "sh", PROGRAM, ID])
        .env_clear()
        .env("HOME", &home.path)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .current_dir(&home.path);
    let ended = ended(&mut command);
    Some((home, ended))
}

/// Installs in the home as it is, and compares all that is there before and after.
const INSTALL_AND_COMPARE: &str = r#"
state() { (cd "$HOME" && find . -exec stat -c '%n %F %a' {} + | sort && find . -type f ! -name full -exec sha256sum {} + | sort); }
state > /dev/shm/before.$$
code=0; "$1" install --extension-id "$2" --allow-listen '*:81' > /dev/shm/out.$$ 2>&1 || code=$?
state > /dev/shm/after.$$
diff /dev/shm/before.$$ /dev/shm/after.$$ >&2
cat /dev/shm/out.$$; rm /dev/shm/*.$$
exit $code
"#;

fn refused(prepare: &str, part: &str) {
    let script = format!("{prepare}\n{INSTALL_AND_COMPARE}");
    let Some((_, ended)) = mounted(&script) else { return };
    assert_eq!(
        (ended.code, &*ended.stderr),
        (Some(1), ""),
        "{prepare}: {}",
        ended.stdout
    );
    assert_eq!(ended.stdout.lines().count(), 1, "{}", ended.stdout);
    assert!(ended.stdout.contains(part), "{}", ended.stdout);
    assert!(
        !ended.stdout.contains(".chrome-sockets-"),
        "our temporary names are nobody's business: {}",
        ended.stdout
    );
}

const EARLIER: &str =
    r#""$1" install --extension-id ponmlkjihgfedcbaponmlkjihgfedcba --allow-listen '*:80' >/dev/null"#;

#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    // Nothing fits; and only the last of all the files does not.
    refused(
        "mount -t tmpfs -o size=64k tmpfs \"$HOME\"; mkdir -p \"$HOME/.config/chromium\"",
        "No space left",
    );
    let last = "mount -t tmpfs -o size=4k tmpfs .config/google-chrome; mkdir .config/google-chrome/NativeMessagingHosts; \
                head -c 4096 /dev/zero > .config/google-chrome/full || :";
    refused(last, "No space left");
    refused(&format!("{EARLIER}; {last}"), "google-chrome");
}

#[test]
fn directories_that_cannot_be_written_leave_everything_as_it_was() {
    for place in [".config/google-chrome", ".local", ".config/chrome-sockets"] {
        let read_only = format!("{EARLIER}; mount --bind {place} {place}; mount -o remount,bind,ro {place}");
        refused(&read_only, place);
    }
    refused(
        "mount -t tmpfs -o ro tmpfs .config/google-chrome",
        ".config/google-chrome",
    );
}

#[test]
fn what_cannot_be_removed_leaves_everything_as_it_was() {
    let script = format!(
        "{EARLIER}\nmount --bind .config/google-chrome .config/google-chrome\n\
         mount -o remount,bind,ro .config/google-chrome\n{}",
        INSTALL_AND_COMPARE.replace("install --extension-id \"$2\" --allow-listen '*:81'", "uninstall")
    );
    let Some((_, ended)) = mounted(&script) else { return };
    assert_eq!((ended.code, &*ended.stderr), (Some(1), ""), "{}", ended.stdout);
    assert_eq!(ended.stdout.lines().count(), 1, "{}", ended.stdout);
    assert!(ended.stdout.contains("cannot remove"), "{}", ended.stdout);
}

#[test]
fn installations_at_once_wait_for_each_other() {
    let home = Home::new();
    let ids: Vec<String> = ('a'..='h').map(|letter| letter.to_string().repeat(32)).collect();
    let children: Vec<_> = ids
        .iter()
        .map(|id| {
            let mut command = home.command(&["install", "--extension-id", id, "--allow-connect", "*:80"]);
            command.stdout(std::process::Stdio::null()).spawn().expect("started")
        })
        .collect();
    for mut child in children {
        assert!(child.wait().expect("ended").success());
    }
    let manifest = home.json(CHROMIUM);
    let mut allowed: Vec<_> = manifest["allowed_origins"].as_array().expect("a list").iter().collect();
    allowed.sort_by_key(ToString::to_string);
    let expected: Vec<_> = ids
        .iter()
        .map(|id| json!(format!("chrome-extension://{id}/")))
        .collect();
    assert_eq!(allowed, expected.iter().collect::<Vec<_>>());
    let policy = home.json(crate::home::POLICY);
    assert_eq!(policy["extensions"].as_object().expect("entries").len(), ids.len());
    home.succeed(&["uninstall"]);
    assert!(!home.at(".local").exists());
}

/// The program run by somebody whom permissions stop, also where the tests run as root.
fn unprivileged(home: &Home, arguments: &[&str]) -> Option<crate::home::Ended> {
    let probe = Command::new("unshare").args(["--user", "true"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "CI has to be able to unshare"
        );
        println!("SKIPPED: no user namespace can be made here");
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(["--user", PROGRAM]).args(arguments);
    command
        .env_clear()
        .env("HOME", &home.path)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    Some(ended(&mut command))
}

#[test]
fn what_may_not_be_read_or_written_is_named() {
    let mode = |home: &Home, path: &str, mode: u32| {
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(home.at(path), permissions).expect("a mode");
    };
    let install = ["install", "--extension-id", ID, "--allow-listen", "*:80"];
    for (path, bits) in [
        (".config/google-chrome", 0o500),
        (".config/google-chrome", 0),
        (".local/share/chrome-sockets", 0o500),
        (".config/chrome-sockets", 0o500),
        (CHROMIUM, 0),
    ] {
        let home = Home::new();
        home.succeed(&[
            "install",
            "--extension-id",
            crate::home::OTHER,
            "--allow-listen",
            "*:81",
            "--browser",
            "chromium",
        ]);
        mode(&home, path, bits);
        let before = home.tree();
        let Some(ended) = unprivileged(&home, &install) else {
            return;
        };
        ended.assert_refused();
        assert!(
            ended.stderr.contains("Permission denied") && ended.stderr.contains(path),
            "{}",
            ended.stderr
        );
        assert_eq!(home.tree(), before, "{path}");
        let doctor = || unprivileged(&home, &["doctor", "--json"]).expect("possible before");
        let found = doctor();
        let report: serde_json::Value = serde_json::from_str(&found.stdout).expect("JSON");
        let findings = report["findings"].as_array().expect("findings");
        let unreadable = findings.iter().find(|finding| finding["check"] == "manifest-file");
        assert_eq!(unreadable.is_some(), bits == 0, "{path}: {report:#}");
        assert_eq!(found.code, Some(i32::from(bits == 0)), "{path}: {report:#}");
        if let Some(finding) = unreadable {
            let fix = finding["fix"].as_str().expect("a fix");
            assert!(
                Command::new("sh")
                    .args(["-c", fix])
                    .status()
                    .expect("a shell")
                    .success()
            );
            assert_eq!(doctor().code, Some(0), "{fix}");
        }
        assert_eq!(
            unprivileged(&home, &["list"]).expect("possible before").code,
            Some(0),
            "{path}"
        );
        mode(&home, path, 0o755);
    }
}

#[test]
fn for_all_users_one_must_be_root() {
    let home = Home::new();
    let before = home.tree();
    let Some(ended) = unprivileged(&home, &["install", "--extension-id", ID, "--system"]) else {
        return;
    };
    ended.assert_refused();
    assert!(ended.stderr.contains("sudo"), "{}", ended.stderr);
    assert_eq!(home.tree(), before);
}

/// Only where tests run as root is there anything to refuse.
#[test]
fn sudo_without_system_is_refused_in_one_line() {
    let home = Home::new();
    let before = home.tree();
    for arguments in [
        &["install", "--extension-id", ID][..],
        &["uninstall"],
        &["grant", "--extension-id", ID, "--allow-listen", "*"],
        &["revoke", "--extension-id", ID],
    ] {
        let ended = ended(home.command(arguments).env("SUDO_UID", "1000"));
        if ended.code == Some(0) {
            println!("SKIPPED: not root");
            return;
        }
        ended.assert_refused();
        assert!(
            ended.stderr.contains("without sudo") && ended.stderr.contains("--system"),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(home.tree(), before);
    assert_eq!(
        ended(home.command(&["list"]).env("SUDO_UID", "1000")).code,
        Some(0),
        "looking is allowed"
    );
}

/// Of a file that is somebody else's the system may refuse a second name (`protected_hardlinks`); it is put back all the same.
#[test]
fn what_cannot_be_linked_is_put_back_too() {
    use std::os::unix::fs::{PermissionsExt, chown};
    let home = Home::new();
    home.succeed(&["install", "--extension-id", crate::home::OTHER]);
    let others = home.at(crate::home::CHROME);
    let directory = others.parent().expect("a parent").to_owned();
    // A directory in which one may make files, but not replace another user's.
    if [&home.at(CHROMIUM), &others, &directory]
        .iter()
        .any(|path| chown(path, Some(4711), None).is_err())
    {
        println!("SKIPPED: only root can give files away");
        return;
    }
    std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o1777)).expect("a mode");
    let before = home.tree();
    let Some(ended) = unprivileged(&home, &["install", "--extension-id", ID]) else {
        return;
    };
    ended.assert_refused();
    assert!(ended.stderr.contains(crate::home::CHROME), "{}", ended.stderr);
    assert_eq!(home.tree(), before);
}
