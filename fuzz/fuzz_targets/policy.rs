//! Any text as a pattern, any JSON as a manifest key: never a panic, and a pattern's print reads back as itself.
#![no_main]

use chrome_sockets_host::policy::{Dialect, Grants, Pattern};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        for dialect in [Dialect::Manifest, Dialect::Policy] {
            if let Ok(pattern) = Pattern::parse(text, dialect) {
                let again = Pattern::parse(&pattern.to_string(), dialect).expect("a print can be read");
                assert_eq!(pattern, again);
            }
        }
    }
    if let Ok(json) = serde_json::from_slice(bytes) {
        let _ = Grants::parse(&json, Dialect::Manifest);
        let _ = Grants::parse(&json, Dialect::Policy);
    }
});
