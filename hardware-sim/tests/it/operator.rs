//! The simulated operator: loading, asking twice, looking.

use crate::bench::*;
use serde_json::json;
use std::time::Duration;
use tokio::{io::AsyncWriteExt as _, time::sleep};

#[tokio::test(start_paused = true)]
async fn loads_after_four_minutes_and_only_once() {
    on_bench(async {
        let sim = sim(7);
        let request = json!({"id": 4, "kind": "load", "text": "rack", "items": [{"place": "deck-1", "labware": "tiprack-300", "name": "tips-1"}]});
        let mut link = sim.operator();
        link.write_all(format!("{request}\n").as_bytes()).await.unwrap();
        sleep(Duration::from_secs(100)).await;
        drop(link);
        assert!(sim.truth().racks.is_empty());
        let mut link = sim.operator();
        assert_eq!(prompt_on(&mut link, request.clone()).await, json!({"id": 4, "answer": "done"}));
        let minutes = (sim.clock().now() - START_US) as f64 / 60e6;
        assert!((3.99..4.02).contains(&minutes), "answered after {minutes} min, not anew from the second asking");
        assert_eq!(prompt(&sim, request).await, json!({"id": 4, "answer": "done"}));
        assert_eq!(complaints(&sim.truth()), Vec::<String>::new(), "not loaded twice");
        assert_eq!(sim.truth().racks["tips-1"].left, 96);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn replaces_refuses_looks_and_reads_barcodes() {
    on_bench(async {
        let sim = sim(7);
        load_deck(&sim).await;
        load(
            &sim,
            2,
            json!([{"place": "deck-1", "labware": "tiprack-300", "name": "tips-9", "replace": true}]),
        )
        .await;
        assert!(sim.truth().racks.contains_key("tips-9"));
        load(
            &sim,
            3,
            json!([{"place": "deck-1", "labware": "tiprack-300", "name": "tips-10"}]),
        )
        .await;
        assert!(complaints(&sim.truth())[0].contains("two things in one nest"));
        let look = |look| json!({"id": 5, "kind": "settle", "look": look});
        let plate = |place: &str| look(json!({"what": "plate", "place": place, "done_if": "present"}));
        assert_eq!(prompt(&sim, plate("deck-8")).await["answer"], "done");
        assert_eq!(prompt(&sim, plate("transfer")).await["answer"], "not_done");
        assert_eq!(
            prompt(
                &sim,
                look(json!({"what": "tip", "mount": "left", "done_if": "absent"}))
            )
            .await["answer"],
            "done"
        );
        assert_eq!(
            prompt(
                &sim,
                look(json!({"what": "liquid", "mount": "left", "done_if_nl": [0, 10]}))
            )
            .await["answer"],
            "done"
        );
        assert_eq!(
            prompt(&sim, json!({"id": 8, "kind": "barcode", "place": "deck-9"})).await["answer"],
            "SRC1"
        );
        assert_eq!(
            prompt(&sim, json!({"id": 9, "kind": "confirm"})).await["answer"],
            "done"
        );
        assert!(prompt(&sim, json!({"id": 10, "kind": "sing"})).await["error"].is_string());
        assert!(
            prompt(
                &sim,
                json!({"id": 11, "kind": "load", "items": [{"place": "nowhere", "labware": "tiprack-300"}]})
            )
            .await["error"]
                .is_string()
        );
    })
    .await;
}
