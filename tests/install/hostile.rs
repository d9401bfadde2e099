//! Homes, files and links that somebody prepared, or that are merely odd.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::json;

use crate::home::{BINARY, CHROME, CHROMIUM, Home, ID, POLICY, RECORD, ended};

const INSTALL: [&str; 5] = ["install", "--extension-id", ID, "--allow-listen", "*:80"];

#[test]
fn homes_with_odd_names_work() {
    for name in [
        "with space",
        "quo\"te's \\ $HOME `x`",
        "häuser-家",
        "-dash",
        "new\nline\u{1b}[31m",
    ] {
        let home = Home::named(name);
        let before = home.tree();
        let out = home.succeed(&INSTALL);
        assert_eq!(home.json(CHROMIUM)["path"], json!(home.at(BINARY)), "{name:?}");
        assert!(
            !out.contains('\u{1b}'),
            "control characters must not reach a terminal: {out:?}"
        );
        assert_eq!(out.contains("new\\nline"), name.contains('\n'), "{out:?}");
        home.succeed(&["uninstall"]);
        assert_eq!(home.tree(), before, "{name:?}");
    }
}

#[test]
fn a_home_that_json_cannot_name_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let outer = Home::bare("outer");
    let path = outer.path.join(std::ffi::OsStr::from_bytes(b"\xff"));
    fs::create_dir_all(path.join(".config/chromium")).expect("a home");
    let before = outer.tree();
    let ended = ended(outer.command(&INSTALL).env("HOME", &path));
    ended.assert_refused();
    assert!(ended.stderr.contains("not UTF-8"), "{}", ended.stderr);
    assert_eq!(outer.tree(), before);
}

#[test]
fn without_a_home_nothing_is_guessed() {
    let home = Home::new();
    let before = home.tree();
    for value in [None, Some(""), Some("relative")] {
        for arguments in [&INSTALL[..], &["uninstall"]] {
            let mut command = home.command(arguments);
            match value {
                None => command.env_remove("HOME"),
                Some(value) => command.env("HOME", value),
            };
            let ended = ended(&mut command);
            ended.assert_refused();
            assert!(ended.stderr.contains("HOME"), "{}", ended.stderr);
        }
    }
    assert_eq!(home.tree(), before);
}

#[test]
fn manifests_that_are_not_ours_are_left() {
    for (content, part) in [
        ("", "not JSON"),
        ("{\"name\":", "not JSON"),
        ("[]", "not a JSON object"),
        (
            r#"{"name":"org.chrome_sockets.host","path":"/opt/keeper"}"#,
            "another program",
        ),
    ] {
        let home = Home::new();
        home.put(CHROME, content);
        let error = home.refuse(&INSTALL);
        assert!(error.contains(part) && error.contains(CHROME), "{error}");
    }
}

