//! Machines with system liquid: probes do what a probe can, are primed before they are used, and never draw sample past
//! their tubing; the bottle lasts for the whole run, the drain takes what comes out of it in one visit, and the cleaner is as
//! deep as what wetted the probe.

use super::report::{branch, error};
use crate::protocol::moves::{Problem, Walk, system_liquid, visit_washes};
use crate::protocol::scene::Scene;
use crate::protocol::source::liquid::{Handling, LineTask, Wash};
use crate::protocol::source::{Mention, Spanned, Step, StepWork};
use crate::rig::{InstrumentId, Pump, Role};
use crate::source::Reporter;
use crate::units::Volume;
use std::ops::Range;

pub(super) fn check(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    for step in &scene.source.steps {
        able(scene, reporter, step);
    }
    for found in &walk.problems {
        let d = match &found.problem {
            Problem::NotPrimed { probe } => {
                let message = format!("{probe} is used before it is primed: its tubing is full of air");
                error(reporter, "not-primed", &found.span, message)
                    .help(format!("begin with a step do = \"prime\", pipette = \"{probe}\""))
            }
            Problem::PastLine {
                probe,
                held,
                tubing,
                syringe,
            } => {
                let (past, most) = if tubing <= syringe {
                    ("its tubing", tubing)
                } else {
                    ("the stroke of its syringe", syringe)
                };
                let message =
                    format!("{probe} would hold {held}, air included, which is past {past} ({most})");
                error(reporter, "past-tubing", &found.span, message)
                    .help("draw less at once, or a smaller air gap")
            }
            Problem::Cleaner { wet, deep } => {
                let message = format!(
                    "the probe is wet {wet} up from its end after this; it stands {deep} deep in the cleaner"
                );
                error(reporter, "cleaner-depth", &found.span, message)
                    .help("use a wash station with a deeper cleaner, or draw from shallower wells")
            }
            _ => continue,
        };
        reporter.add(branch(d, found));
    }
    for (id, instrument) in &scene.rig.instruments {
        if let Role::Pump(pump) = &instrument.role {
            let uses = system_liquid(scene, walk, id);
            lasts(scene, reporter, id.as_str(), pump, &uses);
            takes(scene, walk, reporter, id, pump);
        }
    }
}

/// What a step asks of a probe, or asks of a pipette that only a probe has.
fn able(scene: &Scene<'_>, reporter: &Reporter, step: &Step) {
    let probe = |name: &Spanned<String>| scene.pipette(&name.value).map(|(_, p)| p.probe.as_ref());
    if let StepWork::Line(line) = &step.work {
        match probe(&line.pipette) {
            Some(None) => no_probe(reporter, &line.pipette),
            Some(Some(probe)) => {
                strokes(
                    scene,
                    reporter,
                    &line.pipette,
                    line.task.volumes(probe),
                    &line.pipette.span,
                );
                if let LineTask::Prime(Some(volume)) = &line.task
                    && volume.value < probe.tubing
                {
                    let message = format!(
                        "{} do not fill the tubing of {}, which holds {}",
                        volume.value, line.pipette.value, probe.tubing
                    );
                    let d = error(reporter, "prime-volume", &volume.span, message);
                    reporter.add(d.help("prime with twice what the tubing holds, so that no air is left"));
                }
            }
            None => {}
        }
        return;
    }
    let handling: Option<&Handling> = match &step.work {
        StepWork::Distribute(d) => Some(&d.handling),
        StepWork::Transfer(t) => Some(&t.handling),
        StepWork::Consolidate(c) => Some(&c.handling),
        StepWork::Stamp(s) => Some(&s.handling),
        StepWork::Dilute(d) => Some(&d.handling),
        StepWork::Mix(m) => Some(&m.handling),
        _ => None,
    };
    if let Some(handling) = handling {
        let Some(fixed) = probe(&handling.pipette) else {
            return;
        };
        if fixed.is_none() && handling.wash.is_some() {
            no_probe(reporter, &handling.pipette);
        }
        if let (Some(probe), Some(wash)) = (fixed, &handling.wash) {
            let volumes = Wash::of(Some(&wash.value), probe);
            strokes(scene, reporter, &handling.pipette, volumes, &wash.span);
        }
        let manner = scene.manner(handling);
        if let (Some(_), Some(gap)) = (fixed, manner.air_gap.as_ref().filter(|g| g.value.get() > 0)) {
            stroke(
                scene,
                reporter,
                &handling.pipette,
                gap.value,
                &handling.pipette.span,
            );
        }
        let tips_only = manner.blow_out == Some(true) || manner.touch_tip == Some(true);
        if let Some(class) = handling.class.as_ref().filter(|_| fixed.is_some() && tips_only) {
            let message = format!(
                "the class \"{}\" blows out or touches the wall, which the fixed probe {} does not do",
                class.value, handling.pipette.value
            );
            reporter.add(
                error(reporter, "probe-step", &class.span, message).help("use another class for probes"),
            );
        }
        return;
    }
    for named in step.mentions().iter().filter(|m| m.what == Mention::Pipette) {
        if probe(named.name).flatten().is_some() {
            let message = format!(
                "a step do = \"{}\" needs a pipette with tips; {} is a fixed probe",
                step.work.word(),
                named.name.value
            );
            reporter.add(error(reporter, "probe-step", &named.name.span, message));
        }
    }
}

