//! Reader and mover over Modbus: handshake, results, sensors, zones.

use crate::bench::*;
use hardware_sim::DirectLink;
use hardware_sim::{Fault, Sim};
use serde_json::json;
use std::time::Duration;
use tokio::time::sleep;

/// A client with framing of its own for both transports.
pub struct Device {
    link: DirectLink,
    unit: u8,
    rtu: bool,
    sequence: u16,
    completed: u16,
    result: u16,
}

fn crc(bytes: &[u8]) -> u16 {
    let mut crc = 0xffff_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xa001
            } else {
                crc >> 1
            };
        }
    }
    crc
}

impl Device {
    pub fn reader(sim: &Sim) -> Self {
        Self {
            link: sim.connect("reader").unwrap(),
            unit: 1,
            rtu: false,
            sequence: 0,
            completed: 14,
            result: 15,
        }
    }

    pub fn mover(sim: &Sim) -> Self {
        Self {
            link: sim.connect("mover").unwrap(),
            unit: 7,
            rtu: true,
            sequence: 0,
            completed: 13,
            result: 14,
        }
    }

    pub fn station(sim: &Sim, name: &str, unit: u8, rtu: bool) -> Self {
        Self {
            link: sim.connect(name).unwrap(),
            unit,
            rtu,
            sequence: 0,
            completed: 13,
            result: 14,
        }
    }

    /// A request's answer without its frame; empty when none came.
    pub async fn pdu(&mut self, unit: u8, request: &[u8]) -> Vec<u8> {
        let mut frame = if self.rtu {
            vec![]
        } else {
            [&[0, 9, 0, 0][..], &(request.len() as u16 + 1).to_be_bytes()].concat()
        };
        frame.push(unit);
        frame.extend(request);
        if self.rtu {
            frame.extend(crc(&frame).to_le_bytes());
        }
        let answer = ask(&mut self.link, &frame).await;
        if answer.is_empty() {
            return answer;
        }
        if self.rtu {
            assert_eq!(crc(&answer), 0);
            answer[1..answer.len() - 2].to_vec()
        } else {
            assert_eq!(answer[..2], [0, 9]);
            answer[7..].to_vec()
        }
    }

