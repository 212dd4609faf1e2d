//! What is left of an operation without the plates that are given up.
//!
//! Owns the choice action by action: which strokes still make sense, which tips are kept or dropped, which carrying and
//! closing remains. Total and pure; knows nothing of why a plate is given up.

use super::give_up::Abandoned;
use super::state::State;
use crate::labware::Well;
use crate::plan::{
    Action, Actor, LoadItem, Operation, OperationId, PickAgain, PickFill, PlateId, PromptKind, Site, Work,
};
use crate::rig::{InstrumentId, NestId, PipetteId};
use crate::units::Volume;
use std::collections::{BTreeMap, BTreeSet};

/// The plate on each nest.
pub(super) type Standing = BTreeMap<NestId, PlateId>;

/// From where on an operation is pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Bounds {
    /// The phase of the next action.
    pub phase: u16,
    /// The next action.
    pub index: u32,
    /// Whether it has begun.
    pub running: bool,
}

/// What is left of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Pruned {
    /// New actions by phase.
    pub phases: Vec<(usize, Vec<Action>)>,
    /// Whether anything of use is left.
    pub useful: bool,
    /// Plates that are given up besides, and why.
    pub more: BTreeMap<PlateId, String>,
}

/// Pipette and site of a stroke; none of other actions.
pub(super) fn stroke(action: &Action) -> Option<(&PipetteId, &Site)> {
    match action {
        Action::PickUpTips { pipette, at }
        | Action::Aspirate { pipette, at, .. }
        | Action::Dispense { pipette, at, .. }
        | Action::AirGap { pipette, at, .. }
        | Action::TouchTip { pipette, at, .. }
        | Action::BlowOut { pipette, at, .. }
        | Action::Dip { pipette, at, .. }
        | Action::DropTips { pipette, at } => Some((pipette, at)),
        _ => None,
    }
}

/// The plates that the strokes of a phase touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Touched {
    /// In order of the first touch.
    order: Vec<PlateId>,
    /// Those that something is put into for good.
    pub put: BTreeSet<PlateId>,
    /// Those that something is drawn from for good.
    pub drawn: BTreeSet<PlateId>,
    dipped: BTreeSet<PlateId>,
    stirred: BTreeSet<PlateId>,
    /// Whether there are any strokes at all.
    pub is_liquid: bool,
}

/// What a phase's strokes touch, with the plates on these nests.
pub(super) fn touched(actions: &[Action], standing: &Standing) -> Touched {
    let mut touched = Touched::default();
    for action in actions {
        let Some((_, site)) = stroke(action) else { continue };
        touched.is_liquid = true;
        let Some(plate) = standing.get(&site.nest) else {
            continue;
        };
        if !touched.order.contains(plate) {
            touched.order.push(plate.clone());
        }
        let set = match action {
            Action::Dispense { stay: false, .. } => &mut touched.put,
            Action::Aspirate { stay: false, .. } => &mut touched.drawn,
            Action::Dip { .. } => &mut touched.dipped,
            _ => &mut touched.stirred,
        };
        set.insert(plate.clone());
    }
    touched
}

impl Touched {
    /// Whether a plate only gives.
    fn gives(&self, plate: &PlateId) -> bool {
        if self.put.contains(plate) {
            return false;
        }
        let first = self.order.len() > 1 && self.order.first() == Some(plate);
        self.drawn.contains(plate) || (first && self.dipped.contains(plate))
    }
    /// The plates that get something, or are worked on in place.
    pub fn targets(&self) -> impl Iterator<Item = &PlateId> {
        self.order.iter().filter(|p| !self.gives(p))
    }
    fn any(&self, given: &BTreeMap<PlateId, Abandoned>) -> bool {
        self.order.iter().any(|p| given.contains_key(p))
    }
}

/// Where plates stand before each operation, and which operations put something into which plate.
pub(super) struct Scan {
    before: Vec<Standing>,
    puts: BTreeMap<PlateId, Vec<(OperationId, usize)>>,
}

