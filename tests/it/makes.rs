//! The demonstration rig with a reader, an incubator and a mover of other makes, each spoken to by its own driver: a whole
//! protocol on their twins, with and without a bad wire.

use crate::support::{Bench, source};
use hardware_sim::{Entry, Event as Physical};
use plated::engine::Observer;
use plated::plan::{Measure, Work};
use plated::run::{Choice, Ending, Event, Source, State};
use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;

/// Plate readers that have drivers of their own.
const READERS: [&str; 3] = ["spectramax", "biotek", "clariostar"];

/// The entry of an instrument, up to its durations, is another.
fn replaced(rig: &str, name: &str, entry: &str) -> String {
    let (before, rest) = rig.split_once(&format!("[instruments.{name}]\n")).unwrap();
    let (_, after) = rest
        .split_once(&format!("[instruments.{name}.durations]"))
        .unwrap();
    format!("{before}{entry}\n[instruments.{name}.durations]{after}")
}

/// Where the arm was taught that the nests are, by joints.
fn taught(rig: &str) -> String {
    let mut text = "[instruments.mover.locations]\n".to_owned();
    let mut nest = "";
    for line in rig.lines() {
        if let Some(name) = line.strip_prefix("[nests.") {
            nest = name.trim_end_matches(']');
        }
        if let Some(station) = line.strip_prefix("station = ") {
            let n: i32 = station.trim().parse().unwrap();
            let (shoulder, elbow) = (n * 2 - 70, 60 + n);
            writeln!(text, "{nest} = {{ angles = [60.0, {shoulder}, {elbow}, 10] }}").unwrap();
        }
    }
    text
}

/// The entry of a reader by its make.
fn reader(make: &str) -> String {
    let own = match make {
        "spectramax" => "model = \"384_plus\"\nlink = { serial = \"/dev/ttyUSB2\", baud = 9600 }",
        "biotek" => {
            "model = \"synergy_h1\"\nfluorescence = true\nluminescence = true\n\
             link = { serial = \"/dev/ttyUSB2\", baud = 9600, format = \"8N2\", flow_control = \"rts_cts\" }"
        }
        _ => "luminescence = true\nlink = { serial = \"/dev/ttyUSB2\", baud = 125000 }",
    };
    format!(
        "[instruments.reader]\nkind = \"{make}\"\n{own}\ntray = \"reader-tray\"\nwavelengths = [\"340 nm\", \"900 nm\"]\n"
    )
}

/// A rig with other makes.
fn other_makes(make: &str, protocol: &str, parameters: &[(&str, &str)], seed: u64) -> Source {
    let mut source = source(protocol, parameters, seed);
    let rig = source.rig.text.clone();
    let incubator = "[instruments.incubator]\nkind = \"liconic\"\n\
                     link = { serial = \"/dev/ttyUSB0\", baud = 9600, format = \"8E1\" }\ntransfer = \"transfer\"\n\
                     slots = 44\ntemperature = \"30 C\"\nshaking = \"1000 rpm\"\n\
                     cassettes = [{ levels = 22, site_height = \"17 mm\" }, { levels = 22, site_height = \"17 mm\" }]\n";
    let arm = "[instruments.mover]\nkind = \"precise_flex\"\nlink = { tcp = \"192.168.0.1:10100\" }\nzone = \"deck\"\n\
               rest = [200, 0, 180, -180]\nclearance = \"100 mm\"\ngrip_open = \"130 mm\"\ngrip_closed = \"75 mm\"\n\
               lid = { grip_height = \"7 mm\", on_plate = \"8.2 mm\" }\n";
    let arm = format!("{arm}\n{}", taught(&rig));
    let rig = replaced(&rig, "reader", &reader(make));
    let rig = replaced(&rig, "incubator", incubator);
    source.rig.text = replaced(&rig, "mover", &arm);
    source.profiles.clear();
    source
}

/// What people are asked that no prompt of the protocol asks.
fn trouble() -> (Rc<RefCell<Vec<String>>>, Observer) {
    let told = Rc::new(RefCell::new(Vec::new()));
    let into = Rc::clone(&told);
    let observer: Observer = Box::new(move |_, event, _| match event {
        Event::Asked { question } if question.prompt.is_none() => {
            into.borrow_mut().push(question.text.clone())
        }
        Event::Failed { .. } => into.borrow_mut().push(format!("{event:?}")),
        _ => {}
    });
    (told, observer)
}

/// The drill with lids left off: the arm's sources do not speak of lids, and its twin carries plates alone.
fn drill(make: &str, faults: &str, seed: u64) -> Bench {
    Bench::new(drill_source(make, faults, seed))
}

