//! The findings of a run, sorted by what a report shows.

use super::data::ReportData;
use super::heat_map::PlateMap;
use crate::plan::{
    Compute, EndpointRow, Finding, GrowthParameters, GrowthRow, Hit, HitParameters, PlateId, PlateQuality,
    Role, StrainRate,
};
use std::collections::BTreeMap;

impl<'a> ReportData<'a> {
    /// Growth rows of all growth analyses.
    pub(super) fn growth(&self) -> Vec<&'a GrowthRow> {
        self.findings
            .values()
            .filter_map(|f| match f {
                Finding::Growth { rows, .. } => Some(rows),
                _ => None,
            })
            .flatten()
            .collect()
    }
    /// Quality of all plates that were analysed.
    pub(super) fn quality(&self) -> Vec<&'a PlateQuality> {
        self.findings
            .values()
            .filter_map(|f| match f {
                Finding::Growth { quality, .. } => Some(quality),
                _ => None,
            })
            .flatten()
            .collect()
    }
    /// Strains and hits of the first selection, if there was one.
    pub(super) fn selection(&self) -> Option<(&'a [StrainRate], &'a [Hit])> {
        self.findings.values().find_map(|f| match f {
            Finding::Hits { strains, hits, .. } => Some((strains.as_slice(), hits.as_slice())),
            _ => None,
        })
    }
    /// Rows of the endpoint comparison.
    pub(super) fn endpoint(&self) -> Vec<&'a EndpointRow> {
        self.findings
            .values()
            .filter_map(|f| match f {
                Finding::Endpoint { rows } => Some(rows),
                _ => None,
            })
            .flatten()
            .collect()
    }
    /// What a hit had to reach.
    pub(super) fn hit_parameters(&self) -> Option<&'a HitParameters> {
        self.plan.operations.iter().find_map(|o| match &o.compute {
            Some(Compute::Hits(parameters)) => Some(parameters),
            _ => None,
        })
    }
    /// How growth was analysed.
    pub(super) fn growth_parameters(&self) -> Option<&'a GrowthParameters> {
        self.plan.operations.iter().find_map(|o| match &o.compute {
            Some(Compute::Growth(parameters)) => Some(parameters),
            _ => None,
        })
    }
    /// Growth rates of each plate as maps, in the order of the analysis.
    pub(super) fn rate_maps(&self) -> Vec<(PlateId, PlateMap)> {
        let growth = self.growth();
        self.quality()
            .iter()
            .filter_map(|quality| {
                let layout = self.plan.plates.get(&quality.plate)?;
                let mut map = PlateMap::empty(layout.rows, layout.columns);
                for row in growth.iter().filter(|r| r.plate == quality.plate) {
                    map.set(row.well, row.rate.map(|r| r.0));
                }
                Some((quality.plate.clone(), map))
            })
            .collect()
    }
}

/// First and last absorbance of one strain, each the mean of its wells.
pub(super) struct Endpoint {
    /// The strain.
    pub strain: String,
    /// Wells.
    pub wells: usize,
    /// Mean first absorbance.
    pub first: Option<f64>,
    /// Mean last absorbance.
    pub last: Option<f64>,
}

/// Endpoint rows by strain, in the order of the plate's wells.
pub(super) fn endpoint_by_strain(rows: &[&EndpointRow]) -> Vec<Endpoint> {
    let mut ordered: Vec<&EndpointRow> = rows.to_vec();
    ordered.sort_by_key(|r| (r.well.column, r.well.row));
    let mut place: BTreeMap<&str, usize> = BTreeMap::new();
    let mut groups: Vec<(String, Vec<&EndpointRow>)> = Vec::new();
    for row in ordered {
        let name = row.strain.as_str();
        let next = groups.len();
        let index = *place.entry(name).or_insert(next);
        if index == next {
            groups.push((name.to_owned(), Vec::new()));
        }
        if let Some((_, members)) = groups.get_mut(index) {
            members.push(row);
        }
    }
    let mean = |values: Vec<f64>| crate::analysis::mean(&values);
    groups
        .into_iter()
        .map(|(strain, members)| Endpoint {
            strain,
            wells: members.len(),
            first: mean(members.iter().filter_map(|r| r.first).map(|a| a.0).collect()),
            last: mean(members.iter().filter_map(|r| r.last).map(|a| a.0).collect()),
        })
        .collect()
}

/// The word for a role as people at a bench say it.
pub(super) const fn role_words(role: Role) -> &'static str {
    match role {
        Role::Sample => "strain",
        Role::Reference => "parent (reference)",
        Role::Control => "control",
        Role::Blank => "blank",
        Role::Empty => "empty",
    }
}
