//! Reads a labware definition of Opentrons (JSON, labware schema versions 2 and 3) as it is.
//!
//! Fields after shared-data `labware/schemas/2.json` and `3.json`. Version 2 measures from the left front corner and
//! gives `dimensions`; version 3 measures from the left back corner, so y is negative, and gives `extents` (its
//! first drafts gave `dimensions`, and are read too). Unknown keys are accepted: the format grows.
//! What the format does not say, this page decides: see [`Definition`].

mod file;
mod inside;

use self::file::{File, Inside, Point, WellEntry};
use super::{Geometry, Kind, Labware, Shape, Tip, Well, limits};
use crate::source::{Diagnostic, SourceFile};
use crate::units::{Length, Quantity, Volume};
use std::collections::BTreeMap;

/// A well may stand this far from its place in the grid.
const GRID: Length = Length::um(100);
/// Most columns or rows.
const MOST: usize = 48;

/// A definition that was read.
///
/// Not in the format, and decided so: the dead volume is what stands 0.3 mm high in a well with a flat bottom, 0.5 mm
/// with a U bottom, 1 mm with a V bottom and in a reservoir, rounded up to 0.1 uL, at most half the capacity. A well
/// without `innerLabwareGeometry` has straight walls over the bottom that its group names, where its volume leaves room
/// for that; a V bottom is as deep as the well is wide, at most half the well, and no deeper than the volume allows. No lid, and no number of tips for
/// a waste.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The definition, named by its `loadName`.
    pub labware: Labware,
    /// Its `version`, which tells definitions of one `loadName` apart.
    pub version: u32,
}

/// Whether a file of this name is read in this format.
pub fn is_json(name: &str) -> bool {
    name.rsplit('.')
        .next()
        .is_some_and(|e| e.eq_ignore_ascii_case("json"))
}

/// Why a definition is refused: code, JSON key near the place, sentence, advice.
struct Refusal(&'static str, &'static str, String, Option<&'static str>);

type Read<T> = Result<T, Refusal>;

fn refuse<T>(code: &'static str, key: &'static str, message: impl Into<String>) -> Read<T> {
    Err(Refusal(code, key, message.into(), None))
}

/// Text in; the definition and every problem out. The definition is there when there is no problem.
pub fn parse(file: &SourceFile) -> (Option<Definition>, Vec<Diagnostic>) {
    let parsed: File = match serde_json::from_str(&file.text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let at = offset(&file.text, error.line(), error.column());
            let message = format!("not a labware definition of Opentrons: {error}");
            return (
                None,
                vec![Diagnostic::error("opentrons-syntax", &file.name, at..at, message)],
            );
        }
    };
    let labware = match convert(&parsed) {
        Ok(labware) => labware,
        Err(Refusal(code, key, message, help)) => {
            let diagnostic = Diagnostic::error(code, &file.name, place(&file.text, key), message);
            let diagnostic = match help {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            };
            return (None, vec![diagnostic]);
        }
    };
    let found: Vec<_> = limits::judge(&labware)
        .into_iter()
        .map(|p| Diagnostic::error(p.code, &file.name, place(&file.text, json_key(p.key)), p.message))
        .collect();
    let version = parsed.version;
    let definition = Some(Definition { labware, version });
    (definition.filter(|_| found.is_empty()), found)
}

/// Byte offset of a line and column, both from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let mut at = (before + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn place(text: &str, key: &str) -> std::ops::Range<usize> {
    let quoted = format!("\"{key}\"");
    text.find(&quoted).map_or(0..0, |at| at..at + quoted.len())
}

/// The key of this format that says what a key of the TOML format says.
fn json_key(key: &str) -> &'static str {
    match key {
        "labware.name" => "loadName",
        "labware.title" => "displayName",
        "labware.capacity" | "labware.dead_volume" => "totalLiquidVolume",
        "labware.sinks" => "stackingOffsetWithLabware",
        "geometry.footprint" | "geometry.height" => "dimensions",
        "geometry.sections" => "innerLabwareGeometry",
        "geometry.well_depth" => "depth",
        "tip.length" => "tipLength",
        "tip.overlap" => "tipOverlap",
        _ => "wells",
    }
}

fn length(mm: f64) -> Read<Length> {
    let text = format!("{mm:.3} mm");
    match Length::parse(&text)
        .ok()
        .filter(|l| l.get().abs() <= limits::LONGEST.get())
    {
        Some(length) => Ok(length),
        None => refuse(
            "labware-range",
            "wells",
            format!("a length of {mm:e} mm is not of this world"),
        ),
    }
}

