//! Connections that planning leaves open for the change that follows at once: to log in a
//! second time would cost as many round trips as all of the planning.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

/// Somebody who has not begun by then logs in anew: a connection that was idle for longer may
/// be dead without anybody knowing, and servers count those that are open.
const KEPT_FOR: Duration = Duration::from_secs(10);

/// How many connections may be kept at the same time.
#[derive(Debug, Clone)]
pub struct Keeping(Arc<Semaphore>);

impl Keeping {
    /// So many.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most)))
    }
}

/// One connection, for whoever takes it first and soon. Clones share it.
#[derive(Debug)]
pub struct Kept<T>(Arc<Mutex<Option<Held<T>>>>);

#[derive(Debug)]
struct Held<T> {
    what: T,
    _place: OwnedSemaphorePermit,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Kept<T> {
    /// None.
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Send + 'static> Kept<T> {
    /// Keeps it if there is a place; ends it if not, or when its time is over.
    pub(super) fn keep(keeping: Option<&Keeping>, what: T) -> Self {
        Self::keep_for(KEPT_FOR, keeping, what)
    }

    fn keep_for(time: Duration, keeping: Option<&Keeping>, what: T) -> Self {
        let place = keeping.and_then(|keeping| Arc::clone(&keeping.0).try_acquire_owned().ok());
        let Some(_place) = place else { return Self::default() };
        let kept = Self(Arc::new(Mutex::new(Some(Held { what, _place }))));
        let slot = kept.clone();
        tokio::spawn(async move {
            sleep(time).await;
            drop(slot.take());
        });
        kept
    }

    /// Takes it, if it is still there.
    pub(super) fn take(&self) -> Option<T> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        held.map(|held| held.what)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::sleep;

    use super::{Keeping, Kept};

    fn run(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        if let Ok(runtime) = runtime {
            runtime.block_on(test);
        }
    }

    #[test]
    fn one_is_taken_once_and_no_more_are_kept_than_there_are_places() {
        run(async {
            let keeping = Keeping::new(1);
            let first = Kept::keep(Some(&keeping), 1);
            assert_eq!(Kept::keep(Some(&keeping), 2).take(), None, "no place");
            assert_eq!((first.clone().take(), first.take()), (Some(1), None));
            assert_eq!(Kept::keep(Some(&keeping), 3).take(), Some(3), "the place is free again");
            assert_eq!(Kept::keep(None, 4).take(), None, "nobody wants them kept");
        });
    }

    #[test]
    fn whoever_comes_late_finds_none() {
        run(async {
            let keeping = Keeping::new(1);
            let kept = Kept::keep_for(Duration::from_millis(1), Some(&keeping), 1);
            sleep(Duration::from_millis(200)).await;
            assert_eq!(kept.take(), None);
            assert_eq!(Kept::keep(Some(&keeping), 2).take(), Some(2), "and its place is free");
        });
    }
}
