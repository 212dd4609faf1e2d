//! The list of rules.

use super::{
    abilities, analysis, cadence, kinds, layouts, levels, lids, names, order, pipettes, places, size, tips,
    transfers, unused,
};
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::source::Reporter;

/// A rule looks at everything and reports its breaches.
type Rule = fn(&Scene<'_>, &Walk, &Reporter);

const RULES: [Rule; 15] = [
    names::check,
    order::check,
    kinds::check,
    layouts::check,
    places::check,
    lids::check,
    abilities::check,
    pipettes::check,
    transfers::check,
    levels::check,
    tips::check,
    cadence::check,
    size::check,
    analysis::check,
    unused::check,
];

/// Runs every rule.
pub(in crate::protocol) fn check(scene: &Scene<'_>, walk: &Walk, reporter: &Reporter) {
    for rule in RULES {
        rule(scene, walk, reporter);
    }
}
