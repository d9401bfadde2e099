//! What `install` writes, where, and what it leaves alone.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::home::{BINARY, CHROME, CHROMIUM, FIREFOX, Home, ID, OTHER, POLICY, PROGRAM, RECORD, ended};

const ADD_ON: &str = "my-add-on@example.org";

fn install(id: &str) -> [&str; 3] {
    ["install", "--extension-id", id]
}

#[test]
fn every_browser_found_gets_a_manifest_that_starts_a_copy_of_the_program() {
    let home = Home::new();
    let out = home.succeed(&install(ID));
    for manifest in [CHROMIUM, CHROME] {
        let expected = json!({
            "name": "org.chrome_sockets.host",
            "description": "chrome.sockets for browser extensions",
            "path": home.at(BINARY),
            "type": "stdio",
            "allowed_origins": [format!("chrome-extension://{ID}/")],
        });
        assert_eq!(home.json(manifest), expected);
        assert_eq!(home.mode(manifest), 0o644);
        assert!(
            out.contains(&format!("wrote {}\n", home.at(manifest).display())),
            "{out}"
        );
    }
    assert_eq!(home.mode(BINARY), 0o755);
    let copy = fs::read(home.at(BINARY)).expect("the copy");
    assert!(copy == fs::read(PROGRAM).expect("the program"), "the copy differs");
    let mut installed = std::process::Command::new(home.json(CHROMIUM)["path"].as_str().expect("a path"));
    let version = ended(installed.arg("--version").env_clear());
    assert_eq!(version.code, Some(0));
    assert!(version.stdout.contains(env!("CARGO_PKG_VERSION")), "{}", version.stdout);
    for written in [BINARY, RECORD] {
        assert!(
            out.contains(&format!("wrote {}\n", home.at(written).display())),
            "{out}"
        );
    }
    assert!(!home.at(POLICY).exists(), "no grants, no policy");
    assert!(
        out.contains("reload the extension in: Chromium, Google Chrome"),
        "{out}"
    );
}

#[test]
fn a_second_time_changes_nothing() {
    let home = Home::new();
    let arguments = [&install(ID)[..], &["--allow-listen", "127.0.0.1:8080"]].concat();
    home.succeed(&arguments);
    let before = home.tree();
    let out = home.succeed(&arguments);
    assert_eq!(home.tree(), before);
    assert!(!out.contains("wrote"), "{out}");
    assert!(
        out.contains(&format!("kept {}\n", home.at(CHROMIUM).display())),
        "{out}"
    );
}

#[test]
fn the_installed_copy_can_install_itself() {
    let home = Home::new();
    home.succeed(&install(ID));
    let before = home.tree();
    let mut command = std::process::Command::new(home.at(BINARY));
    let ended = ended(command.args(install(ID)).env_clear().env("HOME", &home.path));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(home.tree(), before);
}

#[test]
fn ids_add_up() {
    let home = Home::new();
    home.succeed(&install(ID));
    home.succeed(&[
        "install",
        "--extension-id",
        OTHER,
        "--extension-id",
        ID,
        "--browser",
        "chromium",
    ]);
    let both = json!([
        format!("chrome-extension://{ID}/"),
        format!("chrome-extension://{OTHER}/")
    ]);
    assert_eq!(home.json(CHROMIUM)["allowed_origins"], both);
    assert_eq!(
        home.json(CHROME)["allowed_origins"],
        json!([format!("chrome-extension://{ID}/")])
    );
}

#[test]
fn a_named_browser_need_not_have_been_started() {
    let home = Home::bare("home");
    home.succeed(&["install", "--extension-id", ID, "--browser", "brave"]);
    let hosts = ".config/BraveSoftware/Brave-Browser/NativeMessagingHosts";
    assert!(home.at(hosts).join("org.chrome_sockets.host.json").is_file());
    assert_eq!(home.mode(hosts), 0o700);
    assert!(!home.at(CHROMIUM).exists());
}

#[test]
fn a_user_data_directory_has_its_own_manifest() {
    let home = Home::new();
    home.succeed(&["install", "--extension-id", ID, "--user-data-dir", "profiles/test"]);
    let manifest = "profiles/test/NativeMessagingHosts/org.chrome_sockets.host.json";
    assert_eq!(home.json(manifest)["path"], json!(home.at(BINARY)));
    assert!(!home.at(CHROMIUM).exists(), "only what was named");
}

#[test]
fn another_name_is_another_file() {
    let home = Home::new();
    home.succeed(&["install", "--extension-id", ID, "--name", "com.example.mine"]);
    let manifest = ".config/chromium/NativeMessagingHosts/com.example.mine.json";
    assert_eq!(home.json(manifest)["name"], "com.example.mine");
    assert!(!home.at(CHROMIUM).exists());
}

