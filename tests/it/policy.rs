//! What the user granted, as the running host obeys it.

use serde_json::{Value, json};

use crate::host::{EXTENSION, Host, Setup, write_policy};
use crate::peers::{done, listener, net, text_only, zero};

fn with(policy: Option<Value>) -> Host {
    Setup {
        policy,
        ..Setup::default()
    }
    .start()
}

fn granting(entry: &Value) -> Value {
    json!({"extensions": {EXTENSION: entry}})
}

fn denied() -> Value {
    text_only("Does not have permission")
}

#[test]
fn by_default_only_loopback_may_be_listened_on_and_nothing_connected_to() {
    let other = "ponmlkjihgfedcbaponmlkjihgfedcba";
    for policy in [
        None,
        Some(json!({})),
        Some(json!({"extensions": {other: {"tcpServer": {"listen": ["*"]}, "tcp": {"connect": ["*"]}}}})),
    ] {
        let mut host = with(policy);
        let (_listener, port) = listener();
        for address in ["127.0.0.1", "127.1", "127.8.9.10"] {
            let server = host.create("tcpServer");
            let reply = host.listen(server, address, 0);
            // Only Linux has all of 127.0.0.0/8.
            assert!(
                reply == zero() || reply == net(-108, "ADDRESS_INVALID"),
                "{address}: {reply}"
            );
        }
        let server = host.create("tcpServer");
        for address in [
            "0.0.0.0",
            "::",
            "0",
            "192.0.2.1",
            "localhost",
            "",
            "*",
            "::ffff:127.0.0.1",
        ] {
            assert_eq!(host.listen(server, address, 0), denied(), "{address}");
        }
        let socket = host.create("tcp");
        for address in ["127.0.0.1", "localhost", "::1"] {
            assert_eq!(host.connect(socket, address, port), denied(), "{address}");
        }
    }
}

#[test]
fn s37_s38_s39_s40_s41_a_grant_is_matched_by_text_and_wrapped_port() {
    let (held, port) = listener();
    drop(held);
    let mut host = with(Some(granting(
        &json!({"tcpServer": {"listen": [format!("127.0.0.1:{port}")]}}),
    )));
    let server = host.create("tcpServer");
    let listen = |host: &mut Host, socket: u64, address: &str, port: i32| {
        host.call(
            "tcpServer.listen",
            json!({"socketId": socket, "address": address, "port": port}),
        )
    };
    let own = i32::from(port);
    assert_eq!(listen(&mut host, server, "127.0.0.1", 0), denied());
    assert_eq!(listen(&mut host, server, "127.0.0.1", own - 1), denied());
    assert_eq!(listen(&mut host, server, "127.0.0.2", own), denied());
    assert_eq!(listen(&mut host, server, "nonsense", own), denied());
    assert_eq!(listen(&mut host, 77, "nonsense", own), text_only("Socket not found"));
    let params = json!({"socketId": server, "address": "127.0.0.1", "port": own - 1, "backlog": 0});
    assert_eq!(host.call("tcpServer.listen", params), denied());
    assert_eq!(listen(&mut host, server, "127.0.0.1", own + 65536), zero());
    assert_eq!(host.info("tcpServer", server)["localPort"], port);
}

#[test]
fn a_change_of_the_file_holds_at_the_next_call() {
    let mut host = with(None);
    let (_listener, port) = listener();
    let socket = host.create("tcp");
    assert_eq!(host.connect(socket, "127.0.0.1", port), denied());
    let path = host.policy_path();
    let grant = granting(&json!({"tcp": {"connect": ["127.0.0.1:*"]}}));
    write_policy(path.clone(), grant.to_string().as_bytes());
    assert_eq!(host.connect(socket, "127.0.0.1", port), zero());
    // What is connected stays so; only the next call is asked about.
    std::fs::remove_file(&path).unwrap();
    assert_eq!(host.info("tcp", socket)["connected"], true);
    assert_eq!(host.simple("tcp.disconnect", socket), done());
    assert_eq!(host.connect(socket, "127.0.0.1", port), denied());
    // A file put in its place by renaming, as editors and `install` do.
    let beside = path.with_extension("new");
    write_policy(beside.clone(), grant.to_string().as_bytes());
    std::fs::rename(beside, &path).unwrap();
    assert_eq!(host.connect(socket, "127.0.0.1", port), zero());
    // An entry that names an operation with an empty list takes the default away.
    write_policy(
        path,
        granting(&json!({"tcpServer": {"listen": []}})).to_string().as_bytes(),
    );
    let server = host.create("tcpServer");
    assert_eq!(host.listen(server, "127.0.0.1", 0), denied());
}

