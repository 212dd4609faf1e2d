//! The driver as a whole: what it knows of the rig, and the contract.

use super::link::State;
use super::plunger::Model;
use super::wire;
use crate::devices::{Before, Done, Failure, Fut, Identity, Instrument, Intent, Settled};
use crate::drivers::failure::{no_answer, not_homed, unsupported};
use crate::drivers::known::Known;
use crate::labware::Library;
use crate::link::Line;
use crate::plan::{Action, Site};
use crate::rig::{
    Calibration, InstrumentId, LiquidHandler, Mount, NestId, Pipette, PipetteId, Point, Rig, Role, ZoneId,
};
use crate::units::Length;
use std::collections::BTreeMap;

/// A pipette with its constants and the tips it takes.
pub(super) struct Fitted {
    pub(super) pipette: Pipette,
    pub(super) model: &'static Model,
    /// How far a tip's end is below the nozzle, by tip rack.
    pub(super) reach: BTreeMap<String, Length>,
    /// The rack the tips on it came from, if this program picked them up.
    pub(super) rack: Option<String>,
}

/// The OT-2's motor controller.
pub struct Ot2 {
    pub(super) id: InstrumentId,
    pub(super) line: Line,
    pub(super) handler: LiquidHandler,
    pub(super) pipettes: BTreeMap<PipetteId, Fitted>,
    /// Fixed probes and pin tools: they hang on a mount whose plunger is not driven.
    pub(super) probes: BTreeMap<PipetteId, Pipette>,
    pub(super) places: BTreeMap<NestId, Point>,
    pub(super) labware: Library,
    /// What was measured of it.
    pub(super) calibration: Calibration,
    pub(super) safe_height: Length,
    /// Share of the usual speeds that axes may move at, in per cent, where a run limits it.
    pub(super) slow: Option<u8>,
    pub(super) zone: Option<ZoneId>,
    /// The connection that was identified.
    pub(super) generation: Option<u64>,
    pub(super) known: Known,
    /// What was read last, until anything else is said: what was read while preparing need not be asked again.
    pub(super) read: Option<State>,
    /// False from a lost answer until the controller has answered a question that nothing else asks.
    pub(super) in_step: bool,
    /// Set false only to speak to a controller that has no pipette memory.
    pub(super) check_pipettes: bool,
}

impl Ot2 {
    /// The driver of a liquid handler of the rig. Nothing is sent yet.
    ///
    /// # Errors
    /// When a pipette's model has no plunger table, or its channels differ from the model's.
    pub fn new(id: &InstrumentId, rig: &Rig, labware: &Library, line: Line) -> Result<Self, Failure> {
        let instrument = rig.instruments.get(id);
        let Some((instrument, Role::LiquidHandler(handler))) = instrument.map(|i| (i, &i.role)) else {
            return Err(unsupported(format!("\"{id}\" is no liquid handler of this rig")));
        };
        let mut pipettes = BTreeMap::new();
        let mut probes = BTreeMap::new();
        for (name, pipette) in &handler.pipettes {
            if pipette.fixed().is_some() {
                probes.insert(name.clone(), pipette.clone());
                continue;
            }
            let Some(model) = Model::named(&pipette.model) else {
                let known: Vec<&str> = Model::names().collect();
                return Err(unsupported(format!(
                    "there is no plunger table for the pipette model \"{}\" of \"{name}\"; known models: {}",
                    pipette.model,
                    known.join(", ")
                )));
            };
            if model.channels != pipette.channels {
                return Err(unsupported(format!(
                    "the pipette \"{name}\" has {} channels in the rig file, but a {} has {}",
                    pipette.channels, model.name, model.channels
                )));
            }
            let fitted = Fitted {
                pipette: pipette.clone(),
                model,
                reach: reach(id, rig, labware, pipette),
                rack: None,
            };
            pipettes.insert(name.clone(), fitted);
        }
        let places = rig
            .nests
            .iter()
            .filter_map(|(n, nest)| Some((n.clone(), nest.position?)))
            .collect();
        Ok(Self {
            id: id.clone(),
            line,
            handler: handler.clone(),
            pipettes,
            probes,
            places,
            labware: labware.clone(),
            calibration: rig.calibration.of(id),
            safe_height: rig.safe_height,
            slow: rig.slow,
            zone: instrument.zone.clone(),
            generation: None,
            known: Known::new(id, rig),
            check_pipettes: true,
            in_step: true,
            read: None,
        })
    }

    /// Does not compare the pipettes' memory with the rig: for controllers and emulators that have none. The plunger
    /// tables are then those of the rig's word alone.
    #[must_use]
    pub const fn without_pipette_check(mut self) -> Self {
        self.check_pipettes = false;
        self
    }

    /// Height of what a mount carries over its lift's position; 0 where it carries nothing.
    pub(super) fn nozzle_height(&self, mount: Mount) -> Length {
        let all = self.handler.pipettes.values();
        let carried = all.into_iter().find(|p| p.mount == mount);
        carried.map_or(Length::default(), |p| p.nozzle.z)
    }

    /// How far what is over a well, by the nominal deck, must go to be over it on this one.
    pub(super) fn deck(&self, pipette: &PipetteId, at: &Site) -> Result<Point, Failure> {
        let (place, labware) = self.site(at)?;
        let centre = labware.centre(at.well);
        let point = (place.x.plus(centre.0), place.y.plus(centre.1));
        Ok(self.calibration.at(&self.id, pipette, &at.nest, point))
    }

    /// The pipette on a mount.
    pub(super) fn on(&self, mount: Mount) -> Option<&Fitted> {
        self.pipettes.values().find(|f| f.pipette.mount == mount)
    }
}

/// Tip ends below the nozzle: measured tip length (else the labware's) less what the nozzle enters.
fn reach(id: &InstrumentId, rig: &Rig, labware: &Library, pipette: &Pipette) -> BTreeMap<String, Length> {
    let one = |rack: &String| {
        let tip = labware.get(rack)?.tip?;
        let measured = rig.calibration.tip_lengths.get(&(id.clone(), rack.clone()));
        Some((
            rack.clone(),
            measured.copied().unwrap_or(tip.length).minus(tip.overlap),
        ))
    };
    pipette.tip_racks.iter().filter_map(one).collect()
}

impl Instrument for Ot2 {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        Box::pin(self.introduce())
    }

    fn alive(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(async move { self.known_state().await.map(drop) })
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
            if !self.known_state().await?.gantry {
                return Err(not_homed(format!(
                    "\"{}\" does not know where its axes are; home it first",
                    self.id
                )));
            }
            self.is_parked().await
        })
    }

    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(async move {
            self.read = None;
            self.line.interrupt(wire::HALT).await.map_err(|e| no_answer(&e))
        })
    }
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "pipetting_tests.rs"]
mod pipetting_tests;

#[cfg(test)]
#[path = "home_tests.rs"]
mod home_tests;
