//! What lies under a point of the deck: true geometry, which differs from the nominal one.

use super::state::World;
use crate::{
    num,
    text::{LabwareKind, Shape, Vessel},
};

/// How far a tip in a well may stand from the well's axis, in mm. A figure of ours: the taper of the tip
/// and the skew of a channel leave about this much in a 96-well plate.
pub(crate) const WELL_TOLERANCE: f64 = 1.2;
/// In wells wider than those of a 96-well plate a tip may come down as near to the wall as there, in mm.
const CLEARANCE: f64 = 2.3;
/// A tip's end touches a wall when its middle is this near to it, in mm; figures of ours, for a tip of 1 mm at its end.
const TOUCHES: f64 = 0.8;
/// It bends when it is nearer than this.
const BENDS: f64 = 0.2;
/// By so much per mm of depth the tip is wider at the well's top than at its end, on each side.
const TAPER: f64 = 0.06;

/// What lies under a point.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) place: String,
    pub(crate) item: String,
    pub(crate) kind: LabwareKind,
    /// The nearest well, counted along rows.
    pub(crate) well: usize,
    pub(crate) well_name: String,
    /// Distance from the axis of a round well; how far outside a rectangular one.
    pub(crate) off_mm: f64,
    /// Whether the point lies over the well's opening.
    pub(crate) over_opening: bool,
    round: bool,
    /// How far off the axis of a round well a tip may come down.
    tolerance_mm: f64,
    /// From the well's centre, to the right and to the back.
    pub(crate) x_mm: f64,
    pub(crate) y_mm: f64,
    /// Distance of the point from the well's wall; negative outside.
    wall_mm: f64,
    /// Covered by a lid or a film.
    pub(crate) lidded: bool,
    /// What covers it, in a word.
    pub(crate) cover: &'static str,
    /// The well's least width at its top, in mm.
    pub(crate) width_mm: f64,
    /// Heights over the nominal deck.
    pub(crate) top_mm: f64,
    pub(crate) bottom_mm: f64,
    pub(crate) surface_mm: f64,
    /// The inside of the well.
    vessel: Vessel,
    /// Whether it is filled with agar.
    agar: bool,
    pub(crate) volume_nl: f64,
}

impl Site {
    /// Whether a tip may enter the well here.
    pub(crate) fn enters(&self) -> bool {
        self.off_mm <= if self.round { self.tolerance_mm } else { 0.0 }
    }

    /// Whether a tip's end at a height has gone so near to the wall that it bends.
    pub(crate) fn bends(&self, low: f64) -> bool {
        !self.enters() && self.wall_mm < BENDS + TAPER * (self.top_mm - low).max(0.0)
    }

    /// Whether a tip's end here touches the wall.
    pub(crate) fn at_wall(&self) -> bool {
        self.wall_mm <= TOUCHES
    }

    /// Whether the point is over the same well as another.
    pub(crate) fn same_well(&self, other: &Self) -> bool {
        self.item == other.item && self.well == other.well && self.over_opening && other.over_opening
    }

    /// Whether a tip below the top may be here at all while it moves sideways.
    pub(crate) fn free_to_move(&self) -> bool {
        match self.kind {
            LabwareKind::Waste => self.over_opening,
            LabwareKind::Plate
            | LabwareKind::AgarPlate
            | LabwareKind::Reservoir
            | LabwareKind::TubeRack
            | LabwareKind::TipRack => !self.lidded && self.enters(),
            LabwareKind::Adapter => false,
        }
    }

    /// The liquid above a tip's end at a height.
    pub(crate) fn above_nl(&self, low: f64) -> f64 {
        let below = self.vessel.volume_ul(low - self.bottom_mm) * 1000.0;
        if self.agar {
            0.0
        } else {
            (self.volume_nl - below).clamp(0.0, self.volume_nl)
        }
    }

