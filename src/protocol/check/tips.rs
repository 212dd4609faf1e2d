//! Every visit finds its tips and room for them in the waste; in between the operator may replace racks.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::StepWork;
use crate::source::{Reporter, Spanned};

pub(super) fn check(scene: &Scene<'_>, walk: &Walk, reporter: &Reporter) {
    for (index, step) in scene.source.steps.iter().enumerate() {
        match &step.work {
            StepWork::Distribute(d) => visit(scene, reporter, &[(&d.pipette, 1)]),
            StepWork::Transfer(t) => {
                let plates = scene.plates_of(&t.to.value).iter();
                let most = plates
                    .filter_map(|p| walk.strokes.get(&(index, p.clone())))
                    .map(Vec::len)
                    .max();
                let sets = u64::try_from(most.unwrap_or(0)).unwrap_or(u64::MAX);
                visit(scene, reporter, &[(&t.pipette, sets)]);
            }
            StepWork::Pick(p) => {
                let picks = walk.picks.get(&index).map_or(0, |n| n.picks);
                visit(
                    scene,
                    reporter,
                    &[(&p.fill.pipette, 1), (&p.transfer.pipette, picks)],
                );
            }
            _ => {}
        }
    }
}

/// Tips of one visit, as sets (one tip per channel) by pipette.
fn visit(scene: &Scene<'_>, reporter: &Reporter, sets: &[(&Spanned<String>, u64)]) {
    let mut dropped = 0_u64;
    for (name, sets) in sets {
        let Some((_, pipette)) = scene.pipette(&name.value) else {
            continue;
        };
        let channels = u64::from(pipette.channels.max(1));
        dropped = dropped.saturating_add(sets.saturating_mul(channels));
        let there: usize = scene.racks(pipette).map(|r| r.labware.well_count()).sum();
        let there = u64::try_from(there)
            .unwrap_or(u64::MAX)
            .checked_div(channels)
            .unwrap_or(0);
        let fitting = pipette.tip_racks.join(" or ");
        let all_known = scene
            .source
            .pieces
            .iter()
            .all(|p| scene.library.get(&p.labware.value).is_some());
        if there == 0 && *sets > 0 && !all_known {
            // The rack may be the piece whose labware is misspelt.
            continue;
        }
        if there == 0 && *sets > 0 {
            let message = format!("no tip rack for {} is on the deck", name.value);
            let help = format!("add a piece of {fitting} under [pieces]");
            reporter.add(error(reporter, "no-tips", &name.span, message).help(help));
        } else if there < *sets {
            let message = format!(
                "one visit takes {} tips for {}; all racks hold {}",
                sets * channels,
                name.value,
                there * channels
            );
            let help = format!("put more racks of {fitting} on the deck");
            reporter.add(error(reporter, "tips", &name.span, message).help(help));
        }
    }
    let Some((first, _)) = sets.first() else { return };
    if scene.handler().is_some() && scene.waste().is_none() {
        let message = "the rig's liquid handler has no waste for used tips";
        reporter.add(
            error(reporter, "waste", &first.span, message)
                .help("give its waste nest a `labware` in the rig file"),
        );
    }
    let capacity = scene.waste().and_then(|(_, w)| w.capacity_tips).map(u64::from);
    if let Some(capacity) = capacity.filter(|c| dropped > *c) {
        let message = format!("one visit drops {dropped} tips; the waste holds {capacity}");
        reporter.add(error(reporter, "waste", &first.span, message));
    }
}
