//! Tips hold what they are asked to: no more than their working volume, no less than is expelled, and they are on.

use super::report::{branch, error, give_or_take};
use crate::protocol::moves::{Problem, Walk};
use crate::protocol::scene::Scene;
use crate::source::Reporter;

pub(super) fn check(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    for found in &walk.problems {
        let d = match &found.problem {
            Problem::TipFull {
                pipette,
                held,
                capacity,
                doubt,
            } => {
                let doubt = give_or_take(*doubt);
                let message =
                    format!("a tip of {pipette} would hold {held}, air included{doubt}; it holds {capacity}");
                error(reporter, "tip-capacity", &found.span, message)
                    .help("draw less at once, or a smaller air gap")
            }
            Problem::Stroke {
                pipette,
                volume,
                from,
                to,
            } => {
                let message = if from == to {
                    format!("{volume} is not a volume for {pipette}, whose pins carry {from}")
                } else {
                    format!("{volume} is not a volume for {pipette}, which does {from} to {to}")
                };
                let other = scene.handler().and_then(|(_, h)| {
                    h.pipettes
                        .iter()
                        .find(|(_, p)| p.min_volume <= *volume && *volume <= p.max_volume)
                });
                let d = error(reporter, "pipette-volume", &found.span, message);
                match other {
                    Some((id, _)) => d.help(format!("{id} does that volume")),
                    None => d,
                }
            }
            Problem::TipEmpty { held, volume } => {
                let message = format!("{volume} are dispensed; the tip holds {held}");
                error(reporter, "tip-empty", &found.span, message).help("aspirate before, or dispense less")
            }
            Problem::NoTip => {
                error(reporter, "no-tip-on", &found.span, "no tip is on here").help("pick_up_tip comes first")
            }
            Problem::Leftover { held } => {
                let message = format!("the tip is thrown away with {held} in it");
                error(reporter, "leftover", &found.span, message).warning()
            }
            _ => continue,
        };
        reporter.add(branch(d, found));
    }
}
