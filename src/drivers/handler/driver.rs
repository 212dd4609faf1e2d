//! The driver as a whole: what it knows of the rig, and the contract.

use super::axes::State;
use super::board::Board;
use super::plunger::Plunger;
use crate::devices::{Before, Done, Failure, Fut, Identity, Instrument, Intent, Settled};
use crate::drivers::failure::{not_homed, unsupported};
use crate::labware::Library;
use crate::plan::{Action, Site};
use crate::rig::{
    Calibration, InstrumentId, LiquidHandler, Mount, NestId, Pipette, PipetteId, Point, Rig, Role, ZoneId,
};
use crate::units::Length;
use std::collections::BTreeMap;

/// A pipette with its constants and the tips it takes.
pub(in crate::drivers) struct Fitted {
    pub(super) pipette: Pipette,
    pub(super) plunger: Plunger,
    /// How far a tip's end is below the nozzle, by tip rack.
    pub(super) reach: BTreeMap<String, Length>,
    /// The rack the tips on it came from, if this program picked them up.
    pub(super) rack: Option<String>,
}

/// A liquid handler on a motor controller.
pub struct Handler<B> {
    pub(super) id: InstrumentId,
    pub(in crate::drivers) board: B,
    pub(super) handler: LiquidHandler,
    pub(super) pipettes: BTreeMap<PipetteId, Fitted>,
    /// Fixed probes and pin tools: they hang on a mount whose plunger is not driven.
    pub(super) probes: BTreeMap<PipetteId, Pipette>,
    pub(super) places: BTreeMap<NestId, Point>,
    pub(super) labware: Library,
    /// What was measured of it.
    pub(super) calibration: Calibration,
    pub(super) safe_height: Length,
    pub(super) zone: Option<ZoneId>,
}

impl<B: Board> Handler<B> {
    /// The driver of a liquid handler of the rig, on a board, with the plungers of its pipettes. Nothing is sent yet.
    ///
    /// # Errors
    /// When the rig has no such handler, or a pipette has no plunger.
    pub(in crate::drivers) fn on(
        board: B,
        id: &InstrumentId,
        rig: &Rig,
        labware: &Library,
        plunger: impl Fn(&PipetteId, &Pipette) -> Result<Plunger, Failure>,
    ) -> Result<Self, Failure> {
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
            let fitted = Fitted {
                plunger: plunger(name, pipette)?,
                pipette: pipette.clone(),
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
            board,
            handler: handler.clone(),
            pipettes,
            probes,
            places,
            labware: labware.clone(),
            calibration: rig.calibration.of(id),
            safe_height: rig.safe_height,
            zone: instrument.zone.clone(),
        })
    }

    /// See [`Board::known_state`].
    pub(in crate::drivers) async fn known_state(&mut self) -> Result<State, Failure> {
        self.board.known_state().await
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

impl<B: Board> Instrument for Handler<B> {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        Box::pin(self.board.introduce())
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
        Box::pin(self.board.halt())
    }
}
