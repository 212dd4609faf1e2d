//! The list of rules.

use super::{
    abilities, air, analysis, barcodes, cadence, calibration, carryover, channels, clearance, expiry,
    expressions, growth, kinds, layouts, levels, lids, lines, loading, loads, names, order, pipettes, places,
    reach, reservoirs, seals, size, skips, tips, transfers, unbroken, unused, windows,
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

/// Every rule.
pub(in crate::protocol) const RULES: [Rule; 33] = [
    formal("names", names::check),
    formal("order", order::check),
    formal("kinds", kinds::check),
    formal("layouts", layouts::check),
    physical("places", places::check),
    formal("lids", lids::check),
    formal("clearance", clearance::check),
    physical("reach", reach::check),
    formal("calibration", calibration::check),
    physical("seals", seals::check),
    formal("abilities", abilities::check),
    formal("barcodes", barcodes::check),
    formal("pipettes", pipettes::check),
    formal("channels", channels::check),
    formal("transfers", transfers::check),
    physical("levels", levels::check),
    formal("reservoirs", reservoirs::check),
    physical("air", air::check),
    physical("loads", loads::check),
    physical("carryover", carryover::check),
    formal("lines", lines::check),
    formal("tips", tips::check),
    formal("cadence", cadence::check),
    formal("growth", growth::check),
    formal("windows", windows::check),
    formal("unbroken", unbroken::check),
    formal("loading", loading::check),
    formal("expiry", expiry::check),
    formal("expressions", expressions::check),
    formal("size", size::check),
    formal("skips", skips::check),
    formal("analysis", analysis::check),
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
