//! What wells can give up and hold, and where a tip's or pin's end is then: the check of the rest of a plan asks it before each
//! stroke.
//!
//! Owns the comparison of believed volumes with the labware that a run was started with. Pure; knows nothing of plates' places,
//! tips or seals.

use super::belief::{Belief, Item};
use super::state::State;
use crate::labware::{Kind, Labware, Well};
use crate::plan::{Action, Height, Site};
use crate::rig::PipetteId;
use crate::units::{Length, Volume};
use std::collections::BTreeMap;

/// The levels of a run, by the labware that it was started with.
pub(super) struct Levels<'s> {
    state: &'s State,
}

/// A vessel as it is believed to be before a stroke, with how many channels come to each well.
struct Reached<'a> {
    item: Item,
    labware: &'a Labware,
    wells: BTreeMap<Well, i64>,
}

impl<'s> Levels<'s> {
    pub(super) const fn new(state: &'s State) -> Self {
        Self { state }
    }

    /// Why a stroke cannot be carried out in the wells as they are believed to be then.
    pub(super) fn prevents(&self, belief: &Belief, action: &Action) -> Option<String> {
        match action {
            Action::Aspirate {
                pipette,
                at,
                volume,
                height,
                ..
            } => self.draws(belief, pipette, at, *volume, Some(*height)),
            Action::Draw {
                probe,
                at: Some(at),
                volume,
                air: false,
                ..
            } => self.draws(belief, probe, at, *volume, None),
            Action::Dispense {
                pipette, at, volume, ..
            } => pushes(belief, pipette, *volume).or_else(|| self.fills(belief, pipette, at, *volume)),
            Action::Expel {
                probe, at, volume, ..
            } => self.fills(belief, probe, at, *volume),
            Action::DipPins {
                pins,
                at,
                height,
                gives,
                ..
            } => self
                .dips(belief, pins, at, *height)
                .or_else(|| self.fills(belief, pins, at, *gives)),
            _ => None,
        }
    }

    /// Whether wells of whose volume not all is known may hold too little above the tips' ends for a draw, which then
    /// takes air for the rest.
    pub(super) fn may_fall_short(
        &self,
        pipette: &PipetteId,
        at: &Site,
        volume: Volume,
        height: Option<Height>,
    ) -> bool {
        let belief = &self.state.belief;
        let Some(reached) = self.reached(belief, pipette, at) else {
            return false;
        };
        let under = height.map_or_else(
            || Volume::nl(0),
            |height| reached.labware.volume_at(end(reached.labware, height)),
        );
        reached.wells.iter().any(|(well, channels)| {
            let doubt = self.state.doubts.get(&(reached.item.clone(), *well));
            let below = doubt.map_or_else(|| Volume::nl(0), |d| d.below);
            let least = reached.held(belief, *well).minus(below).minus(under);
            below.get() > 0 && least < volume.times(*channels)
        })
    }

    /// What is at a site, where liquid is reckoned with.
    fn reached(&self, belief: &Belief, pipette: &PipetteId, at: &Site) -> Option<Reached<'_>> {
        let labware = self.state.labware.get(at.labware.as_str())?;
        if !matches!(
            labware.kind,
            Kind::Plate | Kind::AgarPlate | Kind::Reservoir | Kind::TubeRack
        ) {
            return None;
        }
        let item = belief.item_at(&at.nest)?;
        let mut wells = BTreeMap::new();
        for well in belief.reached(pipette, at.well, Belief::stride(&self.state.plan, &item)) {
            let channels = wells.entry(well).or_insert(0_i64);
            *channels = channels.saturating_add(1);
        }
        Some(Reached { item, labware, wells })
    }

    fn draws(
        &self,
        belief: &Belief,
        pipette: &PipetteId,
        at: &Site,
        volume: Volume,
        height: Option<Height>,
    ) -> Option<String> {
        let reached = self.reached(belief, pipette, at)?;
        reached.wells.iter().find_map(|(well, channels)| {
            let name = reached.name(*well);
            let held = reached.held(belief, *well);
            let drawn = volume.times(*channels);
            let left = held.minus(drawn);
            if left.get() < 0 {
                return Some(format!("{name} holds {held}, of which {drawn} shall be drawn"));
            }
            let dead = reached.labware.dead_volume;
            if left < dead {
                return Some(format!(
                    "{name} holds {held}; once {drawn} are drawn, {left} are left, less than its dead volume of {dead}"
                ));
            }
            let end = end(reached.labware, height?);
            let surface = reached.labware.height(left);
            (surface < end).then(|| {
                format!(
                    "{name} holds {held}; once {drawn} are drawn, the liquid stands {surface} high, under the tip's end \
                     at {end}, which draws air"
                )
            })
        })
    }

    fn fills(&self, belief: &Belief, pipette: &PipetteId, at: &Site, volume: Volume) -> Option<String> {
        let reached = self.reached(belief, pipette, at)?;
        let most = reached.labware.capacity;
        reached.wells.iter().find_map(|(well, channels)| {
            let held = reached.held(belief, *well);
            let given = belief.liquid_pushed(pipette, volume).times(*channels);
            (given.get() > 0 && held.plus(given) > most).then(|| {
                let name = reached.name(*well);
                format!("{name} holds {held}; with the {given} that shall be dispensed that is more than its capacity of {most}")
            })
        })
    }

    fn dips(&self, belief: &Belief, pins: &PipetteId, at: &Site, height: Height) -> Option<String> {
        let reached = self.reached(belief, pins, at)?;
        if reached.labware.kind == Kind::AgarPlate {
            return None;
        }
        let end = end(reached.labware, height);
        reached.wells.keys().find_map(|well| {
            let held = reached.held(belief, *well);
            (held.get() == 0 || reached.labware.height(held) <= end).then(|| {
                let name = reached.name(*well);
                format!("{name} holds {held}: pins that come down to {end} stand in nothing")
            })
        })
    }
}

impl Reached<'_> {
    fn name(&self, well: Well) -> String {
        match &self.item {
            Item::Plate(plate) => format!("plate {plate} {well}"),
            Item::Piece(name) => format!("{name} {well}"),
        }
    }

    fn held(&self, belief: &Belief, well: Well) -> Volume {
        let held = belief.volumes.get(&(self.item.clone(), well));
        held.copied().unwrap_or_default().max(Volume::nl(0))
    }
}

/// Where a tip's end is over a well's inner bottom.
fn end(labware: &Labware, height: Height) -> Length {
    match height {
        Height::FromBottom(height) => height,
        Height::FromTop(height) => labware.geometry.well_depth.plus(height),
    }
}

/// Tips push out no more than they hold.
fn pushes(belief: &Belief, pipette: &PipetteId, volume: Volume) -> Option<String> {
    let held = belief.held_by().get(pipette).copied()?;
    (held < volume)
        .then(|| format!("the tips of {pipette} hold {held}, of which {volume} shall be dispensed"))
}
