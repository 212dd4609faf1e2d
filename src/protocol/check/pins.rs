//! Pin tools: steps ask of one what pins can do, and the baths fit them.

use super::report::{branch, error};
use crate::labware::Kind;
use crate::protocol::moves::{Problem, Walk};
use crate::protocol::scene::Scene;
use crate::protocol::source::liquid::Handling;
use crate::protocol::source::{Mention, Spanned, Step, StepWork};
use crate::rig::{Pins, Pipette};
use crate::source::Reporter;
use std::collections::BTreeSet;

pub(super) fn check(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    let mut known = BTreeSet::new();
    for step in &scene.source.steps {
        able(scene, reporter, step);
        for named in step.mentions().iter().filter(|m| m.what == Mention::Pipette) {
            let found = scene.pipette(&named.name.value);
            if let Some((id, pipette)) = found
                && let Some(pins) = &pipette.pins
                && known.insert(id)
            {
                station(scene, reporter, named.name, pipette, pins);
            }
        }
    }
    for found in &walk.problems {
        let Problem::PinsDry { well } = &found.problem else {
            continue;
        };
        let message = format!(
            "pins come down in well {well} of {}, where too little is for them to stand in",
            found.vessel
        );
        let d = error(reporter, "pins-dry", &found.span, message);
        reporter.add(branch(
            d.help("fill it first: pins give off what they carry into a liquid or onto agar"),
            found,
        ));
    }
}

/// What a step asks of pins, or asks of tips that only pins do.
fn able(scene: &Scene<'_>, reporter: &Reporter, step: &Step) {
    let pins = |name: &Spanned<String>| scene.pipette(&name.value).map(|(_, p)| p.pins.is_some());
    let handling: Option<&Handling> = match &step.work {
        StepWork::Transfer(t) => Some(&t.handling),
        StepWork::Stamp(s) => Some(&s.handling),
        StepWork::Spot(s) => Some(&s.handling),
        StepWork::PickColonies(p) => Some(&p.handling),
        _ => None,
    };
    let Some(handling) = handling else {
        for named in step.mentions().iter().filter(|m| m.what == Mention::Pipette) {
            if pins(named.name) == Some(true) {
                let message = format!(
                    "a step do = \"{}\" needs a pipette; {} is a pin tool, which draws nothing",
                    step.work.word(),
                    named.name.value
                );
                let d = error(reporter, "pin-step", &named.name.span, message);
                reporter.add(d.help("pins do transfer, stamp, spot and pick_colonies"));
            }
        }
        return;
    };
    let name = &handling.pipette;
    match pins(name) {
        None => {}
        Some(true) => {
            let keys = [
                ("class", handling.class.as_ref().map(|c| &c.span)),
                ("mix_before", handling.mix_before.as_ref().map(|m| &m.volume.span)),
                ("mix_after", handling.mix_after.as_ref().map(|m| &m.volume.span)),
            ];
            for (key, span) in keys {
                if let Some(span) = span {
                    let message = format!(
                        "`{key}` is for a pipette; {} is a pin tool, which draws nothing",
                        name.value
                    );
                    let d = error(reporter, "pin-step", span, message);
                    reporter
                        .add(d.help("leave it out; `dips` says how often pins come down in a destination"));
                }
            }
        }
        Some(false) => {
            if let Some(dips) = &handling.dips {
                let message = format!("`dips` is for pins; {} is no pin tool", name.value);
                let d = error(reporter, "pin-step", &dips.span, message);
                reporter.add(d.help("leave it out, or name a pin tool of the rig"));
            }
            if matches!(step.work, StepWork::PickColonies(_)) && handling.mix_after.is_none() {
                let message = "a colony comes off the tip by mixing: add `mix_after`";
                reporter.add(error(reporter, "missing-key", &step.id.span, message));
            }
        }
    }
}

/// The station of a pin tool has the baths that the rig file names, and the pins go into them.
fn station(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>, pipette: &Pipette, pins: &Pins) {
    let nest = scene.rig.nests.get(&pins.station);
    let Some(named) = nest.and_then(|n| n.labware.as_deref()) else {
        return;
    };
    let wrong = |message: String| {
        let d = error(reporter, "baths", &name.span, message);
        reporter
            .add(d.help("correct `baths` of the pin tool in the rig file, or the labware of its station"));
    };
    let Some(labware) = scene.library.get(named).filter(|l| l.kind == Kind::Reservoir) else {
        wrong(format!(
            "the station {} of {} needs labware of kind `reservoir`",
            pins.station, name.value
        ));
        return;
    };
    for bath in &pins.baths {
        if labware.reached(pipette.channels, bath.well).is_none() {
            wrong(format!(
                "the {} pins of {} do not go into {} of {named}",
                pipette.channels, name.value, bath.well
            ));
        } else if bath.volume > labware.capacity {
            wrong(format!(
                "{} of {} are more than {} of {named} holds ({})",
                bath.volume, bath.liquid, bath.well, labware.capacity
            ));
        }
    }
    let (x, y) = labware.geometry.shape.extent();
    if x.min(y) <= pins.diameter {
        wrong(format!(
            "the pins of {}, {} thick, do not go into the wells of {named}",
            name.value, pins.diameter
        ));
    }
}
