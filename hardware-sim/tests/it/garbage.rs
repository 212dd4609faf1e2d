//! Whatever arrives on a line, no twin dies, and each still answers afterwards.

use crate::{bench::*, register_devices::Device};
use hardware_sim::Fault;
use proptest::{collection::vec, prelude::*};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

/// Pieces that reach deeper than random bytes.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "G0",
        "G1",
        "G4",
        "G28.2",
        "G28.6",
        "G38.2",
        "G90",
        "G91",
        "M400",
        "M114.2",
        "M119",
        "M120",
        "M121",
        "M203.1",
        "M204",
        "M365.0",
        "M365.1",
        "M365.3",
        "M369",
        "M370",
        "M371",
        "M18",
        "M112",
        "M999",
        " X",
        " Y",
        " Z",
        " A",
        " B",
        " C",
        " F",
        " P",
        " S",
        " L",
        " R",
        "-",
        "0",
        "1",
        "7",
        "99999999999999999999",
        ".",
        "\r\n",
        "\n",
        "mv:",
        "st ",
        "ts ",
        "sn ",
        "001",
        "042",
        "ch:",
        "bs",
        "bc ",
        "ll:",
        "va",
        "in",
        "{\"id\":1,",
        "\"kind\":\"load\"",
        "\"items\":[{\"place\":\"deck-1\"}]}",
        "?",
    ]);
    prop_oneof![
        4 => words.prop_map(|word| word.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..12),
        1 => (any::<u8>(), any::<u16>(), any::<u16>()).prop_map(|(function, address, count)| {
            let [a, b] = address.to_be_bytes();
            let [c, d] = count.to_be_bytes();
            vec![0, 1, 0, 0, 0, 6, 1, function % 48, a % 2, b, c % 2, d]
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn no_twin_dies_of_what_it_is_told(pieces in vec(piece(), 1..60), power in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(on_bench(async {
            let sim = sim(1);
            let bytes = pieces.concat();
            for name in ["handler", "incubator", "mover", "reader"] {
                let mut link = sim.connect(name).unwrap();
                link.write_all(&bytes).await.unwrap();
                link.write_all(b"\r\n").await.unwrap();
                hear(&mut link, Duration::from_secs(30)).await;
                if power {
                    sim.inject(name, Fault::PowerCycle).unwrap();
                }
            }
            let mut link = sim.operator();
            link.write_all(&bytes).await.unwrap();
            hear(&mut link, Duration::from_secs(300)).await;
            let truth = sim.truth();
            prop_assert!(truth.plates.is_empty());
            let mut incubator = sim.connect("incubator").unwrap();
            prop_assert!(ask(&mut incubator, b"\r\nch:bs\r\n").await.ends_with(b"\r"));
            let mut reader = Device::reader(&sim);
            prop_assert_eq!(reader.input(0, 1).await, vec![9600]);
            Ok(())
        }))?;
    }
}
