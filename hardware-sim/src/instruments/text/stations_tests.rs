//! BioShake, a4S, XPeel and Keyence by their dossiers' exchanges, and what they do to the plate.

use super::bench::{Bench, SEAT};
use crate::{fault::Fault, hazard::Hazard, ledger::Event};

#[test]
fn the_bioshake_answers_as_in_its_dossier() {
    let mut shaker = Bench::of_profile("bioshake", 25.3);
    for (said, heard) in [
        ("getShakeMaxRpm\r", "3000\r\n"),
        ("getShakeMinRpm\r", "200\r\n"),
        ("setShakeTargetSpeed500\r", "ok\r\n"),
        ("setShakeTargetSpeed5000\r", "e\r\n"),
        ("setTempTarget370\r", "ok\r\n"),
        ("setTempTarget1200\r", "e\r\n"),
        ("getTempActual\r", "25.3\r\n"),
        ("shakeFoo\r", "u -> shakeFoo\r\n"),
        ("getshakemaxrpm\r", "u -> getshakemaxrpm\r\n"),
    ] {
        assert_eq!(shaker.say(said), heard, "{said:?}");
    }
}

#[test]
fn the_bioshake_shakes_a_locked_plate_only_and_frees_it_at_rest_only() {
    let mut shaker = Bench::of_profile("bioshake", 22.0);
    shaker.plate(SEAT, false, false);
    assert_eq!(shaker.say("setShakeTargetSpeed800\r"), "ok\r\n");
    assert_eq!(shaker.say("shakeOn\r"), "e\r\n");
    assert_eq!(shaker.violations(), [Hazard::DoorOpen]);
    assert_eq!(shaker.say("setElmLockPos\r"), "", "it takes a moment");
    assert_eq!(shaker.until_said().0, "ok\r\n");
    assert_eq!(shaker.say("setShakeAcceleration5\r"), "ok\r\n");
    assert_eq!(shaker.say("shakeOn\r"), "ok\r\n");
    assert_eq!(shaker.world.grip_plate("mover", SEAT, shaker.now), None, "locked");
    shaker.wait(60.0);
    assert_eq!(shaker.say("setElmUnlockPos\r"), "e\r\n");
    assert_eq!(shaker.say("shakeOff\r"), "ok\r\n");
    shaker.wait(4.0);
    assert_eq!(shaker.say("setElmUnlockPos\r"), "e\r\n", "it still slows down");
    shaker.wait(2.0);
    assert_eq!(shaker.say("setElmUnlockPos\r"), "");
    assert_eq!(shaker.until_said().0, "ok\r\n");
    let shaken = shaker.events().into_iter().find_map(|event| match event {
        Event::Shaken { total_us, .. } => Some(total_us),
        _ => None,
    });
    assert_eq!(shaken, Some(65_000_000));
    assert!(shaker.world.grip_plate("mover", SEAT, shaker.now).is_some());
}

#[test]
fn the_bioshake_heats_boots_and_fails() {
    let mut shaker = Bench::of_profile("bioshake", 22.0);
    shaker.say("setTempTarget370\r");
    assert_eq!(shaker.say("tempOn\r"), "ok\r\n");
    shaker.wait(60.0);
    assert_eq!(shaker.say("getTempActual\r"), "29.2\r\n");
    shaker.wait(120.0);
    assert_eq!(shaker.felt(), 37.0);
    assert!(
        shaker
            .events()
            .iter()
            .any(|event| matches!(event, Event::Held { .. }))
    );
    assert_eq!(shaker.say("resetDevice\r"), "");
    assert_eq!(shaker.say("getTempActual\r"), "", "it boots");
    assert_eq!(shaker.until_said().0, "Initialization complete\r\n");
    shaker.wait(3600.0);
    assert_eq!(shaker.felt(), 22.0);
    shaker.say("setElmLockPos\r");
    shaker.fault(Fault::Jammed { times: 1 });
    assert_eq!(shaker.until_said().0, "e\r\n");
    assert_eq!(shaker.say("shakeOn\r"), "e\r\n", "not locked");
    shaker.fault(Fault::Stuck { times: 1 });
    shaker.say("setElmLockPos\r");
    assert_eq!(shaker.wait(60.0), "");
    shaker.fault(Fault::Mended);
    assert_eq!(shaker.wait(2.0), "ok\r\n");
    shaker.say("shakeOn\r");
    shaker.fault(Fault::PowerCycle);
    assert_eq!(shaker.wait(10.0), "Initialization complete\r\n");
    assert_eq!(shaker.world.station_bars(SEAT), None, "at rest");
}

