//! Pipetting as moves: which strokes belong to one set of tips, and which of them to one load of it.
//!
//! Owns the reading of a plan's strokes. Knows nothing of why anything is given up.

use super::prune::{Bounds, Standing, moved, stroke, transfer_of};
use super::state::State;
use super::wells::PlateWell;
use crate::plan::{Action, Operation, Site};
use crate::rig::PipetteId;
use crate::units::Volume;
use std::collections::{BTreeMap, BTreeSet};

/// An action that is left to do, with the wells of plates that it touches.
pub(super) struct Item {
    pub phase: usize,
    pub action: Action,
    pub wells: BTreeSet<PlateWell>,
    pub kept: bool,
}

/// What is done with one set of tips: numbers of items.
#[derive(Default)]
pub(super) struct Use {
    pub pick: Option<usize>,
    pub strokes: Vec<usize>,
    pub drop: Option<usize>,
    /// What the tips hold before its first stroke.
    pub held: Volume,
}

/// What one load of the tips does.
#[derive(Default)]
pub(super) struct Move {
    pub items: Vec<usize>,
    pub sources: BTreeSet<PlateWell>,
    pub puts: BTreeSet<PlateWell>,
    pub stirred: BTreeSet<PlateWell>,
    /// Whether anything is drawn, put or dipped for good.
    pub main: bool,
}

impl Move {
    /// The wells that it is for.
    pub fn targets(&self) -> &BTreeSet<PlateWell> {
        if self.main { &self.puts } else { &self.stirred }
    }
    pub fn touches<T>(&self, given: &BTreeMap<PlateWell, T>) -> bool {
        let mut all = self.sources.iter().chain(&self.puts).chain(&self.stirred);
        all.any(|w| given.contains_key(w))
    }
    fn join(&mut self, other: Self) {
        self.items.extend(other.items);
        self.sources.extend(other.sources);
        self.puts.extend(other.puts);
        self.stirred.extend(other.stirred);
        self.main |= other.main;
    }
}

/// What tips hold after a stroke.
pub(super) fn held_after(action: &Action, held: Volume) -> Volume {
    match action {
        Action::Aspirate { volume, .. } | Action::AirGap { volume, .. } => held.plus(*volume),
        Action::Dispense { volume, .. } => held.minus(*volume),
        Action::BlowOut { .. } => Volume::nl(0),
        _ => held,
    }
}

/// Everything that is left of an operation, in its order.
pub(super) fn items(
    state: &State,
    operation: &Operation,
    bounds: Bounds,
    mut standing: Standing,
) -> Vec<Item> {
    let mut items = Vec::new();
    for (number, phase) in operation
        .phases
        .iter()
        .enumerate()
        .skip(usize::from(bounds.phase))
    {
        let over = match number == usize::from(bounds.phase) {
            true => usize::try_from(bounds.index).unwrap_or(usize::MAX),
            false => 0,
        };
        let actions = state.phase_actions(operation.id, u16::try_from(number).unwrap_or(u16::MAX));
        for action in actions.into_iter().skip(over) {
            let wells = match stroke(&action) {
                Some((pipette, site)) => touched(state, pipette, site, &standing),
                None => BTreeSet::new(),
            };
            moved(&mut standing, &action, transfer_of(state, &phase.actor));
            items.push(Item {
                phase: number,
                action,
                wells,
                kept: true,
            });
        }
    }
    items
}

/// The wells of a plate that a stroke touches.
fn touched(state: &State, pipette: &PipetteId, site: &Site, standing: &Standing) -> BTreeSet<PlateWell> {
    let Some(plate) = standing.get(&site.nest) else {
        return BTreeSet::new();
    };
    let wells = state.belief.wells_of(&state.plan, pipette, plate, site.well);
    wells.into_iter().map(|w| (plate.clone(), w)).collect()
}

