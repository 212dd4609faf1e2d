//! Stations, light and answers on the construction rig: a plan written by hand, and what the ledger says happened.

use crate::support::{Bench, read};
use hardware_sim::Event as Physical;
use plated::daemon::assemble;
use plated::journal::MemoryDisk;
use plated::labware::Well;
use plated::plan::{
    Action, Actor, Claim, LoadItem, LoadLiquid, Measure, Operation, OperationId, Origin, Phase, Plan,
    PlatePlan, Prompt, PromptKind, Resource, ThermalProgram, ThermalStage, ThermalStep, Value, Work,
};
use plated::run::{Choice, Ending, Event, RunId, Source, State};
use plated::simulate::Simulation;
use plated::units::{Absorbance, Duration, Force, RotationSpeed, Temperature, Timestamp, Volume, Wavelength};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

const PLATE: &str = "p";
const BARCODE: &str = "P-1";

fn celsius(c: i32) -> Temperature {
    Temperature::milli_celsius(c * 1000)
}

fn instrument(name: &str) -> Actor {
    Actor::Instrument(name.into())
}

fn moved(from: &str, to: &str) -> (Actor, Vec<Action>) {
    let action = Action::MovePlate {
        plate: PLATE.into(),
        from: from.into(),
        to: to.into(),
    };
    (instrument("mover"), vec![action])
}

