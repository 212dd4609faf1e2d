//! Used tips, probes and pins carry nothing into wells that were clean of it.

use super::report::{branch, error};
use crate::protocol::moves::{PROBE, Problem, TIP, Walk};
use crate::protocol::scene::Scene;
use crate::source::Reporter;

pub(super) fn check(_: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    for found in &walk.problems {
        let Problem::Carried { what, well, by } = &found.problem else {
            continue;
        };
        let message = format!("{by} would carry \"{what}\" into well {well} of {}", found.vessel);
        let help = match *by {
            TIP => "change tips more often: tips = \"new\"; or dispense without contact",
            PROBE => {
                "wash it more often (tips = \"new\") and with no less than the rig's volumes; or dispense without contact"
            }
            _ => "have them sterilised more often: tips = \"new\"",
        };
        reporter.add(branch(
            error(reporter, "carry-over", &found.span, message).help(help),
            found,
        ));
    }
}
