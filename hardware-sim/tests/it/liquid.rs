//! Liquid physics through the motor board's bytes: what is drawn, where it goes, and what is refused.

use crate::bench::*;
use hardware_sim::Event;
use serde_json::json;

/// Row of the p300 table for 100 to 109 µL, and for 20 µL.
const ROW_100: [f64; 2] = [0.0019, 8.9218];
const ROW_20: [f64; 2] = [0.0253, 8.0502];

/// Centre of the reservoir such that eight channels reach.
fn reservoir() -> (f64, f64) {
    (63.88 + 1.3, 181.0 + 42.74 + 31.5 - 0.8)
}

fn near(have: f64, want: f64) -> bool {
    (have - want).abs() < 12.0
}

#[tokio::test(start_paused = true)]
async fn medium_and_inoculum_end_where_the_strokes_put_them() {
    on_bench(async {
        let sim = sim(3);
        load_deck(&sim).await;
        let mut board = Handler::new(&sim);
        board.home().await;
        // Medium: 100 µL per well of column 1, dispensed without contact.
        board.pick_up_left(1, 0).await;
        board.left_over(reservoir()).await;
        board.left_down(6.0).await;
        board.left_plunger(ROW_100, 100.0).await;
        board.left_over(well_96(8, 0, 0)).await;
        board.left_down(14.0).await;
        board.run("G0 B-14.5").await;
        board.drop_left().await;
        // Inoculum: 20 µL from the source's column 1, mixed before.
        board.pick_up_left(1, 1).await;
        board.left_over(well_96(9, 0, 0)).await;
        board.left_down(4.5).await;
        board.left_plunger(ROW_100, 100.0).await;
        board.run("G0 B-14.5").await;
        board.left_plunger(ROW_20, 20.0).await;
        board.left_over(well_96(8, 0, 0)).await;
        board.left_down(5.0).await;
        board.run("G0 B-14.5").await;
        board.drop_left().await;
        board.park().await;

        let truth = sim.truth();
        assert_eq!(complaints(&truth), Vec::<String>::new());
        let assay = &truth.plates["assay"];
        assert_eq!(assay.wells.len(), 8);
        for (row, letter) in "ABCDEFGH".chars().enumerate() {
            let well = &assay.wells[&format!("{letter}1")];
            assert!(near(well.net_nl, 120_000.0), "{letter}1 {}", well.net_nl);
            assert!(near(well.parts["medium"], 100_000.0));
            assert!(near(well.parts[&format!("culture:S{row:02}")], 20_000.0));
            assert!(well.volume_nl < well.net_nl, "some evaporated");
            assert!(
                (well.od - 0.5 * 20.0 / 120.0).abs() < 0.003,
                "mixed cells came along: {}",
                well.od
            );
        }
        assert!(near(truth.plates["source"].wells["A1"].net_nl, 180_000.0));
        assert!((truth.plates["medium"].wells["A1"].net_nl - (105e6 - 8.0 * 100_000.0)).abs() < 100.0);
        assert_eq!(truth.racks["tips-1"].left, 80);
        assert_eq!(truth.waste["deck-12"], 16);
        assert!(truth.zones["deck"].is_empty(), "parked");
        let loaded = 105e6 + 8.0 * 200_000.0;
        assert!((truth.net_nl() - loaded).abs() < 1e-3, "nothing got lost");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_plungers_backlash_overshoot_nets_out() {
    on_bench(async {
        let sim = sim(3);
        load_deck(&sim).await;
        let mut board = Handler::new(&sim);
        board.home().await;
        board.pick_up_left(1, 0).await;
        board.left_over(well_96(9, 0, 0)).await;
        board.left_down(4.5).await;
        let position = -14.5 + 100.0 / (ROW_100[0] * 100.0 + ROW_100[1]);
        board
            .run(&format!("G0 B{:.3} G0 B{position:.3}", position + 0.3))
            .await;
        let truth = sim.truth();
        assert_eq!(complaints(&truth), Vec::<String>::new());
        assert!(near(
            truth.mounted["handler/left"]["tips-1/A2".replace('2', "1").as_str()],
            100_000.0
        ));
        assert!(near(truth.plates["source"].wells["A1"].net_nl, 100_000.0));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_uncorrected_deck_misses_tips_and_wells() {
    on_bench(async {
        let sim = sim(3);
        load_deck(&sim).await;
        let mut board = Handler::new(&sim);
        board.home().await;
        board.run("G0 B-14.5").await;
        let (x, y) = well_96(1, 0, 0);
        board.left_over((x - 1.3, y + 0.8)).await;
        board.run("G0 Z57.02").await;
        let truth = sim.truth();
        assert!(truth.mounted.is_empty(), "no tip was taken");
        assert_eq!(truth.violations.len(), 8);
        assert!(
            complaints(&truth)[0].contains("nozzle misses the tip at A1"),
            "{:?}",
            complaints(&truth)
        );
        // With tips, the well is missed as well.
        board.pick_up_left(1, 0).await;
        let (x, y) = well_96(8, 0, 0);
        board.left_over((x - 1.3, y + 0.8)).await;
        board.left_down(6.0).await;
        assert!(
            complaints(&sim.truth())
                .iter()
                .any(|text| text.starts_with("tip misses A1 of assay"))
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn air_overfill_and_dead_volume_are_refused_loudly() {
    on_bench(async {
        let sim = sim(3);
        load_deck(&sim).await;
        let mut board = Handler::new(&sim);
        board.home().await;
        board.pick_up_left(1, 0).await;
        // Too high: the tip's end leaves the liquid.
        board.left_over(well_96(9, 0, 0)).await;
        board.left_down(7.5).await;
        board.left_plunger(ROW_100, 100.0).await;
        assert!(
            complaints(&sim.truth())
                .iter()
                .any(|text| text.starts_with("aspirates air: A1 of source"))
        );
        board.run("G0 B-14.5").await;
        // Four times 100 µL from the reservoir into wells of 360 µL.
        let before = sim.truth().violations.len();
        for _ in 0..4 {
            board.left_over(reservoir()).await;
            board.left_down(6.0).await;
            board.left_plunger(ROW_100, 100.0).await;
            board.left_over(well_96(8, 0, 5)).await;
            board.left_down(15.0).await;
            board.run("G0 B-14.5").await;
        }
        let complaints = complaints(&sim.truth());
        assert!(
            complaints[before..]
                .iter()
                .any(|text| text.contains("overfilled")),
            "{complaints:?}"
        );
        assert!(
            complaints[before..]
                .iter()
                .any(|text| text.contains("contamination") && text.contains("S00 into A1 of medium"))
        );
        board.left_over((380.0, 100.0)).await;
        board.run("G0 B0").await;
        board.run("G0 B-14.5").await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_tip_that_touched_one_strain_must_not_touch_another() {
    on_bench(async {
        let sim = sim(3);
        load_deck(&sim).await;
        let mut board = Handler::new(&sim);
        board.home().await;
        board.pick_up_right(2, 0, 0).await;
        for row in [0, 1] {
            board.right_over(well_96(9, row, 0)).await;
            board.right_down(5.0).await;
        }
        let truth = sim.truth();
        assert_eq!(
            complaints(&truth),
            ["contamination: tip tips-20/A1 carries S00 into B1 of source"]
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn liquid_must_not_be_spilt_and_tips_must_not_be_lost() {
    on_bench(async {
        let sim = sim(3);
        load_deck(&sim).await;
        let mut board = Handler::new(&sim);
        board.home().await;
        board.pick_up_right(2, 0, 0).await;
        board.right_over(well_96(9, 0, 0)).await;
        board.right_down(5.0).await;
        board.run("G0 C5").await;
        board.right_over(well_96(6, 0, 0)).await;
        board.run("G0 C-8.5").await;
        board.run("G0 C-27").await;
        let complaints = complaints(&sim.truth());
        assert!(
            complaints[0].contains("dispensed outside any well"),
            "{complaints:?}"
        );
        assert!(
            complaints[1].contains("tips dropped outside the waste"),
            "{complaints:?}"
        );
        let drops = sim
            .ledger()
            .into_iter()
            .filter(|entry| matches!(entry.event, Event::TipDrop { wasted: false, .. }))
            .count();
        assert_eq!(drops, 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn lids_and_low_travel_stop_a_pipette() {
    on_bench(async {
        let sim = sim(3);
        load_deck(&sim).await;
        load(
            &sim,
            2,
            json!([{"place": "deck-6", "labware": "plate-96-flat", "plate": "closed", "lid": true}]),
        )
        .await;
        let mut board = Handler::new(&sim);
        board.home().await;
        board.pick_up_right(2, 0, 0).await;
        board.right_over(well_96(6, 0, 0)).await;
        board.right_down(15.0).await;
        assert_eq!(complaints(&sim.truth()), ["tip comes down on the lid of closed"]);
        board.right_over(well_96(9, 0, 0)).await;
        board.right_down(5.0).await;
        let (x, y) = well_96(9, 0, 3);
        board.run(&format!("G0 X{x:.3} Y{y:.3}")).await;
        assert!(complaints(&sim.truth())[1].contains("moves sideways into source"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn settled_cells_stay_behind_unless_mixed() {
    on_bench(async {
        let sim = sim(3);
        load_deck(&sim).await;
        tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
        let mut board = Handler::new(&sim);
        board.home().await;
        board.pick_up_right(2, 0, 0).await;
        board.right_over(well_96(9, 0, 0)).await;
        board.right_down(4.5).await;
        board.run("G0 C5").await;
        board.right_over(well_96(8, 0, 0)).await;
        board.right_down(14.0).await;
        board.run("G0 C-8.5").await;
        let od = sim.truth().plates["assay"].wells["A1"].od;
        assert!(
            (0.14..0.17).contains(&od),
            "an hour's settling leaves 0.3 of 0.5 in suspension: {od}"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn one_seed_gives_one_ledger() {
    let mut ledgers = Vec::new();
    for seed in [5, 5, 6] {
        let ledger = on_bench(async {
            let sim = sim(seed);
            load_deck(&sim).await;
            let mut board = Handler::new(&sim);
            board.home().await;
            board.pick_up_left(1, 0).await;
            board.drop_left().await;
            let mut reader = crate::register_devices::Device::reader(&sim);
            reader.command(1, &[]).await;
            serde_json::to_string(&sim.ledger()).unwrap()
        })
        .await;
        ledgers.push(ledger);
    }
    assert_eq!(ledgers[0], ledgers[1]);
    assert_ne!(ledgers[0], ledgers[2], "durations differ by seed");
}

#[tokio::test(start_paused = true)]
async fn a_blow_out_and_the_plungers_return_in_a_well_are_no_aspiration() {
    on_bench(async {
        let sim = sim(3);
        load_deck(&sim).await;
        let mut board = Handler::new(&sim);
        board.home().await;
        board.pick_up_left(1, 0).await;
        board.left_over(reservoir()).await;
        board.left_down(6.0).await;
        board.left_plunger(ROW_100, 100.0).await;
        board.left_over(well_96(8, 0, 0)).await;
        board.left_down(10.0).await;
        board.run("G0 B-19").await;
        board.run("G0 B-14.2 G0 B-14.5").await;
        let truth = sim.truth();
        assert_eq!(complaints(&truth), Vec::<String>::new());
        assert!(near(truth.plates["assay"].wells["H1"].net_nl, 100_000.0));
        board.left_plunger(ROW_20, 20.0).await;
        assert!(complaints(&sim.truth())[0].starts_with("aspirates air"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stroke_cut_by_power_loss_counts_as_far_as_it_came() {
    on_bench(async {
        let sim = sim(3);
        load_deck(&sim).await;
        let mut board = Handler::new(&sim);
        board.home().await;
        board.pick_up_left(1, 0).await;
        board.left_over(well_96(9, 0, 0)).await;
        board.left_down(4.5).await;
        board.run("G0 F60").await;
        board.say("G0 B-5.5").await;
        tokio::time::sleep(std::time::Duration::from_secs(4)).await;
        sim.inject("handler", hardware_sim::Fault::PowerCycle).unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        let stroke = sim
            .ledger()
            .into_iter()
            .rev()
            .find_map(|entry| match entry.event {
                Event::Stroke {
                    from_um,
                    to_um,
                    immersed,
                    ..
                } => Some((from_um, to_um, immersed)),
                _ => None,
            });
        let Some((-14_500, to_um, true)) = stroke else {
            panic!("{stroke:?}")
        };
        assert!(
            (-11_000..-9_500).contains(&to_um),
            "1 mm/s for a little over 4 s: {to_um}"
        );
        let truth = sim.truth();
        let drawn = 200_000.0 - truth.plates["source"].wells["A1"].net_nl;
        assert!((30_000.0..45_000.0).contains(&drawn), "{drawn}");
        assert!(
            (truth.net_nl() - 105e6 - 1.6e6).abs() < 1e-3,
            "what left the wells is in the tips"
        );
        assert_eq!(complaints(&truth), Vec::<String>::new());
    })
    .await;
}

/// Not a test: how long a day of polling takes. Run by hand with `--ignored --nocapture`.
#[tokio::test(start_paused = true)]
#[ignore = "a figure, not a test"]
async fn a_day_of_polling() {
    on_bench(async {
        let sim = sim(3);
        load_deck(&sim).await;
        let mut board = Handler::new(&sim);
        board.home().await;
        let mut reader = crate::register_devices::Device::reader(&sim);
        let begin = std::time::Instant::now();
        for _ in 0..10_000 {
            reader.input(10, 5).await;
        }
        println!("10,000 polls: {:?}", begin.elapsed());
        let begin = std::time::Instant::now();
        for turn in 0..1_000 {
            board.run(&format!("G0 X{}", 100 + turn % 2)).await;
        }
        println!("2,000 board commands: {:?}", begin.elapsed());
    })
    .await;
}
