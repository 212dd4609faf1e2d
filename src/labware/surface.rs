//! How high a volume stands in a well.

use super::{Labware, Section};
use crate::units::{Length, Volume};

/// Microlitres are added up in binary fractions; this much of one is no difference.
const EPSILON_UL: f64 = 1e-9;

/// The whole part, held at the ends of the type; 0 for what is not a number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates and maps NaN to 0, which is what is promised"
)]
fn whole(x: f64) -> i64 {
    x.floor() as i64
}

impl Labware {
    /// What stands in a well, in microlitres, filled up to `z` millimetres over its inner bottom, whatever else is
    /// there. Above the well its walls go on straight.
    fn space_ul(&self, z: f64) -> f64 {
        let (mut left, mut volume) = (z.max(0.0), 0.0);
        for section in &self.sections {
            volume += section.volume_ul(left);
            left -= section.height.as_mm();
            if left <= 0.0 {
                return volume;
            }
        }
        volume + left * self.opening_mm2()
    }

    /// Area at the top of the uppermost section.
    fn opening_mm2(&self) -> f64 {
        self.sections
            .last()
            .map_or(0.0, |section| section.area_mm2(section.height.as_mm()))
    }

    /// The lowest point that a tip's end can reach, over the well's inner bottom: 0, or the agar's surface.
    pub fn floor(&self) -> Length {
        self.agar.unwrap_or_default()
    }

    /// Height of the liquid's surface over the well's inner bottom, rounded down to a micrometre; never below the
    /// [floor](Self::floor), which is what an empty well answers. It grows with the volume, above the well as if
    /// its walls went on. 0 for what holds no liquid.
    pub fn height(&self, volume: Volume) -> Length {
        let floor = self.floor();
        let mut left = volume.as_ul().max(0.0) + self.space_ul(floor.as_mm()) + EPSILON_UL;
        let mut base = Length::um(0);
        for section in &self.sections {
            let full = section.volume_ul(section.height.as_mm());
            if left < full {
                return base.plus(within(section, left)).max(floor);
            }
            left -= full;
            base = base.plus(section.height);
        }
        let area = self.opening_mm2();
        if area > 0.0 {
            base = base.plus(Length::um(whole(left / area * 1_000.0)));
        }
        base.max(floor)
    }

    /// The liquid in a well whose surface stands this high over its inner bottom, rounded down to a nanolitre; 0 at
    /// the [floor](Self::floor) and below. The inverse of [`height`](Self::height): the liquid of which that is
    /// the height lies between the volumes at it and a micrometre above.
    pub fn volume_at(&self, height: Length) -> Volume {
        let liquid = self.space_ul(height.as_mm()) - self.space_ul(self.floor().as_mm());
        Volume::nl(whole((liquid.max(0.0) + EPSILON_UL) * 1_000.0))
    }

    /// What a well holds up to its rim by its geometry, less the agar; 0 for what holds no liquid.
    pub fn space(&self) -> Volume {
        self.volume_at(self.geometry.well_depth)
    }

    /// Area of a well's opening, in square millimetres.
    pub fn area_mm2(&self) -> f64 {
        self.geometry.shape.area_mm2()
    }

    /// Optical path of a volume along the well's axis, in centimetres: in a well with straight walls V/A, in any
    /// other the height of the liquid. 0 for what holds no liquid.
    pub fn path_length_cm(&self, volume: Volume) -> f64 {
        let area = self.area_mm2();
        match self.sections.as_slice() {
            [] => 0.0,
            [section] if section.is_straight() && area > 0.0 => volume.as_ul() / area / 10.0,
            _ => self.height(volume).minus(self.floor()).as_mm() / 10.0,
        }
    }
}

/// The highest whole micrometre below which a section holds at most `volume` microlitres.
fn within(section: &Section, volume: f64) -> Length {
    let (mut low, mut high) = (0, section.height.get());
    if section.is_straight() {
        return Length::um(whole(volume / section.area_mm2(0.0) * 1_000.0).clamp(low, high));
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if section.volume_ul(Length::um(middle).as_mm()) <= volume {
            low = middle;
        } else {
            high = middle;
        }
    }
    Length::um(low)
}

#[cfg(test)]
#[path = "surface_tests.rs"]
mod tests;
