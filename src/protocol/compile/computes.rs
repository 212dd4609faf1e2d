//! Calculations as operations.

use super::delays::Ends;
use super::driver::Compiler;
use crate::labware::Well;
use crate::plan::{
    After, Compute, EndpointParameters, FailedPickParameters, GrowthParameters, HitParameters, PlateId,
    RecordParameters, StepId,
};
use crate::protocol::source::{Step, StepWork};

impl<'a> Compiler<'a> {
    pub fn compute(&mut self, index: usize, step: &'a Step) -> Option<()> {
        let mut draft = self.draft(step, step.id.value.clone());
        draft.when(self.when(step, None));
        let earlier = |id: &str| -> Option<(StepId, usize)> {
            let (index, step) = self.scene.step(id)?;
            Some((StepId::new(step.id.value.as_str()), index))
        };
        let plates_read = |index: usize| match self.scene.source.steps.get(index).map(|s| &s.work) {
            Some(StepWork::Read(r)) => self.scene.plates_of(&r.each.value).to_vec(),
            _ => Vec::new(),
        };
        let (input, compute) = match &step.work {
            StepWork::Growth(g) => {
                let (readings, input) = earlier(&g.readings.value)?;
                let plates = plates_read(input);
                let (window, quota, above) = (g.window, g.quota, g.above);
                let growth = GrowthParameters {
                    readings,
                    plates,
                    window,
                    quota,
                    above,
                };
                (Some(input), Compute::Growth(growth))
            }
            StepWork::Endpoint(e) => {
                let (readings, input) = earlier(&e.readings.value)?;
                let plate = plates_read(input).first()?.clone();
                draft.only_if_hits(self.condition(&plate));
                (
                    Some(input),
                    Compute::Endpoint(EndpointParameters { readings, plate }),
                )
            }
            StepWork::Select(s) => {
                let (rates, input) = earlier(&s.rates.value)?;
                let hits = HitParameters {
                    rates,
                    at_least: s.at_least,
                    q_below: s.q_below,
                    at_most: s.at_most,
                    source: self.scene.single(&s.source.value)?.clone(),
                    target: self.scene.single(&s.target.value)?.clone(),
                    replicates: s.replicates.value,
                    references: s.references.value,
                };
                (Some(input), Compute::Hits(hits))
            }
            StepWork::FailedPicks(f) => {
                let (readings, input) = earlier(&f.readings.value)?;
                let (_, pick) = self.scene.picked_by(&step.id.value)?;
                let picks = self.scene.picks(pick);
                let mut wells: Vec<(PlateId, Well)> = Vec::new();
                for (_, plate, well) in picks.made {
                    let well = (plate, well);
                    if !wells.contains(&well) {
                        wells.push(well);
                    }
                }
                let (picked, _) = self.scene.step(&f.picks.value)?;
                let ends = self.ends.get(&picked)?.all.clone();
                draft.after(ends.into_iter().map(After::plain));
                let failed = FailedPickParameters {
                    readings,
                    above: f.above,
                    wells,
                    spares: picks.spares,
                };
                (Some(input), Compute::FailedPicks(failed))
            }
            StepWork::Record(r) => {
                let record = RecordParameters {
                    expression: r.value.value.clone(),
                };
                (None, Compute::Record(record))
            }
            StepWork::Verify(v) => {
                let (parameters, waits) = self.verified(index, v)?;
                for input in waits {
                    let ends = self.ends.get(&input)?.all.clone();
                    draft.after(ends.into_iter().map(After::plain));
                }
                (None, Compute::Volumes(parameters))
            }
            _ => return None,
        };
        if let Some(input) = input {
            let ends = self.ends.get(&input)?.all.clone();
            draft.after(ends.into_iter().map(After::plain));
        }
        draft.after(self.before(step, None));
        draft.compute(compute);
        let id = self.add(draft);
        let ends = Ends {
            all: vec![id],
            ..Ends::default()
        };
        self.ends.insert(index, ends);
        Some(())
    }
}
