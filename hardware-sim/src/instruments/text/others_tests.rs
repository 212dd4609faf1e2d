//! Instruments beside the workflow's stations by their dossiers' exchanges: circulators, syringe and roller pumps, balance,
//! magnets.

use super::bench::{Bench, SEAT};
use crate::fault::Fault;

#[test]
fn the_huber_answers_as_in_its_dossier() {
    let mut huber = Bench::of_profile("huber", 25.0);
    for (said, heard) in [
        ("{M01****\r\n", "{S0109C4\r\n"),
        ("{M00F830\r\n", "{S00F830\r\n"),
        ("{M000E74\r\n", "{S000E74\r\n"),
        ("{M140001\r\n", "{S140001\r\n"),
        ("{M0A****\r\n", "{S0A4013\r\n"),
        ("{M07****\r\n", "{S07C504\r\n"),
        ("{M007530\r\n", "{S004E20\r\n"),
        ("{M00****\r\n", "{S004E20\r\n"),
        ("{M3A****\r\n", "{S3A7FFF\r\n"),
        ("{M0****\r\n", ""),
        ("M01****\r\n", ""),
        ("{M000E74\r\n", "{S000E74\r\n"),
    ] {
        assert_eq!(huber.say(said), heard, "{said:?}");
    }
    huber.wait(180.0);
    assert_eq!(
        huber.say("{M01****\r\n"),
        "{S010CBB\r\n",
        "two thirds of the way to 37 C"
    );
    huber.wait(3600.0);
    assert_eq!(huber.say("{M01****\r\n"), "{S010E74\r\n");
    huber.fault(Fault::PowerCycle);
    assert_eq!(huber.say("{M0A****\r\n"), "{S0A0000\r\n", "it was restarted");
    assert_eq!(huber.say("{M0A****\r\n"), "{S0A4000\r\n");
    huber.wait(36_000.0);
    assert_eq!(huber.say("{M01****\r\n"), "{S0109C4\r\n");
}

#[test]
fn the_julabo_answers_as_in_its_dossier() {
    let mut julabo = Bench::of_profile("julabo", 25.0);
    assert_eq!(julabo.say("in_pv_00\r"), "25.00\r\n");
    assert_eq!(julabo.say("status\r"), "02 REMOTE STOP\r\n");
    assert_eq!(julabo.say("out_sp_00 37.00\r"), "");
    assert_eq!(julabo.say("in_sp_00\r"), "", "too soon after an out");
    julabo.wait(0.3);
    assert_eq!(julabo.say("in_sp_00\r"), "37.00\r\n");
    assert_eq!(julabo.say("out_mode_05 1\r"), "");
    julabo.wait(0.3);
    assert_eq!(julabo.say("status\r"), "03 REMOTE START\r\n");
    assert_eq!(julabo.say("foo\r"), "");
    assert_eq!(julabo.say("status\r"), "-08 INVALID COMMAND\r\n");
    assert_eq!(julabo.say("status\r"), "03 REMOTE START\r\n");
    assert_eq!(julabo.say("A001_in_sp_00\r"), "A001_37.00\r\n");
    julabo.say("out_sp_00 999\r");
    julabo.wait(0.3);
    assert!(julabo.say("status\r").starts_with("-11"));
    julabo.wait(3600.0);
    assert_eq!(julabo.say("in_pv_00\r"), "37.00\r\n");
}

#[test]
fn the_lauda_answers_as_in_its_dossier() {
    let mut lauda = Bench::of_profile("lauda", 25.0);
    for (said, heard) in [
        ("IN_PV_00\r", "25.00\r\n"),
        ("OUT_SP_00_37.00\r", "OK\r\n"),
        ("OUT_SP_00 38.00\r\n", "OK\r\n"),
        ("OUT_SP_00_999\r", "ERR_32\r\n"),
        ("OUT_SP_00_x\r", "ERR_6\r\n"),
        ("IN_SP_00\r", "38.00\r\n"),
        ("IN_MODE_02\r", "1\r\n"),
        ("START\r", "OK\r\n"),
        ("IN_MODE_02\r", "0\r\n"),
        ("STATUS\r", "0\r\n"),
        ("WHAT\r", "ERR_3\r\n"),
    ] {
        assert_eq!(lauda.say(said), heard, "{said:?}");
    }
    lauda.wait(3600.0);
    assert_eq!(lauda.say("IN_PV_00\r"), "38.00\r\n");
}

