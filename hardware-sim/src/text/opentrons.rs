//! Opentrons labware definitions (JSON, schema versions 2 and 3) as the simulator reads them, after the published
//! schemas and what the rig reference says of all that they leave open. Shares nothing with the host's reader.

use super::{
    labware::{Labware, LabwareKind, Shape, Tip, under},
    vessel::{Piece, Solid, Vessel},
};
use crate::{
    num,
    quantity::{Mm, Nl},
};
use serde_json::Value;

/// The number at a pointer.
fn number(value: &Value, pointer: &str) -> Result<f64, String> {
    value
        .pointer(pointer)
        .and_then(Value::as_f64)
        .ok_or_else(|| format!("no number at {pointer}"))
}

fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str, String> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("no text at {pointer}"))
}

fn kind(file: &Value) -> Result<LabwareKind, String> {
    let adapter = file.pointer("/wells/A1").is_none()
        || file
            .pointer("/allowedRoles")
            .and_then(Value::as_array)
            .is_some_and(|roles| roles.iter().any(|role| role == "adapter"));
    Ok(match text(file, "/metadata/displayCategory")? {
        "adapter" | "aluminumBlock" if adapter => LabwareKind::Adapter,
        "wellPlate" | "adapter" => LabwareKind::Plate,
        "tubeRack" | "aluminumBlock" => LabwareKind::TubeRack,
        "reservoir" => LabwareKind::Reservoir,
        "tipRack" => LabwareKind::TipRack,
        "trash" => LabwareKind::Waste,
        other => return Err(format!("nothing of the category `{other}` can stand anywhere")),
    })
}

/// Where things are: what to add to a well's x, y, z, then the footprint and the height.
fn frame(file: &Value) -> Result<([f64; 3], [f64; 2], f64), String> {
    if file.get("extents").is_some() {
        let at = |corner: &str, axis: &str| number(file, &format!("/extents/total/{corner}/{axis}"));
        let (left, right) = (at("backLeftBottom", "x")?, at("frontRightTop", "x")?);
        let (back, front) = (at("backLeftBottom", "y")?, at("frontRightTop", "y")?);
        let (low, high) = (at("backLeftBottom", "z")?, at("frontRightTop", "z")?);
        return Ok(([-left, -front, -low], [right - left, back - front], high - low));
    }
    let corner = |axis: &str| number(file, &format!("/cornerOffsetFromSlot/{axis}")).unwrap_or(0.0);
    let size = |axis: &str| number(file, &format!("/dimensions/{axis}Dimension"));
    let [x, y, z] = ["x", "y", "z"].map(corner);
    Ok(([x, y, z], [x + size("x")?, y + size("y")?], z + size("z")?))
}

/// Reads a definition.
pub(super) fn read(text: &str) -> Result<Labware, String> {
    let file: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let version = number(&file, "/schemaVersion")?;
    if version != 2.0 && version != 3.0 {
        return Err(format!("schema version {version} is neither 2 nor 3"));
    }
    let kind = kind(&file)?;
    let (origin, footprint, height) = frame(&file)?;
    let mut labware = Labware {
        kind,
        rows: 0,
        columns: 0,
        capacity: Nl(0.0),
        dead_volume: Nl(0.0),
        agar: None,
        capacity_tips: u64::MAX,
        lid: None,
        footprint: footprint.map(Mm),
        height: Mm(height),
        first_well: [Mm(0.0); 2],
        spacing: [Mm(0.0); 2],
        well_bottom: Mm(0.0),
        shape: Shape::Rectangle {
            x: Mm(0.0),
            y: Mm(0.0),
        },
        vessel: Vessel::new(&[], 0.0),
        tip: None,
    };
    if kind != LabwareKind::Adapter {
        wells(&file, origin, &mut labware)?;
    }
    Ok(labware)
}

