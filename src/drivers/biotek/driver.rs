//! The driver.

use super::block::{self, Wrong};
use super::settings::{self, Read};
use super::talk::Stopped;
use super::wire::Looks;
use crate::clock::Clock;
use crate::devices::{
    Before, Done, Evidence, Failure, FailureKind, Fut, Identity, Instrument, Intent, Moved, Settled,
};
use crate::drivers::failure::{moved, no_answer, unsupported};
use crate::drivers::known::Known;
use crate::link::Line;
use crate::plan::Action;
use crate::rig::{BioTek as Model, Driver, InstrumentId, Rig, ZoneId};
use crate::units::{Absorbance, Duration, Timestamp};

/// Behind the longest time of a read: nothing of it comes any more.
const OVERDUE: Duration = Duration::s(60);

/// A BioTek plate reader.
pub struct BioTek {
    pub(super) id: InstrumentId,
    pub(super) line: Line,
    pub(super) clock: Clock,
    pub(super) model: Model,
    pub(super) known: Known,
    pub(super) zone: Option<ZoneId>,
    pub(super) generation: Option<u64>,
    /// False from a lost answer until the reader has answered a question that nothing else asks.
    pub(super) in_step: bool,
    /// Whether a letter was sent and the answer to its parameter has not come: the reader may wait for the rest of it.
    pub(super) owed: bool,
    /// Until when the values of a read that was begun may still come; nothing, where none was or they have come.
    pub(super) under_way: Option<Timestamp>,
    /// What it last said of its firmware.
    pub(super) version: Option<String>,
}

impl BioTek {
    /// The driver of a plate reader of the rig. Nothing is sent yet.
    ///
    /// # Errors
    /// When the rig calls it something else.
    pub fn new(id: &InstrumentId, rig: &Rig, line: Line, clock: Clock) -> Result<Self, Failure> {
        let instrument = rig.instruments.get(id);
        let Some((instrument, Driver::BioTek(model))) = instrument.map(|i| (i, &i.driver)) else {
            return Err(unsupported(format!("\"{id}\" is no BioTek reader of this rig")));
        };
        Ok(Self {
            id: id.clone(),
            line,
            clock,
            model: *model,
            known: Known::new(id, rig),
            zone: instrument.zone.clone(),
            generation: None,
            in_step: false,
            owed: false,
            under_way: None,
            version: None,
        })
    }

    async fn prepared(&mut self, action: &Action) -> Result<Before, Failure> {
        if !matches!(action, Action::OpenTray | Action::CloseTray) {
            // What cannot be asked for is refused before the intent is written.
            settings::read(action, self.model)?;
        }
        self.known().await?;
        let now = i64::try_from(self.clock.now().as_us()).unwrap_or(i64::MAX);
        Ok(Before::default().with("prepared_us", now))
    }

    async fn performed(&mut self, intent: &Intent) -> Result<Done, Failure> {
        if self.generation != Some(self.line.generation()) {
            self.introduce().await?;
        }
        let tray = match &intent.action {
            Action::OpenTray => b'J',
            Action::CloseTray => b'A',
            action => {
                let read = settings::read(action, self.model)?;
                return self.measured(&read).await;
            }
        };
        // A goal: whatever became of it, it may be stated again.
        match self.again(tray, None, Looks::Bare).await {
            Ok(_) => Ok(Done::Plain),
            Err(f) if f.kind == FailureKind::NoAnswer => Err(moved(f, Moved::Unknown)),
            Err(f) => Err(f),
        }
    }

