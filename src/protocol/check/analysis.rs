//! Analyses get what they need: readings that are readings, enough of them, a reference, blanks, room for picks.

use super::report::error;
use crate::plan::Role;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::data::{Growth, Read, Select};
use crate::protocol::source::liquid::Pick;
use crate::protocol::source::{Step, StepWork};
use crate::source::{Reporter, Spanned};
use std::collections::BTreeSet;

pub(super) fn check(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    for step in &scene.source.steps {
        match &step.work {
            StepWork::Growth(g) => growth(scene, walk, reporter, g),
            StepWork::Endpoint(e) => {
                let Some(read) = readings(scene, reporter, &e.readings) else {
                    continue;
                };
                if read.reads() < 2 {
                    let message = "an endpoint analysis compares first and last read; there is one read only";
                    reporter.add(error(reporter, "readings", &e.readings.span, message));
                }
                if scene.plates_of(&read.each.value).len() > 1 {
                    let message = format!(
                        "an endpoint analysis is about one plate; \"{}\" has more",
                        read.each.value
                    );
                    reporter.add(error(reporter, "readings", &e.readings.span, message));
                }
            }
            StepWork::Select(s) => select(scene, walk, reporter, s),
            StepWork::Pick(p) => pick(scene, reporter, p),
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

fn readings<'s>(scene: &Scene<'s>, reporter: &Reporter, name: &Spanned<String>) -> Option<&'s Read> {
    let (_, step) = scene.step(&name.value)?;
    if let StepWork::Read(read) = &step.work {
        return Some(read);
    }
    wrong_step(reporter, name, step, "a step that reads");
    None
}

fn growth(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter, g: &Growth) {
    let Some(read) = readings(scene, reporter, &g.readings) else {
        return;
    };
    if !read.absorbance() {
        let message = "growth is judged by absorbance, which this step does not read";
        reporter.add(error(reporter, "readings", &g.readings.span, message));
    }
    if read.reads() < u64::from(g.window) {
        let message = format!(
            "windows of {} points need as many reads; there are {}",
            g.window,
            read.reads()
        );
        reporter.add(error(reporter, "readings", &g.readings.span, message));
    }
    for plate in scene.plates_of(&read.each.value) {
        if !has(walk, plate, Role::Blank) {
            let message = format!("{plate} has no blank, which growth rates need");
            let help = "name wells with medium alone in the layout and list that name under `blanks`";
            reporter.add(error(reporter, "no-blank", &g.readings.span, message).help(help));
            return;
        }
    }
}

fn has(walk: &Walk<'_>, plate: &crate::plan::PlateId, role: Role) -> bool {
    walk.samples
        .get(plate)
        .is_some_and(|s| s.values().any(|s| s.role == role))
}

fn select(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter, s: &Select) {
    let Some((_, step)) = scene.step(&s.rates.value) else {
        return;
    };
    let StepWork::Growth(growth) = &step.work else {
        wrong_step(reporter, &s.rates, step, "a growth analysis");
        return;
    };
    if let Some((_, read)) = scene.step(&growth.readings.value)
        && let StepWork::Read(read) = &read.work
        && let Some(plate) = scene
            .plates_of(&read.each.value)
            .iter()
            .find(|p| !has(walk, p, Role::Reference))
    {
        let message = format!("{plate} has no reference that strains could be compared with");
        let help = "list the parent's name under `references` of the layout";
        reporter.add(error(reporter, "no-reference", &s.rates.span, message).help(help));
    }
    for group in [&s.source, &s.target] {
        if scene.plates_of(&group.value).len() > 1 {
            let message = format!(
                "picking goes from one plate to one plate; \"{}\" has more",
                group.value
            );
            reporter.add(error(reporter, "one-plate", &group.span, message));
        }
    }
    if s.source.value == s.target.value {
        reporter.add(error(
            reporter,
            "same-plate",
            &s.target.span,
            "picks cannot go to the plate they come from",
        ));
    }
    let strains = scene.single(&s.source.value).and_then(|p| walk.samples.get(p));
    let names: BTreeSet<_> = strains
        .into_iter()
        .flatten()
        .filter_map(|(_, s)| s.strain.as_ref())
        .collect();
    if scene.single(&s.source.value).is_some() && names.is_empty() {
        let message = format!("no strain is known in \"{}\"", s.source.value);
        reporter.add(error(reporter, "no-strains", &s.source.span, message).help("give it a `layout`"));
    }
    let target = scene
        .group(&s.target.value)
        .and_then(|g| scene.library.get(&g.labware.value));
    let wells = target.map_or(u64::MAX, |l| u64::try_from(l.well_count()).unwrap_or(u64::MAX));
    if s.most_picks() > wells {
        let (hits, times, references) = (s.at_most, s.replicates.value, s.references.value);
        let message = format!(
            "{hits} hits × {times} + {references} of the reference = {} wells; \"{}\" has {wells}",
            s.most_picks(),
            s.target.value
        );
        reporter.add(error(reporter, "too-many-picks", &s.replicates.span, message));
    }
}

fn pick(scene: &Scene<'_>, reporter: &Reporter, p: &Pick) {
    if let Some((_, step)) = scene.step(&p.select.value)
        && !matches!(step.work, StepWork::Select(_))
    {
        wrong_step(reporter, &p.select, step, "a selection");
    }
}
