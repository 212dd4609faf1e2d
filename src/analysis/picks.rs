//! Where hits and reference are picked from and to.

use super::blank::plate;
use super::error::AnalysisError;
use crate::labware::Well;
use crate::plan::{HitParameters, Pick, Picklist, Plan, PlateId, PlatePlan, Role, Sample, StrainId, Work};
use std::collections::BTreeMap;

/// The picks of a selection.
pub(super) struct Picked {
    /// Source well of each hit, best first.
    pub sources: Vec<Well>,
    /// The picks, in the order of the target's wells.
    pub picklist: Picklist,
    /// Who is in each well of the target afterwards.
    pub samples: BTreeMap<Well, Sample>,
}

/// Picks the strains, best first, each into its replicates' wells, then the reference.
///
/// The target is filled column by column from A1. References are taken from the source's reference wells in turn. When
/// the plan fills the target with medium by whole columns, the wells of the last column that get nothing else are blanks.
/// Without strains nothing is picked.
pub(super) fn pick(
    parameters: &HitParameters,
    plan: &Plan,
    strains: &[&StrainId],
) -> Result<Picked, AnalysisError> {
    let source = plate(plan, &parameters.source)?;
    let target = plate(plan, &parameters.target)?;
    let sources: Vec<Well> = strains
        .iter()
        .map(|strain| {
            well_of(strain, source)
                .ok_or_else(|| AnalysisError::strain_not_on_source(strain, &parameters.source))
        })
        .collect::<Result<_, _>>()?;
    let mut wanted: Vec<(Well, Sample)> = Vec::new();
    for (strain, well) in strains.iter().zip(&sources) {
        let sample = Sample {
            strain: Some((*strain).clone()),
            role: Role::Sample,
        };
        wanted.extend((0..parameters.replicates).map(|_| (*well, sample.clone())));
    }
    if !strains.is_empty() {
        wanted.extend(references(parameters, source)?);
    }
    let free: Vec<Well> = (0..target.columns)
        .flat_map(|column| (0..target.rows).map(move |row| Well::new(row, column)))
        .filter(|well| !target.given_up.contains(well))
        .collect();
    if wanted.len() > free.len() {
        return Err(AnalysisError::TooManyPicks {
            picks: wanted.len(),
            wells: free.len(),
            plate: parameters.target.clone(),
        });
    }
    let mut picklist = Picklist::default();
    let mut samples = BTreeMap::new();
    for ((from, sample), to) in wanted.into_iter().zip(&free) {
        if let Some(strain) = &sample.strain {
            picklist.picks.push(Pick {
                strain: strain.clone(),
                from_plate: parameters.source.clone(),
                from,
                to_plate: parameters.target.clone(),
                to: *to,
            });
        }
        samples.insert(*to, sample);
    }
    if fills_whole_columns(plan, &parameters.target) {
        let last = samples.keys().map(|w| w.column).max();
        for well in free.iter().filter(|w| last.is_some_and(|last| w.column <= last)) {
            samples.entry(*well).or_insert(Sample {
                strain: None,
                role: Role::Blank,
            });
        }
    }
    Ok(Picked {
        sources,
        picklist,
        samples,
    })
}

/// The first well of a strain under test that has not been given up.
pub(super) fn well_of(strain: &StrainId, source: &PlatePlan) -> Option<Well> {
    source
        .counted(&source.samples)
        .find(|(_, s)| s.role == Role::Sample && s.strain.as_ref() == Some(strain))
        .map(|(well, _)| *well)
}

/// As many reference wells as wanted, in turn.
fn references(parameters: &HitParameters, source: &PlatePlan) -> Result<Vec<(Well, Sample)>, AnalysisError> {
    let own: Vec<(Well, Sample)> = source
        .counted(&source.samples)
        .filter(|(_, s)| s.role == Role::Reference && s.strain.is_some())
        .map(|(well, sample)| (*well, sample.clone()))
        .collect();
    if own.is_empty() && parameters.references > 0 {
        return Err(AnalysisError::NotOnSource {
            what: "the reference".to_owned(),
            plate: parameters.source.clone(),
        });
    }
    Ok(own
        .iter()
        .cycle()
        .take(usize::from(parameters.references))
        .cloned()
        .collect())
}

fn fills_whole_columns(plan: &Plan, target: &PlateId) -> bool {
    plan.operations
        .iter()
        .flat_map(|operation| &operation.phases)
        .any(|phase| matches!(&phase.work, Work::PickFill(fill) if fill.plate == *target))
}
