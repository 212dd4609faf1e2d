//! A driver that panics takes down its instrument and nothing else: what it was about is not known, and it is not used
//! again before the program is started anew.

use crate::devices::{Before, Done, Failure, FailureKind, Fut, Identity, Instrument, Intent, Moved, Settled};
use crate::plan::Action;
use crate::rig::{InstrumentId, ZoneId};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

/// A driver behind a wall.
pub(super) struct Guarded {
    driver: Box<dyn Instrument>,
    id: InstrumentId,
    /// Why it is not used any more.
    broken: Option<String>,
}

impl Guarded {
    /// Puts a driver behind a wall.
    pub(super) fn new(driver: Box<dyn Instrument>, id: &InstrumentId) -> Self {
        Self {
            driver,
            id: id.clone(),
            broken: None,
        }
    }
}

/// One call of the driver; `moved` is what may have moved when it does not come back.
async fn walled<'a, T: 'a>(
    guarded: &'a mut Guarded,
    moved: Moved,
    call: impl FnOnce(&'a mut dyn Instrument) -> Fut<'a, Result<T, Failure>>,
) -> Result<T, Failure> {
    let Guarded { driver, id, broken } = guarded;
    if let Some(why) = broken {
        // Nothing is sent any more, so nothing moves.
        return Err(Failure::new(FailureKind::Fault, Moved::No, why.clone()));
    }
    let crashed = |what: &str| {
        format!(
            "the driver of \"{id}\" has failed ({what}): a defect of this program. Look what the instrument did; it is not used \
             again until plated is started anew"
        )
    };
    // What the driver left half-done is never looked at again.
    let result = match catch_unwind(AssertUnwindSafe(|| call(driver.as_mut()))) {
        Ok(mut work) => {
            poll_fn(
                move |context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
                    Ok(Poll::Pending) => Poll::Pending,
                    Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
                    Err(panic) => Poll::Ready(Err(panic)),
                },
            )
            .await
        }
        Err(panic) => Err(panic),
    };
    result.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let why = crashed(&text.unwrap_or_else(|| "no words".to_owned()));
        *broken = Some(why.clone());
        Err(Failure::new(FailureKind::Fault, moved, why))
    })
}

impl Instrument for Guarded {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        Box::pin(walled(self, Moved::No, |driver| driver.identify()))
    }

    fn prepare<'a>(&'a mut self, action: &'a Action) -> Fut<'a, Result<Before, Failure>> {
        Box::pin(walled(self, Moved::No, |driver| driver.prepare(action)))
    }

    fn perform<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Done, Failure>> {
        Box::pin(walled(self, Moved::Unknown, |driver| driver.perform(intent)))
    }

    fn settle<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Settled, Failure>> {
        Box::pin(async move {
            let settled = walled(self, Moved::Unknown, |driver| driver.settle(intent)).await;
            // It cannot be asked any more: a person must say.
            match &self.broken {
                Some(why) => Ok(Settled::Unknown { why: why.clone() }),
                None => settled,
            }
        })
    }

    fn clear_of<'a>(&'a mut self, zone: &'a ZoneId) -> Fut<'a, Result<bool, Failure>> {
        Box::pin(walled(self, Moved::No, |driver| driver.clear_of(zone)))
    }

    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(async move {
            // A stop is tried all the same: it needs nothing that the driver knows.
            let before = self.broken.take();
            let halted = walled(self, Moved::Unknown, |driver| driver.halt()).await;
            self.broken = before.or(self.broken.take());
            halted
        })
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
