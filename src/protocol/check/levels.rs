//! No well is overfilled or drawn dry over the whole run, and no reservoir is asked for more than it can hold.

use super::report::error;
use crate::labware::Kind;
use crate::protocol::moves::{LevelProblem, Walk};
use crate::protocol::scene::Scene;
use crate::protocol::source::StepWork;
use crate::source::{Reporter, Spanned};
use crate::units::Volume;

pub(super) fn check(scene: &Scene<'_>, walk: &Walk, reporter: &Reporter) {
    for found in &walk.problems {
        let plate = &found.plate;
        reporter.add(match &found.problem {
            LevelProblem::Overfilled {
                well,
                volume,
                capacity,
            } => {
                let message =
                    format!("well {well} of {plate} would hold {volume}; it holds {capacity} at most");
                error(reporter, "overfill", &found.span, message)
            }
            LevelProblem::Drained { well, left, dead } if left < &Volume::nl(0) => {
                let short = Volume::nl(0).minus(*left);
                let message = format!("well {well} of {plate} is short of {short} here");
                let help = format!("load {} more, or draw less", short.plus(*dead));
                error(reporter, "short", &found.span, message).help(help)
            }
            LevelProblem::Drained { well, left, dead } => {
                let message =
                    format!("well {well} of {plate} would fall to {left}; {dead} must stay: dead volume and the plunger's backlash");
                let help = format!("load {} more, or draw less", dead.minus(*left));
                error(reporter, "dead-volume", &found.span, message).help(help)
            }
            LevelProblem::Thin { well, left, dead } => {
                let over = left.minus(*dead);
                let message =
                    format!("well {well} of {plate} falls to {left}: {over} over what must stay, less what evaporates");
                let help = "load more, or draw less, where plates stand open for long";
                error(reporter, "thin", &found.span, message).help(help).warning()
            }
            LevelProblem::Air { lowest, height } => {
                let message =
                    format!("at {lowest} in a well of {plate} a tip {height} above the bottom draws air");
                error(reporter, "air", &found.span, message).help("leave more in the wells")
            }
        });
    }
    for piece in &scene.source.pieces {
        let (Some(volume), Some(labware)) = (&piece.volume, scene.library.get(&piece.labware.value)) else {
            continue;
        };
        if labware.kind == Kind::Reservoir && volume.value > labware.capacity {
            let message = format!("{} holds {} at most", labware.name, labware.capacity);
            reporter.add(error(reporter, "overfill", &volume.span, message));
        }
    }
    for (index, step) in scene.source.steps.iter().enumerate() {
        match &step.work {
            StepWork::Distribute(d) => {
                let channels = scene
                    .pipette(&d.pipette.value)
                    .map_or(1, |(_, p)| i64::from(p.channels));
                let plates = scene.plates_of(&d.to.value).iter();
                let strokes: usize = plates
                    .filter_map(|p| walk.strokes.get(&(index, p.clone())))
                    .map(Vec::len)
                    .sum();
                let times = i64::try_from(strokes)
                    .unwrap_or(i64::MAX)
                    .saturating_mul(channels);
                at_once(scene, reporter, &d.from, d.volume.value.times(times), &d.volume);
            }
            StepWork::Pick(p) => {
                let drawn = crate::protocol::compile::pick_volume(scene, walk, index, p);
                at_once(scene, reporter, &p.fill.from, drawn, &p.fill.volume);
            }
            _ => {}
        }
    }
}

/// One visit draws no more than a full reservoir gives; between visits the operator may refill it.
fn at_once(
    scene: &Scene<'_>,
    reporter: &Reporter,
    name: &Spanned<String>,
    drawn: Volume,
    volume: &Spanned<Volume>,
) {
    let Some(reservoir) = scene.reservoir(&name.value) else {
        return;
    };
    let gives = reservoir.labware.capacity.minus(reservoir.labware.dead_volume);
    if drawn > gives {
        let message = format!(
            "this draws {drawn} from \"{}\" at once; full, it gives {gives}",
            name.value
        );
        let help = "fill fewer plates, less per well, or from a larger reservoir";
        reporter.add(error(reporter, "reservoir", &volume.span, message).help(help));
    }
}
