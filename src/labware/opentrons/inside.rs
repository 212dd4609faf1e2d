//! The inside of an Opentrons definition's wells.

use super::file::{File, Group, Inside, SectionEntry};
use super::{Read, length, refuse};
use crate::labware::bottom::{self, Bottom};
use crate::labware::{Form, Kind, Labware, RoundEnd, Section};
use crate::units::{Length, Volume};

/// Sections may overlap or gape by this much.
const SEAM: Length = Length::um(10);
/// Dead volumes are rounded up to this.
const DEAD_STEP: i64 = 100;
/// Lengths are rounded to micrometres: this share of a volume has room where all of it should.
const ENOUGH: f64 = 0.999;

/// Shape of the bottom that a group of wells names: that of A1's group, else the first.
fn bottom_shape(file: &File) -> Option<&str> {
    let named = |group: &'_ &Group| group.metadata.well_bottom_shape.is_some();
    let of_a1 = |group: &'_ &Group| named(group) && group.wells.iter().any(|well| well == "A1");
    let group = file
        .groups
        .iter()
        .find(of_a1)
        .or_else(|| file.groups.iter().find(named))?;
    group.metadata.well_bottom_shape.as_deref()
}

pub(super) fn wet(file: &File, inside: &Inside, labware: &mut Labware) -> Read<()> {
    let usual = if labware.kind == Kind::TubeRack {
        "v"
    } else {
        "flat"
    };
    let bottom = bottom_shape(file).unwrap_or(usual);
    let inner = file.inner_labware_geometry.as_ref();
    labware.sections = match (&inside.geometry_definition_id, inner) {
        (Some(id), Some(inner)) => match inner.get(id) {
            Some(inner) => sections(&inner.sections)?,
            None => {
                let message = format!("no `innerLabwareGeometry` is called \"{id}\"");
                return refuse("opentrons-sections", "geometryDefinitionId", message);
            }
        },
        _ => simple(bottom, labware),
    };
    let high = match (labware.kind, bottom) {
        (Kind::Reservoir, _) | (_, "v") => 1_000,
        (_, "u") => 500,
        _ => 300,
    };
    let dead = labware.volume_at(Length::um(high)).get();
    let rounded = dead.saturating_add(DEAD_STEP - 1) / DEAD_STEP * DEAD_STEP;
    labware.dead_volume = Volume::nl(rounded.min(labware.capacity.get() / 2));
    Ok(())
}

/// A well of which only opening, depth and the bottom's name are known.
fn simple(bottom: &str, labware: &Labware) -> Vec<Section> {
    let (shape, depth) = (labware.geometry.shape, labware.geometry.well_depth);
    let flat = bottom::sections(shape, depth, Bottom::Flat).unwrap_or_default();
    let space =
        |sections: &[Section]| -> f64 { sections.iter().map(|s| s.volume_ul(s.height.as_mm())).sum() };
    let bottom = match bottom {
        "u" => Bottom::U,
        "v" => {
            let (x, y) = shape.extent();
            let deepest = x.min(y).min(Length::um(depth.get() / 2));
            // A point holds a third of what straight walls hold, so that two thirds may be more than is there.
            let spare = space(&flat) - labware.capacity.as_ul();
            let room = length(1.5 * spare / shape.area_mm2()).unwrap_or(deepest);
            Bottom::V(deepest.min(room))
        }
        _ => Bottom::Flat,
    };
    // Where there is no room for the bottom, straight walls are nearer to the truth than nothing.
    match bottom::sections(shape, depth, bottom) {
        Ok(sections) if space(&sections) >= labware.capacity.as_ul() * ENOUGH => sections,
        _ => flat,
    }
}

fn sections(entries: &[SectionEntry]) -> Read<Vec<Section>> {
    let mut placed = Vec::new();
    for entry in entries.iter().take(100) {
        placed.push((length(entry.bottom_height)?, length(entry.top_height)?, entry));
    }
    placed.sort_by_key(|(bottom, top, _)| (*bottom, *top));
    let mut sections = Vec::new();
    let mut reached = Length::um(0);
    for (bottom, top, entry) in placed {
        if bottom.minus(reached).get().abs() > SEAM.get() || top <= reached {
            let message =
                format!("the section from {bottom} to {top} does not stand on what ends at {reached}");
            return refuse("opentrons-sections", "innerLabwareGeometry", message);
        }
        sections.push(Section {
            form: form(entry)?,
            height: top.minus(reached),
            count: entry
                .x_count
                .unwrap_or(1)
                .saturating_mul(entry.y_count.unwrap_or(1)),
        });
        reached = top;
    }
    if sections.is_empty() {
        return refuse(
            "opentrons-sections",
            "innerLabwareGeometry",
            "a well without sections",
        );
    }
    Ok(sections)
}

fn form(entry: &SectionEntry) -> Read<Form> {
    let need = |value: Option<f64>, key: &str| match value {
        Some(value) => length(value),
        None => {
            let message = format!("a section of the shape \"{}\" without `{key}`", entry.shape);
            refuse("opentrons-sections", "innerLabwareGeometry", message)
        }
    };
    let cross = |round_first: bool| {
        if round_first {
            RoundEnd::Bottom
        } else {
            RoundEnd::Top
        }
    };
    match entry.shape.as_str() {
        "spherical" => Ok(Form::Spherical {
            radius: need(entry.radius_of_curvature, "radiusOfCurvature")?,
        }),
        "conical" => Ok(Form::Conical {
            bottom: need(entry.bottom_diameter, "bottomDiameter")?,
            top: need(entry.top_diameter, "topDiameter")?,
        }),
        "cuboidal" => Ok(Form::Cuboidal {
            bottom: (
                need(entry.bottom_x_dimension, "bottomXDimension")?,
                need(entry.bottom_y_dimension, "bottomYDimension")?,
            ),
            top: (
                need(entry.top_x_dimension, "topXDimension")?,
                need(entry.top_y_dimension, "topYDimension")?,
            ),
        }),
        word @ ("squaredcone" | "roundedcuboid") => {
            let diameter = need(entry.circle_diameter, "circleDiameter")?;
            let size = (
                need(entry.rectangle_x_dimension, "rectangleXDimension")?,
                need(entry.rectangle_y_dimension, "rectangleYDimension")?,
            );
            let round = match entry.bottom_cross_section.as_deref() {
                Some("circular") => cross(true),
                Some("rectangular") => cross(false),
                _ => {
                    let message = format!("a {word} needs `bottomCrossSection`: circular or rectangular");
                    return refuse("opentrons-sections", "innerLabwareGeometry", message);
                }
            };
            Ok(if word == "squaredcone" {
                Form::SquaredCone {
                    diameter,
                    size,
                    round,
                }
            } else {
                Form::RoundedCuboid {
                    diameter,
                    size,
                    round,
                }
            })
        }
        other => {
            let message = format!("\"{other}\" is not a section that is known here");
            refuse("opentrons-sections", "innerLabwareGeometry", message)
        }
    }
}
