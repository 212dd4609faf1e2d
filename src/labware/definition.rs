//! What a labware definition says.

use super::Well;
use crate::units::{Absorbance, Length, Volume};

/// What a piece of labware is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A plate with wells; movable, may carry a lid.
    Plate,
    /// A trough.
    Reservoir,
    /// A rack of pipette tips.
    TipRack,
    /// Where used tips go.
    Waste,
}

impl Kind {
    /// The word used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plate => "plate",
            Self::Reservoir => "reservoir",
            Self::TipRack => "tip_rack",
            Self::Waste => "waste",
        }
    }
}

/// Horizontal section of a well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Round, with its diameter.
    Circular {
        /// Inner diameter.
        diameter: Length,
    },
    /// Rectangular, along the plate's length and width.
    Rectangular {
        /// Along the columns (x).
        x: Length,
        /// Along the rows (y).
        y: Length,
    },
}

/// Positions in the labware's own frame: origin at the left front corner of the footprint, at nest level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Length (x) and width (y).
    pub footprint: (Length, Length),
    /// Height over the nest, without lid; of a tip rack: of the tips' rims.
    pub height: Length,
    /// Centre of A1.
    pub first_well: (Length, Length),
    /// From A1 to A2 (to the right) and from A1 to B1 (to the front).
    pub spacing: (Length, Length),
    /// Inner bottom of a well over the nest.
    pub well_bottom: Length,
    /// Depth of a well.
    pub well_depth: Length,
    /// Section of a well.
    pub shape: Shape,
}

/// The tips of a tip rack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    /// Whole length.
    pub length: Length,
    /// How far the nozzle enters.
    pub overlap: Length,
}

/// A lid that fits the labware.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lid {
    /// The lid's own height.
    pub height: Length,
    /// By how much it raises the labware.
    pub rise: Length,
    /// What it adds to an absorbance.
    pub absorbance: Absorbance,
}

/// A labware definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Labware {
    /// Name used in files, as "plate-96-flat".
    pub name: String,
    /// Name for people.
    pub title: String,
    /// What it is for.
    pub kind: Kind,
    /// Rows of wells or tips.
    pub rows: u8,
    /// Columns of wells or tips.
    pub columns: u8,
    /// What a well holds; of a tip rack: the working volume of a tip.
    pub capacity: Volume,
    /// What cannot be aspirated from a well.
    pub dead_volume: Volume,
    /// The lid, if one fits.
    pub lid: Option<Lid>,
    /// The tips, of a tip rack.
    pub tip: Option<Tip>,
    /// How many tips a waste holds.
    pub capacity_tips: Option<u32>,
    /// Where the wells are.
    pub geometry: Geometry,
}

impl Labware {
    /// Whether this well exists here.
    pub const fn has(&self, well: Well) -> bool {
        well.row < self.rows && well.column < self.columns
    }
    /// Every well, row by row.
    pub fn wells(&self) -> impl Iterator<Item = Well> + use<> {
        let columns = self.columns;
        (0..self.rows).flat_map(move |row| (0..columns).map(move |column| Well::new(row, column)))
    }
    /// How many wells or tip positions.
    pub fn well_count(&self) -> usize {
        usize::from(self.rows) * usize::from(self.columns)
    }
    /// Centre of a well in the labware's frame.
    pub fn centre(&self, well: Well) -> (Length, Length) {
        let g = &self.geometry;
        (
            g.first_well.0.plus(g.spacing.0.times(i64::from(well.column))),
            g.first_well.1.minus(g.spacing.1.times(i64::from(well.row))),
        )
    }
    /// Area of a well's section, in square millimetres.
    pub fn area_mm2(&self) -> f64 {
        match self.geometry.shape {
            Shape::Circular { diameter } => std::f64::consts::PI * (diameter.as_mm() / 2.0).powi(2),
            Shape::Rectangular { x, y } => x.as_mm() * y.as_mm(),
        }
    }
    /// Optical path of a volume in a flat well, in centimetres: V/A.
    pub fn path_length_cm(&self, volume: Volume) -> f64 {
        volume.as_ul() / self.area_mm2() / 10.0
    }
}
