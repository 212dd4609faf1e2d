//! What instruments have done is counted from the journals of real runs; the simulator's ledger knows what they did.

use crate::support::{Bench, source};
use hardware_sim::Event as Truth;
use plated::daemon::wear::{service_notices, since_service, worn};
use plated::rig::{Counter, InstrumentId};
use plated::run::Ending;
use plated::units::Day;

#[test]
fn strokes_flashes_and_doors_of_real_runs_are_counted_and_told_at_their_limit() {
    let mut source = source("drill", &[], 1);
    let runs = tempfile::tempdir().unwrap();
    let mut ledgers = Vec::new();
    // A simulated run wears nothing out.
    for (name, simulated) in [("a", false), ("b", true), ("c", false)] {
        source.simulated = simulated;
        let bench = Bench::new(source.clone());
        let (ending, _) = bench.run(Vec::new());
        assert_eq!(ending, Ending::Completed);
        let folder = runs.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("journal.plj"), bench.disk.bytes()).unwrap();
        if !simulated {
            ledgers.extend(bench.simulation.sim().ledger());
        }
    }
    let rig = Bench::new(source).rig;
    let wear = worn(runs.path(), &rig);
    let count = |id: &str, counter| {
        let counts = since_service(&wear, &rig, &InstrumentId::new(id));
        counts.get(&counter).copied().unwrap_or_default()
    };
    let in_truth = |is: &dyn Fn(&Truth) -> bool| ledgers.iter().filter(|e| is(&e.event)).count() as u64;
    let reads = in_truth(&|e| matches!(e, Truth::Read { .. }));
    assert!(reads > 0);
    assert_eq!(count("reader", Counter::LampFlashes), reads * 96);
    assert!(count("reader", Counter::DoorCycles) >= reads);
    let tips = in_truth(&|e| matches!(e, Truth::TipPickUp { .. } | Truth::TipDrop { .. }));
    let strokes = count("handler", Counter::PlungerStrokes);
    assert!(
        strokes > tips,
        "{strokes} strokes, {tips} tips picked up or dropped"
    );

    let told = |limit: u64, serviced: Option<&str>, today: &str| {
        let mut rig = rig.clone();
        let service = &mut rig.instruments.get_mut("handler").unwrap().service;
        service.limits.insert(Counter::PlungerStrokes, limit);
        service.serviced = serviced.and_then(Day::parse);
        service_notices(runs.path(), &rig, Day::parse(today))
    };
    assert_eq!(told(strokes + 1, None, "2026-11-01"), Vec::<String>::new());
    let over = told(strokes, None, "2026-11-01");
    assert!(
        over[0].starts_with(&format!("handler: {strokes} plunger strokes; it is due")),
        "{over:?}"
    );
    // The simulated runs lie in the year 2000: what was before the service does not count.
    assert_eq!(
        told(strokes, Some("2026-10-01"), "2026-11-01"),
        Vec::<String>::new()
    );
}