#[test]
fn the_ml600_answers_as_in_its_dossier() {
    let mut pump = Bench::of_profile("ml600", 22.0);
    assert_eq!(pump.say("aUR\r"), "", "without a number");
    assert_eq!(pump.say("1a\r"), "1b\r");
    assert_eq!(pump.say("aUR\r"), "\u{6}NV01.02.B\r");
    assert_eq!(pump.say("aBM24000S10R\r"), "\u{6}\r");
    assert_eq!(pump.say("aF\r"), "\u{6}N\r", "not initialised: not executed");
    assert_eq!(pump.say("aXR\r"), "\u{6}\r");
    assert_eq!(pump.say("aF\r"), "\u{6}*\r");
    pump.wait(10.0);
    assert_eq!(pump.say("aF\r"), "\u{6}Y\r");
    assert_eq!(pump.say("aBM24000S10R\r"), "\u{6}\r");
    pump.wait(2.5);
    assert_eq!(
        pump.say("aYQPR\r"),
        "\u{6}12000\r",
        "half of 24000 steps at 10 s a stroke"
    );
    assert_eq!(pump.say("aE1\r"), "\u{6}B\r");
    pump.wait(2.6);
    assert_eq!(pump.say("aYQPR\r"), "\u{6}24000\r");
    assert_eq!(pump.say("aE1\r"), "\u{6}@\r");
    assert_eq!(pump.say("aQQQR\r"), "\u{15}\r");
    assert_eq!(pump.say("aE1\r"), "\u{6}H\r");
    assert_eq!(pump.say("aE1\r"), "\u{6}@\r", "reading clears it");
    for all in [":K\r", ":V\r", ":#SP2\r", ":XR\r"] {
        assert_eq!(pump.say(all), "");
    }
    assert_eq!(pump.say("aE1\r"), "\u{6}B\r", "nothing wrong with these");
    pump.wait(10.0);
    assert_eq!(pump.say("aYQPR\r"), "\u{6}0\r");
    pump.say("aIP24000S2OD24000S4R\r");
    pump.wait(3.0);
    assert_eq!(pump.say("aLQPR\r"), "\u{6}2\r");
    pump.fault(Fault::Jammed { times: 1 });
    pump.wait(5.0);
    assert_eq!(pump.say("aZ\r"), "\u{6}Y\r");
    assert_eq!(pump.say("aBF\r"), "\u{6}N\r", "of its one side");
    assert_eq!(pump.say("aYQPR\r"), "\u{6}12000\r");
}

#[test]
fn the_masterflex_answers_as_in_its_dossier() {
    let mut pump = Bench::of_profile("masterflex", 22.0);
    assert_eq!(pump.say("\u{5}"), "P?0\r");
    assert_eq!(pump.say("\u{2}P02H\r"), "", "it has no number");
    assert_eq!(pump.say("\u{5}P02\r"), "\u{6}");
    assert_eq!(pump.say("\u{5}"), "");
    assert_eq!(pump.say("\u{2}P02H\r"), "\u{6}");
    assert_eq!(pump.say("\u{2}P02S+100G0\r"), "\u{6}");
    assert_eq!(pump.say("\u{2}P03H\r"), "", "another pump");
    assert_eq!(pump.say("\u{2}P02V5.25G\r"), "\u{6}");
    assert_eq!(pump.say("\u{2}P02I\r"), "\u{2}P02I00000\r");
    assert_eq!(pump.say("\u{2}P02S\r"), "\u{2}S+100.0\r");
    pump.wait(60.0);
    assert_eq!(pump.say("\u{2}P02C\r"), "\u{2}C5.25\r");
    assert_eq!(pump.say("\u{2}P02V3G\r"), "\u{6}");
    pump.wait(0.6);
    assert_eq!(pump.say("\u{2}P02E\r"), "\u{2}E2.00\r");
    assert_eq!(pump.say("\u{2}P02HZZ0\r"), "\u{6}");
    assert_eq!(pump.say("\u{2}P02C\r"), "\u{2}C0.00\r");
    assert_eq!(pump.say("\u{2}P02E\r"), "\u{2}E0.00\r");
    assert_eq!(pump.say("\u{2}P02S-700\r"), "\u{15}");
    assert_eq!(pump.say("\u{2}P02Q\r"), "\u{15}");
    pump.fault(Fault::PowerCycle);
    assert_eq!(pump.say("\u{5}"), "P?0\r");
}

