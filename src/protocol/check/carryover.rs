//! Used tips carry nothing into wells that were clean of it.

use super::report::{branch, error};
use crate::protocol::moves::{Problem, Walk};
use crate::protocol::scene::Scene;
use crate::source::Reporter;

pub(super) fn check(_: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    for found in &walk.problems {
        let Problem::Carried { what, well } = &found.problem else {
            continue;
        };
        let message = format!(
            "a used tip would carry \"{what}\" into well {well} of {}",
            found.vessel
        );
        let help = "change tips more often: tips = \"new\"; or dispense without contact";
        reporter.add(branch(
            error(reporter, "carry-over", &found.span, message).help(help),
            found,
        ));
    }
}
