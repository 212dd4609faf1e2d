//! Liquids are not used after their day.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::source::Reporter;

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    let Some(today) = scene.today else { return };
    for (name, liquid) in &scene.source.liquids {
        // Days as written compare like days.
        if let Some(day) = liquid.expires.as_ref().filter(|d| d.value.as_str() < today) {
            let message = format!("\"{name}\" expired on {}; today is {today}", day.value);
            reporter.add(error(reporter, "expired", &day.span, message));
        }
    }
}
