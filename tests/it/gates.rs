//! Both permission gates together, through the pipe: the user's policy, and the manifest key `sockets` that comes with `host.hello`.

use serde_json::{Value, json};

use crate::host::{EXTENSION, Host, Setup, write_policy};
use crate::peers::{done, listener, net, not_found, sent, text_only, zero};

fn denied() -> Value {
    text_only("Does not have permission")
}

/// A host of an extension with this manifest key, to which the user granted everything.
fn declaring(sockets: &Value) -> Host {
    greeted(Host::new(), sockets)
}

fn greeted(mut host: Host, sockets: &Value) -> Host {
    let reply = host.call("host.hello", json!({"protocol": [1, 1], "sockets": sockets}));
    assert!(reply["result"].get("manifestError").is_none(), "{sockets}: {reply}");
    host
}

fn listen_at(host: &mut Host, address: &str, port: i32) -> Value {
    let server = host.create("tcpServer");
    let params = json!({"socketId": server, "address": address, "port": port});
    let reply = host.call("tcpServer.listen", params);
    assert_eq!(host.simple("tcpServer.close", server), done());
    reply
}

/// Whether a connect is granted; where it leads is another matter.
fn may_connect(host: &mut Host, name: &str, port: u16) -> bool {
    let socket = host.create("tcp");
    let reply = host.connect(socket, name, port);
    assert_eq!(host.simple("tcp.close", socket), done());
    reply != denied()
}

#[test]
fn m17_m22_a_manifest_that_chromium_would_not_install_denies_everything_and_is_told() {
    let bad = |pattern: &str| format!("Invalid host:port pattern '{pattern}'");
    let object = "expected dictionary, got";
    let list = "expected string or strings, got";
    let item = "Error at key 'strings': Parsing array failed at index";
    for (sockets, error) in [
        (json!({"tcpServer": {"listen": "127.0.0.1:0"}}), bad("127.0.0.1:0")),
        (json!({"tcpServer": {"listen": ["127.0.0.1", "::1"]}}), bad("::1")),
        (json!({"tcpServer": {"listen": "[::1]:80"}}), bad("[::1]:80")),
        (json!({"tcp": {"connect": "a:65536"}}), bad("a:65536")),
        (json!({"tcp": {"connect": "a:-1"}}), bad("a:-1")),
        (json!({"tcp": {"connect": "a:80-90"}}), bad("a:80-90")),
        (json!({"tcp": {"connect": "a:http"}}), bad("a:http")),
        (json!({"tcp": {"connect": "a :80"}}), bad("a :80")),
        (json!({"udp": {"bind": " "}}), bad(" ")),
        (json!({"udp": {"send": "a:80:90"}}), bad("a:80:90")),
        (json!({"udp": {"multicastMembership": "*"}}), bad("*")),
        (json!({"udp": {"multicastMembership": ["", "*:*"]}}), bad("*:*")),
        (json!([]), format!("{object} list (sockets)")),
        (json!(null), format!("{object} null (sockets)")),
        (json!("*"), format!("{object} string (sockets)")),
        (
            json!({"tcpServer": "*"}),
            format!("'tcpServer': {object} string (sockets.tcpServer)"),
        ),
        (
            json!({"tcpServer": {"listen": 80}}),
            format!("{list} integer (sockets.tcpServer.listen)"),
        ),
        (
            json!({"tcpServer": {"listen": ["", null]}}),
            format!("{item} 1: expected string, got null (sockets.tcpServer.listen)"),
        ),
        (
            json!({"udp": {"bind": {}}}),
            format!("{list} dictionary (sockets.udp.bind)"),
        ),
    ] {
        let mut host = Host::new();
        let reply = host.call("host.hello", json!({"protocol": [1, 1], "sockets": sockets}));
        assert_eq!(reply["result"]["manifestError"], error, "{sockets}");
        assert_eq!(listen_at(&mut host, "127.0.0.1", 0), denied(), "{sockets}");
        assert!(!may_connect(&mut host, "127.0.0.1", 9), "{sockets}");
    }
}

#[test]
fn m01_m02_m18_m36_m37_every_way_to_write_any_host() {
    for text in ["", ":", "*", "*:", ":*", "*:*", ".", "*."] {
        for list in [json!(text), json!([text]), json!([text, "other:80", text])] {
            let mut host = declaring(&json!({"tcpServer": {"listen": list}, "unknown": 7}));
            assert_eq!(listen_at(&mut host, "127.0.0.1", 0), zero(), "{list}");
            assert_ne!(listen_at(&mut host, "::1", 0), denied(), "{list}");
            assert!(!may_connect(&mut host, "127.0.0.1", 9), "{list} is not for connect");
        }
    }
}

