//! What is said on the connections: each byte follows from whose it is and from its position.

use std::sync::OnceLock;

use crate::peers::pattern;

/// After so many bytes a stream repeats itself; the longest piece that can be asked for at once.
const PERIOD: usize = 4 << 20;

/// `count` bytes from `position` on of what the peer of this number writes.
pub fn of_peer(number: usize, position: u64, count: usize) -> &'static [u8] {
    piece(2 * number as u64, position, count)
}

/// The bytes that the `send` of this request sends.
pub fn of_send(request: u64, count: usize) -> &'static [u8] {
    piece(2 * request + 1, 0, count)
}

/// All streams are the same one, begun at different places.
fn piece(stream: u64, position: u64, count: usize) -> &'static [u8] {
    static TWICE: OnceLock<Vec<u8>> = OnceLock::new();
    let start = stream.wrapping_mul(40_503).wrapping_add(position) % PERIOD as u64;
    let start = usize::try_from(start).unwrap();
    &TWICE.get_or_init(|| pattern(PERIOD, 1).repeat(2))[start..start + count]
}
