//! What a reader sees: absorbance from cells and dyes, path length, plate, lid, film and noise; light from what cells express.
//!
//! A strain's level of expression is drawn by the seed and its name. A lid or a clear film takes nothing from
//! fluorescence and luminescence; foil lets nothing through.

use super::{item::Item, machines::Film, state::World};
use crate::{hazard::Hazard, instruments::Grid, num, rng::Stream};

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

/// By how much the meniscus makes the liquid thicker at the wall, and thinner at the centre, than its mean.
const MENISCUS: f64 = 0.05;

/// How thick the liquid is at each point of a grid, relative to its mean; one point, the mean, without a grid. `None`
/// beyond the wall.
fn points(grid: Option<Grid>, radius_mm: Option<f64>) -> Vec<Option<f64>> {
    let (Some(grid), Some(radius)) = (grid, radius_mm) else {
        return vec![Some(1.0)];
    };
    let thick = |(x, y): (f64, f64)| {
        let share = x.hypot(y) / radius;
        (share <= 1.0).then_some(1.0 + MENISCUS * (2.0 * share * share - 1.0))
    };
    grid.distances().map(thick).collect()
}

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
        ((excitation_nm, emission_nm, gain), grid): ((u16, u16, u16), Option<Grid>),
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
        self.counts(reader, (place, grid), stream, now, |expressed| {
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
        self.counts(reader, (place, None), stream, now, |expressed| {
            seconds * (background + GLOW * expressed)
        })
    }

    /// Counts of every well from what its cells express (level x OD600 x uL), with the reader's noise.
    fn counts(
        &mut self,
        reader: &str,
        (place, grid): (&str, Option<Grid>),
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
        let radius = self
            .labware
            .get(&item.labware)
            .map(|labware| labware.half_width());
        let points = points(grid, radius);
        let values = (0..item.wells.len())
            .flat_map(|well| points.iter().map(move |thick| (well, thick)))
            .map(|(well, thick)| {
                let clear = thick.map_or(f64::NAN, |thick| signal(expressed(item, well) * thick));
                // Counting noise besides the reader's own.
                let value = clear + (spread * clear).hypot(clear.max(0.0).sqrt()) * noise.normal();
                if !value.is_finite() || value > SATURATED || item.seal == Some(Film::Foil) {
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
        (wavelength_nm, grid): (u16, Option<Grid>),
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
        let points = points(grid, Some(labware.half_width()));
        let dyes = &self.rig.simulation.dyes;
        let values = item
            .wells
            .iter()
            .flat_map(|well| points.iter().map(move |thick| (well, thick)))
            .map(|(well, thick)| {
                let path_cm = labware.path_cm(well.volume_nl) * thick.unwrap_or(f64::NAN);
                let dyed = well.dyed(|liquid| dyes.get(liquid).map_or(0.0, |dye| dye.at(wavelength_nm)));
                let clear = (well.density() * scale + dyed) * path_cm + optics.background + lid + film;
                let seen = if clear > LINEAR {
                    LINEAR + BEND * ((clear - LINEAR) / BEND).ln_1p()
                } else {
                    clear
                };
                let spread = optics.noise.hypot(optics.proportional_noise * seen);
                let value = seen + spread * noise.normal();
                if !value.is_finite() || value > RANGE {
                    f64::NAN
                } else {
                    value
                }
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
