//! What a driver that breaks down takes with it: its instrument, and nothing else.
//!
//! A panic in a driver is a fault of this program. It is caught where the engine calls the driver; from then on nothing
//! more is asked of it, since what it believes of its instrument is not to be trusted. Everything else goes on. When a person
//! resets the run, a new driver takes its place, which knows nothing but what it finds: what the old one left open is settled
//! as after a restart.

use crate::devices::{Before, Done, Failure, FailureKind, Fut, Identity, Instrument, Intent, Moved, Settled};
use crate::plan::Action;
use crate::rig::{InstrumentId, ZoneId};
use std::any::Any;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

/// How often others may run before a link that nobody uses any more must be closed.
const YIELDS: u32 = 8;

/// Makes a driver of an instrument anew, over a link that is opened anew.
pub type Maker = Rc<dyn Fn(&InstrumentId) -> Result<Box<dyn Instrument>, Failure>>;

/// Where a maker is found once there is one.
pub(super) type Makers = Rc<RefCell<Option<Maker>>>;

/// A driver that may break down.
pub(super) struct Guarded {
    id: InstrumentId,
    /// None while a new one is made.
    driver: Option<Box<dyn Instrument>>,
    broken: Option<String>,
    /// Who it was found to be.
    known: Option<Identity>,
    makers: Makers,
}

impl Guarded {
    pub(super) fn new(id: InstrumentId, driver: Box<dyn Instrument>, makers: Makers) -> Self {
        Self {
            id,
            driver: Some(driver),
            broken: None,
            known: None,
            makers,
        }
    }

    fn failure(id: &InstrumentId, makers: &Makers, why: &str, moved: Moved) -> Failure {
        let way = if makers.borrow().is_some() {
            "the run is held and then reset, which makes a new driver; then answer or resume"
        } else {
            "the run is taken up by a new process (plated run --resume)"
        };
        let text = format!(
            "the driver of {id} broke down ({why}), which is a fault of plated: nothing more is asked of {id} until {way}"
        );
        Failure::new(FailureKind::Fault, moved, text)
    }

    /// A new driver in place of one that broke down.
    async fn renew(&mut self) -> Result<(), Failure> {
        let Some(why) = self.broken.clone() else {
            return Ok(());
        };
        let maker = self.makers.borrow().clone();
        let Some(maker) = maker else {
            return Err(Self::failure(&self.id, &self.makers, &why, Moved::No));
        };
        if let Some(old) = self.driver.take() {
            // It may break down once more while it is put away.
            let _ = catch_unwind(AssertUnwindSafe(move || drop(old)));
        }
        // Whoever owned its link sees that nobody uses it any more, and closes it: a port has one owner.
        for _ in 0..YIELDS {
            tokio::task::yield_now().await;
        }
        self.driver = Some(maker(&self.id)?);
        self.broken = None;
        tracing::warn!(instrument = %self.id, "has a new driver");
        Ok(())
    }

    /// Calls the driver, unless it has broken down; a panic is an error with this that moved.
    async fn call<'a, T>(
        &'a mut self,
        moved: Moved,
        call: impl FnOnce(&'a mut dyn Instrument) -> Fut<'a, Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let Self {
            id,
            driver,
            broken,
            makers,
            ..
        } = self;
        let driver = match (broken.as_ref(), driver) {
            (None, Some(driver)) => driver,
            // It was not asked: nothing moved.
            (why, _) => {
                return Err(Self::failure(
                    id,
                    makers,
                    why.map_or("", String::as_str),
                    Moved::No,
                ));
            }
        };
        let called = caught(async { call(driver.as_mut()).await }).await;
        match called {
            Ok(result) => result,
            Err(panic) => {
                let why = words(panic.as_ref());
                tracing::error!(instrument = %id, why, "driver broke down");
                let failure = Self::failure(id, makers, &why, moved);
                *broken = Some(why);
                Err(failure)
            }
        }
    }

    /// Asks who it is; where the driver had broken down, with a new one, which is trusted only if the same instrument answers.
    async fn identified(&mut self) -> Result<Identity, Failure> {
        let broken = self.broken.clone();
        self.renew().await?;
        let said = self.call(Moved::No, |d| d.identify()).await;
        let same = said
            .as_ref()
            .is_ok_and(|said| self.known.as_ref().is_none_or(|known| known == said));
        match broken {
            Some(why) if !same => self.broken = Some(why),
            _ => self.known = said.as_ref().ok().cloned().or_else(|| self.known.take()),
        }
        said
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
        Box::pin(self.identified())
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
