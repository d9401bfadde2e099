//! Both gates together, with policy files on a disk.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use super::super::{FILE_NAME, MAX_FILE_BYTES};
use super::*;
use Operation::{TcpConnect, TcpServerListen, UdpBind, UdpMulticastMembership, UdpSend};

const ID: &str = "abcdefghijklmnopabcdefghijklmnop";

struct Fixture {
    user: TempDir,
    system: TempDir,
    gates: Gates,
}

fn fixture() -> Fixture {
    let (user, system) = (TempDir::new().expect("user"), TempDir::new().expect("system"));
    let dirs = Dirs {
        user: Some(user.path().to_owned()),
        system: Some(system.path().to_owned()),
    };
    let gates = Gates::new(&dirs, ID);
    Fixture { user, system, gates }
}

/// As `install` writes it: a new file in the old one's place.
fn put(directory: &TempDir, content: impl AsRef<[u8]>) {
    let new = directory.path().join("new");
    fs::write(&new, content).expect("written");
    #[cfg(unix)]
    set_mode(&new, 0o600);
    fs::rename(new, directory.path().join(FILE_NAME)).expect("renamed");
}

fn put_entry(directory: &TempDir, entry: &Value) {
    put(directory, json!({"extensions": {ID: entry}}).to_string());
}

#[cfg(unix)]
fn set_mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("mode");
}

impl Fixture {
    fn listens(&mut self, host: &str) -> bool {
        self.gates.allows(TcpServerListen, host, 8080)
    }
}

#[test]
fn the_default_is_listening_on_loopback_addresses_and_nothing_else() {
    let mut fixture = fixture();
    for host in [
        "127.0.0.1",
        "127.1",
        "127.255.255.254",
        "2130706433",
        "::1",
        "0:0:0:0:0:0:0:1",
    ] {
        assert!(fixture.listens(host), "{host}");
    }
    for host in [
        "0.0.0.0",
        "::",
        "192.168.0.1",
        "localhost",
        "::ffff:127.0.0.1",
        "[::1]",
        "",
    ] {
        assert!(!fixture.listens(host), "{host}");
    }
    for operation in [TcpConnect, UdpBind, UdpSend, UdpMulticastMembership] {
        assert!(!fixture.gates.allows(operation, "127.0.0.1", 8080), "{operation:?}");
    }
}

#[test]
fn another_extensions_entry_and_unknown_members_change_nothing() {
    let mut fixture = fixture();
    put(
        &fixture.user,
        json!({"version": 9, "extensions": {"x": {"tcp": 7}, ID: {"fastLane": true}}}).to_string(),
    );
    assert!(fixture.listens("127.0.0.1"));
    assert!(!fixture.listens("0.0.0.0"));
}

#[test]
fn an_explicit_list_replaces_the_default() {
    let mut fixture = fixture();
    put_entry(
        &fixture.user,
        &json!({"tcpServer": {"listen": ["0.0.0.0:8080", "[::]:8080"]}}),
    );
    assert!(fixture.listens("0.0.0.0"));
    assert!(fixture.listens("0::0"));
    assert!(!fixture.listens("127.0.0.1"));
    put_entry(
        &fixture.user,
        &json!({"tcpServer": {"listen": []}, "tcp": {"connect": "*.example.invalid:7"}}),
    );
    assert!(!fixture.listens("127.0.0.1"));
    assert!(fixture.gates.allows(TcpConnect, "a.example.invalid", 7));
    assert!(!fixture.gates.allows(TcpConnect, "a.example.invalid", 8));
}

#[test]
fn the_system_file_narrows_what_it_names() {
    let mut fixture = fixture();
    put_entry(
        &fixture.user,
        &json!({"tcpServer": {"listen": ["*"]}, "tcp": {"connect": "*"}}),
    );
    put_entry(&fixture.system, &json!({"tcpServer": {"listen": "127.0.0.1:8080"}}));
    assert!(fixture.listens("127.0.0.1"));
    assert!(!fixture.listens("0.0.0.0"));
    assert!(fixture.gates.allows(TcpConnect, "example.invalid", 1), "not named");
    put_entry(&fixture.user, &json!({}));
    put_entry(
        &fixture.system,
        &json!({"tcpServer": {"listen": "*"}, "udp": {"bind": ""}}),
    );
    assert!(!fixture.listens("0.0.0.0"), "it never widens the default");
    assert!(!fixture.gates.allows(UdpBind, "127.0.0.1", 1));
    put(&fixture.system, "{");
    assert!(!fixture.listens("127.0.0.1"), "a broken one denies");
}

#[test]
fn the_manifest_is_a_second_gate() {
    let mut fixture = fixture();
    let declared = json!({"tcpServer": {"listen": "127.0.0.1:8080"}});
    assert_eq!(fixture.gates.set_manifest(Some(&declared)), Ok(()));
    assert!(fixture.listens("127.0.0.1"));
    assert!(!fixture.listens("127.1"), "the manifest is compared as text");
    assert!(!fixture.gates.allows(TcpServerListen, "127.0.0.1", 8081));
    put_entry(&fixture.user, &json!({"tcpServer": {"listen": []}}));
    assert!(!fixture.listens("127.0.0.1"), "the policy still decides");

    let bad = json!({"tcpServer": {"listen": "X:0"}});
    put_entry(&fixture.user, &json!({}));
    let error = "Invalid host:port pattern 'X:0'".to_owned();
    assert_eq!(fixture.gates.set_manifest(Some(&bad)), Err(error));
    assert!(!fixture.listens("127.0.0.1"));
    assert_eq!(fixture.gates.set_manifest(None), Ok(()));
    assert!(fixture.listens("127.0.0.1"));
}

