//! A finished screen for the tests of reports.

use super::data::{FileEntry, ReportData, Span, TimelineRow};
use crate::analysis::{compute, fixture};
use crate::plan::{
    Compute, Finding, Measure, Operation, OperationId, Origin, Plan, PlateId, Reading, StepId,
};
use crate::units::{Absorbance, Duration, Timestamp, Wavelength};
use std::collections::BTreeMap;

/// The parts that a report borrows.
pub struct Screen {
    pub plan: Plan,
    pub readings: Vec<Reading>,
    pub findings: BTreeMap<StepId, Finding>,
    pub timeline: Vec<TimelineRow>,
    pub notes: Vec<String>,
    pub files: Vec<FileEntry>,
}

fn step(id: u32, name: &str, compute: Compute) -> Operation {
    Operation {
        on_failure: Default::default(),
        when: Vec::new(),
        id: OperationId(id),
        step: StepId::new(name),
        title: name.to_owned(),
        origin: Origin { line: 1 },
        plates: Vec::new(),
        after: Vec::new(),
        cadence: None,
        phases: Vec::new(),
        claims: Vec::new(),
        only_if_hits: None,
        compute: Some(compute),
    }
}

/// A screen whose hits have at least this advantage.
pub fn screen(at_least: f64) -> Screen {
    let mut plan = fixture::plan(4);
    plan.title = "Growth screen of 80 strains".to_owned();
    let hits = crate::plan::HitParameters {
        at_least,
        ..fixture::hits_step()
    };
    plan.operations = vec![
        step(0, "growth", fixture::growth_step(&plan)),
        step(1, "select", Compute::Hits(hits)),
        step(2, "confirm", Compute::Endpoint(fixture::endpoint_step())),
    ];
    let mut readings = fixture::readings(&plan, 5);
    readings.extend((0_u32..2).map(|index| {
        Reading {
            plate: PlateId::from("hits"),
            step: StepId::new("read-hits"),
            operation: OperationId(index),
            index,
            at: Timestamp::from_us(1_767_310_000_000_000).plus(Duration::h(u64::from(index) * 4)),
            measure: Measure::Absorbance(Wavelength::nm(600)),
            lidded: true,
            marks: Default::default(),
            area: None,
            commissioning: None,
            late: None,
            shaken: Duration::ZERO,
            values: (0..96)
                .map(|i| Some(Absorbance(0.11 + f64::from(index) * 0.2 + f64::from(i) * 1e-4)))
                .collect(),
        }
    }));
    let mut findings = BTreeMap::new();
    for operation in &plan.operations {
        let chosen = findings
            .values()
            .any(|f| matches!(f, Finding::Hits { hits, .. } if hits.is_empty()));
        if let Some(step) = operation.compute.as_ref().filter(|_| !chosen) {
            let finding = compute(step, &plan, &readings, &findings).expect("the fixture can be analysed");
            findings.insert(operation.step.clone(), finding);
        }
    }
    let timeline = (0..100_u64)
        .map(|i| {
            let start = Duration::min(30).times(i / 4).plus(Duration::s(140 * (i % 4)));
            let span = |late| Span {
                start: start.plus(Duration::s(late)),
                end: start.plus(Duration::s(140 + late)),
            };
            TimelineRow {
                title: format!("read assay-{}, cycle {}", i % 4 + 1, i / 4),
                actor: if i % 3 == 0 { "mover" } else { "reader" }.to_owned(),
                planned: Some(span(0)),
                actual: (i < 98).then(|| span(i % 7)),
            }
        })
        .collect();
    Screen {
        plan,
        readings,
        findings,
        timeline,
        notes: vec!["One read of assay-2 came 95 s late; its wells are marked.".to_owned()],
        files: vec![
            FileEntry {
                what: "readings".to_owned(),
                name: "readings.csv".to_owned(),
            },
            FileEntry {
                what: "report".to_owned(),
                name: "report.html".to_owned(),
            },
        ],
    }
}

impl Screen {
    pub fn data(&self) -> ReportData<'_> {
        ReportData {
            run: "growth-screen-1",
            outcome: "done",
            simulated: true,
            seed: Some(1),
            plan: &self.plan,
            readings: &self.readings,
            findings: &self.findings,
            timeline: &self.timeline,
            notes: &self.notes,
            journal_head: (4711, "b3f1c2"),
            started: Timestamp::from_us(1_767_261_600_000_000),
            ended: Timestamp::from_us(1_767_261_600_000_000).plus(Duration::h(17)),
            files: &self.files,
        }
    }
}
