//! Several instruments on one line: each answers to its own address alone, and faults of the line befall whoever is asked.

use crate::bench::*;
use hardware_sim::{DirectLink, Fault, Sim, SimClock, Texts, boot_us, serve};
use std::time::Duration;

fn registers(name: &str, link: &str) -> String {
    format!("[instruments.{name}]\nkind = \"registers\"\nlink = {{ {link} }}\n")
}

/// The demonstration rig's world with other instruments.
fn texts_of(instruments: &str) -> Texts {
    let mut rig: toml::Table = toml::from_str(&texts().rig).unwrap();
    let mut others: toml::Table = toml::from_str(instruments).unwrap();
    rig.insert("instruments".to_owned(), others.remove("instruments").unwrap());
    Texts {
        rig: rig.to_string(),
        ..texts()
    }
}

fn sim_of(instruments: &str) -> Sim {
    Sim::new(&texts_of(instruments), 1, SimClock::virtual_time(START_US)).unwrap()
}

fn serial(echo: bool) -> String {
    let bus = |unit: u8| {
        format!(
            "serial = \"/dev/bus\", baud = 19200, format = \"8E1\", protocol = \"modbus_rtu\", unit = {unit}, echo = {echo}"
        )
    };
    ["a", "b", "c"]
        .into_iter()
        .zip(5..)
        .map(|(name, unit)| registers(name, &bus(unit)))
        .collect()
}

fn rtu(unit: u8, pdu: &[u8]) -> Vec<u8> {
    let mut frame = [&[unit], pdu].concat();
    let mut crc = 0xffff_u16;
    for byte in &frame {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xa001
            } else {
                crc >> 1
            };
        }
    }
    frame.extend(crc.to_le_bytes());
    frame
}

/// Asks a unit for its last holding register, which is its unit; nothing when nobody answers.
async fn who(link: &mut DirectLink, unit: u8) -> Vec<u8> {
    let request = rtu(unit, &[3, 1, 0xff, 0, 1]);
    tokio::io::AsyncWriteExt::write_all(link, &request).await.unwrap();
    hear(link, Duration::from_secs(1)).await
}