/// The longest key that is taken, and one that is longer.
#[test]
fn m20_as_many_patterns_as_fit() {
    let key = |count: usize| {
        let mut list: Vec<String> = (0..count).map(|at| format!("{at:x}:1")).collect();
        list.push("127.0.0.1".to_owned());
        json!({"tcpServer": {"listen": list}})
    };
    let mut host = declaring(&key(28_000));
    assert_eq!(listen_at(&mut host, "127.0.0.1", 0), zero());
    assert_ne!(listen_at(&mut host, "6d5f", 1), denied(), "the last of the others");
    assert_eq!(listen_at(&mut host, "6d5f", 2), denied());
    let mut host = Host::new();
    let reply = host.call("host.hello", json!({"protocol": [1, 1], "sockets": key(40_000)}));
    assert!(reply["error"].is_object(), "{reply}");
}

#[test]
fn m19_m39_what_is_not_declared_is_denied() {
    for sockets in [
        json!({}),
        json!({"tcpServer": {}}),
        json!({"tcpServer": {"listen": []}, "tcp": {"connect": []}}),
        json!({"udp": {"bind": "", "send": "", "multicastMembership": ""}}),
        json!({"tcpserver": {"listen": ""}, "tcp": {"Connect": ""}}),
    ] {
        let mut host = declaring(&sockets);
        assert_eq!(listen_at(&mut host, "127.0.0.1", 0), denied(), "{sockets}");
        assert!(!may_connect(&mut host, "127.0.0.1", 9), "{sockets}");
    }
}

#[test]
fn m03_m04_m05_m07_m26_m27_m32_m33_m38_m40_hosts_are_compared_as_text() {
    for (pattern, granted, refused) in [
        (
            "localhost",
            &["localhost", "LOCALHOST"][..],
            &["127.0.0.1", "a.localhost", "localhost.", ""][..],
        ),
        ("LocalHost.", &["localhost."], &["localhost"]),
        (
            "*.localhost",
            &["localhost", "a.localhost", "A.b.LOCALHOST"],
            &["xlocalhost", ".localhost", "a.localhost.", "127.0.0.1"],
        ),
        (
            ".a.LOCALHOST:*",
            &["a.localhost", "b.a.localhost"],
            &["localhost", "ba.localhost"],
        ),
        ("a.*.localhost", &["a.*.localhost"], &["a.b.localhost"]),
        ("a. b .localhost", &["a.b.localhost"], &["a. b .localhost"]),
        // Names are not converted: what is written is what is meant.
        (
            "bücher.localhost",
            &["bücher.localhost"],
            &["xn--bcher-kva.localhost", "BÜCHER.localhost"],
        ),
        (
            "xn--bcher-kva.localhost",
            &["XN--bcher-kva.localhost"],
            &["bücher.localhost"],
        ),
        // M-29, M-34: addresses have no parts, and one has many texts.
        ("*.0.0.1", &["a.0.0.1"], &["127.0.0.1", "0x7f.0.0.1", "0177.0.0.1"]),
        (
            "127.0.0.1",
            &["127.0.0.1"],
            &["127.1", "127.0.0.1.", "2130706433", "localhost"],
        ),
        ("127.1", &["127.1"], &["127.0.0.1"]),
    ] {
        let mut host = declaring(&json!({"tcp": {"connect": [pattern]}}));
        for name in granted {
            assert!(may_connect(&mut host, name, 9), "{pattern} for {name}");
        }
        for name in refused {
            assert!(!may_connect(&mut host, name, 9), "{pattern} for {name}");
        }
    }
}

#[test]
fn m06_m10_m11_m37_ports_are_compared_modulo_65536() {
    let (held, port) = listener();
    drop(held);
    let own = i32::from(port);
    for written in [
        format!("127.0.0.1:{port}"),
        format!(":+0{port}"),
        format!("*:000{port}"),
    ] {
        let mut host = declaring(&json!({"tcpServer": {"listen": written}}));
        for wrapped in [own, own - 65_536, own + 65_536] {
            assert_eq!(
                listen_at(&mut host, "127.0.0.1", wrapped),
                zero(),
                "{written} {wrapped}"
            );
        }
        for other in [0, 65_536, own + 1, own - 1] {
            assert_eq!(listen_at(&mut host, "127.0.0.1", other), denied(), "{written} {other}");
        }
    }
    let mut host = declaring(&json!({"tcpServer": {"listen": "127.0.0.1:*"}}));
    assert_eq!(listen_at(&mut host, "127.0.0.1", 0), zero());
    assert_eq!(listen_at(&mut host, "127.0.0.1", 65_536), zero());
}

