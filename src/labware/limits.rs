//! What no labware can be, whatever file says it.

use super::{Form, Kind, Labware, Section};
use crate::units::{Length, Volume};

/// Nothing on a bench is longer; with it no sum of lengths leaves its type.
pub(super) const LONGEST: Length = Length::um(1_000_000);
/// No vessel holds more.
const LARGEST: Volume = Volume::nl(10_000_000_000);
/// Longest name and title, in bytes.
const LONGEST_TEXT: usize = 200;
/// Drawings are rounded: lengths that must agree may differ by this much.
const ROUNDING: Length = Length::um(500);
/// A capacity may exceed the geometry by this part of it: makers round, and menisci stand above rims.
const CAPACITY_MARGIN: i64 = 20;

/// A problem, at a key of the TOML format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// As "labware.capacity".
    pub key: &'static str,
    /// Stable code.
    pub code: &'static str,
    /// One sentence without a full stop.
    pub message: String,
}

/// Every problem of a definition; those of shape and place only when all figures are of this world.
pub(super) fn judge(labware: &Labware) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut add = |key, code, message: String| found.push(Problem { key, code, message });
    names(labware, &mut add);
    let figures = ranges(labware, &mut add);
    if figures {
        places(labware, &mut add);
        volumes(labware, &mut add);
        parts(labware, &mut add);
    }
    found
}

type Add<'a> = dyn FnMut(&'static str, &'static str, String) + 'a;

fn names(labware: &Labware, add: &mut Add<'_>) {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if labware.name.is_empty() || labware.name.len() > LONGEST_TEXT || !labware.name.chars().all(plain) {
        let message = "a name has letters, digits, `-`, `_` and `.`, at most 200 of them";
        add("labware.name", "labware-name", message.to_owned());
    }
    if labware.title.len() > LONGEST_TEXT {
        let message = "a title is at most 200 bytes long";
        add("labware.title", "labware-name", message.to_owned());
    }
}

/// Whether every figure is in range.
fn ranges(labware: &Labware, add: &mut Add<'_>) -> bool {
    let mut good = true;
    let mut length = |key, what: &str, value: Length, least: i64| {
        if value < Length::um(least) || value > LONGEST {
            let least = Length::um(least);
            add(
                key,
                "labware-range",
                format!("{what} is {value}; it must be {least} to {LONGEST}"),
            );
            good = false;
        }
    };
    let g = &labware.geometry;
    let liquid = labware.kind.holds_liquid();
    length(
        "geometry.footprint",
        "the footprint's length",
        g.footprint.0,
        1_000,
    );
    length(
        "geometry.footprint",
        "the footprint's width",
        g.footprint.1,
        1_000,
    );
    length("geometry.height", "the height", g.height, 100);
    length(
        "geometry.first_well",
        "A1's distance from the left",
        g.first_well.0,
        0,
    );
    length(
        "geometry.first_well",
        "A1's distance from the front",
        g.first_well.1,
        0,
    );
    length("geometry.spacing", "the distance of columns", g.spacing.0, 0);
    length("geometry.spacing", "the distance of rows", g.spacing.1, 0);
    length("geometry.well_bottom", "the well's bottom", g.well_bottom, 0);
    length(
        "geometry.well_depth",
        "the well's depth",
        g.well_depth,
        if liquid { 100 } else { 0 },
    );
    let (x, y) = g.shape.extent();
    let least = if labware.kind == Kind::Adapter { 0 } else { 100 };
    length("geometry.shape", "the opening", x, least);
    length("geometry.shape", "the opening", y, least);
    if let Some(lid) = labware.lid {
        length("labware.lid", "the lid's height", lid.height, 100);
        length("labware.lid", "the lid's rise", lid.rise, 0);
    }
    if let Some(tip) = labware.tip {
        length("tip.length", "the tip's length", tip.length, 1_000);
        length("tip.overlap", "the tip's overlap", tip.overlap, 0);
    }
    if let Some(agar) = labware.agar {
        length("labware.agar", "the agar's height", agar, 100);
    }
    for sunk in labware.sinks.values() {
        length("labware.sinks", "what it sinks in", *sunk, 0);
    }
    for section in &labware.sections {
        length("geometry.sections", "a section's height", section.height, 1);
        for figure in figures(section) {
            length("geometry.sections", "a section's figure", figure, 0);
        }
    }
    if labware.sections.iter().any(|s| !(1..=10_000).contains(&s.count)) {
        add(
            "geometry.sections",
            "labware-range",
            "a section stands 1 to 10000 times".to_owned(),
        );
        good = false;
    }
    let contents = labware.kind != Kind::Waste && labware.kind != Kind::Adapter;
    for (key, value, least) in [
        ("labware.capacity", labware.capacity, i64::from(contents)),
        ("labware.dead_volume", labware.dead_volume, 0),
    ] {
        if value < Volume::nl(least) || value > LARGEST {
            add(
                key,
                "labware-range",
                format!("{value} is no volume here; it must be above 0 and at most {LARGEST}"),
            );
            good = false;
        }
    }
    good
}

