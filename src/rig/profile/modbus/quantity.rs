//! Reads the quantities of a Modbus profile and the courses of writes that a regulator understands.

use super::parse::Names;
use super::{Condition, Course, Measured, Register, Step, TableKind};
use crate::rig::QuantityId;
use crate::rig::profile::quantity::{judge_keys, listed};
use crate::rig::profile::reading::{test, words};
use crate::rig::profile::{Bound, Quantity, Test};
use crate::source::{Table, Value};
use crate::units::{Amount, Duration, Unit};
use std::collections::BTreeMap;

/// How long changing a set-point may take, where nothing is said.
const USUAL: Duration = Duration::s(10);
/// The only argument of a course: what the quantity is set to.
const VALUE: &str = "value";

/// All quantities.
pub(super) fn quantities(
    root: &mut Table<'_>,
    role: Option<&str>,
    names: Names<'_>,
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

fn quantity(value: &Value<'_>, names: Names<'_>) -> Option<Measured> {
    let mut t = value.table()?;
    let measured_value = t.get("measured");
    let measured = measured_value.as_ref().map(|v| names.reference(v));
    let set_point_value = t.get("set_point");
    let set_point = set_point_value.as_ref().map(|v| names.reference(v));
    let writable = t.get("writable").and_then(|v| v.boolean()).unwrap_or(false);
    let set_value = t.get("set");
    let timeout = t.get("timeout").map_or(Some(USUAL), |v| v.quantity());
    let set = set_value.as_ref().map(|v| steps(v, names, true));
    t.finish();
    let settable = set.is_some() || writable;
    judge_keys(value, measured.is_some(), set_point.is_some(), settable);
    if let (Some(v), true) = (&set_value, writable) {
        v.error(
            "set-point",
            "say either `writable` (the set-point's register is written) or the steps of `set`",
        );
    }
    let registers = [&measured, &set_point];
    let known: Vec<&Register> = registers
        .into_iter()
        .filter_map(|r| r.as_ref()?.as_ref()?.1)
        .collect();
    let units: Vec<Option<Unit>> = known
        .iter()
        .map(|r| r.unit.as_deref().map_or(Some(Unit::One), Unit::of))
        .collect();
    if units.contains(&None) {
        let message = format!(
            "`{}`: the unit of its register is none that is known; use one of {}",
            value.path,
            Unit::texts()
        );
        value.error("unit", message);
    }
    let unit = units.first().copied().flatten();
    if units.iter().any(|u| *u != unit) {
        value.error(
            "unit",
            format!(
                "`{}`: the registers of what is measured and of the set-point differ in their unit",
                value.path
            ),
        );
    }
    for register in &known {
        if register.count != 1 {
            value.error(
                "register-type",
                format!("`{}` is one number, and its register is an array", value.path),
            );
        }
    }
    let own = set_point.as_ref().and_then(|s| s.as_ref()?.1);
    if let (true, Some(register), Some(v)) = (writable, own, &set_point_value)
        && register.table != TableKind::Holding
    {
        v.error(
            "argument-register",
            "it cannot be written: it is no holding register",
        );
    }
    let name = |of: Option<Option<(String, _)>>| of.map_or(Some(None), |found| Some(Some(found?.0)));
    let bound = |of: fn(&Register) -> Option<Bound>| own.and_then(of).and_then(|b| Amount::of(b.0, unit?));
    let (least, most) = (bound(|r| r.min), bound(|r| r.max));
    let (measured, set_point) = (name(measured)?, name(set_point)?);
    let goal = set_point.clone();
    let steps = match (set, writable, goal) {
        (Some(steps), ..) => Some(steps?),
        (None, true, Some(register)) => Some(vec![Step::Write {
            register,
            value: None,
            again: true,
        }]),
        _ => None,
    };
    let timeout = timeout?;
    Some(Measured {
        told: Quantity {
            unit: unit?,
            measured: measured.is_some(),
            settable,
            told: set_point.is_some(),
            once: steps
                .iter()
                .flatten()
                .any(|step| matches!(step, Step::Write { again: false, .. })),
            counts: false,
            least,
            most,
        },
        measured,
        set_point,
        set: steps.map(|steps| Course { timeout, steps }),
    })
}

/// A command of a regulator.
pub(super) fn course(value: &Value<'_>, names: Names<'_>) -> Option<Course> {
    let mut t = value.table()?;
    let timeout = t.need("timeout").and_then(|v| v.quantity());
    let steps = t.need("steps").and_then(|v| steps(&v, names, false));
    t.finish();
    Some(Course {
        timeout: timeout?,
        steps: steps?,
    })
}

fn steps(value: &Value<'_>, names: Names<'_>, sets: bool) -> Option<Vec<Step>> {
    let listed = value.list()?;
    if listed.is_empty() {
        value.error("step-kind", format!("`{}` has no step", value.path));
        return None;
    }
    let steps: Vec<_> = listed.iter().map(|v| step(v, names, sets)).collect();
    steps.into_iter().collect()
}

/// Kinds of steps: the key that makes each.
const KINDS: &[&str] = &["write", "wait", "expect", "pause"];

fn step(value: &Value<'_>, names: Names<'_>, sets: bool) -> Option<Step> {
    let mut t = value.table()?;
    let there: Vec<_> = KINDS.iter().filter(|kind| t.get(kind).is_some()).collect();
    let [kind] = there.as_slice() else {
        value.error(
            "step-kind",
            "a step has exactly one of `write`, `wait`, `expect`, `pause`",
        );
        return None;
    };
    let own = t.get(kind)?;
    let step = kept(kind, &own, &mut t, (names, value, sets));
    t.finish();
    step
}

/// A step of a kind; none where it has problems, which are told.
fn kept(
    kind: &str,
    own: &Value<'_>,
    t: &mut Table<'_>,
    (names, whole, sets): (Names<'_>, &Value<'_>, bool),
) -> Option<Step> {
    match kind {
        "write" => write(own, t, names, sets),
        "wait" => {
            let until = tested(own, t, names, whole, sets);
            let fails = t.get("fails").map(|v| fails(&v, own, names));
            Some(Step::Wait {
                until: until?,
                fails: fails.map_or(Some(None), |f| f.map(Some))?,
            })
        }
        "expect" => Some(Step::Expect(tested(own, t, names, whole, sets)?)),
        _ => Some(Step::Pause(own.quantity()?)),
    }
}

/// `{ write = "register", value = 1 }`.
fn write(own: &Value<'_>, t: &mut Table<'_>, names: Names<'_>, sets: bool) -> Option<Step> {
    let value_of = t.get("value");
    let again = t.get("again").and_then(|v| v.boolean()).unwrap_or(true);
    let (name, register) = names.reference(own)?;
    let value = value_of.as_ref().map(|v| match register {
        // A name that the register has for a value.
        Some(register) if v.as_text().is_some() => {
            let word = v.text()?;
            let found = register.values.get(&word);
            if found.is_none() {
                v.error("unknown-value", format!("`{name}` has no value named `{word}`"));
            }
            #[expect(clippy::cast_precision_loss, reason = "registers hold at most 32 bits")]
            found.map(|raw| Bound(*raw as f64 * register.scale.0))
        }
        _ => v.number().map(Bound),
    });
    if let Some(register) = register
        && (!matches!(register.table, TableKind::Holding | TableKind::Coil) || register.count != 1)
    {
        own.error(
            "argument-register",
            format!("`{name}` cannot be written: it is no coil and no single holding register"),
        );
    }
    if value.is_none() && !sets {
        own.error(
            "missing-key",
            format!("what is written to `{name}`? Say `value = …`; only a quantity has a set-point"),
        );
    }
    Some(Step::Write {
        register: name,
        value: value.map_or(Some(None), |v| v.map(Some))?,
        again,
    })
}

/// What ends a wait badly: words of the same register, or a condition of another.
fn fails(value: &Value<'_>, own: &Value<'_>, names: Names<'_>) -> Option<Condition> {
    if value.as_table().is_some() {
        return condition(value, names);
    }
    let (of, register) = names.reference(own)?;
    let words = words(value)?;
    judge_words(&of, register, &words, value);
    Some(Condition {
        of,
        test: Test::Is(words),
    })
}

/// `{ of = "register", is = … }`.
pub(super) fn condition(value: &Value<'_>, names: Names<'_>) -> Option<Condition> {
    let mut t = value.table()?;
    let of = t.need("of")?;
    let condition = tested(&of, &mut t, names, value, false);
    t.finish();
    condition
}

fn tested(
    of: &Value<'_>,
    t: &mut Table<'_>,
    names: Names<'_>,
    whole: &Value<'_>,
    sets: bool,
) -> Option<Condition> {
    let found = names.reference(of);
    let known = |words: &[String], value: &Value<'_>| {
        if let Some((name, register)) = &found {
            judge_words(name, *register, words, value);
        }
    };
    let near = |name: &str, value: &Value<'_>| {
        if name != VALUE || !sets {
            value.error(
                "unknown-argument",
                "`near` compares with \"value\", the set-point of a quantity that is being set",
            );
        }
    };
    let test = test(t, whole, &known, &near);
    Some(Condition {
        of: found?.0,
        test: test?,
    })
}

/// Only names that a register has for its values or bits are words.
fn judge_words(name: &str, register: Option<&Register>, words: &[String], value: &Value<'_>) {
    let Some(register) = register else { return };
    let known: Vec<&str> = register
        .values
        .keys()
        .chain(register.bits.keys())
        .map(String::as_str)
        .collect();
    for word in words.iter().filter(|w| !known.contains(&w.as_str())) {
        let there = if known.is_empty() {
            "it names none".to_owned()
        } else {
            format!("there are {}", known.join(", "))
        };
        value.error(
            "unknown-value",
            format!("`{name}` has no value named `{word}`; {there}"),
        );
    }
}
