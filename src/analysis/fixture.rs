//! A small screen for tests: layout, plan, and readings of wells that grow logistically with seeded noise.

use crate::labware::Well;
use crate::plan::{
    Compute, EndpointParameters, GrowthParameters, HitParameters, Measure, OperationId, Plan, PlateId,
    PlatePlan, Reading, Role, Sample, StepId, StrainId,
};
use crate::units::{Absorbance, Duration, Timestamp, Wavelength};
use std::collections::BTreeMap;

/// Splitmix64 with a normal deviate by Box and Muller.
pub struct Noise(pub u64);

impl Noise {
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        let high = u32::try_from(z >> 32).unwrap();
        (f64::from(high) + 0.5) / 4_294_967_296.0
    }
    pub fn normal(&mut self) -> f64 {
        let (a, b) = (self.uniform(), self.uniform());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}

/// 8 wells of the parent, 4 of a control, 4 blanks, 80 strains, on 96 wells.
pub fn layout() -> BTreeMap<Well, Sample> {
    let mut samples = BTreeMap::new();
    let mut number = 0;
    for index in 0..96 {
        let well = Well::from_index(index, 12).unwrap();
        let (strain, role) = match index {
            0 | 17 | 30 | 43 | 52 | 65 | 78 | 95 => (Some("WT".to_owned()), Role::Reference),
            11 | 39 | 56 | 84 => (Some("slow".to_owned()), Role::Control),
            6 | 27 | 68 | 89 => (None, Role::Blank),
            _ => {
                number += 1;
                (Some(format!("S{number:02}")), Role::Sample)
            }
        };
        samples.insert(
            well,
            Sample {
                strain: strain.map(StrainId::new),
                role,
            },
        );
    }
    samples
}

pub fn plate(group: &str, number: u32, samples: BTreeMap<Well, Sample>) -> PlatePlan {
    PlatePlan {
        later: false,
        sealed: false,
        stride: crate::labware::Stride::ONE,
        labware: "plate-96-flat".to_owned(),
        rows: 8,
        columns: 12,
        group: group.to_owned(),
        number,
        barcode: Some(format!("P{number:04}")),
        start: "hotel-1".into(),
        lidded: true,
        contents: Vec::new(),
        samples,
        colonies: Default::default(),
        given_up: Default::default(),
    }
}

/// A plan with a source, `plates` assay plates and a hit plate, without operations.
pub fn plan(plates: u32) -> Plan {
    let mut all = BTreeMap::new();
    all.insert(PlateId::from("source"), plate("source", 1, layout()));
    all.insert(PlateId::from("hits"), plate("hits", 1, BTreeMap::new()));
    for number in 1..=plates {
        all.insert(
            PlateId::new(format!("assay-{number}")),
            plate("assay", number, layout()),
        );
    }
    Plan {
        corrections: Vec::new(),
        wastes: Vec::new(),
        commissioning: None,
        promises: Vec::new(),
        protocol: "screen".to_owned(),
        title: "A screen".to_owned(),
        parameters: BTreeMap::new(),
        plates: all,
        pieces: BTreeMap::new(),
        operations: Vec::new(),
    }
}

/// Growth rate of a strain relative to the parent: S01 to S06 are 15 % faster, S11 to S14 8 %.
pub fn planted(strain: &str) -> f64 {
    match strain {
        "S01" | "S02" | "S03" | "S04" | "S05" | "S06" => 1.15,
        "S11" | "S12" | "S13" | "S14" => 1.08,
        "slow" => 0.6,
        _ => 1.0,
    }
}

/// Reads of the assay plates, every 30 min for 12 h, the plates 140 s apart.
pub fn readings(plan: &Plan, seed: u64) -> Vec<Reading> {
    let mut noise = Noise(seed);
    let mut all = Vec::new();
    let assay = plan.plates.iter().filter(|(_, p)| p.group == "assay");
    for (order, (id, layout)) in (0_u64..).zip(assay) {
        let rates: Vec<f64> = layout
            .samples
            .values()
            .map(|s| {
                let strain = s.strain.as_ref().map_or("", StrainId::as_str);
                0.42 * planted(strain) * (1.0 + 0.04 * noise.normal())
            })
            .collect();
        for index in 0_u32..25 {
            let at = Duration::min(30)
                .times(u64::from(index))
                .plus(Duration::s(140 * order));
            let hours = at.minus(Duration::s(140 * order)).as_s() / 3600.0;
            let values = layout
                .samples
                .values()
                .zip(&rates)
                .map(|(sample, rate)| {
                    let cells = match sample.role {
                        Role::Blank | Role::Empty => 0.0,
                        _ => {
                            let (start, full) = (0.03, 0.9);
                            let grown: f64 = start * (rate * (hours - 0.8).max(0.0)).exp();
                            grown / (1.0 + grown / full)
                        }
                    };
                    Some(Absorbance(
                        ((0.09 + cells + 0.0008 * noise.normal()) * 1e4).round() / 1e4,
                    ))
                })
                .collect();
            all.push(Reading {
                plate: id.clone(),
                step: StepId::new("read-growth"),
                operation: OperationId(index),
                index,
                at: Timestamp::from_us(1_767_261_600_000_000).plus(at),
                measure: Measure::Absorbance(Wavelength::nm(600)),
                lidded: true,
                marks: Default::default(),
                area: None,
                commissioning: None,
                late: (order == 1 && index == 7).then(|| Duration::s(95)),
                shaken: Duration::min(if index == 0 { 0 } else { 27 }),
                values,
            });
        }
    }
    all
}

pub fn growth_step(plan: &Plan) -> Compute {
    let assay = plan.plates.iter().filter(|(_, p)| p.group == "assay");
    Compute::Growth(GrowthParameters {
        readings: StepId::new("read-growth"),
        plates: assay.map(|(id, _)| id.clone()).collect(),
        window: 5,
        quota: 0.95,
        above: Absorbance(0.04),
    })
}

pub fn hits_step() -> HitParameters {
    HitParameters {
        rates: StepId::new("growth"),
        at_least: 0.10,
        q_below: 0.05,
        at_most: 24,
        source: PlateId::from("source"),
        target: PlateId::from("hits"),
        replicates: 3,
        references: 3,
    }
}

pub fn endpoint_step() -> EndpointParameters {
    EndpointParameters {
        readings: StepId::new("read-hits"),
        plate: PlateId::from("hits"),
    }
}
