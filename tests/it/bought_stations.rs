//! Stations by text profiles, each speaking its maker's protocol to a twin that was written from the same document: a protocol
//! on the bench of bought stations, and what the ledger says really happened, with answers lost on the way.

use crate::support::{Bench, read};
use hardware_sim::{Event as Physical, Fault};
use plated::engine::Observer;
use plated::plan::Actor;
use plated::run::{Ending, Event, RunId, Source, State};
use std::collections::BTreeMap;

const PROFILES: [&str; 9] = [
    "absorbance-reader",
    "plate-mover",
    "a4s",
    "xpeel",
    "ot-thermocycler-2",
    "ot-heater-shaker",
    "ot-temperature",
    "bioshake",
    "keyence",
];

fn source(seed: u64) -> Source {
    let profile = |name: &str| {
        (
            format!("profiles/{name}.toml"),
            read(&format!("config/profiles/{name}.toml")),
        )
    };
    Source {
        files: Default::default(),
        today: None,
        release: None,
        commissioning: None,
        calibrations: Vec::new(),
        run: RunId(format!("test-{seed}")),
        protocol: read("protocols/golden-gate.toml"),
        rig: read("config/bench.toml"),
        profiles: PROFILES.into_iter().map(profile).collect(),
        labware: Vec::new(),
        parameters: Default::default(),
        seed,
        simulated: true,
        version: "test".into(),
    }
}

/// What happened to the one plate, in order.
fn story(bench: &Bench) -> Vec<String> {
    let told = |event: Physical| match event {
        Physical::BarcodeRead { code, .. } => Some(format!("read {}", code.unwrap_or_default())),
        Physical::Sealed { temperature_c, .. } => Some(format!("sealed at {temperature_c:.0}")),
        Physical::Peeled { .. } => Some("peeled".to_owned()),
        Physical::Thermocycled { steps, whole, .. } => Some(format!("cycled {steps} {whole}")),
        _ => None,
    };
    let ledger = bench.simulation.sim().ledger();
    ledger.into_iter().filter_map(|entry| told(entry.event)).collect()
}

const STORY: [&str; 4] = [
    "read MAKER-reactions",
    "sealed at 165",
    "cycled 52 true",
    "peeled",
];

#[test]
fn an_assembly_runs_on_stations_that_speak_their_makers_protocols() {
    let bench = Bench::new(source(1));
    let (ending, _) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    assert_eq!(story(&bench), STORY);
}

/// What befalls the first exchange of each action in turn: lost, late, behind noise, twice, cut off.
fn trouble(count: u32) -> Fault {
    let requests = 1;
    match count % 5 {
        0 => Fault::Mute { requests },
        1 => Fault::Late {
            requests,
            by_ms: 2_500,
        },
        2 => Fault::Noise { requests },
        3 => Fault::Duplicated { requests },
        _ => Fault::Half {
            requests,
            bytes: None,
        },
    }
}

#[test]
fn whatever_befalls_the_first_exchange_of_each_action_each_station_does_its_work_once() {
    let stations = [
        "sealer",
        "peeler",
        "thermocycler",
        "heater-shaker",
        "cold-block",
        "shaker",
        "scanner",
    ];
    for from in [0, 2, 3] {
        let bench = Bench::new(source(2));
        let sim = bench.simulation.sim().clone();
        let plant = sim.clone();
        let mut counts = BTreeMap::from(stations.map(|station| (station, from)));
        let observer: Observer = Box::new(move |_: &State, event: &Event, _| {
            let Event::Intended {
                actor: Actor::Instrument(id),
                ..
            } = event
            else {
                return;
            };
            if let Some(count) = counts.get_mut(id.as_str()) {
                plant.inject(id.as_str(), trouble(*count)).unwrap();
                *count += 1;
            }
        });
        let (ending, _) = bench.run(vec![observer]);
        assert_eq!(ending, Ending::Completed, "from {from}");
        bench.assert_sound();
        assert_eq!(story(&bench), STORY, "from {from}");
        for station in stations {
            assert!(sim.struck(station) > 0, "{station}");
        }
    }
}
