//! The driver.

use super::codes;
use super::talk::{Rest, SHOVEL, Stopped};
use super::wire::{self, five};
use crate::clock::Clock;
use crate::devices::{
    Before, Done, Evidence, Failure, FailureKind, Fut, Identity, Instrument, Intent, Moved, Settled,
};
use crate::drivers::failure::{moved, no_answer, refused, unsupported};
use crate::link::Line;
use crate::plan::Action;
use crate::rig::{Cassette, Driver, Incubator, InstrumentId, NestId, NestKind, Rig, Role, ZoneId};
use crate::units::{Duration, RotationSpeed, Temperature};
use std::collections::BTreeMap;

/// Longest movements: an access takes at most a minute by the maker's hosts.
const ACCESS: Duration = Duration::s(120);
const INITIALISING: Duration = Duration::s(300);
/// Highest set value of a temperature that four digits of 0.1 degrees hold and an incubator reaches.
const HOTTEST: i32 = 100_000;

/// A Liconic STX.
pub struct Liconic {
    pub(super) id: InstrumentId,
    pub(super) line: Line,
    pub(super) clock: Clock,
    incubator: Incubator,
    cassettes: Vec<Cassette>,
    slots: BTreeMap<NestId, u16>,
    zone: Option<ZoneId>,
    pub(super) generation: Option<u64>,
    /// Whether the shaker runs, if this program said so last.
    pub(super) shaking: Option<bool>,
    /// False from a lost answer until the unit has answered a line that nothing else says.
    pub(super) in_step: bool,
}

