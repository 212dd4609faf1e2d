//! Faults on the line: what the host sees, and that the truth does not care.

use crate::{bench::*, register_devices::Device};
use hardware_sim::{Fault, SimError};
use std::time::Duration;
use tokio::{io::AsyncWriteExt as _, time::timeout};

#[tokio::test(start_paused = true)]
async fn a_mute_board_still_moves_and_a_deaf_one_does_not() {
    on_bench(async {
        let sim = sim(1);
        let mut board = Handler::new(&sim);
        board.home().await;
        sim.inject("handler", Fault::Mute { requests: 1 }).unwrap();
        assert_eq!(board.say("G0 X100").await, "");
        board.run("M400").await;
        assert!(board.say("M114.2").await.contains("X:100.0000"));
        sim.inject("handler", Fault::Deaf { requests: 1 }).unwrap();
        assert_eq!(board.say("G0 X50").await, "");
        board.run("M400").await;
        assert!(board.say("M114.2").await.contains("X:100.0000"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn late_answers_come_late() {
    on_bench(async {
        let sim = sim(1);
        let mut link = sim.connect("incubator").unwrap();
        sim.inject(
            "incubator",
            Fault::Late {
                requests: 1,
                by_ms: 2500,
            },
        )
        .unwrap();
        link.write_all(b"ch:bs\r\n").await.unwrap();
        let mut buffer = [0; 16];
        let read = tokio::io::AsyncReadExt::read(&mut link, &mut buffer);
        assert!(timeout(Duration::from_millis(2400), read).await.is_err());
        assert_eq!(hear(&mut link, Duration::from_millis(200)).await, b"bs 02\r");
        assert_eq!(ask(&mut link, b"ch:bs\r\n").await, b"bs 02\r", "once");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn garbled_answers_differ_in_one_bit() {
    on_bench(async {
        let sim = sim(1);
        let mut link = sim.connect("incubator").unwrap();
        sim.inject("incubator", Fault::Garbled { requests: 1 }).unwrap();
        let answer = ask(&mut link, b"ch:bs\r\n").await;
        let flipped: u32 = answer
            .iter()
            .zip(b"bs 02\r")
            .map(|(a, b)| (a ^ b).count_ones())
            .sum();
        assert_eq!((answer.len(), flipped), (6, 1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn answers_take_their_time_on_the_wire() {
    on_bench(async {
        let sim = sim(1);
        let mut mover = Device::mover(&sim);
        let before = sim.clock().now();
        // 8 + 9 bytes of 11 bits at 19200 baud: 9.7 ms, and the turnaround; hearing waits 100 ms more.
        mover.input(0, 2).await;
        let ms = (sim.clock().now() - before) / 1000 - 100;
        assert!((11..16).contains(&ms), "{ms} ms");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_instrument_is_named() {
    on_bench(async {
        let sim = sim(1);
        assert!(matches!(sim.connect("toaster"), Err(SimError::NoInstrument { name }) if name == "toaster"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn wrong_texts_are_refused_with_the_reason() {
    on_bench(async {
        let clock = hardware_sim::SimClock::virtual_time(0);
        let refused = |change: &dyn Fn(&mut hardware_sim::Texts)| {
            let mut texts = texts();
            change(&mut texts);
            hardware_sim::Sim::new(&texts, 1, clock).unwrap_err().to_string()
        };
        assert!(
            refused(&|t| t.rig = t.rig.replace("p300_multi_v2.1", "p900"))
                .contains("no plunger table for `p900`")
        );
        assert!(
            refused(&|t| t.rig = t.rig.replace("\"22 C\"", "\"22 F\""))
                .contains("is not one of a temperature")
        );
        assert!(refused(&|t| t.profiles.clear()).contains("was not given"));
        assert!(
            refused(&|t| {
                t.labware.remove("waste-bin");
            })
            .contains("no labware `waste-bin`")
        );
    })
    .await;
}
