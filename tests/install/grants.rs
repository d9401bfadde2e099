//! `grant`, `revoke` and `list`.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::home::{CHROMIUM, Home, ID, OTHER, POLICY};

#[test]
fn grants_are_given_and_taken_back() {
    let home = Home::new();
    home.succeed(&["install", "--extension-id", ID]);
    let out = home.succeed(&[
        "grant",
        "--extension-id",
        ID,
        "--allow-connect",
        "*:443",
        "--allow-multicast",
    ]);
    assert!(out.contains("  connect to port 443 of any host\n"), "{out}");
    let entry = json!({"tcp": {"connect": ["*:443"]}, "udp": {"multicastMembership": [""]}});
    assert_eq!(home.json(POLICY), json!({"extensions": {ID: entry}}));
    home.succeed(&["revoke", "--extension-id", ID, "--allow-multicast"]);
    assert_eq!(
        home.json(POLICY)["extensions"][ID]["udp"],
        json!({"multicastMembership": []})
    );
    let error = home.refuse(&["revoke", "--extension-id", ID, "--allow-connect", "*:80"]);
    assert!(error.contains("was not granted") && error.contains("list"), "{error}");
    let out = home.succeed(&["revoke", "--extension-id", ID]);
    assert!(out.contains("may now:\n  nothing\n"), "{out}");
    assert_eq!(
        home.json(POLICY),
        json!({"extensions": {ID: {"tcpServer": {"listen": []}}}})
    );
    home.succeed(&["uninstall"]);
    assert!(!home.at(".config/chrome-sockets").exists() && !home.at(".local").exists());
}

#[test]
fn what_grants_cannot_be_is_a_usage_error() {
    let home = Home::new();
    for arguments in [
        &["grant", "--extension-id", ID][..],
        &["grant", "--allow-listen", "*"],
        &["revoke"],
        &["grant", "--extension-id", "x", "--allow-listen", "*"],
        &["grant", "--extension-id", ID, "--allow-listen", "a:0"],
    ] {
        assert_eq!(home.run(arguments).code, Some(2), "{arguments:?}");
    }
    home.put(POLICY, "{");
    assert!(
        home.refuse(&["grant", "--extension-id", ID, "--allow-listen", "*"])
            .contains("not JSON")
    );
}

/// What a host answers without a grant.
const DENIED: &str = "Does not have permission";

/// A host as a browser runs it.
struct Running {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
}

impl Running {
    fn start(home: &Home) -> Self {
        let manifest = home.json(CHROMIUM);
        let mut command = std::process::Command::new(manifest["path"].as_str().expect("a path"));
        command
            .arg(format!("chrome-extension://{ID}/"))
            .env_clear()
            .env("HOME", &home.path);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a host");
        let (stdin, stdout) = (
            child.stdin.take().expect("a pipe"),
            child.stdout.take().expect("a pipe"),
        );
        Self { child, stdin, stdout }
    }

    /// One call and its reply.
    fn call(&mut self, method: &str, params: &Value) -> Value {
        let body = json!({"id": 1, "method": method, "params": params}).to_string();
        let length = u32::try_from(body.len()).expect("short");
        let frame = [&length.to_ne_bytes()[..], body.as_bytes()].concat();
        self.stdin.write_all(&frame).expect("written");
        let mut length = [0; 4];
        self.stdout.read_exact(&mut length).expect("a reply");
        let mut reply = vec![0; u32::from_ne_bytes(length) as usize];
        self.stdout.read_exact(&mut reply).expect("a reply");
        serde_json::from_slice(&reply).expect("JSON")
    }

    /// What `listen` on every address of this computer gives.
    fn listen(&mut self) -> Value {
        let made = self.call("sockets.tcpServer.create", &json!({}));
        let id = &made["result"]["socketId"];
        let listened = self.call(
            "sockets.tcpServer.listen",
            &json!({"socketId": id, "address": "0.0.0.0", "port": 0}),
        );
        self.call("sockets.tcpServer.close", &json!({"socketId": id}));
        if listened["error"].is_null() {
            listened["result"].clone()
        } else {
            listened["error"]["message"].clone()
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_running_host_obeys_at_the_next_call() {
    let home = Home::new();
    home.succeed(&["install", "--extension-id", ID]);
    let mut host = Running::start(&home);
    assert_eq!(host.listen(), DENIED, "not granted yet");
    home.succeed(&["grant", "--extension-id", ID, "--allow-listen", "0.0.0.0:*"]);
    assert_eq!(host.listen(), 0);
    home.succeed(&["revoke", "--extension-id", ID, "--allow-listen", "0.0.0.0:*"]);
    assert_eq!(host.listen(), DENIED);
}

/// "Text file busy" is what writing into a program that runs would give.
#[test]
fn a_host_that_runs_does_not_stop_an_upgrade() {
    let home = Home::new();
    home.succeed(&["install", "--extension-id", ID]);
    let mut host = Running::start(&home);
    assert_eq!(host.listen(), DENIED);
    let copy = home.at(crate::home::BINARY);
    // Another build: the program that runs keeps its file, and the copy gets a new one.
    let mut older = std::fs::read(&copy).expect("the copy");
    older.push(0);
    let beside = home.at("older");
    std::fs::write(&beside, older).expect("a file");
    std::fs::set_permissions(&beside, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    std::fs::rename(&beside, &copy).expect("in place");
    let mut second = Running::start(&home);
    assert_eq!(second.listen(), DENIED);
    let out = home.succeed(&["install", "--extension-id", ID]);
    assert!(out.contains(&format!("wrote {}", copy.display())), "{out}");
    assert_eq!((host.listen(), second.listen()), (json!(DENIED), json!(DENIED)));
}

#[test]
fn the_list_shows_who_may_do_what() {
    let home = Home::new();
    assert!(home.succeed(&["list"]).contains("Nothing is installed"));
    home.succeed(&[
        "install",
        "--extension-id",
        ID,
        "--allow-listen",
        "*:80",
        "--browser",
        "chromium",
    ]);
    home.succeed(&[
        "install",
        "--extension-id",
        OTHER,
        "--user-data-dir",
        "p",
        "--name",
        "a.b",
    ]);
    let out = home.succeed(&["list"]);
    let rows: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(rows.contains(&vec!["Chromium", "you", ID]), "{out}");
    let profile = home.at("p").display().to_string();
    assert!(rows.contains(&vec![&*profile, "you", OTHER, "(a.b)"]), "{out}");
    assert!(
        out.contains("  listen on port 80, where other computers can reach it\n"),
        "{out}"
    );
    let listed: Value = serde_json::from_str(&home.succeed(&["list", "--json"])).expect("JSON");
    let first = &listed["installed"][0];
    assert_eq!(first["browser"], "Chromium");
    assert_eq!(first["for"], "user");
    assert_eq!(first["path"], json!(home.at(CHROMIUM)));
    assert_eq!(first["program"], json!(home.at(crate::home::BINARY)));
    assert_eq!(first["extensions"], json!([ID]));
    let grants = json!({"tcpServer": {"listen": ["*:80"]}});
    assert_eq!(listed["extensions"][0]["grants"], grants);
    assert_eq!(
        listed["extensions"][1]["may"],
        json!(["listen on any port of this computer"])
    );
    assert_eq!(listed["policy"], json!(home.at(POLICY)));
}
