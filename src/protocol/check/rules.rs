//! The list of rules.

use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::source::Reporter;

/// Runs every rule.
pub(in crate::protocol) fn check(scene: &Scene<'_>, walk: &Walk, reporter: &Reporter) {
    let _ = (scene, walk, reporter);
}