fn wells(file: &Value, [x, y, z]: [f64; 3], labware: &mut Labware) -> Result<(), String> {
    let ordering = file
        .get("ordering")
        .and_then(Value::as_array)
        .ok_or("no `ordering`")?;
    let column = |n: usize| ordering.get(n).and_then(Value::as_array);
    labware.columns = ordering.len();
    labware.rows = column(0).map_or(0, Vec::len);
    let first = file.pointer("/wells/A1").ok_or("no well A1")?;
    let well = |row: usize, at: usize| -> Result<&Value, String> {
        let name = column(at)
            .and_then(|names| names.get(row))
            .and_then(Value::as_str);
        name.and_then(|name| file.get("wells")?.get(name))
            .ok_or_else(|| format!("no well in row {row} of column {at}"))
    };
    let (x0, y0) = (number(first, "/x")?, number(first, "/y")?);
    if labware.columns > 1 {
        let last = number(well(0, labware.columns - 1)?, "/x")?;
        labware.spacing[0] = Mm((last - x0) / num::count(labware.columns - 1));
    }
    if labware.rows > 1 {
        let last = number(well(labware.rows - 1, 0)?, "/y")?;
        labware.spacing[1] = Mm((y0 - last) / num::count(labware.rows - 1));
    }
    // The world has one grid of equal wells; anything else would be another truth than the file's.
    for at in 0..labware.columns {
        for row in 0..labware.rows {
            let well = well(row, at)?;
            let off_x = number(well, "/x")? - x0 - num::count(at) * labware.spacing[0].0;
            let off_y = y0 - number(well, "/y")? - num::count(row) * labware.spacing[1].0;
            let like = [
                "z",
                "depth",
                "totalLiquidVolume",
                "diameter",
                "xDimension",
                "yDimension",
            ];
            if off_x.abs() > 0.11
                || off_y.abs() > 0.11
                || like.iter().any(|key| well.get(key) != first.get(key))
            {
                return Err(format!(
                    "the well in row {row} of column {at} is not in the grid or not like A1"
                ));
            }
        }
    }
    labware.first_well = [Mm(x + x0), Mm(y + y0)];
    labware.well_bottom = Mm(z + number(first, "/z")?);
    let depth = number(first, "/depth")?;
    let rim = labware.well_bottom.0 + depth;
    labware.shape = if text(first, "/shape")? == "circular" {
        Shape::Circle {
            diameter: Mm(number(first, "/diameter")?),
        }
    } else {
        Shape::Rectangle {
            x: Mm(number(first, "/xDimension")?),
            y: Mm(number(first, "/yDimension")?),
        }
    };
    if labware.kind == LabwareKind::Waste {
        return Ok(());
    }
    let volume = number(first, "/totalLiquidVolume")?;
    labware.capacity = Nl(volume * 1000.0);
    if labware.kind == LabwareKind::TipRack {
        labware.height = Mm(rim);
        labware.tip = Some(Tip {
            length: Mm(number(file, "/parameters/tipLength")?),
            overlap: Mm(number(file, "/parameters/tipOverlap").unwrap_or(0.0)),
        });
        return Ok(());
    }
    labware.height = Mm(labware.height.0.max(rim));
    let bottom = bottom(file).unwrap_or(match labware.kind {
        LabwareKind::TubeRack => "v",
        _ => "flat",
    });
    let described = first
        .get("geometryDefinitionId")
        .and_then(Value::as_str)
        .filter(|_| file.get("innerLabwareGeometry").is_some_and(Value::is_object));
    let pieces = match described {
        Some(id) => sections(file.pointer("/innerLabwareGeometry").and_then(|all| all.get(id)))?,
        None => plain(labware.shape, depth, bottom, volume)?,
    };
    labware.vessel = Vessel::new(&pieces, labware.shape.area_mm2());
    let high = match (labware.kind, bottom) {
        (LabwareKind::Reservoir, _) | (_, "v") => 1.0,
        (_, "u") => 0.5,
        _ => 0.3,
    };
    let dead = (labware.vessel.volume_ul(high) * 10.0).ceil() * 100.0;
    labware.dead_volume = Nl(dead.min(labware.capacity.0 / 2.0));
    Ok(())
}

