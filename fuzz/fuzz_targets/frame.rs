//! Any byte stream read as frames: never a panic, never more memory than bytes came.
#![no_main]

use chrome_sockets_host::frame;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stream: &[u8]| {
    let mut input = stream;
    let mut buffer = frame::Buffer::default();
    while let Ok(true) = buffer.read_from(&mut input) {
        while let Ok(Some(body)) = buffer.take() {
            assert!(body.len() <= stream.len());
        }
    }
});
