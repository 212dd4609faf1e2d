//! A plan stays within a million operations, so that a slip in a figure does not fill the memory.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::StepWork;
use crate::source::Reporter;

/// Most operations of a plan.
pub(in crate::protocol) const MOST: u64 = 1_000_000;

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    let mut sum = 0_u64;
    for step in &scene.source.steps {
        let (span, operations) = match &step.work {
            StepWork::Read(read) => {
                let plates = u64::try_from(scene.plates_of(&read.each.value).len()).unwrap_or(u64::MAX);
                (
                    read.every.as_ref().map_or(&step.id.span, |e| &e.span),
                    read.reads().saturating_mul(plates),
                )
            }
            _ => (&step.id.span, 4),
        };
        sum = sum.saturating_add(operations);
        if sum > MOST {
            let message = format!("up to here the plan has {sum} operations; it may have {MOST}");
            reporter.add(
                error(reporter, "too-many", span, message).help("read less often or for a shorter time"),
            );
            return;
        }
    }
}
