//! The driver.

use super::wire::{self, location};
use crate::clock::Clock;
use crate::devices::{
    Before, Done, Evidence, Failure, FailureKind, Fut, Identity, Instrument, Intent, Moved, Settled,
};
use crate::drivers::failure::{clean, moved, refused, unsupported};
use crate::link::Line;
use crate::plan::Action;
use crate::rig::{Incubator, InstrumentId, NestId, NestKind, Rig, Role, ZoneId};
use crate::units::{Duration, RotationSpeed, Temperature};
use std::collections::BTreeMap;

/// Longest movements, after the maker's own limits.
const STORING: Duration = Duration::s(120);
const RETRIEVING: Duration = Duration::s(60);
const INITIALISING: Duration = Duration::s(300);
/// A nominal temperature is what was asked within this much.
const SAME_TEMPERATURE: i32 = 50;

/// A Cytomat.
pub struct Cytomat {
    pub(super) id: InstrumentId,
    pub(super) line: Line,
    pub(super) clock: Clock,
    pub(super) incubator: Incubator,
    pub(super) slots: BTreeMap<NestId, u16>,
    pub(super) zone: Option<ZoneId>,
    pub(super) generation: Option<u64>,
    /// Whether the shakers run, if this program said so last.
    pub(super) shaking: Option<bool>,
    /// False from a lost answer until the unit has answered a question that nothing else asks.
    pub(super) in_step: bool,
}

impl Cytomat {
    /// The driver of an incubator of the rig. Nothing is sent yet.
    ///
    /// # Errors
    /// When the rig calls it something else.
    pub fn new(id: &InstrumentId, rig: &Rig, line: Line, clock: Clock) -> Result<Self, Failure> {
        let instrument = rig.instruments.get(id);
        let Some((instrument, Role::Incubator(incubator))) = instrument.map(|i| (i, &i.role)) else {
            return Err(unsupported(format!("\"{id}\" is no incubator of this rig")));
        };
        let slot = |(name, nest): (&NestId, &crate::rig::Nest)| match &nest.kind {
            NestKind::IncubatorSlot { instrument, slot } if instrument == id => Some((name.clone(), *slot)),
            _ => None,
        };
        Ok(Self {
            id: id.clone(),
            line,
            clock,
            incubator: incubator.clone(),
            slots: rig.nests.iter().filter_map(slot).collect(),
            zone: instrument.zone.clone(),
            in_step: true,
            generation: None,
            shaking: None,
        })
    }

    fn slot(&self, nest: &NestId) -> Result<u16, Failure> {
        let slot = self.slots.get(nest).copied();
        slot.ok_or_else(|| refused(format!("\"{nest}\" is no slot of \"{}\"", self.id)))
    }

    async fn prepared(&mut self, action: &Action) -> Result<Before, Failure> {
        match action {
            Action::Store { slot, .. } | Action::Retrieve { slot, .. } => {
                self.slot(slot)?;
            }
            Action::ScanBarcode { slot, .. } => {
                self.slot(slot)?;
                if !self.incubator.barcode_reader {
                    return Err(unsupported(format!("\"{}\" has no barcode reader", self.id)));
                }
            }
            Action::Shake { speed } => {
                if self.incubator.shaking.is_none() && speed.is_some() {
                    return Err(unsupported(format!("\"{}\" has no shaker", self.id)));
                }
                if speed.is_some_and(|s| s.get() == 0 || s.get() > 9999) {
                    return Err(refused("the shaker takes 1 to 9999 rpm"));
                }
            }
            Action::Initialise | Action::SetTemperature { .. } => {}
            other => return Err(unsupported(format!("an incubator cannot {}", other.name()))),
        }
        self.known_overview().await?;
        // A movement of before (of a host that was restarted) ends first.
        let o = self.idle(STORING).await.map_err(|f| moved(f, Moved::No))?;
        let access = matches!(action, Action::Store { .. } | Action::Retrieve { .. });
        if access && o.handler_occupied() {
            return Err(refused(format!(
                "a plate lies on the handler of \"{}\"; take it off by hand and initialise",
                self.id
            )));
        }
        if access && o.door_open() {
            let message = format!("the door of \"{}\" is open; close it", self.id);
            return Err(Failure::new(FailureKind::Interlock, Moved::No, message));
        }
        match action {
            Action::Store { .. } if !o.transfer_occupied() => {
                return Err(refused(format!(
                    "no plate stands on the transfer station of \"{}\"",
                    self.id
                )));
            }
            Action::Retrieve { .. } if o.transfer_occupied() => {
                return Err(refused(format!(
                    "a plate already stands on the transfer station of \"{}\"; take it away first",
                    self.id
                )));
            }
            _ => {}
        }
        Ok(Before::default()
            .with("transfer", i64::from(o.transfer_occupied()))
            .with("handler", i64::from(o.handler_occupied())))
    }

