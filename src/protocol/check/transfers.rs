//! Transfers go from one plate to others, between columns that are there.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::StepWork;
use crate::source::{Reporter, Spanned};

pub(super) fn check(scene: &Scene<'_>, _: &Walk, reporter: &Reporter) {
    for step in &scene.source.steps {
        match &step.work {
            StepWork::Distribute(d) => columns(scene, reporter, d.columns.as_ref(), &d.to.value),
            StepWork::Transfer(t) => {
                columns(scene, reporter, t.columns.as_ref(), &t.from.value);
                if t.from.value == t.to.value {
                    let message = "a transfer goes from one group of plates to another";
                    reporter.add(error(reporter, "same-plate", &t.to.span, message));
                } else if scene.plates_of(&t.from.value).len() > 1 {
                    let message = format!("a transfer has one source plate; \"{}\" has more", t.from.value);
                    reporter.add(error(reporter, "one-plate", &t.from.span, message));
                }
                let count = scene.plates_of(&t.to.value).len();
                let fixed = scene.group(&t.to.value).is_some_and(|g| !g.counted_by_parameter);
                for number in &t.reverse_columns_on {
                    // A group whose size is a parameter may be smaller than the list is made for.
                    let beyond = usize::try_from(number.value).is_ok_and(|n| n > count);
                    if beyond && fixed {
                        let message = format!("there is no plate {} in \"{}\"", number.value, t.to.value);
                        reporter.add(error(reporter, "no-plate", &number.span, message));
                    }
                }
                size(scene, reporter, &t.from, &t.to);
            }
            _ => {}
        }
    }
}

fn columns(scene: &Scene<'_>, reporter: &Reporter, columns: Option<&Spanned<Vec<u8>>>, group: &str) {
    let Some(columns) = columns else { return };
    let Some(labware) = scene
        .group(group)
        .and_then(|g| scene.library.get(&g.labware.value))
    else {
        return;
    };
    if columns.value.is_empty() {
        reporter.add(
            error(reporter, "columns", &columns.span, "no column is named")
                .help("leave `columns` out for all"),
        );
    }
    if let Some(column) = columns.value.iter().find(|c| **c >= labware.columns) {
        let message = format!("{} has no column {}", labware.name, u16::from(*column) + 1);
        let help = format!("columns are 1 to {}", labware.columns);
        reporter.add(error(reporter, "unknown-well", &columns.span, message).help(help));
    }
    let mut sorted = columns.value.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() != columns.value.len() {
        reporter.add(error(
            reporter,
            "columns",
            &columns.span,
            "a column is named twice",
        ));
    }
}

fn size(scene: &Scene<'_>, reporter: &Reporter, from: &Spanned<String>, to: &Spanned<String>) {
    let labware = |name: &str| {
        scene
            .group(name)
            .and_then(|g| scene.library.get(&g.labware.value))
    };
    let (Some(a), Some(b)) = (labware(&from.value), labware(&to.value)) else {
        return;
    };
    if (a.rows, a.columns) != (b.rows, b.columns) {
        let message = format!(
            "{} has {}×{} wells, {} has {}×{}",
            a.name, a.rows, a.columns, b.name, b.rows, b.columns
        );
        reporter.add(
            error(reporter, "plate-size", &to.span, message).help("transfers go between plates of one size"),
        );
    }
}
