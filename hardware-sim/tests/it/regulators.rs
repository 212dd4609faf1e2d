//! Regulators on a rig: chosen by their profiles' names, on one line, with the ledger's word for what they took up.

use crate::{bench::*, register_devices::Device};
use hardware_sim::{Event, Fault, Sim, SimClock, Texts};
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};
use tokio::{io::AsyncWriteExt as _, time::sleep};

const ENTRIES: &str = r#"
[instruments.oven]
kind = "profile"
profile = "oven.toml"
set_points = { temperature = { min = "20 C", max = "60 C" } }
link = { serial = "/dev/bus", baud = 19200, protocol = "modbus_rtu", unit = 21 }
[instruments.flow]
kind = "profile"
profile = "flow.toml"
link = { serial = "/dev/bus", baud = 19200, protocol = "modbus_rtu", unit = 22 }
[instruments.scales]
kind = "profile"
profile = "scales.toml"
nest = "deck-9"
link = { serial = "/dev/scales", baud = 9600 }
"#;

fn rig() -> Sim {
    let mut texts = texts();
    texts.rig += ENTRIES;
    let profiles = [
        ("oven.toml", "omron-e5cc", "modbus"),
        ("flow.toml", "alicat", "modbus"),
        ("scales.toml", "mettler-balance", "text"),
    ];
    let profiles: BTreeMap<String, String> = profiles
        .into_iter()
        .map(|(path, name, kind)| {
            let head = format!("[profile]\nname = \"{name}\"\nkind = \"{kind}\"\nrole = \"regulator\"\n");
            (path.to_owned(), head)
        })
        .collect();
    texts.profiles.extend(profiles);
    let texts = Texts { ..texts };
    Sim::new(&texts, 1, SimClock::virtual_time(START_US)).unwrap()
}

fn took(sim: &Sim) -> Vec<(String, String, f64)> {
    let entries = sim.ledger().into_iter().filter_map(|entry| match entry.event {
        Event::Regulated {
            instrument,
            quantity,
            value,
        } => Some((instrument, quantity, value)),
        _ => None,
    });
    entries.collect()
}

#[tokio::test(start_paused = true)]
async fn two_on_one_line_take_what_is_theirs_and_a_power_cut_closes_the_gate() {
    on_bench(async {
        let sim = rig();
        let mut oven = Device::station(&sim, "oven", 21, true);
        assert_eq!(oven.pdu(21, &[6, 0x21, 0x03, 0x01, 0x72]).await, [0x86, 4]);
        assert_eq!(oven.pdu(21, &[6, 0, 0, 0, 1]).await, [6, 0, 0, 0, 1]);
        assert_eq!(
            oven.pdu(21, &[6, 0x21, 0x03, 0x01, 0x72]).await,
            [6, 0x21, 0x03, 0x01, 0x72]
        );
        // The other one, on the same line.
        let set = [16, 0x03, 0xF1, 0, 2, 4, 0x41, 0x20, 0, 0];
        assert_eq!(oven.pdu(22, &set).await, [16, 0x03, 0xF1, 0, 2]);
        assert_eq!(
            took(&sim),
            [
                ("oven".to_owned(), "temperature".to_owned(), 37.0),
                ("flow".to_owned(), "flow".to_owned(), 10.0)
            ]
        );
        sleep(Duration::from_secs(1200)).await;
        assert_eq!(oven.pdu(21, &[3, 0x20, 0, 0, 1]).await, [3, 2, 0x01, 0x72]);
        sim.inject("oven", Fault::PowerCycle).unwrap();
        assert_eq!(oven.pdu(21, &[6, 0x21, 0x03, 0x01, 0x00]).await, [0x86, 4]);
        assert_eq!(oven.pdu(21, &[3, 0x21, 0x03, 0, 1]).await, [3, 2, 0x01, 0x72]);
        assert!(sim.truth().hazards().is_empty());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_balance_weighs_what_stands_in_the_nest_that_the_rig_names() {
    on_bench(async {
        let sim = rig();
        let wells = json!([{"well": "A1", "liquid": "water", "strain": null, "volume_nl": 100_000}]);
        let plate = json!({"place": "deck-9", "labware": "plate-96-flat", "plate": "p", "barcode": null, "lid": false, "contents": wells});
        load(&sim, 1, json!([plate])).await;
        let mut scales = sim.connect("scales").unwrap();
        scales.write_all(b"S\r\n").await.unwrap();
        let heard = hear(&mut scales, Duration::from_secs(5)).await;
        let text = String::from_utf8(heard).unwrap();
        let grams = text.strip_prefix("S S ").and_then(|text| text.strip_suffix(" g\r\n"));
        let grams: f64 = grams.unwrap().trim().parse().unwrap();
        assert!((grams - 20.0998).abs() < 2e-4, "{grams}");
    })
    .await;
}
