//! What a reader sees: absorbance from cells, path length, plate, lid, film and noise; light from what cells express.
//!
//! A strain's level of expression is drawn by the seed and its name. A lid or a clear film takes nothing from
//! fluorescence and luminescence; foil lets nothing through.

use super::{item::Item, machines::Film, state::World};
use crate::{hazard::Hazard, num, rng::Stream};

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

/// Best excitation and emission of what cells express, in nm, and how fast it falls off to both sides.
const EXCITATION: f64 = 488.0;
const EMISSION: f64 = 512.0;
const WIDTH: f64 = 25.0;
/// Counts of fluorescence at gain 100 of one OD600 x uL of cells that express at level 1.
const BRIGHTNESS: f64 = 120.0;
/// Counts of luminescence per second of the same.
const GLOW: f64 = 400.0;
/// More counts than this the detector cannot tell apart: out of range.
const SATURATED: f64 = 60_000.0;
/// Spread of the logarithm of the strains' levels.
const EXPRESSION_SPREAD: f64 = 0.6;

impl World {
    /// How much a strain expresses; 1 is the middle of all strains.
    pub(crate) fn expression(&self, strain: &str) -> f64 {
        (EXPRESSION_SPREAD * Stream::new(self.seed, &format!("expression/{strain}")).normal()).exp()
    }

    /// Fluorescence of every well in counts, as [`Self::absorbance`]; light is excitation, emission and gain.
    pub(crate) fn fluorescence(
        &mut self,
        reader: &str,
        place: &str,
        (excitation_nm, emission_nm, gain): (u16, u16, u16),
        reading: u64,
        now: u64,
    ) -> Option<Vec<f64>> {
        let off = |nm: u16, best: f64| (-((f64::from(nm) - best) / WIDTH).powi(2) / 2.0).exp();
        let seen = off(excitation_nm, EXCITATION) * off(emission_nm, EMISSION);
        let background = self
            .rig
            .optics(reader)
            .unwrap_or_default()
            .fluorescence_background;
        let gain = f64::from(gain) / 100.0;
        let stream = Stream::new(self.seed, &format!("{reader}/fluorescence/{reading}"));
        self.counts(reader, place, stream, now, |expressed| {
            gain * (background + BRIGHTNESS * seen * expressed)
        })
    }

    /// Luminescence of every well in counts over the time of gathering, as [`Self::absorbance`].
    pub(crate) fn luminescence(
        &mut self,
        reader: &str,
        place: &str,
        ms: u16,
        reading: u64,
        now: u64,
    ) -> Option<Vec<f64>> {
        let background = self
            .rig
            .optics(reader)
            .unwrap_or_default()
            .luminescence_background;
        let seconds = f64::from(ms) / 1000.0;
        let stream = Stream::new(self.seed, &format!("{reader}/luminescence/{reading}"));
        self.counts(reader, place, stream, now, |expressed| {
            seconds * (background + GLOW * expressed)
        })
    }

    /// Counts of every well from what its cells express (level x OD600 x uL), with the reader's noise.
    fn counts(
        &mut self,
        reader: &str,
        place: &str,
        mut noise: Stream,
        now: u64,
        signal: impl Fn(f64) -> f64,
    ) -> Option<Vec<f64>> {
        let name = self.at(place).map(|item| item.name.clone())?;
        self.touch(&name, now);
        self.look_through(reader, place, now);
        let item = self.items.get(&name)?;
        let spread = self.rig.optics(reader).unwrap_or_default().proportional_noise;
        let expressed = |item: &Item, well: usize| {
            let cells = item.wells.get(well).map(|well| well.cells.iter());
            cells
                .into_iter()
                .flatten()
                .map(|(strain, cells)| self.expression(strain) * cells.amount / 1000.0)
                .sum::<f64>()
        };
        let values = (0..item.wells.len())
            .map(|well| {
                let clear = signal(expressed(item, well));
                // Counting noise besides the reader's own.
                let value = clear + (spread * clear).hypot(clear.max(0.0).sqrt()) * noise.normal();
                if value > SATURATED || item.seal == Some(Film::Foil) {
                    f64::NAN
                } else {
                    value.max(0.0)
                }
            })
            .collect();
        Some(values)
    }

    /// Foil over the wells: nothing is seen, and whoever reads made a mistake.
    fn look_through(&mut self, reader: &str, place: &str, now: u64) {
        let foil = self.at(place).filter(|item| item.seal == Some(Film::Foil));
        if let Some(name) = foil.map(|item| item.name.clone()) {
            let text = format!("{reader} reads {name} through foil");
            self.violate(now, reader, place, Hazard::ReadsThroughFoil, text);
        }
    }

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
        self.look_through(reader, place, now);
        let item = self.items.get(&name)?;
        let labware = self.labware.get(&item.labware)?;
        let optics = self.rig.optics(reader).unwrap_or_default();
        let lid = if item.lid.is_some() {
            labware.lid.map_or(0.0, |lid| lid.absorbance)
        } else {
            0.0
        };
        let film = item.seal.map_or(0.0, Film::absorbance);
        let scale = (REFERENCE / f64::from(wavelength_nm.max(1))).powf(SCATTERING);
        let mut noise = Stream::new(self.seed, &format!("{reader}/read/{reading}"));
        let values = item
            .wells
            .iter()
            .map(|well| {
                let path_cm = labware.path_cm(well.volume_nl);
                let clear = well.density() * path_cm * scale + optics.background + lid + film;
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
