//! Faults that are planted, which `doctor` finds, and which the line that it prints mends.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::faults::{FAULTS, put};
use crate::home::{CHROMIUM, Home, ID, POLICY, ended};

const ADD_ON: &str = "my-add-on@example.org";

/// A home in which everything is in order.
fn healthy() -> Home {
    let home = Home::named("it's a home");
    home.make(".mozilla");
    home.succeed(&[
        "install",
        "--extension-id",
        ID,
        "--extension-id",
        ADD_ON,
        "--allow-connect",
        "*:80",
    ]);
    home
}

/// Exit code and findings.
fn doctor(home: &Home) -> (Option<i32>, Vec<Value>) {
    let ended = home.run(&["doctor", "--json"]);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stderr));
    assert_eq!(report["healthy"], ended.code == Some(0));
    (ended.code, report["findings"].as_array().expect("findings").clone())
}

fn troubles(findings: &[Value]) -> Vec<&Value> {
    let trouble = |finding: &&Value| finding["verdict"] == "FAIL" || finding["verdict"] == "WARN";
    findings.iter().filter(trouble).collect()
}

/// Runs a line as a person who pastes it.
fn paste(home: &Home, line: &str) {
    let mut shell = Command::new("sh");
    shell
        .args(["-ec", line])
        .env_clear()
        .env("HOME", &home.path)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null());
    let ended = ended(&mut shell);
    assert_eq!(ended.code, Some(0), "{line}: {}", ended.stderr);
}

/// After a repair that put files aside or cleared grants, as before it.
fn restore(home: &Home) {
    for path in home
        .tree()
        .into_keys()
        .rev()
        .filter(|path| path.to_string_lossy().ends_with(".broken"))
    {
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
    }
    home.succeed(&["grant", "--extension-id", ID, "--allow-connect", "*:80"]);
}

/// One home for all, so that every repair has to leave it whole for the next fault.
#[test]
fn each_planted_fault_is_found_and_its_line_mends_it() {
    let home = healthy();
    let (code, findings) = doctor(&home);
    assert!(troubles(&findings).is_empty() && code == Some(0), "{findings:#?}");
    for (what, check, plant) in FAULTS {
        plant(&home);
        let before = home.tree();
        let (code, findings) = doctor(&home);
        assert!(home.tree() == before, "doctor changed something: {what}");
        let troubles_found = troubles(&findings);
        let [trouble] = &troubles_found[..] else {
            panic!("{what}: {troubles_found:#?}");
        };
        assert_eq!(trouble["check"], *check, "{what}: {trouble:#}");
        assert_eq!(code, Some(i32::from(trouble["verdict"] == "FAIL")), "{what}");
        paste(
            &home,
            trouble["fix"].as_str().unwrap_or_else(|| panic!("{what} has no fix")),
        );
        restore(&home);
        let (code, findings) = doctor(&home);
        let left = troubles(&findings);
        assert!(left.is_empty() && code == Some(0), "{what} is not mended: {left:#?}");
    }
}

/// What `--fix` does itself: everything that a new installation mends. The rest stays as it is.
#[test]
fn fix_installs_again_and_leaves_grants_to_the_person() {
    let home = healthy();
    let mut mended = 0;
    for (what, check, plant) in FAULTS {
        plant(&home);
        let policy = fs::read(home.at(POLICY)).ok();
        let (_, findings) = doctor(&home);
        let fix = troubles(&findings)[0]["fix"].as_str().expect("a fix").to_owned();
        let ended = home.run(&["doctor", "--fix"]);
        assert_eq!(
            fs::read(home.at(POLICY)).ok(),
            policy,
            "{what}: the policy is the person's"
        );
        if fix.contains(" install ") && !fix.contains(" && ") {
            mended += 1;
            assert_eq!(ended.code, Some(0), "{what}: {}", ended.stdout);
            let said = format!("fixed by: {fix}\n");
            assert!(ended.stdout.starts_with(&said), "{what}: {}", ended.stdout);
        } else {
            assert!(ended.stdout.contains(check), "{what}: {}", ended.stdout);
            paste(&home, &fix);
            restore(&home);
        }
    }
    assert!(mended >= 12, "{mended}");
}

#[test]
fn what_cannot_be_fixed_is_said_with_the_reason() {
    let home = healthy();
    fs::remove_file(home.at(CHROMIUM)).expect("removed");
    // What stands in it was perhaps written by somebody else, so nothing is built on it.
    fs::set_permissions(home.at(POLICY), std::os::unix::fs::PermissionsExt::from_mode(0o666)).expect("a mode");
    let before = home.tree();
    let ended = home.run(&["doctor", "--fix"]);
    assert_eq!((ended.code, &*ended.stderr), (Some(1), ""), "{}", ended.stdout);
    assert!(ended.stdout.starts_with("not fixed: "), "{}", ended.stdout);
    assert!(ended.stdout.contains("chmod go-w"), "{}", ended.stdout);
    let report: Value = serde_json::from_str(&home.run(&["doctor", "--fix", "--json"]).stdout).expect("JSON");
    let [failed] = &report["notFixed"].as_array().expect("a list")[..] else {
        panic!("{report:#}");
    };
    assert!(
        failed["reason"]
            .as_str()
            .is_some_and(|reason| reason.contains("chmod go-w")),
        "{report:#}"
    );
    assert_eq!(report["fixed"], serde_json::json!([]));
    assert_eq!(home.tree(), before);
}

