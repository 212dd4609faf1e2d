//! Wells that are given up: what is left of the pipetting without them.
//!
//! Owns the choice movement by movement. What one load of the tips gives is a *move*: stirring before, drawing, putting,
//! stirring after. A move that draws from a well that is given up is left out whole, and the wells that it would have
//! filled are given up with it; one that only fills such wells is left out; of one that serves several wells, the others
//! get theirs and less is drawn. A movement of several channels is left out for all of them. Total and pure.

use super::give_up::Abandoned;
use super::moves::{Item, Move, held_after, items, moves, uses};
use super::prune::{Bounds, Scan, Standing, stroke, waste};
use super::state::{State, Status};
use crate::labware::Well;
use crate::plan::{Action, Operation, OperationId, PlateId, Work};
use crate::units::{Timestamp, Volume};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A well of a plate that is given up, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenUpWell {
    /// Its plate.
    pub plate: PlateId,
    /// Which well.
    pub well: Well,
    /// Why, for a person.
    pub why: String,
}

/// A well of a plate.
pub(super) type PlateWell = (PlateId, Well);

impl State {
    /// Wells that are given up, in words, with the reason that they share: "wells A1, B1 of assay-1".
    pub fn given_up_by_reason(&self) -> Vec<(String, String)> {
        let mut found: BTreeMap<(&PlateId, &str), Vec<String>> = BTreeMap::new();
        for ((plate, well), gone) in &self.given_up_wells {
            let wells = found.entry((plate, gone.why.as_str())).or_default();
            wells.push(well.to_string());
        }
        found
            .into_iter()
            .map(|((plate, why), wells)| {
                let what = if wells.len() == 1 { "well" } else { "wells" };
                (format!("{what} {} of {plate}", wells.join(", ")), why.to_owned())
            })
            .collect()
    }
}

/// Wells with the reason why they are given up.
type Reasons = BTreeMap<PlateWell, String>;

/// The wells that a failed action of a running operation is about; none where it is about none that could be given up.
pub fn wells_at_hand(state: &State, operation: OperationId) -> Vec<PlateWell> {
    let Status::Running { phase, index, .. } = state.status(operation) else {
        return Vec::new();
    };
    let Some(planned) = state.operation(operation) else {
        return Vec::new();
    };
    let bounds = Bounds {
        phase,
        index,
        running: true,
    };
    let items = items(state, planned, bounds, state.belief.standing());
    let Some(first) = items.first() else {
        return Vec::new();
    };
    let uses = uses(&items, &state.belief.held_by());
    let Some(tips) = uses
        .iter()
        .find(|u| u.pick == Some(0) || u.strokes.first() == Some(&0))
    else {
        return Vec::new();
    };
    let moves = moves(&items, tips);
    let all: BTreeSet<PlateWell> = match first.action {
        Action::PickUpTips { .. } => moves.iter().flat_map(|m| m.targets().clone()).collect(),
        _ => match moves.first() {
            Some(first_move) => {
                let drawing = matches!(first.action, Action::Aspirate { .. } | Action::AirGap { .. });
                let own = first.wells.intersection(first_move.targets());
                let own: BTreeSet<PlateWell> = own.cloned().collect();
                if own.is_empty() || (drawing && first_move.main) {
                    first_move.targets().clone()
                } else {
                    own
                }
            }
            None => BTreeSet::new(),
        },
    };
    let given = |w: &PlateWell| state.given_up_wells.contains_key(w) || state.given_up.contains_key(&w.0);
    all.into_iter().filter(|w| !given(w)).collect()
}

/// Where something is put into each well last.
struct Puts(BTreeMap<PlateWell, (OperationId, usize)>);

impl Puts {
    fn of(state: &State, scan: &Scan) -> Self {
        let mut last = BTreeMap::new();
        for operation in state.plan.operations.iter().skip(state.first_open) {
            let whole = items(state, operation, Bounds::default(), scan.before(operation.id));
            for item in whole {
                if matches!(item.action, Action::Dispense { stay: false, .. }) {
                    last.extend(item.wells.into_iter().map(|w| (w, (operation.id, item.phase))));
                }
            }
        }
        Self(last)
    }
}

