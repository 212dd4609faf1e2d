//! A future that is polled only when it was woken itself.
//!
//! Whatever runs beside a set of local tasks is polled whenever any of these was woken. Under virtual time that is at
//! every byte that arrives; a run that has nothing to do then need not look at all that it waits for.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Whether somebody woke the future since it was last polled, and who polls it.
struct Woken {
    again: AtomicBool,
    outer: Mutex<Waker>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        self.again.store(true, Ordering::Release);
        self.outer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .wake_by_ref();
    }
}

/// The same future, polled first and then only when it was woken.
pub(super) async fn when_woken<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let woken = Arc::new(Woken {
        again: AtomicBool::new(true),
        outer: Mutex::new(Waker::noop().clone()),
    });
    let waker = Waker::from(Arc::clone(&woken));
    poll_fn(move |context| {
        woken
            .outer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(context.waker());
        if !woken.again.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        future.as_mut().poll(&mut Context::from_waker(&waker))
    })
    .await
}
