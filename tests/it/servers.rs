//! `tcpServer`: ids, properties, unknown ids.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::host::Host;
use crate::peers::{done, not_found};

#[test]
fn s01_s02_s03_e12_a_fresh_server_has_only_what_is_set() {
    let mut host = Host::new();
    let created = host.call("tcpServer.create", Value::Null);
    assert_eq!(created, json!({"result": {"socketId": 1}}));
    let info = host.info("tcpServer", 1);
    assert_eq!(info, json!({"socketId": 1, "persistent": false, "paused": false}));
}

#[test]
fn s04_s05_the_properties_of_create_are_echoed() {
    let mut host = Host::new();
    host.ok(
        "tcpServer.create",
        json!({"properties": {"name": "a", "persistent": true}}),
    );
    host.ok("tcpServer.create", json!({"properties": {"name": ""}}));
    host.ok(
        "tcpServer.create",
        json!({"properties": {"name": null, "persistent": null}}),
    );
    assert_eq!(
        host.info("tcpServer", 1),
        json!({"socketId": 1, "persistent": true, "name": "a", "paused": false})
    );
    for id in [2, 3] {
        assert_eq!(
            host.info("tcpServer", id),
            json!({"socketId": id, "persistent": false, "paused": false})
        );
    }
}

#[test]
fn s06_s07_s08_ids_only_count_up_across_namespaces() {
    let mut host = Host::new();
    assert_eq!(host.create("tcpServer"), 1);
    assert_eq!(host.create("tcp"), 2);
    assert_eq!(host.simple("tcpServer.close", 1), done());
    assert_eq!(host.simple("tcp.close", 2), done());
    assert_eq!(host.create("tcpServer"), 3);
}

#[test]
fn s09_s10_s11_update_changes_what_it_names() {
    let mut host = Host::new();
    host.ok("tcpServer.create", json!({"properties": {"name": "a"}}));
    let update = |host: &mut Host, properties: Value| {
        let reply = host.call("tcpServer.update", json!({"socketId": 1, "properties": properties}));
        assert_eq!(reply, done());
        host.info("tcpServer", 1)
    };
    let both = json!({"socketId": 1, "persistent": true, "name": "a", "paused": false});
    assert_eq!(update(&mut host, json!({"persistent": true})), both);
    assert_eq!(update(&mut host, json!({})), both);
    assert_eq!(
        update(&mut host, json!({"name": ""})),
        json!({"socketId": 1, "persistent": true, "paused": false})
    );
}

#[test]
fn s12_s13_s14_s15_s16_unknown_ids_are_not_found_everywhere() {
    let mut host = Host::new();
    host.create("tcpServer");
    host.simple("tcpServer.close", 1);
    for id in [1, 0, -1, 77, i32::MAX, i32::MIN] {
        for (method, mut params) in [
            ("update", json!({"properties": {"name": "x"}})),
            ("setPaused", json!({"paused": true})),
            ("listen", json!({"address": "127.0.0.1", "port": 0})),
            // Neither the address nor the backlog is looked at before the id.
            ("listen", json!({"address": "nonsense", "port": 0, "backlog": 0})),
            ("disconnect", json!({})),
            ("close", json!({})),
            ("getInfo", json!({})),
        ] {
            params["socketId"] = id.into();
            assert_eq!(
                host.call(&format!("tcpServer.{method}"), params),
                not_found(),
                "{method} {id}"
            );
        }
    }
}

#[test]
fn s17_s18_t80_get_sockets_lists_its_own_namespace() {
    let mut host = Host::new();
    for namespace in ["tcpServer", "tcp"] {
        assert_eq!(
            host.call(&format!("{namespace}.getSockets"), Value::Null),
            json!({"result": []})
        );
    }
    let (server, port) = host.server();
    let idle = host.create("tcpServer");
    let created = host.create("tcp");
    let _peer = crate::peers::dial(port);
    let client = host.accepted(server);
    for (namespace, expected) in [("tcpServer", [server, idle]), ("tcp", [created, client])] {
        let list = host.ok(&format!("{namespace}.getSockets"), json!({}));
        let ids: BTreeSet<u64> = list
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["socketId"].as_u64().unwrap())
            .collect();
        assert_eq!(ids, BTreeSet::from(expected));
        for info in list.as_array().unwrap() {
            assert_eq!(*info, host.info(namespace, info["socketId"].as_u64().unwrap()));
        }
    }
}

#[test]
fn s73_s74_an_id_of_the_other_namespace_is_not_found() {
    let mut host = Host::new();
    let (server, tcp) = (host.create("tcpServer"), host.create("tcp"));
    for method in ["getInfo", "close", "disconnect"] {
        assert_eq!(host.simple(&format!("tcp.{method}"), server), not_found());
        assert_eq!(host.simple(&format!("tcpServer.{method}"), tcp), not_found());
    }
    assert_eq!(host.write(server, b"x"), not_found());
    let reply = host.call("tcp.setNoDelay", json!({"socketId": server, "noDelay": true}));
    assert_eq!(
        reply,
        json!({"error": {"message": "Socket not found", "code": -2}, "result": -2})
    );
    assert_eq!(host.listen(tcp, "127.0.0.1", 0), not_found());
    assert_eq!(host.simple("tcpServer.close", server), done());
    assert_eq!(host.simple("tcp.close", tcp), done());
}

#[test]
fn a_name_has_a_limit_and_may_be_anything_below_it() {
    let mut host = Host::new();
    let longest = "é\u{0}\"\\\n".repeat((64 << 10) / 6) + "abcd";
    assert_eq!(longest.len(), 64 << 10);
    host.ok("tcpServer.create", json!({"properties": {"name": longest}}));
    assert_eq!(host.info("tcpServer", 1)["name"], *longest);
    let reply = host.call(
        "tcpServer.create",
        json!({"properties": {"name": longest.clone() + "x"}}),
    );
    assert_eq!(
        reply["error"]["message"],
        "Invalid params: `name` is longer than 65536 bytes"
    );
    let reply = host.call(
        "tcp.update",
        json!({"socketId": 1, "properties": {"name": longest + "x"}}),
    );
    assert_eq!(
        reply["error"]["message"],
        "Invalid params: `name` is longer than 65536 bytes"
    );
    assert_eq!(host.create("tcp"), 2, "the failed create took no id");
}
