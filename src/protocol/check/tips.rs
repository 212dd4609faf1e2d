//! Every visit finds its tips and room for them in the waste; in between the operator may replace racks.

use super::report::error;
use crate::labware::Kind;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::{Step, StepWork};
use crate::rig::PipetteId;
use crate::source::{Reporter, Spanned};
use std::collections::BTreeMap;

pub(super) fn check(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    for (index, step) in scene.source.steps.iter().enumerate() {
        if let StepWork::Pick(p) = &step.work {
            let picks = walk.picks.get(&index).map_or(0, |n| n.picks);
            let sets = [(&p.fill.pipette, 1), (&p.transfer.pipette, picks)];
            visit(scene, reporter, &sets);
            continue;
        }
        let Some(lowered) = walk.steps.get(&index) else {
            continue;
        };
        // The greediest visit speaks for its step; visits that share tips are one.
        let mut most: BTreeMap<u8, u64> = BTreeMap::new();
        for one in &lowered.visits {
            for (hand, sets) in walk.fresh_tips(one) {
                let entry = most.entry(hand).or_default();
                *entry = if lowered.joined {
                    *entry + sets
                } else {
                    sets.max(*entry)
                };
            }
        }
        for (hand, sets) in most {
            let Some((id, _)) = walk.hand(hand) else { continue };
            if let Some(name) = named(step, id) {
                visit(scene, reporter, &[(name, sets)]);
            }
        }
    }
}

/// Where a step names a pipette.
fn named<'s>(step: &'s Step, id: &PipetteId) -> Option<&'s Spanned<String>> {
    let mentions = step.mentions().into_iter();
    let mut pipettes = mentions.filter(|m| m.what == crate::protocol::source::Mention::Pipette);
    pipettes.find(|m| m.name.value == id.as_str()).map(|m| m.name)
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
        mixed(scene, reporter, pipette, name);
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

/// A pipette takes tips of one kind in a run: what its strokes and classes are made for.
fn mixed(scene: &Scene<'_>, reporter: &Reporter, pipette: &crate::rig::Pipette, name: &Spanned<String>) {
    let mut racks = scene.racks(pipette).filter(|r| r.labware.kind == Kind::TipRack);
    let Some(first) = racks.next() else { return };
    if let Some(other) = racks.find(|r| r.labware.name != first.labware.name) {
        let message = format!(
            "{} would take tips of two kinds: {} and {}",
            name.value, first.labware.name, other.labware.name
        );
        let d = error(reporter, "mixed-tips", &other.piece.labware.span, message);
        reporter.add(d.other(first.piece.labware.span.clone(), "the first kind"));
    }
}
