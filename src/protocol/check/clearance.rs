//! Tips travel over everything that stands on the deck.

use super::report::error;
use crate::labware::Labware;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::{Mention, Spanned};
use crate::rig::NestKind;
use crate::source::Reporter;
use crate::units::Length;
use std::collections::BTreeSet;

/// Least distance of a tip's end that travels from what it travels over.
const LEAST: Length = Length::um(1_000);

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    let Some(end) = lowest(scene) else { return };
    let judge = |name: &Spanned<String>, labware: &Labware, lidded: bool| {
        let lid = labware
            .lid
            .as_ref()
            .filter(|_| lidded)
            .map_or(Length::um(0), |l| l.rise);
        let height = labware.geometry.height.plus(lid);
        if height.plus(LEAST) > end {
            let message = format!(
                "{} stands {height} high; the ends of tips travel at {end} over the deck",
                labware.name
            );
            let d = error(reporter, "too-high", &name.span, message);
            reporter.add(
                d.help("use lower labware or shorter tips, or raise `safe_height` where the rig allows it"),
            );
        }
    };
    let deck = |nest: &str| {
        scene
            .rig
            .nests
            .get(nest)
            .is_some_and(|n| n.kind == NestKind::Deck)
    };
    for standing in scene.standing.iter().filter(|s| deck(s.nest.as_str())) {
        if standing.labware.tip.is_none() {
            judge(&standing.piece.labware, standing.labware, false);
        }
    }
    for group in &scene.source.groups {
        let at = group.work.iter().map(|w| &w.at).chain(&group.at);
        if at.into_iter().any(|n| deck(&n.value))
            && let Some(labware) = scene.library.get(&group.labware.value)
        {
            judge(&group.labware, labware, group.lidded.value);
        }
    }
}

/// Height over the deck at which the lowest tip's end travels.
fn lowest(scene: &Scene<'_>) -> Option<Length> {
    let used: BTreeSet<&str> = scene
        .source
        .steps
        .iter()
        .flat_map(crate::protocol::source::Step::mentions)
        .filter(|m| m.what == Mention::Pipette)
        .map(|m| m.name.value.as_str())
        .collect();
    let (_, handler) = scene.handler()?;
    let pipettes = handler
        .pipettes
        .iter()
        .filter(|(id, _)| used.contains(id.as_str()));
    let safe = scene.rig.safe_height;
    let ends = |p| {
        let tips = scene.racks(p).filter_map(|rack| rack.labware.tip);
        let tips = tips.map(|tip| safe.minus(tip.length).plus(tip.overlap));
        let fixed = p.fixed().map(|length| safe.minus(length));
        tips.chain(fixed).min()
    };
    pipettes.filter_map(|(_, p)| ends(p)).min()
}