/// Gives wells up: rewrites what is left of the operations that touch them, and gives up what hangs on them.
pub(super) fn apply(state: &mut State, operation: OperationId, wells: &[GivenUpWell], at: Timestamp) {
    if wells.is_empty() {
        return;
    }
    let mut given: Reasons = state
        .given_up_wells
        .iter()
        .map(|(w, gone)| (w.clone(), gone.why.clone()))
        .collect();
    for gone in wells {
        let well = (gone.plate.clone(), gone.well);
        given.entry(well).or_insert_with(|| gone.why.clone());
    }
    let scan = Scan::of(state);
    let puts = Puts::of(state, &scan);
    let rewritten = loop {
        let before = given.len();
        let rewritten = rest(state, operation, &scan, &puts, &mut given);
        if given.len() == before {
            break rewritten;
        }
    };
    for (well, why) in given {
        if let Some(plate) = state.plan.plates.get_mut(&well.0) {
            plate.given_up.insert(well.1);
        }
        let abandoned = Abandoned { at, operation, why };
        state.given_up_wells.entry(well).or_insert(abandoned);
    }
    for (id, phase, actions) in rewritten {
        let planned = state.plan.operations.get_mut(id.index());
        if let Some(phase) = planned.and_then(|o| o.phases.get_mut(phase)) {
            phase.work = Work::Actions(actions);
        }
    }
    super::apply::pass_empty(state, operation);
}

/// The actions of a phase of an operation that are left.
type Rewritten = Vec<(OperationId, usize, Vec<Action>)>;

fn rest(state: &State, at_hand: OperationId, scan: &Scan, puts: &Puts, given: &mut Reasons) -> Rewritten {
    let mut rewritten = Rewritten::new();
    for operation in state.plan.operations.iter().skip(state.first_open) {
        let (bounds, standing) = match state.status(operation.id) {
            // Another operation that is under way has nothing to do with these plates: they are claimed.
            Status::Running { phase, index, .. } if operation.id == at_hand => {
                let bounds = Bounds {
                    phase,
                    index,
                    running: true,
                };
                (bounds, state.belief.standing())
            }
            Status::Waiting => (Bounds::default(), scan.before(operation.id)),
            _ => continue,
        };
        if !operation
            .plates
            .iter()
            .any(|p| given.keys().any(|(plate, _)| plate == p))
            && !bounds.running
        {
            continue;
        }
        rewritten.extend(pruned(state, operation, bounds, standing, puts, given));
    }
    rewritten
}

/// The phases of an operation that change.
fn pruned(
    state: &State,
    operation: &Operation,
    bounds: Bounds,
    standing: Standing,
    puts: &Puts,
    given: &mut Reasons,
) -> Rewritten {
    let mut items = items(state, operation, bounds, standing);
    let held = match bounds.running {
        true => state.belief.held_by(),
        false => BTreeMap::new(),
    };
    let at_hand = match (bounds.running, items.first()) {
        (true, Some(item)) => stroke(&item.action).map(|(p, _)| p.clone()),
        _ => None,
    };
    let mut changed = BTreeSet::new();
    let mut front = Vec::new();
    for tips in uses(&items, &held) {
        let own = tips.pick.is_none()
            && at_hand.is_some()
            && tips.held.get() > 0
            && tips
                .strokes
                .first()
                .and_then(|n| items.get(*n))
                .and_then(|i| stroke(&i.action))
                .is_some_and(|(p, _)| Some(p) == at_hand.as_ref());
        let mut left = false;
        for one in moves(&items, &tips) {
            if own {
                let why = "the tips for it were given up with what they held";
                leave_out(&mut items, &mut changed, &one);
                give(given, &one, why, puts, operation.id, bounds.phase);
            } else if one.touches(given) {
                left |= without(&mut items, &mut changed, &one, given, puts, operation.id);
            } else {
                left = true;
            }
        }
        if own && let Some(pipette) = &at_hand {
            // What the tips hold goes with them.
            front.extend(waste(state, pipette).map(|at| Action::DropTips {
                pipette: pipette.clone(),
                at,
            }));
            set_aside(&mut items, &mut changed, tips.drop);
        } else if !left && let (Some(_), Some(_)) = (tips.pick, tips.drop) {
            set_aside(&mut items, &mut changed, tips.pick);
            set_aside(&mut items, &mut changed, tips.drop);
        }
    }
    if !front.is_empty() {
        changed.insert(usize::from(bounds.phase));
    }
    changed
        .into_iter()
        .map(|number| {
            let mut actions = Vec::new();
            if number == usize::from(bounds.phase) {
                let over = usize::try_from(bounds.index).unwrap_or(usize::MAX);
                let done = state.phase_actions(operation.id, bounds.phase);
                actions.extend(done.into_iter().take(over));
                actions.append(&mut front);
            }
            let kept = items.iter().filter(|i| i.kept && i.phase == number);
            actions.extend(kept.map(|i| i.action.clone()));
            (operation.id, number, actions)
        })
        .collect()
}