/// System liquid through a probe, inside and outside: nothing, or strokes that the pump is trusted with.
fn strokes(
    scene: &Scene<'_>,
    reporter: &Reporter,
    pipette: &Spanned<String>,
    (inside, outside): (Volume, Volume),
    span: &Range<usize>,
) {
    for volume in [inside, outside].into_iter().filter(|v| v.get() > 0) {
        stroke(scene, reporter, pipette, volume, span);
    }
}

/// A stroke of the pump that its position can tell from none.
fn stroke(
    scene: &Scene<'_>,
    reporter: &Reporter,
    pipette: &Spanned<String>,
    volume: Volume,
    span: &Range<usize>,
) {
    let least = scene.pipette(&pipette.value).map(|(_, p)| p.min_volume);
    if let Some(least) = least.filter(|least| volume < *least) {
        let message = format!(
            "{volume} are less than {} is trusted with ({least}), also of system liquid and air",
            pipette.value
        );
        reporter.add(error(reporter, "pipette-volume", span, message));
    }
}

fn no_probe(reporter: &Reporter, name: &Spanned<String>) {
    let message = format!("{} is no fixed probe: it is not washed or primed", name.value);
    let d = error(reporter, "no-probe", &name.span, message);
    reporter.add(d.help("name a fixed probe of the rig"));
}

/// The bottle over the whole run.
fn lasts(scene: &Scene<'_>, reporter: &Reporter, id: &str, pump: &Pump, uses: &[(usize, Volume)]) {
    let total = uses.iter().fold(Volume::nl(0), |sum, (_, v)| sum.plus(*v));
    let place = |most: Volume| {
        let mut sum = Volume::nl(0);
        let (index, _) = uses.iter().find(|(_, v)| {
            sum = sum.plus(*v);
            sum > most
        })?;
        scene.source.steps.get(*index)
    };
    let bottle = pump.bottle;
    if let Some(step) = place(bottle.volume.minus(bottle.dead)) {
        let message = format!(
            "the bottle of {id} runs empty here: the run draws {total} from it, and {} of its {} cannot be drawn",
            bottle.dead, bottle.volume
        );
        let needed = total.plus(bottle.dead);
        let d = error(reporter, "bottle", &step.id.span, message);
        reporter.add(d.help(format!(
            "have at least {needed} in it and say so in the rig file (`bottle`), or wash and flush with less"
        )));
    }
}

/// Between visits a person empties the drain; within one nobody does.
fn takes(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter, id: &InstrumentId, pump: &Pump) {
    let Some(drain) = pump.drain else { return };
    let visits = visit_washes(scene, walk, id);
    let over = visits.into_iter().find(|(_, volume)| *volume > drain);
    if let Some((index, volume)) = over
        && let Some(step) = scene.source.steps.get(index)
    {
        let message =
            format!("the drain of {id} runs over here: {volume} go into it in one visit; it takes {drain}");
        reporter.add(
            error(reporter, "drain", &step.id.span, message)
                .help("use a larger container, or wash with less"),
        );
    }
}
