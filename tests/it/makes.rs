//! The demonstration rig with a reader, an incubator and a mover of other makes, each spoken to by its own driver: a whole
//! protocol on their twins, with and without a bad wire.

use crate::support::{Bench, source};
use hardware_sim::Event as Physical;
use plated::engine::Observer;
use plated::plan::Work;
use plated::run::{Choice, Ending, Event, Source};
use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;

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

/// A rig with other makes.
fn other_makes(protocol: &str, parameters: &[(&str, &str)], seed: u64) -> Source {
    let mut source = source(protocol, parameters, seed);
    let rig = source.rig.text.clone();
    let reader = "[instruments.reader]\nkind = \"spectramax\"\nmodel = \"384_plus\"\n\
                  link = { serial = \"/dev/ttyUSB2\", baud = 9600 }\ntray = \"reader-tray\"\n\
                  wavelengths = [\"340 nm\", \"900 nm\"]\n";
    let incubator = "[instruments.incubator]\nkind = \"liconic\"\n\
                     link = { serial = \"/dev/ttyUSB0\", baud = 9600, format = \"8E1\" }\ntransfer = \"transfer\"\n\
                     slots = 44\ntemperature = \"30 C\"\nshaking = \"1000 rpm\"\n\
                     cassettes = [{ levels = 22, site_height = \"17 mm\" }, { levels = 22, site_height = \"17 mm\" }]\n";
    let arm = "[instruments.mover]\nkind = \"precise_flex\"\nlink = { tcp = \"192.168.0.1:10100\" }\nzone = \"deck\"\n\
               rest = [200, 0, 180, -180]\nclearance = \"100 mm\"\ngrip_open = \"130 mm\"\ngrip_closed = \"75 mm\"\n\
               lid = { grip_height = \"7 mm\", on_plate = \"8.2 mm\" }\n";
    let arm = format!("{arm}\n{}", taught(&rig));
    let rig = replaced(&rig, "reader", reader);
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
fn drill(faults: &str, seed: u64) -> Bench {
    let mut source = other_makes("drill", &[], seed);
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
    Bench::new(source)
}

fn count(bench: &Bench, is: impl Fn(&Physical) -> bool) -> usize {
    let ledger = bench.simulation.sim().ledger();
    ledger.iter().filter(|e| is(&e.event)).count()
}

#[test]
fn a_protocol_runs_on_other_makes_and_the_ledger_has_seen_each_action_once() {
    let bench = drill("", 7);
    let (told, observer) = trouble();
    let (ending, state) = bench.run_beside(true, vec![observer], |desk| {
        desk.answer_the_rest(|_| Choice::Abort)
    });
    assert_eq!(*told.borrow(), Vec::<String>::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    assert!(!state.readings.is_empty());
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
    for seed in [1, 2] {
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
        let bench = drill(&faults.join(", "), seed);
        let (told, observer) = trouble();
        let (ending, state) = bench.retried(vec![observer]);
        assert_eq!(ending, Ending::Completed, "{:?}", told.borrow());
        bench.assert_sound();
        assert!(!state.readings.is_empty());
        // One seed, one course of events: what differs is what the wire did.
        let clean = drill("", seed);
        let _ = clean.run(Vec::new());
        let end = |bench: &Bench| bench.simulation.sim().ledger().last().map(|e| e.t_us);
        assert_ne!(end(&bench), end(&clean), "no fault was felt");
    }
}
