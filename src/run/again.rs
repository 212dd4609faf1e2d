//! Failed picks that are picked again: which of the picks that may be needed are made, and what lives in the wells then.

use super::belief::Item;
use super::state::{OpenIntent, State};
use crate::labware::Well;
use crate::plan::{Action, Finding, Operation, PickRow, PlateId, StepId, Work};
use std::collections::BTreeMap;

/// Which picks failed is known: those that are made again take the place of those that might have been.
pub(super) fn concluded(state: &mut State, step: &StepId, rows: &[PickRow]) {
    let phases = state.plan.operations.iter_mut().flat_map(|o| &mut o.phases);
    for phase in phases {
        if let Work::PickAgain(again) = &phase.work
            && again.select == *step
        {
            phase.work = Work::Actions(again.actions(rows));
        }
    }
}

/// Why an operation that picks again is left out; none where it has something to pick.
pub(super) fn nothing(operation: &Operation, step: &StepId, rows: &[PickRow]) -> Option<String> {
    let failed = rows.iter().filter(|r| r.failed()).count();
    if failed == 0 {
        return Some(format!("step \"{step}\" found no failed pick"));
    }
    let spares = || rows.iter().filter_map(|r| Some((&r.plate, r.again.as_ref()?)));
    if spares().next().is_none() {
        return Some(format!(
            "no spare colony is left for the {failed} picks that step \"{step}\" found failed"
        ));
    }
    let own = |(to, colony): (&PlateId, &crate::plan::Colony)| {
        operation.plates.contains(to) && operation.plates.contains(&colony.plate)
    };
    (!spares().any(own)).then(|| format!("step \"{step}\" found nothing to pick again between its plates"))
}

impl State {
    /// What became of the wells whose first colony did not grow, for a person.
    pub fn picked_again(&self) -> Vec<String> {
        let plates = self.plan.plates.keys();
        let of = |plate| {
            let marks = marks(self, plate).into_iter();
            marks.map(move |(well, mark)| format!("well {well} of {plate}: {mark}"))
        };
        plates.flat_map(of).collect()
    }
}

/// Something was given to a well: where that was a colony that is picked again, it lives there from now on.
pub(super) fn took_place(state: &mut State, open: &OpenIntent) {
    let (Action::DipPins { at, .. } | Action::Dispense { at, .. }) = &open.intent.action else {
        return;
    };
    let selected = state
        .operation(open.operation)
        .and_then(|o| o.only_if_hits.as_ref());
    let Some(Finding::FailedPicks { rows }) = selected.and_then(|step| state.findings.get(step)) else {
        return;
    };
    let Some(Item::Plate(plate)) = state.belief.item_at(&at.nest) else {
        return;
    };
    let row = rows.iter().find(|r| r.plate == plate && r.well == at.well);
    let Some(colony) = row.and_then(|r| r.again.clone()) else {
        return;
    };
    let wells = state.plan.plates.get_mut(&plate).map(|p| &mut p.colonies);
    if let Some(picked) = wells.and_then(|wells| wells.get_mut(&at.well)) {
        picked.again(colony);
    }
}

/// What values of a plate's wells are marked with: that a well was picked again, or that nothing lives there.
pub(super) fn marks(state: &State, plate: &PlateId) -> BTreeMap<Well, String> {
    let Some(planned) = state.plan.plates.get(plate).filter(|p| !p.colonies.is_empty()) else {
        return BTreeMap::new();
    };
    let mut marks: BTreeMap<Well, String> = BTreeMap::new();
    for (well, picked) in &planned.colonies {
        marks.extend(picked.mark().map(|mark| (*well, mark)));
    }
    let rows = state.findings.values().filter_map(|finding| match finding {
        Finding::FailedPicks { rows } => Some(rows),
        _ => None,
    });
    for row in rows.flatten().filter(|r| r.plate == *plate && r.failed()) {
        let still = planned
            .colonies
            .get(&row.well)
            .is_some_and(|p| p.colony == row.colony);
        if still {
            let left = if row.again.is_none() {
                "; no spare colony was left"
            } else {
                ""
            };
            let mark = marks.entry(row.well).or_default();
            if !mark.is_empty() {
                mark.push_str("; ");
            }
            mark.push_str(&format!("{} did not grow{left}", row.colony));
        }
    }
    marks
}
