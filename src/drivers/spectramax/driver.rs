//! The driver.

use super::block::{self, Section};
use super::settings::{self, Read};
use super::talk::Stopped;
use super::wire::Looks;
use crate::clock::Clock;
use crate::devices::{
    Before, Done, Evidence, Failure, FailureKind, Fut, Identity, Instrument, Intent, Moved, Settled,
};
use crate::drivers::failure::{moved, no_answer, refused, unsupported};
use crate::drivers::known::Known;
use crate::link::Line;
use crate::plan::Action;
use crate::rig::{Driver, InstrumentId, Rig, SpectraMax as Model, ZoneId};
use crate::units::{Absorbance, Duration, Timestamp};

/// Longest that the tray moves.
const TRAY: Duration = Duration::s(60);
/// Between `!READ` and the first look: a look that comes too early would find nothing begun.
const BEGIN: Duration = Duration::s(2);

/// A SpectraMax.
pub struct SpectraMax {
    pub(super) id: InstrumentId,
    pub(super) line: Line,
    pub(super) clock: Clock,
    pub(super) model: Model,
    pub(super) known: Known,
    pub(super) zone: Option<ZoneId>,
    pub(super) generation: Option<u64>,
    /// False from a lost answer until the reader has answered a question that nothing else asks.
    pub(super) in_step: bool,
    /// Whether it has ever said words of itself.
    pub(super) has_told: bool,
    /// When the last read was begun.
    began: Option<Timestamp>,
}

impl SpectraMax {
    /// The driver of a plate reader of the rig. Nothing is sent yet.
    ///
    /// # Errors
    /// When the rig calls it something else.
    pub fn new(id: &InstrumentId, rig: &Rig, line: Line, clock: Clock) -> Result<Self, Failure> {
        let instrument = rig.instruments.get(id);
        let Some((instrument, Driver::SpectraMax(model))) = instrument.map(|i| (i, &i.driver)) else {
            return Err(unsupported(format!("\"{id}\" is no SpectraMax of this rig")));
        };
        Ok(Self {
            id: id.clone(),
            line,
            clock,
            model: *model,
            known: Known::new(id, rig),
            zone: instrument.zone.clone(),
            generation: None,
            in_step: true,
            has_told: false,
            began: None,
        })
    }

    async fn prepared(&mut self, action: &Action) -> Result<Before, Failure> {
        if let Action::OpenTray | Action::CloseTray = action {
            self.known().await?;
            self.idle(TRAY).await.map_err(|f| moved(f, Moved::No))?;
            return Ok(Before::default());
        }
        // What cannot be asked for is refused before the intent is written.
        let read = settings::read(action, self.model)?;
        self.known().await?;
        self.idle(read.limit).await.map_err(|f| moved(f, Moved::No))?;
        self.forgotten().await?;
        let now = i64::try_from(self.clock.now().as_us()).unwrap_or(i64::MAX);
        Ok(Before::default().with("data_sets", 0).with("prepared_us", now))
    }

    /// The reader forgets what it measured, and shows that it has: what it stores later is new.
    async fn forgotten(&mut self) -> Result<(), Failure> {
        self.set("!CLEAR DATA").await?;
        match self.transferred().await? {
            None => Ok(()),
            Some(_) => Err(refused(format!(
                "\"{}\" keeps an earlier reading although it was told to forget it; switch it off and on",
                self.id
            ))),
        }
    }

    async fn performed(&mut self, intent: &Intent) -> Result<Done, Failure> {
        if self.generation != Some(self.line.generation()) {
            self.introduce().await?;
        }
        let tray = match &intent.action {
            Action::OpenTray => "!OPEN",
            Action::CloseTray => "!CLOSE",
            action => {
                let read = settings::read(action, self.model)?;
                return self.measured(&read).await;
            }
        };
        // A goal: whatever became of it, it may be stated again.
        self.set(tray).await?;
        self.idle(TRAY).await.map_err(|f| moved(f, Moved::Unknown))?;
        Ok(Done::Plain)
    }

