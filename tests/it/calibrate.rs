//! A guided calibration on the simulated rig, whose deck truly is elsewhere than the rig file says; and runs with what was
//! found.

use crate::checkers::{Volumes, compare};
use crate::support::{Bench, source};
use plated::calibrate::{Course, Fit, Input, Procedure, Reply};
use plated::daemon::calibrate::{Occasion, deck_record, grip_record, guided};
use plated::daemon::{assemble, calibrations, plan};
use plated::rig::{CalibrationRecord, InstrumentId, NestId, Point, Rig};
use plated::run::{Ending, FileText, Source};
use plated::simulate::Simulation;
use plated::units::{Day, Length};

/// The rig without `[calibration.handler]`.
fn uncalibrated(protocol: &str) -> Source {
    let mut source = source(protocol, &[("plates", "1")], 1);
    let text = &source.rig.text;
    let from = text.find("[calibration.handler]").unwrap();
    let to = text.find("[calibration.mover]").unwrap();
    source.rig.text = format!("{}{}", text.get(..from).unwrap(), text.get(to..).unwrap());
    source
}

/// Where the deck truly is, by the simulator's section of the rig file.
fn truth(source: &Source) -> Point {
    let rig: toml::Table = source.rig.text.parse().unwrap();
    let um = |n: usize| {
        let text = rig["simulation"]["deck"][n].as_str().unwrap();
        let mm: f64 = text.trim_end_matches("mm").trim().parse().unwrap();
        Length::um((mm * 1000.0).round() as i64)
    };
    Point {
        x: um(0),
        y: um(1),
        z: um(2),
    }
}

fn plus(a: Point, b: Point) -> Point {
    Point {
        x: a.x.plus(b.x),
        y: a.y.plus(b.y),
        z: a.z.plus(b.z),
    }
}

/// What a person does who sees how far the nozzle's end is from the true corner.
fn jog(reply: &Reply, rig: &Rig, off: impl Fn(&NestId) -> Point) -> Option<Input> {
    let Course::At {
        nest, position, step, ..
    } = &reply.course
    else {
        return None;
    };
    let goal = plus(rig.nests[nest].position.unwrap(), off(nest));
    let steps = |to: Length, is: Length| (to.get() - is.get()) / step.get();
    let (x, y) = (steps(goal.x, position.x), steps(goal.y, position.y));
    let z = steps(goal.z, position.z);
    Some(match (x, y, z) {
        (0, 0, 0) if step.get() <= 10 => Input::Touch,
        (0, 0, 0) => Input::Finer,
        (0, 0, _) => Input::Z(z),
        (0, ..) => Input::Y(y),
        _ => Input::X(x),
    })
}

fn calibrated(
    source: &Source,
    off: impl Fn(&NestId) -> Point,
) -> (Rig, Simulation, Option<Fit>, Vec<Course>) {
    let assembled = assemble(source);
    let (rig, library) = (assembled.rig.unwrap(), assembled.library);
    let simulation = Simulation::new(source, None).unwrap();
    let id = InstrumentId::new("handler");
    let mut seen = Vec::new();
    let found = simulation.block_on(async {
        let (sim, clock) = (simulation.sim(), simulation.clock());
        let mut drivers = plated::simulate::instruments(sim, &rig, &library, clock).unwrap();
        let mut procedure = Procedure::new(&rig, &id, None).unwrap();
        let driver = drivers.get_mut(&id).unwrap().as_mut();
        guided(driver, &mut procedure, async |reply| {
            seen.push(reply.course.clone());
            jog(reply, &rig, &off)
        })
        .await
    });
    (rig, simulation, found.unwrap(), seen)
}

fn ada() -> Occasion {
    Occasion {
        author: "Ada".into(),
        date: Day::parse("2026-11-01"),
        valid_for: Some(180),
    }
}

fn near(a: Length, b: Length) -> bool {
    (a.get() - b.get()).abs() <= 50
}

#[test]
fn a_person_who_jogs_to_the_true_corners_finds_the_true_deck_and_runs_hit_their_wells() {
    let mut source = uncalibrated("growth-screen");
    let assembled = assemble(&source);
    let (refused, diagnostics, _) = plan(&source, &assembled.rig.unwrap(), &assembled.library);
    assert!(refused.is_none());
    let first = diagnostics.first().unwrap();
    assert_eq!(first.code, "calibration");
    assert!(
        format!("{first:?}").contains("plated calibrate handler --rig"),
        "{first:?}"
    );

    let deck = truth(&source);
    let (rig, simulation, found, seen) = calibrated(&source, |_| deck);
    let found = found.unwrap();
    assert_eq!(simulation.sim().truth().violations, []);
    assert!(seen.len() > 20);
    assert!(
        near(found.deck.x, deck.x) && near(found.deck.y, deck.y) && near(found.deck.z, deck.z),
        "{found:?}"
    );
    assert!(found.residual.get() <= 10, "{found:?}");

    let place = tempfile::tempdir().unwrap();
    let record = deck_record(&rig, &InstrumentId::new("handler"), &found, &ada());
    let (record, _) = calibrations::add(place.path(), record).unwrap();
    assert_eq!(record.version, 1);
    source.calibrations = calibrations::in_force(place.path()).unwrap();
    let bench = Bench::new(source);
    let (ending, state) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    let ledger = bench.simulation.sim().ledger();
    assert!(compare(&Volumes::of(&ledger, &state.plan), &state) >= 96);
    // The run carries the record that it used.
    let source = state.source.unwrap();
    assert_eq!(source.calibrations.len(), 1);
    assert!(source.calibrations[0].text.contains("author = \"Ada\""));
}

