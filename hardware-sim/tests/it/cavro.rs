//! The syringe pump: the dossier's exchanges in both protocols, busy times, errors, and what comes of a stroke.

use crate::bench::*;
use hardware_sim::DirectLink;
use hardware_sim::{Event, Fault, Hazard, Sim, SimClock, Texts};
use serde_json::json;
use std::{fs, time::Duration};
use tokio::time::sleep;

fn probe_sim(change: Option<(&str, &str)>) -> Sim {
    let mut rig = fs::read_to_string(config().join("probe-rig.toml")).unwrap();
    if let Some((from, to)) = change {
        assert!(rig.contains(from), "{from}");
        rig = rig.replace(from, to);
    }
    let texts = Texts { rig, ..texts() };
    Sim::new(&texts, 1, SimClock::virtual_time(START_US)).unwrap()
}

/// Status byte and data of an answer.
async fn say(link: &mut DirectLink, request: &str) -> (u8, String) {
    let answer = ask(link, format!("/1{request}\r").as_bytes()).await;
    assert_eq!(&answer[..2], b"/0", "{request}: {answer:x?}");
    assert_eq!(&answer[answer.len() - 3..], b"\x03\r\n");
    let data = String::from_utf8(answer[3..answer.len() - 3].to_vec()).unwrap();
    (answer[2], data)
}

