//! A fixed probe on the gantry: where its end goes, and that nothing else moves.

use crate::drivers::ot2::Ot2;
use crate::drivers::ot2::wire::Axis;
use crate::drivers::testing::{clock, library, local};
use crate::labware::Well;
use crate::link::{Line, Settings};
use crate::plan::{Action, Height, Site, Travel};
use crate::rig::InstrumentId;
use crate::units::Length;

fn to(height: Height, well: Well) -> Action {
    Action::MoveProbe {
        probe: "needle".into(),
        at: Site::new("deck-9".into(), "plate-96-flat", well),
        height,
        travel: Travel::default(),
    }
}

async fn driver() -> Ot2 {
    let rig = crate::drivers::cavro::testing::probe_rig();
    let (ours, _theirs) = tokio::io::duplex(64);
    let line = Line::over(ours, Settings::at("test"), clock());
    Ot2::new(&InstrumentId::new("handler"), &rig, &library(), line).unwrap()
}

#[tokio::test(start_paused = true)]
async fn its_end_goes_where_the_action_says() {
    local(async {
        let driver = driver().await;
        let library = library();
        let plate = library.get("plate-96-flat").unwrap();
        let stroke = driver
            .probing(&to(Height::FromBottom(Length::um(1_500)), Well::new(0, 0)))
            .unwrap();
        // The nest, the well and the measured deck; the probe hangs 60 mm below the carriage's point.
        let (x, y) = plate.centre(Well::new(0, 0));
        assert_eq!(stroke.x, 265_000 + x.get() + 1_300);
        assert_eq!(stroke.y, 181_000 + y.get() - 800);
        assert_eq!(stroke.lift, Axis::A);
        assert_eq!(stroke.z, plate.geometry.well_bottom.get() + 1_500 + 500 + 60_000);
        // One column on, and over the rim.
        let next = driver
            .probing(&to(Height::FromTop(Length::um(2_000)), Well::new(0, 1)))
            .unwrap();
        assert_eq!((next.x - stroke.x, next.y), (9_000, stroke.y));
        assert!(next.z > stroke.z);
        // It is no pipette: there is no plunger to stroke, and tips are none.
        let pick = Action::PickUpTips {
            pipette: "needle".into(),
            at: Site::new("deck-1".into(), "tiprack-300", Well::new(0, 0)),
        };
        assert!(driver.plunger_move(&pick).is_err());
        let unknown = Action::MoveProbe {
            probe: "pin".into(),
            at: Site::new("deck-9".into(), "plate-96-flat", Well::new(0, 0)),
            height: Height::FromBottom(Length::um(1_000)),
            travel: Travel::default(),
        };
        assert!(driver.probing(&unknown).is_err());
    })
    .await;
}