/// M-35: and neither gate makes up for the other.
#[test]
fn m35_both_gates_must_allow() {
    let policy = json!({"extensions": {EXTENSION: {
        "tcpServer": {"listen": ["127.0.0.1", "[::1]", "0.0.0.0"]},
        "tcp": {"connect": ["*.localhost", "127.0.0.1"]},
    }}});
    let setup = Setup {
        policy: Some(policy),
        ..Setup::default()
    };
    let manifest = json!({"tcpServer": {"listen": ["127.0.0.1", "127.1", "*:9"]}, "tcp": {"connect": ["a.localhost", "b.invalid"]}});
    let mut host = greeted(setup.start(), &manifest);
    for (address, port, allowed) in [
        ("127.0.0.1", 0, true),
        ("127.1", 0, false),
        ("0.0.0.0", 0, false),
        ("::1", 0, false),
        ("0::1", 0, false),
        ("127.0.0.2", 9, false),
    ] {
        let reply = listen_at(&mut host, address, port);
        assert_eq!(reply != denied(), allowed, "{address}:{port} {reply}");
    }
    // The manifest's any host and the policy's literal, which Chromium's grammar cannot write.
    assert_ne!(listen_at(&mut host, "0:0::1", 9), denied());
    for (name, allowed) in [
        ("a.localhost", true),
        ("b.localhost", false),
        ("b.invalid", false),
        ("127.0.0.1", false),
    ] {
        assert_eq!(may_connect(&mut host, name, 9), allowed, "{name}");
    }
    // The policy's change holds at the next call; the manifest holds for the session.
    write_policy(
        host.policy_path(),
        json!({"extensions": {EXTENSION: {"tcp": {"connect": ""}}}})
            .to_string()
            .as_bytes(),
    );
    assert!(may_connect(&mut host, "b.invalid", 9));
    assert!(!may_connect(&mut host, "b.localhost", 9));
    assert_eq!(listen_at(&mut host, "127.0.0.1", 0), zero(), "the default");
    write_policy(host.policy_path(), b"{");
    assert!(!may_connect(&mut host, "b.invalid", 9));
    assert_eq!(listen_at(&mut host, "127.0.0.1", 0), denied());
}

/// Each check hides those behind it: id, permission of either gate, address, backlog.
#[test]
fn s37_s38_s39_t11_t12_the_order_of_checks() {
    let everything = json!({"tcpServer": {"listen": "*"}, "tcp": {"connect": "*"}});
    let nothing = json!({"tcpServer": {"listen": []}, "tcp": {"connect": []}});
    for (policy, manifest) in [(&everything, &nothing), (&nothing, &everything)] {
        let setup = Setup {
            policy: Some(json!({"extensions": {EXTENSION: policy}})),
            ..Setup::default()
        };
        let mut host = greeted(setup.start(), manifest);
        let (server, socket) = (host.create("tcpServer"), host.create("tcp"));
        for (id, expected) in [(77, not_found()), (socket, not_found()), (server, denied())] {
            let params = json!({"socketId": id, "address": "nonsense", "port": 0, "backlog": 0});
            assert_eq!(host.call("tcpServer.listen", params), expected);
        }
        for (id, expected) in [(77, not_found()), (server, not_found()), (socket, denied())] {
            assert_eq!(host.connect(id, "no such name", 9), expected);
        }
    }
    let mut host = declaring(&everything);
    let server = host.create("tcpServer");
    for (address, backlog) in [("nonsense", 0), ("nonsense", 5), ("127.0.0.1", 0)] {
        let params = json!({"socketId": server, "address": address, "port": 0, "backlog": backlog});
        assert_eq!(
            host.call("tcpServer.listen", params),
            net(-4, "INVALID_ARGUMENT"),
            "{address}"
        );
    }
}