/// Where plates stand after an action.
pub(super) fn moved(standing: &mut Standing, action: &Action, transfer: Option<&NestId>) {
    let put = |standing: &mut Standing, plate: &PlateId, nest: &NestId| {
        standing.retain(|_, p| p != plate);
        standing.insert(nest.clone(), plate.clone());
    };
    match action {
        Action::MovePlate { plate, to, .. } => put(standing, plate, to),
        Action::Store { plate, slot } => put(standing, plate, slot),
        Action::Retrieve { plate, .. } => {
            if let Some(transfer) = transfer {
                put(standing, plate, transfer);
            }
        }
        Action::Ask(prompt) => {
            for item in &prompt.items {
                match item {
                    LoadItem::Plate { plate, nest, .. } => put(standing, plate, nest),
                    LoadItem::TakePlate { plate, .. } => standing.retain(|_, p| p != plate),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// The transfer nest of a phase's incubator.
pub(super) fn transfer_of<'s>(state: &'s State, actor: &Actor) -> Option<&'s NestId> {
    match actor {
        Actor::Instrument(id) => state.transfer_nests.get(id),
        Actor::Operator => None,
    }
}

impl Scan {
    /// Walks the whole plan in its order.
    pub fn of(state: &State) -> Self {
        let mut standing = Standing::new();
        let mut before = Vec::with_capacity(state.plan.operations.len());
        let mut puts: BTreeMap<PlateId, Vec<(OperationId, usize)>> = BTreeMap::new();
        for operation in &state.plan.operations {
            before.push(standing.clone());
            for (number, phase) in operation.phases.iter().enumerate() {
                let here = (operation.id, number);
                let actions = match &phase.work {
                    Work::Actions(actions) => actions.as_slice(),
                    Work::PickFill(PickFill { plate, .. }) | Work::PickAgain(PickAgain { to: plate, .. }) => {
                        puts.entry(plate.clone()).or_default().push(here);
                        continue;
                    }
                    Work::PickTransfer(pick) => {
                        if let Some(plate) = standing.get(&pick.to.0) {
                            puts.entry(plate.clone()).or_default().push(here);
                        }
                        continue;
                    }
                };
                for plate in touched(actions, &standing).put {
                    puts.entry(plate).or_default().push(here);
                }
                let transfer = transfer_of(state, &phase.actor);
                for action in actions {
                    moved(&mut standing, action, transfer);
                }
            }
        }
        Self { before, puts }
    }

    /// Where plates stand before an operation, as planned.
    pub fn before(&self, operation: OperationId) -> Standing {
        self.before.get(operation.index()).cloned().unwrap_or_default()
    }

    /// Whether an operation has to do with any of these plates.
    pub fn is_about(&self, operation: &Operation, given: &BTreeMap<PlateId, Abandoned>) -> bool {
        operation.plates.iter().any(|p| given.contains_key(p))
    }

    /// Whether something is put into a plate after a phase of an operation.
    fn filled_after(&self, plate: &PlateId, operation: OperationId, phase: usize) -> bool {
        self.puts
            .get(plate)
            .is_some_and(|puts| puts.iter().any(|at| *at > (operation, phase)))
    }
}

/// A phase while it is pruned.
struct Part {
    number: usize,
    actor: Actor,
    /// Actions that are over.
    done: Vec<Action>,
    rest: Vec<Action>,
    touched: Touched,
    dropped: bool,
}

/// Tips on, with what they hold.
type Tips = BTreeMap<PipetteId, Volume>;

/// Takes a stroke into account; false where the tips are not as it counts on.
fn follow(tips: &mut Tips, action: &Action) -> bool {
    let zero = Volume::nl(0);
    match action {
        Action::PickUpTips { pipette, .. } => tips.insert(pipette.clone(), zero).is_none(),
        Action::DropTips { pipette, .. } => tips.remove(pipette).is_some(),
        Action::Aspirate {
            pipette,
            volume,
            holding,
            ..
        }
        | Action::AirGap {
            pipette,
            volume,
            holding,
            ..
        } => {
            let fits = tips.get(pipette) == Some(holding);
            tips.insert(pipette.clone(), holding.plus(*volume));
            fits
        }
        Action::Dispense {
            pipette,
            volume,
            holding,
            ..
        } => {
            let fits = tips.get(pipette) == Some(holding);
            tips.insert(pipette.clone(), holding.minus(*volume));
            fits
        }
        Action::BlowOut { pipette, .. } => tips.insert(pipette.clone(), zero).is_some(),
        Action::TouchTip { pipette, .. } | Action::Dip { pipette, .. } => tips.contains_key(pipette),
        _ => true,
    }
}

/// Whether the strokes of a phase fit the tips that are on; then the tips afterwards.
fn fits(tips: &Tips, actions: &[Action]) -> Option<Tips> {
    let mut after = tips.clone();
    actions.iter().all(|a| follow(&mut after, a)).then_some(after)
}

/// What is left of an operation from these bounds on, with plates on these nests at that moment. `carried` says of a plate
/// that is given up whether it still has to be carried to where it rests.
pub(super) fn prune(
    state: &State,
    operation: &Operation,
    bounds: Bounds,
    standing: Standing,
    carried: &dyn Fn(&PlateId) -> bool,
    scan: &Scan,
) -> Pruned {
    let mut parts = parts(state, operation, bounds, standing);
    let mut pruned = Pruned::default();
    let first: Tips = match bounds.running {
        true => state.belief.held_by(),
        false => Tips::new(),
    };
    let mut tips = first.clone();
    for (n, part) in parts.iter_mut().enumerate() {
        if !part.touched.is_liquid {
            continue;
        }
        let gone = part.touched.any(&state.given_up);
        let after = fits(&tips, &part.rest).filter(|_| !gone);
        part.dropped = after.is_none();
        tips = after.unwrap_or_else(|| {
            let mut left = tips.clone();
            if n == 0 {
                // Tips that hold something are dropped with it.
                left.retain(|_, held| held.get() == 0);
            }
            for action in unmatched(&part.rest) {
                match action {
                    Action::PickUpTips { pipette, .. } => {
                        left.insert(pipette.clone(), Volume::nl(0));
                    }
                    Action::DropTips { pipette, .. } => {
                        left.remove(pipette);
                    }
                    _ => {}
                }
            }
            left
        });
        if part.dropped {
            let because = part
                .touched
                .order
                .iter()
                .find(|p| state.given_up.contains_key(*p));
            let because = because.map_or_else(
                || "the tips for it were given up".to_owned(),
                |p| format!("{p} was given up, and with it what is put into this plate"),
            );
            for plate in part.touched.targets() {
                pruned.more.insert(plate.clone(), because.clone());
            }
            let full = |p: &&PlateId| scan.filled_after(p, operation.id, part.number);
            for plate in part.touched.order.iter().filter(full) {
                let why = because.clone();
                pruned.more.entry(plate.clone()).or_insert(why);
            }
        }
    }
    let gone = |plate: &PlateId| state.given_up.contains_key(plate);
    let stays = |action: &Action| match action.plate() {
        Some(plate) if gone(plate) => is_transport(action) && carried(plate),
        Some(_) => true,
        None => false,
    };
    let carrying = parts.iter().flat_map(|p| &p.rest).any(stays);
    let left = Left::by(state, operation, bounds);
    let mut on = first;
    let kept: Vec<Vec<Action>> = (0..parts.len())
        .map(|n| {
            let Some(part) = parts.get(n) else {
                return Vec::new();
            };
            let mut kept = if part.touched.is_liquid {
                liquid(state, &parts, n, bounds.running, &mut on)
            } else {
                let kept = |action: &&Action| match action.plate() {
                    Some(_) => stays(action),
                    None => keep(state, &part.actor, action, carrying, &left),
                };
                part.rest.iter().filter(kept).cloned().collect()
            };
            for action in &mut kept {
                if let Action::Ask(prompt) = action {
                    prompt.items = items(state, std::mem::take(&mut prompt.items));
                }
            }
            kept.retain(|a| !matches!(a, Action::Ask(p) if p.items.is_empty() && p.kind == PromptKind::Load));
            kept
        })
        .collect();
    for (part, actions) in parts.iter().zip(kept) {
        let works = part.touched.is_liquid && !part.dropped;
        pruned.useful |= works
            || actions.iter().any(|a| match a {
                Action::Ask(_) => true,
                other => other.plate().is_some_and(|p| !gone(p)),
            });
        let mut all = part.done.clone();
        all.extend(actions);
        pruned.phases.push((part.number, all));
    }
    pruned
}

fn parts(state: &State, operation: &Operation, bounds: Bounds, mut standing: Standing) -> Vec<Part> {
    let mut parts = Vec::new();
    for (number, phase) in operation
        .phases
        .iter()
        .enumerate()
        .skip(usize::from(bounds.phase))
    {
        let mut done = state.phase_actions(operation.id, u16::try_from(number).unwrap_or(u16::MAX));
        let touched = touched(&done, &standing);
        let over = if number == usize::from(bounds.phase) {
            usize::try_from(bounds.index)
                .unwrap_or(usize::MAX)
                .min(done.len())
        } else {
            0
        };
        let rest = done.split_off(over);
        for action in &rest {
            moved(&mut standing, action, transfer_of(state, &phase.actor));
        }
        parts.push(Part {
            number,
            actor: phase.actor.clone(),
            done,
            rest,
            touched,
            dropped: false,
        });
    }
    parts
}

/// Pick-ups whose tips stay on, and drops of tips that were on before.
fn unmatched(actions: &[Action]) -> Vec<&Action> {
    let mut left: Vec<&Action> = Vec::new();
    for action in actions {
        let picked = |a: &&&Action| match (a, action) {
            (Action::PickUpTips { pipette: a, .. }, Action::DropTips { pipette: b, .. }) => a == b,
            _ => false,
        };
        match action {
            Action::PickUpTips { .. } => left.push(action),
            Action::DropTips { .. } => match left.iter().rposition(|a| picked(&a)) {
                Some(at) => {
                    left.remove(at);
                }
                None => left.push(action),
            },
            _ => {}
        }
    }
    left
}

/// Whether a later phase that is kept counts on tips that are on.
fn needed(parts: &[Part], after: usize, pipette: &PipetteId) -> bool {
    let kept = parts.iter().skip(after.saturating_add(1)).filter(|p| !p.dropped);
    let first = kept
        .flat_map(|p| &p.rest)
        .find(|a| stroke(a).is_some_and(|(p, _)| p == pipette));
    first.is_some_and(|a| !matches!(a, Action::PickUpTips { .. } | Action::DropTips { .. }))
}

/// Strokes that are left of a phase.
fn liquid(state: &State, parts: &[Part], n: usize, running: bool, on: &mut Tips) -> Vec<Action> {
    let Some(part) = parts.get(n) else {
        return Vec::new();
    };
    if !part.dropped {
        *on = fits(on, &part.rest).unwrap_or_default();
        return part.rest.clone();
    }
    let mut kept = Vec::new();
    for pipette in on.keys().cloned().collect::<Vec<_>>() {
        let clean = n > 0 || on.get(&pipette).is_some_and(|held| held.get() == 0);
        if !(clean && needed(parts, n, &pipette)) {
            kept.extend(waste(state, &pipette).map(|at| Action::DropTips {
                pipette: pipette.clone(),
                at,
            }));
            on.remove(&pipette);
        }
    }
    for action in unmatched(&part.rest) {
        match action {
            Action::PickUpTips { pipette, .. } if needed(parts, n, pipette) && !on.contains_key(pipette) => {
                on.insert(pipette.clone(), Volume::nl(0));
                kept.push(action.clone());
            }
            _ => {}
        }
    }
    if (n == 0 && running) || !kept.is_empty() {
        kept.push(Action::Park);
    }
    kept
}

/// Where a pipette drops its tips.
pub(super) fn waste(state: &State, pipette: &PipetteId) -> Option<Site> {
    let drops = |action: &Action| match action {
        Action::DropTips { pipette: p, at } if p == pipette => Some(at.clone()),
        _ => None,
    };
    state
        .plan
        .operations
        .iter()
        .flat_map(|o| &o.phases)
        .find_map(|phase| match &phase.work {
            Work::Actions(actions) => actions.iter().find_map(drops),
            Work::PickFill(fill) if fill.pipette == *pipette => Some(site(&fill.waste)),
            Work::PickTransfer(pick) if pick.pipette == *pipette => Some(site(&pick.waste)),
            Work::PickAgain(again) => again.ends.iter().find_map(drops),
            _ => None,
        })
}

fn site(place: &(NestId, crate::plan::LabwareName)) -> Site {
    Site::new(place.0.clone(), place.1.clone(), Well::new(0, 0))
}

const fn is_transport(action: &Action) -> bool {
    matches!(
        action,
        Action::MovePlate { .. }
            | Action::RemoveLid { .. }
            | Action::ReplaceLid { .. }
            | Action::Store { .. }
            | Action::Retrieve { .. }
    )
}

/// What instruments have been left like by the part of an operation that is over.
#[derive(Default)]
struct Left {
    open: BTreeSet<InstrumentId>,
    shaking: BTreeMap<InstrumentId, bool>,
}

impl Left {
    fn by(state: &State, operation: &Operation, bounds: Bounds) -> Self {
        let mut left = Self::default();
        if !bounds.running {
            return left;
        }
        for (number, phase) in operation.phases.iter().enumerate() {
            let Actor::Instrument(id) = &phase.actor else {
                continue;
            };
            let number = u16::try_from(number).unwrap_or(u16::MAX);
            let over = match number.cmp(&bounds.phase) {
                std::cmp::Ordering::Less => usize::MAX,
                std::cmp::Ordering::Equal => usize::try_from(bounds.index).unwrap_or(usize::MAX),
                std::cmp::Ordering::Greater => break,
            };
            for action in state.phase_actions(operation.id, number).iter().take(over) {
                match action {
                    Action::OpenTray => {
                        left.open.insert(id.clone());
                    }
                    Action::CloseTray => {
                        left.open.remove(id);
                    }
                    Action::Shake { speed } => {
                        left.shaking.insert(id.clone(), speed.is_some());
                    }
                    _ => {}
                }
            }
        }
        left
    }
}

/// Whether an action that is no stroke and about no plate is left in.
fn keep(state: &State, actor: &Actor, action: &Action, carrying: bool, left: &Left) -> bool {
    let Actor::Instrument(id) = actor else { return true };
    let incubator = state.transfer_nests.contains_key(id);
    let shakes = left.shaking.get(id).copied();
    match action {
        Action::CloseTray => carrying || left.open.contains(id),
        Action::Shake { speed: None } => carrying || shakes == Some(true),
        Action::Shake { speed: Some(_) } => incubator && (carrying || shakes == Some(false)),
        Action::Park | Action::Home | Action::Initialise | Action::Ask(_) => true,
        // About no plate: what was to be set or measured still is.
        Action::SetPoint { .. } | Action::Measure { .. } => true,
        Action::SetTemperature { .. } | Action::Dwell { .. } => false,
        _ => carrying,
    }
}

/// What a person is still asked to bring and take away.
fn items(state: &State, items: Vec<LoadItem>) -> Vec<LoadItem> {
    let mut left = Vec::new();
    for item in items {
        match item {
            LoadItem::Plate { ref plate, .. } if state.given_up.contains_key(plate) => {}
            LoadItem::TakePlate { ref plate, .. } if state.given_up.contains_key(plate) => {
                if let Some(nest) = state.belief.places.get(plate) {
                    left.push(LoadItem::TakePlate {
                        plate: plate.clone(),
                        nest: nest.clone(),
                        lid: None,
                    });
                }
            }
            LoadItem::Plate { ref nest, .. } => {
                let there = state
                    .belief
                    .plate_at(nest)
                    .filter(|p| state.given_up.contains_key(*p));
                if let Some(plate) = there {
                    left.push(LoadItem::TakePlate {
                        plate: plate.clone(),
                        nest: nest.clone(),
                        lid: None,
                    });
                }
                left.push(item);
            }
            other => left.push(other),
        }
    }
    left
}
