//! What a connection still has to write: one first-in-first-out row of chunks, and which sends they belong to.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

/// The most chunks one write takes; more bring nothing.
const MAX_SLICES: usize = 32;

#[derive(Debug)]
struct Chunk {
    /// The request this belongs to.
    request: u64,
    bytes: Vec<u8>,
    /// Whether the send ends here.
    last: bool,
}

/// A send that has ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) request: u64,
    pub(super) bytes: u64,
}

/// A send that will never end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unsent {
    pub(super) request: u64,
    /// Whether chunks of it may still arrive.
    pub(super) open: bool,
}

/// The row of chunks.
#[derive(Debug, Default)]
pub(super) struct Sends {
    chunks: VecDeque<Chunk>,
    /// Bytes of the first chunk that are written.
    offset: usize,
    /// Bytes of the first send that are in chunks already written.
    done: u64,
    /// The send whose last chunk has not arrived.
    open: Option<u64>,
    /// Bytes that wait here.
    queued: u64,
}

/// How much waits to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) bytes: u64,
    pub(super) chunks: usize,
}

impl std::ops::Add for Load {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            bytes: self.bytes + other.bytes,
            chunks: self.chunks + other.chunks,
        }
    }
}

impl std::ops::Sub for Load {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            bytes: self.bytes - other.bytes,
            chunks: self.chunks - other.chunks,
        }
    }
}

impl Sends {
    pub(super) fn load(&self) -> Load {
        Load {
            bytes: self.queued,
            chunks: self.chunks.len(),
        }
    }

    /// Whether the send of `request` has begun to arrive and more of it is to come.
    pub(super) fn is_open(&self, request: u64) -> bool {
        self.open == Some(request)
    }

    /// Takes the half-arrived send out of the row: its caller answers for it.
    pub(super) fn forget_open(&mut self) {
        if let Some(open) = self.open.take() {
            self.chunks.retain(|chunk| chunk.request != open);
            self.queued = self.chunks.iter().map(|chunk| chunk.bytes.len() as u64).sum();
            self.offset = 0;
        }
    }

    /// Whether nothing waits and nothing more of a send is to come.
    pub(super) fn is_idle(&self) -> bool {
        self.chunks.is_empty() && self.open.is_none()
    }

    /// Whether a chunk of `request` may come now: chunks of one send are contiguous.
    pub(super) fn accepts(&self, request: u64) -> bool {
        self.open.is_none_or(|open| open == request)
    }

    pub(super) fn push(&mut self, request: u64, bytes: Vec<u8>, last: bool) {
        self.queued += bytes.len() as u64;
        self.open = (!last).then_some(request);
        self.chunks.push_back(Chunk { request, bytes, last });
    }