/// SPEC §5.4: only `listen` and `connect` ask, so what was opened goes on when the grant is gone.
#[test]
fn nothing_but_listen_and_connect_asks() {
    let mut host = Host::new();
    let (server, port) = host.server();
    let (socket, _peer) = host.dialed();
    write_policy(host.policy_path(), b"{");
    assert_eq!(host.connect(socket, "127.0.0.1", port), denied());
    let _client = crate::peers::dial(port);
    let client = host.accepted(server);
    for id in [socket, client] {
        assert_eq!(host.write(id, b"still here"), sent(10));
        host.pause("tcp", id, true);
        host.ok("tcp.update", json!({"socketId": id, "properties": {"name": "n"}}));
        host.ok("tcp.setNoDelay", json!({"socketId": id, "noDelay": false}));
        host.ok("tcp.setKeepAlive", json!({"socketId": id, "enable": true, "delay": 5}));
        assert_eq!(host.info("tcp", id)["connected"], true);
        assert_eq!(host.simple("tcp.disconnect", id), done());
        assert_eq!(host.simple("tcp.close", id), done());
    }
    host.pause("tcpServer", server, true);
    host.ok(
        "tcpServer.update",
        json!({"socketId": server, "properties": {"name": "n"}}),
    );
    assert_eq!(host.ok("tcpServer.getSockets", json!({}))[0]["localPort"], port);
    assert_eq!(host.simple("tcpServer.disconnect", server), done());
    assert_eq!(host.listen(server, "127.0.0.1", 0), denied());
    assert_eq!(host.simple("tcpServer.close", server), done());
    host.create("tcpServer");
}

/// The administrator's file, in an /etc that only this host sees.
#[cfg(target_os = "linux")]
#[test]
fn the_system_wide_file_narrows_what_the_user_granted() {
    let file = |entry: &Value| json!({"extensions": {EXTENSION: entry}}).to_string();
    let narrower = json!({"tcpServer": {"listen": ["127.0.0.1", "127.0.0.2"]}, "udp": {"bind": "*"}});
    let host_with = |content: &str| {
        let script = format!(
            "mount -t tmpfs none /etc
            mkdir -m 755 /etc/chrome-sockets
            echo '{content}' > /etc/chrome-sockets/policy.json
            chmod 644 /etc/chrome-sockets/policy.json"
        );
        crate::namespaces::host_in(&script)
    };
    let Some(host) = host_with(&file(&narrower)) else {
        return;
    };
    let mut host = greeted(
        host,
        &json!({"tcpServer": {"listen": ["127.0.0.1", "127.0.0.3"]}, "tcp": {"connect": "*"}}),
    );
    for (address, expected) in [("127.0.0.1", zero()), ("127.0.0.2", denied()), ("127.0.0.3", denied())] {
        assert_eq!(listen_at(&mut host, address, 0), expected, "{address}");
    }
    assert!(may_connect(&mut host, "127.0.0.1", 9), "it does not name connect");
    // It grants nothing by itself.
    write_policy(
        host.policy_path(),
        file(&json!({"tcpServer": {"listen": "127.0.0.3"}})).as_bytes(),
    );
    assert_eq!(listen_at(&mut host, "127.0.0.1", 0), denied());
    assert_eq!(listen_at(&mut host, "127.0.0.3", 0), denied());
    let mut host = host_with("{").unwrap();
    assert_eq!(listen_at(&mut host, "127.0.0.1", 0), denied(), "a broken one denies");
}

/// As root only can a file be given away.
#[cfg(unix)]
#[test]
fn a_foreign_file_or_directory_denies_everything() {
    use std::os::unix::fs::{chown, symlink};
    let mut host = Host::new();
    let path = host.policy_path();
    let directory = path.parent().unwrap().to_owned();
    for foreign in [&path, &directory] {
        if let Err(error) = chown(foreign, Some(12_345), None) {
            println!("SKIPPED: {error}: only root can give a file away");
            return;
        }
        assert_eq!(listen_at(&mut host, "127.0.0.1", 0), denied());
        chown(foreign, Some(0), None).unwrap();
        assert_eq!(listen_at(&mut host, "127.0.0.1", 0), zero());
    }
    // A link of ours to a file of somebody else's.
    let foreign = directory.join("foreign.json");
    std::fs::rename(&path, &foreign).unwrap();
    symlink(&foreign, &path).unwrap();
    assert_eq!(listen_at(&mut host, "0.0.0.0", 0), zero());
    chown(&foreign, Some(12_345), None).unwrap();
    assert_eq!(listen_at(&mut host, "127.0.0.1", 0), denied());
}