/// The bottom that the group of A1, else the first group with one, names.
fn bottom(file: &Value) -> Option<&str> {
    let groups = file.get("groups")?.as_array()?;
    let shape = |group: &'_ Value| {
        group
            .pointer("/metadata/wellBottomShape")
            .and_then(Value::as_str)
            .is_some()
    };
    let of_a1 = |group: &&Value| {
        let wells = group.get("wells").and_then(Value::as_array);
        shape(group) && wells.is_some_and(|wells| wells.iter().any(|well| well == "A1"))
    };
    let group = groups
        .iter()
        .find(of_a1)
        .or_else(|| groups.iter().find(|group| shape(group)))?;
    group.pointer("/metadata/wellBottomShape")?.as_str()
}

/// Straight walls over the named bottom, where the declared volume leaves room for it.
fn plain(shape: Shape, depth: f64, bottom: &str, volume: f64) -> Result<Vec<Piece>, String> {
    let space = |pieces: &[Piece]| Vessel::new(pieces, shape.area_mm2()).volume_ul(depth);
    let flat = under(shape, depth, "flat", None)?;
    let wide = match shape {
        Shape::Circle { diameter } => diameter.0,
        Shape::Rectangle { x, y } => x.0.min(y.0),
    };
    let square = match shape {
        Shape::Circle { .. } => true,
        Shape::Rectangle { x, y } => (x.0 - y.0).abs() <= 0.5,
    };
    let candidate = match bottom {
        "u" if square => under(shape, depth, "u", None),
        "v" => {
            let spare = (space(&flat) - volume) * 1.5 / shape.area_mm2();
            under(shape, depth, "v", Some(wide.min(depth / 2.0).min(spare)))
        }
        _ => return Ok(flat),
    };
    Ok(candidate
        .ok()
        .filter(|pieces| space(pieces) >= volume * 0.999)
        .unwrap_or(flat))
}

fn sections(inner: Option<&Value>) -> Result<Vec<Piece>, String> {
    let entries = inner
        .and_then(|inner| inner.get("sections"))
        .and_then(Value::as_array)
        .ok_or("a well's `innerLabwareGeometry` is missing")?;
    let mut placed = Vec::new();
    for entry in entries {
        let (low, high) = (number(entry, "/bottomHeight")?, number(entry, "/topHeight")?);
        let height = high - low;
        if height <= 0.0 {
            return Err("a section without height".into());
        }
        let count = number(entry, "/xCount").unwrap_or(1.0) * number(entry, "/yCount").unwrap_or(1.0);
        let solid = solid(entry)?;
        placed.push((low, Piece { solid, height, count }));
    }
    placed.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    Ok(placed.into_iter().map(|(_, piece)| piece).collect())
}

fn solid(entry: &Value) -> Result<Solid, String> {
    let n = |key: &str| number(entry, &format!("/{key}"));
    let sides = |end: &str| -> Result<[f64; 2], String> {
        Ok([n(&format!("{end}XDimension"))?, n(&format!("{end}YDimension"))?])
    };
    Ok(match text(entry, "/shape")? {
        "spherical" => Solid::Cap {
            radius: n("radiusOfCurvature")?,
        },
        "conical" => Solid::Cone {
            below: n("bottomDiameter")?,
            above: n("topDiameter")?,
        },
        "cuboidal" => Solid::Box {
            below: sides("bottom")?,
            above: sides("top")?,
        },
        shape @ ("squaredcone" | "roundedcuboid") => {
            let (circle, sides) = (n("circleDiameter")?, sides("rectangle")?);
            let circle_below = text(entry, "/bottomCrossSection")? == "circular";
            if shape == "squaredcone" {
                Solid::Squared {
                    circle,
                    sides,
                    circle_below,
                }
            } else {
                Solid::Rounded {
                    circle,
                    sides,
                    circle_below,
                }
            }
        }
        other => return Err(format!("no section has the shape `{other}`")),
    })
}

#[cfg(test)]
#[path = "opentrons_tests.rs"]
mod tests;
