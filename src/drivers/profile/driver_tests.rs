use super::*;
use crate::devices::Evidence;
use crate::drivers::testing::{Device, Dice, Fault, Faults, carry_out, clock, intent, local, plug, rig};
use crate::link::modbus::frame::rtu;
use crate::units::Wavelength;
use std::cell::RefCell;
use std::rc::Rc;

/// A scripted device with the registers of the demonstration profiles; commands last a number of looks.
struct Plc {
    unit: u8,
    tcp: bool,
    input: Vec<u16>,
    holding: Vec<u16>,
    bits: Vec<bool>,
    /// Where accepted, completed and result stand.
    progress: usize,
    looks: u32,
    result: u16,
    busy: u32,
    /// Commands that were started, as (code, first three holding registers).
    started: Vec<(u16, [u16; 3])>,
}

impl Plc {
    fn read(&mut self, function: u8, address: usize, count: usize) -> Vec<u8> {
        if function == 2 {
            let bits = &self.bits[address..address + count];
            return vec![
                2,
                1,
                bits.iter()
                    .enumerate()
                    .fold(0, |b, (i, on)| b | (u8::from(*on) << i)),
            ];
        }
        let p = self.progress;
        if function == 4 && (address..address + count).contains(&p) && self.input[p] != self.input[p + 1] {
            self.looks = self.looks.saturating_sub(1);
            if self.looks == 0 {
                self.input[p + 1] = self.input[p];
                self.input[p + 2] = self.result;
            }
        }
        let table = if function == 4 { &self.input } else { &self.holding };
        let Some(words) = table.get(address..address + count) else {
            return vec![function | 0x80, 2];
        };
        let mut out = vec![function, u8::try_from(count * 2).unwrap()];
        out.extend(words.iter().flat_map(|w| w.to_be_bytes()));
        out
    }

    fn write(&mut self, address: usize, words: &[u16]) -> Option<u8> {
        if address == 10 && words.len() == 2 {
            if self.busy > 0 {
                self.busy -= 1;
                return Some(6);
            }
            if words[1] != self.input[self.progress] {
                self.input[self.progress] = words[1];
                self.looks = 3;
                let h = &self.holding;
                self.started.push((words[0], [h[0], h[1], h[2]]));
                if words[0] == 3 && self.progress == 13 {
                    // A reading, begun 21.5 s before it is read out.
                    self.input[16] = words[1];
                    self.input[18] = 21_500;
                }
            }
        }
        self.holding[address..address + words.len()].copy_from_slice(words);
        None
    }

    fn power_cycle(&mut self) {
        let p = self.progress;
        self.input[p..p + 3].fill(0);
    }
}

impl Device for Plc {
    fn request(&self, received: &[u8]) -> Option<usize> {
        let (head, tail) = if self.tcp { (6, 0) } else { (0, 2) };
        let function = *received.get(head + 1)?;
        let length = if function == 16 {
            7 + usize::from(*received.get(head + 6)?)
        } else {
            6
        };
        let whole = head + length + tail;
        (received.len() >= whole).then_some(whole)
    }

    fn serve(&mut self, request: &[u8], fault: Option<&Fault>) -> (Vec<u8>, Duration) {
        let body = if self.tcp { &request[6..] } else { request };
        assert_eq!(body[0], self.unit);
        let word = |i: usize| usize::from(u16::from_be_bytes([body[i], body[i + 1]]));
        let (address, count) = (word(2), word(4));
        let pdu = if body[1] == 8 {
            body[1..6].to_vec()
        } else if body[1] == 16 {
            let words: Vec<u16> = body[7..7 + count * 2]
                .chunks(2)
                .map(|b| u16::from_be_bytes([b[0], b[1]]))
                .collect();
            match self.write(address, &words) {
                Some(code) => vec![0x90, code],
                None => body[1..6].to_vec(),
            }
        } else {
            self.read(body[1], address, count)
        };
        if fault == Some(&Fault::PowerCut) {
            self.power_cycle();
        }
        let frame = if self.tcp {
            let mut out = request[..4].to_vec();
            out.extend(u16::try_from(pdu.len() + 1).unwrap().to_be_bytes());
            out.push(self.unit);
            out.extend(&pdu);
            out
        } else {
            rtu(self.unit, &pdu)
        };
        (frame, Duration::ms(10))
    }
}

