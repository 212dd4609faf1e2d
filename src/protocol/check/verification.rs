//! What a `verify` step judges is there and can be judged; and pipettes deliver what their verification says, as the rig
//! wants it.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::{Asking, Scene};
use crate::protocol::source::liquid::Handling;
use crate::protocol::source::regulator::{RegulatorTask, RegulatorWork};
use crate::protocol::source::volume::{Proof, Verify};
use crate::protocol::source::{Mention, Spanned, Step, StepWork};
use crate::rig::{NestId, QuantityId};
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
            "verify it with a protocol such as verify-volume-gravimetric, then: plated verification keep RUN --rig RIG --author NAME",
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
        let here = asking.iter().any(|a| proves(scene, &verify.by, a));
        if let Some(stray) = asking.first().filter(|_| !here) {
            let message = match &verify.by {
                Proof::Gravimetric { .. } => format!(
                    "\"{}\" delivers into \"{}\", which does not stand on the balance",
                    stray.step.id.value, stray.to.value
                ),
                Proof::Dye { readings, .. } => format!(
                    "\"{}\" delivers into \"{}\", which \"{}\" does not read",
                    stray.step.id.value, stray.to.value, readings.value
                ),
            };
            wrong(name, message);
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

/// Whether a step delivers to where it is weighed or read; where that is wrong, another message says so.
fn proves(scene: &Scene<'_>, by: &Proof, asking: &Asking<'_>) -> bool {
    let to = &asking.to.value;
    match by {
        Proof::Gravimetric { balance, .. } => {
            let nest = scene.regulator(&balance.value).and_then(|(_, r)| r.nest.as_ref());
            nest.is_none_or(|nest| stands_on(scene, to, nest))
        }
        Proof::Dye { readings, .. } => match scene.step(&readings.value).map(|(_, s)| &s.work) {
            Some(StepWork::Read(read)) => *to == read.each.value,
            _ => true,
        },
    }
}

fn stands_on(scene: &Scene<'_>, piece: &str, nest: &NestId) -> bool {
    scene.holder(piece).is_some_and(|(_, s)| s.nest == *nest)
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
    let Some(nest) = &regulator.nest else { return };
    let all = apart(scene, index, &balance.value, |work| {
        let quantity = QuantityId::new(work.quantity.value.clone());
        let unit = scene.rig.quantity(id, &quantity).map(|q| q.unit);
        matches!(unit, Some(Unit::Grams | Unit::Milligrams | Unit::Kilograms))
    });
    let asking = verify.of.iter().flat_map(|name| scene.asking(&name.value));
    let judged: BTreeSet<usize> = asking
        .filter(|a| proves(scene, &verify.by, a))
        .map(|a| a.index)
        .collect();
    let help = format!(
        "put a step with do = \"measure\" on \"{id}\" before and after each stroke, and join them by `after`"
    );
    let mut own = all.iter().filter(|one| judged.contains(&one.index));
    if let Some(one) = own.find(|s| s.before.is_none() || s.after.is_none()) {
        let when = if one.before.is_none() { "before" } else { "after" };
        let message = format!("nothing makes sure that {id} weighs {when} \"{}\"", one.name);
        reporter.add(wrong(message).help(help));
        return;
    }
    // Whatever else is done to the vessel must come between other weighings, too.
    let mut touching: Vec<&Apart<'_>> = all
        .iter()
        .filter(|one| {
            scene
                .source
                .steps
                .get(one.index)
                .is_some_and(|s| touches(scene, s, nest))
        })
        .collect();
    touching.sort_by_key(|one| one.before);
    let mut latest: Option<&Apart<'_>> = None;
    for one in touching {
        let end = |one: &Apart<'_>| one.after.unwrap_or(usize::MAX);
        if let Some(earlier) = latest.filter(|e| one.before.is_none_or(|before| before < end(e)))
            && (judged.contains(&one.index) || judged.contains(&earlier.index))
        {
            let message = format!(
                "nothing makes sure that {id} weighs between \"{}\" and \"{}\": what each delivers could not be told apart",
                earlier.name, one.name
            );
            reporter.add(wrong(message).help(help));
            return;
        }
        latest = latest.filter(|e| end(e) > end(one)).or(Some(one));
    }
}

/// Whether a step draws from or delivers into what stands on a nest.
fn touches(scene: &Scene<'_>, step: &Step, nest: &NestId) -> bool {
    step.pipetted()
        .iter()
        .any(|name| stands_on(scene, &name.value, nest))
}

/// A step with the last weighing that surely comes before it, and the first that surely comes after it, by number.
struct Apart<'a> {
    index: usize,
    name: &'a str,
    before: Option<usize>,
    after: Option<usize>,
}

/// Every step between which weighings it surely is, by `after` and since what a balance does keeps the order of the file.
fn apart<'a>(
    scene: &Scene<'a>,
    end: usize,
    balance: &str,
    weighs: impl Fn(&RegulatorWork) -> bool,
) -> Vec<Apart<'a>> {
    let mut count = 0;
    let mut out: Vec<Apart<'a>> = Vec::new();
    let mut weighings = Vec::new();
    let mut waits: Vec<Vec<usize>> = Vec::new();
    for (index, step) in scene.source.steps.iter().enumerate().take(end) {
        let deps = step.after.iter().filter_map(|a| scene.step(&a.step.value));
        let deps: Vec<usize> = deps.map(|(i, _)| i).filter(|i| *i < index).collect();
        let mut before = deps.iter().filter_map(|i| out.get(*i)?.before).max();
        let weighing = match &step.work {
            StepWork::Regulator(work) if work.on.value == balance => {
                matches!(work.task, RegulatorTask::Measure { .. }) && weighs(work)
            }
            _ => false,
        };
        if weighing {
            before = Some(count);
            count += 1;
        }
        weighings.push(weighing.then(|| count - 1));
        waits.push(deps);
        out.push(Apart {
            index,
            name: step.id.value.as_str(),
            before,
            after: None,
        });
    }
    for index in (0..out.len()).rev() {
        let own = weighings.get(index).copied().flatten();
        let after = own.or_else(|| out.get(index)?.after);
        for dep in waits.get(index).into_iter().flatten() {
            if let Some(one) = out.get_mut(*dep) {
                one.after = [one.after, after].into_iter().flatten().min();
            }
        }
    }
    out
}
