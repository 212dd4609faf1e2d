//! What a `verify` step judges is there and can be judged; and pipettes deliver what their verification says, as the rig
//! wants it.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::liquid::Handling;
use crate::protocol::source::regulator::RegulatorTask;
use crate::protocol::source::volume::{Proof, Verify};
use crate::protocol::source::{Mention, Spanned, StepWork};
use crate::rig::QuantityId;
use crate::source::Reporter;
use crate::units::{Day, Unit};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    let mut verified = BTreeSet::new();
    for (index, step) in scene.source.steps.iter().enumerate() {
        if let StepWork::Verify(verify) = &step.work {
            judge(scene, reporter, index, verify);
            let asking = verify.of.iter().flat_map(|name| scene.asking(&name.value));
            verified.extend(asking.map(|a| a.handling.pipette.value.as_str()));
        }
    }
    in_force(scene, reporter, &verified);
}

/// Records of the pipettes that are used; one that the protocol verifies needs none.
fn in_force(scene: &Scene<'_>, reporter: &Reporter, verified: &BTreeSet<&str>) {
    let known = &scene.rig.verifications;
    let today = scene.today.and_then(Day::parse);
    let mut told = BTreeMap::new();
    for step in &scene.source.steps {
        let mentions = step.mentions();
        let Some(pipette) = mentions.iter().find(|m| m.what == Mention::Pipette) else {
            continue;
        };
        let name = pipette.name.value.as_str();
        let Some((id, found)) = scene.pipette(name).filter(|(_, p)| p.pins.is_none()) else {
            continue;
        };
        if verified.contains(name) {
            continue;
        }
        let class = mentions.iter().find(|m| m.what == Mention::Class);
        let class = class.map(|c| c.name.value.as_str());
        let tips = scene.racks(found).next().map(|r| r.labware.name.as_str());
        if let Some(trouble) = known.trouble((&id, tips, class), today) {
            told.entry(trouble).or_insert(pipette.name);
        }
    }
    let required = known.rules.as_ref().is_some_and(|r| r.require);
    for (trouble, place) in told {
        let d = if required {
            error(reporter, "verification", &place.span, trouble)
        } else {
            error(reporter, "verification", &place.span, trouble).warning()
        };
        reporter.add(d.help(
            "verify it with a protocol such as verify-volume-gravimetric, then: plated verification keep RUN --rig RIG",
        ));
    }
}

