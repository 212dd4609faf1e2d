//! What a reader's light shows of the plate on its tray: the values of all wells, the point that the beam meets, and the
//! entry of the ledger. Knows no instrument's words.

use crate::{fault::Trouble, instruments::Ctx, ledger::Event, world::World};

/// From a well's wall the light must stay away, in mm.
const BEAM: f64 = 1.0;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::instruments) enum Light {
    /// At a wavelength in nm.
    Absorbance(u16),
    /// Wavelengths in nm; a gain of 100 is the middle.
    Fluorescence {
        excitation: u16,
        emission: u16,
        gain: u16,
    },
    /// Gathered so long, in ms.
    Luminescence { ms: u16 },
}

impl Light {
    /// What the light shows where no plate is.
    fn empty(self, ctx: &Ctx<'_>) -> f64 {
        let optics = ctx.world.rig.optics(ctx.name).unwrap_or_default();
        match self {
            Self::Absorbance(_) => optics.background,
            Self::Fluorescence { .. } => optics.fluorescence_background,
            Self::Luminescence { .. } => optics.luminescence_background,
        }
    }

    /// Values of all wells of the plate on a tray along rows; `None` without a plate.
    pub(in crate::instruments) fn values(
        self,
        ctx: &mut Ctx<'_>,
        tray: &str,
        number: u64,
    ) -> Option<Vec<f64>> {
        let (name, now) = (ctx.name, ctx.now);
        match self {
            Self::Absorbance(nm) => ctx.world.absorbance(name, tray, (nm, None), number, now),
            Self::Fluorescence {
                excitation,
                emission,
                gain,
            } => {
                let light = (excitation, emission, gain);
                ctx.world.fluorescence(name, tray, (light, None), number, now)
            }
            Self::Luminescence { ms } => ctx.world.luminescence(name, tray, ms, number, now),
        }
    }

    /// The ledger's entry of a reading of all wells along rows; what is not finite was not measured.
    pub(in crate::instruments) fn event(
        self,
        ctx: &Ctx<'_>,
        (plate, place): (String, String),
        sequence: u64,
        values: &[f64],
    ) -> Event {
        let instrument = ctx.name.to_owned();
        let sequence = u16::try_from(sequence).unwrap_or(u16::MAX);
        let values = World::for_ledger(values);
        match self {
            Self::Absorbance(wavelength_nm) => Event::Read {
                instrument,
                plate,
                place,
                wavelength_nm,
                points: 1,
                sequence,
                values,
            },
            Self::Fluorescence {
                excitation,
                emission,
                gain,
            } => Event::ReadFluorescence {
                instrument,
                plate,
                place,
                excitation_nm: excitation,
                emission_nm: emission,
                gain,
                points: 1,
                sequence,
                values,
            },
            Self::Luminescence { ms } => Event::ReadLuminescence {
                instrument,
                plate,
                place,
                integration_ms: ms,
                sequence,
                values,
            },
        }
    }
}

/// What the beam meets at a point, in mm from the plate's left edge and from its back: the value of the well there, what
/// shows without a plate, or infinity at a wall and out of range.
pub(in crate::instruments) fn seen(
    ctx: &Ctx<'_>,
    tray: &str,
    (values, empty): (Option<&[f64]>, f64),
    point: (f64, f64),
) -> f64 {
    let Some(values) = values else { return empty };
    match well_at(ctx, tray, point).and_then(|index| values.get(index)) {
        Some(value) if !value.is_nan() => *value,
        _ => f64::INFINITY,
    }
}

/// Number along rows of the well of the plate on a tray into which the beam fits at a point.
fn well_at(ctx: &Ctx<'_>, tray: &str, (x, y): (f64, f64)) -> Option<usize> {
    let item = ctx.world.at(tray)?;
    let labware = ctx.world.definition(item)?;
    let ([first_x, first_y], [_, depth]) = (labware.first_well, labware.footprint);
    let [step_x, step_y] = labware.spacing;
    let column = ((x - first_x.0) / step_x.0).round();
    let row = ((y - (depth.0 - first_y.0)) / step_y.0).round();
    let off_x = x - first_x.0 - column * step_x.0;
    let off_y = y - (depth.0 - first_y.0) - row * step_y.0;
    let inside = off_x.hypot(off_y) <= labware.half_width() - BEAM;
    let columns = crate::num::count(labware.columns);
    let there = inside && row >= 0.0 && column >= 0.0 && column < columns;
    let index = there.then(|| crate::num::round_u64(row * columns + column))?;
    usize::try_from(index).ok()
}

/// A grid of points over a plate, in mm from its left edge and its back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::instruments) struct Grid {
    pub(in crate::instruments) rows: u16,
    pub(in crate::instruments) columns: u16,
    /// The first and the last point.
    pub(in crate::instruments) first: (f64, f64),
    pub(in crate::instruments) last: (f64, f64),
}

impl Grid {
    fn point(&self, row: u16, column: u16) -> (f64, f64) {
        let along = |first: f64, last: f64, at: u16, of: u16| {
            first + (last - first) * f64::from(at) / f64::from(of.saturating_sub(1).max(1))
        };
        (
            along(self.first.0, self.last.0, column, self.columns),
            along(self.first.1, self.last.1, row, self.rows),
        )
    }
}

/// One pass of the light over chosen points of a grid.
#[derive(Clone, Debug)]
pub(in crate::instruments) struct Pass {
    /// By row and column of the grid, each from 0, with the value; infinity: no value.
    pub(in crate::instruments) points: Vec<((u16, u16), f64)>,
    /// What the ledger will keep of it; none without a plate.
    pub(in crate::instruments) event: Option<Event>,
}

/// Looks at the points of a grid; `number` is that of the reading.
pub(in crate::instruments) fn pass(
    ctx: &mut Ctx<'_>,
    tray: &str,
    light: Light,
    (grid, chosen): (Grid, &[(u16, u16)]),
    number: u64,
) -> Pass {
    let values = light.values(ctx, tray, number);
    let empty = light.empty(ctx);
    let mut points: Vec<((u16, u16), f64)> = chosen
        .iter()
        .map(|(row, column)| {
            let at = grid.point(*row, *column);
            let value = seen(ctx, tray, (values.as_deref(), empty), at);
            ((*row, *column), value)
        })
        .collect();
    let event = values.zip(ctx.world.at(tray)).map(|(values, item)| {
        let met: std::collections::BTreeSet<usize> = chosen
            .iter()
            .filter_map(|(row, column)| well_at(ctx, tray, grid.point(*row, *column)))
            .collect();
        let measured = values.iter().enumerate();
        let measured: Vec<f64> = measured
            .map(|(well, value)| if met.contains(&well) { *value } else { f64::NAN })
            .collect();
        light.event(ctx, (item.name.clone(), tray.to_owned()), number, &measured)
    });
    for trouble in [Trouble::Saturated, Trouble::NotANumber] {
        if ctx.world.troubles.strikes(ctx.name, trouble) {
            points
                .iter_mut()
                .step_by(3)
                .for_each(|(_, value)| *value = f64::INFINITY);
        }
    }
    Pass { points, event }
}
