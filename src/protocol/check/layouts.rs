//! A layout fits its plate, and a plate with a layout says what is in it.

use super::report::error;
use crate::plan::Role;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::source::Reporter;

pub(super) fn check(scene: &Scene<'_>, _: &Walk, reporter: &Reporter) {
    for group in &scene.source.groups {
        let Some(name) = &group.layout else {
            let stray = [
                group.liquid.as_ref().map(|v| &v.span),
                group.volume.as_ref().map(|v| &v.span),
                group.od.as_ref().map(|v| &v.span),
            ];
            if let Some(span) = stray.into_iter().flatten().next() {
                let message = format!(
                    "\"{}\" has contents but no layout that says in which wells",
                    group.name.value
                );
                reporter.add(
                    error(reporter, "no-layout", span, message)
                        .help("add `layout`, or leave the contents out"),
                );
            }
            continue;
        };
        let Some(layout) = scene.source.layouts.get(&name.value) else {
            continue;
        };
        if let Some(labware) = scene.library.get(&group.labware.value) {
            let size = (usize::from(labware.rows), usize::from(labware.columns));
            if layout.size != size {
                let message = format!(
                    "layout \"{}\" has {} rows of {}; {} has {} of {}",
                    name.value, layout.size.0, layout.size.1, labware.name, size.0, size.1
                );
                let d = error(reporter, "layout-size", &name.span, message);
                reporter.add(
                    d.other(layout.span.clone(), "the layout")
                        .help("write \"-\" for an empty well"),
                );
            }
        }
        if group.liquid.is_none() || group.volume.is_none() {
            let message = format!(
                "\"{}\" has a layout but does not say what its wells hold",
                group.name.value
            );
            reporter
                .add(error(reporter, "no-contents", &name.span, message).help("add `liquid` and `volume`"));
        }
        let living = layout.wells.values().any(|(_, role)| *role != Role::Blank);
        if living && group.od.is_none() {
            let message = format!("the strains in \"{}\" have no cell density", group.name.value);
            reporter
                .add(error(reporter, "no-density", &name.span, message).help("add `od`, as OD600 at 1 cm"));
        }
    }
}
