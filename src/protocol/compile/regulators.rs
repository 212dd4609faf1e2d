//! Set-points and measurements as operations.

use super::delays::Ends;
use super::driver::Compiler;
use crate::plan::{Action, After, Reach};
use crate::protocol::source::Step;
use crate::protocol::source::regulator::{RegulatorTask, RegulatorWork};
use crate::rig::{InstrumentId, QuantityId};
use crate::units::Duration;

impl<'a> Compiler<'a> {
    /// A set-point is changed, or something is measured, once or at a fixed interval.
    pub fn regulate(&mut self, index: usize, step: &'a Step, work: &RegulatorWork) -> Option<()> {
        let (instrument, _) = self.scene.regulator(&work.on.value)?;
        let instrument = instrument.clone();
        let quantity = QuantityId::new(work.quantity.value.clone());
        let mut ends = Ends::default();
        match &work.task {
            RegulatorTask::Set { to, reach } => {
                let action = Action::SetPoint {
                    quantity,
                    to: to.value,
                    reach: reach.as_ref().map(|(within, timeout)| Reach {
                        within: within.value,
                        timeout: timeout.value,
                    }),
                };
                let title = format!("{}: {} to {}", step.id.value, work.quantity.value, to.value);
                let id = self.regulating(step, title, &instrument, action, None);
                ends.all.push(id);
            }
            RegulatorTask::Measure { between, series } => {
                let action = Action::Measure {
                    quantity,
                    between: between.as_ref().map(|(least, most)| (least.value, most.value)),
                };
                let times = series.as_ref().map_or(1, |s| s.times);
                let every = series.as_ref().map_or(Duration::ZERO, |s| s.every.value);
                let mut before = None;
                for turn in 0..times {
                    let title = if times == 1 {
                        format!("{}: {}", step.id.value, work.quantity.value)
                    } else {
                        format!(
                            "{}: {}, {} of {times}",
                            step.id.value,
                            work.quantity.value,
                            turn + 1
                        )
                    };
                    let since = before.map(|earlier| After {
                        min: every,
                        from_start: true,
                        ..After::plain(earlier)
                    });
                    before = Some(self.regulating(step, title, &instrument, action.clone(), since));
                }
                ends.all.extend(before);
            }
        }
        self.ends.insert(index, ends);
        Some(())
    }

    fn regulating(
        &mut self,
        step: &'a Step,
        title: String,
        instrument: &InstrumentId,
        action: Action,
        since: Option<After>,
    ) -> crate::plan::OperationId {
        let mut draft = self.draft(step, title.clone());
        draft.when(self.when(step, None));
        match since {
            Some(since) => draft.after([since]),
            None => draft.after(self.before(step, None)),
        }
        // Set-points and measurements of one instrument keep the order of the file.
        let earlier = self.regulated.get(instrument).copied();
        draft.after(earlier.map(After::plain));
        draft.phase(instrument, title, vec![action]);
        let id = self.add(draft);
        self.regulated.insert(instrument.clone(), id);
        id
    }
}
