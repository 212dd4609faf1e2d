//! No well is overfilled or drawn dry over the whole run.

use super::report::{branch, error, give_or_take};
use crate::labware::Kind;
use crate::protocol::moves::{Problem, Walk};
use crate::protocol::scene::Scene;
use crate::source::Reporter;
use crate::units::Volume;

pub(super) fn check(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    for found in &walk.problems {
        let vessel = &found.vessel;
        let d = match &found.problem {
            Problem::Overfilled {
                well,
                volume,
                capacity,
                doubt,
            } => {
                let doubt = give_or_take(*doubt);
                // To the brim, or by less than is shown of a volume: the plunger goes in whole steps.
                let held = match (volume.to_string(), capacity.to_string()) {
                    (held, most) if held == most => format!("{most} and what a stroke may be over"),
                    (held, _) => held,
                };
                let message =
                    format!("well {well} of {vessel} would hold {held}{doubt}; it holds {capacity} at most");
                error(reporter, "overfill", &found.span, message)
            }
            Problem::Drained { well, left, dead, .. } if left < &Volume::nl(0) => {
                let short = Volume::nl(0).minus(*left);
                let message = format!("well {well} of {vessel} is short of {short} here");
                let help = format!("load {} more, or draw less", short.plus(*dead));
                error(reporter, "short", &found.span, message).help(help)
            }
            Problem::Drained {
                well,
                left,
                dead,
                doubt,
            } => {
                let message = format!(
                    "well {well} of {vessel} would fall to {left}{}; {dead} must stay: dead volume and the plunger's backlash",
                    give_or_take(*doubt)
                );
                let help = format!("load {} more, or draw less", dead.plus(*doubt).minus(*left));
                error(reporter, "dead-volume", &found.span, message).help(help)
            }
            Problem::Thin { well, left, dead } => {
                let over = left.minus(*dead);
                let message = format!(
                    "well {well} of {vessel} falls to {left}: {over} over what must stay, less what evaporates"
                );
                let help = "load more, or draw less, where plates stand open for long";
                error(reporter, "thin", &found.span, message).help(help).warning()
            }
            _ => continue,
        };
        reporter.add(branch(d, found));
    }
    for piece in &scene.source.pieces {
        let Some(labware) = scene
            .library
            .get(&piece.labware.value)
            .filter(|l| matches!(l.kind, Kind::Reservoir | Kind::TubeRack))
        else {
            continue;
        };
        let volumes = piece.contents.iter().filter_map(|c| c.volume.as_ref());
        for volume in volumes.chain(piece.layout.as_ref().map(|(_, v)| v)) {
            let walked = walk.problems.iter().any(|p| p.span == volume.span);
            if volume.value > labware.capacity && !walked {
                let message = format!("{} holds {} at most", labware.name, labware.capacity);
                reporter.add(error(reporter, "overfill", &volume.span, message));
            }
        }
    }
}