    pub async fn input(&mut self, address: u16, count: u16) -> Vec<u16> {
        let [a, b] = address.to_be_bytes();
        let [c, d] = count.to_be_bytes();
        let answer = self.pdu(self.unit, &[4, a, b, c, d]).await;
        assert_eq!(answer[0], 4, "{answer:?}");
        answer[2..]
            .chunks(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect()
    }

    pub async fn discrete(&mut self, address: u8) -> bool {
        self.pdu(self.unit, &[2, 0, address, 0, 1]).await[2] == 1
    }

    pub async fn write(&mut self, address: u16, words: &[u16]) -> Vec<u8> {
        let mut request = vec![16];
        request.extend(address.to_be_bytes());
        request.extend((words.len() as u16).to_be_bytes());
        request.push(words.len() as u8 * 2);
        request.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        self.pdu(self.unit, &request).await
    }

    pub async fn start(&mut self, code: u16, arguments: &[u16]) {
        if !arguments.is_empty() {
            assert_eq!(self.write(0, arguments).await[0], 16);
        }
        self.sequence += 1;
        assert_eq!(self.write(10, &[code, self.sequence]).await[0], 16);
    }

    /// A command to its end: the result code.
    pub async fn command(&mut self, code: u16, arguments: &[u16]) -> u16 {
        self.start(code, arguments).await;
        while self.input(self.completed, 1).await != [self.sequence] {
            sleep(Duration::from_millis(500)).await;
        }
        self.input(self.result, 1).await[0]
    }
}

async fn values(reader: &mut Device) -> Vec<f32> {
    let mut words = reader.input(100, 120).await;
    words.extend(reader.input(220, 72).await);
    words
        .chunks(2)
        .map(|pair| f32::from_bits(u32::from(pair[0]) << 16 | u32::from(pair[1])))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_reader_identifies_itself_and_answers_as_a_server_must() {
    on_bench(async {
        let sim = sim(1);
        let mut reader = Device::reader(&sim);
        assert_eq!(reader.input(0, 4).await, [9600, 0, 20261, 103]);
        assert_eq!(
            reader.pdu(1, &[4, 0, 4, 0, 1]).await,
            [0x84, 2],
            "a hole in the map"
        );
        assert_eq!(
            reader.pdu(9, &[4, 0, 0, 0, 1]).await,
            [0x84, 0x0b],
            "another unit"
        );
        assert_eq!(
            reader.pdu(0xff, &[4, 0, 0, 0, 1]).await,
            [4, 2, 0x25, 0x80],
            "the device itself"
        );
        assert_eq!(
            reader.pdu(1, &[0x2b, 14, 4, 1]).await,
            [
                b"\x2b\x0e\x04\x01\x00\x00\x01\x01\x0c".as_slice(),
                b"plate_reader"
            ]
            .concat()
        );
        let mut mover = Device::mover(&sim);
        assert_eq!(
            mover.pdu(9, &[4, 0, 0, 0, 1]).await,
            Vec::<u8>::new(),
            "a serial line stays silent"
        );
        assert_eq!(mover.input(0, 4).await, [4100, 0, 4117, 103]);
        assert_eq!(mover.input(10, 1).await, [3], "not homed");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_command_starts_once_and_a_busy_device_says_so() {
    on_bench(async {
        let sim = sim(1);
        let mut reader = Device::reader(&sim);
        reader.start(1, &[]).await;
        assert_eq!(reader.write(10, &[1, 1]).await[0], 16, "the same again");
        assert_eq!(reader.write(10, &[2, 2]).await, [0x90, 6]);
        assert_eq!(
            reader.input(10, 5).await,
            [1, 0, 2, 1, 0],
            "busy, moving, accepted, not completed"
        );
        sleep(Duration::from_secs(6)).await;
        assert_eq!(reader.input(10, 5).await, [0, 0, 1, 1, 1]);
        let trays = |sim: &Sim| {
            sim.ledger()
                .iter()
                .filter(|entry| matches!(entry.event, hardware_sim::Event::Tray { .. }))
                .count()
        };
        assert_eq!(
            reader.write(10, &[2, 1]).await[0],
            16,
            "an old sequence starts nothing"
        );
        sleep(Duration::from_secs(6)).await;
        assert_eq!(trays(&sim), 1);
        assert_eq!(
            reader.pdu(1, &[6, 0, 11, 0, 2]).await[0],
            6,
            "a single write starts nothing either"
        );
        sleep(Duration::from_secs(6)).await;
        assert_eq!(trays(&sim), 1);
        sim.inject("reader", Fault::PowerCycle).unwrap();
        assert_eq!(reader.input(13, 2).await, [0, 0]);
        assert_eq!(reader.input(12, 1).await, [1], "the tray is where it was");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn readings_show_cells_path_plate_and_lid() {
    on_bench(async {
        let sim = sim(1);
        let mut reader = Device::reader(&sim);
        assert_eq!(reader.command(3, &[600]).await, 2, "no plate");
        load(
            &sim,
            1,
            json!([{"place": "reader-tray", "labware": "plate-96-flat", "plate": "p", "lid": true, "contents": [
                {"well": "A1", "liquid": "culture", "strain": "S1", "volume_nl": 200_000, "od": 0.5},
                {"well": "A2", "liquid": "culture", "strain": null, "volume_nl": 200_000},
                {"well": "H12", "liquid": "culture", "strain": "S1", "volume_nl": 300_000, "od": 30.0}]}]),
        )
        .await;
        assert_eq!(reader.command(3, &[200]).await, 1, "a wavelength it does not have");
        assert_eq!(reader.command(3, &[600]).await, 0);
        let read = values(&mut reader).await;
        assert_eq!(reader.input(16, 1).await, [3]);
        let age = reader.input(17, 2).await;
        assert!((21_000..24_000).contains(&(u32::from(age[0]) << 16 | u32::from(age[1]))), "{age:?} ms since it began");
        let path = 0.2 / (std::f64::consts::PI * 0.686 * 0.686 / 4.0);
        let od = 0.5 * path;
        assert!((f64::from(read[0]) - od - 0.038 - 0.008).abs() < 0.006, "{} {od}", read[0]);
        assert!((f64::from(read[1]) - 0.046).abs() < 0.005, "{}", read[1]);
        assert!((f64::from(read[50]) - 0.046).abs() < 0.005, "an empty well");
        assert!(read[95].is_nan(), "out of range: {}", read[95]);
        reader.command(1, &[]).await;
        assert_eq!(reader.command(3, &[600]).await, 4);
        assert_eq!(complaints(&sim.truth()), ["reader is told to read with its tray open"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_mover_carries_plates_and_lids() {
    on_bench(async {
        let sim = sim(1);
        load(
            &sim,
            1,
            json!([{"place": "hotel-1", "labware": "plate-96-flat", "plate": "p", "lid": true}]),
        )
        .await;
        let mut mover = Device::mover(&sim);
        assert_eq!(mover.command(2, &[41, 8, 600]).await, 5, "not homed");
        assert_eq!(mover.command(1, &[]).await, 0);
        mover.start(2, &[41, 8, 600]).await;
        sleep(Duration::from_secs(10)).await;
        assert!(
            mover.discrete(0).await && !mover.discrete(1).await,
            "holds the plate, not at rest"
        );
        assert_eq!(sim.truth().zones["deck"], ["mover"]);
        sleep(Duration::from_secs(10)).await;
        assert!(!mover.discrete(0).await && mover.discrete(1).await);
        assert_eq!(sim.truth().plates["p"].place, "deck-8");
        assert_eq!(mover.command(3, &[8, 31]).await, 0);
        assert_eq!(sim.truth().lids["lid-1"], "p");
        assert!(!sim.truth().plates["p"].lidded);
        assert_eq!(mover.command(4, &[31, 8]).await, 0);
        assert!(sim.truth().plates["p"].lidded);
        assert_eq!(complaints(&sim.truth()), Vec::<String>::new());
        // And what it must not do.
        assert_eq!(mover.command(2, &[42, 9, 600]).await, 2, "nothing there");
        assert_eq!(mover.command(2, &[8, 99, 600]).await, 1, "no such station");
        assert_eq!(
            mover.command(2, &[8, 21, 750]).await,
            3,
            "the reader's tray is closed"
        );
        assert_eq!(sim.truth().plates["p"].place, "deck-8", "carried back");
        assert_eq!(mover.command(4, &[31, 8]).await, 2, "no lid there");
        assert_eq!(sim.truth().violations.len(), 3);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn two_plates_do_not_share_a_nest() {
    on_bench(async {
        let sim = sim(1);
        load(
            &sim,
            1,
            json!([{"place": "hotel-1", "labware": "plate-96-flat", "plate": "p"}, {"place": "hotel-2", "labware": "plate-96-flat", "plate": "q"}]),
        )
        .await;
        let mut mover = Device::mover(&sim);
        mover.command(1, &[]).await;
        assert_eq!(mover.command(2, &[41, 42, 600]).await, 3);
        assert_eq!(mover.input(11, 1).await, [8], "the alarm's bit");
        assert_eq!(complaints(&sim.truth()), ["two plates in one nest: mover lays p onto q at hotel-2"]);
        assert_eq!(sim.truth().plates["p"].place, "hotel-1");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn gantry_and_mover_clash_over_the_deck() {
    on_bench(async {
        let sim = sim(1);
        load(
            &sim,
            1,
            json!([{"place": "hotel-1", "labware": "plate-96-flat", "plate": "p"}]),
        )
        .await;
        let mut mover = Device::mover(&sim);
        mover.command(1, &[]).await;
        let mut board = Handler::new(&sim);
        board.home().await;
        assert_eq!(mover.command(2, &[41, 8, 600]).await, 0);
        assert_eq!(
            complaints(&sim.truth()),
            ["two bodies in zone deck: mover comes in while handler is there"]
        );
        board.park().await;
        assert_eq!(mover.command(2, &[8, 41, 600]).await, 0);
        assert_eq!(sim.truth().violations.len(), 1, "parked: no second complaint");
        mover.start(2, &[41, 8, 600]).await;
        board.run("G0 B5").await;
        assert_eq!(sim.truth().violations.len(), 1, "a plunger may move while parked");
        board.run("G0 X300").await;
        assert!(complaints(&sim.truth())[1].contains("handler comes in while mover is there"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_arm_without_power_keeps_its_plate_and_its_place() {
    on_bench(async {
        let sim = sim(1);
        load(
            &sim,
            1,
            json!([{"place": "hotel-1", "labware": "plate-96-flat", "plate": "p"}]),
        )
        .await;
        let mut mover = Device::mover(&sim);
        mover.command(1, &[]).await;
        mover.start(2, &[41, 8, 600]).await;
        sleep(Duration::from_secs(9)).await;
        sim.inject("mover", Fault::PowerCycle).unwrap();
        sleep(Duration::from_secs(60)).await;
        assert_eq!(mover.input(10, 1).await, [3]);
        assert!(mover.discrete(0).await && !mover.discrete(1).await);
        assert_eq!(sim.truth().plates["p"].place, "mover");
        assert_eq!(sim.truth().zones["deck"], ["mover"]);
        mover.sequence = 0;
        assert_eq!(mover.command(1, &[]).await, 0);
        assert!(mover.discrete(1).await);
        load(
            &sim,
            2,
            json!([{"place": "hotel-3", "plate": "p", "carry": true}]),
        )
        .await;
        assert!(!mover.discrete(0).await);
        assert_eq!(mover.command(2, &[43, 41, 600]).await, 0);
    })
    .await;
}