#[test]
fn each_family_gets_its_own_ids() {
    let home = Home::new();
    home.make(".mozilla");
    home.succeed(&["install", "--extension-id", ID, "--extension-id", ADD_ON]);
    assert_eq!(home.json(FIREFOX)["allowed_extensions"], json!([ADD_ON]));
    assert_eq!(home.json(FIREFOX)["allowed_origins"], Value::Null);
    assert_eq!(
        home.json(CHROME)["allowed_origins"],
        json!([format!("chrome-extension://{ID}/")])
    );
    assert_eq!(home.json(CHROME)["allowed_extensions"], Value::Null);
}

#[test]
fn an_id_without_a_browser_and_a_browser_without_an_id_are_refused() {
    let bare = Home::bare("home");
    let error = bare.refuse(&install(ID));
    assert!(
        error.contains("--browser") && error.contains("--user-data-dir"),
        "{error}"
    );
    let home = Home::new();
    assert!(home.refuse(&install(ADD_ON)).contains(ADD_ON));
    let error = home.refuse(&["install", "--extension-id", ID, "--browser", "firefox"]);
    assert!(error.contains("Firefox"), "{error}");
}

#[test]
fn xdg_directories_are_followed() {
    let home = Home::bare("home");
    home.make("c/chromium");
    let mut command = home.command(&["install", "--extension-id", ID, "--allow-listen", "*:80"]);
    command
        .env("XDG_CONFIG_HOME", home.at("c"))
        .env("XDG_DATA_HOME", home.at("d"));
    let ended = ended(&mut command);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let manifest = home.json("c/chromium/NativeMessagingHosts/org.chrome_sockets.host.json");
    assert_eq!(
        manifest["path"],
        json!(home.at("d/chrome-sockets/bin/chrome-sockets-host"))
    );
    assert!(home.at("c/chrome-sockets/policy.json").is_file());
    assert!(!home.at(".config").exists() && !home.at(".local").exists());
}

#[test]
fn grants_go_to_a_private_policy() {
    let home = Home::new();
    let out = home.succeed(&[
        "install",
        "--extension-id",
        ID,
        "--allow-listen",
        "0.0.0.0:8080",
        "--allow-listen",
        "[::]:8080",
        "--allow-connect",
        "*.Example.COM:443",
    ]);
    let entry = json!({
        "tcpServer": {"listen": ["0.0.0.0:8080", "[::]:8080"]},
        "tcp": {"connect": ["*.example.com:443"]},
    });
    assert_eq!(home.json(POLICY), json!({"extensions": {ID: entry}}));
    assert_eq!(home.mode(POLICY), 0o600);
    assert_eq!(home.mode(".config/chrome-sockets"), 0o700);
    assert!(
        out.contains("  listen on port 8080, where other computers can reach it\n"),
        "{out}"
    );
    assert!(out.contains("connect to port 443 of example.com"), "{out}");
}

#[test]
fn grants_are_merged_with_what_stands_there() {
    let home = Home::new();
    home.put(POLICY, r#"{"note":"mine","extensions":{"x":{"udp":{}}}}"#);
    home.succeed(&["install", "--extension-id", ID, "--allow-listen", ":80"]);
    let expected = json!({
        "note": "mine",
        "extensions": {"x": {"udp": {}}, ID: {"tcpServer": {"listen": ["*:80"]}}},
    });
    assert_eq!(home.json(POLICY), expected);
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let home = Home::new();
    let arguments = [&install(ID)[..], &["--allow-listen", "*:80"]].concat();
    let before = home.tree();
    let would = home.succeed(&[&arguments[..], &["--dry-run"]].concat());
    assert_eq!(home.tree(), before);
    let did = home.succeed(&arguments);
    assert_eq!(would.replace("would write", "wrote"), did);
    assert!(did.contains("wrote"), "{did}");
}

#[test]
fn usage_errors_end_with_code_2_and_change_nothing() {
    let home = Home::new();
    let before = home.tree();
    for (arguments, part) in [
        (&[][..], "Usage"),
        (&["install"], "--extension-id"),
        (&install("abc"), "32 letters a to p"),
        (
            &["install", "--extension-id", ID, "--allow-listen", "a:80-90"],
            "Invalid host:port pattern 'a:80-90'",
        ),
        (
            &["install", "--extension-id", ID, "--allow-connect", " a"],
            "Invalid host:port pattern ' a'",
        ),
        (&["install", "--extension-id", ID, "--name", "../x"], "host name"),
    ] {
        let ended = home.run(arguments);
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{arguments:?}");
        assert!(ended.stderr.contains(part), "{arguments:?}: {}", ended.stderr);
    }
    assert_eq!(home.tree(), before);
}

#[test]
fn the_paths_in_manifests_are_absolute() {
    let home = Home::new();
    home.succeed(&install(ID));
    let path = home.json(CHROMIUM)["path"].as_str().expect("a path").to_owned();
    assert!(Path::new(&path).is_absolute());
}