/// Sets of tips one after the other; those of one pipette in order. `held` is what tips hold that are on already.
pub(super) fn uses(items: &[Item], held: &BTreeMap<PipetteId, Volume>) -> Vec<Use> {
    let mut done = Vec::new();
    let mut open: BTreeMap<PipetteId, Use> = held
        .iter()
        .map(|(p, held)| {
            let on = Use {
                held: *held,
                ..Use::default()
            };
            (p.clone(), on)
        })
        .collect();
    let mut last: Option<PipetteId> = None;
    for (n, item) in items.iter().enumerate() {
        if let Some((pipette, _)) = stroke(&item.action) {
            last = Some(pipette.clone());
            let current = open.entry(pipette.clone()).or_default();
            match item.action {
                Action::PickUpTips { .. } => current.pick = Some(n),
                Action::DropTips { .. } => {
                    current.drop = Some(n);
                    done.extend(open.remove(pipette));
                }
                _ => current.strokes.push(n),
            }
        } else if let (Action::Dwell { .. }, Some(current)) =
            (&item.action, last.as_ref().and_then(|p| open.get_mut(p)))
        {
            // It belongs to the stroke before it.
            current.strokes.push(n);
        }
    }
    done.extend(open.into_values());
    done
}

/// The moves of a set of tips.
pub(super) fn moves(items: &[Item], tips: &Use) -> Vec<Move> {
    let get = |n: &usize| items.get(*n);
    let dips = tips
        .strokes
        .iter()
        .filter_map(get)
        .any(|i| matches!(i.action, Action::Dip { .. }));
    if dips {
        return vec![dipping(items, tips)];
    }
    let mut cycles: Vec<Move> = Vec::new();
    let mut held = tips.held;
    for n in &tips.strokes {
        let Some(item) = items.get(*n) else { continue };
        let begins = matches!(item.action, Action::Aspirate { .. } | Action::AirGap { .. });
        if cycles.is_empty() || (begins && held.get() <= 0) {
            cycles.push(Move::default());
        }
        held = held_after(&item.action, held);
        let Some(cycle) = cycles.last_mut() else { continue };
        cycle.items.push(*n);
        match item.action {
            Action::Aspirate { stay: false, .. } => {
                cycle.main = true;
                cycle.sources.extend(item.wells.iter().cloned());
            }
            Action::Dispense { stay: false, .. } => {
                cycle.main = true;
                cycle.puts.extend(item.wells.iter().cloned());
            }
            Action::Aspirate { .. } | Action::Dispense { .. } => {
                cycle.stirred.extend(item.wells.iter().cloned());
            }
            _ => {}
        }
    }
    for cycle in &mut cycles {
        // What is given back to where it came from fills nothing.
        cycle.puts.retain(|w| !cycle.sources.contains(w));
    }
    join(cycles)
}

/// Stirring belongs to the move that draws from those wells next, or that has just filled them; else it is its own.
fn join(cycles: Vec<Move>) -> Vec<Move> {
    let mut joined: Vec<Move> = Vec::new();
    let mut pending: Option<Move> = None;
    for cycle in cycles {
        if cycle.main {
            match pending.take() {
                Some(mut before) if before.stirred.is_subset(&cycle.sources) => {
                    before.join(cycle);
                    joined.push(before);
                }
                before => {
                    joined.extend(before);
                    joined.push(cycle);
                }
            }
            continue;
        }
        match (joined.last_mut(), &mut pending) {
            (Some(last), None) if last.main && cycle.stirred.is_subset(&last.puts) => last.join(cycle),
            (_, Some(before)) if before.stirred == cycle.stirred => before.join(cycle),
            (_, before) => joined.extend(before.replace(cycle)),
        }
    }
    joined.extend(pending);
    joined
}

/// A tip that touches agar carries what sticks to it from the first place to the others.
fn dipping(items: &[Item], tips: &Use) -> Move {
    let mut all = Move {
        items: tips.strokes.clone(),
        main: true,
        ..Move::default()
    };
    for item in tips.strokes.iter().filter_map(|n| items.get(*n)) {
        if all.sources.is_empty() {
            all.sources.extend(item.wells.iter().cloned());
        }
        all.puts.extend(item.wells.iter().cloned());
    }
    all.puts.retain(|w| !all.sources.contains(w));
    if all.puts.is_empty() {
        std::mem::swap(&mut all.puts, &mut all.sources);
    }
    all
}
