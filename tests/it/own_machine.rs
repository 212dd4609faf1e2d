//! Machines of one's own: profiles that say how their instrument behaves, and nothing in code. Their protocols run on twins that
//! are made from that, on text, on registers with commands and on set-points, and the ledger is asked what really happened.

use crate::daemon::{Served, plated, said, workplace};
use crate::support::{Bench, read};
use hardware_sim::{Event as Physical, Fault};
use plated::engine::Observer;
use plated::plan::Actor;
use plated::run::{Ending, Event, FileText, RunId, Source, State};
use std::path::Path;

fn source(rig: FileText, protocol: FileText, profiles: &[(&str, FileText)], seed: u64) -> Source {
    let mover = (
        "profiles/plate-mover.toml",
        read("config/profiles/plate-mover.toml"),
    );
    let profiles = profiles.iter().cloned().chain([mover]);
    Source {
        files: Default::default(),
        today: None,
        release: None,
        commissioning: None,
        calibrations: Vec::new(),
        run: RunId(format!("test-{seed}")),
        protocol,
        rig,
        profiles: profiles.map(|(path, text)| (path.to_owned(), text)).collect(),
        labware: Vec::new(),
        parameters: Default::default(),
        seed,
        simulated: true,
        version: "test".into(),
    }
}

/// The sealer from the workshop.
fn sealer(seed: u64) -> Source {
    source(
        read("config/own-machine.toml"),
        read("docs/examples/own-machine.toml"),
        &[(
            "profiles/workshop-sealer.toml",
            read("config/profiles/workshop-sealer.toml"),
        )],
        seed,
    )
}

/// Which plates were sealed, at what temperature, for how long.
fn sealed(bench: &Bench) -> Vec<String> {
    let told = |event: Physical| match event {
        Physical::Sealed {
            plate,
            temperature_c,
            pressed_us,
            ..
        } => Some(format!(
            "{plate} at {temperature_c:.0} for {} s",
            pressed_us / 1_000_000
        )),
        _ => None,
    };
    let ledger = bench.simulation.sim().ledger();
    ledger.into_iter().filter_map(|entry| told(entry.event)).collect()
}

const BOTH: [&str; 2] = ["store-1 at 165 for 3 s", "store-2 at 165 for 3 s"];

#[test]
fn a_machine_that_a_profile_alone_describes_does_its_work_in_a_whole_protocol() {
    let bench = Bench::new(sealer(1));
    let (ending, _) = bench.run(Vec::new());
    assert_eq!(ending, Ending::Completed);
    bench.assert_sound();
    assert_eq!(sealed(&bench), BOTH);
}

/// Loses the answer to the nth request of an instrument's second action; those before come late.
fn losing(bench: &Bench, instrument: &'static str, after: u32) -> Observer {
    let plant = bench.simulation.sim().clone();
    let mut actions = 0;
    Box::new(move |_: &State, event: &Event, _| {
        if let Event::Intended {
            actor: Actor::Instrument(id),
            ..
        } = event
            && id.as_str() == instrument
        {
            actions += 1;
            if actions != 2 {
                return;
            }
            for request in 0..=after {
                let requests = u32::from(request == after);
                let fault = match requests {
                    0 => Fault::Late {
                        requests: 1,
                        by_ms: 10,
                    },
                    _ => Fault::Mute { requests },
                };
                plant.inject(instrument, fault).unwrap();
            }
        }
    })
}

#[test]
fn after_a_lost_answer_the_made_twin_is_asked_whether_it_happened_and_each_plate_is_sealed_once() {
    let mut struck = 0;
    for after in [0, 1, 2, 40, 41, 42, 43, 44] {
        let bench = Bench::new(sealer(2));
        let observer = losing(&bench, "sealer", after);
        let (ending, _) = bench.run(vec![observer]);
        assert_eq!(ending, Ending::Completed, "after {after}");
        bench.assert_sound();
        assert_eq!(sealed(&bench), BOTH, "after {after}");
        struck += bench.simulation.sim().struck("sealer");
    }
    assert!(struck > 0);
}

