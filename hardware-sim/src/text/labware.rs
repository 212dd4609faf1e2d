//! Labware definitions as the simulator reads them: where wells truly are relative to their nest.

use super::{
    opentrons,
    vessel::{Piece, Solid, Vessel},
};
use crate::{
    SimError,
    quantity::{Mm, Nl},
};
use serde::Deserialize;

/// What a piece of labware is for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LabwareKind {
    Plate,
    /// Wells filled with agar.
    AgarPlate,
    Reservoir,
    /// Open tubes.
    TubeRack,
    TipRack,
    /// What a plate stands on.
    Adapter,
    Waste,
}

impl LabwareKind {
    /// Whether its wells hold liquid.
    pub(crate) fn wet(self) -> bool {
        matches!(
            self,
            Self::Plate | Self::AgarPlate | Self::Reservoir | Self::TubeRack
        )
    }
}

/// Cross section of a well.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    Circle { diameter: Mm },
    Rectangle { x: Mm, y: Mm },
}

#[derive(Deserialize)]
struct File {
    labware: Head,
    geometry: Geometry,
    tip: Option<Tip>,
}

#[derive(Deserialize)]
struct Head {
    kind: LabwareKind,
    #[serde(default)]
    rows: usize,
    #[serde(default)]
    columns: usize,
    capacity: Option<Nl>,
    dead_volume: Option<Nl>,
    agar: Option<Mm>,
    capacity_tips: Option<u64>,
    lid: Option<Lid>,
}

/// A lid that fits the labware.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Lid {
    /// How far a lidded plate stands above the open one.
    pub(crate) rise: Mm,
    /// What the lid adds to an absorbance read through it.
    #[serde(default)]
    pub(crate) absorbance: f64,
}

#[derive(Deserialize)]
struct Geometry {
    footprint: [Mm; 2],
    height: Mm,
    #[serde(default)]
    first_well: [Mm; 2],
    #[serde(default)]
    spacing: [Mm; 2],
    #[serde(default)]
    well_bottom: Mm,
    #[serde(default)]
    well_depth: Mm,
    shape: Option<String>,
    diameter: Option<Mm>,
    size: Option<[Mm; 2]>,
    bottom: Option<String>,
    bottom_depth: Option<Mm>,
    #[serde(default)]
    sections: Vec<Section>,
}

/// A part of a well, from the bottom up.
#[derive(Deserialize)]
#[serde(tag = "shape", rename_all = "snake_case")]
enum Section {
    Spherical {
        height: Mm,
        radius: Mm,
        #[serde(default = "once")]
        count: u32,
    },
    Conical {
        height: Mm,
        bottom: Mm,
        top: Mm,
        #[serde(default = "once")]
        count: u32,
    },
    Cuboidal {
        height: Mm,
        bottom: [Mm; 2],
        top: [Mm; 2],
        #[serde(default = "once")]
        count: u32,
    },
}

fn once() -> u32 {
    1
}

impl Section {
    fn piece(&self) -> Piece {
        let (solid, height, count) = match self {
            Self::Spherical {
                height,
                radius,
                count,
            } => (Solid::Cap { radius: radius.0 }, height, count),
            Self::Conical {
                height,
                bottom,
                top,
                count,
            } => {
                let (below, above) = (bottom.0, top.0);
                (Solid::Cone { below, above }, height, count)
            }
            Self::Cuboidal {
                height,
                bottom,
                top,
                count,
            } => {
                let (below, above) = (bottom.map(|side| side.0), top.map(|side| side.0));
                (Solid::Box { below, above }, height, count)
            }
        };
        Piece {
            solid,
            height: height.0,
            count: f64::from(*count),
        }
    }
}

/// A tip of a rack.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Tip {
    /// Whole length.
    pub(crate) length: Mm,
    /// How far the nozzle enters it.
    pub(crate) overlap: Mm,
}