    async fn performed(&mut self, intent: &Intent) -> Result<Done, Failure> {
        if self.generation != Some(self.line.generation()) {
            self.introduce().await?;
        }
        match &intent.action {
            Action::Store { slot, .. } => {
                let slot = self.slot(slot)?;
                self.access(&format!("mv:ts {}", location(slot)), STORING, false)
                    .await
            }
            Action::Retrieve { slot, .. } => {
                let slot = self.slot(slot)?;
                self.access(&format!("mv:st {}", location(slot)), RETRIEVING, true)
                    .await
            }
            Action::ScanBarcode {
                slot,
                expected,
                plate,
            } => {
                let slot = self.slot(slot)?;
                let found = self.scan(slot).await?;
                if found.as_deref() == Some(expected.as_str()) {
                    return Ok(Done::Barcode(found));
                }
                let saw = found.map_or_else(|| "no barcode".to_owned(), |c| format!("barcode \"{c}\""));
                let message = format!(
                    "slot {slot} of \"{}\" shows {saw}, but plate {plate} has \"{expected}\"",
                    self.id
                );
                Err(Failure::new(FailureKind::Mismatch, Moved::No, message))
            }
            Action::Initialise => {
                self.again("rs:be").await?;
                self.motion("ll:in", INITIALISING).await?;
                if self.incubator.shaking.is_some() {
                    self.again("ll:vi").await?;
                    self.idle(INITIALISING).await?;
                }
                self.shaking = Some(false);
                Ok(Done::Plain)
            }
            Action::Shake { speed } => self.shake(*speed).await,
            Action::SetTemperature { temperature } => self.compare_temperature(*temperature).await,
            other => Err(unsupported(format!("an incubator cannot {}", other.name()))),
        }
    }

    /// A plate access: sent once, then watched, then seen by the transfer station's sensor.
    async fn access(&mut self, text: &str, limit: Duration, occupied: bool) -> Result<Done, Failure> {
        // Plates must not be gripped while they move. An access stops the shakers by itself; saying so first is safe.
        if self.incubator.shaking.is_some() && self.shaking != Some(false) {
            self.again("ll:vd").await?;
            self.shaking = Some(false);
        }
        let overview = self.motion(text, limit).await?;
        if overview.transfer_occupied() == occupied && !overview.handler_occupied() {
            return Ok(Done::Plain);
        }
        let message = format!(
            "\"{}\" ended `{text}` without an error, but a plate {} on its transfer station",
            self.id,
            if occupied {
                "does not stand"
            } else {
                "still stands"
            },
        );
        Err(Failure::new(FailureKind::Fault, Moved::Unknown, message))
    }

    async fn scan(&mut self, slot: u16) -> Result<Option<String>, Failure> {
        let place = location(slot);
        let scan = self.motion(&format!("mv:sn {place} {place}"), STORING).await;
        // A scan changes nothing: it may be repeated whatever became of it.
        scan.map_err(|f| moved(f, Moved::No))?;
        let value = self.again(&format!("ch:bc {place}")).await?;
        Ok(wire::barcode(&value).map(|code| clean(&code)))
    }

    async fn shake(&mut self, speed: Option<RotationSpeed>) -> Result<Done, Failure> {
        match speed {
            Some(speed) => {
                for shaker in [20, 21] {
                    self.again(&format!("se:pb {shaker} {:04}", speed.get())).await?;
                }
                self.again("ll:va").await?;
            }
            None => {
                self.again("ll:vd").await?;
            }
        }
        self.shaking = Some(speed.is_some());
        self.idle(STORING).await?;
        Ok(Done::Plain)
    }

    /// The protocol cannot set a temperature: it is compared with what is set at the unit.
    async fn compare_temperature(&mut self, wanted: Temperature) -> Result<Done, Failure> {
        let value = self.again("ch:it").await?;
        let (nominal, _) =
            wire::temperatures(&value).ok_or_else(|| refused("the temperature is not two numbers"))?;
        if (nominal - wanted.get()).abs() <= SAME_TEMPERATURE {
            return Ok(Done::Plain);
        }
        Err(refused(format!(
            "\"{}\" is set to {} and cannot be set from here; set {wanted} at the unit itself",
            self.id,
            Temperature::milli_celsius(nominal)
        )))
    }

    async fn settled(&mut self, intent: &Intent) -> Result<Settled, Failure> {
        let evidence = Evidence::Measured;
        self.known_overview().await?;
        let o = self.idle(INITIALISING).await?;
        let unknown = |why: String| Ok(Settled::Unknown { why });
        match &intent.action {
            Action::Store { .. } | Action::Retrieve { .. } => {
                if o.error() {
                    let fault = self.fault_text().await?;
                    return unknown(format!("\"{}\" reports: {fault}", self.id));
                }
                if o.handler_occupied() {
                    return unknown(format!("a plate lies on the handler of \"{}\"", self.id));
                }
                let Some(before) = intent.before.get("transfer") else {
                    return unknown("the intent does not say what the transfer station held".to_owned());
                };
                if i64::from(o.transfer_occupied()) == before {
                    return Ok(Settled::NotDone { evidence });
                }
                let done = Done::Plain;
                Ok(Settled::Done { done, evidence })
            }
            // Goals and looks: repeating them is safe.
            _ => Ok(Settled::NotDone { evidence }),
        }
    }
}

impl Instrument for Cytomat {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        Box::pin(self.introduce())
    }

    fn alive(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(async move { self.known_overview().await.map(drop) })
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
            Ok(!self.known_overview().await?.busy())
        })
    }

    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(async move {
            Err(unsupported(format!(
                "\"{}\" has no stop command; it ends the movement it has begun, or use its own switch",
                self.id
            )))
        })
    }
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;