    /// The surface after so much more has come.
    pub(crate) fn risen_mm(&self, more_nl: f64) -> f64 {
        if self.agar {
            return self.surface_mm;
        }
        self.bottom_mm + self.vessel.height_mm((self.volume_nl + more_nl) / 1000.0)
    }
}

impl World {
    /// The thing under a point of the deck, and its nearest well.
    pub(crate) fn site(&self, x: f64, y: f64) -> Option<Site> {
        let [deck_x, deck_y, deck_z] = self.rig.simulation.deck;
        self.items.values().find_map(|item| {
            let [nest_x, nest_y, nest_z] = item.position?;
            let labware = &item.definition;
            let (dx, dy) = (x - nest_x.0 - deck_x.0, y - nest_y.0 - deck_y.0);
            let [width, depth] = labware.footprint;
            if !(0.0..=width.0).contains(&dx) || !(0.0..=depth.0).contains(&dy) {
                return None;
            }
            let [first_x, first_y] = labware.first_well;
            let [right, front] = labware.spacing;
            let nearest = |distance: f64, spacing: f64, count: usize| {
                let index = if spacing > 0.0 {
                    num::round_u64(distance / spacing)
                } else {
                    0
                };
                usize::try_from(index).unwrap_or(0).min(count.saturating_sub(1))
            };
            let column = nearest(dx - first_x.0, right.0, labware.columns);
            let row = nearest(first_y.0 - dy, front.0, labware.rows);
            let off_x = dx - first_x.0 - num::count(column) * right.0;
            let off_y = dy - first_y.0 + num::count(row) * front.0;
            let (off, over_opening, round, wall, opening) = match labware.shape {
                Shape::Circle { diameter } => {
                    let (off, radius) = (off_x.hypot(off_y), diameter.0 / 2.0);
                    (off, off <= radius, true, radius - off, diameter.0)
                }
                Shape::Rectangle { x, y } => {
                    let outside = (off_x.abs() - x.0 / 2.0).max(off_y.abs() - y.0 / 2.0).max(0.0);
                    let wall = (x.0 / 2.0 - off_x.abs()).min(y.0 / 2.0 - off_y.abs());
                    (outside, outside <= 0.0, false, wall, x.0.min(y.0))
                }
            };
            let well = row * labware.columns + column;
            let base = nest_z.0 + deck_z.0;
            let bottom = base + labware.well_bottom.0;
            let tolerance = WELL_TOLERANCE.max(off + wall - CLEARANCE);
            let volume = item.wells.get(well).map_or(0.0, |well| well.volume_nl);
            let rise = if item.lid.is_some() {
                labware.lid.map_or(0.0, |lid| lid.rise.0)
            } else {
                0.0
            };
            Some(Site {
                place: item.place.clone(),
                item: item.name.clone(),
                kind: labware.kind,
                well,
                well_name: labware.well_name(well),
                off_mm: off,
                over_opening,
                round,
                tolerance_mm: tolerance,
                x_mm: off_x,
                y_mm: off_y,
                wall_mm: wall,
                lidded: item.lid.is_some() || item.seal.is_some(),
                cover: if item.lid.is_some() { "lid" } else { "seal" },
                width_mm: opening,
                top_mm: base + labware.height.0 + rise,
                bottom_mm: bottom,
                surface_mm: bottom + labware.surface_mm(volume),
                vessel: labware.vessel.clone(),
                agar: labware.agar.is_some(),
                volume_nl: volume,
            })
        })
    }

    /// Top of the tallest thing on the deck, in mm over the nominal deck.
    pub(crate) fn tallest(&self) -> f64 {
        let [_, _, deck_z] = self.rig.simulation.deck;
        self.items
            .values()
            .filter_map(|item| {
                let [_, _, z] = item.position?;
                let labware = &item.definition;
                let rise = if item.lid.is_some() {
                    labware.lid.map_or(0.0, |lid| lid.rise.0)
                } else {
                    0.0
                };
                Some(z.0 + deck_z.0 + labware.height.0 + rise)
            })
            .fold(0.0, f64::max)
    }
}