fn figures(section: &Section) -> [Length; 4] {
    let none = Length::um(0);
    match section.form {
        Form::Spherical { radius } => [radius, none, none, none],
        Form::Conical { bottom, top } => [bottom, top, none, none],
        Form::Cuboidal { bottom, top } => [bottom.0, bottom.1, top.0, top.1],
        Form::SquaredCone { diameter, size, .. } | Form::RoundedCuboid { diameter, size, .. } => {
            [diameter, size.0, size.1, none]
        }
    }
}

fn places(labware: &Labware, add: &mut Add<'_>) {
    if labware.kind == Kind::Adapter {
        return;
    }
    let g = &labware.geometry;
    let (x, y) = g.shape.extent();
    for (count, spacing, extent, what) in [
        (labware.columns, g.spacing.0, x, "columns"),
        (labware.rows, g.spacing.1, y, "rows"),
    ] {
        if count > 1 && spacing.plus(Length::um(10)) < extent {
            let message = format!("wells of {extent} overlap: {what} stand only {spacing} apart");
            add("geometry.spacing", "labware-overlap", message);
        }
    }
    let last = |count: u8, spacing: Length| spacing.times(i64::from(count.saturating_sub(1)));
    let (half_x, half_y) = (Length::um(x.get() / 2), Length::um(y.get() / 2));
    let right = g
        .first_well
        .0
        .plus(last(labware.columns, g.spacing.0))
        .plus(half_x);
    let front = g
        .first_well
        .1
        .minus(last(labware.rows, g.spacing.1))
        .minus(half_y);
    let (left, back) = (g.first_well.0.minus(half_x), g.first_well.1.plus(half_y));
    // What falls into a waste bin is caught by what stands around its opening.
    let slack = if labware.kind == Kind::Waste {
        LONGEST
    } else {
        ROUNDING
    };
    let nothing = Length::um(0).minus(slack);
    let inside = left >= nothing
        && front >= nothing
        && right <= g.footprint.0.plus(slack)
        && back <= g.footprint.1.plus(slack);
    if !inside {
        let message = format!(
            "the wells reach from {left} to {right} and from {front} to {back}, outside the footprint of {} by {}",
            g.footprint.0, g.footprint.1
        );
        add("geometry.first_well", "labware-outside", message);
    }
    let rim = g.well_bottom.plus(g.well_depth);
    if labware.kind != Kind::TipRack && rim > g.height.plus(ROUNDING) {
        let message = format!(
            "the wells end at {rim}, above the labware's height of {}",
            g.height
        );
        add("geometry.well_depth", "labware-depth", message);
    }
}

fn volumes(labware: &Labware, add: &mut Add<'_>) {
    for section in &labware.sections {
        if let Form::Spherical { radius } = section.form
            && section.height > radius.times(2)
        {
            let message = format!(
                "a cap of {} is higher than its sphere of radius {radius}",
                section.height
            );
            add("geometry.sections", "labware-sections", message);
            return;
        }
        // A section without any width would hold nothing at any height.
        if section.area_mm2(section.height.as_mm() / 2.0) <= 0.0 {
            let message = "a section has no width".to_owned();
            add("geometry.sections", "labware-sections", message);
            return;
        }
    }
    let last = labware.sections.last();
    if last.is_some_and(|s| s.area_mm2(s.height.as_mm()) <= 0.0) {
        let message = "the uppermost section is closed at its top".to_owned();
        add("geometry.sections", "labware-sections", message);
        return;
    }
    if !labware.kind.holds_liquid() {
        return;
    }
    if labware
        .agar
        .is_some_and(|agar| agar >= labware.geometry.well_depth)
    {
        let depth = labware.geometry.well_depth;
        add(
            "labware.agar",
            "labware-agar",
            format!("the agar fills the well of {depth} to its rim or above"),
        );
        return;
    }
    let space = labware.space();
    let most = space.plus(Volume::nl(space.get() / CAPACITY_MARGIN));
    if labware.capacity > most {
        let message = format!(
            "a well of this shape holds {space}; {} is more than 5 % above that",
            labware.capacity
        );
        add("labware.capacity", "labware-capacity", message);
    }
    if labware.dead_volume >= labware.capacity {
        let message = format!(
            "nothing can be drawn: the dead volume of {} is no less than the capacity of {}",
            labware.dead_volume, labware.capacity
        );
        add("labware.dead_volume", "labware-dead-volume", message);
    }
}

fn parts(labware: &Labware, add: &mut Add<'_>) {
    if let Some(tip) = labware.tip
        && tip.overlap >= tip.length
    {
        let message = format!(
            "the nozzle enters {}, the tip is {} long",
            tip.overlap, tip.length
        );
        add("tip.overlap", "labware-tip", message);
    }
    if let Some(lid) = labware.lid {
        if lid.rise > lid.height {
            let message = format!("a lid of {} cannot rise {} above the plate", lid.height, lid.rise);
            add("labware.lid", "labware-lid", message);
        }
        if !(0.0..=4.0).contains(&lid.absorbance.0) {
            let message = format!("a lid's absorbance is 0 to 4, not {}", lid.absorbance.0);
            add("labware.lid", "labware-lid", message);
        }
    }
}