/// Polls until ready: the status with the last error that was seen.
async fn rest(link: &mut DirectLink) -> u8 {
    let mut error = 0;
    loop {
        let (status, _) = say(link, "Q").await;
        error |= status & 0x0F;
        if status & 0x20 != 0 {
            return error;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

async fn run(link: &mut DirectLink, request: &str) {
    let (status, _) = say(link, request).await;
    assert_eq!(status & 0x0F, 0, "{request}");
    assert_eq!(rest(link).await, 0, "{request}");
}

#[tokio::test(start_paused = true)]
async fn dossier_exchanges_byte_for_byte() {
    on_bench(async {
        let sim = probe_sim(None);
        let mut link = sim.connect("pump").unwrap();
        // A move before the pump is initialised.
        assert_eq!(ask(&mut link, b"/1A100R\r").await, b"/0\x67\x03\r\n");
        assert_eq!(ask(&mut link, b"/1Q\r").await, b"/0\x67\x03\r\n");
        assert_eq!(ask(&mut link, b"/1ZR\r").await, b"/0\x40\x03\r\n");
        assert_eq!(ask(&mut link, b"/1Q\r").await, b"/0\x40\x03\r\n");
        assert_eq!(rest(&mut link).await, 0);
        assert_eq!(ask(&mut link, b"/1Q\r").await, b"/0\x60\x03\r\n");
        assert_eq!(ask(&mut link, b"/1?\r").await, b"/0\x600\x03\r\n");
        assert_eq!(ask(&mut link, b"/1A3000R\r").await, b"/0\x40\x03\r\n");
        // A move while another is under way is dropped.
        assert_eq!(ask(&mut link, b"/1A100R\r").await, b"/0\x4F\x03\r\n");
        assert_eq!(rest(&mut link).await, 0);
        assert_eq!(ask(&mut link, b"/1?\r").await, b"/0\x603000\x03\r\n");
        // Out of range: told in the answer, and then gone.
        assert_eq!(ask(&mut link, b"/1A4000R\r").await, b"/0\x63\x03\r\n");
        assert_eq!(ask(&mut link, b"/1Q\r").await, b"/0\x60\x03\r\n");
        assert_eq!(ask(&mut link, b"/1!R\r").await, b"/0\x62\x03\r\n");
        run(&mut link, "IR").await;
        assert_eq!(ask(&mut link, b"/1?6\r").await, b"/0\x60i\x03\r\n");
        // In a string, it goes as far as it can; `Q` tells.
        assert_eq!(ask(&mut link, b"/1A1000A3500R\r").await, b"/0\x40\x03\r\n");
        assert_eq!(rest(&mut link).await, 3);
        assert_eq!(say(&mut link, "?").await, (0x60, "1000".to_owned()));
        // Not for this pump, for all, and malformed: no answer.
        assert_eq!(ask_briefly(&mut link, b"/2Q\r").await, b"");
        assert_eq!(ask_briefly(&mut link, b"/_A0R\r").await, b"");
        assert_eq!(rest(&mut link).await, 0);
        assert_eq!(say(&mut link, "?").await.1, "0");
        assert_eq!(ask_briefly(&mut link, b"Q\r").await, b"");
    })
    .await;
}

/// What is heard within a second.
async fn ask_briefly(link: &mut DirectLink, request: &[u8]) -> Vec<u8> {
    use tokio::io::AsyncWriteExt as _;
    link.write_all(request).await.unwrap();
    hear(link, Duration::from_secs(1)).await
}

#[tokio::test(start_paused = true)]
async fn oem_blocks_byte_for_byte_and_repeats_are_not_executed_again() {
    on_bench(async {
        let sim = probe_sim(None);
        let mut link = sim.connect("pump").unwrap();
        let zr = [0x02, 0x31, 0x31, 0x5A, 0x52, 0x03, 0x09];
        assert_eq!(ask(&mut link, &zr).await, [0x02, 0x30, 0x40, 0x03, 0x71]);
        let again = [0x02, 0x31, 0x39, 0x5A, 0x52, 0x03, 0x01];
        assert_eq!(ask(&mut link, &again).await, [0x02, 0x30, 0x40, 0x03, 0x71]);
        sleep(Duration::from_secs(10)).await;
        let q = [0x02, 0x31, 0x32, 0x51, 0x03, 0x53];
        assert_eq!(ask(&mut link, &q).await, [0x02, 0x30, 0x60, 0x03, 0x51]);
        // V1400IA3000OA0R
        let string = [
            0x02, 0x31, 0x36, 0x56, 0x31, 0x34, 0x30, 0x30, 0x49, 0x41, 0x33, 0x30, 0x30, 0x30, 0x4F, 0x41,
            0x30, 0x52, 0x03, 0x32,
        ];
        assert_eq!(ask(&mut link, &string).await[2] & 0x0F, 0);
        sleep(Duration::from_secs(30)).await;
        let overrange = [0x02, 0x31, 0x37, 0x41, 0x34, 0x30, 0x30, 0x30, 0x52, 0x03, 0x10];
        assert_eq!(ask(&mut link, &overrange).await, [0x02, 0x30, 0x63, 0x03, 0x52]);
        let valve = [0x02, 0x31, 0x34, 0x3F, 0x36, 0x03, 0x0D];
        assert_eq!(ask(&mut link, &valve).await[3], b'o');
        // A wrong checksum is not answered, and the other protocol is locked out.
        assert_eq!(
            ask_briefly(&mut link, &[0x02, 0x31, 0x32, 0x51, 0x03, 0x54]).await,
            b""
        );
        assert_eq!(ask_briefly(&mut link, b"/1Q\r").await, b"");
        sim.inject("pump", Fault::PowerCycle).unwrap();
        assert_eq!(ask(&mut link, b"/1Q\r").await, b"/0\x67\x03\r\n");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_xlp_has_6000_increments_and_a_repeated_block_moves_it_once() {
    on_bench(async {
        let sim = probe_sim(Some(("model = \"xcalibur\"", "model = \"xlp6000\"")));
        let mut link = sim.connect("pump").unwrap();
        let block = |sequence: u8, text: &str| {
            let mut bytes = vec![0x02, 0x31, sequence];
            bytes.extend(text.bytes());
            bytes.push(0x03);
            bytes.push(bytes.iter().fold(0, |sum, byte| sum ^ byte));
            bytes
        };
        ask(&mut link, &block(0x31, "ZR")).await;
        sleep(Duration::from_secs(10)).await;
        // A relative stroke whose answer was lost.
        sim.inject("pump", Fault::Mute { requests: 1 }).unwrap();
        assert_eq!(ask_briefly(&mut link, &block(0x32, "P3000R")).await, b"");
        sleep(Duration::from_secs(30)).await;
        assert_eq!(ask(&mut link, &block(0x3A, "P3000R")).await[2] & 0x0F, 0);
        sleep(Duration::from_secs(30)).await;
        let position = ask(&mut link, &block(0x33, "?")).await;
        assert_eq!(position[3..7], *b"3000");
        assert_eq!(ask(&mut link, &block(0x34, "A6000R")).await[2] & 0x0F, 0);
        sleep(Duration::from_secs(30)).await;
        assert_eq!(ask(&mut link, &block(0x35, "A6001R")).await[2] & 0x0F, 3);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn strokes_take_as_long_as_the_manual_says() {
    on_bench(async {
        let sim = probe_sim(None);
        let mut link = sim.connect("pump").unwrap();
        run(&mut link, "ZR").await;
        // v = V = c: 6000 pulses at 900 a second; and the example of appendix B, 1.18 s.
        for (string, seconds) in [("v900c900V900A3000R", 6.67), ("v50V5800c500L14A0R", 1.18)] {
            let begun = tokio::time::Instant::now();
            run(&mut link, string).await;
            let took = begun.elapsed().as_secs_f64();
            assert!((took - seconds).abs() < 0.35, "{string} took {took} s");
        }
        // Terminated, the plunger stays where it is; power loss likewise, but then the pump does not know where.
        say(&mut link, "V900A3000R").await;
        sleep(Duration::from_secs(2)).await;
        say(&mut link, "T").await;
        let at: i64 = say(&mut link, "?").await.1.parse().unwrap();
        assert!((500..1500).contains(&at), "{at}");
        sim.inject("pump", Fault::PowerCycle).unwrap();
        assert_eq!(say(&mut link, "?").await.1, "0");
        assert_eq!(say(&mut link, "Q").await.0, 0x67);
        run(&mut link, "ZR").await;
        let strokes: Vec<(i64, i64)> = sim
            .ledger()
            .iter()
            .filter_map(|e| match &e.event {
                Event::PumpStroke {
                    from_steps, to_steps, ..
                } => Some((*from_steps, *to_steps)),
                _ => None,
            })
            .collect();
        assert_eq!(strokes, [(0, 3000), (3000, 0), (0, at), (at, 0)]);
    })
    .await;
}

/// Over the wash station's drain, primed with 1.5 mL; 400 uL of sample in each well of a plate on slot 9.
async fn primed(sim: &Sim) -> (Handler, DirectLink) {
    let wells: Vec<_> = ["A1", "A2"]
        .map(|well| json!({"well": well, "liquid": format!("sample-{well}"), "strain": null, "volume_nl": 400_000}))
        .into();
    let plate = json!({"place": "deck-9", "labware": "plate-96-deep-1ml", "plate": "samples", "barcode": null, "lid": false, "contents": wells});
    load(sim, 1, json!([plate])).await;
    let mut handler = Handler::new(sim);
    handler.home().await;
    let mut pump = sim.connect("pump").unwrap();
    over(&mut handler, drain(), 50.0).await;
    run(&mut pump, "ZR").await;
    for _ in 0..2 {
        run(&mut pump, "IA3000OA0R").await;
    }
    (handler, pump)
}

fn drain() -> (f64, f64) {
    (132.5 + 43.88 + 1.3, 271.5 + 42.74 - 0.8)
}

fn cleaner() -> (f64, f64) {
    (drain().0 + 40.0, drain().1)
}

/// The probe's end over a point, at a height over the nest.
async fn over(handler: &mut Handler, at: (f64, f64), height: f64) {
    handler.right_over(at).await;
    handler.run(&format!("G0 A{:.3}", height + 0.5 + 60.0)).await;
}

fn hazards(sim: &Sim) -> Vec<Hazard> {
    sim.truth().hazards().into_keys().collect()
}

#[tokio::test(start_paused = true)]
async fn sample_behind_air_goes_into_a_well_and_a_wash_makes_the_probe_clean() {
    on_bench(async {
        let sim = probe_sim(None);
        let (mut handler, mut pump) = primed(&sim).await;
        over(&mut handler, cleaner(), 58.0).await;
        run(&mut pump, "OA30R").await;
        over(&mut handler, well_96(9, 0, 0), 10.0).await;
        run(&mut pump, "A330R").await;
        over(&mut handler, well_96(9, 0, 2), 10.0).await;
        run(&mut pump, "A30R").await;
        let wells = &sim.truth().plates["samples"].wells;
        assert!((wells["A3"].net_nl - 100_000.0).abs() < 1.0);
        assert!((wells["A1"].net_nl - 300_000.0).abs() < 1.0);
        assert_eq!(hazards(&sim), []);
        // Washed inside and outside, it may go into the next source.
        over(&mut handler, drain(), 50.0).await;
        run(&mut pump, "A0IA1500OA0R").await;
        over(&mut handler, cleaner(), 9.0).await;
        run(&mut pump, "IA1500OA0R").await;
        over(&mut handler, cleaner(), 58.0).await;
        run(&mut pump, "OA30R").await;
        over(&mut handler, well_96(9, 0, 1), 10.0).await;
        run(&mut pump, "A330R").await;
        assert_eq!(hazards(&sim), []);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_must_not_happen_is_a_violation() {
    on_bench(async {
        // Unwashed into a source that was drawn from.
        let sim = probe_sim(None);
        let (mut handler, mut pump) = primed(&sim).await;
        over(&mut handler, cleaner(), 58.0).await;
        run(&mut pump, "OA30R").await;
        for column in [0, 1] {
            over(&mut handler, well_96(9, 0, column), 10.0).await;
            run(&mut pump, "A330R").await;
            over(&mut handler, well_96(9, 0, 2 + column), 10.0).await;
            run(&mut pump, "A30R").await;
        }
        assert!(
            hazards(&sim).contains(&Hazard::Contamination),
            "{:?}",
            hazards(&sim)
        );

        // Without leading air, and system liquid into a well.
        let sim = probe_sim(None);
        let (mut handler, mut pump) = primed(&sim).await;
        over(&mut handler, well_96(9, 0, 0), 10.0).await;
        run(&mut pump, "OA300R").await;
        assert_eq!(hazards(&sim), [Hazard::NoLeadingAir]);
        over(&mut handler, well_96(9, 0, 2), 10.0).await;
        run(&mut pump, "IA600OA0R").await;
        assert!(hazards(&sim).contains(&Hazard::SystemLiquidInWell));

        // Past the tubing into the syringe.
        let sim = probe_sim(Some(("tubing = \"600 uL\"", "tubing = \"100 uL\"")));
        let (mut handler, mut pump) = primed(&sim).await;
        over(&mut handler, cleaner(), 58.0).await;
        run(&mut pump, "OA30R").await;
        over(&mut handler, well_96(9, 0, 0), 10.0).await;
        run(&mut pump, "A300R").await;
        assert_eq!(hazards(&sim), []);
        run(&mut pump, "A400R").await;
        assert_eq!(hazards(&sim), [Hazard::SamplePastTubing]);

        // Sideways with the probe down.
        let sim = probe_sim(None);
        let (mut handler, _pump) = primed(&sim).await;
        let (x, y) = well_96(9, 0, 0);
        handler.run(&format!("G0 X{x:.3} Y{y:.3}")).await;
        assert_eq!(hazards(&sim), [Hazard::SidewaysCollision]);

        // An empty bottle.
        let sim = probe_sim(Some(("volume = \"1 L\"", "volume = \"31 mL\"")));
        let (_handler, mut pump) = primed(&sim).await;
        assert_eq!(hazards(&sim), [Hazard::BottleEmpty]);
        run(&mut pump, "IA0R").await;

        // Over an empty place of the deck.
        let sim = probe_sim(None);
        let (mut handler, mut pump) = primed(&sim).await;
        handler.right_over((320.0, 40.0)).await;
        run(&mut pump, "IA300OA0R").await;
        assert_eq!(hazards(&sim), [Hazard::DispensedOutside]);
    })
    .await;
}
