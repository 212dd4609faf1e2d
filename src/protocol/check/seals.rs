//! Lids and seals over the run: nothing is pipetted through them, sealed twice, or peeled when there is nothing.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::plate::{OperatorTask, Task};
use crate::protocol::source::{Step, StepWork};
use crate::source::Reporter;
use std::collections::BTreeMap;

/// What covers the plates of a group, by the step that put it there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cover {
    None,
    Lid,
    /// The lid lies in a nest of its own.
    Aside,
    Seal,
}

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    let mut covers: BTreeMap<&str, Cover> = BTreeMap::new();
    for group in &scene.source.groups {
        let cover = match (group.lidded.value, group.sealed.value) {
            (true, true) => {
                let message = format!("\"{}\" has lids and seals at once", group.name.value);
                reporter.add(error(reporter, "covered", &group.sealed.span, message));
                Cover::Seal
            }
            (true, false) => Cover::Lid,
            (false, true) => Cover::Seal,
            (false, false) => Cover::None,
        };
        covers.insert(&group.name.value, cover);
    }
    for step in &scene.source.steps {
        for name in step.pipetted() {
            if covers.get(name.value.as_str()) == Some(&Cover::Seal) {
                let message = format!(
                    "\"{}\" is sealed when the liquid handler works on it here",
                    name.value
                );
                reporter.add(
                    error(reporter, "sealed", &name.span, message)
                        .help("add a step with do = \"peel\" before"),
                );
                covers.insert(&name.value, Cover::None);
            }
        }
        let each = match &step.work {
            StepWork::Station(s) => &s.each,
            StepWork::Unlid(u) => &u.each,
            StepWork::Lid(l) => &l.each,
            StepWork::Operator(o) => match &o.task {
                OperatorTask::Load(each) | OperatorTask::Empty(each) => each,
                OperatorTask::Replace(_) => continue,
            },
            _ => continue,
        };
        let Some(now) = covers.get_mut(each.value.as_str()) else {
            continue;
        };
        let Some((next, complaint)) = after(step, *now) else {
            continue;
        };
        *now = next;
        if let Some(complaint) = complaint {
            let message = complaint.replace("{}", &each.value);
            reporter.add(error(reporter, "covered", &each.span, message));
        }
    }
}

/// What covers plates after a step, and what is wrong with it.
fn after(step: &Step, now: Cover) -> Option<(Cover, Option<String>)> {
    let wrong = |text: &str| Some(text.to_owned());
    Some(match (&step.work, now) {
        (StepWork::Station(s), _) => match (&s.task, now) {
            (Task::Seal { .. }, Cover::Lid) => (
                Cover::Seal,
                wrong("\"{}\" has lids on when it is sealed here; add a step with do = \"unlid\" before"),
            ),
            (Task::Seal { .. }, Cover::Seal) => (Cover::Seal, wrong("\"{}\" is sealed already")),
            (Task::Seal { .. }, _) => (Cover::Seal, None),
            (Task::Peel, Cover::Seal) => (Cover::None, None),
            (Task::Peel, _) => (now, wrong("\"{}\" has no seal that could be peeled off here")),
            (Task::Centrifuge { .. } | Task::Thermocycle { .. }, Cover::Lid) => (
                now,
                wrong(
                    "\"{}\" has loose lids on here; add steps with do = \"unlid\" and do = \"seal\" before",
                ),
            ),
            (Task::Centrifuge { .. }, Cover::None | Cover::Aside) => (
                now,
                wrong("\"{}\" is spun with open wells; add a step with do = \"seal\" before"),
            ),
            _ => (now, None),
        },
        (StepWork::Unlid(_), Cover::Lid) => (Cover::Aside, None),
        (StepWork::Unlid(_), _) => (now, wrong("\"{}\" has no lids on here")),
        (StepWork::Lid(_), Cover::Aside) => (Cover::Lid, None),
        (StepWork::Lid(_), Cover::Seal) => {
            (now, wrong("\"{}\" is sealed here; peel it before its lids go on"))
        }
        (StepWork::Lid(_), _) => (now, wrong("no lids of \"{}\" were laid aside")),
        _ => return None,
    })
}
