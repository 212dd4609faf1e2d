//! Captures: what went over a line, kept with its run and played back to a driver.

use crate::daemon::{plated, said};
use crate::support::{Bench, source};
use plated::devices::Instrument;
use plated::drivers::connect;
use plated::link::{Line, Playback, Recording, Settings};
use plated::plan::Action;
use plated::rig::InstrumentId;
use plated::simulate::Wires;
use std::path::Path;

/// What an instrument answers to some actions, in words, as far as its line goes.
async fn session(driver: &mut dyn Instrument, actions: &[Action]) -> Vec<String> {
    let mut outcomes = vec![format!("{:?}", driver.identify().await)];
    for action in actions {
        let before = match driver.prepare(action).await {
            Ok(before) => before,
            Err(failure) => {
                outcomes.push(format!("{failure:?}"));
                continue;
            }
        };
        let intent = plated::devices::Intent {
            action: action.clone(),
            before,
        };
        outcomes.push(format!("{intent:?}"));
        outcomes.push(format!("{:?}", driver.perform(&intent).await));
        outcomes.push(format!("{:?}", driver.settle(&intent).await));
    }
    outcomes
}

/// What each instrument of the demonstration rig does without anything on its deck.
fn sessions() -> Vec<(&'static str, Vec<Action>)> {
    vec![
        ("handler", vec![Action::Park, Action::Home, Action::Park]),
        ("mover", vec![Action::Home]),
        (
            "incubator",
            vec![Action::Initialise, Action::Shake { speed: None }],
        ),
        ("reader", vec![Action::OpenTray, Action::CloseTray]),
    ]
}

/// A driver on a line that plays a capture back.
fn on_a_recording(bench: &Bench, id: &InstrumentId, capture: &Path) -> (Box<dyn Instrument>, Playback) {
    let text = std::fs::read_to_string(capture).unwrap();
    let (opener, playback) = Recording::parse(&text).unwrap().play();
    let settings = Settings::of(&bench.rig.instruments[id].link);
    let clock = bench.simulation.clock();
    let line = Line::new(opener, settings, clock);
    let driver = connect(id, &bench.rig, &bench.library, line, clock).unwrap();
    (driver, playback)
}

#[test]
fn a_driver_says_to_its_own_capture_what_it_said_to_the_instrument_and_hears_the_same() {
    let bench = Bench::new(source("drill", &[], 1));
    let folder = tempfile::tempdir().unwrap();
    for (name, actions) in sessions() {
        let id = InstrumentId::new(name);
        let capture = folder.path().join(format!("{name}.txt"));
        let real = bench.simulation.block_on(async {
            let (sim, clock) = (bench.simulation.sim(), bench.simulation.clock());
            let captures = Some(folder.path().to_owned());
            let wires = Wires::new(sim, &bench.rig, clock, captures);
            let mut drivers = wires.instruments(&bench.library).unwrap();
            let driver = drivers.get_mut(&id).unwrap();
            session(driver.as_mut(), &actions).await
        });
        let done = |o: &&String| o.starts_with("Ok(Plain");
        assert!(real.iter().filter(done).count() >= 1, "{name}: {real:#?}");
        let played = bench.simulation.block_on(async {
            let (mut driver, playback) = on_a_recording(&bench, &id, &capture);
            let outcomes = session(driver.as_mut(), &actions).await;
            assert_eq!(
                (playback.complaint(), playback.next_line()),
                (None, None),
                "{name}"
            );
            outcomes
        });
        assert_eq!(played, real, "{name}");
        // Another session than the recorded one is told where it leaves the recording.
        let (outcomes, complaint) = bench.simulation.block_on(async {
            let (mut driver, playback) = on_a_recording(&bench, &id, &capture);
            let other = [
                Action::Home,
                Action::Initialise,
                Action::OpenTray,
                Action::CloseTray,
            ];
            let other: Vec<Action> = other.into_iter().rev().collect();
            let other = if actions == other { Vec::new() } else { other };
            let outcomes = session(driver.as_mut(), &[&other[..], &other[..]].concat()).await;
            (outcomes, playback.complaint())
        });
        let complaint = complaint.unwrap_or_else(|| panic!("{name}: {outcomes:#?}"));
        assert!(complaint.contains("line "), "{complaint}");
    }
}

#[test]
fn a_simulated_run_is_captured_its_bundle_carries_the_captures_and_a_replay_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["config", "protocols"] {
        std::os::unix::fs::symlink(root.join(name), folder.path().join(name)).unwrap();
    }
    let ask = |arguments: &[&str]| {
        let output = plated(folder.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        said(&output)
    };
    let drill = [
        "protocols/drill.toml",
        "--rig",
        "config/demo-rig.toml",
        "--simulate",
    ];
    for out in ["one", "two"] {
        ask(&[&["run"], &drill[..], &["--quiet", "--capture", "--out", out]].concat());
    }
    let captured =
        |out: &str, name: &str| std::fs::read(folder.path().join(out).join("capture").join(name)).unwrap();
    for name in ["handler.txt", "incubator.txt", "mover.txt", "reader.txt"] {
        let bytes = captured("one", name);
        assert!(bytes.len() > 1_000, "{name}: {}", bytes.len());
        assert!(bytes == captured("two", name), "{name} differs between two runs");
        Recording::parse(&String::from_utf8(bytes).unwrap()).unwrap();
    }
    let named = ask(&["replay", "one"]);
    assert!(named.contains("capture/handler.txt"), "{named}");
    ask(&["bundle", "one", "--out", "one.bundle"]);
    let named = ask(&["replay", "one.bundle"]);
    assert!(named.contains("run/capture/handler.txt"), "{named}");
    ask(&["replay", "one.bundle", "--verify"]);
}