#[test]
fn the_same_twin_serves_a_protocol_on_pseudo_terminals() {
    let folder = workplace();
    std::os::unix::fs::symlink(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("docs"),
        folder.path().join("docs"),
    )
    .unwrap();
    let _served = Served::of(folder.path(), "config/own-machine.toml", "120");
    let run = plated(
        folder.path(),
        &["run", "docs/examples/own-machine.toml", "--rig", "served.toml"],
    );
    assert!(run.status.success(), "{}", said(&run));
    let ledger = std::fs::read_to_string(folder.path().join("ledger.jsonl")).unwrap();
    let sealed = ledger.lines().filter(|line| line.contains(r#""event":"sealed""#));
    assert_eq!(sealed.count(), 2);
}

/// The tables of a profile that name these commands and no other.
fn with_commands(profile: &str, commands: &[&str]) -> String {
    let mut parts = profile.split("\n[commands.");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        if commands.iter().any(|c| part.starts_with(&format!("{c}]"))) {
            text.push_str("\n[commands.");
            text.push_str(part);
        }
    }
    text
}

const STATION: &str = r#"
[behaviour.values]
state = { start = "not_initialised" }
at_rest = { start = 1 }
plate_present = { follows = "nest.plate" }
seal_present = { follows = "nest.sealed" }
plate = { start = "room" }
hot = { follows = "plate", rate = 10, after = "1 s" }
temperature = { follows = "hot" }

[[behaviour.on]]
command = "initialise"
steps = [{ pause = "5 s" }, { set = "state", to = "idle" }]

[[behaviour.on]]
command = "seal"
steps = [
    { refuse = "not_initialised", when = { of = "state", is = "not_initialised" } },
    { refuse = "no_plate", when = { of = "plate_present", is = "0" } },
    { refuse = "already_sealed", when = { of = "seal_present", is = "1" } },
    { set = "at_rest", to = 0 },
    { set = "plate", from = "set_temperature" },
    { pause = "20 s" },
    { nest = "seal", temperature = "hot", duration = "set_duration" },
    { set = "at_rest", to = 1 },
]

[[behaviour.on]]
command = "halt"
steps = [{ cut_short = true }, { set = "plate", to = "room" }]

[[behaviour.on]]
command = "stop"
steps = [{ set = "state", to = "not_initialised" }, { set = "at_rest", to = 1 }]
"#;

#[test]
fn commands_behind_registers_are_carried_out_by_what_the_profile_says_of_them() {
    let profile = read("config/profiles/plate-station.toml");
    let text = with_commands(&profile.text, &["initialise", "seal", "halt"])
        .replace("name = \"plate-station\"", "name = \"workshop-station\"");
    let profile = FileText {
        name: "workshop-station.toml".into(),
        text: text + STATION,
    };
    let rig = read("config/own-machine.toml");
    let rig = FileText {
        text: rig
            .text
            .replace("profiles/workshop-sealer.toml", "profiles/workshop-station.toml")
            .replace(
                "{ serial = \"/dev/ttyACM0\", baud = 115200, format = \"8N1\" }",
                "{ tcp = \"192.168.10.31:502\", unit = 1 }",
            ),
        ..rig
    };
    for lost in [None, Some(0), Some(1)] {
        let of = [("profiles/workshop-station.toml", profile.clone())];
        let bench = Bench::new(source(
            rig.clone(),
            read("docs/examples/own-machine.toml"),
            &of,
            4,
        ));
        let observers = lost.map(|after| losing(&bench, "sealer", after));
        let (ending, _) = bench.run(observers.into_iter().collect());
        assert_eq!(ending, Ending::Completed, "{lost:?}");
        bench.assert_sound();
        assert_eq!(sealed(&bench), BOTH, "{lost:?}");
    }
}

/// What befell the plate in the shaker: temperatures held, shaking begun and ended.
fn treated(bench: &Bench) -> Vec<String> {
    let told = |event: Physical| match event {
        Physical::Shaking { on, rpm, .. } => Some(format!("{on} {rpm}")),
        Physical::Shaken { plate, .. } => Some(format!("{plate} shaken")),
        _ => None,
    };
    let ledger = bench.simulation.sim().ledger();
    ledger.into_iter().filter_map(|entry| told(entry.event)).collect()
}

#[test]
fn a_heater_shaker_is_driven_on_the_twin_that_judges_its_profile_and_on_the_one_that_is_made_from_it() {
    let profile = read("config/profiles/hamilton-heater-shaker.toml");
    let made = FileText {
        text: profile
            .text
            .replace("name = \"hamilton-heater-shaker\"", "name = \"workshop-shaker\""),
        ..profile.clone()
    };
    let rig = read("config/own-machine.toml");
    let rig = FileText {
        text: rig
            .text
            .replace("profiles/workshop-sealer.toml", "profiles/shaker.toml")
            .replace(
                "abilities = { seal = [\"60 C\", \"200 C\"] }",
                "abilities = { shake = [\"20 rpm\", \"2000 rpm\"], hold = [\"25 C\", \"105 C\"] }",
            )
            .replace("seal = \"90 s\"", "shake = \"8 s\"\nset_temperature = \"1 s\""),
        ..rig
    };
    let protocol = read("docs/examples/own-machine.toml");
    let protocol = FileText {
        text: protocol
            .text
            .replace(
                "do = \"seal\"",
                "do = \"heat\"\nat = \"sealer\"\nspeed = \"800 rpm\"",
            )
            .replace("for = \"3 s\"", "for = \"10 min\"")
            .replace("165 C", "37 C"),
        ..protocol
    };
    for profile in [profile, made] {
        let of = [("profiles/shaker.toml", profile)];
        let bench = Bench::new(source(rig.clone(), protocol.clone(), &of, 5));
        let (ending, _) = bench.run(Vec::new());
        assert_eq!(ending, Ending::Completed);
        bench.assert_sound();
        let told = treated(&bench);
        let expected = [
            "true 800",
            "false 0",
            "store-1 shaken",
            "true 800",
            "false 0",
            "store-2 shaken",
        ];
        assert_eq!(told, expected);
    }
}

const PUMP: &str = r#"
[rig]
name = "pump"
safe_height = "100 mm"

[instruments.pump]
kind = "profile"
profile = "profiles/psd6.toml"
link = { serial = "/dev/ttyUSB0", baud = 9600, format = "8N1" }
set_points = { volume = { bounds = ["0 uL", "5000 uL"] }, port = { bounds = [1, 2] } }

[simulation]
faults = [FAULT]
"#;

/// A step that sets a quantity of the pump, after another.
fn told(id: &str, after: &str, quantity: &str, to: &str) -> String {
    let after = Some(after).filter(|a| !a.is_empty());
    let after = after.map_or_else(String::new, |a| format!("after = \"{a}\"\n"));
    format!(
        "[[steps]]\nid = \"{id}\"\ndo = \"set\"\n{after}on = \"pump\"\nquantity = \"{quantity}\"\nto = {to}\n"
    )
}

#[test]
fn a_pump_that_only_its_page_is_known_of_fills_and_gives_on_the_twin_of_its_profile_whatever_befalls_its_line()
 {
    let steps = [
        told("to-bottle", "", "port", "1"),
        told("fill", "to-bottle", "volume", "\"4000 uL\""),
        told("to-line", "fill", "port", "2"),
        told("give", "to-line", "volume", "\"1500 uL\""),
    ];
    let protocol = format!("[protocol]\nname = \"prime\"\nlanguage = 1\n{}", steps.concat());
    for (fault, requests) in [("mute", 30), ("half", 12), ("noise", 12), ("duplicated", 12)] {
        for nth in 0..requests {
            let fault = format!(
                "{{ instrument = \"pump\", fault = \"{fault}\", after_requests = {nth}, requests = 1 }}"
            );
            let text = |name: &str, text: String| FileText {
                name: name.into(),
                text,
            };
            let rig = text("pump.toml", PUMP.replace("FAULT", &fault));
            let profile = read("config/profiles/psd6.toml");
            let source = source(
                rig,
                text("prime.toml", protocol.clone()),
                &[("profiles/psd6.toml", profile)],
                6,
            );
            let bench = Bench::new(source);
            let (ending, _) = bench.run(Vec::new());
            assert_eq!(ending, Ending::Completed, "{fault}");
            bench.assert_sound();
            let mut stood: Vec<f64> = bench
                .simulation
                .sim()
                .ledger()
                .into_iter()
                .filter_map(|entry| match entry.event {
                    Physical::Regulated { quantity, value, .. } if quantity == "volume" => Some(value),
                    _ => None,
                })
                .collect();
            // In steps of 0.8333 uL; an absolute place told twice is no second stroke.
            stood.dedup();
            assert_eq!(stood, [0.0, 4_800.0, 1_800.0], "{fault}");
        }
    }
}