fn volume(ul: f64) -> Read<Volume> {
    match Volume::parse(&format!("{ul:.3} uL")) {
        Ok(volume) => Ok(volume),
        Err(_) => refuse(
            "labware-range",
            "totalLiquidVolume",
            format!("{ul:e} uL is no volume"),
        ),
    }
}

fn kind(file: &File) -> Read<Kind> {
    let category = file.metadata.display_category.as_str();
    let adapter = file.wells.is_empty() || file.allowed_roles.iter().any(|role| role == "adapter");
    let kind = match category {
        "wellPlate" => Kind::Plate,
        "tipRack" => Kind::TipRack,
        "tubeRack" => Kind::TubeRack,
        "reservoir" => Kind::Reservoir,
        "trash" => Kind::Waste,
        "aluminumBlock" | "adapter" if adapter => Kind::Adapter,
        "aluminumBlock" => Kind::TubeRack,
        // A plate in its adapter, defined as one thing.
        "adapter" => Kind::Plate,
        "lid" => {
            let message = "a lid is a property of the plate that it fits";
            let help = "give the plate a definition in TOML with the key `lid`, or leave this file out of the folder";
            return Err(Refusal(
                "opentrons-kind",
                "displayCategory",
                message.to_owned(),
                Some(help),
            ));
        }
        other => {
            let message = format!("labware of the category \"{other}\" has no use here");
            return refuse("opentrons-kind", "displayCategory", message);
        }
    };
    if file.parameters.is_tiprack != (kind == Kind::TipRack) {
        let message = format!("`isTiprack` and the category \"{category}\" contradict each other");
        return refuse("opentrons-kind", "isTiprack", message);
    }
    Ok(kind)
}

/// Where the labware's own origin lies in the frame of the nest, its far corner, and its height; millimetres.
fn frame(file: &File) -> Read<(Point, (f64, f64), f64)> {
    if let Some(extents) = &file.extents {
        let (low, high) = (extents.total.back_left_bottom, extents.total.front_right_top);
        let origin = Point {
            x: -low.x,
            y: -high.y,
            z: -low.z,
        };
        return Ok((origin, (high.x - low.x, low.y - high.y), high.z - low.z));
    }
    let Some(d) = &file.dimensions else {
        return refuse(
            "opentrons-syntax",
            "wells",
            "neither `dimensions` nor `extents` say how large it is",
        );
    };
    let origin = file.corner_offset_from_slot.unwrap_or(Point {
        x: 0.0,
        y: 0.0,
        z: 0.0,
    });
    let far = (origin.x + d.x_dimension, origin.y + d.y_dimension);
    Ok((origin, far, origin.z + d.z_dimension))
}

fn convert(file: &File) -> Read<Labware> {
    if file.schema_version != 2.0 && file.schema_version != 3.0 {
        let message = format!(
            "labware schema {} is not read; versions 2 and 3 are",
            file.schema_version
        );
        return refuse("opentrons-version", "schemaVersion", message);
    }
    let kind = kind(file)?;
    let (origin, far, top) = frame(file)?;
    let nothing = Length::um(0);
    let mut labware = Labware {
        name: file.parameters.load_name.clone(),
        title: file.metadata.display_name.clone(),
        kind,
        rows: 0,
        columns: 0,
        capacity: Volume::nl(0),
        dead_volume: Volume::nl(0),
        agar: None,
        lid: None,
        tip: None,
        capacity_tips: None,
        fits: Vec::new(),
        sinks: BTreeMap::new(),
        geometry: Geometry {
            footprint: (length(far.0)?, length(far.1)?),
            height: length(top)?,
            first_well: (nothing, nothing),
            spacing: (nothing, nothing),
            well_bottom: nothing,
            well_depth: nothing,
            shape: Shape::Rectangular {
                x: nothing,
                y: nothing,
            },
        },
        sections: Vec::new(),
    };
    if kind == Kind::Adapter {
        return Ok(labware);
    }
    for (adapter, offset) in &file.stacking_offset_with_labware {
        if offset.z > 0.0 {
            labware.sinks.insert(adapter.clone(), length(offset.z)?);
        }
    }
    let grid = grid(file)?;
    let inside = &grid.first.inside;
    labware.rows = grid.rows;
    labware.columns = grid.columns;
    let g = &mut labware.geometry;
    g.first_well = (length(origin.x + grid.first.x)?, length(origin.y + grid.first.y)?);
    g.spacing = grid.spacing;
    g.well_bottom = length(origin.z + inside.z)?;
    g.well_depth = length(inside.depth)?;
    g.shape = shape(inside)?;
    let rim = g.well_bottom.plus(g.well_depth);
    match kind {
        Kind::TipRack => {
            let Some(tip) = file.parameters.tip_length else {
                return refuse("opentrons-syntax", "parameters", "a tip rack without `tipLength`");
            };
            g.height = rim;
            labware.tip = Some(Tip {
                length: length(tip)?,
                overlap: length(file.parameters.tip_overlap.unwrap_or(0.0))?,
            });
            labware.capacity = volume(inside.total_liquid_volume)?;
        }
        Kind::Waste => {}
        Kind::Plate | Kind::AgarPlate | Kind::Reservoir | Kind::TubeRack | Kind::Adapter => {
            g.height = g.height.max(rim);
            labware.capacity = volume(inside.total_liquid_volume)?;
            inside::wet(file, inside, &mut labware)?;
        }
    }
    Ok(labware)
}

