//! The incubator: the dossier's exchanges, busy times, errors, barcodes, shaking.

use crate::bench::*;
use hardware_sim::DirectLink;
use hardware_sim::{Fault, Sim};
use serde_json::json;
use std::time::Duration;
use tokio::time::sleep;

async fn say(link: &mut DirectLink, request: &str) -> String {
    String::from_utf8(ask(link, format!("{request}\r\n").as_bytes()).await).unwrap()
}

/// Polls until the busy bit is clear: the last overview.
async fn ready(link: &mut DirectLink) -> String {
    loop {
        let overview = say(link, "ch:bs").await;
        let byte = u8::from_str_radix(overview.trim().trim_start_matches("bs "), 16).unwrap();
        if byte & 1 == 0 {
            return overview;
        }
        sleep(Duration::from_secs(1)).await;
    }
}

async fn with_plate(sim: &Sim) {
    load(sim, 1, json!([{"place": "transfer", "labware": "plate-96-flat", "plate": "assay", "barcode": "AS1", "lid": true}])).await;
}

#[tokio::test(start_paused = true)]
async fn dossier_exchanges_byte_for_byte() {
    on_bench(async {
        let sim = sim(1);
        let mut link = sim.connect("incubator").unwrap();
        assert_eq!(say(&mut link, "ch:bs").await, "bs 02\r");
        assert_eq!(say(&mut link, "ch:be").await, "be 00\r");
        assert_eq!(say(&mut link, "ch:it").await, "it +30.0 +30.0\r");
        with_plate(&sim).await;
        assert_eq!(
            say(&mut link, "mv:st 005").await,
            "er 32\r",
            "the transfer station is occupied"
        );
        assert_eq!(say(&mut link, "mv:ts 005").await, "ok 81\r");
        assert_eq!(say(&mut link, "mv:ts 006").await, "er 01\r", "busy");
        assert_eq!(ready(&mut link).await, "bs 02\r");
        assert_eq!(sim.truth().plates["assay"].place, "incubator/5");
        assert_eq!(say(&mut link, "mv:st 005").await, "ok 01\r");
        assert_eq!(say(&mut link, "ch:bs").await, "bs 01\r");
        assert_eq!(ready(&mut link).await, "bs 82\r");
        for (request, refusal) in [
            ("mv:st 000", "er 05\r"),
            ("mv:st 043", "er 05\r"),
            ("mv:st 5", "er 04\r"),
            ("mv:xx 005", "er 02\r"),
            ("nonsense", "er 03\r"),
        ] {
            assert_eq!(say(&mut link, request).await, refusal, "{request}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_the_handler_finds_wrong_shows_in_the_error_register() {
    on_bench(async {
        let sim = sim(1);
        let mut link = sim.connect("incubator").unwrap();
        assert_eq!(
            say(&mut link, "mv:st 007").await,
            "ok 01\r",
            "an empty slot is only found when reached"
        );
        assert_eq!(ready(&mut link).await, "bs 0A\r");
        assert_eq!(say(&mut link, "ch:be").await, "be 02\r");
        assert_eq!(say(&mut link, "rs:be").await, "ok 02\r");
        assert_eq!(say(&mut link, "mv:ts 001").await, "er 31\r");
        with_plate(&sim).await;
        say(&mut link, "mv:ts 001").await;
        ready(&mut link).await;
        load(
            &sim,
            2,
            json!([{"place": "transfer", "labware": "plate-96-flat", "plate": "other"}]),
        )
        .await;
        say(&mut link, "mv:ts 001").await;
        assert_eq!(
            ready(&mut link).await,
            "bs 8A\r",
            "the plate is back at the transfer station"
        );
        assert_eq!(say(&mut link, "ch:be").await, "be 03\r");
        assert!(
            complaints(&sim.truth())
                .iter()
                .any(|text| text.contains("two plates in one nest"))
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn barcodes_are_scanned_and_shaking_ends_at_an_access() {
    on_bench(async {
        let sim = sim(1);
        let mut link = sim.connect("incubator").unwrap();
        with_plate(&sim).await;
        say(&mut link, "mv:ts 003").await;
        ready(&mut link).await;
        assert_eq!(say(&mut link, "mv:sn 002 003").await, "ok 01\r");
        ready(&mut link).await;
        assert_eq!(say(&mut link, "ch:bc 003").await, "bc AS1\r");
        assert_eq!(say(&mut link, "ch:bc 002").await, "bc -\r");
        assert_eq!(say(&mut link, "se:pb 20 1000").await, "ok 02\r");
        say(&mut link, "ll:va").await;
        ready(&mut link).await;
        sleep(Duration::from_secs(600)).await;
        say(&mut link, "mv:st 003").await;
        ready(&mut link).await;
        let shaken = sim.truth().plates["assay"].shaken_us;
        assert!((600_000_000..603_000_000).contains(&shaken), "{shaken}");
        sleep(Duration::from_secs(600)).await;
        assert_eq!(sim.truth().plates["assay"].shaken_us, shaken, "and it stays off");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn after_power_loss_it_initialises_and_the_plate_is_where_it_was() {
    on_bench(async {
        let sim = sim(1);
        let mut link = sim.connect("incubator").unwrap();
        with_plate(&sim).await;
        say(&mut link, "mv:ts 003").await;
        sleep(Duration::from_secs(10)).await;
        sim.inject("incubator", Fault::PowerCycle).unwrap();
        assert_eq!(say(&mut link, "ch:bs").await, "bs 81\r");
        assert_eq!(ready(&mut link).await, "bs 82\r");
    })
    .await;
}
