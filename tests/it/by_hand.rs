//! Plans written by hand for the rig of Modbus stations, without a protocol.

use crate::support::{Bench, read};
use plated::daemon::assemble;
use plated::journal::MemoryDisk;
use plated::labware::Well;
use plated::plan::{
    Action, Actor, Claim, LoadItem, LoadLiquid, Operation, OperationId, Origin, Phase, Plan, PlatePlan,
    Prompt, PromptKind, Resource, ThermalProgram, ThermalStage, ThermalStep, Work,
};
use plated::run::{RunId, Source};
use plated::simulate::Simulation;
use plated::units::{Absorbance, Duration, Force, Temperature, Volume};
use std::collections::BTreeMap;

pub const PLATE: &str = "p";
pub const BARCODE: &str = "P-1";

pub fn celsius(c: i32) -> Temperature {
    Temperature::milli_celsius(c * 1000)
}

pub fn instrument(name: &str) -> Actor {
    Actor::Instrument(name.into())
}

pub fn moved(from: &str, to: &str) -> (Actor, Vec<Action>) {
    let action = Action::MovePlate {
        plate: PLATE.into(),
        from: from.into(),
        to: to.into(),
    };
    (instrument("mover"), vec![action])
}

pub fn contents() -> Vec<LoadLiquid> {
    let liquid = |well: Well, strain: Option<&str>, od: f64| LoadLiquid {
        well,
        liquid: "culture".into(),
        strain: strain.map(Into::into),
        volume: Volume::nl(100_000),
        od: Absorbance(od),
    };
    vec![
        liquid(Well::new(0, 0), Some("S1"), 1.0),
        liquid(Well::new(0, 1), Some("S1"), 2.0),
        liquid(Well::new(0, 2), None, 0.0),
    ]
}

pub fn load() -> (Actor, Vec<Action>) {
    let item = LoadItem::Plate {
        plate: PLATE.into(),
        labware: "plate-96-flat".into(),
        nest: "hotel-1".into(),
        barcode: Some(BARCODE.into()),
        sealed: false,
        lidded: false,
        contents: contents(),
    };
    let prompt = Prompt {
        text: "Load.".into(),
        items: vec![item],
        ..Prompt::default()
    };
    (Actor::Operator, vec![Action::Ask(prompt)])
}

pub fn asked(kind: PromptKind) -> (Actor, Vec<Action>) {
    let prompt = Prompt {
        kind,
        text: "How many colonies are there?".into(),
        items: Vec::new(),
        bounds: (kind == PromptKind::Number).then_some((1.0, 9.0)),
        expected: (kind == PromptKind::Barcode).then(|| BARCODE.into()),
        ..Prompt::default()
    };
    (Actor::Operator, vec![Action::Ask(prompt)])
}

/// Mover and stations ready to work.
pub fn set_up() -> Vec<(Actor, Vec<Action>)> {
    let mut phases = vec![(instrument("mover"), vec![Action::Home])];
    for station in ["sealer", "centrifuge", "thermocycler", "heater-shaker", "scanner"] {
        phases.push((instrument(station), vec![Action::Initialise]));
    }
    phases
}

pub fn seal() -> (Actor, Vec<Action>) {
    let action = Action::Seal {
        plate: PLATE.into(),
        temperature: celsius(165),
        duration: Duration::s(3),
    };
    (instrument("sealer"), vec![action])
}

pub fn peel() -> (Actor, Vec<Action>) {
    let plate = PLATE.into();
    (instrument("sealer"), vec![Action::Peel { plate }])
}

pub fn program() -> ThermalProgram {
    let step = |c: i32, s: u64| ThermalStep {
        temperature: celsius(c),
        duration: Duration::s(s),
    };
    ThermalProgram {
        lid: Some(celsius(105)),
        stages: vec![
            ThermalStage {
                cycles: 1,
                steps: vec![step(95, 60)],
            },
            ThermalStage {
                cycles: 3,
                steps: vec![step(95, 10), step(55, 20), step(72, 30)],
            },
        ],
        hold: Some(celsius(8)),
    }
}