    async fn measured(&mut self, read: &Read) -> Result<Done, Failure> {
        self.idle(read.limit).await.map_err(|f| moved(f, Moved::No))?;
        self.began = None;
        self.forgotten().await?;
        for line in &read.lines {
            self.set(line).await?;
        }
        let began = self.clock.now();
        match self.once("!READ", Looks::Bare(1)).await {
            Ok(_) => self.began = Some(began),
            Err(Stopped::Line(error)) => {
                self.began = error.sent().then_some(began);
                let unknown = if error.sent() { Moved::Unknown } else { Moved::No };
                return Err(moved(no_answer(&error), unknown));
            }
            Err(stopped) => return Err(self.failure(&stopped, "!READ")),
        }
        self.clock.sleep(BEGIN).await;
        self.idle(read.limit)
            .await
            .map_err(|f| moved(f, Moved::Unknown))?;
        let stored = self.transferred().await.map_err(|f| moved(f, Moved::Unknown))?;
        let Some(text) = stored else {
            let why = self.errors().await;
            let message = format!("\"{}\" ended its read without data; {why}", self.id);
            return Err(Failure::new(FailureKind::Fault, Moved::Yes, message));
        };
        self.believed(&text, read, began).await
    }

    /// The one data set that is stored, if it is that of the read.
    async fn believed(&mut self, text: &str, read: &Read, at: Timestamp) -> Result<Done, Failure> {
        let values = self.values(text, read)?;
        // The same once more, or nothing: neither a second data set nor a digit that flipped on the wire.
        let more = self.transferred().await.map_err(|f| moved(f, Moved::Unknown))?;
        if more.is_some_and(|more| more != text) {
            let message = format!(
                "\"{}\" stores more than one data set, or two transfers of one differ; the plate is measured again",
                self.id
            );
            return Err(Failure::new(FailureKind::Fault, Moved::Unknown, message));
        }
        let values = values.into_iter().map(|v| v.map(Absorbance)).collect();
        Ok(Done::Reading { at, values })
    }

    fn values(&self, text: &str, read: &Read) -> Result<Vec<Option<f64>>, Failure> {
        let fault = |what: String| {
            let message = format!("what \"{}\" stores {what}", self.id);
            Failure::new(FailureKind::Fault, Moved::Unknown, message)
        };
        let sections = block::read(text).ok_or_else(|| fault("is no block of data".to_owned()))?;
        let [section] = sections.as_slice() else {
            let count = sections.len();
            return Err(fault(format!("is of {count} wavelengths, not of one")));
        };
        if read
            .wavelengths
            .as_ref()
            .is_some_and(|w| *w != section.wavelengths)
        {
            return Err(fault(format!("was measured at {}, not as asked", told(section))));
        }
        let (rows, columns) = read.plate;
        section
            .by_row(read.plate)
            .ok_or_else(|| fault(format!("is not of {rows} rows and {columns} columns")))
    }

    async fn settled(&mut self, intent: &Intent) -> Result<Settled, Failure> {
        self.known().await?;
        let Ok(read) = settings::read(&intent.action, self.model) else {
            // The tray's position is a goal, stated again.
            self.idle(TRAY).await?;
            return Ok(Settled::NotDone {
                evidence: Evidence::Commanded,
            });
        };
        let evidence = Evidence::Measured;
        self.idle(read.limit).await?;
        let prepared = intent
            .before
            .get("prepared_us")
            .and_then(|us| u64::try_from(us).ok());
        let (Some(0), Some(prepared)) = (intent.before.get("data_sets"), prepared) else {
            return Ok(Settled::NotDone { evidence });
        };
        let Some(text) = self.transferred().await? else {
            return Ok(Settled::NotDone { evidence });
        };
        let at = self.began.unwrap_or(Timestamp::from_us(prepared));
        match self.believed(&text, &read, at).await {
            Ok(done) => Ok(Settled::Done { done, evidence }),
            Err(f) if f.kind == FailureKind::NoAnswer => Err(f),
            // Not this read's data: a read leaves nothing behind on the plate and is made again.
            Err(_) => Ok(Settled::NotDone { evidence }),
        }
    }
}

/// The wavelengths of a section in words.
fn told(section: &Section) -> String {
    let words: Vec<&str> = section.wavelengths.iter().map(String::as_str).collect();
    format!("{} nm", words.join("/"))
}

impl Instrument for SpectraMax {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        Box::pin(self.introduce())
    }

    fn alive(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(self.known())
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
            self.known().await?;
            match self.idle(Duration::ZERO).await {
                Ok(()) => Ok(true),
                Err(f) if f.moved == Moved::Unknown => Ok(false),
                Err(f) => Err(f),
            }
        })
    }

    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(async move {
            Err(unsupported(format!(
                "\"{}\" has no stop command; it ends the read or movement it has begun, or use its own switch",
                self.id
            )))
        })
    }
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;
