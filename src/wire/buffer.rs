//! A frame's bytes as they grow, in a vector that is used again and again.

use std::io::{self, Write};

/// Bytes that are written one after the other. The vector behind them keeps its length: what is going to be overwritten need not be
/// filled with zeroes first, which for base64 was an eighth of the host's work.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    length: usize,
}

impl Buffer {
    /// An empty buffer in the space of `bytes`, whose content counts as gone.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, length: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// The vector, for the next buffer.
    pub(super) fn into_vec(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn push(&mut self, byte: u8) {
        self.extend(&[byte]);
    }

    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.space(bytes.len()).copy_from_slice(bytes);
    }

    /// The next `length` bytes, which the caller must overwrite.
    pub(super) fn space(&mut self, length: usize) -> &mut [u8] {
        let start = self.length;
        self.length += length;
        if self.bytes.len() < self.length {
            // At least twice as long, as a vector grows by itself, so that the zeroes stay few.
            self.bytes.resize(self.length.max(2 * self.bytes.len()), 0);
        }
        &mut self.bytes[start..self.length]
    }

    /// Writes over what stands at `at`.
    pub(super) fn overwrite(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[..self.length][at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Takes back all but the first `length` bytes.
    pub(super) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }
}

/// Never fails.
impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.extend(bytes);
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.extend(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_before_is_never_seen() {
        let mut buffer = Buffer::new(b"old content".to_vec());
        assert_eq!(buffer.bytes(), b"");
        buffer.extend(b"new");
        buffer.push(b'!');
        assert_eq!(buffer.bytes(), b"new!");
        buffer.truncate(1);
        buffer.truncate(9);
        assert_eq!(buffer.bytes(), b"n");
        buffer.extend(&[b'x'; 40]);
        buffer.overwrite(1, b"ow");
        assert_eq!(buffer.len(), 41);
        assert_eq!(&buffer.bytes()[..5], b"nowxx");
        assert!(buffer.into_vec().len() >= 41);
    }
}
