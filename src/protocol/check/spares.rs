//! Failed picks are found by a reading that comes after them, and picked again from spare colonies that there are.

use super::report::error;
use crate::plan::PlateId;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::data::FailedPicks;
use crate::protocol::source::liquid::PickColonies;
use crate::protocol::source::{Spanned, Step, StepWork};
use crate::source::Reporter;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    for step in &scene.source.steps {
        match &step.work {
            StepWork::FailedPicks(f) => selection(scene, reporter, f),
            StepWork::PickColonies(p) => match &p.failed {
                Some(failed) => again(scene, reporter, p, failed),
                None => unused(scene, reporter, step, p),
            },
            _ => {}
        }
    }
}

fn wrong_step(reporter: &Reporter, name: &Spanned<String>, step: &Step, wanted: &str) {
    let message = format!(
        "step \"{}\" does \"{}\"; {wanted} belongs here",
        name.value,
        step.work.word()
    );
    reporter.add(error(reporter, "wrong-step", &name.span, message).other(step.id.span.clone(), "the step"));
}

/// A selection of failed picks: a pick, then readings of the wells that it picked into.
fn selection(scene: &Scene<'_>, reporter: &Reporter, f: &FailedPicks) {
    let (Some((picked, pick)), Some((read, reading))) =
        (scene.step(&f.picks.value), scene.step(&f.readings.value))
    else {
        return;
    };
    let StepWork::PickColonies(p) = &pick.work else {
        wrong_step(reporter, &f.picks, pick, "a step that picks colonies");
        return;
    };
    if p.failed.is_some() {
        let message = format!(
            "step \"{}\" picks again; the step that picked first belongs here",
            f.picks.value
        );
        let d = error(reporter, "wrong-step", &f.picks.span, message);
        reporter.add(d.help("every well is judged by the colony that was picked into it last"));
        return;
    }
    let StepWork::Read(r) = &reading.work else {
        wrong_step(reporter, &f.readings, reading, "a step that reads");
        return;
    };
    let wrong = |message: String| reporter.add(error(reporter, "readings", &f.readings.span, message));
    if !r.absorbance() {
        wrong("whether a colony grew is told by absorbance, which this step does not read".to_owned());
    }
    if read < picked {
        wrong(format!(
            "step \"{}\" reads before step \"{}\" picks",
            f.readings.value, f.picks.value
        ));
    }
    let seen: BTreeSet<&PlateId> = scene.plates_of(&r.each.value).iter().collect();
    let made = scene.picks(p).made;
    if let Some((_, plate, _)) = made.iter().find(|(_, plate, _)| !seen.contains(plate)) {
        wrong(format!(
            "step \"{}\" does not read {plate}, which step \"{}\" picks into",
            f.readings.value, f.picks.value
        ));
    }
}

/// A step that picks again: from and to the plates of the first pick, from spare colonies of its list.
fn again(scene: &Scene<'_>, reporter: &Reporter, p: &PickColonies, failed: &Spanned<String>) {
    let Some((_, step)) = scene.step(&failed.value) else {
        return;
    };
    let StepWork::FailedPicks(select) = &step.work else {
        wrong_step(reporter, failed, step, "a selection of failed picks");
        return;
    };
    let Some((_, first)) = scene.picked_by(&failed.value) else {
        return;
    };
    for (here, there) in [(&p.from, &first.from), (&p.to, &first.to)] {
        if here.value != there.value {
            let message = format!(
                "step \"{}\" named \"{}\" where this one names \"{}\"",
                select.picks.value, there.value, here.value
            );
            let d = error(reporter, "spares", &here.span, message);
            reporter.add(d.help("what failed is picked again from and to the same plates"));
        }
    }
    let picks = scene.picks(first);
    let count = |plates: Vec<&PlateId>| {
        let mut of: BTreeMap<PlateId, usize> = BTreeMap::new();
        for plate in plates {
            *of.entry(plate.clone()).or_default() += 1;
        }
        of
    };
    let made = count(picks.made.iter().map(|(colony, ..)| &colony.plate).collect());
    let spares = count(picks.spares.iter().map(|colony| &colony.plate).collect());
    if !made.is_empty() && !made.keys().any(|plate| spares.contains_key(plate)) {
        let message = format!(
            "the list of step \"{}\" has no spare colony that could be picked",
            select.picks.value
        );
        let d = error(reporter, "spares", &failed.span, message);
        reporter.add(d.help("rows with nothing under `to` are spares"));
        return;
    }
    for (plate, picks) in made {
        let left = spares.get(&plate).copied().unwrap_or(0);
        if left < picks {
            let message = format!(
                "{picks} picks from {plate} may fail and its spare colonies are {left}: of more failures, the last \
                 wells stay without a colony"
            );
            let d = error(reporter, "spares", &failed.span, message).warning();
            reporter.add(
                d.help("add rows with nothing under `to`, or go on: the run says which wells these are"),
            );
        }
    }
}

/// Spares of a list that no step picks from; a well may have been forgotten.
fn unused(scene: &Scene<'_>, reporter: &Reporter, step: &Step, p: &PickColonies) {
    let Some(spare) = p.colonies.iter().find(|c| c.to.is_none()) else {
        return;
    };
    let used = scene.source.steps.iter().any(|other| match &other.work {
        StepWork::PickColonies(again) => again
            .failed
            .as_ref()
            .and_then(|f| scene.step(&f.value))
            .is_some_and(
                |(_, s)| matches!(&s.work, StepWork::FailedPicks(f) if f.picks.value == step.id.value),
            ),
        _ => false,
    });
    if !used {
        let message = "this row has nothing under `to`, which makes it a spare that no step picks".to_owned();
        let d = error(reporter, "spares", &spare.span, message);
        reporter.add(d.help(
            "give it a well, or pick what failed again: do = \"select\" with method = \"failed_picks\", then \
             do = \"pick_colonies\" with `failed`",
        ));
    }
}
