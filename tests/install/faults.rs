//! Faults to plant: each with the check that must find it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::{Value, json};

use crate::home::{BINARY, CHROMIUM, FIREFOX, Home, ID, POLICY, RECORD};

/// What is wrong, the check that must say so, and how it comes to be.
pub(crate) type Fault = (&'static str, &'static str, fn(&Home));

pub(crate) const FAULTS: &[Fault] = &[
    ("the manifest is gone", "manifest-missing", |home| {
        remove(home, CHROMIUM);
    }),
    ("Firefox's manifest is gone", "manifest-missing", |home| {
        remove(home, FIREFOX);
    }),
    ("the manifest is cut off", "manifest-json", |home| {
        put(home, CHROMIUM, "{\"name\": ");
    }),
    ("the manifest is empty", "manifest-json", |home| {
        put(home, CHROMIUM, "");
    }),
    ("the manifest is a list", "manifest-json", |home| {
        put(home, CHROMIUM, "[]");
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
    ("a file is in its directory's place", "manifest-directory", |home| {
        let directory = home.at(CHROMIUM).parent().expect("a parent").to_owned();
        fs::remove_dir_all(&directory).expect("removed");
        fs::write(directory, "in the way").expect("a file");
    }),
    ("the name is another", "manifest-name", |home| {
        set(home, CHROMIUM, "name", json!("com.example"));
    }),
    ("the type is another", "manifest-type", |home| {
        set(home, CHROMIUM, "type", json!("socket"));
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
        set(home, CHROMIUM, "allowed_origins", json!([]));
    }),
    ("the origins are no list", "manifest-origins", |home| {
        set(home, CHROMIUM, "allowed_origins", json!("x"));
    }),
    ("the list is the other family's", "manifest-origins", |home| {
        let origin = json!([format!("chrome-extension://{ID}/")]);
        set(home, FIREFOX, "allowed_extensions", origin);
    }),
    ("the path is relative", "manifest-path", |home| {
        set(home, CHROMIUM, "path", json!("bin/chrome-sockets-host"));
    }),
    ("the program was moved", "manifest-path", |home| {
        set(home, CHROMIUM, "path", json!(home.at("old/chrome-sockets-host")));
    }),
    ("it starts another program", "manifest-path", |home| {
        set(home, CHROMIUM, "path", json!("/bin/true"));
    }),
    ("the program is gone", "program-missing", |home| {
        remove(home, BINARY);
    }),
    ("the program is a link to nothing", "program-file", |home| {
        remove(home, BINARY);
        symlink(home.at("nowhere"), home.at(BINARY)).expect("a link");
    }),
    ("a directory is in the program's place", "program-file", |home| {
        remove(home, BINARY);
        home.make(BINARY);
    }),
    ("the program may not be executed", "program-mode", |home| {
        mode(home, BINARY, 0o644);
    }),
    ("the program is for another machine", "program-architecture", |home| {
        edit_program(home, |program| program[18] ^= 0x55);
    }),
    ("the program is cut off", "program-architecture", |home| {
        edit_program(home, |program| program.truncate(10));
    }),
    ("the program is damaged", "program-start", |home| {
        edit_program(home, |program| program.truncate(64));
    }),
    ("the program can be written by all", "program-access", |home| {
        mode(home, BINARY, 0o777);
    }),
    (
        "the program's directory can be written by all",
        "program-access",
        |home| {
            mode(home, ".local/share/chrome-sockets/bin", 0o777);
        },
    ),
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
    ("the policy is not JSON", "policy-json", |home| {
        put(home, POLICY, "{");
    }),
    ("the policy is no object", "policy-json", |home| {
        put(home, POLICY, "7");
    }),
    ("the policy's extensions are a list", "policy-json", |home| {
        put(home, POLICY, r#"{"extensions": []}"#);
    }),
    ("an entry is misshapen", "policy-entry", |home| {
        put(
            home,
            POLICY,
            &json!({"extensions": {ID: {"tcp": {"connect": ["a:0"]}}}}).to_string(),
        );
    }),
    ("the policy can be written by all", "policy-mode", |home| {
        mode(home, POLICY, 0o666);
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
    ("the record is not JSON", "record", |home| {
        put(home, RECORD, "{");
    }),
];

fn remove(home: &Home, path: &str) {
    fs::remove_file(home.at(path)).expect("removed");
}

pub(crate) fn put(home: &Home, path: &str, text: &str) {
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