    /// Calls `write` until everything is written, it would block, or about `budget` bytes went; sends that ended are added to `sent`.
    ///
    /// # Returns
    /// Whether everything is written.
    pub(super) fn write(
        &mut self,
        mut budget: usize,
        sent: &mut Vec<Sent>,
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<bool> {
        self.finish_written(sent);
        while !self.chunks.is_empty() && budget > 0 {
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let count = self.chunks.len().min(MAX_SLICES);
            for (slice, chunk) in slices.iter_mut().zip(&self.chunks) {
                *slice = IoSlice::new(&chunk.bytes);
            }
            slices[0] = IoSlice::new(&self.chunks[0].bytes[self.offset..]);
            match write(&slices[..count]) {
                Ok(written) => {
                    self.offset += written;
                    self.queued -= written as u64;
                    budget = budget.saturating_sub(written);
                    self.finish_written(sent);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.chunks.is_empty())
    }

    /// Drops the chunks that `offset` has passed.
    fn finish_written(&mut self, sent: &mut Vec<Sent>) {
        while let Some(chunk) = self.chunks.front() {
            if self.offset < chunk.bytes.len() {
                return;
            }
            self.offset -= chunk.bytes.len();
            self.done += chunk.bytes.len() as u64;
            if chunk.last {
                sent.push(Sent {
                    request: chunk.request,
                    bytes: self.done,
                });
                self.done = 0;
            }
            self.chunks.pop_front();
        }
    }

    /// Gives up everything, in order: the sends that wait, and one that is half arrived.
    pub(super) fn cancel(&mut self) -> Vec<Unsent> {
        let open = self.open.take();
        let mut unsent: Vec<Unsent> = Vec::new();
        let requests = self.chunks.iter().map(|chunk| chunk.request).chain(open);
        for request in requests {
            if unsent.last().is_none_or(|last| last.request != request) {
                unsent.push(Unsent {
                    request,
                    open: open == Some(request),
                });
            }
        }
        *self = Self::default();
        unsent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_send_ends_with_its_last_byte_and_counts_all_chunks() {
        let mut sends = Sends::default();
        let mut sent = Vec::new();
        sends.push(7, vec![1; 10], false);
        assert!(sends.accepts(7) && !sends.accepts(8));
        assert!(sends.write(1000, &mut sent, |_| Ok(10)).unwrap());
        assert!(sent.is_empty() && sends.is_open(7));
        sends.push(7, vec![2; 5], true);
        sends.push(8, vec![], true);
        assert_eq!(sends.load(), Load { bytes: 5, chunks: 2 });
        assert!(sends.write(1000, &mut sent, |_| Ok(5)).unwrap());
        assert_eq!(sent, [Sent { request: 7, bytes: 15 }, Sent { request: 8, bytes: 0 }]);
        assert!(sends.load() == Load::default() && sends.accepts(9));
    }

    #[test]
    fn what_is_cancelled_names_each_send_once() {
        let mut sends = Sends::default();
        sends.push(1, vec![0; 3], false);
        sends.push(1, vec![0; 3], true);
        sends.push(2, vec![0; 3], true);
        sends.push(3, vec![0; 3], false);
        let mut sent = Vec::new();
        assert!(!sends.write(4, &mut sent, |_| Ok(4)).unwrap());
        assert_eq!(
            sends.cancel(),
            [
                Unsent {
                    request: 1,
                    open: false
                },
                Unsent {
                    request: 2,
                    open: false
                },
                Unsent { request: 3, open: true }
            ]
        );
        assert_eq!(sends.load(), Load::default());
        // A send all of whose chunks are written but whose end has not come is half a message too.
        sends.push(4, vec![0; 3], false);
        assert!(sends.write(10, &mut sent, |_| Ok(3)).unwrap());
        assert_eq!(sends.cancel(), [Unsent { request: 4, open: true }]);
    }

    proptest! {
        #[test]
        fn any_partial_writes_give_the_same_bytes_and_ends(
            lengths in prop::collection::vec((0_usize..50, 1_usize..4), 1..60),
            steps in prop::collection::vec(0_usize..70, 1..40),
        ) {
            let mut sends = Sends::default();
            let mut expected_bytes = Vec::new();
            let mut expected = Vec::new();
            for (request, &(length, chunks)) in (1_u64..).zip(&lengths) {
                for chunk in 1..=chunks {
                    let bytes = vec![u8::try_from(request % 251).unwrap(); length];
                    expected_bytes.extend_from_slice(&bytes);
                    sends.push(request, bytes, chunk == chunks);
                }
                expected.push(Sent { request, bytes: (length * chunks) as u64 });
            }
            let mut written = Vec::new();
            let mut sent = Vec::new();
            let mut steps = steps.iter().cycle();
            // A step of zero stands for a full kernel buffer.
            let mut idle = 0;
            while !sends.write(64, &mut sent, |slices| {
                let &step = steps.next().unwrap();
                if step == 0 && idle < 50 {
                    idle += 1;
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                let flat: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
                let count = flat.len().min(step.max(1));
                written.extend_from_slice(&flat[..count]);
                Ok(count)
            }).unwrap() {}
            prop_assert_eq!(written, expected_bytes);
            prop_assert_eq!(sent, expected);
            prop_assert_eq!(sends.load(), Load::default());
        }
    }
}
