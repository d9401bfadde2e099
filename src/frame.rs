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

/// How much can be read at once: what a pipe holds.
const PIECE: usize = 64 << 10;

/// How much of the buffer is kept for the next frames; a rare large one must not hold its memory for ever.
const KEPT_CAPACITY: usize = 256 << 10;

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

/// What has been read and not been taken out yet: frames, whole and in part.
#[derive(Debug)]
pub struct Buffer {
    /// As long as it may be filled; what is in use stands in `start..end`.
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Default for Buffer {
    fn default() -> Self {
        Self {
            bytes: vec![0; PIECE],
            start: 0,
            end: 0,
        }
    }
}

impl Buffer {
    /// Reads once, so that it waits only where `input` has nothing at all.
    ///
    /// # Returns
    /// `false` for the orderly end: the input ended between two frames. `true` also when `input` would have had to wait.
    ///
    /// # Errors
    /// [`FrameError::Truncated`], or what the input failed with.
    pub fn read_from(&mut self, input: &mut impl Read) -> Result<bool, FrameError> {
        self.make_room();
        loop {
            match input.read(&mut self.bytes[self.end..]) {
                Ok(0) if self.start == self.end => return Ok(false),
                Ok(0) => return Err(FrameError::Truncated),
                Ok(count) => {
                    self.end += count;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The memory taken grows with the bytes that really arrive, not with the length that was claimed.
    fn make_room(&mut self) {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            self.bytes.truncate(KEPT_CAPACITY);
            self.bytes.shrink_to(KEPT_CAPACITY);
        }
        if self.bytes.len() - self.end < PIECE {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.bytes.len() - self.end < PIECE {
            self.bytes.resize((2 * self.bytes.len()).max(self.end + PIECE), 0);
        }
    }

    /// Takes out the body of the next frame, if the whole of it is here.
    ///
    /// # Errors
    /// [`FrameError::TooLong`], as soon as the length is here.
    pub fn take(&mut self) -> Result<Option<&[u8]>, FrameError> {
        let Some((header, rest)) = self.bytes[self.start..self.end].split_first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let length = NativeEndian::read_u32(header) as usize;
        if length > MAX_FROM_BROWSER {
            return Err(FrameError::TooLong(length));
        }
        if length > rest.len() {
            return Ok(None);
        }
        self.start += HEADER + length;
        Ok(Some(&self.bytes[self.start - length..self.start]))
    }
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
            NativeEndian::write_u32(&mut header, u32::try_from(body.len()).unwrap());
            bytes.extend_from_slice(&header);
            bytes.extend_from_slice(body);
        }
        bytes
    }

    /// The frames of a stream, and how it ended.
    fn frames(input: &mut impl Read) -> (Vec<Vec<u8>>, Result<(), FrameError>) {
        let mut buffer = Buffer::default();
        let mut seen = Vec::new();
        let mut read = || -> Result<(), FrameError> {
            while buffer.read_from(input)? {
                while let Some(body) = buffer.take()? {
                    seen.push(body.to_vec());
                }
            }
            Ok(())
        };
        let end = read();
        (seen, end)
    }

    proptest! {
        #[test]
        fn any_split_of_the_stream_gives_the_same_frames(
            bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..6),
            sizes in prop::collection::vec(1_usize..40, 0..100),
        ) {
            let bytes = framed(&bodies);
            let (seen, end) = frames(&mut Pieces { rest: &bytes, sizes: sizes.into_iter() });
            prop_assert!(end.is_ok());
            prop_assert_eq!(seen, bodies);
        }

        #[test]
        fn an_end_inside_a_frame_is_never_orderly(body in prop::collection::vec(any::<u8>(), 0..50), cut in 1_usize..54) {
            let bytes = framed(&[body]);
            prop_assume!(cut < bytes.len());
            let (seen, end) = frames(&mut &bytes[..cut]);
            prop_assert!(seen.is_empty());
            prop_assert!(matches!(end, Err(FrameError::Truncated)));
        }
    }

    #[test]
    fn frames_of_all_sizes_are_whole_and_a_large_one_is_not_kept() {
        let large = vec![7; 5 << 20];
        let bodies = [vec![1; 70_000], large, Vec::new(), vec![2; KEPT_CAPACITY], vec![3]];
        let stream = framed(&bodies);
        let (seen, end) = frames(&mut &stream[..]);
        assert!(end.is_ok());
        assert!(seen == bodies, "a frame has changed on its way");

        let mut buffer = Buffer::default();
        let mut input = &stream[..];
        while buffer.read_from(&mut input).unwrap() {
            while buffer.take().unwrap().is_some() {}
        }
        assert!(buffer.bytes.capacity() <= KEPT_CAPACITY);
    }

    #[test]
    fn the_limit_is_inclusive_and_checked_before_anything_is_read() {
        let mut buffer = Buffer::default();
        assert!(buffer.read_from(&mut &u32::MAX.to_ne_bytes()[..]).unwrap());
        let error = buffer.take().unwrap_err();
        assert!(matches!(error, FrameError::TooLong(4_294_967_295)));

        let mut header = [0; HEADER];
        NativeEndian::write_u32(&mut header, 64 << 20);
        let mut buffer = Buffer::default();
        let mut input = &header[..];
        assert!(buffer.read_from(&mut input).unwrap());
        assert!(buffer.take().unwrap().is_none());
        assert!(matches!(buffer.read_from(&mut input), Err(FrameError::Truncated)));
        assert!(
            buffer.bytes.capacity() <= 2 * PIECE,
            "memory was taken for bytes that never came"
        );
    }

    #[test]
    fn n26_the_length_stands_in_native_byte_order() {
        let mut header = [0; HEADER];
        write_header(&mut header, 0x0102);
        assert_eq!(header, 0x0102_u32.to_ne_bytes());
        let stream = [&2_u32.to_ne_bytes()[..], b"{}"].concat();
        assert_eq!(frames(&mut &stream[..]).0, [b"{}"]);
    }
}