#[test]
fn the_balance_weighs_what_stands_on_it() {
    let mut balance = Bench::of_profile("mettler", 22.0);
    assert_eq!(balance.say("M21 0 0\r\n"), "M21 A\r\n");
    assert_eq!(balance.say("I4\r\n"), "I4 A \"B123456\"\r\n");
    assert_eq!(balance.say("WHAT\r\n"), "ES\r\n");
    let weigh = |balance: &mut Bench, word: &str| {
        assert_eq!(balance.say(&format!("{word}\r\n")), "", "it settles");
        let (answer, _) = balance.until_said();
        let grams = answer
            .strip_prefix(&format!("{word} S "))
            .unwrap()
            .strip_suffix(" g\r\n");
        assert_eq!(grams.unwrap().len(), 10, "{answer}");
        grams.unwrap().trim().parse::<f64>().unwrap()
    };
    assert!(weigh(&mut balance, "S").abs() < 1e-4);
    balance.plate(SEAT, false, false);
    let tare = weigh(&mut balance, "T");
    assert!((tare - 20.1996).abs() < 1e-3, "{tare}");
    let item = balance.world.items.get_mut("p").unwrap();
    item.wells[2].volume_nl += 10_000.0;
    let gained = weigh(&mut balance, "S");
    assert!(
        (gained - 0.00998).abs() < 2e-4,
        "10 uL of water weigh 10 mg: {gained}"
    );
    assert!(balance.say("SI\r\n").starts_with("S S "));
    assert!(balance.say("TA\r\n").starts_with("TA A   20."));
    // One that stands for itself weighs what is in the nest that the rig names, and needs none.
    let mut other = Bench::set_up(
        22.0,
        "kind = \"profile\"\nnest = \"beside\"",
        |world, instrument, durations, now| {
            let of = (super::bench::NAME, instrument);
            super::of_profile(world, of, "mettler-balance", durations, now).unwrap()
        },
    );
    other.plate("beside", false, false);
    assert!((weigh(&mut other, "S") - 20.1996).abs() < 1e-3);
    balance.fault(Fault::DoorOpen);
    assert!(balance.say("SI\r\n").starts_with("S D "));
    balance.say("S\r\n");
    assert_eq!(balance.until_said().0, "S I\r\n");
}

#[test]
fn the_magnetic_module_answers_as_in_its_dossier() {
    let mut module = Bench::of_profile("ot-magnetic", 22.0);
    assert_eq!(module.say("G28.2 \r\n\r\n"), "");
    assert_eq!(module.until_said().0, "ok\r\nok\r\n");
    assert_eq!(module.say("G0 Z10.12 \r\n\r\n"), "");
    let (answer, after) = module.until_said();
    assert_eq!(answer, "ok\r\nok\r\n");
    assert!((after - 10.12 / 25.0).abs() < 0.001, "{after}");
    assert_eq!(module.say("M114.2 \r\n\r\n"), "Z:10.12\r\nok\r\nok\r\n");
    assert_eq!(module.say("G0 Z12.34 M114.2 \r\n\r\n"), "");
    assert_eq!(module.until_said().0, "Z:12.34\r\nok\r\nok\r\n");
    assert_eq!(module.say("M836 \r\n\r\n"), "height:7.00\r\nok\r\nok\r\n");
    module.say("G0 Z99 \r\n\r\n");
    module.until_said();
    assert_eq!(
        module.say("M114.2 \r\n\r\n"),
        "Z:22.00\r\nok\r\nok\r\n",
        "the endstop"
    );
    assert!(
        module
            .say("M115 \r\n\r\n")
            .starts_with("serial:MDV0118052801 model:mag_deck_v20 ")
    );
    module.fault(Fault::PowerCycle);
    assert_eq!(module.say("M114.2 \r\n\r\n"), "Z:0.00\r\nok\r\nok\r\n");
}