fn shape(inside: &Inside) -> Read<Shape> {
    match (
        inside.shape.as_str(),
        inside.diameter,
        inside.x_dimension,
        inside.y_dimension,
    ) {
        ("circular", Some(diameter), _, _) => Ok(Shape::Circular {
            diameter: length(diameter)?,
        }),
        ("rectangular", _, Some(x), Some(y)) => Ok(Shape::Rectangular {
            x: length(x)?,
            y: length(y)?,
        }),
        (other, _, _, _) => {
            let message = format!("a well of the shape \"{other}\" without the sizes that belong to it");
            refuse("opentrons-wells", "wells", message)
        }
    }
}

/// The wells of a regular grid.
struct Grid<'a> {
    rows: u8,
    columns: u8,
    first: &'a WellEntry,
    spacing: (Length, Length),
}

fn grid(file: &File) -> Read<Grid<'_>> {
    let irregular = |message: String| {
        let help = "here wells stand in rows and columns and are all alike; define the parts that are, each by a file \
                    of its own";
        Refusal("opentrons-grid", "ordering", message, Some(help))
    };
    let columns = file.ordering.len();
    let rows = file.ordering.first().map_or(0, Vec::len);
    if !(1..=MOST).contains(&columns) || !(1..=MOST).contains(&rows) {
        return Err(irregular(format!(
            "{rows} rows and {columns} columns; each must be 1 to {MOST}"
        )));
    }
    if file.ordering.iter().any(|column| column.len() != rows) || file.wells.len() != rows * columns {
        return Err(irregular(
            "its columns do not all have the same number of wells".to_owned(),
        ));
    }
    let (Ok(rows), Ok(columns)) = (u8::try_from(rows), u8::try_from(columns)) else {
        return Err(irregular("more rows or columns than can be".to_owned()));
    };
    let mut first: Option<&WellEntry> = None;
    let mut places = Vec::new();
    for (column, names) in (0..columns).zip(&file.ordering) {
        for (row, name) in (0..rows).zip(names) {
            let expected = Well::new(row, column).to_string();
            let Some(entry) = file.wells.get(name).filter(|_| *name == expected) else {
                return Err(irregular(format!(
                    "where {expected} belongs, `ordering` has \"{name}\""
                )));
            };
            let first = *first.get_or_insert(entry);
            if first.inside != entry.inside {
                return Err(irregular(format!("{name} is not like A1")));
            }
            places.push((row, column, length(entry.x)?, length(entry.y)?));
        }
    }
    let Some((entry, (_, _, x0, y0))) = first.zip(places.first().copied()) else {
        return Err(irregular("there is no well".to_owned()));
    };
    let (_, _, x1, y1) = places.last().copied().unwrap_or((0, 0, x0, y0));
    let share = |span: Length, count: u8| {
        let gaps = i64::from(count.saturating_sub(1));
        Length::um(span.get().checked_div(gaps).unwrap_or(0))
    };
    let spacing = (share(x1.minus(x0), columns), share(y0.minus(y1), rows));
    for (row, column, x, y) in places {
        let off_x = x.minus(x0).minus(spacing.0.times(i64::from(column)));
        let off_y = y0.minus(y).minus(spacing.1.times(i64::from(row)));
        if off_x.get().abs() > GRID.get() || off_y.get().abs() > GRID.get() {
            let well = Well::new(row, column);
            return Err(irregular(format!(
                "{well} stands outside the grid of the other wells"
            )));
        }
    }
    Ok(Grid {
        rows,
        columns,
        first: entry,
        spacing,
    })
}

#[cfg(test)]
#[path = "opentrons_tests.rs"]
mod tests;
