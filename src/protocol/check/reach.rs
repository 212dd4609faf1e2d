//! Tips reach what they draw: no pipette comes down on a rim before its tip is in the liquid.

use super::report::{branch, error};
use crate::plan::Height;
use crate::protocol::moves::{Problem, Walk, floor, reach};
use crate::protocol::scene::Scene;
use crate::protocol::source::StepWork;
use crate::source::{Diagnostic, Reporter};
use crate::units::Length;
use std::collections::BTreeSet;

/// Where the tip's end is at the lowest while it draws what a run chooses.
const LOWEST: Length = Length::um(200);

pub(super) fn check(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    let told = |d: Diagnostic| {
        d.help(
            "use longer tips or shallower wells, or leave more liquid; a slender nozzle that may go into wells is told \
             by `nozzle_length` in the rig file",
        )
    };
    let mut vessels = BTreeSet::new();
    for found in &walk.problems {
        let Problem::OutOfReach { lowest, height } = &found.problem else {
            continue;
        };
        if !vessels.insert(found.vessel.as_str()) {
            continue;
        }
        let message = format!(
            "the tip comes down to {height} over the bottom of a well of {}, which then holds {lowest}: it draws air",
            found.vessel
        );
        reporter.add(branch(
            told(error(reporter, "too-deep", &found.span, message)),
            found,
        ));
    }
    // A fault is told once for each pipette and kind of labware.
    let mut known = BTreeSet::new();
    for tips in walk.steps.values().flat_map(|l| &l.visits).flat_map(|v| &v.uses) {
        let Some((name, pipette)) = walk.hand(tips.pipette) else {
            continue;
        };
        let reach = reach(scene, pipette);
        for op in &tips.ops {
            let Some(labware) = walk.vessels.get(op.vessel).map(|v| v.labware) else {
                continue;
            };
            let Height::FromBottom(height) = op.height else {
                continue;
            };
            let lowest = floor(reach, labware);
            if height < lowest && known.insert((name.as_str(), labware.name.as_str())) {
                let message = format!(
                    "{name} does not come down to {height} over the bottom of a well of {}: its tip reaches {lowest}",
                    labware.name
                );
                reporter.add(told(error(reporter, "too-deep", &op.place(), message)));
            }
        }
    }
    for step in &scene.source.steps {
        let StepWork::Pick(pick) = &step.work else {
            continue;
        };
        let name = &pick.transfer.pipette;
        let Some((_, pipette)) = scene.pipette(&name.value) else {
            continue;
        };
        let reach = reach(scene, pipette);
        // Which wells are picked only the run knows: any plate's may be.
        let deepest = scene
            .plates
            .values()
            .map(|p| p.labware)
            .max_by_key(|l| floor(reach, l));
        if let Some(labware) = deepest.filter(|l| floor(reach, l) > LOWEST) {
            let message = format!(
                "{} does not come down to the bottom of a well of {}",
                name.value, labware.name
            );
            reporter.add(told(error(reporter, "too-deep", &name.span, message)));
        }
    }
}