fn device(reader: bool) -> Plc {
    let mut input = vec![0; 400];
    if reader {
        input[..4].copy_from_slice(&[9600, 0, 20_261, 103]);
        for well in 0..96_u16 {
            let bits = (f32::from(well) / 10.0).to_bits();
            let at = 100 + usize::from(well) * 2;
            input[at] = (bits >> 16) as u16;
            input[at + 1] = (bits & 0xFFFF) as u16;
        }
        input[100] = 0x7FC0;
    } else {
        input[..4].copy_from_slice(&[4100, 0, 4117, 103]);
        input[12] = 77;
        input[13] = 77;
    }
    Plc {
        unit: if reader { 1 } else { 7 },
        tcp: reader,
        input,
        holding: vec![0; 20],
        bits: vec![false, !reader],
        progress: if reader { 13 } else { 12 },
        looks: 0,
        result: 0,
        busy: 0,
        started: Vec::new(),
    }
}

fn bench(reader: bool) -> (ProfileDriver, Rc<RefCell<Plc>>, Faults) {
    let plc = Rc::new(RefCell::new(device(reader)));
    let faults = Faults::default();
    let line = plug(&plc, &faults, false, clock());
    let (id, path) = if reader {
        ("reader", "profiles/absorbance-reader.toml")
    } else {
        ("mover", "profiles/plate-mover.toml")
    };
    let driver = ProfileDriver::new(&id.into(), path, &rig(), line, clock()).unwrap();
    (driver, plc, faults)
}

fn move_plate(from: &str) -> Action {
    Action::MovePlate {
        plate: "assay-1".into(),
        from: from.into(),
        to: "deck-9".into(),
    }
}

fn read() -> Action {
    Action::ReadAbsorbance {
        plate: "assay-1".into(),
        wavelength: Wavelength::nm(600),
        wells: 96,
        area: None,
    }
}

/// The frame of a command: function 16 at address 10, two words.
const COMMAND: [u8; 7] = [16, 0, 10, 0, 2, 4, 0];

