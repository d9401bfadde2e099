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

#[test]
fn each_planted_fault_is_found_and_its_line_mends_it() {
    for (what, check, plant) in FAULTS {
        let home = healthy();
        let (code, findings) = doctor(&home);
        assert!(
            troubles(&findings).is_empty() && code == Some(0),
            "before {what}: {findings:#?}"
        );
        plant(&home);
        let (code, findings) = doctor(&home);
        let troubles_found = troubles(&findings);
        let [trouble] = &troubles_found[..] else {
            panic!("{what}: {troubles_found:#?}");
        };
        assert_eq!(trouble["check"], *check, "{what}: {trouble:#}");
        assert_eq!(code, Some(i32::from(trouble["verdict"] == "FAIL")), "{what}");
        let before = home.tree();
        doctor(&home);
        assert!(home.tree() == before, "doctor changed something: {what}");
        paste(
            &home,
            trouble["fix"].as_str().unwrap_or_else(|| panic!("{what} has no fix")),
        );
        let (code, findings) = doctor(&home);
        let left = troubles(&findings);
        assert!(left.is_empty() && code == Some(0), "{what} is not mended: {left:#?}");
    }
}

/// What `--fix` does itself: everything that a new installation mends. The rest stays as it is.
#[test]
fn fix_installs_again_and_leaves_grants_to_the_person() {
    let mut mended = 0;
    for (what, check, plant) in FAULTS {
        let home = healthy();
        plant(&home);
        let policy = fs::read(home.at(POLICY)).ok();
        let (_, findings) = doctor(&home);
        let ended = home.run(&["doctor", "--fix"]);
        let fix = troubles(&findings)[0]["fix"].as_str().expect("a fix").to_owned();
        let by_itself = fix.contains(" install ") && !fix.contains(" && ");
        if by_itself {
            mended += 1;
            assert_eq!(ended.code, Some(0), "{what}: {}", ended.stdout);
            assert!(
                ended.stdout.starts_with(&format!("fixed by: {fix}\n")),
                "{what}: {}",
                ended.stdout
            );
        } else {
            assert!(ended.stdout.contains(check), "{what}: {}", ended.stdout);
        }
        assert_eq!(
            fs::read(home.at(POLICY)).ok(),
            policy,
            "{what}: the policy is the person's"
        );
    }
    assert!(mended >= 12, "{mended}");
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