fn set_aside(items: &mut [Item], changed: &mut BTreeSet<usize>, n: Option<usize>) {
    if let Some(item) = n.and_then(|n| items.get_mut(n)) {
        item.kept = false;
        changed.insert(item.phase);
    }
}

fn leave_out(items: &mut [Item], changed: &mut BTreeSet<usize>, one: &Move) {
    for n in &one.items {
        set_aside(items, changed, Some(*n));
    }
}

/// Gives up what a move that is left out was for, and what it would have drawn from where that is filled up later.
fn give(given: &mut Reasons, one: &Move, why: &str, puts: &Puts, operation: OperationId, phase: u16) {
    for well in one.targets() {
        given.entry(well.clone()).or_insert_with(|| why.to_owned());
    }
    for well in &one.sources {
        let later = puts
            .0
            .get(well)
            .is_some_and(|at| *at > (operation, usize::from(phase)));
        if later {
            let why = "less was drawn from it than was planned before it is filled up";
            given.entry(well.clone()).or_insert_with(|| why.to_owned());
        }
    }
}

/// What is left of a move that touches wells that are given up; whether anything is.
fn without(
    items: &mut [Item],
    changed: &mut BTreeSet<usize>,
    one: &Move,
    given: &mut Reasons,
    puts: &Puts,
    operation: OperationId,
) -> bool {
    let phase = one
        .items
        .first()
        .and_then(|n| items.get(*n))
        .map_or(0, |i| i.phase);
    let phase = u16::try_from(phase).unwrap_or(u16::MAX);
    let gone = one
        .sources
        .iter()
        .chain(&one.puts)
        .chain(&one.stirred)
        .find(|w| given.contains_key(*w));
    let because = gone.map_or_else(String::new, |(plate, well)| {
        format!("{well} of {plate} was given up, and with it what is done to this well")
    });
    let whole = one.sources.iter().any(|w| given.contains_key(w)) || one.puts.is_empty();
    if !whole && let Some(edited) = served(items, one, given) {
        for (n, action) in edited {
            let Some(item) = items.get_mut(n) else { continue };
            changed.insert(item.phase);
            match action {
                Some(action) => item.action = action,
                None => {
                    item.kept = false;
                    if matches!(item.action, Action::Dispense { stay: false, .. }) {
                        for well in item.wells.clone() {
                            given.entry(well).or_insert_with(|| because.clone());
                        }
                    }
                }
            }
        }
        return true;
    }
    leave_out(items, changed, one);
    give(given, one, &because, puts, operation, phase);
    false
}

/// A move that serves several wells, without those that are given up: less is drawn. None where nothing is left of it, or
/// where it does not come out even.
fn served(items: &[Item], one: &Move, given: &Reasons) -> Option<Vec<(usize, Option<Action>)>> {
    let of_gone = |item: &Item| item.wells.iter().any(|w| given.contains_key(w));
    let own: Vec<(usize, &Item)> = one
        .items
        .iter()
        .filter_map(|n| Some((*n, items.get(*n)?)))
        .collect();
    let (mut less, mut some) = (Volume::nl(0), false);
    for (_, item) in &own {
        match item.action {
            Action::Dispense {
                volume, stay: false, ..
            } if of_gone(item) => less = less.plus(volume),
            Action::Dispense { stay: false, .. } => some |= !item.wells.is_empty(),
            // Air that is pushed out with the liquid is not told from it here.
            Action::AirGap { .. } | Action::Dip { .. } => return None,
            _ => {}
        }
    }
    if !some {
        return None;
    }
    let drawn = own.iter().rposition(
        |(_, item)| matches!(item.action, Action::Aspirate { volume, stay: false, .. } if volume > less),
    )?;
    let mut edited = Vec::new();
    let mut held = Volume::nl(0);
    let mut leaves = false;
    for (place, (n, item)) in own.iter().enumerate() {
        match item.action {
            Action::Dwell { .. } => {}
            _ => leaves = of_gone(item),
        }
        if leaves {
            edited.push((*n, None));
            continue;
        }
        let mut action = item.action.clone();
        match &mut action {
            Action::Aspirate { volume, holding, .. } => {
                if place == drawn {
                    *volume = volume.minus(less);
                }
                *holding = held;
                held = held.plus(*volume);
            }
            Action::Dispense { volume, holding, .. } => {
                if *volume > held {
                    return None;
                }
                *holding = held;
                held = held.minus(*volume);
            }
            Action::BlowOut { .. } => held = Volume::nl(0),
            _ => {}
        }
        edited.push((*n, Some(action)));
    }
    let planned = own
        .iter()
        .fold(Volume::nl(0), |held, (_, item)| held_after(&item.action, held));
    (held == planned).then_some(edited)
}
