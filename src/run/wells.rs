//! Wells that are given up: what is left of the pipetting without them.
//!
//! Owns the choice movement by movement. What one load of the tips gives is a *move*: stirring before, drawing, putting,
//! stirring after. A move that draws from a well that is given up is left out whole, and the wells that it would have
//! filled are given up with it; one that only fills such wells is left out; of one that serves several wells, the others
//! get theirs and less is drawn. A movement of several channels is left out for all of them. Total and pure.

use super::give_up::Abandoned;
use super::prune::{Bounds, Scan, Standing, moved, stroke, transfer_of, waste};
use super::state::{State, Status};
use crate::labware::Well;
use crate::plan::{Action, Operation, OperationId, PlateId, Site, Work};
use crate::rig::PipetteId;
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

/// An action that is left to do, with the wells of plates that it touches.
struct Item {
    phase: usize,
    action: Action,
    wells: BTreeSet<PlateWell>,
    kept: bool,
}

/// What is done with one set of tips: numbers of items.
#[derive(Default)]
struct Use {
    pick: Option<usize>,
    strokes: Vec<usize>,
    drop: Option<usize>,
    /// What the tips hold before its first stroke.
    held: Volume,
}

/// What one load of the tips does.
#[derive(Default)]
struct Move {
    items: Vec<usize>,
    sources: BTreeSet<PlateWell>,
    puts: BTreeSet<PlateWell>,
    stirred: BTreeSet<PlateWell>,
    /// Whether anything is drawn, put or dipped for good.
    main: bool,
}

impl Move {
    /// The wells that it is for.
    fn targets(&self) -> &BTreeSet<PlateWell> {
        if self.main { &self.puts } else { &self.stirred }
    }
    fn touches(&self, given: &Reasons) -> bool {
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
fn held_after(action: &Action, held: Volume) -> Volume {
    match action {
        Action::Aspirate { volume, .. } | Action::AirGap { volume, .. } => held.plus(*volume),
        Action::Dispense { volume, .. } => held.minus(*volume),
        Action::BlowOut { .. } => Volume::nl(0),
        _ => held,
    }
}

/// Everything that is left of an operation, in its order.
fn items(state: &State, operation: &Operation, bounds: Bounds, mut standing: Standing) -> Vec<Item> {
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
fn uses(items: &[Item], held: &BTreeMap<PipetteId, Volume>) -> Vec<Use> {
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
fn moves(items: &[Item], tips: &Use) -> Vec<Move> {
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