#[tokio::test(start_paused = true)]
async fn each_answers_to_its_own_unit_alone() {
    on_bench(async {
        let sim = sim_of(&serial(false));
        // Whoever's name the cable is asked for by: it is one line.
        let mut link = sim.connect("b").unwrap();
        for unit in 5..8 {
            assert_eq!(who(&mut link, unit).await, rtu(unit, &[3, 2, 0, unit]));
        }
        assert_eq!(who(&mut link, 9).await, b"", "nobody has this unit");
        // A broadcast is obeyed by all and answered by none.
        let write = rtu(0, &[6, 0, 3, 0, 77]);
        tokio::io::AsyncWriteExt::write_all(&mut link, &write)
            .await
            .unwrap();
        assert_eq!(hear(&mut link, Duration::from_secs(1)).await, b"");
        for unit in 5..8 {
            let answer = ask(&mut link, &rtu(unit, &[3, 0, 3, 0, 1])).await;
            assert_eq!(answer, rtu(unit, &[3, 2, 0, 77]));
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_the_line_befalls_whoever_is_asked_next() {
    on_bench(async {
        let sim = sim_of(&serial(false));
        let mut link = sim.connect("a").unwrap();
        sim.inject("a", Fault::Mute { requests: 1 }).unwrap();
        assert_eq!(who(&mut link, 6).await, b"");
        assert_eq!(who(&mut link, 5).await, rtu(5, &[3, 2, 0, 5]));
        assert_eq!((sim.struck("a"), sim.struck("c")), (1, 1));
        // The cable is one: pulled for all.
        sim.inject("c", Fault::Unplugged { for_ms: 500 }).unwrap();
        assert!(sim.connect("a").is_err());
        tokio::time::sleep(Duration::from_millis(600)).await;
        let mut link = sim.connect("a").unwrap();
        assert_eq!(who(&mut link, 7).await, rtu(7, &[3, 2, 0, 7]));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn one_that_loses_power_does_not_silence_the_others() {
    on_bench(async {
        let sim = sim_of(&serial(false));
        let mut link = sim.connect("a").unwrap();
        let request = rtu(6, &[3, 1, 0xff, 0, 1]);
        tokio::io::AsyncWriteExt::write_all(&mut link, &request)
            .await
            .unwrap();
        // Its answer is on the wire while another's supply is cut, and then its own.
        tokio::time::sleep(Duration::from_millis(8)).await;
        sim.inject("a", Fault::PowerCycle).unwrap();
        assert_eq!(
            hear(&mut link, Duration::from_secs(1)).await,
            rtu(6, &[3, 2, 0, 6])
        );
        tokio::io::AsyncWriteExt::write_all(&mut link, &request)
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(8)).await;
        sim.inject("b", Fault::PowerCycle).unwrap();
        assert_eq!(hear(&mut link, Duration::from_secs(1)).await, b"");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_line_with_echo_returns_what_was_sent_before_the_answer() {
    on_bench(async {
        let sim = sim_of(&serial(true));
        let mut link = sim.connect("a").unwrap();
        let request = rtu(6, &[3, 1, 0xff, 0, 1]);
        let both = [request, rtu(6, &[3, 2, 0, 6])].concat();
        assert_eq!(who(&mut link, 6).await, both);
        assert_eq!(
            who(&mut link, 9).await,
            rtu(9, &[3, 1, 0xff, 0, 1]),
            "nobody answers"
        );
    })
    .await;
}

fn mbap(number: u8, unit: u8, pdu: &[u8]) -> Vec<u8> {
    let mut frame = vec![0, number, 0, 0, 0, pdu.len() as u8 + 1, unit];
    frame.extend(pdu);
    frame
}

#[tokio::test(start_paused = true)]
async fn a_gateway_has_units_behind_it_and_answers_for_those_that_are_not_there() {
    on_bench(async {
        let gateway = |unit: u8| format!("tcp = \"gateway:502\", unit = {unit}");
        let sim = sim_of(&(registers("x", &gateway(3)) + &registers("y", &gateway(4))));
        let mut link = sim.connect("y").unwrap();
        let read = [3, 1, 0xff, 0, 1];
        for (unit, pdu) in [
            (3, vec![3, 2, 0, 3]),
            (4, vec![3, 2, 0, 4]),
            (9, vec![0x83, 11]),
            // The gateway itself is its first.
            (0xff, vec![3, 2, 0, 3]),
        ] {
            assert_eq!(ask(&mut link, &mbap(1, unit, &read)).await, mbap(1, unit, &pdu));
        }
        // Two requests in one segment, two answers.
        let both = [mbap(1, 3, &read), mbap(2, 4, &read)].concat();
        let answers = [mbap(1, 3, &[3, 2, 0, 3]), mbap(2, 4, &[3, 2, 0, 4])].concat();
        assert_eq!(ask(&mut link, &both).await, answers);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_raw_serial_server_carries_the_serial_frames() {
    on_bench(async {
        let raw = "tcp = \"moxa:4001\", protocol = \"modbus_rtu\", unit = 3";
        let sim = sim_of(&registers("x", raw));
        let mut link = sim.connect("x").unwrap();
        assert_eq!(who(&mut link, 3).await, rtu(3, &[3, 2, 0, 3]));
        assert_eq!(who(&mut link, 4).await, b"");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn pumps_on_one_line_go_by_their_switches() {
    on_bench(async {
        let pump = |name: &str, address: u8| {
            format!(
                "[instruments.{name}]\nkind = \"cavro\"\nmodel = \"xcalibur\"\naddress = {address}\nsyringe = \"1 mL\"\n\
                 bottle = {{ volume = \"1 L\", dead_volume = \"30 mL\" }}\nlink = {{ serial = \"/dev/bus\", baud = 9600 }}\n"
            )
        };
        let sim = sim_of(&(pump("one", 0) + &pump("two", 1)));
        let mut link = sim.connect("one").unwrap();
        assert_eq!(ask(&mut link, b"/1ZR\r").await, b"/0\x40\x03\r\n");
        assert_eq!(ask(&mut link, b"/2Q\r").await, b"/0\x67\x03\r\n", "the other is not initialised");
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert_eq!(ask(&mut link, b"/1Q\r").await, b"/0\x60\x03\r\n");
        assert_eq!(ask(&mut link, b"/2Q\r").await, b"/0\x67\x03\r\n");
    })
    .await;
}

#[tokio::test]
async fn who_shares_a_line_is_served_at_one_place() {
    on_bench(async {
        let gateway = |unit: u8| format!("tcp = \"gateway:502\", unit = {unit}");
        let text = serial(false) + &registers("x", &gateway(3)) + &registers("y", &gateway(4));
        let sim = Sim::new(&texts_of(&text), 1, SimClock::anchored(START_US, boot_us(), 1.0)).unwrap();
        let served = serve::serve(&sim, &serve::Options::default()).await.unwrap();
        let at = |name: &str| served.addresses[name].clone();
        assert!(at("a").starts_with("/dev/pts/"));
        assert_eq!((at("a"), at("a")), (at("b"), at("c")));
        assert_eq!(at("x"), at("y"));
        assert_ne!(at("a"), at("x"));
        let rig: toml::Table = toml::from_str(&served.rig_text).unwrap();
        assert_eq!(
            rig["instruments"]["c"]["link"]["serial"].as_str(),
            Some(at("a").as_str())
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn published_exchanges_over_tcp_byte_for_byte() {
    on_bench(async {
        let gateway = |unit: u8| format!("tcp = \"gateway:502\", unit = {unit}");
        let sim = sim_of(&(registers("x", &gateway(0x11)) + &registers("y", &gateway(1))));
        let mut link = sim.connect("x").unwrap();
        let words = [16, 0, 0x6b, 0, 3, 6, 0xae, 0x41, 0x56, 0x52, 0x43, 0x40];
        ask(&mut link, &mbap(9, 0x11, &words)).await;
        let hex = |text: &str| -> Vec<u8> {
            text.split(' ')
                .map(|byte| u8::from_str_radix(byte, 16).unwrap())
                .collect()
        };
        for (request, answer) in [
            (
                "00 01 00 00 00 06 11 03 00 6B 00 03",
                "00 01 00 00 00 09 11 03 06 AE 41 56 52 43 40",
            ),
            (
                "00 02 00 00 00 06 01 06 01 01 00 64",
                "00 02 00 00 00 06 01 06 01 01 00 64",
            ),
            (
                "00 03 00 00 00 06 01 03 FF 00 00 01",
                "00 03 00 00 00 03 01 83 02",
            ),
        ] {
            assert_eq!(ask(&mut link, &hex(request)).await, hex(answer), "{request}");
        }
    })
    .await;
}