#[test]
fn a_broken_file_denies_everything_until_it_is_mended() {
    let mut host = with(None);
    let server = host.create("tcpServer");
    let path = host.policy_path();
    let bad = granting(&json!({"tcpServer": {"listen": ["*:x"]}})).to_string();
    for content in ["", "{", "[]", r#"{"extensions":[]}"#, bad.as_str()] {
        write_policy(path.clone(), content.as_bytes());
        assert_eq!(host.listen(server, "127.0.0.1", 0), denied(), "{content}");
    }
    write_policy(path.clone(), &vec![b' '; (1 << 20) + 1]);
    assert_eq!(host.listen(server, "127.0.0.1", 0), denied());
    write_policy(path, b"{}");
    assert_eq!(host.listen(server, "127.0.0.1", 0), zero());
    assert!(host.stderr().contains("policy.json"), "{}", host.stderr());
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_denies_everything_until_it_can() {
    use std::fs::{Permissions, create_dir, read, remove_dir, remove_file, set_permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let mut host = with(None);
    let path = host.policy_path();
    let server = host.create("tcpServer");
    create_dir(&path).unwrap();
    assert_eq!(host.listen(server, "127.0.0.1", 0), denied(), "a directory");
    remove_dir(&path).unwrap();
    symlink(&path, &path).unwrap();
    assert_eq!(host.listen(server, "127.0.0.1", 0), denied(), "a link to itself");
    remove_file(&path).unwrap();
    write_policy(path.clone(), b"{}");
    set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
    // To root nothing is unreadable.
    let expected = if read(&path).is_ok() { zero() } else { denied() };
    assert_eq!(host.listen(server, "127.0.0.1", 0), expected, "mode 0");
    assert_eq!(host.simple("tcpServer.disconnect", server), done());
    set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(host.listen(server, "127.0.0.1", 0), zero());
    assert!(host.stderr().contains("policy.json"), "{}", host.stderr());
}

#[cfg(unix)]
#[test]
fn a_file_others_may_write_denies_everything() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;
    let grant = granting(&json!({"tcpServer": {"listen": ["*"]}})).to_string();
    let mut host = with(None);
    let path = host.policy_path();
    let directory = path.parent().unwrap().to_owned();
    let server = host.create("tcpServer");
    for (changed, mode, restored) in [
        (&path, 0o620, 0o600),
        (&path, 0o602, 0o600),
        (&directory, 0o720, 0o700),
        (&directory, 0o702, 0o700),
    ] {
        // A directory is looked at when its file has changed, since only then somebody may have used it.
        write_policy(path.clone(), grant.as_bytes());
        set_permissions(changed, Permissions::from_mode(mode)).unwrap();
        assert_eq!(host.listen(server, "127.0.0.1", 0), denied(), "{mode:o}");
        set_permissions(changed, Permissions::from_mode(restored)).unwrap();
        assert_eq!(host.listen(server, "0.0.0.0", 0), zero(), "{mode:o} and back");
        assert_eq!(host.simple("tcpServer.disconnect", server), done());
    }
    // Readable by others is no harm.
    set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(host.listen(server, "0.0.0.0", 0), zero());
}

#[test]
fn the_manifest_narrows_and_an_invalid_one_denies() {
    let hello = |sockets: &Value| json!({"protocol": [1, 1], "sockets": sockets});
    let mut host = Host::new();
    let reply = host.call("host.hello", hello(&json!({"tcpServer": {"listen": "127.0.0.1:*"}})));
    assert!(reply["result"].get("manifestError").is_none());
    let server = host.create("tcpServer");
    assert_eq!(host.listen(server, "0.0.0.0", 0), denied());
    assert_eq!(host.listen(server, "127.0.0.1", 0), zero());
    let (_listener, port) = listener();
    let socket = host.create("tcp");
    assert_eq!(host.connect(socket, "127.0.0.1", port), denied(), "not declared");
    let mut host = Host::new();
    let reply = host.call("host.hello", hello(&json!({"tcpServer": {"listen": "127.0.0.1:none"}})));
    assert!(reply["result"]["manifestError"].is_string(), "{reply}");
    let server = host.create("tcpServer");
    assert_eq!(host.listen(server, "127.0.0.1", 0), denied());
}

#[test]
fn the_policy_may_lower_the_number_of_sockets() {
    let mut host = with(Some(granting(&json!({"limits": {"sockets": 3}}))));
    let reply = host.call("host.hello", json!({"protocol": [1, 1]}));
    assert_eq!(reply["result"]["limits"]["sockets"], 3);
    for id in 1..=3 {
        assert_eq!(host.create("tcp"), id);
    }
    let full = json!({"error": {"message": "net::ERR_INSUFFICIENT_RESOURCES", "code": -12}});
    for namespace in ["tcp", "tcpServer"] {
        assert_eq!(host.call(&format!("{namespace}.create"), json!({})), full);
    }
    assert_eq!(host.simple("tcp.close", 2), done());
    assert_eq!(host.create("tcp"), 4);
}