fn drill_source(make: &str, faults: &str, seed: u64) -> Source {
    let mut source = other_makes(make, "drill", &[], seed);
    let mut text = source.protocol.text.replace("lidded = true", "lidded = false");
    for lid in ["lid-1", "lid-2"] {
        text = text.replace(&format!(", lid = \"{lid}\""), "");
    }
    source.protocol.text = text;
    source.rig.text = source.rig.text.replacen(
        "[simulation]\n",
        &format!("[simulation]\nfaults = [{faults}]\n"),
        1,
    );
    source
}

/// Each reading is what one read of the ledger measured, none of them is delivered twice, and no later one goes before an earlier.
fn assert_read(bench: &Bench, state: &State) {
    let ledger = bench.simulation.sim().ledger();
    let mut physical = ledger.iter();
    for reading in &state.readings {
        // Counts are told whole.
        let grain = match reading.measure {
            Measure::Absorbance(_) => 0.001,
            _ => 0.51,
        };
        let close = |found: &Vec<Option<f32>>| {
            let values = reading.values.iter().map(|v| v.map(|v| v.0));
            let pairs = values.zip(found.iter().map(|v| v.map(f64::from)));
            pairs.clone().count() == found.len()
                && pairs
                    .into_iter()
                    .all(|(told, true_value)| match (told, true_value) {
                        (Some(told), Some(true_value)) => {
                            (told - true_value).abs() <= grain + true_value.abs() * 0.001
                        }
                        (told, true_value) => told.is_none() == true_value.is_none(),
                    })
        };
        let of_it = |entry: &Entry| match (&entry.event, reading.measure) {
            (
                Physical::Read {
                    values,
                    wavelength_nm,
                    ..
                },
                Measure::Absorbance(wavelength),
            ) => *wavelength_nm == wavelength.get() && close(values),
            (Physical::ReadFluorescence { values, .. }, Measure::Fluorescence { .. })
            | (Physical::ReadLuminescence { values, .. }, Measure::Luminescence { .. }) => close(values),
            _ => false,
        };
        assert!(
            physical.any(of_it),
            "no read of the ledger is {} of {}: {:?}",
            reading.measure,
            reading.plate,
            reading.values
        );
    }
}

fn count(bench: &Bench, is: impl Fn(&Physical) -> bool) -> usize {
    let ledger = bench.simulation.sim().ledger();
    ledger.iter().filter(|e| is(&e.event)).count()
}

#[test]
fn a_protocol_runs_on_other_makes_and_the_ledger_has_seen_each_action_once() {
    for make in READERS {
        runs_on(make);
    }
}

fn runs_on(make: &str) {
    let bench = drill(make, "", 7);
    let (told, observer) = trouble();
    let (ending, state) = bench.run_beside(true, vec![observer], |desk| {
        desk.answer_the_rest(|_| Choice::Abort)
    });
    assert_eq!(*told.borrow(), Vec::<String>::new());
    assert_eq!(ending, Ending::Completed, "{make}");
    bench.assert_sound();
    assert!(!state.readings.is_empty());
    assert_read(&bench, &state);
    let reads = count(&bench, |e| matches!(e, Physical::Read { .. }));
    assert_eq!(reads, state.readings.len());
    let planned = |word: &str| {
        let phases = state.plan.operations.iter().flat_map(|o| &o.phases);
        let actions = phases.flat_map(|p| match &p.work {
            Work::Actions(actions) => actions.as_slice(),
            _ => &[],
        });
        actions.filter(|a| a.name() == word).count()
    };
    let by_arm = |e: &Physical| matches!(e, Physical::PlateMoved { by, .. } if by == "mover");
    assert_eq!(count(&bench, by_arm), planned("move_plate"));
    assert_eq!(
        count(&bench, |e| matches!(e, Physical::Stored { .. })),
        planned("store")
    );
    assert_eq!(
        count(&bench, |e| matches!(e, Physical::Retrieved { .. })),
        planned("retrieve")
    );
}

