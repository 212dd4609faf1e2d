//! The driver.

use super::data::{self, Wrong};
use super::settings::{self, INITIALISE, Kind, Read, TRAY_IN, TRAY_OUT, VALUES};
use super::status::Status;
use super::wire::Looks;
use crate::clock::Clock;
use crate::devices::{
    Before, Done, Evidence, Failure, FailureKind, Fut, Identity, Instrument, Intent, Moved, Settled,
};
use crate::drivers::failure::{moved, no_answer, refused, unsupported};
use crate::drivers::known::Known;
use crate::link::Line;
use crate::plan::Action;
use crate::rig::{Driver, InstrumentId, Rig, ZoneId};
use crate::units::{Absorbance, Duration, Timestamp};

/// Longest that the tray moves, or that it finds its positions.
const MOVING: Duration = Duration::s(60);
/// Between a command and the first look: a look that comes too early would find nothing begun.
const BEGIN: Duration = Duration::s(1);

/// A CLARIOstar.
pub struct ClarioStar {
    pub(super) id: InstrumentId,
    pub(super) line: Line,
    pub(super) clock: Clock,
    pub(super) known: Known,
    pub(super) zone: Option<ZoneId>,
    pub(super) generation: Option<u64>,
    /// False from a lost answer until whatever was late must have come.
    pub(super) in_step: bool,
    /// When the last read was begun.
    began: Option<Timestamp>,
}

impl ClarioStar {
    /// The driver of a plate reader of the rig. Nothing is sent yet.
    ///
    /// # Errors
    /// When the rig calls it something else.
    pub fn new(id: &InstrumentId, rig: &Rig, line: Line, clock: Clock) -> Result<Self, Failure> {
        let instrument = rig.instruments.get(id).filter(|i| i.driver == Driver::ClarioStar);
        let instrument =
            instrument.ok_or_else(|| unsupported(format!("\"{id}\" is no CLARIOstar of this rig")))?;
        Ok(Self {
            id: id.clone(),
            line,
            clock,
            known: Known::new(id, rig),
            zone: instrument.zone.clone(),
            generation: None,
            in_step: false,
            began: None,
        })
    }

    /// Whether the tray is to be out or in, where an action moves it.
    const fn tray(action: &Action) -> Option<bool> {
        match action {
            Action::OpenTray => Some(true),
            Action::CloseTray => Some(false),
            _ => None,
        }
    }

    async fn prepared(&mut self, action: &Action) -> Result<Before, Failure> {
        if Self::tray(action).is_some() {
            self.known().await?;
            let status = self.idle(MOVING).await.map_err(|f| moved(f, Moved::No))?;
            let before = Before::default().with("tray_open", i64::from(status.tray_open()));
            return Ok(if status.initialised() {
                before
            } else {
                before.with("initialised", 0)
            });
        }
        // What cannot be asked for is refused before the intent is written.
        let read = settings::read(action)?;
        self.known().await?;
        let status = self.idle(read.limit).await.map_err(|f| moved(f, Moved::No))?;
        self.unhindered(status)?;
        self.forgotten(status).await?;
        let now = i64::try_from(self.clock.now().as_us()).unwrap_or(i64::MAX);
        Ok(Before::default().with("unread", 0).with("prepared_us", now))
    }

    /// A read needs the tray in and all covers closed.
    fn unhindered(&self, status: Status) -> Result<(), Failure> {
        if let Some(why) = status.hindered() {
            let message = format!("\"{}\" cannot measure: {why}", self.id);
            return Err(Failure::new(FailureKind::Interlock, Moved::No, message));
        }
        if status.tray_open() {
            return Err(refused(format!(
                "\"{}\" cannot measure: its tray is out",
                self.id
            )));
        }
        Ok(())
    }

    /// Values of an earlier run are fetched and dropped, and the reader shows that they are: what it holds later is new.
    async fn forgotten(&mut self, status: Status) -> Result<(), Failure> {
        if !status.unread() {
            return Ok(());
        }
        self.again(VALUES, Looks::Long).await?;
        let status = self.idle(MOVING).await.map_err(|f| moved(f, Moved::No))?;
        if status.unread() {
            return Err(refused(format!(
                "\"{}\" keeps an earlier reading although it was fetched; switch it off and on",
                self.id
            )));
        }
        Ok(())
    }

    async fn performed(&mut self, intent: &Intent) -> Result<Done, Failure> {
        if self.generation != Some(self.line.generation()) {
            self.introduce().await?;
        }
        let Some(out) = Self::tray(&intent.action) else {
            let read = settings::read(&intent.action)?;
            return self.measured(&read).await;
        };
        // Before it is initialised it forgets what it is told, though it answers. Nothing of a plate is touched by it.
        if intent.before.get("initialised") == Some(0) {
            self.ordered(INITIALISE).await.map_err(|f| moved(f, Moved::No))?;
        }
        let status = self.ordered(if out { TRAY_OUT } else { TRAY_IN }).await?;
        if status.tray_open() != out {
            let (should, is) = if out { ("out", "in") } else { ("in", "out") };
            let message = format!(
                "the tray of \"{}\" should be {should} and is {is}; look whether something blocks it",
                self.id
            );
            return Err(Failure::new(FailureKind::Fault, Moved::Unknown, message));
        }
        Ok(Done::Plain)
    }

