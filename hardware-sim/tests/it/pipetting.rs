//! Air in tips, touches, blow-outs, contamination by used tips, and agar, through the motor board's bytes.

use crate::bench::*;
use hardware_sim::{Event, Hazard, Sim, SimClock, Truth};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Rows of the p20's table for 5, 8, 10 and 12 uL.
const P20: [(f64, [f64; 2]); 5] = [
    (2.0, [0.021, 0.6298]),
    (5.0, [0.0112, 0.6772]),
    (8.0, [0.0023, 0.7269]),
    (10.0, [0.0019, 0.7305]),
    (12.0, [0.0017, 0.7331]),
];

/// An omni-tray: one rectangular well with 4 mm of agar.
const AGAR: &str = r#"
[labware]
name = "omnitray-agar"
title = "omni-tray with agar"
kind = "agar_plate"
rows = 1
columns = 1
capacity = "20 mL"
agar = "4 mm"
lid = { rise = "2 mm" }

[geometry]
footprint = ["127.76 mm", "85.48 mm"]
height = "14.5 mm"
first_well = ["63.88 mm", "42.74 mm"]
spacing = ["0 mm", "0 mm"]
well_bottom = "2 mm"
well_depth = "12.5 mm"
shape = "rectangular"
size = ["123 mm", "81 mm"]
"#;

/// Height of the agar's surface over the nest.
const SURFACE: f64 = 6.0;

/// The demonstration rig with an agar plate `picks` on deck 6 on which 20 colonies grow.
async fn agar_bench(seed: u64, colonies: &str) -> (Sim, Handler) {
    let mut texts = texts();
    texts.labware.insert("omnitray-agar".into(), AGAR.into());
    texts.rig.push_str(colonies);
    let sim = Sim::new(&texts, seed, SimClock::virtual_time(START_US)).unwrap();
    load_deck(&sim).await;
    load(
        &sim,
        2,
        json!([{"place": "deck-6", "labware": "omnitray-agar", "plate": "picks", "lid": false}]),
    )
    .await;
    let mut board = Handler::new(&sim);
    board.home().await;
    (sim, board)
}

/// A point on the agar plate of deck 6, from its centre.
fn on_agar(x: f64, y: f64) -> (f64, f64) {
    let (a1_x, a1_y) = well_96(6, 0, 0);
    (a1_x - 14.38 + 63.88 + x, a1_y - 74.24 + 42.74 + y)
}

async fn loaded(seed: u64) -> (Sim, Handler) {
    let sim = sim(seed);
    load_deck(&sim).await;
    let mut board = Handler::new(&sim);
    board.home().await;
    (sim, board)
}

/// Position of the right plunger that holds so many microlitres.
fn holds(volume: f64) -> f64 {
    if volume == 0.0 {
        return -8.5;
    }
    let [a, b] = P20.iter().find(|(v, _)| *v == volume).unwrap().1;
    ((-8.5 + volume / (a * volume + b)) * 1000.0).round() / 1000.0
}

async fn hold(board: &mut Handler, volume: f64) {
    board.run(&format!("G0 C{:.3}", holds(volume))).await;
}

fn kinds(truth: &Truth) -> Vec<&'static str> {
    truth
        .violations
        .iter()
        .map(|violation| violation.id.id())
        .collect()
}

fn events(sim: &Sim, name: &str) -> Vec<Value> {
    sim.ledger()
        .iter()
        .map(|entry| serde_json::to_value(entry).unwrap())
        .filter(|entry| entry["event"] == name)
        .collect()
}

fn near(have: f64, want: f64) -> bool {
    (have - want).abs() < 5.0
}

