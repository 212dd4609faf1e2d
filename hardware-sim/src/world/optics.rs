//! What a reader sees: absorbance from cells, path length, plate, lid and noise.

use super::state::World;
use crate::{num, rng::Stream};

/// Wavelength in nm at which optical density is defined.
const REFERENCE: f64 = 600.0;
/// Scattering falls with this power of the wavelength.
const SCATTERING: f64 = 1.5;
/// Above this absorbance a reading bends over.
const LINEAR: f64 = 2.0;
/// How gently it bends.
const BEND: f64 = 1.5;
/// Above this the reader reports out of range.
const RANGE: f64 = 4.0;

impl World {
    /// Absorbance of every well of the plate at a place, along rows; NaN is out of range. `None`: no plate.
    pub(crate) fn absorbance(
        &mut self,
        reader: &str,
        place: &str,
        wavelength_nm: u16,
        reading: u64,
        now: u64,
    ) -> Option<Vec<f64>> {
        let name = self.at(place).map(|item| item.name.clone())?;
        self.touch(&name, now);
        let item = self.items.get(&name)?;
        let labware = self.labware.get(&item.labware)?;
        let optics = self.rig.optics(reader).unwrap_or_default();
        let lid = if item.lid.is_some() {
            labware.lid.map_or(0.0, |lid| lid.absorbance)
        } else {
            0.0
        };
        let scale = (REFERENCE / f64::from(wavelength_nm.max(1))).powf(SCATTERING);
        let mut noise = Stream::new(self.seed, &format!("{reader}/read/{reading}"));
        let values = item
            .wells
            .iter()
            .map(|well| {
                let path_cm = labware.path_cm(well.volume_nl);
                let clear = well.density() * path_cm * scale + optics.background + lid;
                let seen = if clear > LINEAR {
                    LINEAR + BEND * ((clear - LINEAR) / BEND).ln_1p()
                } else {
                    clear
                };
                let spread = optics.noise.hypot(optics.proportional_noise * seen);
                let value = seen + spread * noise.normal();
                if value > RANGE { f64::NAN } else { value }
            })
            .collect();
        Some(values)
    }

    /// A reading as the ledger keeps it.
    pub(crate) fn for_ledger(values: &[f64]) -> Vec<Option<f32>> {
        values
            .iter()
            .map(|value| value.is_finite().then(|| num::to_f32(*value)))
            .collect()
    }
}
