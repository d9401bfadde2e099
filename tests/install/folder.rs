//! `install <extension folder>`: what it reads, shows, asks and writes.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

use chrome_sockets_host::install::{self, Error, Install, Scope};
use chrome_sockets_host::paths::{Environment, Platform};
use serde_json::{Value, json};

use crate::home::{BINARY, CHROMIUM, FIREFOX, Home, POLICY, ended};

/// The example's key and the id that browsers show for it.
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/tabs-api/manifest.json");
const EXAMPLE_ID: &str = "phkgojlaeaakjkhacmndamfcagbjincc";

fn put_extension(home: &Home, manifest: &Value) {
    home.put("extension/manifest.json", &manifest.to_string());
}

fn manifest() -> Value {
    json!({
        "name": "Printer", "permissions": ["nativeMessaging"],
        "sockets": {"tcpServer": {"listen": "127.0.0.1:8080"}, "tcp": {"connect": "*"}},
    })
}

#[test]
fn the_manifest_tells_id_and_grants() {
    let home = Home::new();
    let mut with_key = manifest();
    let example: Value = serde_json::from_str(&fs::read_to_string(EXAMPLE).expect("the example")).expect("JSON");
    with_key["key"] = example["key"].clone();
    put_extension(&home, &with_key);
    let out = home.succeed(&["install", "extension", "--yes"]);
    assert_eq!(
        home.json(CHROMIUM)["allowed_origins"],
        json!([format!("chrome-extension://{EXAMPLE_ID}/")])
    );
    let granted = json!({"tcpServer": {"listen": ["127.0.0.1:8080"]}, "tcp": {"connect": ["*:*"]}});
    assert_eq!(home.json(POLICY), json!({"extensions": {EXAMPLE_ID: granted}}));
    for part in [
        &*format!("Printer {EXAMPLE_ID} may:\n"),
        "  listen on port 8080 of this computer\n",
        "  connect to any host\n",
        "reload the extension",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    home.succeed(&["uninstall"]);
    assert!(!home.at(POLICY).exists() && !home.at(BINARY).exists());
}

/// `sha256sum` of the path gives the digits; tests/browser compares with real Chromium.
#[test]
fn without_a_key_the_folders_real_path_makes_the_id() {
    let home = Home::new();
    put_extension(&home, &manifest());
    symlink(home.at("extension"), home.at("link")).expect("a link");
    let id = |folder: &str| {
        let report = home.succeed(&["install", folder, "--dry-run", "--json"]);
        let report: Value = serde_json::from_str(&report).expect("JSON");
        report["extensions"][0]["id"].as_str().expect("an id").to_owned()
    };
    let expected = id("extension");
    let path = home.at("extension");
    let sum = std::process::Command::new("sha256sum")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut sum = sum.expect("sha256sum");
    let text = path.to_str().expect("UTF-8").as_bytes();
    sum.stdin.take().expect("a pipe").write_all(text).expect("written");
    let digits = String::from_utf8(sum.wait_with_output().expect("ended").stdout).expect("text");
    let letters: String = digits[..32]
        .chars()
        .map(|digit| char::from(b'a' + u8::try_from(digit.to_digit(16).expect("a digit")).expect("small")))
        .collect();
    assert_eq!(expected, letters);
    for same in [
        "extension/",
        "./extension/../extension",
        "link",
        "link/",
        "extension/manifest.json",
    ] {
        assert_eq!(id(same), expected, "{same}");
    }
}

#[test]
fn nobody_to_ask_is_a_refusal_and_a_dry_run_needs_no_answer() {
    let home = Home::new();
    put_extension(&home, &manifest());
    let error = home.refuse(&["install", "extension"]);
    assert!(error.contains("--yes") && error.contains("--dry-run"), "{error}");
    home.refuse(&["install", "extension", "--json"]);
    let out = home.succeed(&["install", "extension", "--dry-run"]);
    assert!(
        out.contains("would write") && out.contains("connect to any host"),
        "{out}"
    );
    assert!(!home.at(CHROMIUM).exists());
}

/// `script` gives the program a terminal.
#[test]
fn at_a_terminal_it_asks_once() {
    let home = Home::new();
    put_extension(&home, &manifest());
    let answer = |text: &str| {
        let mut command = home.command(&[]);
        let terminal = format!("{} install extension", crate::home::PROGRAM);
        let mut terminal_command = std::process::Command::new("script");
        terminal_command
            .args(["--quiet", "--return", "--command", &terminal, "/dev/null"])
            .env_clear()
            .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .current_dir(&home.path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command.stdin(Stdio::null());
        let mut child = terminal_command.spawn().expect("script, from util-linux");
        child
            .stdin
            .take()
            .expect("a pipe")
            .write_all(text.as_bytes())
            .expect("written");
        let output = child.wait_with_output().expect("ended");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    for no in ["n\n", "\n", "yesterday\n"] {
        let (code, out) = answer(no);
        assert_eq!(code, Some(1), "{out}");
        assert!(out.contains("nothing was changed"), "{out}");
        assert!(!home.at(".local").exists(), "{no:?}");
    }
    let (code, out) = answer("Yes\n");
    assert_eq!(code, Some(0), "{out}");
    for part in [
        "Printer (",
        "would be allowed to:",
        "Browsers: Chromium, Google Chrome",
        "Install it? [y/N]",
    ] {
        assert_eq!(out.matches(part).count(), 1, "{part}: {out}");
    }
    assert!(home.at(CHROMIUM).exists());
}

#[test]
fn each_family_that_is_here_is_served() {
    let home = Home::new();
    let mut both = manifest();
    both["browser_specific_settings"] = json!({"gecko": {"id": "printer@example.org"}});
    put_extension(&home, &both);
    home.succeed(&["install", "extension", "--yes"]);
    assert!(!home.at(FIREFOX).exists(), "there is no Firefox");
    home.make(".mozilla");
    home.succeed(&["install", "extension", "--yes"]);
    assert_eq!(home.json(FIREFOX)["allowed_extensions"], json!(["printer@example.org"]));
    let policy = home.json(POLICY);
    assert_eq!(policy["extensions"].as_object().expect("entries").len(), 2);
    let bare = Home::bare("home");
    put_extension(&bare, &both);
    assert!(bare.refuse(&["install", "extension", "--yes"]).contains("--browser"));
}

/// What is asked is what holds afterwards, the default among it.
#[test]
fn the_question_says_all_that_will_be_allowed() {
    let home = Home::new();
    put_extension(&home, &json!({"name": "Client", "sockets": {"tcp": {"connect": "*"}}}));
    let environment = Environment {
        home: Some(home.path.clone()),
        ..Environment::bare(Platform::Linux)
    };
    let install = Install {
        folder: Some(home.at("extension")),
        ids: Vec::new(),
        scope: Scope::default(),
        grants: Vec::new(),
        name: install::DEFAULT_HOST_NAME.parse().expect("a name"),
        dry_run: false,
    };
    let mut asked = Vec::new();
    let mut ask = |question: &[String]| {
        asked.extend_from_slice(question);
        Ok(false)
    };
    let answer = install::install(&install, &environment, Path::new(crate::home::PROGRAM), &mut ask);
    assert!(matches!(answer, Err(Error::Declined)), "{answer:?}");
    for line in ["  listen on any port of this computer", "  connect to any host"] {
        assert!(asked.iter().any(|asked| asked == line), "{line}: {asked:#?}");
    }
}

#[test]
fn the_manifest_itself_may_be_named_from_within_its_folder() {
    let home = Home::new();
    put_extension(&home, &manifest());
    let mut command = home.command(&["install", "manifest.json", "--yes"]);
    let ended = crate::home::ended(command.current_dir(home.at("extension")));
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "{}", ended.stdout);
}

#[test]
fn without_the_sockets_key_the_default_is_said() {
    let home = Home::new();
    put_extension(&home, &json!({"name": "Plain"}));
    let out = home.succeed(&["install", "extension", "--yes"]);
    assert!(out.contains("listen on any port of this computer"), "{out}");
    assert!(out.contains("nativeMessaging"), "{out}");
    assert!(!home.at(POLICY).exists());
}

#[test]
fn names_cannot_play_tricks_on_a_terminal() {
    let home = Home::new();
    put_extension(&home, &json!({"name": "a\u{202e}b\u{1b}[2J\rc\u{2066}\u{200f}"}));
    let out = home.succeed(&["install", "extension", "--yes"]);
    for hostile in ['\u{202e}', '\u{1b}', '\r', '\u{2066}', '\u{200f}'] {
        assert!(!out.contains(hostile), "{out:?}");
    }
    assert!(out.contains(r"a\u{202e}b\u{1b}[2J\rc\u{2066}\u{200f}"), "{out}");
}

#[test]
fn folders_that_are_none_are_refused_in_one_line() {
    let home = Home::new();
    home.make("empty");
    home.put("broken/manifest.json", "{");
    home.put(
        "pattern/manifest.json",
        r#"{"sockets": {"tcp": {"connect": "a:99999"}}}"#,
    );
    for (folder, part) in [
        ("none", "none"),
        ("empty", "no manifest.json"),
        ("broken", "not JSON"),
        ("pattern", "Invalid host:port pattern 'a:99999'"),
    ] {
        let error = home.refuse(&["install", folder, "--yes"]);
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_folder_and_ids_add_up() {
    let home = Home::new();
    put_extension(&home, &manifest());
    let other = crate::home::OTHER;
    home.succeed(&["install", "extension", "--extension-id", other, "--yes"]);
    assert_eq!(
        home.json(CHROMIUM)["allowed_origins"].as_array().expect("a list").len(),
        2
    );
    let ended = ended(
        home.command(&["install", "extension", "--yes", "--json"])
            .stdin(Stdio::null()),
    );
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(report["name"], "Printer");
    assert_eq!(report["files"][0], json!({"action": "keep", "path": home.at(BINARY)}));
    assert_eq!(report["dryRun"], false);
}
