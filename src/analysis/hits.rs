//! Which strains grow faster than the reference.
//!
//! Rates are made comparable over plates by dividing each by the mean of its plate's reference wells and
//! multiplying by the mean of those means; so an effect that a whole plate shares (temperature, a late start) does
//! not inflate the spread between replicates. Wells of a plate whose reference has no rate cannot be compared and are
//! left out. Each strain is then tested against all reference wells by Welch's one-sided test on the logarithms of the
//! rates (their spread is proportional), its variance moderated by those of all strains: with four replicates, 80
//! strains and their own variances alone, the test finds too few (`docs/analysis.md` has the figures). Strains with
//! fewer than two rates, or where no test is possible, keep p = q = 1 and are not counted among those tested.

use super::blank::plate;
use super::error::AnalysisError;
use super::moderation::{Prior, Variance, variance};
use super::picks::{pick, well_of};
use super::statistics::{adjust_benjamini_hochberg, mean, sd, welch_greater};
use crate::plan::{
    Finding, GrowthRow, Hit, HitParameters, Plan, PlateId, Role, StepId, StrainId, StrainRate,
};
use crate::units::GrowthRate;
use std::collections::BTreeMap;

/// The hits and what is picked of them.
pub(super) fn hits(
    parameters: &HitParameters,
    plan: &Plan,
    earlier: &BTreeMap<StepId, Finding>,
) -> Result<Finding, AnalysisError> {
    let Some(Finding::Growth { rows, .. }) = earlier.get(&parameters.rates) else {
        return Err(AnalysisError::NoRates(parameters.rates.clone()));
    };
    let strains = compare(rows, true)?;
    let mut best: Vec<&StrainRate> = strains
        .iter()
        .filter(|s| s.advantage >= parameters.at_least && s.q < parameters.q_below)
        .collect();
    best.sort_by(|a, b| {
        b.advantage
            .total_cmp(&a.advantage)
            .then_with(|| a.strain.cmp(&b.strain))
    });
    // What cannot be picked since its wells on the source have been given up leaves its place to the next.
    let source = plate(plan, &parameters.source)?;
    best.retain(|s| source.given_up.is_empty() || well_of(&s.strain, source).is_some());
    best.truncate(usize::from(parameters.at_most));
    let chosen: Vec<&StrainId> = best.iter().map(|s| &s.strain).collect();
    let picked = pick(parameters, plan, &chosen)?;
    let hits = (1_u16..)
        .zip(best)
        .zip(picked.sources)
        .map(|((rank, rate), source)| Hit {
            rank,
            rate: rate.clone(),
            source,
        })
        .collect();
    Ok(Finding::Hits {
        hits,
        picklist: picked.picklist,
        samples: picked.samples,
        strains,
    })
}

/// What the replicates of all strains tell about the variance of one.
fn prior<'a>(rates: impl Iterator<Item = &'a Vec<f64>>) -> Option<Prior> {
    let variances: Vec<Variance> = rates.filter_map(|r| variance(&logs(r))).collect();
    Prior::of(&variances)
}

fn logs(rates: &[f64]) -> Vec<f64> {
    rates.iter().map(|r| r.ln()).collect()
}

/// Every strain under test against the reference, by name; each variance moderated by those of all, if wanted.
pub(super) fn compare(rows: &[GrowthRow], moderation: bool) -> Result<Vec<StrainRate>, AnalysisError> {
    let mut reference_by_plate: BTreeMap<&PlateId, Vec<f64>> = BTreeMap::new();
    for row in rows.iter().filter(|r| r.role == Role::Reference) {
        if let Some(rate) = row.rate {
            reference_by_plate.entry(&row.plate).or_default().push(rate.0);
        }
    }
    let plate_means: BTreeMap<&PlateId, f64> = reference_by_plate
        .iter()
        .filter_map(|(plate, rates)| Some((*plate, mean(rates)?)))
        .collect();
    let found = reference_by_plate.values().map(Vec::len).sum();
    let level = mean(&plate_means.values().copied().collect::<Vec<f64>>());
    let Some(level) = level.filter(|_| found >= 2) else {
        return Err(AnalysisError::NoReference { found });
    };
    let comparable = |row: &GrowthRow| Some(row.rate?.0 / plate_means.get(&row.plate)? * level);
    let of_role = |role: Role| {
        rows.iter()
            .filter(move |r| r.role == role)
            .filter_map(|r| Some((r, comparable(r)?)))
    };
    let reference: Vec<f64> = of_role(Role::Reference).map(|(_, rate)| rate.ln()).collect();
    let mut by_strain: BTreeMap<&StrainId, Vec<f64>> = BTreeMap::new();
    for (row, rate) in of_role(Role::Sample) {
        if let Some(strain) = &row.strain {
            by_strain.entry(strain).or_default().push(rate);
        }
    }
    let prior = moderation.then(|| prior(by_strain.values())).flatten();
    let mut strains: Vec<(StrainRate, bool)> = by_strain
        .into_iter()
        .filter_map(|(strain, rates)| one(strain, &rates, &reference, level, prior.as_ref()))
        .collect();
    let p: Vec<f64> = strains
        .iter()
        .filter(|(_, tested)| *tested)
        .map(|(s, _)| s.p)
        .collect();
    let q = adjust_benjamini_hochberg(&p);
    for ((strain, _), q) in strains.iter_mut().filter(|(_, tested)| *tested).zip(q) {
        strain.q = q;
    }
    Ok(strains.into_iter().map(|(strain, _)| strain).collect())
}

/// One strain, and whether it could be tested.
fn one(
    strain: &StrainId,
    rates: &[f64],
    reference: &[f64],
    level: f64,
    prior: Option<&Prior>,
) -> Option<(StrainRate, bool)> {
    let average = mean(rates)?;
    let test = welch_greater(&logs(rates), reference, prior);
    let rate = StrainRate {
        strain: strain.clone(),
        n: u16::try_from(rates.len()).unwrap_or(u16::MAX),
        mean: GrowthRate(average),
        sd: sd(rates).unwrap_or(0.0),
        advantage: average / level - 1.0,
        p: test.map_or(1.0, |t| t.p),
        q: 1.0,
    };
    Some((rate, test.is_some()))
}

#[cfg(test)]
#[path = "hits_tests.rs"]
mod tests;
