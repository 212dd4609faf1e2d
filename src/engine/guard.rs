//! What a driver that breaks down takes with it: its instrument, and nothing else.
//!
//! A panic in a driver is a fault of this program. It is caught where the engine calls the driver; from then on nothing
//! more is asked of it, since what it believes of its instrument is not to be trusted. Everything else goes on.

use crate::devices::{Before, Done, Failure, FailureKind, Fut, Identity, Instrument, Intent, Moved, Settled};
use crate::plan::Action;
use crate::rig::{InstrumentId, ZoneId};
use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// A driver that may break down.
pub(super) struct Guarded {
    id: InstrumentId,
    driver: Box<dyn Instrument>,
    broken: Option<String>,
}

impl Guarded {
    pub(super) fn new(id: InstrumentId, driver: Box<dyn Instrument>) -> Self {
        let broken = None;
        Self { id, driver, broken }
    }

    fn failure(id: &InstrumentId, why: &str, moved: Moved) -> Failure {
        let text = format!(
            "the driver of {id} broke down ({why}), which is a fault of plated: nothing more is asked of {id} until the run is \
             taken up by a new process (plated run --resume)"
        );
        Failure::new(FailureKind::Fault, moved, text)
    }

    /// Calls the driver, unless it has broken down; a panic is an error with this that moved.
    async fn call<'a, T>(
        &'a mut self,
        moved: Moved,
        call: impl FnOnce(&'a mut dyn Instrument) -> Fut<'a, Result<T, Failure>>,
    ) -> Result<T, Failure> {
        if let Some(why) = &self.broken {
            // It was not asked: nothing moved.
            return Err(Self::failure(&self.id, why, Moved::No));
        }
        let Self { id, driver, broken } = self;
        let called = caught(async { call(driver.as_mut()).await }).await;
        match called {
            Ok(result) => result,
            Err(panic) => {
                let why = words(panic.as_ref());
                tracing::error!(instrument = %id, why, "driver broke down");
                let failure = Self::failure(id, &why, moved);
                *broken = Some(why);
                Err(failure)
            }
        }
    }
}

/// The result of a future, or the panic that it ended with.
pub(super) async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    poll_fn(move |context| {
        // The future is not polled again after a panic, and its driver is not asked again.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await
}

pub(super) fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a word".to_owned())
}

impl Instrument for Guarded {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        Box::pin(self.call(Moved::No, |d| d.identify()))
    }

    fn alive(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(self.call(Moved::No, |d| d.alive()))
    }

    fn prepare<'a>(&'a mut self, action: &'a Action) -> Fut<'a, Result<Before, Failure>> {
        Box::pin(self.call(Moved::No, move |d| d.prepare(action)))
    }

    fn perform<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Done, Failure>> {
        Box::pin(self.call(Moved::Unknown, move |d| d.perform(intent)))
    }

    fn settle<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Settled, Failure>> {
        Box::pin(self.call(Moved::No, move |d| d.settle(intent)))
    }

    fn clear_of<'a>(&'a mut self, zone: &'a ZoneId) -> Fut<'a, Result<bool, Failure>> {
        Box::pin(self.call(Moved::No, move |d| d.clear_of(zone)))
    }

    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(self.call(Moved::No, |d| d.halt()))
    }
}
