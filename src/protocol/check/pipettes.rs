//! Pipettes of picks that data choose do what they can: volumes they are trusted with, tips that hold them, channels.

use super::report::{error, give_or_take};
use crate::protocol::moves::{Walk, doubt_of, scattered};
use crate::protocol::scene::Scene;
use crate::protocol::source::StepWork;
use crate::source::{Reporter, Spanned};
use crate::units::Volume;

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    for step in &scene.source.steps {
        if let StepWork::Pick(p) = &step.work {
            volume(scene, reporter, &p.fill.pipette, &p.fill.volume);
            volume(scene, reporter, &p.transfer.pipette, &p.transfer.volume);
            if let Some(mix) = &p.transfer.mix_before {
                volume(scene, reporter, &p.transfer.pipette, &mix.volume);
            }
            let why = "picks go from single wells to single wells";
            needs(scene, reporter, &p.transfer.pipette, 1, why);
            let rows = target_rows(scene, &p.select.value).unwrap_or(8);
            let why = "picked plates are filled by whole columns";
            needs(scene, reporter, &p.fill.pipette, rows, why);
        }
    }
}

fn volume(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>, volume: &Spanned<Volume>) {
    let Some((_, pipette)) = scene.pipette(&name.value) else {
        return;
    };
    let v = volume.value;
    if v < pipette.min_volume || v > pipette.max_volume {
        let (from, to) = (pipette.min_volume, pipette.max_volume);
        let message = format!(
            "{v} is not a volume for {}, which does {from} to {to}",
            name.value
        );
        let (_, handler) = match scene.handler() {
            Some(handler) => handler,
            None => return,
        };
        let other = handler
            .pipettes
            .iter()
            .find(|(_, p)| p.min_volume <= v && v <= p.max_volume);
        let d =
            error(reporter, "pipette-volume", &volume.span, message).other(name.span.clone(), "the pipette");
        reporter.add(match other {
            Some((id, _)) => d.help(format!("{id} does that volume")),
            None => d,
        });
        return;
    }
    let doubt = doubt_of(scattered(v, pipette.random_error.as_share()));
    let held = v.plus(doubt);
    let tip = scene
        .racks(pipette)
        .map(|r| r.labware)
        .find(|l| l.capacity < held);
    if let Some(tip) = tip {
        let doubt = give_or_take(doubt);
        let message = format!(
            "{v}{doubt} is more than a tip of {} holds ({})",
            tip.name, tip.capacity
        );
        reporter.add(error(reporter, "tip-capacity", &volume.span, message));
    }
}

fn needs(scene: &Scene<'_>, reporter: &Reporter, name: &Spanned<String>, channels: u8, why: &str) {
    let Some((_, pipette)) = scene.pipette(&name.value) else {
        return;
    };
    if pipette.channels != channels {
        let message = format!(
            "{} has {} channels; {channels} are needed here: {why}",
            name.value, pipette.channels
        );
        reporter.add(error(reporter, "channels", &name.span, message));
    }
}

fn target_rows(scene: &Scene<'_>, select: &str) -> Option<u8> {
    let (_, step) = scene.step(select)?;
    let StepWork::Select(select) = &step.work else {
        return None;
    };
    let labware = scene.labware_of(&select.target.value)?;
    Some(labware.rows)
}
