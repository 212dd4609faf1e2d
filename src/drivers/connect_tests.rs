use super::*;
use crate::devices::Moved;
use crate::drivers::testing::{clock, library, local, rig};
use crate::link::Settings;

#[tokio::test(start_paused = true)]
async fn every_instrument_of_the_demonstration_rig_has_a_driver() {
    local(async {
        let rig = rig();
        for id in rig.instruments.keys() {
            let (ours, _theirs) = tokio::io::duplex(64);
            let line = Line::over(ours, Settings::at("nowhere"), clock());
            let mut driver = connect(id, &rig, &library(), line, clock()).unwrap();
            let failure = driver.identify().await.unwrap_err();
            assert_eq!(
                (failure.kind, failure.moved),
                (FailureKind::NoAnswer, Moved::No),
                "{id}"
            );
            assert!(
                failure.message.contains(id.as_str()) && failure.message.contains("switched on"),
                "{failure}"
            );
        }
        let (ours, _theirs) = tokio::io::duplex(64);
        let line = Line::over(ours, Settings::at("nowhere"), clock());
        let missing = connect(&"sealer".into(), &rig, &library(), line, clock())
            .err()
            .unwrap();
        assert!(missing.message.contains("no instrument \"sealer\""), "{missing}");
    })
    .await;
}
