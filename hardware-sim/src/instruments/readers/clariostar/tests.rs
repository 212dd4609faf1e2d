//! The CLARIOstar by its dossier's exchanges, and what it does in the world.

use super::{frame, run::tests::absorbance};
use crate::{
    fault::Fault,
    hazard::Hazard,
    instruments::text::bench::{Bench, SEAT},
    ledger::Event,
};

const STATUS: &[u8] = &[0x80, 0x00];
const INITIALISE: &[u8] = &[0x01, 0x00, 0x00, 0x10, 0x02, 0x00];
const OUT: &[u8] = &[0x03, 0x01, 0, 0, 0, 0, 0];
const IN: &[u8] = &[0x03, 0x00, 0, 0, 0, 0, 0];
const FETCH: &[u8] = &[0x05, 0x02, 0, 0, 0, 0, 0, 0];
const FULL: &[u8] = &[0xFF; 12];

fn reader() -> Bench {
    Bench::of_kind("clariostar", "tray = \"seat\"\nluminescence = true", 25.0)
}

/// A payload's answer without its frame.
fn ask(reader: &mut Bench, payload: &[u8]) -> Vec<u8> {
    let mut answer = reader.send(&frame::framed(payload));
    let payload = frame::take(&mut answer).unwrap();
    assert!(answer.is_empty(), "one frame");
    payload
}

fn status(reader: &mut Bench) -> [u8; 4] {
    ask(reader, STATUS).get(..4).unwrap().try_into().unwrap()
}

fn ready(reader: &mut Bench) {
    ask(reader, INITIALISE);
    reader.wait(6.0);
}

fn start(reader: &mut Bench, nm: &[u16]) -> Vec<u8> {
    let mut payload = vec![0x04];
    payload.extend(absorbance(FULL, nm, [0; 4]));
    ask(reader, &payload)
}

fn word(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]))
}

fn long(bytes: &[u8], at: usize) -> f64 {
    f64::from(u32::from_be_bytes([
        bytes[at],
        bytes[at + 1],
        bytes[at + 2],
        bytes[at + 3],
    ]))
}

/// Optical densities by wavelength and well, as a host computes them.
fn densities(data: &[u8]) -> Vec<Vec<f64>> {
    assert_eq!(data[6], 0x29);
    let (lights, wells) = (word(data, 16), word(data, 20));
    assert_eq!(word(data, 7), lights * wells + wells + 2 * lights + 2);
    let at = |n: usize| long(data, 36 + 4 * n);
    let all = lights * wells;
    let end = all + wells;
    let (hi, lo) = (at(end + 2 * lights), at(end + 2 * lights + 1));
    (0..lights)
        .map(|light| {
            let (bright, dark) = (at(end + 2 * light), at(end + 2 * light + 1));
            (0..wells)
                .map(|well| {
                    let sample = (at(light * wells + well) - dark) / (bright - dark);
                    let reference = (at(all + well) - lo) / (hi - lo);
                    -(sample / reference).log10()
                })
                .collect()
        })
        .collect()
}

#[test]
fn it_is_initialised_and_says_so_as_in_the_dossier() {
    let mut reader = reader();
    assert_eq!(status(&mut reader), [0x01, 0x05, 0x00, 0x00]);
    ask(&mut reader, OUT);
    assert_eq!(
        status(&mut reader),
        [0x01, 0x05, 0x00, 0x00],
        "not before it is initialised"
    );
    reader.plate(SEAT, false, false);
    ready(&mut reader);
    let idle = reader.send(&[0x02, 0x00, 0x09, 0x0C, 0x80, 0x00, 0x00, 0x97, 0x0D]);
    assert_eq!(
        idle.get(..10),
        Some(&[0x02, 0x00, 0x18, 0x0C, 0x01, 0x05, 0x00, 0x26, 0x00, 0x00][..])
    );
    ask(&mut reader, OUT);
    reader.wait(5.0);
    let answer = reader.send(&[
        0x02, 0x00, 0x0D, 0x0C, 0x01, 0x00, 0x00, 0x10, 0x02, 0x00, 0x00, 0x2E, 0x0D,
    ]);
    assert_eq!(
        answer,
        [
            0x02, 0x00, 0x18, 0x0C, 0x01, 0x25, 0x00, 0x27, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00,
            0x00, 0x00, 0x00, 0xC0, 0x00, 0x01, 0x36, 0x0D
        ]
    );
}

#[test]
fn the_tray_goes_out_and_in_and_what_is_told_meanwhile_is_lost() {
    let mut reader = reader();
    ready(&mut reader);
    assert_eq!(ask(&mut reader, OUT).get(1), Some(&0x25));
    ask(&mut reader, IN);
    reader.wait(20.0);
    assert_eq!(status(&mut reader), [0x01, 0x05, 0x00, 0x21]);
    reader.plate(SEAT, false, false);
    assert_eq!(status(&mut reader)[3], 0x21, "not seen yet");
    ask(&mut reader, IN);
    reader.wait(5.0);
    assert_eq!(status(&mut reader)[3], 0x26);
    reader.fault(Fault::Jammed { times: 1 });
    ask(&mut reader, OUT);
    reader.wait(5.0);
    assert_eq!(
        status(&mut reader)[3],
        0x06,
        "to be initialised again, its tray where it was"
    );
}

