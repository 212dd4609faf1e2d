//! Instruments that ship as profiles alone, each in a protocol of its kind on the twin that was written from the maker's document:
//! readers of barcodes, an incubator that shakes, a pump that counts; with answers lost on the way.

use crate::support::{Bench, read, source};
use hardware_sim::Event as Physical;
use plated::run::{Ending, FileText, Source};

/// The rig of one machine with another in the machine's place: its profile, its link, and the rest of its entry.
fn with(profile: &str, link: &str, entry: &str, faults: &str) -> FileText {
    let rig = read("config/own-machine.toml");
    let (head, rest) = rig.text.split_once("[instruments.sealer]").unwrap();
    let (_, rest) = rest.split_once("[nests.hotel-1]").unwrap();
    let text = format!(
        "{head}[instruments.sealer]\nkind = \"profile\"\nprofile = \"profiles/{profile}.toml\"\n\
         link = {{ serial = \"/dev/ttyUSB2\", {link} }}\nnest = \"sealer\"\n{entry}\n[nests.hotel-1]{rest}"
    );
    let text = text.replace(
        "identities = { mover = 4121, sealer = 7 }",
        &format!("faults = [{faults}]"),
    );
    FileText { text, ..rig }
}

/// A protocol of two plates, each of which goes through a step at the machine.
fn each(profile: &str, rig: FileText, step: &str) -> Source {
    let protocol = read("docs/examples/own-machine.toml");
    let (head, _) = protocol.text.split_once("[[steps]]").unwrap();
    let text = format!("{head}[[steps]]\nid = \"there\"\neach = \"store\"\n{step}\n");
    let mut source = source("drill", &[], 3);
    source.protocol = FileText { text, ..protocol };
    source.rig = rig;
    source.profiles = [profile, "plate-mover"]
        .map(|name| {
            (
                format!("profiles/{name}.toml"),
                read(&format!("config/profiles/{name}.toml")),
            )
        })
        .into_iter()
        .collect();
    source
}

fn ledger<T>(bench: &Bench, told: impl Fn(Physical) -> Option<T>) -> Vec<T> {
    let ledger = bench.simulation.sim().ledger();
    ledger.into_iter().filter_map(|entry| told(entry.event)).collect()
}

/// One lost answer to the machine, for each of its first requests; and none.
fn losses(requests: u32) -> impl Iterator<Item = String> {
    let one = |nth| {
        format!("{{ instrument = \"sealer\", fault = \"mute\", after_requests = {nth}, requests = 1 }}")
    };
    std::iter::once(String::new()).chain((0..requests).map(one))
}

#[test]
fn barcodes_are_read_by_readers_of_three_makes_whatever_answer_is_lost() {
    for (profile, link) in [
        ("keyence", "baud = 9600, format = \"7E1\""),
        ("microscan", "baud = 9600, format = \"7E1\""),
        ("honeywell", "baud = 115200"),
    ] {
        for faults in losses(8) {
            let rig = with(profile, link, "abilities = { scan = true }", &faults);
            let bench = Bench::new(each(profile, rig, "do = \"scan\"\nat = \"sealer\""));
            // Of a reader that says nothing where it sees nothing, a lost answer is a plate without a barcode: a person is asked.
            let (ending, _) = bench.retried(Vec::new());
            assert_eq!(ending, Ending::Completed, "{profile} {faults}");
            let read = ledger(&bench, |event| match event {
                Physical::BarcodeRead { code, .. } => code,
                _ => None,
            });
            assert!(
                read.contains(&"STORE-1".to_owned()) && read.contains(&"STORE-2".to_owned()),
                "{profile}: {read:?}"
            );
        }
    }
}

#[test]
fn an_incubator_with_a_drawer_takes_plates_warms_and_shakes_them_whatever_answer_is_lost() {
    let entry = "door = true\nabilities = { shake = [\"396 rpm\", \"1800 rpm\"], hold = [\"10 C\", \"70 C\"] }\n\
         [instruments.sealer.durations]\ninitialise = \"10 s\"\nopen_tray = \"8 s\"\nclose_tray = \"8 s\"\n\
         shake = \"3 s\"\nset_temperature = \"1 s\"\n";
    let step =
        "do = \"heat\"\nat = \"sealer\"\nspeed = \"600 rpm\"\nfor = \"10 min\"\ntemperature = \"37 C\"";
    for faults in losses(24) {
        let bench = Bench::new(each(
            "inheco",
            with("inheco", "baud = 19200", entry, &faults),
            step,
        ));
        let (ending, _) = bench.run(Vec::new());
        assert_eq!(ending, Ending::Completed, "{faults}");
        bench.assert_sound();
        let treated = ledger(&bench, |event| match event {
            Physical::Shaking { on, rpm, .. } => Some(format!("{on} {rpm}")),
            Physical::Shaken { plate, .. } => Some(plate),
            _ => None,
        });
        assert_eq!(
            treated,
            ["true 600", "false 0", "store-1", "true 600", "false 0", "store-2"],
            "{faults}"
        );
    }
}

const PUMP: &str = r#"
[rig]
name = "pump"
safe_height = "100 mm"

