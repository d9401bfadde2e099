//! Native messaging's frames: a 4-byte length in native byte order, then that many bytes.
//!
//! This module knows bytes only; what is in them is `wire`'s business.

use std::io::{self, Read};

use byteorder::{ByteOrder, NativeEndian};

/// The longest body the browser takes from a host; one byte more and it ends the session.
pub const MAX_TO_BROWSER: usize = 1 << 20;

/// The longest body the browser sends.
pub const MAX_FROM_BROWSER: usize = 64 << 20;

/// The length's own size in bytes.
pub const HEADER: usize = 4;

/// How much of a frame's buffer is kept for the next one; a rare large frame must not hold its memory for ever.
const KEPT_CAPACITY: usize = 1 << 20;

/// Why the input cannot be read on. There is no way to find the next frame after one of these.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The length is over [`MAX_FROM_BROWSER`].
    #[error("a frame of {0} bytes, which is over the limit of {MAX_FROM_BROWSER}")]
    TooLong(usize),
    /// The input ended inside a frame.
    #[error("the input ended inside a frame")]
    Truncated,
    /// The input could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads one frame's body into `body`, replacing what was there.
///
/// # Returns
/// `true` for a frame, `false` for the orderly end: the input ended between two frames.
///
/// # Errors
/// See [`FrameError`]. The memory taken grows with the bytes that really arrive, not with the length that was claimed.
pub fn read(input: &mut impl Read, body: &mut Vec<u8>) -> Result<bool, FrameError> {
    body.clear();
    body.shrink_to(KEPT_CAPACITY);
    let mut header = [0; HEADER];
    let mut filled = 0;
    while filled < HEADER {
        match input.read(&mut header[filled..]) {
            Ok(0) if filled == 0 => return Ok(false),
            Ok(0) => return Err(FrameError::Truncated),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    let length = NativeEndian::read_u32(&header) as usize;
    if length > MAX_FROM_BROWSER {
        return Err(FrameError::TooLong(length));
    }
    body.reserve(length.min(KEPT_CAPACITY));
    let read = input.take(length as u64).read_to_end(body)?;
    if read == length {
        Ok(true)
    } else {
        Err(FrameError::Truncated)
    }
}

/// Whether `bytes` begins with a whole frame, which can be read without waiting.
#[must_use]
pub fn begins_with_whole(bytes: &[u8]) -> bool {
    bytes
        .split_first_chunk::<HEADER>()
        .is_some_and(|(header, rest)| NativeEndian::read_u32(header) as usize <= rest.len())
}

/// Writes the header for a body of `length` bytes into the first [`HEADER`] bytes of `space`.
///
/// # Panics
/// When `length` is over [`MAX_TO_BROWSER`], which the frame writer never lets happen: the browser would end the session.
pub fn write_header(space: &mut [u8], length: usize) {
    assert!(length <= MAX_TO_BROWSER, "a frame of {length} bytes");
    #[allow(clippy::cast_possible_truncation, reason = "checked above")]
    NativeEndian::write_u32(space, length as u32);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Hands out a byte stream in the given pieces, as a pipe might.
    struct Pieces<'a> {
        rest: &'a [u8],
        sizes: std::vec::IntoIter<usize>,
    }

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let size = self.sizes.next().unwrap_or(usize::MAX).max(1);
            let count = size.min(buffer.len()).min(self.rest.len());
            buffer[..count].copy_from_slice(&self.rest[..count]);
            self.rest = &self.rest[count..];
            Ok(count)
        }
    }

    fn framed(bodies: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for body in bodies {
            let mut header = [0; HEADER];
            write_header(&mut header, body.len());
            bytes.extend_from_slice(&header);
            bytes.extend_from_slice(body);
        }
        bytes
    }

    proptest! {
        #[test]
        fn any_split_of_the_stream_gives_the_same_frames(
            bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..6),
            sizes in prop::collection::vec(1_usize..40, 0..100),
        ) {
            let bytes = framed(&bodies);
            let mut input = Pieces { rest: &bytes, sizes: sizes.into_iter() };
            let mut body = Vec::new();
            let mut seen = Vec::new();
            while read(&mut input, &mut body).unwrap() {
                seen.push(body.clone());
            }
            prop_assert_eq!(seen, bodies);
        }

        #[test]
        fn an_end_inside_a_frame_is_never_orderly(body in prop::collection::vec(any::<u8>(), 0..50), cut in 1_usize..54) {
            let bytes = framed(&[body]);
            prop_assume!(cut < bytes.len());
            let mut input = &bytes[..cut];
            prop_assert!(matches!(read(&mut input, &mut Vec::new()), Err(FrameError::Truncated)));
        }
    }

    #[test]
    fn the_limit_is_inclusive_and_checked_before_anything_is_read() {
        let mut header = [0; HEADER];
        NativeEndian::write_u32(&mut header, u32::MAX);
        let error = read(&mut &header[..], &mut Vec::new()).unwrap_err();
        assert!(matches!(error, FrameError::TooLong(4_294_967_295)));

        NativeEndian::write_u32(&mut header, 64 << 20);
        let mut body = Vec::new();
        let error = read(&mut &header[..], &mut body).unwrap_err();
        assert!(matches!(error, FrameError::Truncated));
        assert!(
            body.capacity() <= 2 * KEPT_CAPACITY,
            "memory was taken for bytes that never came"
        );
    }

    #[test]
    fn n26_the_length_stands_in_native_byte_order() {
        let mut header = [0; HEADER];
        write_header(&mut header, 0x0102);
        assert_eq!(header, 0x0102_u32.to_ne_bytes());
        let stream = [&2_u32.to_ne_bytes()[..], b"{}"].concat();
        let mut body = Vec::new();
        assert!(read(&mut &stream[..], &mut body).unwrap());
        assert_eq!(body, b"{}");
    }

    #[test]
    fn a_large_buffer_is_not_kept() {
        let large = framed(&[vec![7; MAX_TO_BROWSER]]);
        let mut stream = large.clone();
        stream.extend(framed(&[vec![1]]));
        let mut input = &stream[..];
        let mut body = Vec::with_capacity(8 << 20);
        assert!(read(&mut input, &mut body).unwrap());
        assert!(read(&mut input, &mut body).unwrap());
        assert!(body.capacity() <= 2 * KEPT_CAPACITY);
    }
}
