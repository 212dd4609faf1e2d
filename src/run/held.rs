//! What is held when something failed: by tips, in words, for a person who must decide what becomes of it; and by a gripper.

use super::belief::Belief;
use super::state::{State, Status};
use crate::labware::Well;
use crate::plan::{Action, Actor, LoadItem, LoadLiquid, OperationId, PlateId, Site, Work};
use crate::rig::{InstrumentId, NestId, PipetteId};
use std::collections::BTreeMap;

/// A plate that did not get to where it was carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InHand {
    pub(super) plate: PlateId,
    from: NestId,
    to: NestId,
}

/// An action of a mover has ended, or is known not to have taken place: then its plate may be in the gripper.
pub(super) fn in_hand(state: &mut State, actor: &Actor, action: &Action, done: bool) {
    let Actor::Instrument(id) = actor else { return };
    match action {
        Action::MovePlate { plate, from, to } if !done => {
            let (plate, from, to) = (plate.clone(), from.clone(), to.clone());
            state.in_hand.insert(id.clone(), InHand { plate, from, to });
        }
        Action::MovePlate { .. } | Action::RemoveLid { .. } | Action::ReplaceLid { .. } => {
            state.in_hand.remove(id);
        }
        Action::SetDown { .. } if done => {
            state.in_hand.remove(id);
        }
        // What could not be set down there is set down at the other end next.
        Action::SetDown { .. } => {
            if let Some(InHand { from, to, .. }) = state.in_hand.get_mut(id) {
                std::mem::swap(from, to);
            }
        }
        _ => {}
    }
}

impl State {
    /// Where a mover that holds a plate sets it down: where it came from if that is free, else where it was to go.
    pub fn set_down(&self, mover: &InstrumentId) -> Option<Action> {
        let held = self.in_hand.get(mover)?;
        let free = |nest: &&NestId| match self.belief.plate_at(nest) {
            None => true,
            Some(plate) => *plate == held.plate,
        };
        let to = [&held.from, &held.to].into_iter().find(free)?;
        Some(Action::SetDown {
            plate: held.plate.clone(),
            to: to.clone(),
        })
    }

    /// The tips of a pipette and what each is believed to hold: how much, and in an operation under way of what and from
    /// where.
    pub fn tips_in_words(&self, operation: OperationId, pipette: &PipetteId) -> String {
        let tips = match self.belief.tips_on.get(pipette) {
            Some(1) => "1 tip, which".to_owned(),
            Some(n) => format!("{n} tips, each of which"),
            None => return format!("{pipette}: no tips"),
        };
        let sources = self.drawn_from(operation, pipette);
        let from = match sources.is_empty() {
            true => String::new(),
            false => format!(" from {}", sources.join(", ")),
        };
        let held = self.belief.liquid_held(pipette);
        let unsure = self.unsure_tips.contains_key(pipette);
        match (unsure, held.get() > 0) {
            (true, _) => format!("{pipette}: {tips} holds nobody knows how much (believed: {held}{from})"),
            (false, true) => format!("{pipette}: {tips} holds {held}{from}"),
            (false, false) => format!("{pipette}: {tips} is empty"),
        }
    }

    /// The wells that the tips now on were filled from, in an operation that is under way, with what those were loaded with.
    fn drawn_from(&self, operation: OperationId, pipette: &PipetteId) -> Vec<String> {
        let Status::Running { phase, index, .. } = self.status(operation) else {
            return Vec::new();
        };
        let actions = self.phase_actions(operation, phase);
        let done = usize::try_from(index).unwrap_or(usize::MAX).min(actions.len());
        let past = actions.get(..done).unwrap_or_default();
        let up = past
            .iter()
            .rposition(|a| matches!(a, Action::PickUpTips { pipette: p, .. } if p == pipette));
        let mut named = Vec::new();
        for action in past.iter().skip(up.unwrap_or(done)) {
            if let Action::Aspirate { pipette: p, at, .. } = action
                && p == pipette
            {
                let words = self.site_in_words(pipette, at);
                if !named.contains(&words) {
                    named.push(words);
                }
            }
        }
        named
    }

    fn site_in_words(&self, pipette: &PipetteId, at: &Site) -> String {
        let Some(item) = self.belief.item_at(&at.nest) else {
            return format!("{} {}", at.nest, at.well);
        };
        let wells = self
            .belief
            .reached(pipette, at.well, Belief::stride(&self.plan, &item));
        let wells = match (wells.first(), wells.last()) {
            (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
            _ => at.well.to_string(),
        };
        let liquid = self.loaded().remove(&(at.nest.clone(), at.well));
        let liquid = liquid.map_or_else(String::new, |liquid| format!(" ({liquid})"));
        format!("{} {wells}{liquid}", item.in_words())
    }

    /// The liquids that people bring, by where they put them.
    fn loaded(&self) -> BTreeMap<(NestId, Well), String> {
        let mut loaded = BTreeMap::new();
        let phases = self.plan.operations.iter().flat_map(|o| &o.phases);
        let actions = phases.filter_map(|phase| match &phase.work {
            Work::Actions(actions) => Some(actions),
            _ => None,
        });
        for action in actions.flatten() {
            let Action::Ask(prompt) = action else { continue };
            for item in &prompt.items {
                let (nest, contents): (&NestId, &[LoadLiquid]) = match item {
                    LoadItem::Piece { nest, contents, .. }
                    | LoadItem::Plate { nest, contents, .. }
                    | LoadItem::Refill { nest, contents, .. } => (nest, contents),
                    _ => continue,
                };
                for liquid in contents {
                    loaded.insert((nest.clone(), liquid.well), liquid.liquid.clone());
                }
            }
        }
        loaded
    }
}
