//! Tips draw liquid and not air: their ends stay under the surface.

use super::report::{branch, error, give_or_take};
use crate::protocol::moves::{Problem, Walk};
use crate::protocol::scene::Scene;
use crate::source::Reporter;

pub(super) fn check(_: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    for found in &walk.problems {
        let vessel = &found.vessel;
        let d = match &found.problem {
            Problem::Air { lowest, height } => {
                let message =
                    format!("at {lowest} in a well of {vessel} a tip {height} above the bottom draws air");
                error(reporter, "air", &found.span, message).help("leave more in the wells")
            }
            Problem::Shallow {
                well,
                holds,
                volume,
                doubt,
            } => {
                let doubt = give_or_take(*doubt);
                let message = format!(
                    "mixing {volume} in well {well} of {vessel}, which holds {holds}{doubt}, draws air"
                );
                error(reporter, "mix", &found.span, message)
                    .help("mix less than what is there, less the dead volume")
            }
            Problem::Runs { volume, most, doubt } => {
                let doubt = give_or_take(*doubt);
                let message =
                    format!("{volume}{doubt} on one spot of {vessel} run; {most} stay where they are put");
                error(reporter, "spot", &found.span, message).help("spot less")
            }
            Problem::Agar => {
                let message = format!("{vessel} is agar, which nothing can be drawn from");
                error(reporter, "agar", &found.span, message)
            }
            _ => continue,
        };
        reporter.add(branch(d, found));
    }
}
