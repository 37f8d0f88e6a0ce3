//! Waits that can be stopped. A pass lends its flag to the threads that read for it; whatever they wait for ends when it is raised.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::env::monotonic;

/// How often a wait looks whether it was stopped.
const LOOK: Duration = Duration::from_millis(20);

thread_local! {
    static FLAG: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Runs `job` so that `flag` stops its waits and requests on this thread.
pub(in crate::engine) fn stoppable<T>(flag: Arc<AtomicBool>, job: impl FnOnce() -> T) -> T {
    let before = FLAG.with(|slot| slot.replace(Some(flag)));
    let value = job();
    FLAG.with(|slot| *slot.borrow_mut() = before);
    value
}

/// Tells whether this thread's work was stopped.
pub(in crate::engine) fn is_stopped() -> bool {
    FLAG.with(|slot| {
        slot.borrow()
            .as_ref()
            .is_some_and(|flag| flag.load(Ordering::SeqCst))
    })
}

/// Waits; false if it was stopped before the end.
pub(in crate::engine) fn pause(duration: Duration) -> bool {
    let end = monotonic() + duration;
    loop {
        if is_stopped() {
            return false;
        }
        let left = end.saturating_sub(monotonic());
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(LOOK));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_when_it_is_stopped_and_only_on_its_own_thread() {
        let flag = Arc::new(AtomicBool::new(true));
        let begun = monotonic();
        assert!(!stoppable(flag, || pause(Duration::from_secs(60))));
        assert!(monotonic() - begun < Duration::from_secs(30));
        assert!(pause(Duration::ZERO));
    }
}
