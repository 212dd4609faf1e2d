//! What profiles of every kind tell of a quantity that a regulator measures or holds.

use crate::source::{Table, Value};
use crate::units::{Amount, Unit};

/// A quantity, as far as those must know who do not speak to the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity {
    /// Its unit.
    pub unit: Unit,
    /// It is measured.
    pub measured: bool,
    /// It can be set.
    pub settable: bool,
    /// What it is set to can be read back.
    pub told: bool,
    /// Each change does something that must not be done twice, unlike a goal that may be stated again.
    pub once: bool,
    /// Of what is done anew by each change: what is measured goes up by what it is set to, so that it shows whether it was done.
    pub counts: bool,
    /// Smallest set-point that the device takes.
    pub least: Option<Amount>,
    /// Largest set-point that the device takes.
    pub most: Option<Amount>,
}

/// The unit of a quantity; none is a bare number.
pub(super) fn unit(t: &mut Table<'_>) -> Option<Unit> {
    let Some(value) = t.get("unit") else {
        return Some(Unit::One);
    };
    let text = value.text()?;
    let found = Unit::of(&text).filter(|_| !text.is_empty());
    if found.is_none() {
        let message = format!(
            "\"{text}\" is not a unit; use one of {}, or leave `unit` out for a bare number",
            Unit::texts()
        );
        value.error("unit", message);
    }
    found
}

/// A bound in the quantity's unit; `None` where it is wrong.
pub(super) fn amount(t: &mut Table<'_>, key: &str, unit: Option<Unit>) -> Option<Option<Amount>> {
    let Some(value) = t.get(key) else {
        return Some(None);
    };
    Amount::of(value.number()?, unit?).map(Some)
}

/// The table of quantities: they are what a regulator is about, and nobody else has them.
pub(super) fn listed<'a>(role: Option<&str>, root: &mut Table<'a>) -> Option<Table<'a>> {
    if role != Some("regulator") {
        return None;
    }
    root.need("quantities")?.table()
}

/// A quantity can be measured, set, or both.
pub(super) fn judge_keys(value: &Value<'_>, measured: bool, set_point: bool, set: bool) {
    if !measured && !set_point && !set {
        let message = format!(
            "`{}` says neither where it is `measured` nor how it is `set`",
            value.path
        );
        value.error("missing-key", message);
    }
}
