//! What operations come after, and with which delays: the events of earlier steps, and the operations that they are of.

use super::driver::Compiler;
use crate::plan::{After, OperationId, PlateId};
use crate::protocol::source::{AfterStep, Event, Step, StepWork};
use crate::units::Duration;
use std::collections::BTreeMap;

/// The operations that end a step: one per plate, or one for all.
#[derive(Default, Clone)]
pub(super) struct Ends {
    pub by_plate: BTreeMap<PlateId, OperationId>,
    pub all: Vec<OperationId>,
    /// Of a step of several operations per plate, the one that it begins with.
    pub starts: BTreeMap<PlateId, OperationId>,
}

impl Ends {
    /// The operation whose start or end is that of the step, for one plate that the step is about.
    pub fn one(&self, plate: &PlateId, event: Event) -> Option<OperationId> {
        let end = self.by_plate.get(plate).copied();
        let start = self.starts.get(plate).copied().filter(|_| event == Event::Start);
        start.or(end)
    }
    /// The operations whose start or end is that of the step: for one plate where the step is about it, else for all.
    pub fn of(&self, plate: Option<&PlateId>, event: Event) -> Vec<OperationId> {
        match plate.and_then(|p| self.one(p, event)) {
            Some(id) => vec![id],
            None if event == Event::Start && !self.starts.is_empty() => {
                self.starts.values().copied().collect()
            }
            None => self.all.clone(),
        }
    }
}

impl Compiler<'_> {
    /// What the only operation of a step on a plate comes after: the plate's last operation and the steps it names.
    pub fn before(&self, step: &Step, plate: Option<&PlateId>) -> Vec<After> {
        let mut out = self.beginning(step, plate);
        out.extend(self.until_end(step, plate));
        out
    }

    /// The same for the first of several operations.
    pub fn beginning(&self, step: &Step, plate: Option<&PlateId>) -> Vec<After> {
        let mut out = Vec::new();
        if let Some(state) = plate.and_then(|p| self.state(p)) {
            out.extend(state.last.map(|operation| After {
                max: state.soon,
                ..After::plain(operation)
            }));
        }
        for (after, ends) in self.named(step) {
            if after.from == Event::Start || after.to == Event::End {
                // Whatever its delays count from and to, it starts when the other has ended.
                out.extend(ends.of(plate, Event::End).into_iter().map(After::plain));
            }
            if after.to == Event::Start {
                out.extend(self.delays(after, ends, plate));
            }
        }
        if out.is_empty() {
            out.extend(self.prepared.map(After::plain));
        }
        out
    }

    /// The delays of a step that count to its end: they belong to the last of its operations on a plate.
    pub fn until_end(&self, step: &Step, plate: Option<&PlateId>) -> Vec<After> {
        let counted = self.named(step).filter(|(a, _)| a.to == Event::End);
        counted
            .flat_map(|(after, ends)| self.delays(after, ends, plate))
            .collect()
    }

    /// The steps that a step names under `after`, with their operations.
    fn named<'s>(&'s self, step: &'s Step) -> impl Iterator<Item = (&'s AfterStep, &'s Ends)> {
        step.after.iter().filter_map(|after| {
            let (index, _) = self.scene.step(&after.step.value)?;
            Some((after, self.ends.get(&index)?))
        })
    }

    fn delays(&self, after: &AfterStep, ends: &Ends, plate: Option<&PlateId>) -> Vec<After> {
        // The operation of a wait is its end; what counts from its beginning counts that much less from there.
        let waited = match self.scene.step(&after.step.value).map(|(_, s)| &s.work) {
            Some(StepWork::Wait(w)) if after.from == Event::Start => w.duration.value,
            _ => Duration::ZERO,
        };
        let operations = ends.of(plate, after.from);
        let of = |operation| After {
            operation,
            min: after.at_least.minus(waited),
            max: after.at_most.as_ref().map(|m| m.value.minus(waited)),
            from_start: after.from == Event::Start,
            to_end: after.to == Event::End,
        };
        operations.into_iter().map(of).collect()
    }
}

#[cfg(test)]
#[path = "delays_tests.rs"]
mod tests;
