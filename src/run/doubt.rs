//! What is not known of wells: an action that nobody can tell of makes of their volumes intervals, and what is read of them
//! meanwhile carries the mark.
//!
//! Owns how doubt begins and spreads. Volumes are believed as if the action had taken place.

use super::belief::{Belief, Item};
use super::levels::Levels;
use super::repair::UNKNOWN;
use super::state::State;
use crate::devices::{Before, Intent};
use crate::labware::Well;
use crate::plan::{Action, PlateId, Site};
use crate::rig::PipetteId;
use crate::units::Volume;
use std::collections::BTreeMap;

/// An action of which nobody can tell whether it took place, before it is taken into account as if it had.
pub(super) fn unknown(state: &mut State, intent: &Intent) {
    let none = Volume::nl(0);
    let action = &intent.action;
    match action {
        Action::Aspirate {
            pipette, at, volume, ..
        }
        | Action::Draw {
            probe: pipette,
            at: Some(at),
            volume,
            air: false,
            ..
        } => {
            let beyond = beyond(&intent.before, *volume);
            unsure(state, pipette, beyond);
            doubt(state, pipette, at, (beyond, *volume), action);
        }
        // Strokes that follow push out liquid where air was believed to be, or air where liquid was.
        Action::AirGap { pipette, .. } | Action::Draw { probe: pipette, .. } => unsure(state, pipette, none),
        Action::Dispense {
            pipette, at, volume, ..
        }
        | Action::Expel {
            probe: pipette,
            at,
            volume,
            ..
        } => {
            let more = match state.unsure_tips.contains_key(pipette) {
                true => *volume,
                false => none,
            };
            unsure(state, pipette, *volume);
            doubt(state, pipette, at, (*volume, more), action);
        }
        Action::BlowOut { pipette, at, .. } => {
            let held = state.belief.liquid_held(pipette);
            let more = state.unsure_tips.get(pipette).copied().unwrap_or_default();
            unsure(state, pipette, held);
            doubt(state, pipette, at, (held, more), action);
        }
        Action::DipPins {
            pins,
            at,
            gives,
            takes,
            ..
        } => {
            unsure(state, pins, none);
            let more = state.unsure_tips.get(pins).copied().unwrap_or_default();
            doubt(state, pins, at, (takes.plus(*gives), gives.plus(more)), action);
            state
                .unsure_tips
                .insert(pins.clone(), (*takes).max(*gives).max(more));
        }
        _ => carried_on(state, action),
    }
}

/// An action that took place: tips that hold nobody knows how much give nobody knows how much.
pub(super) fn carried_on(state: &mut State, action: &Action) {
    match action {
        // Of what nobody knows there may be too little: then air is drawn for the rest.
        Action::Aspirate {
            pipette,
            at,
            volume,
            height,
            ..
        } if Levels::new(state).may_fall_short(pipette, at, *volume, Some(*height)) => {
            unsure(state, pipette, Volume::nl(0));
        }
        Action::Draw {
            probe,
            at: Some(at),
            volume,
            air: false,
            ..
        } if Levels::new(state).may_fall_short(probe, at, *volume, None) => {
            unsure(state, probe, Volume::nl(0));
        }
        Action::Dispense {
            pipette, at, volume, ..
        } if state.unsure_tips.contains_key(pipette) => {
            unsure(state, pipette, *volume);
            doubt(state, pipette, at, (*volume, *volume), action);
        }
        Action::Expel {
            probe,
            at,
            volume,
            holding,
            ..
        } if state.unsure_tips.contains_key(probe) => {
            unsure(state, probe, *volume);
            doubt(state, probe, at, (*volume, *volume), action);
            if holding == volume {
                // The plunger stands at its zero: whatever was drawn since is out.
                state.unsure_tips.remove(probe);
            }
        }
        // All that is in the tips goes out, however much that is.
        Action::BlowOut { pipette, at, .. } => {
            if let Some(more) = state.unsure_tips.remove(pipette) {
                let held = state.belief.liquid_held(pipette);
                doubt(state, pipette, at, (held, more), action);
            }
        }
        Action::DropTips { pipette, .. } => {
            state.unsure_tips.remove(pipette);
        }
        // What they carried is off them now, whatever it was; from here on they carry what is reckoned with.
        Action::DipPins { pins, at, gives, .. } => {
            if let Some(carried) = state.unsure_tips.remove(pins) {
                let none = Volume::nl(0);
                doubt(state, pins, at, (*gives, carried.minus(*gives).max(none)), action);
            }
        }
        Action::TakeOffTips { pipettes } => {
            for pipette in pipettes {
                state.unsure_tips.remove(pipette);
            }
        }
        _ => {}
    }
}

/// How much more than its volume a draw may take before it gives that back: a plunger that goes beyond its target, against
/// backlash, may have stopped there.
fn beyond(before: &Before, volume: Volume) -> Volume {
    let number = |name| before.get(name);
    let (Some(from), Some(target), Some(beyond)) =
        (number("plunger_um"), number("target_um"), number("beyond_um"))
    else {
        return Volume::nl(0);
    };
    let stroke = target.abs_diff(from).max(1);
    let even = volume
        .get()
        .unsigned_abs()
        .saturating_mul(beyond.unsigned_abs())
        .div_ceil(stroke);
    // An eighth more: a plunger does not draw quite the same everywhere.
    let most = even.saturating_add(even.div_ceil(8));
    Volume::nl(i64::try_from(most).unwrap_or(i64::MAX))
}

/// It is not known what the tips of a pipette hold: perhaps so much more than before is believed.
pub(super) fn unsure(state: &mut State, pipette: &PipetteId, more: Volume) {
    let known = state.unsure_tips.entry(pipette.clone()).or_default();
    *known = known.plus(more);
}

/// The wells that a pipette reaches may hold less or more than is believed; which they are.
pub(super) fn doubt(
    state: &mut State,
    pipette: &PipetteId,
    at: &Site,
    (below, above): (Volume, Volume),
    action: &Action,
) -> Vec<(Item, Well)> {
    let Some(item) = state.belief.item_at(&at.nest) else {
        return Vec::new();
    };
    let wells = state
        .belief
        .reached(pipette, at.well, Belief::stride(&state.plan, &item));
    let wells: Vec<(Item, Well)> = wells.into_iter().map(|well| (item.clone(), well)).collect();
    for well in &wells {
        let doubt = state.doubts.entry(well.clone()).or_default();
        doubt.below = doubt.below.plus(below);
        doubt.above = doubt.above.plus(above);
        if doubt.why.is_empty() {
            doubt.why = format!("{UNKNOWN} ({})", action.name().replace('_', " "));
        }
    }
    wells
}

/// What is not known of a plate's wells, and what was picked into them again.
pub(super) fn marks(state: &State, plate: &PlateId) -> BTreeMap<Well, String> {
    let mut marks = super::again::marks(state, plate);
    for ((item, well), doubt) in &state.doubts {
        if *item == Item::Plate(plate.clone()) {
            let mark = marks.entry(*well).or_default();
            if !mark.is_empty() {
                mark.push_str("; ");
            }
            mark.push_str(&doubt.why);
        }
    }
    marks
}