fn judge(scene: &Scene<'_>, reporter: &Reporter, index: usize, verify: &Verify) {
    let wrong = |name: &Spanned<String>, message: String| {
        reporter.add(error(reporter, "verify", &name.span, message));
    };
    for name in &verify.of {
        let asking = scene.asking(&name.value);
        if asking.is_empty() {
            if !scene.source.broken.contains(&name.value) {
                let message = format!(
                    "\"{}\" delivers nothing that could be verified: name a step that distributes, or transfers one volume",
                    name.value
                );
                wrong(name, message);
            }
            continue;
        }
        if asking.iter().any(|a| a.index >= index) {
            wrong(
                name,
                format!("\"{}\" stands below: move this step down", name.value),
            );
        }
        for handling in asking.iter().map(|a| a.handling) {
            if delivers_nothing(scene, handling) {
                let message = format!("pins carry what they carry; \"{}\" has no strokes", name.value);
                wrong(name, message);
                break;
            }
        }
        match &verify.by {
            Proof::Gravimetric { balance, .. } => {
                let nest = scene.regulator(&balance.value).and_then(|(_, r)| r.nest.as_ref());
                let elsewhere = |to: &str| scene.holder(to).is_none_or(|(_, s)| Some(&s.nest) != nest);
                if let Some(stray) = asking
                    .iter()
                    .find(|a| elsewhere(&a.to.value))
                    .filter(|_| nest.is_some())
                {
                    let message = format!(
                        "\"{}\" delivers into \"{}\", which does not stand on the balance",
                        stray.step.id.value, stray.to.value
                    );
                    wrong(name, message);
                }
            }
            Proof::Dye { readings, .. } => {
                let read = scene.step(&readings.value).map(|(_, s)| &s.work);
                if let Some(StepWork::Read(read)) = read
                    && let Some(stray) = asking.iter().find(|a| a.to.value != read.each.value)
                {
                    let message = format!(
                        "\"{}\" delivers into \"{}\"; what is read is \"{}\"",
                        stray.step.id.value, stray.to.value, read.each.value
                    );
                    wrong(name, message);
                }
            }
        }
    }
    match &verify.by {
        Proof::Gravimetric { balance, .. } => weighed(scene, reporter, index, (verify, balance)),
        Proof::Dye {
            readings, standards, ..
        } => {
            let Some((_, step)) = scene.step(&readings.value) else {
                return;
            };
            let StepWork::Read(read) = &step.work else {
                let message = format!("step \"{}\" reads nothing", readings.value);
                reporter.add(error(reporter, "wrong-step", &readings.span, message));
                return;
            };
            if !read.absorbance() {
                wrong(
                    readings,
                    "a dye is judged by absorbance, which this step does not read".to_owned(),
                );
            }
            if scene.group(&read.each.value).is_some() && scene.single(&read.each.value).is_none() {
                let message = format!(
                    "volumes are verified on one plate; \"{}\" has more",
                    read.each.value
                );
                reporter.add(error(reporter, "one-plate", &readings.span, message));
            }
            let labware = scene.labware_of(&read.each.value);
            for (wells, _) in standards {
                let missing = wells.value.iter().find(|w| labware.is_some_and(|l| !l.has(**w)));
                if let Some(well) = missing {
                    let message = format!("\"{}\" has no well {well}", read.each.value);
                    reporter.add(error(reporter, "unknown-well", &wells.span, message));
                }
            }
        }
    }
}

fn delivers_nothing(scene: &Scene<'_>, handling: &Handling) -> bool {
    let pipette = scene.pipette(&handling.pipette.value);
    pipette.is_some_and(|(_, p)| p.pins.is_some())
}

/// The balance weighs a nest, and each stroke is weighed before and after.
fn weighed(
    scene: &Scene<'_>,
    reporter: &Reporter,
    index: usize,
    (verify, balance): (&Verify, &Spanned<String>),
) {
    let wrong = |message: String| error(reporter, "verify", &balance.span, message);
    let Some((id, regulator)) = scene.regulator(&balance.value) else {
        let message = format!(
            "\"{}\" is no regulator of the rig \"{}\"",
            balance.value, scene.rig.name
        );
        reporter.add(error(reporter, "no-instrument", &balance.span, message));
        return;
    };
    if regulator.nest.is_none() {
        let help = format!("write `nest` into [instruments.{id}] of the rig file");
        reporter.add(wrong(format!("{id} says of no nest that it weighs what stands there")).help(help));
    }
    let mut weighings: u64 = 0;
    for step in scene.source.steps.iter().take(index) {
        let StepWork::Regulator(work) = &step.work else {
            continue;
        };
        let RegulatorTask::Measure { series, .. } = &work.task else {
            continue;
        };
        let quantity = QuantityId::new(work.quantity.value.clone());
        let unit = scene.rig.quantity(id, &quantity).map(|q| q.unit);
        let mass = matches!(unit, Some(Unit::Grams | Unit::Milligrams | Unit::Kilograms));
        if work.on.value == balance.value && mass {
            weighings = weighings.saturating_add(series.as_ref().map_or(1, |s| u64::from(s.times)));
        }
    }
    let strokes = verify
        .of
        .iter()
        .map(|name| scene.asking(&name.value).len())
        .sum::<usize>();
    let strokes = u64::try_from(strokes).unwrap_or(u64::MAX);
    if weighings <= strokes {
        let message = format!(
            "{strokes} strokes need {} weighings by {id}, one before and one after each; there are {weighings}",
            strokes.saturating_add(1)
        );
        let help = "put a step with do = \"measure\" before and after each of them";
        reporter.add(wrong(message).help(help));
    }
}
