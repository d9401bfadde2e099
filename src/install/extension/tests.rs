//! Folders of extensions, good and bad.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use super::*;

fn folder(manifest: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(MANIFEST), manifest).expect("a manifest");
    folder
}

fn read(manifest: &str) -> Result<Extension, String> {
    Extension::read(folder(manifest).path()).map_err(|error| error.to_string())
}

#[test]
fn the_example_has_the_id_of_its_key() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/tabs-api");
    let extension = Extension::read(&example).expect("the example");
    let by_file = Extension::read(&example.join(MANIFEST)).expect("the example");
    assert_eq!(extension.ids, by_file.ids);
    assert!(extension.asks_for_hosts);
    assert!(extension.declared.is_some_and(|grants| !grants.is_empty()));
}

#[test]
fn what_the_key_declares_becomes_grants() {
    let sockets = json!({
        "tcpServer": {"listen": ["127.0.0.1:8080", ":80"]}, "tcp": {"connect": "*"},
        "udp": {"multicastMembership": ""}, "future": 7,
    });
    let extension = read(&json!({"name": "n", "sockets": sockets}).to_string()).expect("read");
    let grants = extension.declared.expect("declared");
    let grants: Vec<_> = grants.iter().map(|grant| (grant.list.key, &*grant.pattern)).collect();
    let expected = [
        ("listen", "127.0.0.1:8080"),
        ("listen", "*:80"),
        ("connect", "*:*"),
        ("multicastMembership", ""),
    ];
    assert_eq!(grants, expected);
    assert!(!extension.asks_for_hosts);
    assert!(read("{}").expect("read").declared.is_none());
}

#[test]
fn firefox_has_an_id_when_the_manifest_says_it() {
    for key in ["browser_specific_settings", "applications"] {
        let extension = read(&json!({key: {"gecko": {"id": "a@b"}}}).to_string()).expect("read");
        assert_eq!(extension.ids.len(), 2);
        assert_eq!(extension.ids[1].as_str(), "a@b");
    }
}

#[test]
fn the_permission_may_be_optional() {
    for key in ["permissions", "optional_permissions"] {
        let extension = read(&json!({key: ["storage", "nativeMessaging"]}).to_string()).expect("read");
        assert!(extension.asks_for_hosts, "{key}");
    }
}

#[test]
fn names_may_be_messages() {
    let folder = folder(r#"{"name": "The __MSG_Name__ (__MSG_none__)", "default_locale": "en"}"#);
    fs::create_dir_all(folder.path().join("_locales/en")).expect("a directory");
    let messages = folder.path().join("_locales/en/messages.json");
    fs::write(messages, "// x\n{\"nAME\": {\"message\": \"Server\"}}").expect("messages");
    let extension = Extension::read(folder.path()).expect("read");
    assert_eq!(extension.name, "The Server (__MSG_none__)");
    for locale in ["../_locales/en", "", "xx"] {
        let manifest = json!({"name": "__MSG_name__", "default_locale": locale}).to_string();
        fs::write(folder.path().join(MANIFEST), manifest).expect("a manifest");
        assert_eq!(
            Extension::read(folder.path()).expect("read").name,
            "__MSG_name__",
            "{locale}"
        );
    }
    assert_eq!(
        read(&json!({"name": "ä".repeat(1000)}).to_string())
            .expect("read")
            .name
            .chars()
            .count(),
        81
    );
}

#[test]
fn manifests_that_cannot_be_read_are_named_with_the_reason() {
    for (manifest, part) in [
        ("", "not JSON"),
        ("[]", "not a JSON object"),
        ("\u{0}", "not JSON"),
        (r#"{"key": 7}"#, "`key`"),
        (r#"{"key": "%"}"#, "`key`"),
        (r#"{"sockets": 7}"#, "sockets"),
        (
            r#"{"sockets": {"tcp": {"connect": "a:0"}}}"#,
            "Invalid host:port pattern 'a:0'",
        ),
        (r#"{"browser_specific_settings": {"gecko": {"id": "x"}}}"#, "gecko.id"),
    ] {
        let error = read(manifest).expect_err(manifest);
        assert!(error.contains(part) && error.contains(MANIFEST), "{error}");
    }
    let huge = format!("{{\"name\": \"{}\"}}", "x".repeat(1 << 20));
    assert!(read(&huge).expect_err("too large").contains("larger"));
    let empty = tempfile::tempdir().expect("a folder");
    let error = Extension::read(empty.path()).expect_err("no manifest").to_string();
    assert!(error.contains("manifest.json"), "{error}");
    assert!(Extension::read(&empty.path().join("none")).is_err());
}
