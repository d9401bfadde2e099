//! Any frame's body decoded as messages: never a panic; what is JSON gives as many messages as it has elements.
#![no_main]

use chrome_sockets_host::wire;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let decoded = wire::decode(body);
    if let (Ok(messages), Ok(json)) = (&decoded, serde_json::from_slice::<serde_json::Value>(body)) {
        assert_eq!(messages.len(), json.as_array().map_or(1, Vec::len));
    }
    if serde_json::from_slice::<serde_json::Value>(body).is_err() {
        // Numbers that no double holds are errors to one reader and ignored by the other.
        assert!(decoded.is_err() || body.iter().any(u8::is_ascii_digit));
    }
});
