use super::*;
use crate::plan::{ThermalProgram, ThermalStage, ThermalStep};
use crate::units::{Duration, Force, RotationSpeed, Temperature};

fn celsius(c: i32) -> Temperature {
    Temperature::milli_celsius(c * 1000)
}

fn thermocycle(c: i32, hold: Option<i32>) -> Action {
    let step = ThermalStep {
        temperature: celsius(c),
        duration: Duration::s(30),
    };
    Action::Thermocycle {
        plate: "p".into(),
        program: ThermalProgram {
            lid: None,
            stages: vec![ThermalStage {
                cycles: 30,
                steps: vec![step],
            }],
            hold: hold.map(celsius),
        },
    }
}

#[test]
fn a_station_does_what_the_rig_file_says_that_it_can_and_no_more() {
    let station = |abilities| Station {
        nest: "station".into(),
        door: false,
        abilities,
    };
    let all = station(Abilities {
        seal: Some((celsius(100), celsius(180))),
        peel: true,
        spin: Some(Force::xg(3000)),
        thermocycle: Some((celsius(4), celsius(99))),
        hold: Some((celsius(4), celsius(95))),
        shake: Some((RotationSpeed::rpm(200), RotationSpeed::rpm(2000))),
        scan: true,
    });
    let none = station(Abilities::default());
    let seal = |c| Action::Seal {
        plate: "p".into(),
        temperature: celsius(c),
        duration: Duration::s(3),
    };
    let spin = |force| Action::Spin {
        plate: "p".into(),
        force: Force::xg(force),
        duration: Duration::min(1),
    };
    let shake = |speed: u32| Action::Shake {
        speed: Some(RotationSpeed::rpm(speed)),
    };
    let hold = |c| Action::SetTemperature {
        temperature: celsius(c),
    };
    for (able_to, too_much) in [
        (seal(165), Some(seal(200))),
        (spin(3000), Some(spin(3001))),
        (thermocycle(95, Some(4)), Some(thermocycle(100, None))),
        (thermocycle(4, None), Some(thermocycle(95, Some(2)))),
        (shake(200), Some(shake(199))),
        (hold(37), Some(hold(96))),
        (Action::Shake { speed: None }, None),
        (Action::Peel { plate: "p".into() }, None),
    ] {
        assert_eq!(able(&all, &able_to), Ok(()));
        assert!(able(&none, &able_to).is_err(), "{able_to:?}");
        if let Some(action) = too_much {
            assert!(able(&all, &action).is_err(), "{action:?}");
        }
    }
    assert!(able(&all, &Action::OpenTray).is_err(), "it has no door");
    assert_eq!(able(&none, &Action::Initialise), Ok(()));
}