[instruments.pump]
kind = "profile"
profile = "profiles/masterflex.toml"
link = { serial = "/dev/ttyUSB0", baud = 4800, format = "7O1" }
set_points = { volume = { bounds = ["1 mL", "100 mL"], scale = "0.4 mL" }, speed = { bounds = ["0 rpm", "600 rpm"] } }

[simulation]
faults = [FAULT]
"#;

const PORTIONS: &str = r#"
[protocol]
name = "portions"
language = 1

[[steps]]
id = "rinse"
do = "set"
on = "pump"
quantity = "volume"
to = "8 mL"

[[steps]]
id = "feed"
do = "set"
after = "rinse"
on = "pump"
quantity = "volume"
to = "4 mL"

[[steps]]
id = "run"
do = "set"
after = "feed"
on = "pump"
quantity = "speed"
to = "60 rpm"

[[steps]]
id = "stop"
do = "set"
after = "run"
on = "pump"
quantity = "speed"
to = 0
"#;

#[test]
fn a_pump_gives_each_volume_once_and_its_count_answers_for_a_lost_acknowledgement() {
    let mut doubts = 0;
    for nth in 0..40 {
        let fault =
            format!("{{ instrument = \"pump\", fault = \"mute\", after_requests = {nth}, requests = 1 }}");
        let mut source = source("drill", &[], 1);
        source.rig.text = PUMP.replace("FAULT", &fault);
        source.protocol.text = PORTIONS.replace("to = 0", "to = \"0 rpm\"");
        let path = "config/profiles/masterflex.toml";
        source.profiles = [("profiles/masterflex.toml".to_owned(), read(path))]
            .into_iter()
            .collect();
        let bench = Bench::new(source);
        let (ending, state) = bench.run(Vec::new());
        assert_eq!(ending, Ending::Completed, "{nth}");
        let turned = ledger(&bench, |event| match event {
            Physical::Regulated { quantity, value, .. } if quantity == "revolutions" => Some(value),
            _ => None,
        });
        // 0.4 mL a revolution with the tubing of this rig: twenty, then ten, then for as long as it ran.
        assert_eq!(turned[..2], [20.0, 30.0], "{nth}: {turned:?}");
        doubts += state
            .failures
            .iter()
            .filter(|(.., f)| f.moved != plated::devices::Moved::No)
            .count();
    }
    assert!(doubts > 0, "no acknowledgement of a portion was lost");
}

const AXIS: &str = r#"
[rig]
name = "axis"
safe_height = "100 mm"

[instruments.axis]
kind = "profile"
profile = "profiles/igus-d1.toml"
link = { tcp = "192.168.20.40:502", unit = 0 }
set_points = { position = { bounds = ["0 mm", "400 mm"] } }

[instruments.magnet]
kind = "profile"
profile = "profiles/ot-magnetic.toml"
link = { serial = "/dev/ttyACM0", baud = 115200, format = "8N1" }
set_points = { height = { bounds = ["0 mm", "20 mm"] } }

[simulation]
faults = [FAULT]
"#;

const MOVES: &str = r#"
[protocol]
name = "moves"
language = 1

[[steps]]
id = "out"
do = "set"
on = "axis"
quantity = "position"
to = "120.5 mm"
within = "0.1 mm"
timeout = "1 min"

[[steps]]
id = "engage"
do = "set"
after = "out"
on = "magnet"
quantity = "height"
to = "12.5 mm"

[[steps]]
id = "release"
do = "set"
after = { step = "engage", at_least = "2 min" }
on = "magnet"
quantity = "height"
to = "0 mm"

[[steps]]
id = "back"
do = "set"
after = "release"
on = "axis"
quantity = "position"
to = "10 mm"
"#;

#[test]
fn an_axis_behind_objects_and_magnets_on_a_lift_go_where_they_are_told_whatever_answer_is_lost() {
    let faults = (0..60).map(|nth| (["axis", "magnet"][nth % 2], nth / 2));
    for (instrument, nth) in faults {
        let fault = format!(
            "{{ instrument = \"{instrument}\", fault = \"mute\", after_requests = {nth}, requests = 1 }}"
        );
        let mut source = source("drill", &[], 1);
        source.rig.text = AXIS.replace("FAULT", &fault);
        source.protocol.text = MOVES.into();
        source.profiles = ["igus-d1", "ot-magnetic"]
            .map(|name| {
                (
                    format!("profiles/{name}.toml"),
                    read(&format!("config/profiles/{name}.toml")),
                )
            })
            .into_iter()
            .collect();
        let bench = Bench::new(source);
        let (ending, _) = bench.run(Vec::new());
        assert_eq!(ending, Ending::Completed, "{fault}");
        bench.assert_sound();
        let stood = |what: &str| {
            let stood = ledger(&bench, |event| match event {
                Physical::Regulated { quantity, value, .. } if quantity == what => Some(value),
                _ => None,
            });
            // Told once more it stays where it is; homing comes first.
            let mut stood: Vec<f64> = stood.into_iter().filter(|value| *value != 0.0).collect();
            stood.dedup();
            stood
        };
        assert_eq!(stood("position"), [12_050.0, 1_000.0], "{fault}");
        assert_eq!(stood("height"), [12.5], "{fault}");
    }
}