#[test]
fn a_bad_wire_costs_other_makes_time_and_nothing_else() {
    for (make, seed) in READERS.into_iter().flat_map(|make| [(make, 1), (make, 2)]) {
        let faults: Vec<String> = [
            ("reader", "mute", 0.05),
            ("reader", "deaf", 0.05),
            ("reader", "garbled", 0.05),
            ("incubator", "mute", 0.05),
            ("incubator", "deaf", 0.05),
            ("mover", "mute", 0.01),
            ("mover", "deaf", 0.01),
        ]
        .into_iter()
        .map(|(who, what, p)| format!("{{ instrument = \"{who}\", fault = \"{what}\", probability = {p} }}"))
        .collect();
        let bench = drill(make, &faults.join(", "), seed);
        let (told, observer) = trouble();
        let (ending, state) = bench.retried(vec![observer]);
        assert_eq!(ending, Ending::Completed, "{make}: {:?}", told.borrow());
        bench.assert_sound();
        assert!(!state.readings.is_empty());
        assert_read(&bench, &state);
        // One seed, one course of events: what differs is what the wire did.
        let clean = drill(make, "", seed);
        let _ = clean.run(Vec::new());
        let end = |bench: &Bench| bench.simulation.sim().ledger().last().map(|e| e.t_us);
        assert_ne!(end(&bench), end(&clean), "no fault was felt");
    }
}

#[test]
fn light_is_read_by_those_who_can_on_a_good_wire_and_on_a_bad_one() {
    let noise = ["mute", "deaf", "garbled"]
        .map(|what| format!("{{ instrument = \"reader\", fault = \"{what}\", probability = 0.05 }}"))
        .join(", ");
    for (make, light, kinds) in [
        (
            "biotek",
            "luminescence = { integration = \"400 ms\" }\n\
             fluorescence = { excitation = \"485 nm\", emission = \"520 nm\", gain = 100 }\n",
            3,
        ),
        ("clariostar", "luminescence = { integration = \"1 s\" }\n", 2),
    ] {
        for (faults, seed) in [("", 3), (noise.as_str(), 4), (noise.as_str(), 5)] {
            let mut source = drill_source(make, faults, seed);
            let text = source.protocol.text.replace(
                "wavelength = \"600 nm\"\nevery = \"10 min\"\nfor = \"10 min\"\nwithin = \"1 min\"\n",
                &format!("wavelength = \"600 nm\"\n{light}every = \"20 min\"\nfor = \"20 min\"\nwithin = \"5 min\"\n"),
            );
            assert_ne!(text, source.protocol.text);
            source.protocol.text = text;
            let took = "[instruments.reader.durations]\nread_fluorescence = \"60 s\"\nread_luminescence = \"30 s\"\n";
            source.rig.text = source.rig.text.replace("[instruments.reader.durations]\n", took);
            let bench = Bench::new(source);
            let (told, observer) = trouble();
            let (ending, state) = bench.retried(vec![observer]);
            assert_eq!(ending, Ending::Completed, "{make} {seed}: {:?}", told.borrow());
            bench.assert_sound();
            assert_read(&bench, &state);
            assert_eq!(state.readings.len() % kinds, 0);
            assert!(!state.readings.is_empty());
        }
    }
}

#[test]
fn what_a_make_cannot_be_told_of_light_is_refused_before_a_run() {
    for (make, light, wanted) in [
        (
            "biotek",
            "fluorescence = { excitation = \"485 nm\", emission = \"520 nm\", gain = 50 }\n",
            "reader measures at a gain called 100, not at 50; write `gain = 100`",
        ),
        (
            "biotek",
            "luminescence = { integration = \"300 ms\" }\n",
            "reader gathers light for 200 ms to 19.8 s in steps of 200 ms, not for 300 ms",
        ),
        (
            "clariostar",
            "luminescence = { integration = \"2 s\" }\n",
            "reader gathers light for 1 s, not for 2 s; write `integration = \"1 s\"`",
        ),
    ] {
        let mut source = drill_source(make, "", 1);
        let absorbance = "wavelength = \"600 nm\"\n";
        source.protocol.text = source
            .protocol
            .text
            .replacen(absorbance, &format!("{absorbance}{light}"), 1);
        let file = |file: &plated::run::FileText| plated::source::SourceFile {
            name: file.name.clone(),
            text: file.text.clone(),
        };
        let profiles = source.profiles.iter().map(|(path, f)| (path.clone(), file(f)));
        let (rig, found) = plated::rig::parse(&file(&source.rig), &profiles.collect());
        assert_eq!(found, [], "{make}");
        let (library, _) = plated::labware::Library::load(&[]);
        let inputs = plated::protocol::Inputs::default();
        let built = plated::protocol::build(&file(&source.protocol), &inputs, &rig.unwrap(), &library);
        let told: Vec<_> = built
            .diagnostics
            .iter()
            .map(|d| (d.code, d.message.as_str()))
            .collect();
        assert_eq!(told, [("optics", wanted)], "{make}");
    }
}