#[test]
fn a_policy_of_somebody_else_is_found() {
    let home = healthy();
    if std::os::unix::fs::chown(home.at(POLICY), Some(54321), None).is_err() {
        println!("SKIPPED: only root can give files away");
        return;
    }
    let (_, findings) = doctor(&home);
    let trouble = troubles(&findings)[0].clone();
    assert_eq!(trouble["check"], "policy-owner");
    paste(&home, trouble["fix"].as_str().expect("a fix"));
    assert!(troubles(&doctor(&home).1).is_empty());
}

#[test]
fn nothing_installed_is_a_failure_with_the_command_to_begin_with() {
    let home = Home::new();
    let (code, findings) = doctor(&home);
    assert_eq!(code, Some(1));
    assert_eq!(findings[0]["check"], "installed");
    assert!(
        findings[0]["fix"]
            .as_str()
            .expect("a fix")
            .ends_with(" install path/to/your-extension"),
        "{findings:#?}"
    );
}

#[test]
fn why_an_extension_cannot_connect() {
    let home = healthy();
    let asked = crate::home::OTHER;
    let ask = |code| {
        let ended = home.run(&["doctor", "--extension-id", asked, "--json"]);
        assert_eq!(ended.code, Some(code), "{}", ended.stdout);
        let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
        report["findings"].as_array().expect("findings").clone()
    };
    let findings = ask(1);
    let troubles_found = troubles(&findings);
    assert_eq!(troubles_found.len(), 2, "Chromium and Chrome: {troubles_found:#?}");
    for trouble in troubles_found {
        assert_eq!(trouble["check"], "extension");
        paste(&home, trouble["fix"].as_str().expect("a fix"));
    }
    let findings = ask(0);
    let line = |part: &str| {
        findings
            .iter()
            .any(|finding| finding["line"].as_str().is_some_and(|line| line.contains(part)))
    };
    assert!(line(&format!("Chromium lets {asked} start the host")), "{findings:#?}");
    assert!(
        line(&format!("{asked} may listen on any port of this computer")),
        "{findings:#?}"
    );
}

#[test]
fn what_a_folder_declares_is_compared_with_what_was_granted() {
    let home = healthy();
    let sockets = serde_json::json!({
        "tcpServer": {"listen": ["127.0.0.1:8080", "0.0.0.0:81"]},
        "tcp": {"connect": ["a.invalid:80", "*.b.invalid:*"]},
        "udp": {"multicastMembership": ""},
    });
    home.put(
        "extension/manifest.json",
        &serde_json::json!({"name": "Printer", "sockets": sockets}).to_string(),
    );
    let ask = || -> Vec<Value> {
        let ended = home.run(&["doctor", "extension", "--json"]);
        let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
        troubles(report["findings"].as_array().expect("findings"))
            .into_iter()
            .cloned()
            .collect()
    };
    let checks = |found: &[Value]| -> Vec<String> {
        found
            .iter()
            .map(|finding| finding["check"].as_str().expect("a name").to_owned())
            .collect()
    };
    let found = ask();
    let missing = ["extension", "extension", "extension-manifest", "extension-grants"];
    assert_eq!(checks(&found), missing, "{found:#?}");
    paste(&home, found[0]["fix"].as_str().expect("a fix"));
    paste(&home, found[1]["fix"].as_str().expect("a fix"));
    // One of its ports it may have by default, but a list that is begun for the other ends that.
    paste(&home, found[3]["fix"].as_str().expect("a fix"));
    assert_eq!(checks(&ask()), ["extension-manifest", "policy-exposure"]);
}

#[test]
fn what_a_folder_declares_may_be_granted_by_default_or_by_more() {
    let home = healthy();
    let sockets = serde_json::json!({"tcpServer": {"listen": "127.0.0.1:8080"}, "tcp": {"connect": "a.invalid:80"}});
    let manifest = serde_json::json!({"name": "n", "permissions": ["nativeMessaging"], "sockets": sockets});
    home.put("extension/manifest.json", &manifest.to_string());
    let dry: Value =
        serde_json::from_str(&home.succeed(&["install", "extension", "--dry-run", "--json"])).expect("JSON");
    let id = dry["extensions"][0]["id"].as_str().expect("an id");
    home.succeed(&["install", "--extension-id", id, "--allow-connect", "*:*"]);
    home.succeed(&["doctor", "extension"]);
    let out = home.succeed(&["grant", "--extension-id", id, "--allow-listen", "127.0.0.1:9"]);
    assert!(
        out.contains("Until now it might listen on any port of this computer"),
        "{out}"
    );
    let out = home.succeed(&["doctor", "extension"]);
    assert!(
        out.contains("WARN  extension-grants: n declares, but was not granted to: listen on port 8080"),
        "{out}"
    );
}

#[test]
fn the_text_is_a_line_for_each_and_a_line_to_paste() {
    let home = healthy();
    let out = home.succeed(&["doctor"]);
    assert!(
        out.lines().count() == out.lines().filter(|line| line.starts_with("PASS  ")).count() + 1,
        "{out}"
    );
    assert!(out.ends_with("Everything is in order.\n"), "{out}");
    put(&home, CHROMIUM, "\u{1b}[2J");
    let ended = home.run(&["doctor"]);
    assert_eq!((ended.code, &*ended.stderr), (Some(1), ""));
    assert!(
        ended.stdout.contains("FAIL  manifest-json: Chromium: "),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("\n      fix: mv '"), "{}", ended.stdout);
    assert!(!ended.stdout.contains('\u{1b}'));
}

/// The documents explain each line that there is, and no other.
#[test]
fn every_check_has_its_section() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/troubleshooting.md");
    let document = fs::read_to_string(path).expect("docs/troubleshooting.md");
    let sections: Vec<_> = document.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    assert_eq!(sections, chrome_sockets_host::doctor::CHECKS);
}
