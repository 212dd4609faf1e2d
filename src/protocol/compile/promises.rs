//! What a protocol promises of times, with the operations that it is about.

use super::driver::Compiler;
use crate::plan::{OperationId, PlateId, Promise, Promised, StepId};
use crate::protocol::source::{Event, Step};
use std::ops::Range;

/// Promises as they are gathered.
#[derive(Default)]
pub(super) struct Promises(Vec<Promise>);

impl Promises {
    fn add(&mut self, step: &Step, place: &Range<usize>, what: Promised) {
        let short = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.0.push(Promise {
            what,
            step: StepId::new(step.id.value.as_str()),
            place: (short(place.start), short(place.end)),
            file: None,
        });
    }
    pub fn finish(self) -> Vec<Promise> {
        self.0
    }
}

impl Compiler<'_> {
    /// Gathers every promise, once all operations are known.
    pub fn keep_promises(&mut self) {
        let mut promises = std::mem::take(&mut self.promises);
        for (index, step) in self.scene.source.steps.iter().enumerate() {
            let Some(ends) = self.ends.get(&index) else {
                continue;
            };
            if let Some(deadline) = &step.deadline {
                let what = Promised::Deadline {
                    operations: ends.all.clone(),
                    at_most: deadline.value,
                };
                promises.add(step, &deadline.span, what);
            }
            for after in &step.after {
                let Some(within) = &after.equal_within else {
                    continue;
                };
                let earlier = self
                    .scene
                    .step(&after.step.value)
                    .and_then(|(i, _)| self.ends.get(&i));
                let Some(earlier) = earlier else { continue };
                let pairs: Vec<(OperationId, OperationId)> = ends
                    .by_plate
                    .keys()
                    .filter_map(|plate| Some((earlier.one(plate, after.from)?, ends.one(plate, after.to)?)))
                    .collect();
                let what = Promised::Alike {
                    pairs,
                    from_start: after.from == Event::Start,
                    to_end: after.to == Event::End,
                    within: within.value,
                };
                promises.add(step, &within.span, what);
            }
        }
        self.absences(&mut promises);
        self.promises = promises;
    }

    /// How long plates may be out of their incubator.
    fn absences(&self, promises: &mut Promises) {
        for group in &self.scene.source.groups {
            let Some(at_most) = &group.out_at_most else {
                continue;
            };
            let first = self
                .scene
                .source
                .steps
                .iter()
                .find(|s| s.plates().iter().any(|(name, _)| name.value == group.name.value));
            let Some(step) = first else { continue };
            for plate in self.scene.plates_of(&group.name.value) {
                let what = Promised::Absence {
                    plate: plate.clone(),
                    out: self.absences_of(plate),
                    at_most: at_most.value,
                };
                promises.add(step, &at_most.span, what);
            }
        }
    }

    /// Operations that take a plate out of its incubator, with the one that puts it back.
    fn absences_of(&self, plate: &PlateId) -> Vec<(OperationId, OperationId)> {
        use crate::plan::{Action, Work};
        let mut out = Vec::new();
        let mut since = None;
        for number in 0..self.count() {
            let id = OperationId(u32::try_from(number).unwrap_or(u32::MAX));
            let Some(operation) = self.operation(id).filter(|o| o.plates.contains(plate)) else {
                continue;
            };
            for phase in &operation.phases {
                let Work::Actions(actions) = &phase.work else {
                    continue;
                };
                for action in actions {
                    match action {
                        Action::Retrieve { plate: p, .. } if p == plate => since = Some(id),
                        Action::Store { plate: p, .. } if p == plate => {
                            out.extend(since.take().map(|from| (from, id)));
                        }
                        _ => {}
                    }
                }
            }
        }
        out
    }
}
