//! Pins that were interrupted: what they may have taken away and given off before it was found that they are to come down again.
//!
//! Owns the doubt between the two. Letting pins down once more changes nothing, so a dip that broke off is "not done" and is done
//! again; if it never is, the wells that they may have been in stay in doubt.

use super::belief::Item;
use super::doubt::{doubt, unsure};
use super::state::{OpenIntent, State};
use crate::devices::Evidence;
use crate::labware::Well;
use crate::plan::{Action, OperationId};
use crate::rig::PipetteId;
use crate::units::Volume;
use std::collections::BTreeMap;

/// Dips that broke off, by operation, phase and index, with the wells and how much less or more these may hold.
pub(super) type Broken = BTreeMap<(OperationId, u16, u32), (Vec<(Item, Well)>, Volume, Volume)>;

const fn key(open: &OpenIntent) -> (OperationId, u16, u32) {
    (open.operation, open.phase, open.index)
}

/// A dip was found not to be done: some of it may have taken place, unless somebody saw that nothing did.
pub(super) fn not_done(state: &mut State, open: &OpenIntent, evidence: Evidence) {
    let Action::DipPins {
        pins,
        at,
        gives,
        takes,
        ..
    } = &open.intent.action
    else {
        return;
    };
    if evidence != Evidence::Commanded || state.broken_dips.contains_key(&key(open)) {
        return;
    }
    let wells = doubt(state, pins, at, (*takes, *gives), &open.intent.action);
    state.broken_dips.insert(key(open), (wells, *takes, *gives));
}

/// A dip took place: what broke off before makes no difference any more.
pub(super) fn done(state: &mut State, open: &OpenIntent) {
    let Some((wells, takes, gives)) = state.broken_dips.remove(&key(open)) else {
        return;
    };
    let none = Volume::nl(0);
    for well in wells {
        let Some(doubt) = state.doubts.get_mut(&well) else {
            continue;
        };
        doubt.below = doubt.below.minus(takes).max(none);
        doubt.above = doubt.above.minus(gives).max(none);
        if doubt.below == none && doubt.above == none && doubt.why.starts_with(super::repair::UNKNOWN) {
            state.doubts.remove(&well);
        }
    }
}

/// An operation is left out in its middle, or done again: its pins hold what nobody reckoned with, at most as much as they carry.
pub(super) fn interrupted(state: &mut State, operation: OperationId) {
    let phases = state.operation(operation).map_or(0, |o| o.phases.len());
    let mut most: BTreeMap<PipetteId, Volume> = BTreeMap::new();
    for phase in 0..u16::try_from(phases).unwrap_or(u16::MAX) {
        for action in state.phase_actions(operation, phase).iter() {
            if let Action::DipPins {
                pins, gives, takes, ..
            } = action
            {
                let carried = most.entry(pins.clone()).or_default();
                *carried = (*carried).max(*gives).max(*takes);
            }
        }
    }
    for (pins, carried) in most {
        state.unsure_tips.remove(&pins);
        unsure(state, &pins, carried);
    }
}
