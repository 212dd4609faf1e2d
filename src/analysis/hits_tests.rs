use super::*;
use crate::analysis::{compute, fixture};
use crate::labware::Well;
use crate::plan::{Compute, Picklist};

fn rates_of(plan: &Plan, seed: u64) -> BTreeMap<StepId, Finding> {
    let finding = compute(
        &fixture::growth_step(plan),
        plan,
        &fixture::readings(plan, seed),
        &BTreeMap::new(),
    )
    .expect("rates");
    BTreeMap::from([(StepId::new("growth"), finding)])
}

fn select(
    parameters: HitParameters,
    plan: &Plan,
    earlier: &BTreeMap<StepId, Finding>,
) -> (Vec<Hit>, Picklist) {
    match compute(&Compute::Hits(parameters), plan, &[], earlier) {
        Ok(Finding::Hits { hits, picklist, .. }) => (hits, picklist),
        other => panic!("{other:?}"),
    }
}

#[test]
fn planted_strains_are_found_from_their_curves() {
    let plan = fixture::plan(4);
    let (mut strong, mut others) = (0, 0);
    for seed in 1..=10 {
        let (hits, _) = select(fixture::hits_step(), &plan, &rates_of(&plan, seed));
        let planted = hits
            .iter()
            .filter(|h| fixture::planted(h.rate.strain.as_str()) > 1.1)
            .count();
        strong += planted;
        others += hits.len() - planted;
    }
    assert!(strong >= 50, "{strong} of 60 found in ten screens");
    assert!(others <= 10, "{others} false in ten screens");
}

#[test]
fn hits_are_ranked_by_their_advantage() {
    let plan = fixture::plan(4);
    let (hits, _) = select(fixture::hits_step(), &plan, &rates_of(&plan, 5));
    let ranks: Vec<u16> = hits.iter().map(|h| h.rank).collect();
    assert_eq!(
        ranks,
        (1..=u16::try_from(hits.len()).unwrap()).collect::<Vec<u16>>()
    );
    assert!(
        hits.windows(2)
            .all(|w| w[0].rate.advantage >= w[1].rate.advantage)
    );
}

#[test]
fn an_effect_of_the_whole_plate_makes_no_hit_and_hides_none() {
    let plan = fixture::plan(4);
    let mut earlier = rates_of(&plan, 5);
    let (before, _) = select(fixture::hits_step(), &plan, &earlier);
    for finding in earlier.values_mut() {
        if let Finding::Growth { rows, .. } = finding {
            for row in rows.iter_mut().filter(|r| r.plate.as_str() == "assay-3") {
                row.rate = row.rate.map(|r| GrowthRate(r.0 * 0.8));
            }
        }
    }
    let (after, _) = select(fixture::hits_step(), &plan, &earlier);
    let names = |hits: &[Hit]| {
        hits.iter()
            .map(|h| h.rate.strain.clone())
            .collect::<Vec<StrainId>>()
    };
    assert_eq!(names(&before), names(&after));
}

#[test]
fn hits_go_column_by_column_and_the_reference_follows() {
    let plan = fixture::plan(4);
    let (hits, picklist) = select(fixture::hits_step(), &plan, &rates_of(&plan, 5));
    assert_eq!(picklist.picks.len(), hits.len() * 3 + 3);
    let targets: Vec<String> = picklist.picks.iter().take(9).map(|p| p.to.to_string()).collect();
    assert_eq!(targets, ["A1", "B1", "C1", "D1", "E1", "F1", "G1", "H1", "A2"]);
    for (hit, picks) in hits.iter().zip(picklist.picks.chunks(3)) {
        assert!(
            picks
                .iter()
                .all(|p| p.strain == hit.rate.strain && p.from == hit.source)
        );
    }
    let references: Vec<String> = picklist
        .picks
        .iter()
        .skip(hits.len() * 3)
        .map(|p| p.from.to_string())
        .collect();
    assert_eq!(references, ["A1", "B6", "C7"]);
    assert!(
        picklist
            .picks
            .iter()
            .skip(hits.len() * 3)
            .all(|p| p.strain.as_str() == "WT")
    );
}