/// One labware definition.
#[derive(Clone, Debug)]
pub(crate) struct Labware {
    pub(crate) kind: LabwareKind,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) capacity: Nl,
    pub(crate) dead_volume: Nl,
    /// Height of the agar over a well's inner bottom.
    pub(crate) agar: Option<Mm>,
    pub(crate) capacity_tips: u64,
    pub(crate) lid: Option<Lid>,
    pub(crate) footprint: [Mm; 2],
    pub(crate) height: Mm,
    pub(crate) first_well: [Mm; 2],
    pub(crate) spacing: [Mm; 2],
    pub(crate) well_bottom: Mm,
    pub(crate) shape: Shape,
    /// The inside of a well.
    pub(crate) vessel: Vessel,
    pub(crate) tip: Option<Tip>,
}

impl Labware {
    /// Reads the definition called `name`: TOML, or an Opentrons definition, which is a JSON object.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, SimError> {
        let fault = |message: String| SimError::Text {
            what: format!("labware `{name}`"),
            message,
        };
        let labware = if text.trim_start().starts_with('{') {
            opentrons::read(text)
        } else {
            Self::read(text)
        };
        labware.and_then(Self::judged).map_err(fault)
    }

    fn read(text: &str) -> Result<Self, String> {
        let File {
            labware: head,
            geometry,
            tip,
        } = toml::from_str(text).map_err(|error| error.to_string())?;
        let shape = match (geometry.shape.as_deref(), geometry.diameter, geometry.size) {
            (Some("circular"), Some(diameter), _) => Shape::Circle { diameter },
            (Some("rectangular"), _, Some([x, y])) => Shape::Rectangle { x, y },
            (None, _, _) if head.kind == LabwareKind::Adapter => Shape::Rectangle {
                x: Mm(0.0),
                y: Mm(0.0),
            },
            (shape, _, _) => {
                return Err(format!(
                    "shape `{}` needs `diameter` (circular) or `size` (rectangular)",
                    shape.unwrap_or("")
                ));
            }
        };
        let pieces = if geometry.sections.is_empty() {
            let bottom = geometry.bottom.as_deref().unwrap_or("flat");
            under(
                shape,
                geometry.well_depth.0,
                bottom,
                geometry.bottom_depth.map(|d| d.0),
            )?
        } else {
            geometry.sections.iter().map(Section::piece).collect()
        };
        Ok(Self {
            kind: head.kind,
            rows: head.rows,
            columns: head.columns,
            capacity: head.capacity.unwrap_or_default(),
            dead_volume: head.dead_volume.unwrap_or_default(),
            agar: head.agar,
            // A bin that says nothing is never full.
            capacity_tips: head.capacity_tips.unwrap_or(u64::MAX),
            lid: head.lid,
            footprint: geometry.footprint,
            height: geometry.height,
            first_well: geometry.first_well,
            spacing: geometry.spacing,
            well_bottom: geometry.well_bottom,
            shape,
            vessel: Vessel::new(&pieces, shape.area_mm2()),
            tip,
        })
    }

    fn judged(self) -> Result<Self, String> {
        let adapter = self.kind == LabwareKind::Adapter;
        let sizes = [self.rows, self.columns];
        if !adapter && sizes.iter().any(|n| !(1..=48).contains(n)) {
            return Err("rows and columns must be 1 to 48".into());
        }
        if (self.kind == LabwareKind::AgarPlate) != self.agar.is_some() {
            return Err("an `agar_plate`, and nothing else, says how high its `agar` is".into());
        }
        Ok(self)
    }

    /// Height of the surface in a well over its inner bottom, in millimetres. On agar liquid stands in drops: the
    /// surface is the agar's.
    pub(crate) fn surface_mm(&self, volume_nl: f64) -> f64 {
        self.agar
            .map_or_else(|| self.vessel.height_mm(volume_nl / 1000.0), |agar| agar.0)
    }

    /// What light passes along a well's axis, in centimetres.
    pub(crate) fn path_cm(&self, volume_nl: f64) -> f64 {
        if self.agar.is_some() || self.vessel.straight() {
            volume_nl / 1000.0 / self.shape.area_mm2() / 10.0
        } else {
            self.vessel.height_mm(volume_nl / 1000.0) / 10.0
        }
    }

    /// From a well's centre to its wall, the nearest, in mm.
    pub(crate) fn half_width(&self) -> f64 {
        let [x, y] = self.shape.extent();
        x.min(y) / 2.0
    }

    /// Wells in all.
    pub(crate) fn wells(&self) -> usize {
        self.rows.saturating_mul(self.columns)
    }

    /// Name of a well counted along rows from A1.
    pub(crate) fn well_name(&self, index: usize) -> String {
        let row = index.checked_div(self.columns).unwrap_or(0);
        let column = index.checked_rem(self.columns).unwrap_or(0) + 1;
        let letter = |n: usize| {
            u8::try_from(n % 26)
                .ok()
                .and_then(|n| b'A'.checked_add(n))
                .map_or('?', char::from)
        };
        // After Z comes AA.
        let first = (row / 26).checked_sub(1).map(letter);
        let letters: String = first.into_iter().chain([letter(row)]).collect();
        format!("{letters}{column}")
    }

    /// Index of a named well, counted along rows from A1.
    pub(crate) fn well_index(&self, name: &str) -> Option<usize> {
        let digits = name.find(|c: char| c.is_ascii_digit())?;
        let (letters, column) = name.split_at_checked(digits)?;
        let mut row = 0_usize;
        for letter in letters.chars() {
            let letter = letter.to_ascii_uppercase();
            let n = u32::from(letter).checked_sub(u32::from('A'))?;
            let n = usize::try_from(n).ok().filter(|n| *n < 26)?;
            row = row.checked_mul(26)?.checked_add(n + 1)?;
        }
        let row = row.checked_sub(1)?;
        let column: usize = column.parse().ok()?;
        (row < self.rows && (1..=self.columns).contains(&column)).then(|| row * self.columns + column - 1)
    }
}

