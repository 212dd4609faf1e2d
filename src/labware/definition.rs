//! What a labware definition says.

use super::{Section, Well};
use crate::units::{Absorbance, Length, Volume};
use std::collections::BTreeMap;

/// What a piece of labware is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A plate with wells; movable, may carry a lid.
    Plate,
    /// A plate or tray whose wells are filled with solid agar: liquid is spotted on it and never drawn from it.
    AgarPlate,
    /// One or more troughs.
    Reservoir,
    /// Tubes in a rack or block.
    TubeRack,
    /// A rack of pipette tips.
    TipRack,
    /// What a plate stands on.
    Adapter,
    /// Where used tips go.
    Waste,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Plate,
        Self::AgarPlate,
        Self::Reservoir,
        Self::TubeRack,
        Self::TipRack,
        Self::Adapter,
        Self::Waste,
    ];
    /// The word used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plate => "plate",
            Self::AgarPlate => "agar_plate",
            Self::Reservoir => "reservoir",
            Self::TubeRack => "tube_rack",
            Self::TipRack => "tip_rack",
            Self::Adapter => "adapter",
            Self::Waste => "waste",
        }
    }
    /// What it is, in a sentence.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Plate => "a plate",
            Self::AgarPlate => "a plate of agar",
            Self::Reservoir => "a reservoir",
            Self::TubeRack => "a rack of tubes",
            Self::TipRack => "a rack of tips",
            Self::Adapter => "an adapter",
            Self::Waste => "a waste bin",
        }
    }
    /// Whether its wells hold liquid.
    pub const fn holds_liquid(self) -> bool {
        match self {
            Self::Plate | Self::AgarPlate | Self::Reservoir | Self::TubeRack => true,
            Self::TipRack | Self::Adapter | Self::Waste => false,
        }
    }
    /// Whether liquid may be drawn from its wells.
    pub const fn gives_liquid(self) -> bool {
        match self {
            Self::Plate | Self::Reservoir | Self::TubeRack => true,
            Self::AgarPlate | Self::TipRack | Self::Adapter | Self::Waste => false,
        }
    }
}

/// Horizontal section of a well at its top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Round, with its diameter.
    Circular {
        /// Inner diameter.
        diameter: Length,
    },
    /// Rectangular, along the plate's length and width.
    Rectangular {
        /// Along the rows (x).
        x: Length,
        /// Along the columns (y).
        y: Length,
    },
}

impl Shape {
    /// Its area in square millimetres.
    pub fn area_mm2(self) -> f64 {
        match self {
            Self::Circular { diameter } => std::f64::consts::PI * (diameter.as_mm() / 2.0).powi(2),
            Self::Rectangular { x, y } => x.as_mm() * y.as_mm(),
        }
    }
    /// Its extent along x and y.
    pub const fn extent(self) -> (Length, Length) {
        match self {
            Self::Circular { diameter } => (diameter, diameter),
            Self::Rectangular { x, y } => (x, y),
        }
    }
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
    /// Section of a well at its top.
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
    /// Rows of wells or tips; 0 of an adapter.
    pub rows: u8,
    /// Columns of wells or tips; 0 of an adapter.
    pub columns: u8,
    /// What a well holds; of a tip rack: the working volume of a tip; of an agar plate: what may stand on the agar
    /// of a well.
    pub capacity: Volume,
    /// What cannot be aspirated from a well.
    pub dead_volume: Volume,
    /// Height of the agar over a well's inner bottom, of an agar plate.
    pub agar: Option<Length>,
    /// The lid, if one fits.
    pub lid: Option<Lid>,
    /// The tips, of a tip rack.
    pub tip: Option<Tip>,
    /// How many tips a waste holds; where nothing is said, nobody counts.
    pub capacity_tips: Option<u32>,
    /// Names of what may stand on an adapter; where it names nothing, all that has its footprint.
    pub fits: Vec<String>,
    /// By how much this sinks into an adapter, by the adapter's name.
    pub sinks: BTreeMap<String, Length>,
    /// Where the wells are.
    pub geometry: Geometry,
    /// The inside of a well, from the bottom up; of what holds no liquid, nothing.
    pub sections: Vec<Section>,
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
    /// By how much this adapter raises what stands on it; `None` when that does not fit, or this is no adapter.
    pub fn raises(&self, other: &Self) -> Option<Length> {
        let (mine, its) = (self.geometry.footprint, other.geometry.footprint);
        let near = |a: Length, b: Length| a.minus(b).get().abs() <= 1_000;
        let fits = if self.fits.is_empty() {
            near(mine.0, its.0) && near(mine.1, its.1)
        } else {
            self.fits.contains(&other.name)
        };
        let sunk = other.sinks.get(&self.name).copied().unwrap_or_default();
        (self.kind == Kind::Adapter && fits).then(|| self.geometry.height.minus(sunk).max(Length::um(0)))
    }
}
