//! From a well of a nest to axis positions.
//!
//! Frame: the nominal deck, in which the rig file gives nests. A point of the deck is where the nest is, plus the well in
//! its labware, plus the calibration (where the deck was found). The carriage stands so that the nozzle is over it; the
//! mount's axis so that nozzle (or tip end) has the height wanted.

use super::axes::Axis;
use crate::labware::{Labware, Nozzles, Shape};
use crate::plan::Height;
use crate::rig::{Mount, Pipette, Point};
use crate::units::Length;

/// Nozzles are pressed this much deeper than a tip takes them in, to seat the tip for sure.
pub const PRESS: Length = Length::um(500);
/// Tips are let go with their ends this far below the rim of the waste.
pub const INTO_WASTE: Length = Length::um(10_000);

/// A tip touches a well's wall when its middle is this far from it.
pub const TO_WALL: Length = Length::um(500);

/// From the first nozzle to the middle of all that stand in one well, along X and Y.
fn half_span(channels: u8, labware: &Labware) -> (Length, Length) {
    let (x, y) = Nozzles::of(channels).span();
    let half = |span: Length, count: u8| {
        if count == 1 {
            Length::um(span.get() / 2)
        } else {
            Length::um(0)
        }
    };
    (half(x, labware.columns), half(y, labware.rows))
}

/// How far a tip goes from a well's centre to the right or left, and to the back or front, until it touches the wall;
/// `None` when there is no room for that. Several channels in one well have their ends nearer to the wall.
pub fn to_wall(labware: &Labware, channels: u8) -> Option<(Length, Length)> {
    let half = |l: Length| Length::um(l.get() / 2);
    let (x, y) = match labware.geometry.shape {
        Shape::Circular { diameter } => (half(diameter), half(diameter)),
        Shape::Rectangular { x, y } => (half(x), half(y)),
    };
    let (taken_x, taken_y) = half_span(channels, labware);
    let (x, y) = (x.minus(taken_x), y.minus(taken_y));
    let (x, y) = (x.minus(TO_WALL), y.minus(TO_WALL));
    (x.get() > 0 && y.get() > 0).then_some((x, y))
}

/// The axis that lifts a mount.
pub const fn lift(mount: Mount) -> Axis {
    match mount {
        Mount::Left => Axis::Z,
        Mount::Right => Axis::A,
    }
}

/// The axis of a mount's plunger.
pub const fn plunger(mount: Mount) -> Axis {
    match mount {
        Mount::Left => Axis::B,
        Mount::Right => Axis::C,
    }
}

/// Carriage X and Y that bring channel 1 of a pipette over a well.
pub fn carriage(
    pipette: &Pipette,
    nest: &Point,
    labware: &Labware,
    well: crate::labware::Well,
    deck: Point,
) -> (Length, Length) {
    let centre = labware.centre(well);
    let x = nest.x.plus(centre.0).plus(deck.x).minus(pipette.nozzle.x);
    let y = nest.y.plus(centre.1).plus(deck.y).minus(pipette.nozzle.y);
    // Several that reach into one row or column: their middle goes over its centre.
    let (half_x, half_y) = half_span(pipette.channels, labware);
    (x.minus(half_x), y.plus(half_y))
}

/// Height of a tip's end over the nominal deck.
pub fn tip_end(nest: &Point, labware: &Labware, height: Height, deck: Point) -> Length {
    let g = &labware.geometry;
    let inside = match height {
        Height::FromBottom(h) => g.well_bottom.plus(h),
        // Over the rim is over everything: the frame of some plates stands higher than their wells.
        Height::FromTop(h) if h >= Length::default() => {
            g.well_bottom.plus(g.well_depth).max(g.height).plus(h)
        }
        Height::FromTop(h) => g.well_bottom.plus(g.well_depth).plus(h),
    };
    nest.z.plus(inside).plus(deck.z)
}

/// Height of the nozzles when they are pressed into the tips of a rack.
pub fn pressed(nest: &Point, rack: &Labware, overlap: Length, deck: Point) -> Length {
    nest.z
        .plus(rack.geometry.height)
        .plus(deck.z)
        .minus(overlap)
        .minus(PRESS)
}

/// Position of the lifting axis for a height of the nozzle, or of a tip's end below it.
pub fn lift_position(pipette: &Pipette, height: Length, tip: Length) -> Length {
    height.plus(tip).minus(pipette.nozzle.z)
}

#[cfg(test)]
#[path = "geometry_tests.rs"]
mod tests;
