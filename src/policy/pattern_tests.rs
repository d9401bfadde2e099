//! The assertions about single patterns; each test is named by the ones it holds.

use proptest::prelude::*;

use super::*;

fn manifest(text: &str) -> Pattern {
    Pattern::parse(text, Dialect::Manifest).unwrap_or_else(|error| panic!("{error}"))
}

fn prints(text: &str) -> String {
    manifest(text).to_string()
}

fn refused(text: &str) -> bool {
    Pattern::parse(text, Dialect::Manifest).is_err()
}

#[test]
fn m01_m02_any_host_and_port() {
    for text in ["", ":", "*", "*:", ":*", "*:*", ".", "*."] {
        assert_eq!(prints(text), "*:*", "{text:?}");
    }
}

#[test]
fn m03_m04_exact_hosts_print_in_lower_case() {
    assert_eq!(prints("www.example.com"), "www.example.com:*");
    assert_eq!(prints("wWW.ExAmPlE.cOm"), "www.example.com:*");
}

#[test]
fn m05_m06_m07_m08_canonical_print() {
    for (text, canonical) in [
        (".example.com", "*.example.com:*"),
        ("*.example.com", "*.example.com:*"),
        (":99", "*:99"),
        ("*.example.com:99", "*.example.com:99"),
        ("a:80", "a:80"),
        ("a. b .c", "a.b.c:*"),
    ] {
        assert_eq!(prints(text), canonical, "{text:?}");
    }
}

#[test]
fn m09_m10_m11_ports_out_of_range_are_refused() {
    for text in [
        "www.example.com:-1",
        "www.example.com:65536",
        ":0",
        ":99999999999999999999",
    ] {
        assert!(refused(text), "{text:?}");
    }
    assert_eq!(prints(":65535"), "*:65535");
    assert_eq!(prints(":1"), "*:1");
}

#[test]
fn m12_m15_m16_too_many_colons_ranges_and_services_are_refused() {
    for text in [
        "::", "::1", "[::1]:80", "[::1]", "a:80-90", "a:http", "a:80:90", "http://a",
    ] {
        assert!(refused(text), "{text:?}");
    }
}

#[test]
fn m13_m14_white_space_around_a_part_is_refused() {
    for text in [
        "  www.example.com:  99  ",
        "*.example.com :99",
        "*.example.com: 99",
        "*.example.com:99 ",
        "\t*.example.com:99",
        "\n*.example.com:99",
        "\u{b}*.example.com",
        " ",
        ": ",
    ] {
        assert!(refused(text), "{text:?}");
    }
}

#[test]
fn m17_the_text_of_a_refusal() {
    let error = Pattern::parse("X:0", Dialect::Manifest).expect_err("port 0");
    assert_eq!(error.to_string(), "Invalid host:port pattern 'X:0'");
}

#[test]
fn m25_m30_the_port_decides_for_any_host() {
    let pattern = manifest(":8800");
    assert!(pattern.matches("www.example.com", 8800));
    assert!(pattern.matches("smtp.example.com", 8800));
    assert!(pattern.matches("127.0.0.1", 8800));
    assert!(!pattern.matches("127.0.0.1", 8888));
}

#[test]
fn m26_m27_m28_m32_subdomains() {
    for text in ["*.example.com:8800", "*.ExAmPlE.cOm:8800"] {
        let pattern = manifest(text);
        for host in ["www.example.com", "smtp.example.com", "SMTP.example.com", "example.com"] {
            assert!(pattern.matches(host, 8800), "{text} {host}");
            assert!(!pattern.matches(host, 80), "{text} {host}");
        }
        for host in [
            "www.google.com",
            "wwwexample.com",
            ".example.com",
            "example.com.evil.invalid",
        ] {
            assert!(!pattern.matches(host, 8800), "{text} {host}");
        }
    }
}

#[test]
fn m29_subdomain_patterns_do_not_match_addresses() {
    let pattern = manifest("*.168.0.1:8800");
    for host in [
        "192.168.0.1",
        "0xc0.168.0.1",
        "0300.168.0.1",
        "::ffff:192.168.0.1",
        "%31%39%32.168.0.1",
        "\u{ff11}92.168.0.1",
        "1\u{ad}92.168.0.1",
    ] {
        assert!(!pattern.matches(host, 8800), "{host}");
    }
    assert!(!manifest("*.1").matches("127.1", 1));
    assert!(!manifest("*.0.1.").matches("127.0.0.1.", 1));
    assert!(!manifest("*.1]").matches("[::ffff:1.2.3.1]", 1));
    assert!(
        manifest("*.168.0.1").matches("www.168.0.1", 1),
        "a name may look like that"
    );
}

