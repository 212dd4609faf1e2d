//! What is not known of wells: an action that nobody can tell of makes of their volumes intervals, and what is read of them
//! meanwhile carries the mark.
//!
//! Owns how doubt begins and spreads. Volumes are believed as if the action had taken place.

use super::belief::{Belief, Item};
use super::repair::UNKNOWN;
use super::state::State;
use crate::labware::Well;
use crate::plan::{Action, PlateId, Site};
use crate::rig::PipetteId;
use crate::units::Volume;
use std::collections::BTreeMap;

/// An action of which nobody can tell whether it took place, before it is taken into account as if it had.
pub(super) fn unknown(state: &mut State, action: &Action) {
    match action {
        Action::Aspirate {
            pipette, at, volume, ..
        } => {
            state.unsure_tips.insert(pipette.clone());
            doubt(state, pipette, at, (Volume::nl(0), *volume), action);
        }
        Action::Dispense {
            pipette, at, volume, ..
        } => {
            state.unsure_tips.insert(pipette.clone());
            doubt(state, pipette, at, (*volume, Volume::nl(0)), action);
        }
        _ => carried_on(state, action),
    }
}

/// An action that took place: tips that hold nobody knows how much give nobody knows how much.
pub(super) fn carried_on(state: &mut State, action: &Action) {
    match action {
        Action::Dispense {
            pipette, at, volume, ..
        } if state.unsure_tips.contains(pipette) => {
            doubt(state, pipette, at, (*volume, *volume), action);
        }
        Action::DropTips { pipette, .. } => {
            state.unsure_tips.remove(pipette);
        }
        _ => {}
    }
}

fn doubt(
    state: &mut State,
    pipette: &PipetteId,
    at: &Site,
    (below, above): (Volume, Volume),
    action: &Action,
) {
    let Some(item) = state.belief.item_at(&at.nest) else {
        return;
    };
    let wells = state
        .belief
        .reached(pipette, at.well, Belief::stride(&state.plan, &item));
    for well in wells {
        let doubt = state.doubts.entry((item.clone(), well)).or_default();
        doubt.below = doubt.below.plus(below);
        doubt.above = doubt.above.plus(above);
        if doubt.why.is_empty() {
            doubt.why = format!("{UNKNOWN} ({})", action.name().replace('_', " "));
        }
    }
}

/// What is not known of a plate's wells.
pub(super) fn marks(state: &State, plate: &PlateId) -> BTreeMap<Well, String> {
    let of = |((item, well), doubt): (&(Item, Well), &super::Doubt)| {
        (*item == Item::Plate(plate.clone())).then(|| (*well, doubt.why.clone()))
    };
    state.doubts.iter().filter_map(of).collect()
}