/// Fields of the last status line.
fn status(stream: &str) -> Vec<String> {
    let line = stream.split('\r').rfind(|line| line.starts_with("*T")).unwrap();
    let line = line.split('!').next().unwrap();
    let line = line.get(..line.len() - 4).unwrap();
    line.split_once('=')
        .unwrap()
        .1
        .split(',')
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_a4s_streams_by_itself_and_seals() {
    let mut sealer = Bench::of_profile("a4s", 25.1);
    let (line, after) = sealer.until_said();
    assert_eq!(line, "\r*T1=0251,0,0,0,0,050,0000zz00!\r");
    assert!(after <= 1.0);
    assert_eq!(sealer.say("*00DH=0170zz!"), "");
    assert_eq!(status(&sealer.wait(10.0))[2], "2", "heats");
    let warm = status(&sealer.wait(140.0));
    assert_eq!(warm[..3], ["1700", "0", "1"]);
    sealer.plate(SEAT, false, false);
    sealer.say("*00DT=0030zz!");
    sealer.say("*00GS=zz!");
    assert_eq!(status(&sealer.wait(1.0))[1], "1");
    assert!(sealer.world.grip_plate("mover", SEAT, sealer.now).is_none());
    let after = sealer.wait(15.0);
    assert_eq!(status(&after)[1], "4");
    assert_eq!(
        status(&sealer.wait(5.0))[1..],
        ["0", "1", "0", "0", "050", "0000"]
    );
    let sealed = sealer.events().into_iter().find_map(|event| match event {
        Event::Sealed {
            temperature_c,
            pressed_us,
            ..
        } => Some((temperature_c, pressed_us)),
        _ => None,
    });
    assert_eq!(sealed, Some((170.0, 3_000_000)));
    assert_eq!(sealer.violations(), [Hazard::TrayClosed]);
    sealer.say("*00GS=zz!");
    assert_eq!(status(&sealer.wait(1.0))[1..4], ["3", "1", "4"], "a second film");
    assert_eq!(sealer.violations(), [Hazard::TrayClosed, Hazard::SecondSeal]);
    sealer.say("*00SR=zz!");
    assert_eq!(
        status(&sealer.wait(7.0))[1..4],
        ["3", "1", "4"],
        "until it is reset"
    );
    sealer.say("*00MC=zz!");
    assert_eq!(status(&sealer.wait(1.4))[1..4], ["0", "1", "0"]);
    assert_eq!(status(&sealer.wait(0.6))[5], "049", "on its way");
    assert_eq!(status(&sealer.wait(5.0))[5], "052", "in");
    sealer.say("*00H0ZZ*00MO=zz!");
    assert_eq!(status(&sealer.wait(6.0))[1..6], ["0", "0", "0", "0", "050"]);
    sealer.say("*00GS=zz!");
    assert_eq!(status(&sealer.wait(1.0))[3], "3", "the heater is off");
}

#[test]
fn the_a4s_keeps_no_more_than_ten_seconds_of_lines_that_nobody_hears() {
    let mut sealer = Bench::of_profile("a4s", 22.0);
    sealer.fault(Fault::PowerCycle);
    let (line, after) = sealer.until_said();
    assert!(line.contains("*T1=0220,0,0,0") && after >= 8.0, "{after} {line}");
    sealer.fault(Fault::Jammed { times: 1 });
    sealer.say("*00MC=zz!");
    assert_eq!(status(&sealer.wait(6.0))[1..4], ["3", "0", "1"]);
}

#[test]
fn the_xpeel_answers_as_in_its_dossier() {
    let mut peeler = Bench::of_profile("xpeel", 22.0);
    assert_eq!(peeler.say("*moveout\r\n"), "*ack\r\n");
    assert_eq!(peeler.until_said().0, "*ready:00,00,00\r\n");
    assert_eq!(peeler.say("*stat\r\n"), "*ready:00,00,00\r\n");
    assert_eq!(peeler.say("*foo\r\n"), "*ready:05,00,00\r\n");
    assert_eq!(peeler.say("*xpeel:92.5\r\n"), "*ready:05,00,00\r\n");
    assert_eq!(peeler.say("*tapeleft\r\n"), "*tape:40,45\r\n");
    peeler.say("*sealcheck\r\n");
    assert_eq!(peeler.until_said().0, "*ready:06,00,00\r\n");
    peeler.plate(SEAT, false, true);
    assert_eq!(peeler.say("*sealcheck\r\n"), "*ack\r\n");
    assert_eq!(peeler.until_said().0, "*ready:04,00,00\r\n");
}

#[test]
fn the_xpeel_peels_once_and_tells_what_went_wrong() {
    let mut peeler = Bench::of_profile("xpeel", 22.0);
    peeler.plate(SEAT, false, true);
    peeler.fault(Fault::Jammed { times: 1 });
    assert_eq!(peeler.say("*xpeel:42.5\r\n"), "*ack\r\n");
    assert!(
        peeler.world.grip_plate("mover", SEAT, peeler.now).is_none(),
        "inside"
    );
    assert_eq!(peeler.say("*stat\r\n"), "", "it moves");
    let (answer, after) = peeler.until_said();
    assert_eq!(answer, "*ready:04,00,00\r\n");
    assert_eq!(after, 17.5, "the tape adheres for 2.5 s");
    assert!(peeler.world.sealed(SEAT));
    assert_eq!(
        peeler.say("*stat\r\n"),
        "*ready:04,00,00\r\n",
        "until the next motion"
    );
    peeler.say("*xpeel:4,4\r\n");
    assert_eq!(peeler.until_said(), ("*ready:00,00,00\r\n".to_owned(), 25.0));
    assert!(!peeler.world.sealed(SEAT));
    peeler.say("*xpeel:42.5\r\n");
    peeler.until_said();
    assert_eq!(peeler.violations(), [Hazard::TrayClosed, Hazard::PeelsNothing]);
    peeler.fault(Fault::DoorOpen);
    peeler.say("*movein\r\n");
    assert_eq!(peeler.until_said().0, "*ready:51,00,00\r\n");
    peeler.fault(Fault::PowerCycle);
    assert_eq!(peeler.say("*stat\r\n"), "*ready:00,00,00\r\n");
}

#[test]
fn the_xpeel_warns_when_its_tape_runs_short() {
    let mut peeler = Bench::of_profile("xpeel", 22.0);
    let mut answers = Vec::new();
    for _ in 0..400 {
        peeler.say("*movespool\r\n");
        answers.push(peeler.until_said().0);
    }
    assert_eq!(answers[369], "*ready:00,00,00\r\n");
    assert_eq!(answers[370], "*ready:20,00,00\r\n");
    peeler.plate(SEAT, false, true);
    peeler.say("*xpeel:42.5\r\n");
    assert_eq!(peeler.until_said().0, "*ready:07,00,00\r\n");
    assert!(peeler.world.sealed(SEAT));
}

#[test]
fn keyence_readers_answer_as_in_their_dossier() {
    let mut bl = Bench::of_profile("keyence", 22.0);
    assert_eq!(bl.say("RMOTOR\r"), "MOTORON\r");
    assert_eq!(bl.say("LON\r"), "");
    assert_eq!(bl.wait(30.0), "", "nothing to read");
    bl.plate(SEAT, false, false);
    assert_eq!(bl.wait(1.0), "P7\r", "the beam is still on");
    assert_eq!(bl.say("LOFF\r"), "");
    bl.fault(Fault::NoBarcode { times: 1 });
    bl.say("LON\r");
    assert_eq!(bl.wait(30.0), "");
    bl.say("LOFF\r");
    bl.say("\u{1b}LO\u{1b}\u{2}LON\u{3}");
    assert_eq!(bl.wait(1.0), "P7\r");
    let reads = bl
        .events()
        .into_iter()
        .filter(|e| matches!(e, Event::BarcodeRead { .. }));
    assert_eq!(reads.count(), 4);

    let mut sr = Bench::of_profile("keyence-sr", 22.0);
    sr.plate(SEAT, false, false);
    assert_eq!(sr.say("LON\r"), "OK,LON\r");
    assert!(sr.say("LON\r").starts_with("ER,LON,"));
    assert_eq!(sr.wait(1.0), "P7\r");
    assert!(
        sr.say("LOFF\r").starts_with("ER,LOFF,"),
        "single mode: it is off already"
    );
}
