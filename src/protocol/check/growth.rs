//! Reads are dense enough for the growth that they are to show.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::StepWork;
use crate::source::Reporter;
use crate::units::Duration;

/// A fast strain in rich medium doubles in this time; with fewer than five points of its exponential phase, four to
/// five doublings long, a rate is a guess (Hall et al. 2014, Mol Biol Evol 31:232, fit five points).
const PHASE: Duration = Duration::min(150);

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    for step in &scene.source.steps {
        let StepWork::Growth(growth) = &step.work else {
            continue;
        };
        let Some((_, read)) = scene.step(&growth.readings.value) else {
            continue;
        };
        let StepWork::Read(read) = &read.work else {
            continue;
        };
        let Some(every) = &read.every else { continue };
        let points = PHASE.as_us().checked_div(every.value.as_us()).unwrap_or(0);
        if points < u64::from(growth.window) {
            let message = format!(
                "an exponential phase of {PHASE} has {points} reads every {}; windows of {} points go beyond it",
                every.value, growth.window
            );
            let d = error(reporter, "sparse", &every.span, message).warning();
            reporter.add(d.help("read more often, where strains grow fast"));
        }
    }
}
