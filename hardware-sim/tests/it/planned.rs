//! Faults of the rig file, and those of plug and device.

use crate::bench::*;
use hardware_sim::{Event, Fault, Sim, SimClock, SimError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// The demonstration rig with these entries in its list of faults.
fn planned(faults: &str) -> Result<Sim, SimError> {
    let mut texts = texts();
    let list = format!("[simulation]\nfaults = [{faults}]\n");
    texts.rig = texts.rig.replacen("[simulation]\n", &list, 1);
    Sim::new(&texts, 1, SimClock::virtual_time(START_US))
}

#[tokio::test(start_paused = true)]
async fn faults_of_the_rig_file_come_by_chance_after_requests_and_at_times() {
    on_bench(async {
        let sim = planned("{ instrument = \"incubator\", fault = \"mute\", probability = 0.5 }").unwrap();
        let mut link = sim.connect("incubator").unwrap();
        let mut heard = 0;
        for _ in 0..200 {
            link.write_all(b"ch:bs\r\n").await.unwrap();
            heard += usize::from(!hear(&mut link, Duration::from_secs(1)).await.is_empty());
        }
        assert!((70..130).contains(&heard), "{heard}");
        assert_eq!(usize::try_from(sim.struck("incubator")).unwrap(), 200 - heard);

        let sim = planned("{ instrument = \"incubator\", fault = \"deaf\", after_requests = 2 }").unwrap();
        let mut link = sim.connect("incubator").unwrap();
        for answered in [true, true, false, true] {
            link.write_all(b"ch:bs\r\n").await.unwrap();
            assert_eq!(
                !hear(&mut link, Duration::from_secs(1)).await.is_empty(),
                answered
            );
        }

        let sim =
            planned("{ instrument = \"incubator\", fault = \"power_cycle\", after = \"90 s\" }").unwrap();
        let cycled = |sim: &Sim| {
            sim.ledger()
                .iter()
                .any(|e| matches!(e.event, Event::PowerCycle { .. }))
        };
        assert!(!cycled(&sim));
        tokio::time::sleep(Duration::from_secs(91)).await;
        assert!(cycled(&sim));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn wrong_entries_are_refused_with_the_reason() {
    on_bench(async {
        let refused = |faults: &str| planned(faults).unwrap_err().to_string();
        assert!(
            refused("{ instrument = \"toaster\", fault = \"deaf\", after = \"1 s\" }")
                .contains("no such instrument")
        );
        assert!(refused("{ instrument = \"mover\", fault = \"deaf\" }").contains("exactly one of"));
        assert!(
            refused("{ instrument = \"mover\", fault = \"deaf\", probability = 2 }").contains("from 0 to 1")
        );
        assert!(
            refused("{ instrument = \"mover\", fault = \"sleepy\", after = \"1 s\" }").contains("sleepy")
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_pulled_plug_ends_connections_and_lets_none_in_until_it_is_back() {
    on_bench(async {
        let sim = sim(1);
        let mut link = sim.connect("incubator").unwrap();
        sim.inject("incubator", Fault::Unplugged { for_ms: 800 }).unwrap();
        assert_eq!(link.read(&mut [0; 8]).await.unwrap(), 0);
        assert!(matches!(sim.connect("incubator"), Err(SimError::Unplugged { name }) if name == "incubator"));
        tokio::time::sleep(Duration::from_millis(801)).await;
        let mut link = sim.connect("incubator").unwrap();
        assert_eq!(ask(&mut link, b"ch:bs\r\n").await, b"bs 02\r");

        sim.inject("incubator", Fault::HalfOpen).unwrap();
        link.write_all(b"ch:bs\r\n").await.unwrap();
        assert!(hear(&mut link, Duration::from_secs(30)).await.is_empty());
        let mut again = sim.connect("incubator").unwrap();
        assert_eq!(ask(&mut again, b"ch:bs\r\n").await, b"bs 02\r");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn swapped_cables_lead_to_each_other() {
    on_bench(async {
        let sim = sim(1);
        sim.swap("incubator", "handler").unwrap();
        let mut link = sim.connect("handler").unwrap();
        assert_eq!(ask(&mut link, b"ch:bs\r\n").await, b"bs 02\r");
        sim.swap("incubator", "handler").unwrap();
        let mut link = sim.connect("incubator").unwrap();
        assert_eq!(ask(&mut link, b"ch:bs\r\n").await, b"bs 02\r");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn answers_come_noisy_twice_halved_and_in_pieces() {
    on_bench(async {
        let sim = sim(1);
        let mut link = sim.connect("incubator").unwrap();
        let one = 1;
        for (fault, expected) in [
            (Fault::Duplicated { requests: one }, b"bs 02\rbs 02\r".to_vec()),
            (
                Fault::Half {
                    requests: one,
                    bytes: Some(3),
                },
                b"bs ".to_vec(),
            ),
            (Fault::Echo { requests: one }, b"ch:bs\r\nbs 02\r".to_vec()),
            (
                Fault::Refused {
                    requests: one,
                    code: 0x33,
                },
                b"er 33\r".to_vec(),
            ),
            (
                Fault::Dribbled {
                    requests: one,
                    gap_ms: 20,
                },
                b"bs 02\r".to_vec(),
            ),
            (
                Fault::Split {
                    requests: one,
                    bytes: 2,
                    gap_ms: 90,
                },
                b"bs 02\r".to_vec(),
            ),
        ] {
            sim.inject("incubator", fault).unwrap();
            assert_eq!(ask(&mut link, b"ch:bs\r\n").await, expected, "{fault:?}");
            assert_eq!(ask(&mut link, b"ch:bs\r\n").await, b"bs 02\r", "once: {fault:?}");
        }
        sim.inject("incubator", Fault::Noise { requests: 1 }).unwrap();
        let noisy = ask(&mut link, b"ch:bs\r\n").await;
        assert!(noisy.len() > 6 && noisy.ends_with(b"bs 02\r"), "{noisy:?}");
        // A flipped bit of the request: mostly another answer than that, or none.
        let mut others = 0;
        for _ in 0..20 {
            sim.inject("incubator", Fault::Misheard { requests: 1 }).unwrap();
            others += usize::from(ask(&mut link, b"ch:bs\r\n").await != b"bs 02\r");
            ask(&mut link, b"\r\n").await;
        }
        assert!(others > 10, "{others}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_stuck_goes_on_when_it_is_mended() {
    on_bench(async {
        let sim = sim(1);
        let mut board = Handler::new(&sim);
        board.home().await;
        sim.inject("handler", Fault::Stuck { times: 1 }).unwrap();
        board.say("G0 X100").await;
        assert_eq!(board.say("M400").await, "");
        sim.inject("handler", Fault::Mended).unwrap();
        assert!(
            hear(&mut board.link, Duration::from_secs(60))
                .await
                .starts_with(b"ok")
        );
        assert!(board.say("M114.2").await.contains("X:100.0000"));

        // A plunger that slips is counted where it was sent, and stands elsewhere.
        let strokes = |sim: &Sim| {
            let ledger = sim.ledger();
            let told = ledger.iter().filter_map(|e| match e.event {
                Event::Stroke { from_um, to_um, .. } => Some((from_um, to_um)),
                _ => None,
            });
            told.collect::<Vec<_>>()
        };
        let before = strokes(&sim).len();
        sim.inject("handler", Fault::Slipped { times: 1 }).unwrap();
        board.run("G0 B9").await;
        assert!(board.say("M114.2").await.contains("B:9.0000"));
        board.run("G0 B0").await;
        assert_eq!(strokes(&sim)[before..], [(19_000, 14_000), (14_000, 5_000)]);

        sim.inject("handler", Fault::Jammed { times: 1 }).unwrap();
        assert!(board.say("G0 B4").await.contains("ok"));
        assert!(board.say("M400").await.contains("Hard limit"));
    })
    .await;
}