    /// A command that moves something, sent once, to its end.
    async fn ordered(&mut self, command: &[u8]) -> Result<Status, Failure> {
        self.begun(command).await?;
        self.clock.sleep(BEGIN).await;
        self.idle(MOVING).await.map_err(|f| moved(f, Moved::Unknown))
    }

    async fn begun(&mut self, command: &[u8]) -> Result<(), Failure> {
        match self.once(command, Looks::Status).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let unknown = if error.sent() { Moved::Unknown } else { Moved::No };
                Err(moved(no_answer(&error), unknown))
            }
        }
    }

    async fn measured(&mut self, read: &Read) -> Result<Done, Failure> {
        let mut status = self.idle(read.limit).await.map_err(|f| moved(f, Moved::No))?;
        self.unhindered(status)?;
        if !status.initialised() {
            // Nothing of the plate is touched by it.
            status = self.ordered(INITIALISE).await.map_err(|f| moved(f, Moved::No))?;
            self.unhindered(status)?;
        }
        self.began = None;
        self.forgotten(status).await?;
        let began = self.clock.now();
        let run = self.begun(&read.run).await;
        self.began = match &run {
            Err(f) if f.moved == Moved::No => None,
            _ => Some(began),
        };
        run?;
        self.clock.sleep(BEGIN).await;
        let status = self
            .idle(read.limit)
            .await
            .map_err(|f| moved(f, Moved::Unknown))?;
        if !status.unread() {
            let why = status.hindered().unwrap_or("it does not say why");
            let message = format!("\"{}\" ended its read without values; {why}", self.id);
            return Err(Failure::new(FailureKind::Fault, Moved::Yes, message));
        }
        self.fetched(read, began).await
    }

    /// The values that nobody has fetched, if they are those of the read.
    async fn fetched(&mut self, read: &Read, at: Timestamp) -> Result<Done, Failure> {
        let fetched = self.again(VALUES, Looks::Long).await;
        let payload = fetched.map_err(|f| moved(f, Moved::Unknown))?;
        let values = match read.kind {
            Kind::Absorbance => data::absorbance(&payload, read.wells, 1),
            Kind::Luminescence => data::luminescence(&payload, read.wells),
        };
        let values = values.map_err(|wrong| {
            let what = match wrong {
                Wrong::Other => "of another read than it was asked for",
                Wrong::Incomplete => "of a read that it broke off",
            };
            let message = format!("\"{}\" sent values {what}; the plate is measured again", self.id);
            Failure::new(FailureKind::Fault, Moved::Unknown, message)
        })?;
        let values = values.into_iter().map(|v| v.map(Absorbance)).collect();
        Ok(Done::Reading { at, values })
    }

    async fn settled(&mut self, intent: &Intent) -> Result<Settled, Failure> {
        let evidence = Evidence::Measured;
        self.known().await?;
        if let Some(out) = Self::tray(&intent.action) {
            let status = self.idle(MOVING).await?;
            let done = Done::Plain;
            return Ok(match status.tray_open() == out {
                true => Settled::Done { done, evidence },
                false => Settled::NotDone { evidence },
            });
        }
        let Ok(read) = settings::read(&intent.action) else {
            return Ok(Settled::NotDone { evidence });
        };
        let status = self.idle(read.limit).await?;
        let prepared = intent
            .before
            .get("prepared_us")
            .and_then(|us| u64::try_from(us).ok());
        let (Some(0), Some(prepared), true) = (intent.before.get("unread"), prepared, status.unread()) else {
            return Ok(Settled::NotDone { evidence });
        };
        let at = self.began.unwrap_or(Timestamp::from_us(prepared));
        match self.fetched(&read, at).await {
            Ok(done) => Ok(Settled::Done { done, evidence }),
            Err(f) if f.kind == FailureKind::NoAnswer => Err(f),
            // Not this read's values: a read leaves nothing behind on the plate and is made again.
            Err(_) => Ok(Settled::NotDone { evidence }),
        }
    }
}

impl Instrument for ClarioStar {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        Box::pin(self.introduce())
    }

    fn alive(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(async move { self.known().await.map(drop) })
    }

    fn prepare<'a>(&'a mut self, action: &'a Action) -> Fut<'a, Result<Before, Failure>> {
        Box::pin(self.prepared(action))
    }

    fn perform<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Done, Failure>> {
        Box::pin(self.performed(intent))
    }

    fn settle<'a>(&'a mut self, intent: &'a Intent) -> Fut<'a, Result<Settled, Failure>> {
        Box::pin(self.settled(intent))
    }

    fn clear_of<'a>(&'a mut self, zone: &'a ZoneId) -> Fut<'a, Result<bool, Failure>> {
        Box::pin(async move {
            if self.zone.as_ref() != Some(zone) {
                return Ok(true);
            }
            Ok(!self.known().await?.busy())
        })
    }

    fn names(&self) -> Vec<String> {
        vec!["tray".to_owned()]
    }

    fn ask<'a>(&'a mut self, name: &'a str) -> Fut<'a, Result<String, Failure>> {
        Box::pin(async move {
            if name != "tray" {
                return Err(unsupported(format!(
                    "there is nothing that can be asked by the name \"{name}\""
                )));
            }
            let out = self.known().await?.tray_open();
            Ok(if out { "out" } else { "in" }.to_owned())
        })
    }

    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(async move {
            Err(unsupported(format!(
                "no stop command of \"{}\" is known; it ends the read or movement it has begun, or use its own switch",
                self.id
            )))
        })
    }
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;
