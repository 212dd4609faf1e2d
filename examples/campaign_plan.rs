//! How long it takes to plan campaigns of plates, and to plan the rest anew while they are under way.
//!
//! `cargo run --release --example campaign_plan [-- --large]` plans 96 plates in three cases (prepared, incubated for a time within a
//! window, read), then re-plans at the moment at which most plates are under way and something took a minute longer. With `--large`
//! also a thousand plates with twenty operations each. One line per case, tab-separated.

use plated::plan::{
    Actor, After, Claim, Operation, OperationId, Origin, Phase, Plan, PlateId, Resource, StepId, Work,
};
use plated::rig::InstrumentId;
use plated::schedule::{Fixed, reschedule, schedule};
use plated::units::Duration;
use std::collections::BTreeMap;
use std::error::Error;
use std::time::Instant;

type Any<T> = Result<T, Box<dyn Error>>;

/// One visit: an instrument and seconds per phase, and the delay after the visit before, at least and at most.
type Visit = (Vec<(&'static str, u64)>, u64, Option<u64>);

fn operation(id: u32, plate: u32, (phases, least, most): &Visit, first: bool) -> Any<Operation> {
    let step = StepId::new("visit");
    let instrument = |name: &str| InstrumentId::new(name);
    let mut claims = Vec::new();
    for (index, (name, _)) in phases.iter().enumerate() {
        let index = u16::try_from(index)?;
        claims.push(Claim {
            resource: Resource::Instrument(instrument(name)),
            from: index,
            to: index,
        });
    }
    let after = After {
        min: Duration::s(*least),
        max: most.map(Duration::s),
        ..After::plain(OperationId(id.saturating_sub(1)))
    };
    Ok(Operation {
        id: OperationId(id),
        step: step.clone(),
        title: format!("visit {id} of plate-{plate}"),
        origin: Origin::default(),
        plates: vec![PlateId::new(format!("plate-{plate}"))],
        after: if first { Vec::new() } else { vec![after] },
        cadence: None,
        phases: phases
            .iter()
            .map(|(name, s)| Phase {
                actor: Actor::Instrument(instrument(name)),
                title: (*name).into(),
                step: step.clone(),
                duration: Duration::s(*s),
                work: Work::Actions(Vec::new()),
            })
            .collect(),
        claims,
        only_if_hits: None,
        when: Vec::new(),
        on_failure: Default::default(),
        compute: None,
    })
}

fn plan(plates: u32, visits: impl Fn(u32) -> Vec<Visit>) -> Any<Plan> {
    let mut operations = Vec::new();
    for plate in 0..plates {
        for (index, visit) in visits(plate).iter().enumerate() {
            let id = u32::try_from(operations.len())?;
            operations.push(operation(id, plate, visit, index == 0)?);
        }
    }
    Ok(Plan {
        protocol: "campaign".into(),
        title: "campaign".into(),
        parameters: BTreeMap::new(),
        plates: BTreeMap::new(),
        pieces: BTreeMap::new(),
        operations,
        promises: Vec::new(),
        corrections: Vec::new(),
        wastes: Vec::new(),
        commissioning: None,
    })
}

fn case(name: &str, plan: &Plan) -> Any<()> {
    let begun = Instant::now();
    let found = schedule(plan)?;
    let first = begun.elapsed();
    // The moment at which most plates have begun and are not over.
    let mut plates: BTreeMap<&PlateId, (Duration, Duration)> = BTreeMap::new();
    for (operation, slot) in plan.operations.iter().zip(&found.slots) {
        for plate in &operation.plates {
            let span = plates.entry(plate).or_insert((slot.start, slot.end));
            *span = (span.0.min(slot.start), span.1.max(slot.end));
        }
    }
    let flying = |at: Duration| {
        plates
            .values()
            .filter(|(from, to)| *from <= at && at < *to)
            .count()
    };
    let now = found
        .slots
        .iter()
        .map(|s| s.end)
        .max_by_key(|at| flying(*at))
        .unwrap_or_default();
    let late = Duration::min(1);
    let fixed: Vec<Fixed> = found
        .slots
        .iter()
        .filter(|s| s.start < now)
        .map(|s| Fixed {
            operation: s.operation,
            start: s.start,
            end: (s.end.plus(late) <= now).then_some(s.end),
            event: None,
        })
        .collect();
    let begun = Instant::now();
    let again = reschedule(plan, &fixed, now)?;
    println!(
        "{name}\t{}\t{}\t{}\t{:.2}\t{:.3}\t{}\t{}\t{:.3}",
        plan.operations.len(),
        found.makespan,
        found.bound,
        100.0 * (found.makespan.as_s() / found.bound.as_s() - 1.0),
        first.as_secs_f64(),
        flying(now),
        again.makespan,
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

fn main() -> Any<()> {
    println!("campaign\toperations\tplanned\tbound\tgap %\tseconds\tplates under way\tplanned anew\tseconds");
    let assay = |prepare: u64, read: u64, least: u64, slack: u64| {
        move |_| {
            vec![
                (vec![("mover", 20), ("handler", prepare), ("mover", 20)], 0, None),
                (
                    vec![("mover", 20), ("reader", read), ("mover", 20)],
                    least,
                    Some(least + slack),
                ),
            ]
        }
    };
    case(
        "96 plates, head of 96, 4 h",
        &plan(96, assay(60, 60, 4 * 3600, 900))?,
    )?;
    case(
        "96 plates, head of 8, 4 h",
        &plan(96, assay(300, 60, 4 * 3600, 900))?,
    )?;
    case(
        "96 plates, head of 8, 18 h",
        &plan(96, assay(300, 120, 18 * 3600, 1800))?,
    )?;
    if std::env::args().any(|a| a == "--large") {
        // The same with an arm that works nine tenths of the time, and one that works half of it.
        for (name, handled) in [("arm at 90 %", 30), ("arm at 54 %", 60)] {
            let visits = |plate: u32| {
                let varied = u64::from(plate * 7 % 30);
                let handler = vec![("mover", 10), ("handler", handled + varied), ("mover", 10)];
                let reader = vec![("mover", 10), ("reader", 30 + varied / 2), ("mover", 10)];
                let (filled, read) = ((handler, 3600, Some(4500)), (reader, 0, None));
                (0..10).flat_map(|_| [filled.clone(), read.clone()]).collect()
            };
            let name = format!("1000 plates, 20 operations each, {name}");
            case(&name, &plan(1000, visits)?)?;
        }
    }
    Ok(())
}
