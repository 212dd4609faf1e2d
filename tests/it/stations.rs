//! Stations, light and answers on the rig of Modbus stations: a plan written by hand, and what the ledger says happened.

use crate::by_hand::{
    BARCODE, PLATE, asked, behind_a_door, bench, bench_with, celsius, instrument, load, moved, peel, seal,
    set_up, spin, thermocycle,
};
use crate::support::Bench;
use hardware_sim::Event as Physical;
use plated::plan::{Action, Actor, AreaScan, Measure, PromptKind, Value};
use plated::run::{Choice, Ending, Event, State};
use plated::units::{Duration, Length, RotationSpeed, Timestamp, Wavelength};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Every ability of every station.
pub fn everything() -> Vec<(Actor, Vec<Action>)> {
    let plate = || PLATE.into();
    let scan = |expected: Option<&str>| Action::ReadBarcode {
        plate: plate(),
        expected: expected.map(str::to_owned),
    };
    let absorbance = |nm| Action::ReadAbsorbance {
        plate: plate(),
        wavelength: Wavelength::nm(nm),
        wells: 96,
        area: None,
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
            Action::ReadAbsorbance {
                plate: plate(),
                wavelength: Wavelength::nm(600),
                area: Some(AreaScan {
                    points: 3,
                    spacing: Length::um(1_000),
                }),
                wells: 96,
            },
            Action::ReadFluorescence {
                plate: plate(),
                excitation: Wavelength::nm(485),
                emission: Wavelength::nm(515),
                gain: 100,
                wells: 96,
                area: None,
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
            Physical::Read {
                wavelength_nm,
                points: 1,
                ..
            } => format!("read {wavelength_nm}"),
            Physical::Read {
                wavelength_nm,
                points,
                ..
            } => format!("scanned {points} points at {wavelength_nm}"),
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
            "scanned 9 points at 600",
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
            Measure::Absorbance(Wavelength::nm(600)),
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
        assert_eq!(state.readings.len(), 5, "{name}");
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
fn a_seal_that_was_cut_short_is_looked_at_and_made_once() {
    let mut phases = vec![load()];
    phases.extend(set_up());
    phases.push(moved("hotel-1", "sealer"));
    phases.push(seal());
    let bench = bench(phases);
    let sim = bench.simulation.sim().clone();
    let (ending, _) = bench.run_beside(true, Vec::new(), |desk| async move {
        let sealing = |s: &State| {
            let open = s
                .open
                .values()
                .any(|o| matches!(o.intent.action, Action::Seal { .. }));
            open.then_some(())
        };
        desk.until(sealing).await;
        desk.wait(5).await;
        sim.inject("sealer", hardware_sim::Fault::PowerCycle).unwrap();
        // Whether there is a seal, the simulated operator sees; that the machine may move again, only a person says.
        let question = desk.question_of(|q| q.text.contains("not initialised")).await;
        desk.answer(question.id, "home").await.unwrap();
    });
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    assert_eq!(count(&bench, |e| matches!(e, Physical::Sealed { .. })), 1);
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

#[test]
fn an_abort_does_not_wait_for_a_dwell() {
    let dwell = Action::Dwell {
        duration: Duration::h(10),
    };
    let mut phases = set_up();
    phases.push((instrument("heater-shaker"), vec![dwell]));
    let (ending, state) = bench(phases).run_beside(true, Vec::new(), |desk| async move {
        let dwelling = |s: &State| {
            let open = s
                .open
                .values()
                .any(|o| matches!(o.intent.action, Action::Dwell { .. }));
            open.then_some(())
        };
        desk.until(dwelling).await;
        desk.wait(60).await;
        desk.stop(plated::run::StopKind::Abort).await.unwrap();
    });
    assert_eq!(ending, Ending::Aborted);
    assert!(
        state.last.since(state.started) < Duration::min(10),
        "{}",
        state.last.since(state.started)
    );
}

#[test]
fn an_area_scan_brings_every_point_as_the_reader_saw_it() {
    let bench = bench(everything());
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    let ledger = bench.simulation.sim().ledger();
    let (scanned, took) = ledger
        .iter()
        .find_map(|entry| match &entry.event {
            Physical::Read {
                points: 9, values, ..
            } => Some((values.clone(), entry.t_us)),
            _ => None,
        })
        .unwrap();
    assert_eq!(scanned.len(), 96 * 9);
    let reading = state.readings.iter().find(|r| r.area.is_some()).unwrap();
    let area = reading.area.as_ref().unwrap();
    let points: Vec<_> = area.wells.iter().flatten().map(|v| v.map(|a| a.0)).collect();
    let close = |(a, b): (&Option<f64>, &Option<f32>)| match (a, b) {
        (Some(a), Some(b)) => (a - f64::from(*b)).abs() < 1e-6,
        (a, b) => a.is_none() && b.is_none(),
    };
    assert!(points.iter().zip(&scanned).all(close));
    // Nine passes, each as long as a plain read, less or more by the durations' noise.
    let time = Timestamp::from_us(took).since(reading.at);
    assert!(time > Duration::s(9 * 19) && time < Duration::s(9 * 25), "{time}");
    let mean = |well: usize| area.wells[well].iter().flatten().map(|a| a.0).sum::<f64>() / 9.0;
    for (well, value) in reading.values.iter().enumerate() {
        assert!((value.unwrap().0 - mean(well)).abs() < 1e-9);
    }
    // The meniscus: less liquid over the centre of the first well's grid than over its corners.
    let [first, .., last] = area.wells[0].as_slice() else {
        panic!("nine points")
    };
    let centre = area.wells[0][4].unwrap().0;
    assert!(
        first.unwrap().0 > centre && last.unwrap().0 > centre,
        "{:?}",
        area.wells[0]
    );
}