impl Liconic {
    /// The driver of an incubator of the rig. Nothing is sent yet.
    ///
    /// # Errors
    /// When the rig calls it something else.
    pub fn new(id: &InstrumentId, rig: &Rig, line: Line, clock: Clock) -> Result<Self, Failure> {
        let instrument = rig.instruments.get(id);
        let known = instrument.map(|i| (i, &i.driver, &i.role));
        let Some((instrument, Driver::Liconic(cassettes), Role::Incubator(incubator))) = known else {
            return Err(unsupported(format!("\"{id}\" is no Liconic of this rig")));
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
            cassettes: cassettes.clone(),
            slots: rig.nests.iter().filter_map(slot).collect(),
            zone: instrument.zone.clone(),
            generation: None,
            shaking: None,
            in_step: true,
        })
    }

    /// Cassette and level of a slot.
    fn place(&self, nest: &NestId) -> Result<(u16, u16, Cassette), Failure> {
        let slot = self.slots.get(nest);
        let place = slot.and_then(|slot| wire::place(*slot, &self.cassettes));
        place.ok_or_else(|| refused(format!("\"{nest}\" is no slot of \"{}\"", self.id)))
    }

    fn possible(&self, action: &Action) -> Result<(), Failure> {
        match action {
            Action::Store { slot, .. } | Action::Retrieve { slot, .. } => self.place(slot).map(drop),
            Action::Shake { speed: Some(_) } if self.incubator.shaking.is_none() => {
                Err(unsupported(format!("\"{}\" has no shaker", self.id)))
            }
            Action::Shake { speed: Some(speed) } if frequency(*speed) == 0 => {
                Err(refused("the shaker takes 6 rpm and more, in steps of 6"))
            }
            Action::SetTemperature { temperature } if !(0..=HOTTEST).contains(&temperature.get()) => Err(
                refused(format!("\"{}\" holds 0 C to 100 C, not {temperature}", self.id)),
            ),
            Action::ScanBarcode { .. } => Err(unsupported(format!(
                "the barcode reader of \"{}\" is an instrument of its own",
                self.id
            ))),
            Action::Shake { .. } | Action::SetTemperature { .. } | Action::Initialise => Ok(()),
            other => Err(unsupported(format!("an incubator cannot {}", other.name()))),
        }
    }

    async fn prepared(&mut self, action: &Action) -> Result<Before, Failure> {
        self.possible(action)?;
        if let Action::Initialise = action {
            // What it is to be freed from may be why it is not ready.
            self.connected().await?;
            return Ok(Before::default());
        }
        // A movement of before (of a host that was restarted) ends first.
        let rest = self.known(ACCESS).await.map_err(|f| moved(f, Moved::No))?;
        let before = Before::default().with("transfer", i64::from(rest.transfer));
        let occupied = match action {
            Action::Store { .. } => true,
            Action::Retrieve { .. } => false,
            _ => return Ok(before),
        };
        if let Some(code) = rest.fault {
            let message = format!(
                "\"{}\" reports: {}; see to it, then initialise it",
                self.id,
                codes::handling(code)
            );
            return Err(Failure::new(FailureKind::Interlock, Moved::No, message));
        }
        if self.on_shovel().await? {
            return Err(refused(format!(
                "a plate lies on the shovel of \"{}\"; take it off by hand and initialise",
                self.id
            )));
        }
        match (occupied, rest.transfer) {
            (true, false) => Err(refused(format!(
                "no plate stands on the transfer station of \"{}\"",
                self.id
            ))),
            (false, true) => Err(refused(format!(
                "a plate already stands on the transfer station of \"{}\"; take it away first",
                self.id
            ))),
            _ => Ok(before),
        }
    }

    /// Whether the shovel's sensor sees a plate.
    async fn on_shovel(&mut self) -> Result<bool, Failure> {
        self.again("ST 1911").await?;
        self.relay(SHOVEL).await
    }

    async fn performed(&mut self, intent: &Intent) -> Result<Done, Failure> {
        if self.generation != Some(self.line.generation()) {
            self.introduce().await?;
        }
        self.possible(&intent.action)?;
        match &intent.action {
            Action::Store { slot, .. } => self.access(slot, "ST 1904", false).await,
            Action::Retrieve { slot, .. } => self.access(slot, "ST 1905", true).await,
            Action::Initialise => {
                self.again("ST 1900").await?;
                self.again("ST 1801")
                    .await
                    .map_err(|f| moved(f, Moved::Unknown))?;
                let rest = self
                    .ready(INITIALISING)
                    .await
                    .map_err(|f| moved(f, Moved::Unknown))?;
                self.shaking = None;
                match rest.fault {
                    None => Ok(Done::Plain),
                    Some(code) => {
                        let why = codes::handling(code);
                        let message = format!("\"{}\" could not be initialised: {why}", self.id);
                        Err(Failure::new(FailureKind::Fault, Moved::Unknown, message))
                    }
                }
            }
            Action::Shake { speed } => self.shake(*speed).await,
            Action::SetTemperature { temperature } => self.set_temperature(*temperature).await,
            other => Err(unsupported(format!("an incubator cannot {}", other.name()))),
        }
    }

    /// A plate access: where it goes is written and read back, it is begun once, then watched and seen by the transfer
    /// station's sensor.
    async fn access(&mut self, slot: &NestId, begin: &str, occupied: bool) -> Result<Done, Failure> {
        let (cassette, level, geometry) = self.place(slot)?;
        // Plates must not be gripped while they move.
        if self.incubator.shaking.is_some() && self.shaking != Some(false) {
            self.shake(None).await?;
        }
        self.write("DM0", &cassette.to_string()).await?;
        self.write("DM23", &geometry.step.to_string()).await?;
        self.write("DM25", &geometry.levels.to_string()).await?;
        self.write("DM5", &level.to_string()).await?;
        match self.once(begin).await {
            Ok(_) => {}
            Err(Stopped::Line(error)) => {
                let unknown = if error.sent() { Moved::Unknown } else { Moved::No };
                return Err(moved(no_answer(&error), unknown));
            }
            Err(stopped) => {
                let failure = self.failure(&stopped, begin);
                return Err(self.confirmed(failure, occupied).await);
            }
        }
        let rest = self
            .ended(occupied, ACCESS)
            .await
            .map_err(|f| moved(f, Moved::Unknown))?;
        if rest.fault.is_none() && rest.transfer == occupied {
            // Ends the access: a goal.
            self.again("ST 1903")
                .await
                .map_err(|f| moved(f, Moved::Unknown))?;
            return Ok(Done::Plain);
        }
        let why = match rest.fault {
            Some(code) => codes::handling(code),
            None if occupied => "it reports no error, but no plate stands on its transfer station".to_owned(),
            None => "it reports no error, but the plate still stands on its transfer station".to_owned(),
        };
        let message = format!(
            "\"{}\" stopped in `{begin}`: {why}; look where the plate is",
            self.id
        );
        Err(Failure::new(FailureKind::Fault, Moved::Unknown, message))
    }

    /// A refusal is believed when the transfer station is as it was: without a checksum, a flipped bit looks like one.
    async fn confirmed(&mut self, failure: Failure, occupied: bool) -> Failure {
        match self.ended(occupied, ACCESS).await {
            Ok(Rest {
                transfer,
                fault: None,
            }) if transfer != occupied => failure,
            _ => moved(failure, Moved::Unknown),
        }
    }

    async fn shake(&mut self, speed: Option<RotationSpeed>) -> Result<Done, Failure> {
        match speed {
            Some(speed) => {
                self.write("DM39", &five(frequency(speed))).await?;
                self.again("ST 1913").await?;
            }
            None => {
                self.again("RS 1913").await?;
            }
        }
        self.shaking = Some(speed.is_some());
        Ok(Done::Plain)
    }

    async fn set_temperature(&mut self, temperature: Temperature) -> Result<Done, Failure> {
        self.write("DM890", &five(tenths(temperature))).await?;
        self.idle(ACCESS).await.map_err(|f| moved(f, Moved::Unknown))?;
        Ok(Done::Plain)
    }

    async fn settled(&mut self, intent: &Intent) -> Result<Settled, Failure> {
        let evidence = Evidence::Measured;
        let not_done = Ok(Settled::NotDone { evidence });
        let unknown = |why: String| Ok(Settled::Unknown { why });
        if let Action::Initialise = intent.action {
            // A goal: stated again.
            self.connected().await?;
            return not_done;
        }
        let rest = self.known(INITIALISING).await?;
        let occupied = match &intent.action {
            Action::Store { .. } => false,
            Action::Retrieve { .. } => true,
            Action::SetTemperature { temperature } => {
                let set = self.again("RD DM890").await?;
                let done = Done::Plain;
                return if set == tenths(*temperature) {
                    Ok(Settled::Done { done, evidence })
                } else {
                    not_done
                };
            }
            _ => return not_done,
        };
        if intent.before.get("transfer") != Some(i64::from(!occupied)) {
            return unknown("the intent does not say what the transfer station held".to_owned());
        }
        // A unit that was only just told says that it is ready before it begins.
        let rest = match rest.fault {
            None => self.ended(occupied, INITIALISING).await?,
            Some(_) => rest,
        };
        if let Some(code) = rest.fault {
            return unknown(format!("\"{}\" reports: {}", self.id, codes::handling(code)));
        }
        if self.on_shovel().await? {
            return unknown(format!("a plate lies on the shovel of \"{}\"", self.id));
        }
        if rest.transfer != occupied {
            return not_done;
        }
        self.again("ST 1903").await?;
        let done = Done::Plain;
        Ok(Settled::Done { done, evidence })
    }
}

/// A speed as the shaker's register counts it: 0.1 Hz.
fn frequency(speed: RotationSpeed) -> u32 {
    speed.get() / 6
}

/// A temperature from 0 C as the registers count it: 0.1 C.
fn tenths(temperature: Temperature) -> u32 {
    u32::try_from((temperature.get() + 50) / 100).unwrap_or(0)
}

impl Instrument for Liconic {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        Box::pin(self.introduce())
    }

    fn alive(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(self.connected())
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
            self.connected().await?;
            self.relay(super::talk::READY).await
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
