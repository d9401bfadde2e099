//! Which sockets the kernel has something for.
//!
//! A waker per socket and direction puts the socket's id into a queue; the engine takes ids out when it can act on them. So a
//! socket costs no task, and payload is read only when a frame has room for it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use tokio::sync::Notify;

/// What a socket may be ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interest {
    /// A listener may have a connection.
    Accept,
    /// A connection may have bytes, or its end.
    Read,
    /// A connection may take bytes.
    Write,
}

/// The queues of ids, one per interest, each in the order of waking.
#[derive(Debug, Default)]
pub(super) struct Ready {
    // A std mutex: it is held for a push or a pop and never across an await.
    queues: Mutex<[VecDeque<u32>; 3]>,
    notify: Notify,
}

impl Ready {
    fn queues(&self) -> MutexGuard<'_, [VecDeque<u32>; 3]> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id that has waited longest. The caller tells the socket's waker by [`SocketWaker::taken`].
    pub(super) fn pop(&self, interest: Interest) -> Option<u32> {
        self.queues()[interest as usize].pop_front()
    }

    /// Puts an id back to the front that was taken out for nothing; its waker was not told.
    pub(super) fn put_back(&self, interest: Interest, id: u32) {
        self.queues()[interest as usize].push_front(id);
    }

    /// How many ids wait.
    pub(super) fn len(&self, interest: Interest) -> usize {
        self.queues()[interest as usize].len()
    }

    /// Returns when something has been queued since the last time.
    pub(super) async fn changed(&self) {
        self.notify.notified().await;
    }
}

/// Queues one socket for one interest, at most once at a time.
#[derive(Debug)]
pub(super) struct SocketWaker {
    id: u32,
    interest: Interest,
    queued: AtomicBool,
    ready: Arc<Ready>,
}

impl SocketWaker {
    pub(super) fn new(id: u32, interest: Interest, ready: &Arc<Ready>) -> Arc<Self> {
        Arc::new(Self {
            id,
            interest,
            queued: AtomicBool::new(false),
            ready: Arc::clone(ready),
        })
    }

    /// The id has left the queue; the next wake puts it back.
    pub(super) fn taken(&self) {
        self.queued.store(false, Ordering::Release);
    }

    /// For tokio's `poll_…` functions.
    pub(super) fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(Arc::clone(self))
    }
}

impl Wake for SocketWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.ready.queues()[self.interest as usize].push_back(self.id);
            self.ready.notify.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_queued_once_until_it_is_taken() {
        let ready = Arc::new(Ready::default());
        let first = SocketWaker::new(1, Interest::Read, &ready);
        let second = SocketWaker::new(2, Interest::Read, &ready);
        first.wake_by_ref();
        second.waker().wake();
        first.wake_by_ref();
        assert_eq!(ready.len(Interest::Read), 2);
        assert_eq!(ready.pop(Interest::Read), Some(1));
        first.taken();
        first.wake_by_ref();
        assert_eq!(ready.pop(Interest::Read), Some(2));
        assert_eq!(ready.pop(Interest::Read), Some(1));
        assert_eq!(ready.pop(Interest::Read), None);
        assert_eq!(ready.len(Interest::Accept), 0);
    }
}
