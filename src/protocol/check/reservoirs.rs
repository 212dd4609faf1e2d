//! One visit draws no more than a full reservoir gives; between visits the operator may refill it.

use super::report::{error, give_or_take};
use crate::labware::Well;
use crate::protocol::compile::{backlash, pick_volume, piece_of, scatter};
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::{Spanned, StepWork};
use crate::source::Reporter;
use crate::units::Volume;
use std::collections::BTreeMap;
use std::ops::Range;

pub(super) fn check(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    let scatter = scatter(scene, walk);
    let doubt = |piece, well| scatter.get(&(piece, well)).copied().unwrap_or_default();
    for (index, step) in scene.source.steps.iter().enumerate() {
        if let StepWork::Pick(p) = &step.work {
            let drawn = pick_volume(scene, walk, index, p);
            if let Some((piece, _)) = scene.holder(&p.fill.from.value) {
                let drawn = (drawn, doubt(piece, Well::new(0, 0)));
                at_once(scene, reporter, piece, drawn, &p.fill.volume.span);
            }
            told(scene, reporter, &p.fill.from, Well::new(0, 0));
            continue;
        }
        let Some(lowered) = walk.steps.get(&index) else {
            continue;
        };
        // Plates that share tips share a visit.
        let mut visits: Vec<BTreeMap<_, (Volume, Range<usize>)>> = Vec::new();
        for visit in &lowered.visits {
            if visits.is_empty() || !lowered.joined {
                visits.push(BTreeMap::new());
            }
            let span = visit
                .uses
                .iter()
                .flat_map(|t| &t.ops)
                .map(super::super::moves::Op::place)
                .next();
            for (tap, volume) in walk.supplied(visit) {
                if let Some(sums) = visits.last_mut() {
                    let place = span.clone().unwrap_or_else(|| step.id.span.clone());
                    let sum = sums.entry(tap).or_insert((Volume::nl(0), place));
                    sum.0 = sum.0.plus(volume);
                }
            }
        }
        for ((vessel, well), (volume, span)) in visits.into_iter().flatten() {
            if let Some(piece) = piece_of(walk, vessel) {
                at_once(scene, reporter, piece, (volume, doubt(piece, well)), &span);
                if let Some(standing) = scene.standing.get(piece) {
                    let name = Spanned {
                        value: standing.piece.name.value.clone(),
                        span: step.id.span.clone(),
                    };
                    told(scene, reporter, &name, well);
                }
            }
        }
    }
}

fn at_once(
    scene: &Scene<'_>,
    reporter: &Reporter,
    piece: usize,
    (drawn, doubt): (Volume, Volume),
    span: &Range<usize>,
) {
    let Some(standing) = scene.standing.get(piece) else {
        return;
    };
    let stays = standing.labware.dead_volume.plus(backlash(scene));
    let gives = standing.labware.capacity.minus(stays);
    if drawn.plus(doubt) > gives {
        let doubt = give_or_take(doubt);
        let message = format!(
            "this draws {drawn}{doubt} from \"{}\" at once; full, it gives {gives}",
            standing.piece.name.value
        );
        let help = "fill fewer plates, less per well, or from a larger reservoir";
        reporter.add(error(reporter, "reservoir", span, message).help(help));
    }
}

/// A well that is drawn from holds something.
fn told(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>, well: Well) {
    let Some(piece) = scene.piece(&name.value) else {
        return;
    };
    if scene.source.broken.contains(&piece.name.value) {
        return;
    }
    let named = piece.contents.iter().any(|c| c.well == well);
    let Some(labware) = scene.library.get(&piece.labware.value) else {
        return;
    };
    if !named && labware.has(well) && piece.layout.is_none() {
        let message = if piece.contents.is_empty() {
            format!("reservoir \"{}\" does not say what it holds", piece.name.value)
        } else {
            format!(
                "well {well} of \"{}\" holds nothing that the file names",
                piece.name.value
            )
        };
        let d = error(reporter, "no-liquid", &piece.name.span, message);
        reporter.add(d.help("add `liquid`, or `wells = { A1 = { liquid = \"…\" } }`"));
    }
}