#[test]
fn m33_an_exact_host_has_no_subdomains() {
    assert!(!manifest("example.com").matches("www.example.com", 80));
}

#[test]
fn m34_m35_m38_hosts_are_compared_as_text() {
    assert!(!manifest("127.0.0.1:8080").matches("127.1", 8080));
    assert!(!manifest("0.0.0.0:*").matches("127.0.0.1", 8080));
    assert!(!manifest("localhost:*").matches("127.0.0.1", 8080));
    assert!(manifest("localhost:*").matches("LOCALHOST", 8080));
}

#[test]
fn m36_m37_any_host_covers_ipv6_and_any_port_covers_zero() {
    assert!(manifest("*:8080").matches("::1", 8080));
    assert!(!manifest("127.0.0.1:8080").matches("127.0.0.1", 0));
    assert!(manifest("127.0.0.1").matches("127.0.0.1", 0));
    assert!(manifest("127.0.0.1:*").matches("127.0.0.1", 0));
}

#[test]
fn m40_an_inner_star_is_an_ordinary_character() {
    assert!(!manifest("foo.*.com").matches("foo.bar.com", 80));
    assert!(manifest("foo.*.com").matches("foo.*.com", 80));
}

#[test]
fn policy_files_may_name_ipv6_addresses() {
    let policy = |text| Pattern::parse(text, Dialect::Policy);
    let pattern = policy("[0:0::1]:80").expect("valid");
    assert_eq!(pattern.to_string(), "[::1]:80");
    assert!(pattern.matches("::1", 80));
    assert!(pattern.matches("0:0:0:0:0:0:0:1", 80));
    assert!(!pattern.matches("::1", 81));
    assert!(!pattern.matches("::2", 80));
    assert!(!pattern.matches("127.0.0.1", 80));
    assert_eq!(policy("[::]").expect("valid").to_string(), "[::]:*");
    for text in [
        "[::1",
        "[::1]80",
        "[::1]:0",
        "[::1]:80:1",
        "[1.2.3.4]:80",
        "[]:80",
        "[fe80::1%lo]:1",
        " [::1]",
        "::1",
    ] {
        assert!(policy(text).is_err(), "{text:?}");
    }
}

/// Text of the characters that mean something here, so that most cases reach the interesting branches.
fn pattern_like() -> impl Strategy<Value = String> {
    "[a-bA-B0-2*.: \\t\\[\\]é]{0,12}"
}

proptest! {
    #[test]
    fn printing_and_parsing_again_gives_the_same_pattern(text in pattern_like()) {
        for dialect in [Dialect::Manifest, Dialect::Policy] {
            if let Ok(pattern) = Pattern::parse(&text, dialect) {
                prop_assert_eq!(Pattern::parse(&pattern.to_string(), dialect), Ok(pattern));
            }
        }
    }

    #[test]
    fn every_manifest_pattern_is_a_policy_pattern(text in pattern_like()) {
        if let Ok(pattern) = Pattern::parse(&text, Dialect::Manifest) && !text.starts_with('[') {
            prop_assert_eq!(Pattern::parse(&text, Dialect::Policy), Ok(pattern));
        }
    }

    #[test]
    fn matching_ignores_ascii_case_and_never_panics(text in pattern_like(), host in pattern_like(), port: u16) {
        if let Ok(pattern) = Pattern::parse(&text, Dialect::Policy) {
            prop_assert_eq!(pattern.matches(&host, port), pattern.matches(&host.to_ascii_uppercase(), port));
        }
    }

    #[test]
    fn an_exact_pattern_grants_itself_and_no_other_port(host in "[a-z][a-z.]{0,8}[a-z]", port in 1_u16..) {
        let pattern = Pattern::parse(&format!("{host}:{port}"), Dialect::Manifest).expect("valid");
        prop_assert!(pattern.matches(&host, port));
        prop_assert!(!pattern.matches(&host, port.wrapping_add(1)));
    }
}
