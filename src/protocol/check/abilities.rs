//! The rig has the instruments that the steps need, and they can do what is asked.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::StepWork;
use crate::source::Reporter;
use std::collections::BTreeMap;

pub(super) fn check(scene: &Scene<'_>, _: &Walk, reporter: &Reporter) {
    for step in &scene.source.steps {
        let missing = |role: &str, what: &str| {
            if scene.rig.with_role(role).is_none() {
                let message = format!(
                    "step \"{}\" needs a {what}; the rig \"{}\" has none",
                    step.id.value, scene.rig.name
                );
                reporter.add(error(reporter, "no-instrument", &step.id.span, message));
            }
        };
        match &step.work {
            StepWork::Distribute(_) | StepWork::Transfer(_) | StepWork::Pick(_) => {
                missing("liquid_handler", "liquid handler");
                missing("plate_mover", "plate mover");
            }
            StepWork::Read(read) => {
                missing("plate_reader", "plate reader");
                missing("plate_mover", "plate mover");
                self::read(scene, reporter, read);
            }
            StepWork::Growth(_) | StepWork::Endpoint(_) | StepWork::Select(_) => {}
        }
    }
    let mut seen = BTreeMap::new();
    for (id, info) in &scene.plates {
        let Some(barcode) = &info.group.barcode else {
            continue;
        };
        let text = barcode.value.replace("{n}", &info.number.to_string());
        let own = &info.group.name.value;
        match seen.get(&text) {
            Some((other, group)) if *group != own => {
                let message = format!("{id} and {other} would have the same barcode \"{text}\"");
                reporter.add(error(reporter, "barcode", &barcode.span, message));
            }
            _ => {
                seen.insert(text, (id, own));
            }
        }
    }
    for group in &scene.source.groups {
        let Some(barcode) = &group.barcode else { continue };
        if group.count.as_ref().is_some_and(|c| c.value > 1) && !barcode.value.contains("{n}") {
            let message = "every plate of the group would have this same barcode";
            reporter.add(
                error(reporter, "barcode", &barcode.span, message)
                    .help("put the plate's number into it: {n}"),
            );
        }
        let plates = scene.plates_of(&group.name.value).iter();
        let incubator = plates
            .filter_map(|p| scene.plates.get(p)?.rest.as_ref())
            .find_map(|nest| scene.slot_of(nest))
            .and_then(|id| scene.incubator(id.as_str()));
        if let Some((id, incubator)) = incubator
            && !incubator.barcode_reader
        {
            let message = format!("{id} has no barcode reader: nobody will read this barcode");
            reporter.add(error(reporter, "barcode", &barcode.span, message).warning());
        }
    }
}

fn read(scene: &Scene<'_>, reporter: &Reporter, read: &crate::protocol::source::Read) {
    if let Some((id, reader)) = scene.reader() {
        let (from, to) = reader.wavelengths;
        if read.wavelength.value < from || read.wavelength.value > to {
            let message = format!("{id} reads from {from} to {to}, not at {}", read.wavelength.value);
            reporter.add(error(reporter, "wavelength", &read.wavelength.span, message));
        }
    }
    let Some(incubate) = &read.incubate else { return };
    let Some((id, incubator)) = scene.incubator(&incubate.at.value) else {
        return;
    };
    if incubate.shake.value && incubator.shaking.is_none() {
        reporter.add(error(
            reporter,
            "shaking",
            &incubate.shake.span,
            format!("{id} does not shake"),
        ));
    }
    if let Some(temperature) = incubate
        .temperature
        .as_ref()
        .filter(|t| t.value != incubator.temperature)
    {
        let message = format!(
            "{id} is at {}, not at {}",
            incubator.temperature, temperature.value
        );
        let help = "its temperature is set in the rig file, since all plates in it share it";
        reporter.add(error(reporter, "temperature", &temperature.span, message).help(help));
    }
    let elsewhere = scene
        .plates_of(&read.each.value)
        .iter()
        .filter_map(|p| scene.plates.get(p)?.rest.as_ref())
        .find(|nest| scene.slot_of(nest) != Some(id));
    if let Some(nest) = elsewhere {
        let message = format!("\"{}\" rests at \"{nest}\", not in {id}", read.each.value);
        let rest = scene.group(&read.each.value).and_then(|g| g.rest.first());
        let d = error(reporter, "rest", &incubate.at.span, message).help(format!("write rest = \"{id}\""));
        reporter.add(match rest {
            Some(rest) => d.other(rest.span.clone(), "where it rests"),
            None => d,
        });
    }
}
