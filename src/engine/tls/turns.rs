//! Computing on threads, so many at once.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::net_error::NetError;

/// The turns that those who compute take.
#[derive(Clone, Debug)]
pub(super) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(super) fn new(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count)))
    }

    /// Carries `work` out on a thread, when it is its turn. The turn goes with the thread, which cannot be stopped: work that was given
    /// up still counts.
    ///
    /// # Errors
    /// [`NetError::Failed`] when the work panicked.
    pub(super) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NetError> {
        let turn = Arc::clone(&self.0).acquire_owned().await;
        let turn = turn.map_err(|_| NetError::Aborted)?;
        let computed = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        computed.await.map_err(|_| NetError::Failed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_that_was_given_up_keeps_its_turn_until_it_ends() {
        let turns = Turns::new(1);
        let (go_on, told) = mpsc::channel::<()>();
        let (started, starting) = tokio::sync::oneshot::channel();
        let mut work = Box::pin(turns.compute(move || {
            let _ = started.send(());
            let _ = told.recv();
        }));
        tokio::select! {
            _ = &mut work => panic!("it has not been told to end"),
            result = starting => result.unwrap(),
        }
        drop(work);
        assert_eq!(turns.0.available_permits(), 0);
        go_on.send(()).unwrap();
        assert_eq!(turns.compute(|| 7).await, Ok(7));
    }
}