#[test]
fn policies_that_cannot_be_merged_are_left() {
    for (content, part) in [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        (r#"{"extensions":[]}"#, "`extensions`"),
        (
            r#"{"extensions":{"abcdefghijklmnopabcdefghijklmnop":{"tcpServer":{"listen":["a:0"]}}}}"#,
            "'a:0'",
        ),
    ] {
        let home = Home::new();
        home.put(POLICY, content);
        let error = home.refuse(&INSTALL);
        assert!(error.contains(part) && error.contains(POLICY), "{error}");
    }
}

#[test]
fn a_policy_that_others_can_write_is_not_blessed() {
    let home = Home::new();
    home.put(POLICY, "{}");
    fs::set_permissions(home.at(POLICY), fs::Permissions::from_mode(0o666)).expect("a mode");
    assert!(home.refuse(&INSTALL).contains("chmod go-w"));
}

#[test]
fn directories_of_ours_that_others_can_write_are_refused() {
    for directory in [
        ".local/share/chrome-sockets/bin",
        ".local/share/chrome-sockets",
        ".config/chrome-sockets",
    ] {
        let home = Home::new();
        home.succeed(&INSTALL);
        fs::set_permissions(home.at(directory), fs::Permissions::from_mode(0o777)).expect("a mode");
        let error = home.refuse(&["install", "--extension-id", crate::home::OTHER]);
        assert!(error.contains(directory) && error.contains("chmod go-w"), "{error}");
    }
}

/// What only looks, and `uninstall`, which names no path in JSON, work in a home that is not UTF-8.
#[test]
fn a_home_that_is_not_utf_8_can_be_looked_at() {
    use std::os::unix::ffi::OsStrExt;
    let outer = Home::bare("outer");
    let path = outer.path.join(std::ffi::OsStr::from_bytes(b"\xff"));
    fs::create_dir_all(path.join(".config/chromium")).expect("a home");
    for (arguments, code) in [
        (&["list"][..], 0),
        (&["list", "--json"], 0),
        (&["doctor"], 1),
        (&["uninstall"], 0),
    ] {
        let ended = ended(outer.command(arguments).env("HOME", &path));
        assert_eq!(
            (ended.code, &*ended.stderr),
            (Some(code), ""),
            "{arguments:?}: {}",
            ended.stdout
        );
    }
}

#[test]
fn a_broken_record_is_named() {
    let home = Home::new();
    home.put(RECORD, "{\"manifests\":7}");
    assert!(home.refuse(&INSTALL).contains(RECORD));
    assert!(home.refuse(&["uninstall"]).contains(RECORD));
}

/// A link to a file of the user's in the place of each file we write: the link is replaced, its target untouched.
#[test]
fn links_are_replaced_and_not_written_through() {
    for path in [CHROMIUM, BINARY, POLICY, RECORD] {
        let model = Home::new();
        model.succeed(&INSTALL);
        let home = Home::new();
        let directory = home.at(path).parent().expect("a parent").to_owned();
        fs::create_dir_all(&directory).expect("a directory");
        let precious = home.at("precious");
        // Valid content, so that nothing but the link is in the way.
        let content = if path == BINARY {
            b"precious".to_vec()
        } else {
            fs::read(model.at(path)).expect("a file")
        };
        fs::write(&precious, &content).expect("a file");
        fs::set_permissions(&precious, fs::Permissions::from_mode(0o600)).expect("a mode");
        symlink(&precious, home.at(path)).expect("a link");
        let more = ["install", "--extension-id", ID, "--allow-listen", "*:81"];
        home.succeed(&more);
        assert!(!home.at(path).is_symlink(), "{path}");
        assert!(
            fs::read(&precious).expect("a file") == content,
            "{path} was written through"
        );
    }
}

#[test]
fn a_link_to_the_very_same_content_is_replaced_too() {
    let home = Home::new();
    home.succeed(&INSTALL);
    fs::rename(home.at(BINARY), home.at("elsewhere")).expect("moved");
    symlink(home.at("elsewhere"), home.at(BINARY)).expect("a link");
    home.succeed(&INSTALL);
    assert!(!home.at(BINARY).is_symlink() && home.at("elsewhere").is_file());
}

#[test]
fn a_link_to_nothing_is_replaced() {
    let home = Home::new();
    home.make(".config/chromium/NativeMessagingHosts");
    symlink(home.at("nowhere"), home.at(CHROMIUM)).expect("a link");
    home.succeed(&INSTALL);
    assert!(!home.at(CHROMIUM).is_symlink() && !home.at("nowhere").exists());
    assert_eq!(home.json(CHROMIUM)["type"], "stdio");
}

#[test]
fn what_is_not_a_file_is_refused() {
    for path in [CHROMIUM, BINARY, RECORD] {
        let home = Home::new();
        home.make(path);
        assert!(home.refuse(&INSTALL).contains("not a file"), "{path}");
    }
}

#[test]
fn a_file_in_a_directorys_place_is_refused() {
    let home = Home::new();
    home.put(".config/google-chrome/NativeMessagingHosts", "x");
    assert!(home.refuse(&INSTALL).contains(CHROME));
}

#[test]
fn a_directory_that_leads_nowhere_is_named_and_nothing_is_left_behind() {
    let home = Home::new();
    let hosts = home.at(".config/google-chrome/NativeMessagingHosts");
    symlink(home.at("nowhere"), &hosts).expect("a link");
    assert!(home.refuse(&INSTALL).contains("google-chrome"));
}

#[test]
fn host_mode_never_prints_usage() {
    let home = Home::new();
    let origin = format!("chrome-extension://{ID}/");
    for arguments in [
        &[&*origin, "--parent-window=0", "--from-the-future"][..],
        &["/h.json", "a@b"],
    ] {
        let mut command = home.command(arguments);
        let ended = ended(command.stdin(std::process::Stdio::null()));
        assert!(
            !ended.stdout.contains("Usage") && !ended.stderr.contains("Usage"),
            "{}",
            ended.stderr
        );
    }
}
