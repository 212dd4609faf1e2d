//! Transfers go between plates that belong together, and wells that are there.

use super::report::error;
use crate::labware::{Kind, Labware, Well};
use crate::protocol::moves::Walk;
use crate::protocol::scene::{Placed, Scene, Unseen};
use crate::protocol::source::liquid::{List, PickColonies, Stamp, Tips, Transfer, Wells, Which};
use crate::protocol::source::{Spanned, StepWork};
use crate::source::Reporter;
use crate::units::Length;

/// Agar is higher or lower than it was poured by this at most.
const AGAR_DIFFERS: Length = Length::um(2_000);

pub(super) fn check(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    let judge = Judge {
        scene,
        walk,
        reporter,
    };
    for step in &scene.source.steps {
        match &step.work {
            StepWork::Distribute(d) => {
                judge.wells(&d.wells, &d.to.value);
                judge.one(&d.from.name);
                if let Some(excess) = d.excess.as_ref().filter(|_| d.handling.tips.value == Tips::New) {
                    let message =
                        "with fresh tips for every well there is one dispense per aspirate, and no excess";
                    let d = error(reporter, "class", &excess.span, message);
                    reporter.add(d.help("leave `excess` out, or let wells share tips"));
                }
                if d.excess.is_some() && judge.scene.manner(&d.handling).air_gap.is_some() {
                    let message = "an air gap does not go with several dispenses per aspirate";
                    let span = d.excess.as_ref().map_or(&d.to.span, |e| &e.span);
                    let d = error(reporter, "class", span, message);
                    reporter.add(d.help("leave `excess` out, or use a class without `air_gap`"));
                }
            }
            StepWork::Transfer(t) => judge.transfer(t),
            StepWork::Consolidate(c) => {
                judge.wells(&c.wells, &c.from.value);
                judge.one(&c.to.name);
            }
            StepWork::Stamp(s) => judge.stamp(s),
            StepWork::Dilute(d) => {
                judge.columns(&d.columns, &d.each.value);
                if d.columns.value.len() < 2 {
                    let message = "a dilution series goes over at least two columns";
                    reporter.add(error(reporter, "columns", &d.columns.span, message));
                }
            }
            StepWork::Mix(m) => judge.wells(&m.wells, &m.each.value),
            StepWork::Spot(s) => {
                judge.wells(&s.wells, &s.from.value);
                judge.pairs(&s.from, &s.to);
                judge.agar(&s.to);
            }
            StepWork::PickColonies(p) => judge.colonies(p),
            _ => {}
        }
    }
}

struct Judge<'s, 'a> {
    scene: &'s Scene<'a>,
    walk: &'s Walk<'a>,
    reporter: &'s Reporter,
}

