//! Reads the quantities of a text profile.

use super::command::{moves, seconds_or, steps};
use super::parse::Names;
use super::{Command, Measured};
use crate::rig::QuantityId;
use crate::rig::profile::Quantity;
use crate::rig::profile::quantity::{amount, judge_keys, listed, unit};
use crate::rig::profile::vocabulary::SET_POINT;
use crate::source::{Table, Value};
use crate::units::Duration;
use std::collections::BTreeMap;

/// How long changing a set-point may take, where nothing is said.
const USUAL: Duration = Duration::s(10);

/// All quantities.
pub(super) fn quantities(
    root: &mut Table<'_>,
    role: Option<&str>,
    names: &Names,
) -> BTreeMap<QuantityId, Measured> {
    let mut found = BTreeMap::new();
    let Some(mut table) = listed(role, root) else {
        return found;
    };
    for (key, value) in table.entries() {
        if let Some(quantity) = quantity(&value, names) {
            found.insert(QuantityId::new(key.value), quantity);
        }
    }
    found
}

fn quantity(value: &Value<'_>, names: &Names) -> Option<Measured> {
    let mut t = value.table()?;
    let unit = unit(&mut t);
    let measured = t.get("measured").map(|v| names.reference(&v));
    let set_point = t.get("set_point").map(|v| names.reference(&v));
    let set = t.get("set").map(|v| steps(&v, names, SET_POINT, 0));
    let timeout = seconds_or(&mut t, "timeout", USUAL);
    let (least, most) = (amount(&mut t, "least", unit), amount(&mut t, "most", unit));
    let counts_value = t.get("counts");
    let counts = counts_value.as_ref().and_then(|v| v.boolean()).unwrap_or(false);
    t.finish();
    judge_keys(value, measured.is_some(), set_point.is_some(), set.is_some());
    let set = set.map(|steps| {
        Some(Command {
            timeout: timeout?,
            needs: Vec::new(),
            steps: steps?,
            always: Vec::new(),
            barcode: None,
            no_barcode: Vec::new(),
            happened: None,
        })
    });
    let once = set
        .as_ref()
        .and_then(Option::as_ref)
        .is_some_and(|set| moves(&set.steps));
    if let Some(v) = counts_value.filter(|_| counts && !(once && measured.is_some())) {
        v.error(
            "set-point",
            "`counts` belongs to a quantity that is `measured`, and of which a step `moves`: what is measured goes up by what was done",
        );
    }
    Some(Measured {
        told: Quantity {
            unit: unit?,
            measured: measured.is_some(),
            settable: set.is_some(),
            told: set_point.is_some(),
            once,
            counts,
            least: least?,
            most: most?,
        },
        measured: measured.map_or(Some(None), |m| m.map(Some))?,
        set_point: set_point.map_or(Some(None), |m| m.map(Some))?,
        set: set.map_or(Some(None), |s| s.map(Some))?,
    })
}