#[tokio::test(start_paused = true)]
async fn a_plate_is_moved_with_stations_and_grip_height() {
    local(async {
        let (mut driver, plc, _) = bench(false);
        let who = driver.identify().await.unwrap();
        assert_eq!(
            (who.serial.as_deref(), who.firmware.as_deref()),
            (Some("4117"), Some("103"))
        );
        for from in ["reader-tray", "hotel-1"] {
            let move_it = intent(&mut driver, move_plate(from)).await.unwrap();
            assert_eq!(driver.perform(&move_it).await, Ok(Done::Plain));
        }
        assert_eq!(plc.borrow().started, [(2, [21, 9, 750]), (2, [41, 9, 600])]);
        assert!(driver.clear_of(&"deck".into()).await.unwrap());
        plc.borrow_mut().bits[1] = false;
        assert!(!driver.clear_of(&"deck".into()).await.unwrap());
        // Stopped with its arm out, it comes back by homing alone.
        plc.borrow_mut().input[10] = 3;
        let lost = driver.clear_of(&"deck".into()).await.unwrap_err();
        assert_eq!(lost.kind, FailureKind::NotHomed, "{lost}");
        plc.borrow_mut().input[10] = 0;
        let failure = driver.prepare(&move_plate("deck-1")).await.unwrap_err();
        assert!(failure.message.contains("no station number"), "{failure}");
        // This device knows no such coil: whoever halts is told.
        assert_eq!(driver.halt().await.unwrap_err().kind, FailureKind::Refused);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_command_starts_nothing_twice() {
    local(async {
        for fault in [
            Fault::LoseReply,
            Fault::LoseRequest,
            Fault::Late(Duration::ms(700)),
        ] {
            let (mut driver, plc, faults) = bench(false);
            let move_it = intent(&mut driver, move_plate("hotel-1")).await.unwrap();
            faults.once(COMMAND, fault);
            assert_eq!(driver.perform(&move_it).await, Ok(Done::Plain));
            assert_eq!(plc.borrow().started.len(), 1);
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_late_reply_is_never_the_answer_to_the_next_question() {
    local(async {
        let (mut driver, plc, faults) = bench(false);
        driver.identify().await.unwrap();
        for n in 0..200_u16 {
            plc.borrow_mut().input[12..14].fill(n);
            // The answer to the question before (same shape) arrives 1.3 timeouts after it was asked.
            faults.once([7, 4, 0, 12], Fault::Late(Duration::ms(650)));
            let stale = driver.registers.progress().await.unwrap();
            assert_eq!(stale.accepted, i64::from(n));
            plc.borrow_mut().input[12..14].fill(n + 1);
            assert_eq!(
                driver.registers.progress().await.unwrap().accepted,
                i64::from(n) + 1
            );
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn settling_goes_by_the_sequence_number() {
    local(async {
        let (mut driver, plc, faults) = bench(false);
        let evidence = Evidence::Measured;
        let move_it = intent(&mut driver, move_plate("hotel-1")).await.unwrap();
        assert_eq!(
            (move_it.before.get("accepted"), move_it.before.get("sequence")),
            (Some(77), Some(78))
        );
        assert_eq!(
            driver.settle(&move_it).await.unwrap(),
            Settled::NotDone { evidence }
        );
        // The host dies after the command was written: settling waits for the arm and finds it done.
        plc.borrow_mut().write(10, &[2, 78]);
        assert_eq!(
            driver.settle(&move_it).await.unwrap(),
            Settled::Done {
                done: Done::Plain,
                evidence
            }
        );
        // It ended without having gripped anything.
        plc.borrow_mut().input[14] = 2;
        assert_eq!(
            driver.settle(&move_it).await.unwrap(),
            Settled::NotDone { evidence }
        );
        // It lost its grip on the way.
        plc.borrow_mut().input[14] = 4;
        assert!(matches!(
            driver.settle(&move_it).await.unwrap(),
            Settled::Unknown { .. }
        ));
        // It was switched off.
        plc.borrow_mut().power_cycle();
        plc.borrow_mut().bits[0] = true;
        let Settled::Unknown { why } = driver.settle(&move_it).await.unwrap() else {
            panic!()
        };
        assert!(
            why.contains("switched off") && why.contains("holds plate: yes"),
            "{why}"
        );
        // Power lost while it moved, seen by the one who watches.
        plc.borrow_mut().bits[0] = false;
        let next = intent(&mut driver, move_plate("hotel-1")).await.unwrap();
        faults.once([7, 4, 0, 12, 0, 3], Fault::PowerCut);
        let failure = driver.perform(&next).await.unwrap_err();
        assert_eq!(
            (failure.kind, failure.moved),
            (FailureKind::Fault, Moved::Unknown),
            "{failure}"
        );
        // A first command of all, and a device that lost its home since: zero proves nothing.
        plc.borrow_mut().input[10] = 3;
        assert!(matches!(
            driver.settle(&next).await.unwrap(),
            Settled::Unknown { .. }
        ));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn results_say_what_moved() {
    local(async {
        for (result, holds, kind, what) in [
            (2, false, FailureKind::Refused, Moved::No),
            (3, false, FailureKind::Interlock, Moved::No),
            (3, true, FailureKind::Fault, Moved::Yes),
            (4, false, FailureKind::Fault, Moved::Unknown),
            (99, false, FailureKind::Fault, Moved::Unknown),
        ] {
            let (mut driver, plc, _) = bench(false);
            let move_it = intent(&mut driver, move_plate("hotel-1")).await.unwrap();
            plc.borrow_mut().result = result;
            plc.borrow_mut().bits[0] = holds;
            let failure = driver.perform(&move_it).await.unwrap_err();
            assert_eq!((failure.kind, failure.moved), (kind, what), "{failure}");
        }
        let (mut driver, plc, _) = bench(false);
        plc.borrow_mut().bits[0] = true;
        let failure = driver.prepare(&move_plate("hotel-1")).await.unwrap_err();
        assert_eq!((failure.kind, failure.moved), (FailureKind::Interlock, Moved::No));
        plc.borrow_mut().bits[0] = false;
        plc.borrow_mut().input[10] = 3;
        assert!(
            driver
                .prepare(&move_plate("hotel-1"))
                .await
                .unwrap_err()
                .message
                .contains("home it first")
        );
        assert!(driver.prepare(&Action::Home).await.is_ok());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_reading_is_fetched_whole_with_its_own_time() {
    local(async {
        let (mut driver, plc, faults) = bench(true);
        driver.identify().await.unwrap();
        plc.borrow_mut().busy = 2;
        let look = intent(&mut driver, read()).await.unwrap();
        assert_eq!(look.before.get("sequence"), Some(1), "never 0");
        faults.once([4, 0, 100], Fault::LoseReply);
        let Done::Reading { at, values } = driver.perform(&look).await.unwrap() else {
            panic!()
        };
        assert_eq!(values.len(), 96);
        assert_eq!((values[0], values[1]), (None, Some(Absorbance(0.1))));
        assert_eq!(values[95], Some(Absorbance(9.5)));
        let ago = driver.clock.now().since(at);
        assert!(ago >= Duration::ms(21_500) && ago < Duration::s(24), "{ago}");
        assert_eq!(plc.borrow().holding[0], 600);
        // The host died before it recorded the reading: it is still there.
        let settled = driver.settle(&look).await.unwrap();
        assert!(matches!(
            settled,
            Settled::Done {
                done: Done::Reading { .. },
                ..
            }
        ));
        // It is gone: the read may be repeated.
        plc.borrow_mut().input[16] = 9;
        assert!(matches!(
            driver.settle(&look).await.unwrap(),
            Settled::NotDone { .. }
        ));
        let too_many = Action::ReadAbsorbance {
            plate: "x".into(),
            wavelength: Wavelength::nm(600),
            wells: 384,
            area: None,
        };
        assert_eq!(
            driver.prepare(&too_many).await.unwrap_err().kind,
            FailureKind::Unsupported
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_tray_is_settled_by_its_sensor_when_the_sequence_is_forgotten() {
    local(async {
        let (mut driver, plc, _) = bench(true);
        plc.borrow_mut().input[13..15].fill(7);
        let open = intent(&mut driver, Action::OpenTray).await.unwrap();
        plc.borrow_mut().power_cycle();
        assert!(matches!(
            driver.settle(&open).await.unwrap(),
            Settled::NotDone { .. }
        ));
        plc.borrow_mut().input[12] = 1;
        assert!(matches!(
            driver.settle(&open).await.unwrap(),
            Settled::Done { .. }
        ));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn another_device_behind_the_same_address_is_refused() {
    local(async {
        let (mut driver, plc, faults) = bench(false);
        plc.borrow_mut().input[0] = 9600;
        let failure = driver.identify().await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Mismatch);
        assert!(
            failure.message.contains("9600") && failure.message.contains("4100"),
            "{failure}"
        );
        plc.borrow_mut().input[0] = 4100;
        driver.identify().await.unwrap();
        plc.borrow_mut().input[2] = 4118;
        faults.once([7, 4, 0, 12], Fault::Unplug);
        let failure = driver.prepare(&move_plate("hotel-1")).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Mismatch);
        assert!(
            failure.message.contains("4118") && failure.message.contains("4117"),
            "{failure}"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_moves_and_reads_on_a_bad_wire_take_place_once_each() {
    local(async {
        for seed in 1..=4 {
            let reader = seed % 2 == 0;
            let (mut driver, plc, faults) = bench(reader);
            let mut dice = Dice(seed * 7919);
            for n in 1..=100 {
                let unit = if reader { 1 } else { 7 };
                let hit = match dice.roll(3) {
                    0 => COMMAND.to_vec(),
                    1 => vec![unit, 4],
                    _ => vec![unit, 16, 0, 0],
                };
                if let Some(fault) = dice.fault() {
                    faults.once(hit, fault);
                }
                let action = if reader { read() } else { move_plate("hotel-1") };
                let done = carry_out(&mut driver, &action).await;
                assert_eq!(matches!(done, Done::Reading { .. }), reader);
                assert_eq!(plc.borrow().started.len(), n, "seed {seed}");
            }
        }
    })
    .await;
}

#[test]
fn nothing_is_written_but_what_the_profile_names() {
    let rig = rig();
    let mover = rig.profiles["profiles/plate-mover.toml"].modbus().unwrap();
    let writable = writable(mover);
    let write = |address: u16| crate::link::modbus::Request::WriteRegister { address, value: 1 };
    let stop = crate::link::modbus::Request::WriteCoil { address: 0, on: true };
    for address in [0, 1, 2, 10, 11] {
        assert_eq!(writable.forbids(&write(address)), None, "{address}");
    }
    assert_eq!(writable.forbids(&stop), None);
    for address in [3, 9, 12, 500] {
        assert!(writable.forbids(&write(address)).is_some(), "{address}");
    }
}