impl<'a> Judge<'_, 'a> {
    fn count(&self, name: &str) -> usize {
        match self.scene.plates_of(name).len() {
            0 => usize::from(self.scene.holder(name).is_some()),
            plates => plates,
        }
    }

    /// One source for all, or as many sources as destinations.
    fn pairs(&self, from: &Spanned<String>, to: &Spanned<String>) {
        if from.value == to.value {
            let message = "a transfer goes from one group of plates to another";
            self.reporter
                .add(error(self.reporter, "same-plate", &to.span, message));
            return;
        }
        let (sources, targets) = (self.count(&from.value), self.count(&to.value));
        if sources > 1 && targets > 0 && sources != targets {
            let message = format!(
                "{sources} of \"{}\" and {targets} of \"{}\" make no pairs",
                from.value, to.value
            );
            let help = "one source plate fills all, or there are as many sources as destinations; a `list` says more";
            self.reporter
                .add(error(self.reporter, "pairs", &from.span, message).help(help));
        }
    }

    fn one(&self, name: &Spanned<String>) {
        if self.count(&name.value) > 1 {
            let message = format!("one plate or piece belongs here; \"{}\" has more", name.value);
            self.reporter
                .add(error(self.reporter, "one-plate", &name.span, message));
        }
    }

    fn transfer(&self, t: &Transfer) {
        match &t.which {
            Which::Same {
                wells,
                reverse_columns_on,
                ..
            } => {
                self.wells(wells, &t.from.value);
                self.pairs(&t.from, &t.to);
                let count = self.scene.plates_of(&t.to.value).len();
                let fixed = self
                    .scene
                    .group(&t.to.value)
                    .is_some_and(|g| !g.counted_by_parameter);
                for number in reverse_columns_on {
                    // A group whose size is a parameter may be smaller than the list is made for.
                    let beyond = usize::try_from(number.value).is_ok_and(|n| n > count);
                    if beyond && fixed {
                        let message = format!("there is no plate {} in \"{}\"", number.value, t.to.value);
                        self.reporter
                            .add(error(self.reporter, "no-plate", &number.span, message));
                    }
                }
                self.size(&t.from, &t.to);
            }
            Which::Listed(list) => self.list(t, list),
        }
    }

    /// The plate of a row: named in it, or the only one of the step.
    fn row_plate(
        &self,
        named: Option<&String>,
        usual: &Spanned<String>,
        span: &std::ops::Range<usize>,
    ) -> Option<&'a Labware> {
        match named {
            Some(name) => {
                let found = self
                    .walk
                    .vessels
                    .named(name)
                    .and_then(|v| self.walk.vessels.get(v));
                if found.is_none() {
                    let message = format!("there is no plate or piece \"{name}\"");
                    self.reporter.add(error(self.reporter, "list-row", span, message));
                }
                found.map(|v| v.labware)
            }
            None if self.count(&usual.value) == 1 => self.scene.labware_of(&usual.value),
            None => {
                let message = format!("\"{}\" has several plates: this row must say which", usual.value);
                self.reporter.add(error(self.reporter, "list-row", span, message));
                None
            }
        }
    }

    fn row_well(&self, labware: Option<&Labware>, well: Well, span: &std::ops::Range<usize>) -> bool {
        let Some(labware) = labware.filter(|l| !l.has(well)) else {
            return true;
        };
        let message = format!("{} has no well {well}", labware.name);
        self.reporter.add(error(self.reporter, "list-row", span, message));
        false
    }

    fn list(&self, t: &Transfer, list: &List) {
        let known = |name: &str| self.scene.group(name).is_some() || self.scene.piece(name).is_some();
        if !known(&t.from.value) || !known(&t.to.value) {
            return;
        }
        for row in &list.rows {
            let from = self.row_plate(row.from_plate.as_ref(), &t.from, &row.span);
            let to = self.row_plate(row.to_plate.as_ref(), &t.to, &row.span);
            let sound = self.row_well(from, row.from, &row.span) && self.row_well(to, row.to, &row.span);
            if !sound {
                // One row that is wrong often means that all are.
                return;
            }
        }
    }

    fn colonies(&self, p: &PickColonies) {
        self.agar(&p.from);
        if p.failed.is_some() {
            return;
        }
        if self.scene.group(&p.from.value).is_none() || self.scene.group(&p.to.value).is_none() {
            return;
        }
        let (placed, unseen) = self.scene.placed(p);
        for Unseen { plate, span, why } in unseen {
            let plate = plate.unwrap_or(&p.from.value);
            let message = format!("the image of \"{plate}\": {why}");
            self.reporter
                .add(error(self.reporter, "fiducials", span, message));
        }
        for Placed {
            colony,
            x: at_x,
            y: at_y,
            ..
        } in placed
        {
            let from = self.row_plate(colony.plate.as_ref(), &p.from, &colony.span);
            let to = self.row_plate(colony.to_plate.as_ref(), &p.to, &colony.span);
            if colony
                .to
                .is_some_and(|well| !self.row_well(to, well, &colony.span))
            {
                return;
            }
            let Some(agar) = from else { return };
            let centre = agar.centre(Well::new(0, 0));
            let (x, y) = agar.geometry.shape.extent();
            let out = |at: crate::units::Length, centre: crate::units::Length, size: crate::units::Length| {
                at.minus(centre).as_mm().abs() > size.as_mm() / 2.0 - 2.0
            };
            if out(at_x, centre.0, x) || out(at_y, centre.1, y) {
                let message = format!(
                    "a colony at {}, {} is not on the agar of {}",
                    at_x, at_y, agar.name
                );
                self.reporter
                    .add(error(self.reporter, "list-row", &colony.span, message));
                return;
            }
            let poured = agar.floor();
            if let Some(height) = colony.agar
                && (height.minus(poured).as_mm().abs() > AGAR_DIFFERS.as_mm()
                    || height > agar.geometry.well_depth)
            {
                let message = format!(
                    "agar of {height} here, where {} has {poured}: it differs by {AGAR_DIFFERS} at most",
                    agar.name
                );
                self.reporter
                    .add(error(self.reporter, "list-row", &colony.span, message));
                return;
            }
        }
    }

    /// Plates of agar.
    fn agar(&self, name: &Spanned<String>) {
        let labware = self.scene.labware_of(&name.value);
        if let Some(labware) = labware.filter(|l| l.kind != Kind::AgarPlate || l.well_count() != 1) {
            let message = format!("\"{}\" is {}, not one field of agar", name.value, labware.name);
            let d = error(self.reporter, "agar", &name.span, message);
            self.reporter
                .add(d.help("use labware of kind `agar_plate` with one well"));
        }
    }

    fn stamp(&self, s: &Stamp) {
        let (Some(a), Some(b)) = (
            self.scene.labware_of(&s.from.value),
            self.scene.labware_of(&s.to.value),
        ) else {
            return;
        };
        let twice = |small: &Labware, large: &Labware| {
            small.rows.checked_mul(2) == Some(large.rows)
                && small.columns.checked_mul(2) == Some(large.columns)
        };
        if !twice(a, b) && !twice(b, a) {
            let message = format!(
                "stamping goes between plates of which one has twice the rows and columns; {} has {}×{}, {} has {}×{}",
                a.name, a.rows, a.columns, b.name, b.rows, b.columns
            );
            self.reporter
                .add(error(self.reporter, "plate-size", &s.to.span, message));
            return;
        }
        let (small, large) = if twice(a, b) {
            (&s.from, &s.to)
        } else {
            (&s.to, &s.from)
        };
        let (few, many) = (self.count(&large.value), self.count(&small.value));
        let fits = match &s.quadrant {
            Some(_) => few == many || few == 1,
            None => many.div_ceil(4) <= few,
        };
        if !fits {
            let message = format!(
                "{many} of \"{}\" do not go with {few} of \"{}\"",
                small.value, large.value
            );
            let help = "four plates go into one, a quadrant each; with `quadrant`, one into one";
            self.reporter
                .add(error(self.reporter, "pairs", &small.span, message).help(help));
        }
    }

    fn wells(&self, wells: &Wells, group: &str) {
        match wells {
            Wells::All => {}
            Wells::Columns(columns) => self.columns(columns, group),
            Wells::Wells(wells) => {
                let Some(labware) = self.scene.labware_of(group) else {
                    return;
                };
                if wells.value.is_empty() {
                    let d = error(self.reporter, "columns", &wells.span, "no well is named");
                    self.reporter.add(d.help("leave `wells` out for all"));
                }
                if let Some(well) = wells.value.iter().find(|w| !labware.has(**w)) {
                    let message = format!("{} has no well {well}", labware.name);
                    self.reporter
                        .add(error(self.reporter, "unknown-well", &wells.span, message));
                }
                let mut sorted = wells.value.clone();
                sorted.sort_unstable();
                sorted.dedup();
                if sorted.len() != wells.value.len() {
                    let message = "a well is named twice";
                    self.reporter
                        .add(error(self.reporter, "columns", &wells.span, message));
                }
            }
        }
    }

    fn columns(&self, columns: &Spanned<Vec<u8>>, group: &str) {
        let Some(labware) = self.scene.labware_of(group) else {
            return;
        };
        if columns.value.is_empty() {
            self.reporter.add(
                error(self.reporter, "columns", &columns.span, "no column is named")
                    .help("leave `columns` out for all"),
            );
        }
        if let Some(column) = columns.value.iter().find(|c| **c >= labware.columns) {
            let message = format!("{} has no column {}", labware.name, u16::from(*column) + 1);
            let help = format!("columns are 1 to {}", labware.columns);
            self.reporter
                .add(error(self.reporter, "unknown-well", &columns.span, message).help(help));
        }
        let mut sorted = columns.value.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.len() != columns.value.len() {
            self.reporter.add(error(
                self.reporter,
                "columns",
                &columns.span,
                "a column is named twice",
            ));
        }
    }

    fn size(&self, from: &Spanned<String>, to: &Spanned<String>) {
        let (Some(a), Some(b)) = (
            self.scene.labware_of(&from.value),
            self.scene.labware_of(&to.value),
        ) else {
            return;
        };
        if (a.rows, a.columns) != (b.rows, b.columns) {
            let message = format!(
                "{} has {}×{} wells, {} has {}×{}",
                a.name, a.rows, a.columns, b.name, b.rows, b.columns
            );
            self.reporter.add(
                error(self.reporter, "plate-size", &to.span, message)
                    .help("transfers go between plates of one size; `stamp` goes between 96 and 384 wells, a `list` anywhere"),
            );
        }
    }
}