#[tokio::test(start_paused = true)]
async fn what_was_drawn_last_comes_out_first() {
    on_bench(async {
        let (sim, mut board) = loaded(3).await;
        board.pick_up_right(2, 0, 0).await;
        // 8 uL of A1 of the source, 2 uL of air, all in one tip.
        board.right_over(well_96(9, 0, 0)).await;
        board.right_down(5.0).await;
        hold(&mut board, 8.0).await;
        board.right_down(15.0).await;
        hold(&mut board, 10.0).await;
        assert_eq!(
            kinds(&sim.truth()),
            Vec::<&str>::new(),
            "air over the rim is an air gap"
        );
        let gap = events(&sim, "air_gap");
        assert_eq!(gap.len(), 1);
        assert_eq!(
            (&gap[0]["plate"], &gap[0]["well"]),
            (&json!("source"), &json!("A1"))
        );
        assert_eq!(gap[0]["to_um"], json!((holds(10.0) * 1000.0).round() as i64));
        // The first 2 uL are the air.
        board.right_over(well_96(8, 0, 0)).await;
        board.right_down(10.0).await;
        hold(&mut board, 8.0).await;
        assert!(sim.truth().plates["assay"].wells.is_empty());
        hold(&mut board, 5.0).await;
        assert!(near(sim.truth().plates["assay"].wells["A1"].net_nl, 3_000.0));
        hold(&mut board, 0.0).await;
        assert!(near(sim.truth().plates["assay"].wells["A1"].net_nl, 8_000.0));
        // Within the well, over the liquid, the same stroke is a violation.
        hold(&mut board, 2.0).await;
        assert_eq!(kinds(&sim.truth()), ["aspirates-air"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn several_wells_in_one_tip_come_out_last_first_and_mix_where_they_meet() {
    on_bench(async {
        let (sim, mut board) = loaded(3).await;
        // Two wells of different medium, no strains.
        load(
            &sim,
            5,
            json!([{"place": "deck-6", "labware": "plate-96-flat", "plate": "media", "contents": [
                {"well": "A1", "liquid": "x", "strain": null, "volume_nl": 100_000},
                {"well": "B1", "liquid": "y", "strain": null, "volume_nl": 100_000},
            ]}]),
        )
        .await;
        board.pick_up_right(2, 0, 0).await;
        for (row, volume) in [(0, 8.0), (1, 10.0)] {
            board.right_over(well_96(6, row, 0)).await;
            board.right_down(5.0).await;
            hold(&mut board, volume).await;
        }
        board.right_over(well_96(8, 0, 0)).await;
        board.right_down(13.0).await;
        hold(&mut board, 8.0).await;
        let parts = sim.truth().plates["assay"].wells["A1"].parts.clone();
        assert!(
            near(parts["y"], 2_000.0) && parts.get("x").is_none_or(|x| *x < 5.0),
            "{parts:?}"
        );
        hold(&mut board, 0.0).await;
        let parts = sim.truth().plates["assay"].wells["A1"].parts.clone();
        assert!(
            near(parts["x"], 8_000.0) && near(parts["y"], 2_000.0),
            "{parts:?}"
        );
        // B1 was wetted by a tip that carried x, and what it gave went elsewhere.
        let complaints = complaints(&sim.truth());
        assert_eq!(
            complaints,
            ["contamination: a tip had carried x into B1 of media, which is drawn from"]
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn more_than_a_tip_holds_is_seen_with_its_air_and_more_than_it_has_is_not_pushed() {
    on_bench(async {
        let (sim, mut board) = loaded(3).await;
        board.pick_up_right(2, 0, 0).await;
        board.right_over(well_96(9, 0, 0)).await;
        board.right_down(5.0).await;
        hold(&mut board, 12.0).await;
        board.right_down(15.0).await;
        // 21 uL in a tip of 20: 12 of culture and 9 of air. 21 / (0.0008 * 21 + 0.7455) = 27.55.
        board.run("G0 C19.05").await;
        board.right_over(well_96(9, 0, 0)).await;
        assert_eq!(kinds(&sim.truth()), ["tip-overfilled"]);
        // A tip picked up with the plunger up pushes what it does not hold.
        let (sim, mut board) = loaded(4).await;
        board.pick_up_right(2, 0, 0).await;
        board.run("G0 C5").await;
        board.run("G0 C-27").await;
        board.run("G0 C5").await;
        board.right_over(well_96(2, 1, 0)).await;
        board.run(&format!("G0 A{:.3}", 64.69 + 0.5 - 8.25)).await;
        board.right_over(well_96(9, 0, 0)).await;
        board.right_down(5.0).await;
        board.run("G0 C-8.5").await;
        assert_eq!(
            kinds(&sim.truth()),
            ["tips-outside-waste", "pushes-more-than-held"]
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_blow_out_pushes_everything_and_is_no_push_of_more_than_is_held() {
    on_bench(async {
        let (sim, mut board) = loaded(3).await;
        board.pick_up_right(2, 0, 0).await;
        board.right_over(well_96(9, 0, 0)).await;
        board.right_down(5.0).await;
        hold(&mut board, 8.0).await;
        board.right_over(well_96(8, 0, 0)).await;
        board.right_down(13.0).await;
        hold(&mut board, 5.0).await;
        board.run("G0 C-13").await;
        let truth = sim.truth();
        assert!(near(truth.plates["assay"].wells["A1"].net_nl, 8_000.0));
        assert_eq!(truth.mounted["handler/right"]["tips-20/A1"], 0.0);
        board.right_down(20.0).await;
        board.run("G0 C-8.2 G0 C-8.5").await;
        assert_eq!(kinds(&sim.truth()), Vec::<&str>::new());
        let blown = events(&sim, "blow_out");
        assert_eq!(blown.len(), 1);
        assert_eq!(
            (&blown[0]["to_um"], &blown[0]["well"]),
            (&json!(-13_000), &json!("A1"))
        );
        assert_eq!(
            events(&sim, "air_gap"),
            Vec::<Value>::new(),
            "the way back is no air gap"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_tip_touches_the_wall_and_bends_behind_it() {
    on_bench(async {
        let (sim, mut board) = loaded(3).await;
        board.pick_up_left(1, 0).await;
        let (x, y) = well_96(8, 0, 0);
        board.left_over((x, y)).await;
        board.left_down(13.2).await;
        board.run(&format!("G0 X{:.3}", x + 34.0 + 2.93)).await;
        board.run(&format!("G0 X{:.3}", x + 34.0)).await;
        assert_eq!(kinds(&sim.truth()), Vec::<&str>::new());
        let touch = events(&sim, "touch");
        assert_eq!(touch.len(), 1, "{touch:?}");
        assert_eq!(
            (
                &touch[0]["x_um"],
                &touch[0]["y_um"],
                touch[0]["tips"].as_array().unwrap().len()
            ),
            (&json!(2_930), &json!(0), 8)
        );
        assert_eq!(touch[0]["below_top_um"], 1_020);
        // At the bottom the tip's body is in the way.
        board.left_down(4.5).await;
        board.run(&format!("G0 X{:.3}", x + 34.0 + 2.93)).await;
        assert_eq!(kinds(&sim.truth()), ["tip-against-wall"]);
        board.left_down(13.2).await;
        board.run(&format!("G0 X{:.3}", x + 34.0 + 6.0)).await;
        assert_eq!(kinds(&sim.truth())[1..], ["sideways-collision"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_tip_that_wetted_a_destination_must_not_come_back_to_its_source() {
    on_bench(async {
        let medium = (63.88 + 1.3, 181.0 + 42.74 - 0.8);
        for (height, wanted) in [(13.5, Vec::new()), (5.0, vec!["contamination"])] {
            let (sim, mut board) = loaded(3).await;
            board.pick_up_right(2, 0, 0).await;
            for _ in 0..2 {
                board.right_over(medium).await;
                board.right_down(6.0).await;
                hold(&mut board, 10.0).await;
                // A destination that holds a strain: from above, or in contact.
                board.right_over(well_96(9, 0, 0)).await;
                board.right_down(height).await;
                hold(&mut board, 0.0).await;
            }
            let mut found = kinds(&sim.truth());
            found.dedup();
            assert_eq!(found, wanted, "at {height} mm");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_dilution_series_with_one_tip_contaminates_nothing_and_a_way_back_does() {
    on_bench(async {
        let (sim, mut board) = loaded(3).await;
        let contents: Vec<Value> = (2..=4)
            .map(|c| json!({"well": format!("A{c}"), "liquid": "water", "strain": null, "volume_nl": 90_000}))
            .chain([json!({"well": "A1", "liquid": "drug", "strain": null, "volume_nl": 100_000})])
            .collect();
        let plate =
            json!([{"place": "deck-6", "labware": "plate-96-flat", "plate": "series", "contents": contents}]);
        load(&sim, 5, plate).await;
        board.pick_up_right(2, 0, 0).await;
        for column in 0..3 {
            board.right_over(well_96(6, 0, column)).await;
            board.right_down(4.6).await;
            hold(&mut board, 10.0).await;
            board.right_over(well_96(6, 0, column + 1)).await;
            board.right_down(4.6).await;
            hold(&mut board, 0.0).await;
            for volume in [10.0, 0.0] {
                hold(&mut board, volume).await;
            }
        }
        assert_eq!(kinds(&sim.truth()), Vec::<&str>::new());
        let last = &sim.truth().plates["series"].wells["A4"];
        assert!(near(last.parts["drug"], 100.0), "{:?}", last.parts);
        board.right_over(well_96(6, 0, 0)).await;
        board.right_down(4.6).await;
        assert_eq!(
            complaints(&sim.truth()),
            ["contamination: tip tips-20/A1 carries water into A1 of series"]
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn liquid_on_agar_makes_spots_that_grow_and_too_much_runs() {
    on_bench(async {
        let (sim, mut board) = agar_bench(3, "").await;
        board.pick_up_right(2, 0, 0).await;
        let spot = |x: f64| (on_agar(x, 5.0), x);
        for (to, _) in [spot(-20.0), spot(0.0)] {
            board.right_over(well_96(9, 0, 0)).await;
            board.right_down(5.0).await;
            hold(&mut board, 8.0).await;
            board.right_over(to).await;
            board.right_down(SURFACE + 0.5).await;
            hold(&mut board, 0.0).await;
        }
        let truth = sim.truth();
        assert_eq!(kinds(&truth), Vec::<&str>::new());
        let spots = &truth.plates["picks"].spots;
        assert_eq!(
            spots.iter().map(|s| (s.x_um, s.y_um)).collect::<Vec<_>>(),
            [(-20_000, 5_000), (0, 5_000)]
        );
        assert!(near(spots[0].volume_nl, 8_000.0) && near(spots[0].parts["culture:S00"], 8_000.0));
        assert_eq!(events(&sim, "spot").len(), 2);
        // 8 uL more on the first spot, 1 mm beside its middle.
        board.right_over(well_96(9, 0, 0)).await;
        board.right_down(5.0).await;
        hold(&mut board, 8.0).await;
        board.right_over(on_agar(-19.0, 5.0)).await;
        board.right_down(SURFACE + 3.0).await;
        hold(&mut board, 0.0).await;
        assert_eq!(kinds(&sim.truth()), ["spot-runs"]);
        // Agar gives nothing.
        board.right_down(SURFACE).await;
        hold(&mut board, 2.0).await;
        assert_eq!(kinds(&sim.truth())[1..], ["aspirates-from-agar"]);
        // Loaded cultures rest, then lag, then grow to what a spot holds.
        let before = sim.truth().plates["picks"].spots[1].cells["S00"];
        tokio::time::sleep(std::time::Duration::from_secs(4 * 86_400)).await;
        let after = sim.truth().plates["picks"].spots[1].cells["S00"];
        assert!(after > 20.0 * before && after <= 125.1, "{before} to {after}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_colony_sticks_to_a_tip_and_comes_off_in_a_well() {
    on_bench(async {
        let (sim, mut board) = agar_bench(7, "\n[simulation.colonies.picks]\ncount = 20\n").await;
        let colonies = events(&sim, "colony");
        assert_eq!(colonies.len(), 20);
        let at = |n: usize| {
            let mm = |key: &str| colonies[n][key].as_f64().unwrap() / 1000.0;
            on_agar(mm("x_um"), mm("y_um"))
        };
        for a in &colonies {
            for b in colonies.iter().filter(|b| b["strain"] != a["strain"]) {
                let way = |key: &str| a[key].as_f64().unwrap() - b[key].as_f64().unwrap();
                assert!(way("x_um").hypot(way("y_um")) >= 3_999.0);
            }
        }
        // Medium into a well, then the first colony into it.
        board.pick_up_right(2, 0, 0).await;
        board.right_over((63.88 + 1.3, 181.0 + 42.74 - 0.8)).await;
        board.right_down(6.0).await;
        hold(&mut board, 12.0).await;
        board.right_over(well_96(8, 0, 0)).await;
        board.right_down(13.0).await;
        hold(&mut board, 0.0).await;
        let (x, y) = at(0);
        board.right_over((x + 1.0, y)).await;
        board.right_down(SURFACE - 0.5).await;
        board.right_over(well_96(8, 0, 0)).await;
        board.right_down(3.6).await;
        let truth = sim.truth();
        assert_eq!(kinds(&truth), Vec::<&str>::new());
        let well = &truth.plates["assay"].wells["A1"];
        assert_eq!(well.cells.keys().collect::<Vec<_>>(), ["picks-1"]);
        assert!(near(well.cells["picks-1"], 0.05 * 125.0));
        let dips = events(&sim, "dip");
        assert_eq!(
            dips.iter()
                .map(|d| (&d["plate"], &d["taken"], &d["left"]))
                .collect::<Vec<_>>(),
            [
                (&json!("picks"), &json!(["picks-1"]), &json!([])),
                (&json!("assay"), &json!([]), &json!(["picks-1"])),
            ]
        );
        assert_eq!(dips[0]["depth_um"], 500);
        // The same tip on another colony; then too deep.
        board.right_over(at(1)).await;
        board.right_down(SURFACE - 0.5).await;
        board.right_over(on_agar(0.0, 0.0)).await;
        board.right_down(SURFACE - 2.5).await;
        assert_eq!(kinds(&sim.truth()), ["contamination", "tip-driven-into-agar"]);
        // Same seed, same places; another seed, others.
        let again = agar_bench(7, "\n[simulation.colonies.picks]\ncount = 20\n")
            .await
            .0;
        let other = agar_bench(8, "\n[simulation.colonies.picks]\ncount = 20\n")
            .await
            .0;
        let places = |sim: &Sim| {
            let place = |e: Value| (e["x_um"].clone(), e["y_um"].clone());
            events(sim, "colony").into_iter().map(place).collect::<Vec<_>>()
        };
        assert_eq!(places(&again), places(&sim));
        assert_ne!(places(&other), places(&sim));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_tip_with_cells_leaves_a_colony_where_it_touches_bare_agar() {
    on_bench(async {
        let (sim, mut board) =
            agar_bench(7, "\n[simulation.colonies.picks]\ncount = 1\nstrain = \"S05\"\n").await;
        let spot = sim.truth().plates["picks"].spots[0].clone();
        let (x, y) = (spot.x_um as f64 / 1000.0, spot.y_um as f64 / 1000.0);
        let bare = if x > 0.0 { x - 20.0 } else { x + 20.0 };
        board.pick_up_right(2, 0, 0).await;
        for x in [x, bare] {
            board.right_over(on_agar(x, y)).await;
            board.right_down(SURFACE - 0.2).await;
        }
        let truth = sim.truth();
        assert_eq!(kinds(&truth), Vec::<&str>::new());
        let spots = &truth.plates["picks"].spots;
        assert_eq!(spots.len(), 2);
        assert!(near(spots[1].cells["S05"], 0.025 * 125.0));
        tokio::time::sleep(std::time::Duration::from_secs(4 * 86_400)).await;
        assert!(sim.truth().plates["picks"].spots[1].cells["S05"] > 100.0);
    })
    .await;
}

#[test]
fn every_kind_of_violation_stands_in_the_readme_with_its_meaning() {
    let path = config().join("../hardware-sim/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let mut ids = BTreeMap::new();
    for hazard in Hazard::ALL {
        let row = format!("| `{}` | {} |", hazard.id(), hazard.meaning());
        assert!(readme.lines().any(|line| line == row), "the README lacks: {row}");
        assert_eq!(ids.insert(hazard.id(), *hazard), None, "{hazard} twice");
    }
    let rows = readme.lines().filter(|line| {
        line.strip_prefix("| `")
            .and_then(|rest| rest.split('`').next())
            .is_some_and(|id| ids.contains_key(id))
    });
    assert_eq!(rows.count(), Hazard::ALL.len());
}

#[tokio::test(start_paused = true)]
async fn violations_are_counted_by_kind_and_stand_in_the_ledger() {
    on_bench(async {
        let (sim, mut board) = loaded(3).await;
        board.pick_up_right(2, 0, 0).await;
        for _ in 0..2 {
            board.right_over(well_96(8, 0, 0)).await;
            board.right_down(5.0).await;
            hold(&mut board, 5.0).await;
            hold(&mut board, 0.0).await;
        }
        assert_eq!(sim.truth().hazards(), BTreeMap::from([(Hazard::AspiratesAir, 2)]));
        let told = sim.ledger().into_iter().filter(|entry| {
            matches!(
                &entry.event,
                Event::Violation {
                    id: Hazard::AspiratesAir,
                    ..
                }
            )
        });
        assert_eq!(told.count(), 2);
        assert_eq!(events(&sim, "violation")[0]["id"], "aspirates-air");
    })
    .await;
}
