//! Any byte stream read as frames: never a panic, never more memory than bytes came.
#![no_main]

use chrome_sockets_host::frame;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stream: &[u8]| {
    let mut input = stream;
    let mut body = Vec::new();
    while let Ok(true) = frame::read(&mut input, &mut body) {
        assert!(body.len() <= stream.len());
    }
});