fn contents() -> Vec<LoadLiquid> {
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

fn load() -> (Actor, Vec<Action>) {
    let item = LoadItem::Plate {
        plate: PLATE.into(),
        labware: "plate-96-flat".into(),
        nest: "hotel-1".into(),
        barcode: Some(BARCODE.into()),
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

fn asked(kind: PromptKind) -> (Actor, Vec<Action>) {
    let prompt = Prompt {
        kind,
        text: "How many colonies are there?".into(),
        items: Vec::new(),
        bounds: (kind == PromptKind::Number).then_some((1.0, 9.0)),
        expected: (kind == PromptKind::Barcode).then(|| BARCODE.into()),
    };
    (Actor::Operator, vec![Action::Ask(prompt)])
}

/// Mover and stations ready to work.
fn set_up() -> Vec<(Actor, Vec<Action>)> {
    let mut phases = vec![(instrument("mover"), vec![Action::Home])];
    for station in ["sealer", "centrifuge", "thermocycler", "heater-shaker", "scanner"] {
        phases.push((instrument(station), vec![Action::Initialise]));
    }
    phases
}

fn seal() -> (Actor, Vec<Action>) {
    let action = Action::Seal {
        plate: PLATE.into(),
        temperature: celsius(165),
        duration: Duration::s(3),
    };
    (instrument("sealer"), vec![action])
}

fn peel() -> (Actor, Vec<Action>) {
    let plate = PLATE.into();
    (instrument("sealer"), vec![Action::Peel { plate }])
}

fn program() -> ThermalProgram {
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
fn behind_a_door(station: &str, from: &str, action: Action) -> Vec<(Actor, Vec<Action>)> {
    vec![
        (instrument(station), vec![Action::OpenTray]),
        moved(from, station),
        (
            instrument(station),
            vec![Action::CloseTray, action, Action::OpenTray],
        ),
    ]
}

fn spin() -> Action {
    Action::Spin {
        plate: PLATE.into(),
        force: Force::xg(1000),
        duration: Duration::min(2),
    }
}

fn thermocycle() -> Action {
    Action::Thermocycle {
        plate: PLATE.into(),
        program: program(),
    }
}

/// Every ability of every station.
fn everything() -> Vec<(Actor, Vec<Action>)> {
    let plate = || PLATE.into();
    let scan = |expected: Option<&str>| Action::ReadBarcode {
        plate: plate(),
        expected: expected.map(str::to_owned),
    };
    let absorbance = |nm| Action::ReadAbsorbance {
        plate: plate(),
        wavelength: Wavelength::nm(nm),
        wells: 96,
    };
    let mut phases = vec![
        load(),
        asked(PromptKind::Number),
        asked(PromptKind::Text),
        asked(PromptKind::Barcode),
    ];
    phases.extend(set_up());
    phases.push(moved("hotel-1", "scanner"));
    phases.push((instrument("scanner"), vec![scan(Some(BARCODE)), scan(None)]));
    phases.push(moved("scanner", "heater-shaker"));
    phases.push((
        instrument("heater-shaker"),
        vec![
            Action::SetTemperature {
                temperature: celsius(37),
            },
            Action::Shake {
                speed: Some(RotationSpeed::rpm(600)),
            },
            Action::Dwell {
                duration: Duration::min(10),
            },
            Action::Shake { speed: None },
        ],
    ));
    phases.push((instrument("reader"), vec![Action::OpenTray]));
    phases.push(moved("heater-shaker", "reader-tray"));
    phases.push((
        instrument("reader"),
        vec![
            Action::CloseTray,
            absorbance(600),
            absorbance(450),
            Action::ReadFluorescence {
                plate: plate(),
                excitation: Wavelength::nm(485),
                emission: Wavelength::nm(515),
                gain: 100,
                wells: 96,
            },
            Action::ReadLuminescence {
                plate: plate(),
                integration: Duration::ms(100),
                wells: 96,
            },
            Action::OpenTray,
        ],
    ));
    phases.push(moved("reader-tray", "sealer"));
    phases.push(seal());
    phases.extend(behind_a_door("centrifuge", "sealer", spin()));
    phases.extend(behind_a_door("thermocycler", "centrifuge", thermocycle()));
    phases.push(moved("thermocycler", "sealer"));
    phases.push(peel());
    phases.push(moved("sealer", "hotel-1"));
    phases
}

/// A plan of one operation; the step of a phase is "step-N", counted from 0.
fn plan(phases: Vec<(Actor, Vec<Action>)>) -> Plan {
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
    };
    Plan {
        protocol: "by-hand".into(),
        title: "By hand".into(),
        parameters: BTreeMap::new(),
        plates: [(PLATE.into(), plate)].into(),
        pieces: BTreeMap::new(),
        operations: vec![operation],
    }
}

/// The construction rig with a plan written by hand; `change` is done to the rig's text.
fn bench_with(phases: Vec<(Actor, Vec<Action>)>, change: impl FnOnce(String) -> String) -> Bench {
    let profiles =
        ["absorbance-reader", "plate-mover", "plate-station"].map(|p| format!("profiles/{p}.toml"));
    let mut rig = read("config/build.toml");
    rig.text = change(rig.text);
    let source = Source {
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

fn bench(phases: Vec<(Actor, Vec<Action>)>) -> Bench {
    bench_with(phases, |text| text)
}

fn count(bench: &Bench, is: impl Fn(&Physical) -> bool) -> usize {
    let ledger = bench
        .simulation
        .block_on(async { bench.simulation.sim().ledger() });
    ledger.iter().filter(|e| is(&e.event)).count()
}

#[test]
fn every_ability_of_the_stations_is_done_once_and_seen_by_the_ledger() {
    let bench = bench(everything());
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let ledger = bench.simulation.sim().ledger();
    let mut told = Vec::new();
    for entry in &ledger {
        told.push(match &entry.event {
            Physical::BarcodeRead { code, .. } => format!("scanned {}", code.as_deref().unwrap_or("-")),
            Physical::Held { temperature_c, .. } => format!("held {temperature_c}"),
            Physical::Shaking { on, rpm, .. } => format!("shaking {on} {rpm}"),
            Physical::Read { wavelength_nm, .. } => format!("read {wavelength_nm}"),
            Physical::ReadFluorescence { gain, .. } => format!("fluorescence {gain}"),
            Physical::ReadLuminescence { integration_ms, .. } => format!("luminescence {integration_ms}"),
            Physical::Sealed {
                temperature_c,
                pressed_us,
                ..
            } => format!("sealed {temperature_c} {pressed_us}"),
            Physical::Spun {
                force_xg,
                began_us,
                whole,
                ..
            } => {
                assert!((120..140).contains(&((entry.t_us - began_us) / 1_000_000)));
                format!("spun {force_xg} {whole}")
            }
            Physical::Thermocycled { steps, whole, .. } => format!("cycled {steps} {whole}"),
            Physical::Peeled { .. } => "peeled".into(),
            _ => continue,
        });
    }
    assert_eq!(
        told,
        [
            "scanned P-1",
            "scanned P-1",
            "held 37",
            "shaking true 600",
            "shaking false 0",
            "read 600",
            "read 450",
            "fluorescence 100",
            "luminescence 100",
            "sealed 165 3000000",
            "spun 1000 true",
            "cycled 10 true",
            "peeled",
        ]
    );
    let truth = bench
        .simulation
        .block_on(async { bench.simulation.sim().truth() });
    let plate = &truth.plates[PLATE];
    assert_eq!((plate.place.as_str(), plate.sealed), ("hotel-1", false));
    assert!(
        (599..620).contains(&(plate.shaken_us / 1_000_000)),
        "{}",
        plate.shaken_us
    );
    assert!(plate.wells["A1"].od.abs() < 1e-9, "95 C kills");

    assert!(state.belief.sealed.is_empty());
    assert_eq!(state.belief.plate_at(&"hotel-1".into()), Some(&PLATE.into()));
    assert_eq!(state.belief.barcodes[PLATE], BARCODE);
    let value = |step: &str| state.values.get(step).cloned();
    assert_eq!(value("step-1"), Some(Value::Number(5.0)));
    assert!(matches!(value("step-2"), Some(Value::Text(_))));
    assert_eq!(value("step-3"), Some(Value::Barcode(BARCODE.into())));
    assert_eq!(value("step-11"), Some(Value::Barcode(BARCODE.into())));
}

#[test]
fn one_visit_to_the_reader_brings_readings_of_every_kind() {
    let (ending, state) = bench(everything()).run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    let measures: Vec<Measure> = state.readings.iter().map(|r| r.measure).collect();
    assert_eq!(
        measures,
        [
            Measure::Absorbance(Wavelength::nm(600)),
            Measure::Absorbance(Wavelength::nm(450)),
            Measure::Fluorescence {
                excitation: Wavelength::nm(485),
                emission: Wavelength::nm(515),
                gain: 100
            },
            Measure::Luminescence {
                integration: Duration::ms(100)
            },
        ]
    );
    for reading in &state.readings {
        assert_eq!((reading.index, reading.values.len()), (0, 96));
        assert_eq!(reading.shaken, state.readings[0].shaken, "one visit, one history");
        let well = |n: usize| reading.values[n].unwrap().0;
        let (one, two, none) = (well(0), well(1), well(2));
        let ratio = (two - none) / (one - none);
        assert!(
            (1.7..2.3).contains(&ratio),
            "{:?}: {one} {two} {none}",
            reading.measure
        );
    }
    assert!(state.readings[0].shaken >= Duration::min(10));
    let blue = state.readings[1].values[1].unwrap().0;
    assert!(
        blue > state.readings[0].values[1].unwrap().0,
        "cells scatter blue more"
    );
}

/// Runs while the host dies once, at a moment of simulated time, and is started again on instruments that live on.
fn dying_at(phases: Vec<(Actor, Vec<Action>)>, death: Timestamp) -> (Bench, State) {
    let bench = bench(phases);
    let mut death = Some(death);
    for _ in 0..3 {
        let (journal, state) = bench.journal();
        let fresh = state.source.is_none();
        let mut engine = bench
            .simulation
            .engine(&bench.rig, &bench.library, journal, state, Vec::new())
            .unwrap();
        let (before, after) = bench.beginning();
        let host = async move {
            if fresh {
                engine.begin(before).await?;
                engine.identify().await?;
                engine.begin(after).await?;
            } else {
                engine.begin(vec![Event::Restarted]).await?;
                engine.identify().await?;
            }
            engine.run().await
        };
        let (clock, death) = (bench.simulation.clock(), death.take());
        let ended = bench.simulation.block_on(async move {
            let dies = async {
                match death {
                    Some(at) => clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = dies => None,
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
    panic!("the run does not come to its end");
}

/// When each action was intended and when it was over, in a run that nothing disturbs.
fn times(phases: Vec<(Actor, Vec<Action>)>) -> Vec<(&'static str, Timestamp, Timestamp)> {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let (writer, mut open) = (Rc::clone(&seen), BTreeMap::new());
    let observer = move |_: &State, event: &Event, at: Timestamp| match event {
        Event::Intended { action, intent, .. } => {
            open.insert(*action, (intent.action.name(), at));
        }
        Event::Ended { action, .. } => {
            let (name, since) = open.remove(action).unwrap();
            writer.borrow_mut().push((name, since, at));
        }
        _ => {}
    };
    bench(phases).run(vec![Box::new(observer)]);
    seen.take()
}

#[test]
fn a_host_that_dies_in_the_middle_of_what_cannot_be_undone_leaves_it_done_once() {
    let mut killed = 0;
    for (name, since, until) in times(everything()) {
        if !["seal", "spin", "thermocycle", "peel", "shake", "dwell"].contains(&name) {
            continue;
        }
        killed += 1;
        let middle = since.plus(Duration::us(until.since(since).as_us() / 2));
        let (bench, state) = dying_at(everything(), middle);
        bench.assert_sound();
        assert_eq!(state.restarts, 1, "{name}");
        assert_eq!(
            count(&bench, |e| matches!(e, Physical::Sealed { .. })),
            1,
            "{name}"
        );
        assert_eq!(
            count(&bench, |e| matches!(e, Physical::Peeled { .. })),
            1,
            "{name}"
        );
        assert_eq!(
            count(&bench, |e| matches!(e, Physical::Spun { whole: true, .. })),
            1,
            "{name}"
        );
        let cycled = |e: &Physical| matches!(e, Physical::Thermocycled { whole: true, .. });
        assert_eq!(count(&bench, cycled), 1, "{name}");
        assert_eq!(state.readings.len(), 4, "{name}");
        let truth = bench
            .simulation
            .block_on(async { bench.simulation.sim().truth() });
        let shaken = truth.plates[PLATE].shaken_us / 1_000_000;
        assert!(
            (599..620).contains(&shaken),
            "a dwell was cut or doubled by a death in {name}: {shaken} s"
        );
    }
    assert_eq!(killed, 7);
}

#[test]
fn after_a_power_cut_in_a_station_a_person_says_what_became_of_it() {
    let mut phases = vec![load()];
    phases.extend(set_up());
    phases.push(moved("hotel-1", "sealer"));
    phases.push(seal());
    phases.extend(behind_a_door("centrifuge", "sealer", spin()));
    let bench = bench(phases);
    let sim = bench.simulation.sim().clone();
    let (ending, _) = bench.run_beside(true, Vec::new(), |desk| async move {
        let spinning = |s: &State| {
            let open = s
                .open
                .values()
                .any(|o| matches!(o.intent.action, Action::Spin { .. }));
            open.then_some(())
        };
        desk.until(spinning).await;
        desk.wait(30).await;
        sim.inject("centrifuge", hardware_sim::Fault::PowerCycle).unwrap();
        let question = desk.question().await;
        assert!(question.text.contains("Did centrifuge spin"), "{}", question.text);
        assert!(question.text.contains("plate: yes"), "{}", question.text);
        desk.answer(question.id, "not_done").await.unwrap();
        let question = desk.question().await;
        assert!(question.text.contains("not initialised"), "{}", question.text);
        assert!(question.choices.contains(&Choice::Home), "{:?}", question.choices);
        desk.answer(question.id, "home").await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    assert_eq!(
        count(&bench, |e| matches!(e, Physical::Spun { whole: false, .. })),
        1
    );
    assert_eq!(
        count(&bench, |e| matches!(e, Physical::Spun { whole: true, .. })),
        1
    );
}

#[test]
fn a_wrong_answer_is_asked_again_with_what_is_wrong() {
    let bench = bench_with(vec![asked(PromptKind::Number)], |text| {
        text.replace("answers = {}", "answers = { step-0 = 12 }")
    });
    let (ending, state) = bench.run_beside(true, Vec::new(), |desk| async move {
        // The simulated operator's answer is out of bounds; then a person comes.
        let question = desk
            .until(|s| {
                s.questions
                    .values()
                    .find(|q| q.text.contains("12 is out of bounds"))
                    .cloned()
            })
            .await;
        assert!(
            question.text.starts_with("How many colonies are there?"),
            "{}",
            question.text
        );
        let why = desk.answer(question.id, "a few").await.unwrap_err();
        assert!(why.contains("not a number"), "{why}");
        assert!(desk.question().await.text.contains("not a number"));
        desk.answer(question.id, "7").await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
    assert_eq!(state.values["step-0"], Value::Number(7.0));
    assert!(state.questions.is_empty());
}

#[test]
fn the_wrong_plate_in_the_scanner_is_a_question() {
    let mut phases = vec![load()];
    phases.extend(set_up());
    phases.push(moved("hotel-1", "scanner"));
    let scan = Action::ReadBarcode {
        plate: PLATE.into(),
        expected: Some("P-2".into()),
    };
    phases.push((instrument("scanner"), vec![scan]));
    let (ending, _) = bench(phases).run_beside(true, Vec::new(), |desk| async move {
        let question = desk.question_of(|q| q.text.contains("P-2")).await;
        assert!(question.text.contains("barcode \"P-1\""), "{}", question.text);
        assert_eq!(question.choices, [Choice::Retry, Choice::Accept, Choice::Abort]);
        desk.answer(question.id, "accept").await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
}

#[test]
fn what_a_station_is_not_fitted_for_is_refused_before_anything_is_sent() {
    let mut phases = vec![load()];
    phases.extend(set_up());
    phases.push(moved("hotel-1", "scanner"));
    phases.push((instrument("scanner"), vec![Action::Peel { plate: PLATE.into() }]));
    let bench = bench(phases);
    let (ending, state) = bench.run_beside(true, Vec::new(), |desk| async move {
        let question = desk.question_of(|q| q.text.contains("no ability to peel")).await;
        desk.answer(question.id, "abort").await.unwrap();
    });
    assert_eq!(ending, Ending::Aborted);
    assert!(state.failures.is_empty(), "nothing was intended");
    bench.assert_sound();
}
