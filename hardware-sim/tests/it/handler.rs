//! The motor board: the dossier's exchanges byte for byte, motion, alarms, reconnecting.

use crate::bench::*;
use hardware_sim::{Event, Fault};
use std::time::Duration;
use tokio::{io::AsyncWriteExt as _, time::sleep};

#[tokio::test(start_paused = true)]
async fn dossier_exchanges_byte_for_byte() {
    on_bench(async {
        let sim = sim(1);
        let mut board = Handler::new(&sim);
        // 1: four empty lines, an ok for each.
        assert_eq!(ask(&mut board.link, b"\r\n\r\n").await, b"ok\r\nok\r\nok\r\nok\r\n");
        // 2
        assert_eq!(board.say("G28.6").await, "X:0 Y:0 Z:0 A:0 B:0 C:0 \r\nok\r\nok\r\nok\r\nok\r\n");
        // 4 and the model: 32 bytes as hex.
        let id = board.say("M369 L").await;
        assert!(id.starts_with("L:50334833".get(..4).unwrap()) && id.starts_with("L:5033484D5632313230323631303031303030310000"), "{id}");
        assert_eq!(id.find("\r\n"), Some(66));
        let model = board.say("M371 L").await;
        assert!(model.starts_with("L:703330305F6D756C74695F76322E310000"), "{model}");
        board.say("M370 R 5032304D56323032303230303432323036").await;
        assert!(board.say("M369 R").await.starts_with("R:5032304D56323032303230303432323036000000000000000000000000000000\r\nok\r\nok\r\n"));
        // 9
        assert!(board.say("version").await.starts_with(
            "Build version: edge-66ec883NOMSD, Build date: Jan 28 2018 15:26:57, MCU: LPC1769, System Clock: 120MHz\r\n  CNC Build   NOMSD Build\r\n6 axis\r\n"
        ));
        // 5, with all switches open but those of a homed Y.
        board.home().await;
        let switches = board.say("M119").await;
        assert!(switches.starts_with("X_max:0 Y_max:1 Z_max:0 A_max:0 B_max:0 C_max:0 pins- (XL)P1.24:0 "), "{switches}");
        assert!(switches.ends_with("Probe: 0\r\nok\r\nok\r\nok\r\nok\r\n"), "{switches}");
        // After homing, as recorded.
        assert!(board.say("M114.2").await.starts_with("ok MCS: X:418.0000 Y:353.0000 Z:218.0000 A:218.0000 B:19.0000 C:19.0000\r\nok\r\n"));
        // 3
        board.run("G0 X1 Y2 Z3 A4.5 B0 C0").await;
        assert_eq!(
            board.say("M114.2").await,
            "ok MCS: X:1.0000 Y:2.0000 Z:3.0000 A:4.5000 B:0.0000 C:0.0000\r\nok\r\nok\r\nok\r\n"
        );
        // 6
        let alarm = board.say("M907 A0.1 B0.05 C0.05 X0.3 Y0.3 Z0.1 G4 P0.005 G0 C100.3 G0 C100").await;
        let alarm = alarm + &board.say("M400").await;
        assert!(alarm.contains("ALARM: Hard limit +C"), "{alarm}");
        // 7
        assert_eq!(board.say("G0 X10").await, "error:Alarm lock\nok\r\nok\r\nok\r\n");
        assert!(board.say("M999").await.starts_with("WARNING: After HALT you should HOME as position is currently unknown\nok\n"));
        assert!(board.say("G28.6").await.starts_with("X:0 Y:0 Z:0 A:0 B:0 C:0 \r\n"));
        assert!(board.say("M365.0 B220").await.starts_with("B updated 220.00\n"));
        assert!(board.say("M112").await.starts_with("ok Emergency Stop Requested - reset or M999 required to exit HALT state\r\n"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_mount_without_pipette_has_no_memory() {
    on_bench(async {
        let mut texts = texts();
        let from = texts
            .rig
            .find("[instruments.handler.pipettes.p20-single]")
            .unwrap();
        let to = texts.rig.find("[instruments.handler.durations]").unwrap();
        texts.rig.replace_range(from..to, "");
        let sim = hardware_sim::Sim::new(&texts, 1, hardware_sim::SimClock::virtual_time(START_US)).unwrap();
        // 8
        assert!(
            Handler::new(&sim)
                .say("M371 R")
                .await
                .starts_with("error:no R instrument found\r\nok\r\nok\r\n")
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn motion_is_acknowledged_when_queued_and_outlives_its_host() {
    on_bench(async {
        let sim = sim(1);
        let mut board = Handler::new(&sim);
        board.home().await;
        let before = sim.clock().now();
        let answer = board.say("G0 X100 Y100 F6000").await;
        assert!(answer.starts_with("ok"), "{answer}");
        assert!(
            sim.clock().now() - before < 300_000,
            "acknowledged long before the move of 4 s ends"
        );
        let moving = board.say("M114.2").await;
        assert!(!moving.contains("X:100.0000"), "{moving}");
        drop(board);
        sleep(Duration::from_secs(10)).await;
        let mut board = Handler::new(&sim);
        assert!(board.say("M114.2").await.contains("X:100.0000 Y:100.0000"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_line_is_executed_only_when_its_end_arrives() {
    on_bench(async {
        let sim = sim(1);
        let mut board = Handler::new(&sim);
        board.home().await;
        board.link.write_all(b"G0 X100").await.unwrap();
        drop(board);
        sleep(Duration::from_secs(10)).await;
        let mut board = Handler::new(&sim);
        // The rest of the line came from nobody: the empty line ends it, and the move begins.
        ask(&mut board.link, b"\r\n\r\n").await;
        board.run("M400").await;
        assert!(board.say("M114.2").await.contains("X:100.0000"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn power_loss_forgets_the_position_but_moves_nothing() {
    on_bench(async {
        let sim = sim(1);
        let mut board = Handler::new(&sim);
        board.home().await;
        board.run("G0 B5").await;
        sim.inject("handler", Fault::PowerCycle).unwrap();
        assert!(
            board
                .say("M114.2")
                .await
                .contains("X:0.0000 Y:0.0000 Z:0.0000 A:0.0000 B:0.0000")
        );
        assert!(board.say("G28.6").await.starts_with("X:0 Y:0"));
        board.home().await;
        let strokes: Vec<(i64, i64)> = sim
            .ledger()
            .into_iter()
            .filter_map(|entry| match entry.event {
                Event::Stroke {
                    from_um,
                    to_um,
                    mount,
                    ..
                } if mount == "left" => Some((from_um, to_um)),
                _ => None,
            })
            .collect();
        assert_eq!(
            strokes.last(),
            Some(&(5_000, 19_000)),
            "the plunger stayed at 5 mm until it was homed"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_halt_character_stops_motion_at_once() {
    on_bench(async {
        let sim = sim(1);
        let mut board = Handler::new(&sim);
        board.home().await;
        board.say("G0 X10 F600").await;
        sleep(Duration::from_secs(2)).await;
        let answer = String::from_utf8(ask(&mut board.link, &[0x18]).await).unwrap();
        assert!(answer.starts_with("ok Emergency Stop"), "{answer}");
        let first = board.say("M114.2").await;
        sleep(Duration::from_secs(5)).await;
        assert_eq!(board.say("M114.2").await, first, "it stands");
        assert!(board.say("G0 X0").await.starts_with("error:Alarm lock"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_bad_argument_halts() {
    on_bench(async {
        let sim = sim(1);
        let answer = Handler::new(&sim).say("G0 X1.2.3").await;
        assert!(
            answer.starts_with("error: ") && answer.contains("\r\nEntering Alarm/Halt state\n"),
            "{answer}"
        );
    })
    .await;
}
