//! What measures or pipettes was calibrated, and its calibration is still good on the day.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::{Mention, Spanned, Step, StepWork};
use crate::rig::InstrumentId;
use crate::source::Reporter;
use crate::units::Day;
use std::collections::BTreeMap;

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    let calibration = &scene.rig.calibration;
    let today = scene.today.and_then(Day::parse);
    for (instrument, user) in users(scene) {
        let positions = scene.handler().is_some_and(|(id, _)| id == instrument);
        if !positions && !calibration.days.contains_key(instrument) {
            continue;
        }
        let Some(message) = calibration.trouble(instrument, today) else {
            continue;
        };
        let help = match positions {
            true => format!("calibrate it with: plated calibrate {instrument} --rig RIG"),
            false => {
                format!("calibrate it, and write its day into [calibration.{instrument}] of the rig file")
            }
        };
        reporter.add(error(reporter, "calibration", &user.span, message).help(help));
    }
}

/// Instruments that pipette and read, with the first place that needs each.
fn users<'s>(scene: &'s Scene<'_>) -> BTreeMap<&'s InstrumentId, &'s Spanned<String>> {
    let mut out = BTreeMap::new();
    let pipettes = |s: &'s Step| s.mentions().into_iter().find(|m| m.what == Mention::Pipette);
    for step in &scene.source.steps {
        if let Some(mention) = pipettes(step)
            && let Some((id, _)) = scene.handler()
        {
            out.entry(id).or_insert(mention.name);
        }
        if let StepWork::Read(read) = &step.work {
            for (id, _) in scene.readers_of(read) {
                out.entry(id).or_insert(&step.id);
            }
        }
    }
    out
}
