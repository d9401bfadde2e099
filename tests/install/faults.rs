//! Faults that are planted, which `doctor` finds, and which the line that it prints mends.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::home::{BINARY, CHROMIUM, FIREFOX, Home, ID, POLICY, RECORD, ended};

const ADD_ON: &str = "my-add-on@example.org";

/// What is wrong, the check that must say so, and how it comes to be.
type Fault = (&'static str, &'static str, fn(&Home));

const FAULTS: &[Fault] = &[
    ("the manifest is gone", "manifest-missing", |home| {
        remove(home, CHROMIUM)
    }),
    ("Firefox's manifest is gone", "manifest-missing", |home| {
        remove(home, FIREFOX)
    }),
    ("the manifest is cut off", "manifest-json", |home| {
        put(home, CHROMIUM, "{\"name\": ")
    }),
    ("the manifest is empty", "manifest-json", |home| put(home, CHROMIUM, "")),
    ("the manifest is a list", "manifest-json", |home| {
        put(home, CHROMIUM, "[]")
    }),
    ("a directory is in its place", "manifest-file", |home| {
        remove(home, CHROMIUM);
        home.make(CHROMIUM);
    }),
    ("the manifest is a link to nothing", "manifest-file", |home| {
        remove(home, CHROMIUM);
        symlink(home.at("nowhere"), home.at(CHROMIUM)).expect("a link");
    }),
    ("its directory is a link to nothing", "manifest-directory", |home| {
        let directory = home.at(CHROMIUM).parent().expect("a parent").to_owned();
        fs::remove_dir_all(&directory).expect("removed");
        symlink(home.at("nowhere"), directory).expect("a link");
    }),
    ("the name is another", "manifest-name", |home| {
        set(home, CHROMIUM, "name", json!("com.example"))
    }),
    ("the type is another", "manifest-type", |home| {
        set(home, CHROMIUM, "type", json!("socket"))
    }),
    ("the origin has no slash", "manifest-origins", |home| {
        set(
            home,
            CHROMIUM,
            "allowed_origins",
            json!([format!("chrome-extension://{ID}")]),
        );
    }),
    ("the origin is Edge's", "manifest-origins", |home| {
        set(home, CHROMIUM, "allowed_origins", json!([format!("extension://{ID}/")]));
    }),
    ("the origin is a pattern", "manifest-origins", |home| {
        set(home, CHROMIUM, "allowed_origins", json!(["chrome-extension://*/"]));
    }),
    ("nobody is allowed", "manifest-origins", |home| {
        set(home, CHROMIUM, "allowed_origins", json!([]))
    }),
    ("the origins are no list", "manifest-origins", |home| {
        set(home, CHROMIUM, "allowed_origins", json!("x"))
    }),
    ("the list is the other family's", "manifest-origins", |home| {
        let origin = json!([format!("chrome-extension://{ID}/")]);
        set(home, FIREFOX, "allowed_extensions", origin);
    }),
    ("the path is relative", "manifest-path", |home| {
        set(home, CHROMIUM, "path", json!("bin/chrome-sockets-host"))
    }),
    ("the program was moved", "manifest-path", |home| {
        set(home, CHROMIUM, "path", json!(home.at("old/chrome-sockets-host")));
    }),
    ("it starts another program", "manifest-path", |home| {
        set(home, CHROMIUM, "path", json!("/bin/true"))
    }),
    ("the program is gone", "program-missing", |home| remove(home, BINARY)),
    ("the program is a link to nothing", "program-file", |home| {
        remove(home, BINARY);
        symlink(home.at("nowhere"), home.at(BINARY)).expect("a link");
    }),
    ("a directory is in the program's place", "program-file", |home| {
        remove(home, BINARY);
        home.make(BINARY);
    }),
    ("the program may not be executed", "program-mode", |home| {
        mode(home, BINARY, 0o644)
    }),
    ("the program is for another machine", "program-architecture", |home| {
        edit_program(home, |program| program[18] ^= 0x55);
    }),
    ("the program is cut off", "program-architecture", |home| {
        edit_program(home, |program| program.truncate(10))
    }),
    ("the program is damaged", "program-start", |home| {
        edit_program(home, |program| program.truncate(64))
    }),
    ("the program is older", "program-version", |home| {
        edit_program(home, |program| {
            let version = env!("CARGO_PKG_VERSION").as_bytes();
            let places: Vec<_> = (0..program.len() - version.len())
                .filter(|&at| program[at..].starts_with(version))
                .collect();
            for at in places {
                program[at..at + version.len()].copy_from_slice(b"0.0.9");
            }
        });
    }),
    ("the policy is not JSON", "policy-json", |home| put(home, POLICY, "{")),
    ("the policy is no object", "policy-json", |home| put(home, POLICY, "7")),
    ("the policy's extensions are a list", "policy-json", |home| {
        put(home, POLICY, r#"{"extensions": []}"#)
    }),
    ("an entry is misshapen", "policy-entry", |home| {
        put(
            home,
            POLICY,
            &json!({"extensions": {ID: {"tcp": {"connect": ["a:0"]}}}}).to_string(),
        );
    }),
    ("the policy can be written by all", "policy-mode", |home| {
        mode(home, POLICY, 0o666)
    }),
    (
        "the policy's directory can be written by the group",
        "policy-mode",
        |home| {
            mode(home, ".config/chrome-sockets", 0o770);
        },
    ),
    ("the policy is a link to nothing", "policy-file", |home| {
        remove(home, POLICY);
        symlink(home.at("nowhere"), home.at(POLICY)).expect("a link");
    }),
    ("the policy is a directory", "policy-file", |home| {
        remove(home, POLICY);
        home.make(POLICY);
    }),
    ("everybody may connect", "policy-exposure", |home| {
        home.succeed(&["grant", "--extension-id", ID, "--allow-listen", "0.0.0.0:8080"]);
    }),
    ("everybody may send", "policy-exposure", |home| {
        put(
            home,
            POLICY,
            &json!({"extensions": {ID: {"udp": {"bind": ":53"}}}}).to_string(),
        );
    }),
    ("the record is not JSON", "record", |home| put(home, RECORD, "{")),
];

fn remove(home: &Home, path: &str) {
    fs::remove_file(home.at(path)).expect("removed");
}

fn put(home: &Home, path: &str, text: &str) {
    fs::write(home.at(path), text).expect("a file");
}

fn mode(home: &Home, path: &str, mode: u32) {
    fs::set_permissions(home.at(path), fs::Permissions::from_mode(mode)).expect("a mode");
}

fn set(home: &Home, path: &str, key: &str, value: Value) {
    let mut manifest = home.json(path);
    manifest[key] = value;
    put(home, path, &manifest.to_string());
}

fn edit_program(home: &Home, edit: fn(&mut Vec<u8>)) {
    let mut program = fs::read(home.at(BINARY)).expect("the program");
    edit(&mut program);
    remove(home, BINARY);
    fs::write(home.at(BINARY), program).expect("a file");
    mode(home, BINARY, 0o755);
}

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
