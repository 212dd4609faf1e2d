//! Plates that are replaced by fresh ones, since they could not be used and hold no sample.
//!
//! Owns what is brought in a plate's place and what is believed of it then. Knows no instrument and asks nobody.

use super::belief::{Item, Lid};
use super::state::{State, Status};
use crate::plan::{Action, Actor, LoadItem, OperationId, PlateId, StepId, Work};
use crate::rig::{InstrumentId, NestId};
use crate::units::Timestamp;
use std::collections::BTreeSet;

/// How often a plate is replaced in one step before a person is asked.
const MOST: usize = 2;

/// A plate that was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Which plate.
    pub plate: PlateId,
    /// When.
    pub at: Timestamp,
    /// In which operation.
    pub operation: OperationId,
    /// In which step.
    pub step: StepId,
    /// The barcode of the fresh one, where it was scanned.
    pub barcode: Option<String>,
    /// Why, for a person.
    pub why: String,
}

/// A plate at hand that a fresh one can take the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fresh {
    /// Which plate.
    pub plate: PlateId,
    /// Where it stands.
    pub nest: NestId,
    /// What a person takes away and brings.
    pub items: Vec<LoadItem>,
    /// Whether plates of its group are known by their barcodes.
    pub coded: bool,
    /// The instrument in whose closed tray or door it stands, which must open first.
    pub closed: Option<InstrumentId>,
}

/// What can take the place of the plate that a failed action is about. None where it is about none, where the plate has had
/// something put in or drawn out, or where it was replaced often enough in this step.
pub fn fresh(state: &State, operation: OperationId) -> Option<Fresh> {
    let Status::Running { phase, index, .. } = state.status(operation) else {
        return None;
    };
    let (action, _) = state.action(operation, phase, index);
    let plate = action?.plate()?.clone();
    let planned = state.plan.plates.get(&plate)?;
    let step = state.step_of(operation, phase)?;
    let before = state
        .replaced
        .iter()
        .filter(|r| r.plate == plate && r.step == *step);
    if before.count() >= MOST || state.given_up.contains_key(&plate) {
        return None;
    }
    let liquids: BTreeSet<&str> = planned.contents.iter().map(|l| l.liquid.as_str()).collect();
    if liquids.len() > 1 || planned.contents.iter().any(|l| l.strain.is_some()) {
        return None;
    }
    let item = Item::Plate(plate.clone());
    let untouched =
        state
            .belief
            .volumes
            .iter()
            .filter(|((i, _), _)| *i == item)
            .all(|((_, well), volume)| {
                let loaded = planned.contents.iter().find(|l| l.well == *well);
                loaded.map_or(volume.get() == 0, |l| l.volume == *volume)
            });
    let nest = state.belief.places.get(&plate).filter(|_| untouched)?.clone();
    let items = vec![
        LoadItem::TakePlate {
            plate: plate.clone(),
            nest: nest.clone(),
            lid: None,
        },
        LoadItem::Plate {
            plate: plate.clone(),
            labware: planned.labware.clone(),
            nest: nest.clone(),
            barcode: planned.barcode.clone(),
            lidded: state.belief.lids.get(&plate) == Some(&Lid::On),
            sealed: state.belief.sealed.contains(&plate),
            contents: planned.contents.clone(),
        },
    ];
    let coded = planned.barcode.is_some() || state.belief.barcodes.contains_key(&plate);
    let closed = shut(state, operation, (phase, index)).filter(|id| state.holds.get(id) == Some(&nest));
    Some(Fresh {
        plate,
        nest,
        items,
        coded,
        closed,
    })
}

/// The instrument whose tray or door was closed last in an operation and has not opened since.
fn shut(state: &State, operation: OperationId, (phase, index): (u16, u32)) -> Option<InstrumentId> {
    let mut shut = None;
    for (number, planned) in state.operation(operation)?.phases.iter().enumerate() {
        let number = u16::try_from(number).unwrap_or(u16::MAX);
        let over = match number.cmp(&phase) {
            std::cmp::Ordering::Less => usize::MAX,
            std::cmp::Ordering::Equal => usize::try_from(index).unwrap_or(usize::MAX),
            std::cmp::Ordering::Greater => break,
        };
        let Actor::Instrument(id) = &planned.actor else {
            continue;
        };
        for action in state.phase_actions(operation, number).iter().take(over) {
            match action {
                Action::CloseTray => shut = Some(id.clone()),
                Action::OpenTray if shut.as_ref() == Some(id) => shut = None,
                _ => {}
            }
        }
    }
    shut
}

/// Believes a fresh plate in the place of one, under its name; the barcode that it has is expected from now on.
pub(super) fn apply(
    state: &mut State,
    operation: OperationId,
    (plate, barcode, why): (&PlateId, Option<&String>, &str),
    at: Timestamp,
) {
    let Status::Running { phase, .. } = state.status(operation) else {
        return;
    };
    let (Some(step), Some(planned)) = (
        state.step_of(operation, phase).cloned(),
        state.plan.plates.get_mut(plate),
    ) else {
        return;
    };
    state.belief.renew(plate, &planned.contents, barcode);
    state.replaced.push(Replaced {
        plate: plate.clone(),
        at,
        operation,
        step,
        barcode: barcode.cloned(),
        why: why.to_owned(),
    });
    let Some(code) = barcode else { return };
    if planned.barcode.as_ref() == Some(code) {
        return;
    }
    planned.barcode = Some(code.clone());
    for operation in state.plan.operations.iter_mut().skip(state.first_open) {
        for phase in &mut operation.phases {
            let Work::Actions(actions) = &mut phase.work else {
                continue;
            };
            for action in actions {
                expect(action, plate, code);
            }
        }
    }
}

/// Makes an action expect another barcode of a plate, where it expects one.
fn expect(action: &mut Action, plate: &PlateId, code: &str) {
    match action {
        Action::ScanBarcode {
            plate: p, expected, ..
        } if p == plate => code.clone_into(expected),
        Action::ReadBarcode {
            plate: p,
            expected: Some(expected),
        } if p == plate => code.clone_into(expected),
        Action::Ask(prompt) if prompt.plate.as_ref() == Some(plate) => {
            if let Some(expected) = &mut prompt.expected {
                code.clone_into(expected);
            }
        }
        _ => {}
    }
}