#[test]
fn a_run_goes_through_its_states_and_gives_data_that_become_densities() {
    let mut reader = reader();
    reader.plate(SEAT, false, false);
    ready(&mut reader);
    assert_eq!(start(&mut reader, &[600, 700]).get(1), Some(&0x35));
    reader.wait(20.0);
    let early = ask(&mut reader, FETCH);
    assert!(word(&early, 9) < word(&early, 7), "a part of it");
    reader.wait(24.5);
    assert_eq!(
        reader.send(&[0x02, 0x00, 0x09, 0x0C, 0x80, 0x00, 0x00, 0x97, 0x0D]),
        [
            0x02, 0x00, 0x18, 0x0C, 0x01, 0x25, 0x04, 0x2E, 0x00, 0x00, 0x04, 0x01, 0x00, 0x00, 0x03, 0x00,
            0x00, 0x00, 0x00, 0xC0, 0x00, 0x01, 0x46, 0x0D
        ]
    );
    reader.wait(1.0);
    assert_eq!(status(&mut reader), [0x01, 0x05, 0x01, 0x26]);
    let data = ask(&mut reader, FETCH);
    assert_eq!((word(&data, 7), word(&data, 9)), (294, 294));
    assert_eq!(status(&mut reader)[2], 0, "read");
    assert_eq!(
        ask(&mut reader, FETCH).get(36..),
        data.get(36..),
        "and still there"
    );
    let densities = densities(&data);
    let cells = densities[0][0] - densities[0][50];
    assert!(cells > 0.2 && densities[1][0] < densities[0][0]);
    assert!((densities[0][1] - densities[0][50] - cells / 2.0).abs() < 0.02);
    let reads = reader.events();
    let reads = reads
        .iter()
        .filter(|event| matches!(event, Event::Read { .. }))
        .count();
    assert_eq!(reads, 2);
    // Where others look for the values: behind the first six zeros.
    let frame = frame::framed(&data);
    let zeros = frame.windows(6).position(|window| window == [0; 6]);
    assert_eq!(zeros, Some(4 + 30));
}

#[test]
fn nothing_is_read_with_the_tray_out_or_beside_the_wells() {
    let mut reader = reader();
    ready(&mut reader);
    ask(&mut reader, OUT);
    reader.wait(5.0);
    assert_eq!(start(&mut reader, &[600]).get(1), Some(&0x05));
    assert_eq!(reader.violations(), [Hazard::TrayOpen]);
    ask(&mut reader, IN);
    reader.wait(5.0);
    assert_eq!(start(&mut reader, &[600]).get(1), Some(&0x35));
    reader.wait(30.0);
    let data = ask(&mut reader, FETCH);
    assert!(densities(&data)[0][0].abs() < 0.2, "light goes through nothing");
    let mut beside = vec![0x04];
    beside.extend(absorbance(FULL, &[600], [0x10, 4, 0, 30]));
    beside[5] = 0x07;
    assert_eq!(ask(&mut reader, &beside).get(1), Some(&0x35));
    reader.wait(29.0);
    assert_eq!(word(&ask(&mut reader, FETCH), 9), 0, "it shakes");
}

#[test]
fn luminescence_is_a_count_a_well_and_a_cut_transfer_leaves_no_data() {
    let mut reader = reader();
    reader.plate(SEAT, false, false);
    ready(&mut reader);
    let mut payload = vec![0x04];
    payload.extend(absorbance(FULL, &[600], [0; 4]).iter().take(62));
    payload.extend([
        0x02, 0x01, 0, 0, 0, 0, 0, 0, 0, 0x20, 0x04, 0x00, 0x1E, 0x27, 0x0F, 0x27, 0x0F, 0x01, 0x05, 0x14,
    ]);
    payload.extend([
        0, 0, 1, 0, 0, 0x0E, 0x10, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0,
    ]);
    assert_eq!(ask(&mut reader, &payload).get(1), Some(&0x35));
    reader.wait(30.0 + 96.0 + 20.0 + 2.0);
    let data = ask(&mut reader, FETCH);
    assert_eq!(word(&data, 20), 96);
    assert!(long(&data, 36) > 1.5 * long(&data, 40));
    reader.fault(Fault::TransferCut { times: 1 });
    start(&mut reader, &[600]);
    reader.wait(30.0);
    assert_eq!(status(&mut reader), [0x01, 0x05, 0x00, 0x26]);
    assert_eq!(word(&ask(&mut reader, FETCH), 7), 0);
}
