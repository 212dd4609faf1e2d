//! Where liquid stands in wells that are not flat, through the motor board's bytes.

use crate::bench::*;
use hardware_sim::{Sim, SimClock, Texts};
use serde_json::{Value, json};

/// Row of the p300 table for 20 µL, and for 45 to 54 µL.
const ROW_20: [f64; 2] = [0.0253, 8.0502];
const ROW_50: [f64; 2] = [0.0057, 8.6705];

/// A bench with `labware` in deck-8 whose first column holds `volume_nl` of medium.
async fn bench(texts: &Texts, labware: &str, volume_nl: u64) -> Sim {
    let sim = Sim::new(texts, 3, SimClock::virtual_time(START_US)).unwrap();
    let contents: Vec<Value> = "ABCDEFGH"
        .chars()
        .map(|row| json!({"well": format!("{row}1"), "liquid": "medium", "strain": null, "volume_nl": volume_nl}))
        .collect();
    load(
        &sim,
        1,
        json!([
            {"place": "deck-1", "labware": "tiprack-300", "name": "tips-1"},
            {"place": "deck-8", "labware": labware, "plate": "plate", "barcode": "P1", "lid": false, "contents": contents},
        ]),
    )
    .await;
    sim
}

/// Draws with eight tips at a height over the nest; what was complained of, and what A1 holds afterwards.
async fn draw(sim: &Sim, height: f64, row: [f64; 2], volume: f64) -> (Vec<String>, f64) {
    let mut board = Handler::new(sim);
    board.home().await;
    board.pick_up_left(1, 0).await;
    board.left_over(well_96(8, 0, 0)).await;
    board.left_down(height).await;
    board.left_plunger(row, volume).await;
    let truth = sim.truth();
    (complaints(&truth), truth.plates["plate"].wells["A1"].net_nl)
}

#[tokio::test(start_paused = true)]
async fn a_tip_two_millimetres_up_is_wet_over_a_v_bottom_and_dry_over_a_flat_one() {
    on_bench(async {
        // 60 uL stand 3.6 mm high over the cone of 3 mm, 1.6 mm over the flat bottom.
        let sim = bench(&texts(), "plate-96-v", 60_000).await;
        let (said, left) = draw(&sim, 3.32 + 2.0, ROW_20, 20.0).await;
        assert_eq!(said, Vec::<String>::new());
        assert!((left - 40_000.0).abs() < 20.0, "{left}");

        let sim = bench(&texts(), "plate-96-flat", 60_000).await;
        let (said, left) = draw(&sim, 3.55 + 2.0, ROW_20, 20.0).await;
        assert!(said[0].contains("aspirates air"), "{said:?}");
        assert!((left - 60_000.0).abs() < 1.0, "{left}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_stands_below_the_tips_end_stays_in_the_cone() {
    on_bench(async {
        let sim = bench(&texts(), "plate-96-v", 55_000).await;
        let (said, left) = draw(&sim, 3.32 + 2.0, ROW_50, 50.0).await;
        // Up to 2 mm the cone of 3 mm and 36.96 uL holds 8/27 of that.
        assert!((left - 36_960.0 * 8.0 / 27.0).abs() < 20.0, "{left}");
        assert!(said[0].contains("aspirates air"), "{said:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn tubes_in_a_rack_give_and_take() {
    on_bench(async {
        let sim = bench(&texts(), "cryorack-96-1ml", 500_000).await;
        let (said, left) = draw(&sim, 5.0 + 10.0, ROW_50, 50.0).await;
        assert_eq!(said, Vec::<String>::new());
        assert!((left - 450_000.0).abs() < 20.0, "{left}");
        let mut board = Handler::new(&sim);
        board.run("G0 B-14.5").await;
        let truth = sim.truth();
        assert_eq!(complaints(&truth), Vec::<String>::new());
        assert!((truth.plates["plate"].wells["A1"].net_nl - 500_000.0).abs() < 20.0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_opentrons_definition_stands_on_the_deck() {
    on_bench(async {
        let mut wells = serde_json::Map::new();
        let ordering: Vec<Vec<String>> = (0..12_u8)
            .map(|column| {
                "ABCDEFGH"
                    .chars()
                    .enumerate()
                    .map(|(row, letter)| {
                        let name = format!("{letter}{}", column + 1);
                        let well = json!({
                            "x": 14.38 + 9.0 * f64::from(column), "y": 74.24 - 9.0 * row as f64, "z": 3.32,
                            "depth": 10.9, "totalLiquidVolume": 300, "shape": "circular", "diameter": 6.86,
                            "geometryDefinitionId": "cone",
                        });
                        wells.insert(name.clone(), well);
                        name
                    })
                    .collect()
            })
            .collect();
        let definition = json!({
            "schemaVersion": 3, "version": 1, "namespace": "own", "wells": wells, "ordering": ordering,
            "metadata": {"displayName": "Own", "displayCategory": "wellPlate", "displayVolumeUnits": "µL"},
            "parameters": {"format": "96Standard", "isTiprack": false, "loadName": "own_96"},
            "dimensions": {"xDimension": 127.76, "yDimension": 85.48, "zDimension": 14.22},
            "groups": [{"wells": ["A1"], "metadata": {"wellBottomShape": "v"}}],
            "innerLabwareGeometry": {"cone": {"sections": [
                {"shape": "conical", "bottomDiameter": 6.86, "topDiameter": 6.86, "bottomHeight": 3, "topHeight": 10.9},
                {"shape": "conical", "bottomDiameter": 0, "topDiameter": 6.86, "bottomHeight": 0, "topHeight": 3},
            ]}},
        });
        let mut texts = texts();
        texts.labware.insert("own_96".to_owned(), definition.to_string());
        let sim = bench(&texts, "own_96", 55_000).await;
        let (said, left) = draw(&sim, 3.32 + 2.0, ROW_50, 50.0).await;
        assert!((left - 36_960.0 * 8.0 / 27.0).abs() < 20.0, "{left}");
        assert!(said[0].contains("aspirates air"), "{said:?}");
    })
    .await;
}
