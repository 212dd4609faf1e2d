//! Stations over Modbus: what they do to a plate, what they refuse, and what the world holds against it.

use crate::{bench::*, register_devices::Device};
use hardware_sim::{Event, Fault, Sim, SimClock};
use serde_json::json;
use std::{fs, time::Duration};
use tokio::time::sleep;

const INITIALISE: u16 = 1;
const OPEN: u16 = 2;
const CLOSE: u16 = 3;
const SEAL: u16 = 4;
const PEEL: u16 = 5;
const SPIN: u16 = 6;
const THERMOCYCLE: u16 = 7;
const SHAKE: u16 = 8;
const HOLD: u16 = 9;
const SCAN: u16 = 10;

fn build_sim(change: impl FnOnce(String) -> String) -> Sim {
    let mut texts = texts();
    let read = |path: &str| fs::read_to_string(config().join(path)).unwrap();
    texts.rig = change(read("stations-rig.toml"));
    let path = "profiles/plate-station.toml";
    texts.profiles.insert(path.into(), read(path));
    Sim::new(&texts, 1, SimClock::virtual_time(START_US)).unwrap()
}

/// A plate with 100 uL of a culture in A1 in a place.
async fn plate(sim: &Sim, place: &str, lid: bool, volume_nl: f64) {
    let well = json!({"well": "A1", "liquid": "culture", "strain": "S1", "volume_nl": volume_nl, "od": 1.0});
    let item = json!({"place": place, "labware": "plate-96-flat", "plate": "p", "barcode": "P7", "lid": lid, "contents": [well]});
    load(sim, 1, json!([item])).await;
}

async fn ready(sim: &Sim, name: &str, unit: u8, rtu: bool) -> Device {
    let mut station = Device::station(sim, name, unit, rtu);
    assert_eq!(station.command(INITIALISE, &[]).await, 0);
    station
}

