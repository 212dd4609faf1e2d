//! Quality of one plate.

use super::blank::{blank_wells, value_at};
use super::statistics::{mean, sd, z_prime};
use crate::plan::{GrowthRow, PlateId, PlatePlan, PlateQuality, Reading, Role};
use crate::units::{Absorbance, GrowthRate};

/// Z′, blanks, reference, edge effect and missed windows of one plate.
pub(super) fn quality(
    id: &PlateId,
    layout: &PlatePlan,
    readings: &[&Reading],
    rows: &[GrowthRow],
) -> PlateQuality {
    let rates = |role: Role, keep: &dyn Fn(&GrowthRow) -> bool| -> Vec<f64> {
        rows.iter()
            .filter(|r| r.role == role && keep(r))
            .filter_map(|r| r.rate)
            .map(|r| r.0)
            .collect()
    };
    let is_edge = |r: &GrowthRow| r.well.is_edge(layout.rows, layout.columns);
    let reference = rates(Role::Reference, &|_| true);
    let control = rates(Role::Control, &|_| true);
    let edge = mean(&rates(Role::Reference, &is_edge));
    let interior = mean(&rates(Role::Reference, &|r| !is_edge(r)));
    let blanks = blank_wells(layout, &layout.samples).wells;
    let blank_values: Vec<f64> = readings
        .iter()
        .flat_map(|r| blanks.iter().filter_map(|w| value_at(r, *w, layout)))
        .collect();
    let average = mean(&reference);
    PlateQuality {
        plate: id.clone(),
        z_prime: z_prime(&reference, &control),
        blank: mean(&blank_values).map(Absorbance),
        reference: average.map(GrowthRate),
        reference_cv: average.zip(sd(&reference)).map(|(m, s)| s / m),
        control: mean(&control).map(GrowthRate),
        edge_effect: edge.zip(interior).map(|(e, i)| e / i - 1.0),
        late_reads: u32::try_from(readings.iter().filter(|r| r.late.is_some()).count()).unwrap_or(u32::MAX),
    }
}