#[test]
fn at_most_keeps_the_best() {
    let plan = fixture::plan(4);
    let earlier = rates_of(&plan, 5);
    let (all, _) = select(fixture::hits_step(), &plan, &earlier);
    let (two, picks) = select(
        HitParameters {
            at_most: 2,
            ..fixture::hits_step()
        },
        &plan,
        &earlier,
    );
    assert_eq!(two.as_slice(), all.get(..2).expect("at least two hits"));
    assert_eq!(picks.picks.len(), 9);
}

#[test]
fn without_hits_nothing_is_picked() {
    let plan = fixture::plan(4);
    let parameters = HitParameters {
        at_least: 0.9,
        ..fixture::hits_step()
    };
    match compute(&Compute::Hits(parameters), &plan, &[], &rates_of(&plan, 5)) {
        Ok(Finding::Hits {
            strains,
            hits,
            picklist,
            samples,
        }) => {
            assert_eq!(strains.len(), 80);
            assert!(hits.is_empty() && picklist.picks.is_empty() && samples.is_empty());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_strain_with_one_rate_is_never_a_hit() {
    let plan = fixture::plan(4);
    let mut earlier = rates_of(&plan, 5);
    for finding in earlier.values_mut() {
        if let Finding::Growth { rows, .. } = finding {
            for row in rows
                .iter_mut()
                .filter(|r| r.strain.as_ref().is_some_and(|s| s.as_str() == "S01"))
            {
                row.rate = row.rate.filter(|_| row.plate.as_str() == "assay-1");
            }
        }
    }
    match compute(&Compute::Hits(fixture::hits_step()), &plan, &[], &earlier) {
        Ok(Finding::Hits { strains, .. }) => {
            let single = strains.first().expect("S01 comes first");
            assert_eq!(
                (single.strain.as_str(), single.n, single.p, single.q),
                ("S01", 1, 1.0, 1.0)
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_missing_is_told() {
    let mut plan = fixture::plan(2);
    let earlier = rates_of(&plan, 5);
    let step = Compute::Hits(HitParameters {
        at_least: -1.0,
        q_below: 2.0,
        ..fixture::hits_step()
    });
    assert!(matches!(
        compute(&step, &plan, &[], &BTreeMap::new()),
        Err(AnalysisError::NoRates(_))
    ));
    let too_many = HitParameters {
        at_least: -1.0,
        q_below: 2.0,
        at_most: 80,
        ..fixture::hits_step()
    };
    assert!(matches!(
        compute(&Compute::Hits(too_many), &plan, &[], &earlier),
        Err(AnalysisError::TooManyPicks {
            picks: 243,
            wells: 96,
            ..
        })
    ));
    if let Some(source) = plan.plates.get_mut(&PlateId::from("source")) {
        source.samples.remove(&Well::new(0, 1));
    }
    let all = Compute::Hits(HitParameters {
        at_least: -1.0,
        q_below: 2.0,
        replicates: 1,
        at_most: 80,
        ..fixture::hits_step()
    });
    assert!(matches!(
        compute(&all, &plan, &[], &earlier),
        Err(AnalysisError::NotOnSource { .. })
    ));
}

#[test]
fn a_hit_whose_source_well_is_given_up_leaves_its_place_to_the_next() {
    let mut plan = fixture::plan(4);
    let rates = rates_of(&plan, 5);
    let (before, _) = select(fixture::hits_step(), &plan, &rates);
    let first = before.first().expect("a hit").clone();
    let target = Well::new(1, 0);
    plan.plates
        .get_mut(&PlateId::from("source"))
        .expect("the source")
        .given_up
        .insert(first.source);
    plan.plates
        .get_mut(&PlateId::from("hits"))
        .expect("the target")
        .given_up
        .insert(target);
    let (after, picklist) = select(fixture::hits_step(), &plan, &rates);
    assert!(after.iter().all(|h| h.rate.strain != first.rate.strain));
    assert_eq!(
        after.first().map(|h| &h.rate.strain),
        before.get(1).map(|h| &h.rate.strain)
    );
    assert!(
        picklist
            .picks
            .iter()
            .all(|p| p.from != first.source && p.to != target)
    );
}