impl Shape {
    /// Area in square millimetres.
    pub(crate) fn area_mm2(self) -> f64 {
        match self {
            Self::Circle { diameter } => std::f64::consts::PI * diameter.0 * diameter.0 / 4.0,
            Self::Rectangle { x, y } => x.0 * y.0,
        }
    }

    /// Extent along x and y in millimetres.
    fn extent(self) -> [f64; 2] {
        match self {
            Self::Circle { diameter } => [diameter.0, diameter.0],
            Self::Rectangle { x, y } => [x.0, y.0],
        }
    }
}

/// The pieces of a well with straight walls over a bottom that is flat, u or v.
pub(super) fn under(
    shape: Shape,
    depth: f64,
    bottom: &str,
    below: Option<f64>,
) -> Result<Vec<Piece>, String> {
    let [x, y] = shape.extent();
    let wall = |height| {
        let solid = match shape {
            Shape::Circle { .. } => Solid::Cone { below: x, above: x },
            Shape::Rectangle { .. } => Solid::Box {
                below: [x, y],
                above: [x, y],
            },
        };
        Piece::single(solid, height)
    };
    let low = match (bottom, below) {
        ("flat", _) => return Ok(vec![wall(depth)]),
        ("u", _) => {
            let radius = x.min(y) / 2.0;
            Piece::single(Solid::Cap { radius }, radius)
        }
        ("v", Some(below)) => {
            let solid = match shape {
                Shape::Circle { .. } => Solid::Cone { below: 0.0, above: x },
                // The edge of a wedge runs along the longer side; a square one has a point.
                Shape::Rectangle { .. } => Solid::Box {
                    below: [
                        if x > y + 0.5 { x } else { 0.0 },
                        if y > x + 0.5 { y } else { 0.0 },
                    ],
                    above: [x, y],
                },
            };
            Piece::single(solid, below)
        }
        _ => {
            return Err(format!(
                "bottom `{bottom}` is not flat, u, or v with `bottom_depth`"
            ));
        }
    };
    if low.height <= 0.0 || low.height > depth {
        return Err(format!(
            "a bottom of {} mm has no room in a well of {depth} mm",
            low.height
        ));
    }
    let rest = depth - low.height;
    Ok(if rest > 0.0 {
        vec![low, wall(rest)]
    } else {
        vec![low]
    })
}

#[cfg(test)]
#[path = "labware_tests.rs"]
mod tests;