/// A door opened, the plate brought through it from `from`, worked on behind the closed door, and the door opened again.
pub fn behind_a_door(station: &str, from: &str, action: Action) -> Vec<(Actor, Vec<Action>)> {
    vec![
        (instrument(station), vec![Action::OpenTray]),
        moved(from, station),
        (
            instrument(station),
            vec![Action::CloseTray, action, Action::OpenTray],
        ),
    ]
}

pub fn spin() -> Action {
    Action::Spin {
        plate: PLATE.into(),
        force: Force::xg(1000),
        duration: Duration::min(2),
    }
}

pub fn thermocycle() -> Action {
    Action::Thermocycle {
        plate: PLATE.into(),
        program: program(),
    }
}

/// A plan of one operation; the step of a phase is "step-N", counted from 0.
pub fn plan(phases: Vec<(Actor, Vec<Action>)>) -> Plan {
    let last = u16::try_from(phases.len() - 1).unwrap();
    let mut actors: Vec<Actor> = phases.iter().map(|(actor, _)| actor.clone()).collect();
    actors.sort();
    actors.dedup();
    let claims = actors.into_iter().map(|actor| Claim {
        resource: match actor {
            Actor::Instrument(id) => Resource::Instrument(id),
            Actor::Operator => Resource::Operator,
        },
        from: 0,
        to: last,
    });
    let operation = Operation {
        on_failure: Default::default(),
        when: Vec::new(),
        id: OperationId(0),
        step: "step-0".into(),
        title: "by hand".into(),
        origin: Origin { line: 1 },
        plates: vec![PLATE.into()],
        after: Vec::new(),
        cadence: None,
        claims: claims.collect(),
        phases: phases
            .into_iter()
            .enumerate()
            .map(|(n, (actor, actions))| Phase {
                actor,
                title: format!("phase {n}"),
                step: format!("step-{n}").as_str().into(),
                duration: Duration::s(60),
                work: Work::Actions(actions),
            })
            .collect(),
        only_if_hits: None,
        compute: None,
    };
    let plate = PlatePlan {
        later: false,
        sealed: false,
        stride: plated::labware::Stride::ONE,
        labware: "plate-96-flat".into(),
        rows: 8,
        columns: 12,
        group: PLATE.into(),
        number: 1,
        barcode: Some(BARCODE.into()),
        start: "hotel-1".into(),
        lidded: false,
        contents: contents(),
        samples: BTreeMap::new(),
        colonies: Default::default(),
        given_up: Default::default(),
    };
    Plan {
        corrections: Vec::new(),
        wastes: Vec::new(),
        commissioning: None,
        promises: Vec::new(),
        protocol: "by-hand".into(),
        title: "By hand".into(),
        parameters: BTreeMap::new(),
        plates: [(PLATE.into(), plate)].into(),
        pieces: BTreeMap::new(),
        operations: vec![operation],
    }
}

/// The rig of Modbus stations with a plan written by hand; `change` is done to the rig's text.
pub fn bench_with(phases: Vec<(Actor, Vec<Action>)>, change: impl FnOnce(String) -> String) -> Bench {
    let profiles =
        ["absorbance-reader", "plate-mover", "plate-station"].map(|p| format!("profiles/{p}.toml"));
    let mut rig = read("config/stations-rig.toml");
    rig.text = change(rig.text);
    let source = Source {
        files: Default::default(),
        today: None,
        release: None,
        commissioning: None,
        calibrations: Vec::new(),
        run: RunId("by-hand".into()),
        protocol: read("protocols/drill.toml"),
        rig,
        profiles: profiles
            .iter()
            .map(|p| (p.clone(), read(&format!("config/{p}"))))
            .collect(),
        labware: Vec::new(),
        parameters: BTreeMap::new(),
        seed: 1,
        simulated: true,
        version: "test".into(),
    };
    let assembled = assemble(&source);
    assert!(assembled.diagnostics.is_empty(), "{:?}", assembled.diagnostics);
    let plan = plan(phases);
    Bench {
        rig: assembled.rig.unwrap(),
        library: assembled.library,
        schedule: plated::schedule::schedule(&plan).unwrap(),
        plan,
        simulation: Simulation::new(&source, None).unwrap(),
        source,
        disk: MemoryDisk::default(),
    }
}

pub fn bench(phases: Vec<(Actor, Vec<Action>)>) -> Bench {
    bench_with(phases, |text| text)
}
