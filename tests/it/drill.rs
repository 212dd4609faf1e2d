//! The drill: a host that dies at each durable write, on instruments that live on.

use crate::checkers::{Volumes, compare};
use crate::support::{Bench, moves, source};
use hardware_sim::Event;
use plated::run::{Ending, State};

/// Runs the drill; the host dies after `writes` records, and is started again until it gets to the end.
fn crashing(seed: u64, writes: u64) -> (Bench, State) {
    dying(Bench::new(source("drill", &[], seed)), writes)
}

/// Runs a bench's plan; the host dies after `writes` records, and is started again until it gets to the end.
pub fn dying(bench: Bench, writes: u64) -> (Bench, State) {
    let (before, after) = bench.beginning();
    let mut left = Some(writes);
    for attempt in 0.. {
        assert!(attempt < 5, "the drill does not come to its end");
        let (journal, state) = bench.journal();
        let fresh = state.source.is_none();
        let scheduled = !state.schedule.slots.is_empty();
        let mut engine = bench
            .simulation
            .engine(&bench.rig, &bench.library, journal, state, Vec::new())
            .unwrap();
        let death = left.take().map(|writes| bench.disk.die_after(writes));
        let (before, after) = (before.clone(), after.clone());
        let host = async move {
            if fresh {
                engine.begin(before).await?;
                engine.identify().await?;
                engine.begin(after).await?;
            } else {
                engine.begin(vec![plated::run::Event::Restarted]).await?;
                engine.identify().await?;
                if !scheduled {
                    engine.begin(after).await?;
                }
            }
            engine.run().await
        };
        let ended = bench.simulation.block_on(async move {
            let Some(death) = death else {
                return Some(host.await);
            };
            tokio::select! {
                biased;
                _ = death => None,
                result = host => Some(result),
            }
        });
        match ended {
            Some(result) => {
                let (ending, state, _) = result.unwrap();
                assert_eq!(ending, Ending::Completed);
                return (bench, state);
            }
            None => bench.disk.crash(),
        }
    }
    unreachable!()
}

#[test]
fn the_drill_ends_with_nothing_impossible_done() {
    let bench = Bench::new(source("drill", &[], 1));
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    assert_eq!(state.readings.len(), 2);
    compare(
        &Volumes::of(&bench.simulation.sim().ledger(), &state.plan),
        &state,
    );
    let lasted = state.last.since(state.started);
    assert!(
        lasted <= plated::units::Duration::min(40),
        "the drill took {lasted}"
    );
}

#[test]
fn a_host_that_dies_at_any_durable_write_does_nothing_twice_and_loses_no_reading() {
    let whole = Bench::new(source("drill", &[], 1));
    let (_, state) = whole.run(Vec::new());
    let expected = moves(&whole.simulation.sim().ledger());
    let records = plated::journal::verify(&whole.disk.bytes()).sequence;
    // Every seventh write here; the campaign does them all.
    for writes in (0..records).step_by(7) {
        let (bench, resumed) = crashing(1, writes);
        bench.assert_sound();
        let found = moves(&bench.simulation.sim().ledger());
        let different = expected.iter().zip(&found).find(|(a, b)| a != b);
        assert!(
            found == expected,
            "after a crash at write {writes}: {different:#?}"
        );
        assert_eq!(
            resumed.readings.len(),
            state.readings.len(),
            "crash at write {writes}"
        );
        assert_eq!(
            resumed.belief.volumes, state.belief.volumes,
            "crash at write {writes}"
        );
        assert_eq!(
            resumed.belief.places, state.belief.places,
            "crash at write {writes}"
        );
    }
}

#[test]
fn a_disk_that_fails_stops_the_rig_and_nothing_moves_after_it() {
    let bench = Bench::new(source("drill", &[], 1));
    let (journal, state) = bench.journal();
    let engine = bench
        .simulation
        .engine(&bench.rig, &bench.library, journal, state, Vec::new())
        .unwrap();
    let (before, after) = bench.beginning();
    bench.disk.fail_after(60);
    let error = bench
        .simulation
        .run(engine, before, after)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("nothing moves without a durable record"),
        "{error}"
    );
    let moved = moves(&bench.simulation.sim().ledger());
    // The simulator's clock runs only inside the rig's runtime.
    let later = bench.simulation.block_on(async {
        bench
            .simulation
            .clock()
            .sleep(plated::units::Duration::h(1))
            .await;
        bench.simulation.sim().ledger()
    });
    assert_eq!(moves(&later), moved);
    let halted = later.iter().any(|e| matches!(&e.event, Event::Alarm { .. }));
    assert!(halted, "no instrument was halted");
}
