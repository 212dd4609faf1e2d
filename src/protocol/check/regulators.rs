//! Regulators: what is set or measured is there, in its unit, and within what the rig file allows.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::regulator::{RegulatorTask, RegulatorWork};
use crate::protocol::source::{Spanned, StepWork};
use crate::rig::profile::Quantity;
use crate::rig::{InstrumentId, QuantityId, Regulator};
use crate::source::{Reporter, closest};
use crate::units::{Amount, Unit};

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    for step in &scene.source.steps {
        if let StepWork::Regulator(work) = &step.work {
            judge(scene, reporter, work);
        }
    }
}

fn judge(scene: &Scene<'_>, reporter: &Reporter, work: &RegulatorWork) {
    let Some((id, regulator)) = scene.regulator(&work.on.value) else {
        let all = scene.rig.instruments.iter();
        let known: Vec<&str> = all
            .filter(|(_, i)| i.role.name() == "regulator")
            .map(|(id, _)| id.as_str())
            .collect();
        let message = format!(
            "\"{}\" is no regulator of the rig \"{}\"",
            work.on.value, scene.rig.name
        );
        let d = error(reporter, "no-instrument", &work.on.span, message);
        reporter.add(match closest(&work.on.value, known.iter().copied()) {
            Some(near) => d.label(format!("did you mean \"{near}\"?")),
            None if known.is_empty() => d.help("it has none"),
            None => d.help(format!("it has {}", known.join(", "))),
        });
        return;
    };
    let quantity = QuantityId::new(work.quantity.value.clone());
    let Some(told) = scene.rig.quantity(id, &quantity) else {
        return unknown(scene, reporter, work, id);
    };
    match &work.task {
        RegulatorTask::Set { to, reach } => {
            set(reporter, work, (id, regulator, &quantity), (to, &told));
            if let Some((within, _)) = reach {
                in_unit(reporter, within, &told, &work.quantity.value);
                if !told.measured {
                    let message =
                        format!("{id} does not measure `{quantity}`, so nobody can say when it is reached");
                    reporter.add(error(reporter, "set-point", &within.span, message));
                }
            }
        }
        RegulatorTask::Measure { between, .. } => {
            for bound in between.iter().flat_map(|(least, most)| [least, most]) {
                in_unit(reporter, bound, &told, &work.quantity.value);
            }
            if let Some((least, most)) = between
                && least.value.get() > most.value.get()
            {
                let message = format!("from {} to {}: the least comes first", least.value, most.value);
                reporter.add(error(reporter, "wrong-order", &least.span, message));
            }
        }
    }
}

fn unknown(scene: &Scene<'_>, reporter: &Reporter, work: &RegulatorWork, id: &InstrumentId) {
    let instrument = scene.rig.instruments.get(id);
    let profile = instrument.and_then(|i| match &i.driver {
        crate::rig::Driver::Profile(path) => scene.rig.profiles.get(path),
        _ => None,
    });
    let known: Vec<String> = profile
        .map(|p| p.quantities().iter().map(|(id, _)| id.to_string()).collect())
        .unwrap_or_default();
    let message = format!("{id} has no quantity `{}`", work.quantity.value);
    let d = error(reporter, "quantity-name", &work.quantity.span, message);
    reporter.add(
        match closest(&work.quantity.value, known.iter().map(String::as_str)) {
            Some(near) => d.label(format!("did you mean `{near}`?")),
            None => d.help(format!("it has {}", known.join(", "))),
        },
    );
}

fn set(
    reporter: &Reporter,
    work: &RegulatorWork,
    (id, regulator, quantity): (&InstrumentId, &Regulator, &QuantityId),
    (to, told): (&Spanned<Amount>, &Quantity),
) {
    let Some(allowed) = regulator.set_points.get(quantity) else {
        let message = if told.settable {
            format!("the rig file allows no change of `{quantity}` of {id}")
        } else {
            format!("`{quantity}` of {id} is only measured")
        };
        let d = error(reporter, "set-point", &work.quantity.span, message);
        reporter.add(if told.settable {
            d.help(format!(
                "say within what bounds, under [instruments.{id}.set_points.{quantity}]"
            ))
        } else {
            d
        });
        return;
    };
    if !in_unit(reporter, to, told, &work.quantity.value) {
        return;
    }
    let (least, most) = allowed.bounds;
    if !to.value.within((least, most)) {
        let message = format!(
            "{} is not between {least} and {most}, as the rig file has it",
            to.value
        );
        reporter.add(error(reporter, "set-point", &to.span, message));
    }
}

/// Whether an amount is in the quantity's unit; said, where it is not.
fn in_unit(reporter: &Reporter, amount: &Spanned<Amount>, told: &Quantity, name: &str) -> bool {
    let same = amount.value.unit() == told.unit;
    if !same {
        let wanted = match told.unit {
            Unit::One => "a bare number".to_owned(),
            unit => format!("in {}", unit.text()),
        };
        let message = format!("`{name}` is {wanted}, not {}", amount.value);
        reporter.add(error(reporter, "amount-unit", &amount.span, message));
    }
    same
}
