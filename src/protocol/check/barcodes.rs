//! Barcodes are unique, and somebody reads them.

use super::report::error;
use crate::protocol::moves::Walk;
use crate::protocol::scene::Scene;
use crate::protocol::source::plate::Task;
use crate::protocol::source::{Barcode, StepWork};
use crate::source::Reporter;
use std::collections::BTreeMap;

pub(super) fn check(scene: &Scene<'_>, _: &Walk<'_>, reporter: &Reporter) {
    let mut seen = BTreeMap::new();
    for (id, info) in &scene.plates {
        let Some(Barcode::Required(barcode)) = &info.group.barcode else {
            continue;
        };
        let text = barcode.value.replace("{n}", &info.number.to_string());
        let own = &info.group.name.value;
        match seen.get(&text) {
            Some((other, group)) if *group != own => {
                let message = format!("{id} and {other} would have the same barcode \"{text}\"");
                reporter.add(error(reporter, "barcode", &barcode.span, message));
            }
            _ => {
                seen.insert(text, (id, own));
            }
        }
    }
    for group in &scene.source.groups {
        let span = match &group.barcode {
            None => continue,
            Some(Barcode::Scanned(span)) => span,
            Some(Barcode::Required(barcode)) => {
                let several = group.count.as_ref().is_some_and(|c| c.value > 1);
                if several && !barcode.value.contains("{n}") {
                    let message = "every plate of the group would have this same barcode";
                    reporter.add(
                        error(reporter, "barcode", &barcode.span, message)
                            .help("put the plate's number into it: {n}"),
                    );
                }
                &barcode.span
            }
        };
        let scanned = scene.source.steps.iter().any(|s| match &s.work {
            StepWork::Station(s) => matches!(s.task, Task::Scan) && s.each.value == group.name.value,
            _ => false,
        });
        let plates = scene.plates_of(&group.name.value).iter();
        let incubator = plates
            .filter_map(|p| scene.plates.get(p)?.rest.as_ref())
            .find_map(|nest| scene.slot_of(nest))
            .and_then(|id| scene.incubator(id.as_str()));
        if let Some((id, incubator)) = incubator
            && !incubator.barcode_reader
            && !scanned
        {
            let message = format!("{id} has no barcode reader: nobody will read this barcode");
            reporter.add(error(reporter, "barcode", span, message).warning());
        } else if matches!(group.barcode, Some(Barcode::Scanned(_))) && !scanned {
            let message = format!("no step reads the barcodes of \"{}\"", group.name.value);
            reporter.add(error(reporter, "barcode", span, message).help("add a step with do = \"scan\""));
        }
    }
}