#[test]
fn the_file_is_read_again_when_it_changes() {
    let mut fixture = fixture();
    assert!(!fixture.listens("0.0.0.0"));
    put_entry(&fixture.user, &json!({"tcpServer": {"listen": "0.0.0.0"}}));
    assert!(fixture.listens("0.0.0.0"));
    put_entry(&fixture.user, &json!({"tcpServer": {"listen": "1.0.0.0"}}));
    assert!(!fixture.listens("0.0.0.0"), "same size, another file");
    put(&fixture.user, "not JSON");
    assert!(!fixture.listens("127.0.0.1"));
    fs::remove_file(fixture.user.path().join(FILE_NAME)).expect("removed");
    assert!(fixture.listens("127.0.0.1"));
}

#[test]
fn broken_files_deny_everything() {
    let mut fixture = fixture();
    let entry = |text: &str| format!(r#"{{"extensions":{{"{ID}":{text}}}}}"#);
    for content in [
        String::new(),
        "[]".to_owned(),
        r#"{"extensions":[]}"#.to_owned(),
        entry("7"),
        entry(r#"{"tcpServer":{"listen":"X:0"}}"#),
        entry(r#"{"tcpServer":[]}"#),
        entry(r#"{"limits":7}"#),
        entry(r#"{"limits":{"sockets":-1}}"#),
        format!("{{{}}}", " ".repeat(usize::try_from(MAX_FILE_BYTES).expect("fits"))),
    ] {
        put(&fixture.user, &content);
        assert!(!fixture.listens("127.0.0.1"), "{content:.80}");
        put(&fixture.user, "{}");
        assert!(fixture.listens("127.0.0.1"), "mended");
    }
}

#[test]
fn without_a_users_directory_everything_is_denied() {
    let mut gates = Gates::new(&Dirs::default(), ID);
    assert!(!gates.allows(TcpServerListen, "127.0.0.1", 8080));
    assert_eq!(gates.max_sockets(), None);
}

#[test]
fn the_lower_limit_holds() {
    let mut fixture = fixture();
    assert_eq!(fixture.gates.max_sockets(), None);
    put_entry(&fixture.user, &json!({"limits": {"sockets": 20_000, "other": "x"}}));
    assert_eq!(fixture.gates.max_sockets(), Some(20_000));
    put_entry(&fixture.system, &json!({"limits": {"sockets": 10}}));
    assert_eq!(fixture.gates.max_sockets(), Some(10));
    put_entry(&fixture.user, &json!({}));
    assert_eq!(fixture.gates.max_sockets(), Some(10));
}

#[cfg(unix)]
mod unix {
    use super::*;

    #[test]
    fn a_file_that_others_can_write_denies_everything_until_it_is_mended() {
        let mut fixture = fixture();
        put(&fixture.user, "{}");
        let path = fixture.user.path().join(FILE_NAME);
        for mode in [0o620, 0o602, 0o666] {
            assert!(fixture.listens("127.0.0.1"));
            set_mode(&path, mode);
            assert!(!fixture.listens("127.0.0.1"), "{mode:o}");
            set_mode(&path, 0o644);
        }
        assert!(fixture.listens("127.0.0.1"));
    }

    #[test]
    fn a_directory_that_others_can_write_denies_everything_until_it_is_mended() {
        let mut fixture = fixture();
        put(&fixture.user, "{}");
        set_mode(fixture.user.path(), 0o777);
        assert!(!fixture.listens("127.0.0.1"));
        set_mode(fixture.user.path(), 0o755);
        assert!(fixture.listens("127.0.0.1"));
    }

    #[test]
    fn a_foreign_file_denies_everything() {
        let mut fixture = fixture();
        put(&fixture.user, "{}");
        assert!(fixture.listens("127.0.0.1"));
        let path = fixture.user.path().join(FILE_NAME);
        if std::os::unix::fs::chown(&path, Some(12_345), None).is_err() {
            return; // Only root can give a file away; where tests run as somebody else, the mode tests stand for the rule.
        }
        assert!(!fixture.listens("127.0.0.1"));
    }

    #[test]
    fn what_is_not_a_regular_file_denies_everything() {
        let mut fixture = fixture();
        let path = fixture.user.path().join(FILE_NAME);
        fs::create_dir(&path).expect("directory");
        assert!(!fixture.listens("127.0.0.1"));
        fs::remove_dir(&path).expect("removed");
        // rustix makes none on macOS.
        #[cfg(not(target_vendor = "apple"))]
        {
            use rustix::fs::{CWD, FileType, Mode, mknodat};
            mknodat(CWD, &path, FileType::Fifo, Mode::RUSR, 0).expect("fifo");
            assert!(!fixture.listens("127.0.0.1"), "and a FIFO does not block");
        }
    }

    #[test]
    fn a_link_to_a_good_file_is_followed() {
        let mut fixture = fixture();
        let elsewhere = TempDir::new().expect("elsewhere");
        put_entry(&elsewhere, &json!({"tcpServer": {"listen": "*"}}));
        std::os::unix::fs::symlink(elsewhere.path().join(FILE_NAME), fixture.user.path().join(FILE_NAME))
            .expect("link");
        assert!(fixture.listens("0.0.0.0"));
    }
}
