//! `uninstall` removes exactly what `install` wrote.

use std::fs;

use serde_json::json;

use crate::home::{BINARY, CHROME, CHROMIUM, Home, ID, OTHER, POLICY, RECORD};

#[test]
fn no_trace_is_left() {
    let home = Home::new();
    let before = home.tree();
    home.succeed(&["install", "--extension-id", ID, "--allow-listen", "*:80"]);
    home.succeed(&[
        "install",
        "--extension-id",
        OTHER,
        "--user-data-dir",
        "new/profile",
        "--name",
        "a.b",
    ]);
    home.succeed(&["install", "--extension-id", "a@b", "--browser", "firefox"]);
    let out = home.succeed(&["uninstall"]);
    assert_eq!(home.tree(), before);
    for path in [
        CHROMIUM,
        CHROME,
        BINARY,
        POLICY,
        RECORD,
        "new/profile/NativeMessagingHosts/a.b.json",
    ] {
        assert!(
            out.contains(&format!("removed {}\n", home.at(path).display())),
            "{path}: {out}"
        );
    }
    assert_eq!(home.succeed(&["uninstall"]), "Nothing of ours was found.\n");
}

/// A browser's profile may be deleted before, and our manifest with it.
#[test]
fn grants_go_with_manifests_that_are_gone_already() {
    let home = Home::new();
    home.succeed(&["install", "--extension-id", ID, "--allow-listen", "*:80"]);
    home.succeed(&["grant", "--extension-id", OTHER, "--allow-listen", "*:81"]);
    for profile in [".config/chromium", ".config/google-chrome"] {
        fs::remove_dir_all(home.at(profile)).expect("removed");
    }
    home.succeed(&["uninstall"]);
    let left = json!({"extensions": {OTHER: {"tcpServer": {"listen": ["*:81"]}}}});
    assert_eq!(home.json(POLICY), left, "what install did not bring stays");
}

#[test]
fn a_dry_run_says_the_same_and_removes_nothing() {
    let home = Home::new();
    home.succeed(&["install", "--extension-id", ID, "--allow-listen", "*:80"]);
    let before = home.tree();
    let would = home.succeed(&["uninstall", "--dry-run"]);
    assert_eq!(home.tree(), before);
    assert_eq!(would.replace("would remove", "removed"), home.succeed(&["uninstall"]));
}

#[test]
fn one_id_goes_and_the_others_stay() {
    let home = Home::new();
    let both = [
        "install",
        "--extension-id",
        ID,
        "--extension-id",
        OTHER,
        "--allow-listen",
        "*:80",
    ];
    home.succeed(&both);
    home.succeed(&["uninstall", "--extension-id", ID]);
    for manifest in [CHROMIUM, CHROME] {
        assert_eq!(
            home.json(manifest)["allowed_origins"],
            json!([format!("chrome-extension://{OTHER}/")])
        );
    }
    assert_eq!(
        home.json(POLICY),
        json!({"extensions": {OTHER: {"tcpServer": {"listen": ["*:80"]}}}})
    );
    assert!(home.at(BINARY).exists());
    home.succeed(&["uninstall", "--extension-id", OTHER]);
    for path in [CHROMIUM, CHROME, POLICY, BINARY, RECORD, ".local"] {
        assert!(!home.at(path).exists(), "{path}");
    }
}

#[test]
fn one_browser_goes_and_the_other_still_works() {
    let home = Home::new();
    home.succeed(&["install", "--extension-id", ID, "--allow-listen", "*:80"]);
    let before = home.tree();
    home.succeed(&["uninstall", "--browser", "chromium"]);
    assert!(!home.at(".config/chromium/NativeMessagingHosts").exists());
    for path in [CHROME, BINARY, POLICY] {
        assert_eq!(home.tree()[&home.at(path)], before[&home.at(path)], "{path}");
    }
    assert_eq!(home.json(RECORD)["manifests"], json!([home.at(CHROME)]));
    home.succeed(&["uninstall", "--browser", "chrome"]);
    assert!(!home.at(".local").exists() && !home.at(".config/chrome-sockets").exists());
}

#[test]
fn what_others_wrote_stays() {
    let home = Home::new();
    let foreign = ".config/chromium/NativeMessagingHosts/com.example.keeper.json";
    home.put(foreign, "{}");
    home.make(".config/google-chrome/NativeMessagingHosts");
    home.put(POLICY, r#"{"extensions":{"x":{}}}"#);
    let policy = home.json(POLICY);
    home.make(".local/share");
    let before = home.tree();
    home.succeed(&["install", "--extension-id", ID, "--allow-listen", "*:80"]);
    home.succeed(&["uninstall"]);
    assert_eq!(home.json(POLICY), policy);
    let mut after = home.tree();
    let policy = home.at(POLICY);
    assert!(after.remove(&policy).is_some());
    let mut before = before;
    before.remove(&policy);
    assert_eq!(after, before, "and directories that were there");
}

#[test]
fn files_that_are_not_ours_are_named_and_left() {
    let home = Home::new();
    home.succeed(&["install", "--extension-id", ID]);
    let foreign = r#"{"name":"org.chrome_sockets.host","path":"/opt/other"}"#;
    home.put(CHROMIUM, foreign);
    home.put(POLICY, "not JSON");
    let out = home.succeed(&["uninstall"]);
    assert!(
        out.contains(&format!("left {}: ", home.at(CHROMIUM).display())),
        "{out}"
    );
    assert!(out.contains(&format!("left {}: ", home.at(POLICY).display())), "{out}");
    assert_eq!(fs::read_to_string(home.at(CHROMIUM)).expect("left"), foreign);
    assert_eq!(fs::read_to_string(home.at(POLICY)).expect("left"), "not JSON");
    assert!(!home.at(CHROME).exists() && !home.at(".local").exists());
}

#[test]
fn without_a_record_the_usual_places_are_searched() {
    let home = Home::new();
    home.succeed(&["install", "--extension-id", ID]);
    fs::remove_file(home.at(RECORD)).expect("removed");
    home.succeed(&["uninstall"]);
    for path in [CHROMIUM, CHROME, BINARY] {
        assert!(!home.at(path).exists(), "{path}");
    }
}