    async fn measured(&mut self, read: &Read) -> Result<Done, Failure> {
        self.nothing_under_way().await?;
        self.again(b'y', Some(&read.geometry), Looks::Taken).await?;
        if let Some(focus) = &read.focus {
            self.again(b't', Some(focus), Looks::Taken).await?;
        }
        self.again(b'D', Some(&read.measure), Looks::Estimate).await?;
        let at = self.clock.now();
        self.under_way = Some(at.plus(read.limit).plus(OVERDUE));
        let text = match self.begin(read.limit).await {
            Ok(text) => text,
            Err(Stopped::Line(error)) => {
                if !error.sent() {
                    self.under_way = None;
                }
                let unknown = if error.sent() { Moved::Unknown } else { Moved::No };
                return Err(moved(no_answer(&error), unknown));
            }
            Err(refused) => {
                self.under_way = None;
                return Err(self.failure(&refused, b'O'));
            }
        };
        match block::read(&text, read.plate, read.unit) {
            Ok(values) => {
                self.under_way = None;
                let values = values.into_iter().map(|v| v.map(Absorbance)).collect();
                Ok(Done::Reading { at, values })
            }
            Err(wrong) => {
                // Something else than the values may have passed for them.
                self.in_step = false;
                Err(self.disbelieved(wrong))
            }
        }
    }

    fn disbelieved(&self, wrong: Wrong) -> Failure {
        let (what, moved) = match wrong {
            Wrong::Garbled => (
                "sent values that arrived garbled; the plate is measured again".to_owned(),
                Moved::Unknown,
            ),
            Wrong::Other => (
                "sent values of other wells, or in another unit, than it was asked for; the plate is measured again"
                    .to_owned(),
                Moved::Unknown,
            ),
            Wrong::Status(status) => (
                format!(
                    "ended its read with status {status:04}, whose meaning its maker does not publish; look at the reader: \
                     plate, filters, lamp"
                ),
                Moved::Yes,
            ),
        };
        Failure::new(FailureKind::Fault, moved, format!("\"{}\" {what}", self.id))
    }

    /// Waits until nothing of an earlier read can come any more: its values must not pass for those of the next.
    async fn nothing_under_way(&mut self) -> Result<(), Failure> {
        let Some(until) = self.under_way else {
            return Ok(());
        };
        let rest = until.since(self.clock.now());
        if rest > Duration::ZERO {
            match self.listen(rest).await {
                Ok(_) | Err(Stopped::Refused(_) | Stopped::Line(crate::link::LineError::NoAnswer { .. })) => {
                }
                Err(Stopped::Line(error)) => return Err(no_answer(&error)),
            }
        }
        self.under_way = None;
        self.in_step = false;
        Ok(())
    }

    async fn settled(&mut self, intent: &Intent) -> Result<Settled, Failure> {
        let evidence = Evidence::Commanded;
        if let Ok(read) = settings::read(&intent.action, self.model) {
            // It may have been begun by a program that died since: it is stopped, and what comes of it is waited out.
            let before = intent.before.get("prepared_us");
            let prepared = before
                .and_then(|us| u64::try_from(us).ok())
                .map_or(self.clock.now(), Timestamp::from_us);
            let until = prepared.plus(read.limit).plus(read.limit).plus(OVERDUE);
            if until > self.clock.now() {
                self.under_way = Some(self.under_way.unwrap_or(until));
            }
            self.in_step = false;
        }
        self.known().await?;
        // A read leaves nothing behind on the plate, and the tray's position is a goal: both are done anew.
        Ok(Settled::NotDone { evidence })
    }
}

impl Instrument for BioTek {
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
            // It answers nothing while its tray moves.
            self.known().await?;
            Ok(true)
        })
    }

    fn names(&self) -> Vec<String> {
        vec!["temperature".to_owned()]
    }

    fn ask<'a>(&'a mut self, name: &'a str) -> Fut<'a, Result<String, Failure>> {
        Box::pin(async move {
            if name != "temperature" {
                return Err(unsupported(format!(
                    "there is nothing that can be asked by the name \"{name}\""
                )));
            }
            self.known().await?;
            let answer = self.again(b'h', None, Looks::Temperature).await?;
            let tenths: u32 = answer.text.parse().unwrap_or(0);
            Ok(format!("{}.{} C", tenths / 10, tenths % 10))
        })
    }

    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(async move {
            self.in_step = false;
            self.line.interrupt(*b"x").await.map_err(|e| no_answer(&e))
        })
    }
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;