#[tokio::test(start_paused = true)]
async fn a_sealer_seals_once_and_peels_once() {
    on_bench(async {
        let sim = build_sim(|text| text);
        let mut sealer = Device::station(&sim, "sealer", 11, true);
        assert_eq!(sealer.input(0, 4).await, [5200, 0, 521, 103]);
        assert_eq!(sealer.input(10, 1).await, [3], "not initialised");
        assert_eq!(sealer.command(SEAL, &[1650, 30]).await, 7);
        assert_eq!(sealer.command(INITIALISE, &[]).await, 0);
        assert_eq!(sealer.command(SEAL, &[1650, 30]).await, 2, "no plate");
        plate(&sim, "sealer", false, 100_000.0).await;
        assert_eq!(sealer.command(SPIN, &[0, 30, 100]).await, 8, "it has no rotor");
        assert_eq!(sealer.command(PEEL, &[]).await, 5);
        assert!(!sealer.discrete(1).await);
        sealer.start(SEAL, &[1650, 30]).await;
        sleep(Duration::from_secs(5)).await;
        assert!(!sealer.discrete(2).await, "it presses");
        sleep(Duration::from_secs(15)).await;
        assert!(sealer.discrete(1).await && sealer.discrete(2).await);
        assert_eq!(sealer.command(SEAL, &[1650, 30]).await, 4);
        assert!(sim.truth().plates["p"].sealed);
        sleep(Duration::from_secs(3600)).await;
        let volume = sim.truth().plates["p"].wells["A1"].volume_nl;
        assert_eq!(sealer.command(PEEL, &[]).await, 0);
        sleep(Duration::from_secs(3600)).await;
        let later = sim.truth().plates["p"].wells["A1"].volume_nl;
        assert!(later < volume - 1000.0, "open wells dry: {volume} {later}");
        assert_eq!(
            complaints(&sim.truth()),
            [
                "sealer is told to peel a plate that has no seal",
                "sealer is told to seal p a second time"
            ]
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sealed_under_a_lid_and_nothing_read_through_foil() {
    on_bench(async {
        let sim = build_sim(|text| text.replace("film = \"clear\"", "film = \"foil\""));
        plate(&sim, "sealer", true, 100_000.0).await;
        let mut sealer = ready(&sim, "sealer", 11, true).await;
        assert_eq!(sealer.command(SEAL, &[1650, 30]).await, 6);
        let mut mover = Device::mover(&sim);
        mover.command(1, &[]).await;
        assert_eq!(mover.command(3, &[61, 31]).await, 0);
        assert_eq!(sealer.command(SEAL, &[1650, 30]).await, 0);
        let mut reader = Device::reader(&sim);
        reader.command(1, &[]).await;
        assert_eq!(mover.command(2, &[61, 21, 750]).await, 0);
        assert_eq!(mover.command(4, &[31, 21]).await, 0, "a lid may lie on a seal");
        reader.command(2, &[]).await;
        assert_eq!(reader.command(3, &[600]).await, 0);
        assert_eq!(reader.input(100, 2).await, [0x7fc0, 0], "not a number");
        assert_eq!(
            complaints(&sim.truth()),
            [
                "sealer is told to seal p, which has its lid on",
                "reader reads p through foil"
            ]
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_centrifuge_wants_its_door_closed_and_wells_that_do_not_spill() {
    on_bench(async {
        let sim = build_sim(|text| text);
        plate(&sim, "hotel-1", false, 320_000.0).await;
        let mut centrifuge = ready(&sim, "centrifuge", 1, false).await;
        let mut mover = Device::mover(&sim);
        mover.command(1, &[]).await;
        assert_eq!(mover.command(2, &[41, 62, 600]).await, 3, "the door is closed");
        assert_eq!(centrifuge.command(OPEN, &[]).await, 0);
        assert_eq!(mover.command(2, &[41, 62, 600]).await, 0);
        assert_eq!(
            centrifuge.command(SPIN, &[0, 600, 1000]).await,
            3,
            "the door is open"
        );
        assert_eq!(centrifuge.command(CLOSE, &[]).await, 0);
        assert_eq!(
            centrifuge.command(SPIN, &[0, 600, 4000]).await,
            1,
            "more than it has"
        );
        assert_eq!(centrifuge.command(SPIN, &[0, 600, 1000]).await, 0);
        centrifuge.start(SPIN, &[0, 600, 1000]).await;
        sleep(Duration::from_secs(30)).await;
        sim.inject("centrifuge", Fault::PowerCycle).unwrap();
        assert_eq!(
            centrifuge.input(10, 4).await,
            [3, 0, 0, 0],
            "not initialised, nothing accepted"
        );
        let spun: Vec<bool> = sim
            .ledger()
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::Spun { whole, .. } => Some(*whole),
                _ => None,
            })
            .collect();
        assert_eq!(spun, [true, false]);
        assert_eq!(
            complaints(&sim.truth()),
            [
                "mover lays p onto centrifuge while the tray is not open",
                "centrifuge is told to spin with its door open",
                "centrifuge spins p, which is open and filled over 80 %",
                "centrifuge spins p, which is open and filled over 80 %",
            ]
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_thermocycler_goes_through_its_program_and_kills_at_95_degrees() {
    on_bench(async {
        let sim = build_sim(|text| text);
        plate(&sim, "thermocycler", false, 100_000.0).await;
        let mut cycler = ready(&sim, "thermocycler", 1, false).await;
        let program = [2, 420, 0, 300, 0, 550, 0, 300, 1, 950, 0, 600];
        assert_eq!(cycler.write(100, &program).await[0], 16);
        assert_eq!(cycler.write(4, &[0x8000, 80, 3]).await[0], 16);
        let began = sim.clock().now();
        cycler.start(THERMOCYCLE, &[]).await;
        sleep(Duration::from_secs(25)).await;
        assert_eq!(cycler.input(15, 2).await, [420, 1], "the first step of three");
        assert!(sim.truth().plates["p"].wells["A1"].od > 0.9, "42 C does not kill");
        while cycler.input(13, 1).await != [2] {
            sleep(Duration::from_secs(1)).await;
        }
        // 22 to 42, 42 to 55, back, up again, and to 95: 99 degrees at 3 a second, and 180 s at them.
        let lasted = (sim.clock().now() - began) / 1_000_000;
        assert!((213..220).contains(&lasted), "{lasted} s");
        assert_eq!(cycler.input(15, 1).await, [80], "the hold");
        assert_eq!(sim.truth().plates["p"].wells["A1"].od, 0.0);
        let lost = 100_000.0 - sim.truth().plates["p"].wells["A1"].volume_nl;
        assert!(
            lost > 2_000.0,
            "open wells dry fast at such temperatures: {lost} nL"
        );
        assert_eq!(cycler.write(6, &[0]).await[0], 16);
        assert_eq!(cycler.command(THERMOCYCLE, &[]).await, 1, "no steps");
        assert_eq!(complaints(&sim.truth()), Vec::<String>::new());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_plate_takes_a_stations_temperature_and_is_not_taken_while_it_shakes() {
    on_bench(async {
        let sim = build_sim(|text| text);
        plate(&sim, "heater-shaker", false, 100_000.0).await;
        let mut shaker = ready(&sim, "heater-shaker", 12, true).await;
        assert_eq!(shaker.command(HOLD, &[370]).await, 0);
        assert_eq!(shaker.input(15, 1).await, [370]);
        assert_eq!(shaker.command(SHAKE, &[0, 0, 0, 600]).await, 0);
        sleep(Duration::from_secs(60)).await;
        let mut mover = Device::mover(&sim);
        mover.command(1, &[]).await;
        assert_eq!(mover.command(2, &[64, 41, 600]).await, 2);
        assert_eq!(shaker.command(SHAKE, &[0, 0, 0, 0]).await, 0);
        let shaken = sim.truth().plates["p"].shaken_us / 1_000_000;
        assert!((85..120).contains(&shaken), "{shaken} s");
        assert_eq!(mover.command(2, &[64, 65, 600]).await, 0);
        let mut scanner = ready(&sim, "scanner", 13, true).await;
        assert_eq!(scanner.command(SCAN, &[]).await, 0);
        assert_eq!(scanner.input(19, 3).await, [2, u16::from_be_bytes(*b"P7"), 0]);
        assert_eq!(
            complaints(&sim.truth()),
            ["mover reaches for heater-shaker while the station shakes"]
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn fluorescence_goes_by_strain_cells_and_gain() {
    on_bench(async {
        let sim = build_sim(|text| text);
        let well = |well: &str, strain: &str, od: f64| json!({"well": well, "liquid": "culture", "strain": strain, "volume_nl": 100_000, "od": od});
        let contents = json!([well("A1", "S1", 0.5), well("A2", "S1", 1.0), well("A3", "S2", 1.0)]);
        let item = json!({"place": "reader-tray", "labware": "plate-96-flat", "plate": "p", "contents": contents});
        load(&sim, 1, json!([item])).await;
        let mut reader = Device::reader(&sim);
        let mut signals = Vec::new();
        for arguments in [[600, 488, 512, 50], [600, 488, 512, 100], [600, 488, 650, 100], [600, 488, 512, 255]] {
            assert_eq!(reader.command(4, &arguments).await, 0);
            let words = reader.input(100, 8).await;
            let signal = words.chunks(2).map(|pair| f32::from_bits(u32::from(pair[0]) << 16 | u32::from(pair[1])));
            signals.push(signal.map(f64::from).collect::<Vec<_>>());
        }
        let near = |a: f64, b: f64| (a / b - 1.0).abs() < 0.12;
        let [half, full, off, high] = signals.as_slice() else { panic!() };
        assert!(near(full[0], 2.0 * half[0]), "gain: {half:?} {full:?}");
        assert!(near(full[1] - 35.0, 2.0 * (full[0] - 35.0)), "cells: {full:?}");
        assert!((full[1] / full[2] - 1.0).abs() > 0.02, "strains differ: {full:?}");
        assert!(off[1] < full[1] / 20.0, "nothing is seen far off the emission: {off:?}");
        assert!(full[3] < 100.0, "an empty well: {full:?}");
        assert!(high[1] > 2.0 * full[1], "{high:?}");
        assert_eq!(reader.command(4, &[600, 488, 512, 0]).await, 1, "no gain");
        let demo = crate::bench::sim(1);
        let mut plain = Device::reader(&demo);
        assert_eq!(plain.command(4, &[600, 488, 512, 50]).await, 1, "a reader without the optics");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_operator_types_what_is_asked() {
    on_bench(async {
        let sim =
            build_sim(|text| text.replace("answers = {}", "answers = { count = 12, name = \"left one\" }"));
        let ask = |kind: &str, step: &str, more: serde_json::Value| {
            let mut request = json!({"id": 3, "kind": kind, "text": "?", "step": step});
            request
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            request
        };
        for (request, answer) in [
            (ask("number", "count", json!({})), "12"),
            (ask("number", "other", json!({"bounds": [2.0, 5.0]})), "3.5"),
            (ask("text", "name", json!({})), "left one"),
            (ask("barcode", "code", json!({"expected": "P-9"})), "P-9"),
        ] {
            assert_eq!(prompt(&sim, request).await["answer"], answer);
        }
    })
    .await;
}
