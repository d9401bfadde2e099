//! Connections that were closed here but whose last bytes are still on their way (decision D5).
//!
//! Closing a socket that holds unread bytes makes the kernel reset the connection, which may destroy what was sent before. So a
//! closed connection is read until its peer is done too, within bounds.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};

/// How long a peer may take to finish.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many bytes of a peer are read and dropped.
const MOST_BYTES: usize = 1 << 20;
/// How many connections linger at once; the oldest goes first. They are not counted as sockets.
pub const MOST_LINGERING: usize = 1024;

#[derive(Debug)]
pub(super) struct Lingering {
    tasks: JoinSet<()>,
    /// Oldest first; those that have finished leave when there is no more room.
    order: VecDeque<AbortHandle>,
    most: usize,
}

impl Default for Lingering {
    fn default() -> Self {
        Self {
            tasks: JoinSet::new(),
            order: VecDeque::new(),
            most: MOST_LINGERING,
        }
    }
}

impl Lingering {
    /// Takes a connection whose FIN is sent, or is to be sent behind these last bytes.
    pub(super) fn add(&mut self, (stream, last): (TcpStream, Vec<u8>)) {
        while self.tasks.try_join_next().is_some() {}
        if self.order.len() >= self.most {
            self.order.retain(|task| !task.is_finished());
        }
        if self.order.len() >= self.most
            && let Some(oldest) = self.order.pop_front()
        {
            oldest.abort();
        }
        self.order.push_back(self.tasks.spawn(async move {
            let _ = tokio::time::timeout(PATIENCE, drain(stream, last)).await;
        }));
    }

    /// Returns when no connection lingers.
    pub(super) async fn finished(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Reads until the peer's FIN, an error, or the bound.
async fn drain(mut stream: TcpStream, last: Vec<u8>) {
    if !last.is_empty() && (stream.write_all(&last).await.is_err() || stream.shutdown().await.is_err()) {
        return;
    }
    let mut space = vec![0; 4096];
    let mut left = MOST_BYTES;
    while let Ok(count @ 1..) = stream.read(&mut space).await {
        left = left.saturating_sub(count);
        if left == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn pair(listener: &tokio::net::TcpListener) -> (TcpStream, TcpStream) {
        let address = listener.local_addr().unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
        (near.unwrap(), far.unwrap().0)
    }

    #[tokio::test]
    async fn last_bytes_go_before_the_end() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut lingering = Lingering::default();
        let (near, mut far) = pair(&listener).await;
        lingering.add((near, b"bye".to_vec()));
        let mut seen = Vec::new();
        far.read_to_end(&mut seen).await.unwrap();
        assert_eq!(seen, b"bye");
        drop(far);
        lingering.finished().await;
    }

    #[tokio::test]
    async fn connections_that_have_finished_do_not_push_out_one_that_lingers() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Few, for the slowest system must be through with them before the one loses its patience.
        let mut lingering = Lingering {
            most: 8,
            ..Lingering::default()
        };
        let (near, slow) = pair(&listener).await;
        lingering.add((near, Vec::new()));
        for _ in 0..=lingering.most {
            let (near, far) = pair(&listener).await;
            lingering.add((near, Vec::new()));
            drop(far);
            // It has seen its peer's FIN.
            while lingering.tasks.len() > 1 {
                tokio::task::yield_now().await;
                while lingering.tasks.try_join_next().is_some() {}
            }
        }
        assert!(!lingering.order[0].is_finished());
        // The peer ends it.
        drop(slow);
        lingering.finished().await;
    }
}