#[test]
fn corners_that_were_touched_carelessly_make_no_record() {
    let source = uncalibrated("drill");
    let deck = truth(&source);
    let careless = |nest: &NestId| match nest.as_str() {
        "deck-3" => plus(
            deck,
            Point {
                x: Length::um(3_000),
                ..Point::default()
            },
        ),
        _ => deck,
    };
    let (_, _, found, seen) = calibrated(&source, careless);
    assert_eq!(found, None);
    let refused = seen.iter().find_map(|c| match c {
        Course::Refused(why) => Some(why.clone()),
        _ => None,
    });
    assert!(refused.unwrap().contains("nothing was recorded"));
}

fn recorded(source: &mut Source, record: &CalibrationRecord) {
    let name = format!("{}-0001.toml", record.instrument);
    let text = CalibrationRecord {
        version: 1,
        ..record.clone()
    }
    .to_text();
    source.calibrations.push(FileText { name, text });
}

fn why_refused(source: &Source) -> String {
    let assembled = assemble(source);
    assert!(assembled.diagnostics.is_empty(), "{:?}", assembled.diagnostics);
    let (planned, diagnostics, file) = plan(source, &assembled.rig.unwrap(), &assembled.library);
    assert!(planned.is_none(), "accepted");
    plated::source::render(&diagnostics, &[file], false)
}

#[test]
fn a_mover_and_a_nest_without_a_grip_height_are_refused_until_they_are_measured() {
    let mut source = source("growth-screen", &[("plates", "1")], 1);
    let text = source.rig.text.clone();
    let mover = InstrumentId::new("mover");
    let from = text.find("[calibration.mover]").unwrap();
    let to = text
        .find("# -----")
        .map(|_| text.find("[simulation]").unwrap())
        .unwrap();
    source.rig.text = format!("{}{}", text.get(..from).unwrap(), text.get(to..).unwrap());
    assert!(why_refused(&source).contains("\"mover\" was never calibrated"));

    // Every nest but one.
    let rig = assemble(&source).rig.unwrap();
    let heights = |without: &'static str| {
        let nests = rig
            .nests
            .iter()
            .filter(move |(n, nest)| nest.station.is_some() && n.as_str() != without);
        nests.map(|(nest, _)| {
            let um = if nest.as_str() == "reader-tray" {
                7_500
            } else {
                6_000
            };
            (nest.clone(), Length::um(um))
        })
    };
    let mut one_short = source.clone();
    recorded(
        &mut one_short,
        &grip_record(&rig, &mover, heights("reader-tray"), &ada()),
    );
    let why = why_refused(&one_short);
    assert!(
        why.contains("the nest \"reader-tray\" was never calibrated for \"mover\""),
        "{why}"
    );
    assert!(!why.contains("hotel"), "{why}");

    recorded(&mut source, &grip_record(&rig, &mover, heights(""), &ada()));
    let bench = Bench::new(source.clone());
    let (ending, _) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();

    // Good for 180 days from the first of November.
    source.today = Some("2027-04-30".into());
    assert!(assemble_and_plan(&source));
    source.today = Some("2027-05-01".into());
    let why = why_refused(&source);
    assert!(
        why.contains(
            "the calibration of \"mover\" of 2026-11-01 was good until 2027-04-30; today is 2027-05-01"
        ),
        "{why}"
    );
}

fn assemble_and_plan(source: &Source) -> bool {
    let assembled = assemble(source);
    plan(source, &assembled.rig.unwrap(), &assembled.library)
        .0
        .is_some()
}

#[test]
fn a_record_of_another_rig_is_refused_by_name() {
    let mut source = source("drill", &[], 1);
    let rig = assemble(&source).rig.unwrap();
    let other = Rig {
        name: "other".into(),
        ..rig
    };
    let record = grip_record(&other, &InstrumentId::new("mover"), [], &ada());
    recorded(&mut source, &record);
    let found = assemble(&source).diagnostics;
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("on the rig \"other\""), "{found:?}");
}
