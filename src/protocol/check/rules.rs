//! The list of rules.

use super::{
    abilities, air, analysis, barcodes, baths, cadence, calibration, carryover, channels, clearance, expiry,
    expressions, growth, kinds, layouts, levels, lids, lines, loading, loads, names, order, pins, pipettes,
    places, reach, regulators, reservoirs, seals, size, skips, spares, tips, transfers, unbroken, unused,
    verification, windows,
};
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::source::Reporter;
use std::collections::BTreeSet;

/// A rule looks at everything and reports its breaches.
pub(in crate::protocol) struct Rule {
    /// Its name: that of its file.
    pub name: &'static str,
    /// Whether a breach breaks physics: without the rule the simulated world is violated.
    pub physical: bool,
    check: fn(&Scene<'_>, &Walk<'_>, &Reporter),
}

const fn physical(name: &'static str, check: fn(&Scene<'_>, &Walk<'_>, &Reporter)) -> Rule {
    Rule {
        name,
        physical: true,
        check,
    }
}

const fn formal(name: &'static str, check: fn(&Scene<'_>, &Walk<'_>, &Reporter)) -> Rule {
    Rule {
        name,
        physical: false,
        check,
    }
}

/// Every rule. Of those that are not physical, why the world comes to no harm without them:
/// - `names`, `transfers`: what a step names and is not there, or does not fit together, is not lowered to
///   strokes; what cannot be planned the compiler refuses all the same.
/// - `order`: a run keeps the order of the file, whatever steps name; `skips`: it asks a person instead.
/// - `regulators`: the driver refuses a set-point beyond the rig file's bounds before anything is written.
/// - `abilities`, `barcodes`: the instrument refuses what it cannot do, a code that is not the expected one is asked about,
///   and the run stands still until a person answers.
/// - `pipettes`: picks that data choose meet the driver's own limits of tip and plunger, which it keeps before it moves.
/// - `pins`: what a pin tool cannot do is not lowered to strokes.
/// - `tips`: the compiler plans no visit for which it finds no tips or no room in the waste (`not-planned`).
/// - `cadence`, `windows`, `unbroken`, `growth`: what comes too late or too early is no violation but worthless; the
///   schedule breaks windows rather than physics.
/// - `expiry`, `expressions`, `size`, `analysis`, `spares`, `verification`, `unused`: nothing of them moves.
pub(in crate::protocol) const RULES: [Rule; 38] = [
    formal("names", names::check),
    formal("order", order::check),
    physical("kinds", kinds::check),
    physical("layouts", layouts::check),
    physical("places", places::check),
    physical("lids", lids::check),
    physical("clearance", clearance::check),
    physical("reach", reach::check),
    physical("calibration", calibration::check),
    physical("seals", seals::check),
    formal("abilities", abilities::check),
    formal("regulators", regulators::check),
    formal("barcodes", barcodes::check),
    formal("pipettes", pipettes::check),
    formal("pins", pins::check),
    physical("channels", channels::check),
    formal("transfers", transfers::check),
    physical("levels", levels::check),
    physical("reservoirs", reservoirs::check),
    physical("air", air::check),
    physical("loads", loads::check),
    physical("carryover", carryover::check),
    physical("baths", baths::check),
    physical("lines", lines::check),
    formal("tips", tips::check),
    formal("cadence", cadence::check),
    formal("growth", growth::check),
    formal("spares", spares::check),
    formal("windows", windows::check),
    formal("unbroken", unbroken::check),
    physical("loading", loading::check),
    formal("expiry", expiry::check),
    formal("expressions", expressions::check),
    formal("size", size::check),
    formal("skips", skips::check),
    formal("analysis", analysis::check),
    formal("verification", verification::check),
    formal("unused", unused::check),
];

/// Runs every rule but those that are switched off. Returns the names of those that found something.
pub(in crate::protocol) fn check(
    scene: &Scene<'_>,
    walk: &Walk<'_>,
    off: &[&str],
    reporter: &Reporter,
) -> BTreeSet<&'static str> {
    let mut spoken = BTreeSet::new();
    for rule in RULES.iter().filter(|r| !off.contains(&r.name)) {
        let before = reporter.count();
        (rule.check)(scene, walk, reporter);
        if reporter.count() > before {
            spoken.insert(rule.name);
        }
    }
    spoken
}
