//! A new program in the place of one that runs.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::profile::{ID, PROGRAM, Profile, ended};

fn call(host: &mut Child, method: &str, params: &Value) -> Value {
    let body = json!({"id": 1, "method": format!("sockets.{method}"), "params": params}).to_string();
    let header = u32::try_from(body.len()).expect("short").to_ne_bytes();
    let stdin = host.stdin.as_mut().expect("stdin");
    stdin.write_all(&[&header, body.as_bytes()].concat()).expect("written");
    let stdout = host.stdout.as_mut().expect("stdout");
    let mut header = [0; 4];
    stdout.read_exact(&mut header).expect("a header");
    let mut body = vec![0; u32::from_ne_bytes(header) as usize];
    stdout.read_exact(&mut body).expect("a body");
    serde_json::from_slice(&body).expect("JSON")
}

fn leftovers(directory: &Path) -> usize {
    fs::read_dir(directory).expect("listed").count() - 1
}

#[test]
fn a_running_host_goes_on_while_its_program_is_replaced() {
    let profile = Profile::new(&[r"Google\Chrome\User Data"]);
    profile.succeed(&["install", "--extension-id", ID, "--allow-listen", "127.0.0.1:*"]);
    let installed = profile.at(r"Local\chrome-sockets\bin\chrome-sockets-host.exe");
    let directory = installed.parent().expect("a parent");
    let origin = format!("chrome-extension://{ID}/");
    let mut host = profile
        .command(&installed, &[&origin, "--parent-window=0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    assert_eq!(call(&mut host, "tcpServer.create", &json!({}))["result"]["socketId"], 1);

    // A newer version: what follows a program's own bytes is nobody's business.
    let newer = profile.at("newer.exe");
    let mut content = fs::read(PROGRAM).expect("this program");
    content.extend_from_slice(b"newer");
    fs::write(&newer, &content).expect("a program");
    let again = ended(&mut profile.command(&newer, &["install", "--extension-id", ID]));
    assert_eq!((again.code, &*again.stderr), (Some(0), ""));
    assert!(
        fs::read(&installed).expect("a program") == content,
        "the old program is still there"
    );
    assert_eq!(leftovers(directory), 1, "the one that runs");

    // The grant that `install` wrote is what this one obeys.
    let listen = |address: &str| json!({"socketId": 1, "address": address, "port": 0});
    assert_eq!(
        call(&mut host, "tcpServer.listen", &listen("0.0.0.0"))["error"]["message"],
        "Does not have permission"
    );
    assert_eq!(call(&mut host, "tcpServer.listen", &listen("127.0.0.1"))["result"], 0);
    drop(host.stdin.take());
    assert!(host.wait().expect("ended").success());

    // The next installation that changes something cleans up.
    profile.succeed(&["install", "--extension-id", ID]);
    assert_eq!(leftovers(directory), 0);
    profile.succeed(&["uninstall"]);
    assert!(!profile.at(r"Local\chrome-sockets").exists());
}
