//! A layout fits its plate, and a plate with a layout says what is in it.

use super::report::error;
use crate::plan::Role;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::Names;
use crate::source::Reporter;

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    for group in &scene.source.groups {
        let Some(name) = &group.layout else {
            if let Some(od) = &group.od {
                let message = format!(
                    "\"{}\" has cells but no layout that says which strains they are",
                    group.name.value
                );
                let d = error(reporter, "no-layout", &od.span, message);
                reporter.add(d.help("add `layout`, or leave `od` out"));
            }
            let half = match (&group.liquid, &group.volume) {
                (Some(liquid), None) => Some((&liquid.span, "volume")),
                (None, Some(volume)) => Some((&volume.span, "liquid")),
                _ => None,
            };
            if let Some((span, other)) = half {
                let message = format!("\"{}\" does not say what its wells hold", group.name.value);
                reporter.add(error(reporter, "no-contents", span, message).help(format!("add `{other}`")));
            }
            continue;
        };
        let Some(layout) = scene.source.layouts.get(&name.value) else {
            continue;
        };
        if let Some(labware) = scene.library.get(&group.labware.value) {
            let size = (usize::from(labware.rows), usize::from(labware.columns));
            if let Some(well) = layout
                .wells
                .keys()
                .find(|w| layout.size.is_none() && !labware.has(**w))
            {
                let message = format!(
                    "the plate map of \"{}\" names {well}; {} has no such well",
                    name.value, labware.name
                );
                reporter.add(error(reporter, "layout-size", &name.span, message));
            }
            if let Some((rows, columns)) = layout.size.filter(|s| *s != size) {
                let message = format!(
                    "layout \"{}\" has {rows} rows of {columns}; {} has {} of {}",
                    name.value, labware.name, size.0, size.1
                );
                let d = error(reporter, "layout-size", &name.span, message);
                reporter.add(
                    d.other(layout.span.clone(), "the layout")
                        .help("write \"-\" for an empty well"),
                );
            }
        }
        let named = layout.names == Names::Liquids || group.liquid.is_some();
        if !named || group.volume.is_none() {
            let message = format!(
                "\"{}\" has a layout but does not say what its wells hold",
                group.name.value
            );
            reporter
                .add(error(reporter, "no-contents", &name.span, message).help("add `liquid` and `volume`"));
        }
        let living =
            layout.names == Names::Strains && layout.wells.values().any(|(_, role)| *role != Role::Blank);
        if living && group.od.is_none() {
            let message = format!("the strains in \"{}\" have no cell density", group.name.value);
            reporter
                .add(error(reporter, "no-density", &name.span, message).help("add `od`, as OD600 at 1 cm"));
        }
    }
}
