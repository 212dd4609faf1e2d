//! Rows D1 to D8: what befalls the devices themselves.

use super::bench::{Bench, Fate, drive, settle};
use super::link_rows::stale;
use super::subjects::Subject;
use super::tally::Tally;
use hardware_sim::{Fault, Sim};
use plated::devices::{Done, Failure, FailureKind, Instrument, Intent, Moved, Settled};
use plated::plan::Action;
use std::time::Duration;

/// No action may take longer than this, whatever befalls its instrument.
const FOR_EVER: Duration = Duration::from_secs(4 * 3600);

/// One action, prepared, with something done to its instrument before it is sent.
async fn performed(
    driver: &mut dyn Instrument,
    sim: &Sim,
    action: &Action,
    befalls: impl FnOnce(&Sim),
) -> Option<(Intent, Result<Done, Failure>)> {
    let before = driver.prepare(action).await.ok()?;
    let intent = Intent {
        action: action.clone(),
        before,
    };
    befalls(sim);
    let result = tokio::time::timeout(FOR_EVER, driver.perform(&intent)).await;
    let result = result.unwrap_or_else(|_| {
        Err(Failure::new(
            FailureKind::Unsupported,
            Moved::Unknown,
            "it hangs for ever",
        ))
    });
    Some((intent, result))
}

/// A bench at one action of the cycle, which has gone round once.
fn at(subject: Subject, number: usize, seed: u64) -> Option<(Bench, Action)> {
    let mut bench = subject.ready(&[], seed)?;
    let cycle = subject.cycle();
    for action in cycle.iter().chain(cycle.iter().take(number)) {
        bench.drive(action);
    }
    bench.happened();
    Some((bench, cycle.get(number)?.clone()))
}

/// Holds what is claimed against what happened; `None` where a person is asked.
fn judged(settled: Option<&Settled>, happened: &[String], expected: &[String]) -> Result<bool, String> {
    match settled {
        Some(Settled::Done { .. }) if happened == expected => Ok(true),
        Some(Settled::NotDone { .. }) if happened.is_empty() => Ok(true),
        Some(Settled::Unknown { .. }) | None => Ok(false),
        Some(other) => Err(format!(
            "claimed {other:?}, but {happened:?} instead of {expected:?}"
        )),
    }
}

/// Every action of every subject.
fn each(mut one: impl FnMut(Subject, usize, &[String], &mut Tally)) -> Tally {
    let mut tally = Tally::default();
    for subject in Subject::ALL {
        for (number, expected) in subject.truth().iter().enumerate() {
            tally.actions += 1;
            tally.faults += 1;
            one(subject, number, expected, &mut tally);
        }
    }
    tally
}

/// D1: it begins and never ends. The driver gives up within hours, claims nothing, and after mending finds out.
pub fn stuck(count: u64, seed: u64) -> Tally {
    let mut all = Tally::default();
    for round in 0..count.max(1) {
        all.add(each(|subject, number, expected, tally| {
            let Some((mut bench, action)) = at(subject, number, seed + round) else {
                return;
            };
            let name = bench.name().to_owned();
            let outcome = bench.with(async |driver, sim| {
                let stick = |sim: &Sim| drop(sim.inject(&name, Fault::Stuck { times: 1 }));
                let (intent, result) = performed(driver, sim, &action, stick).await?;
                let _ = sim.inject(&name, Fault::Mended);
                tokio::time::sleep(Duration::from_secs(30)).await;
                Some((result, settle(driver, &intent).await))
            });
            let happened = bench.happened();
            let case = format!("{subject:?} {}", action.name());
            match outcome {
                Some((Ok(_), _)) => tally.wrong("claimed", case),
                Some((Err(failure), _)) if failure.message.contains("hangs") => tally.wrong("hangs", case),
                Some((Err(_), settled)) => match judged(settled.as_ref(), &happened, expected) {
                    Ok(told) => tally.asked += u64::from(!told),
                    Err(why) => tally.wrong("double or missing", format!("{case}: {why}")),
                },
                None => tally.wrong("not prepared", case),
            }
        }));
    }
    all
}

/// D2: a move stops half-way and says so; every error code of the pump; a stall that no controller notices.
pub fn stalled(count: u64, seed: u64) -> Tally {
    let mut tally = each(|subject, number, expected, tally| {
        let Some((mut bench, action)) = at(subject, number, seed) else {
            return;
        };
        let name = bench.name().to_owned();
        let outcome = bench.with(async |driver, sim| {
            let jam = |sim: &Sim| drop(sim.inject(&name, Fault::Jammed { times: 1 }));
            let (intent, result) = performed(driver, sim, &action, jam).await?;
            Some((result, settle(driver, &intent).await))
        });
        let happened = bench.happened();
        let case = format!("{subject:?} {} jammed", action.name());
        match outcome {
            Some((Ok(_), _)) => tally.wrong("claimed", case),
            Some((Err(_), settled)) => match judged(settled.as_ref(), &happened, expected) {
                Ok(told) => tally.asked += u64::from(!told),
                Err(why) => tally.wrong("double or missing", format!("{case}: {why}")),
            },
            None => tally.wrong("not prepared", case),
        }
    });
    let truth = Subject::Cavro.truth();
    let expected = truth.first().cloned().unwrap_or_default();
    for code in 1..=u8::try_from(count.clamp(1, 15)).unwrap_or(15) {
        let Some((mut bench, action)) = at(Subject::Cavro, 0, seed) else {
            continue;
        };
        tally.actions += 1;
        tally.faults += 1;
        let name = bench.name().to_owned();
        let (first, then) = bench.with(async |driver, sim| {
            let refuse = |sim: &Sim| drop(sim.inject(&name, Fault::Refused { requests: 1, code }));
            let first = performed(driver, sim, &action, refuse)
                .await
                .map(|(_, result)| result);
            (first, drive(driver, &action).await)
        });
        let happened = bench.happened();
        let case = format!("pump error {code}: {first:?}, then {then:?}, {happened:?}");
        match (first, then) {
            (Some(Ok(_)), _) => tally.wrong("claimed", case),
            (_, Fate::Done(_)) if happened == expected => tally.refused += 1,
            _ => tally.wrong("double or missing", case),
        }
    }
    for subject in [Subject::Ot2, Subject::Cavro] {
        let Some((mut bench, action)) = at(subject, 0, seed) else {
            continue;
        };
        tally.actions += 1;
        tally.faults += 1;
        bench.plant(Fault::Slipped { times: 1 });
        let fate = bench.drive(&action);
        let happened = bench.happened();
        // The driver cannot know; whoever holds the ledger against its word must see it.
        if subject.truth().first() == Some(&happened) {
            tally.wrong(
                "slip not seen by the checker",
                format!("{subject:?}: {happened:?}, {fate:?}"),
            );
        }
    }
    tally
}

/// D3: power fails at any moment of an action. Nothing finds its zero again by itself.
pub fn power_cycled(count: u64, seed: u64) -> Tally {
    let mut tally = Tally::default();
    let truths = Subject::ALL.map(|subject| (subject, subject.truth()));
    for n in 0..count {
        let (subject, truth) = truths
            .get(usize::try_from(n % 5).unwrap_or(0))
            .unwrap_or(&truths[0]);
        let number = usize::try_from(n / 5).unwrap_or(0) % truth.len();
        let Some((mut bench, action)) = at(*subject, number, seed + n) else {
            continue;
        };
        let after = Duration::from_millis((n * 7_919 + seed * 104_729) % 16_000);
        tally.actions += 1;
        tally.faults += 1;
        let name = bench.name().to_owned();
        let outcome = bench.with(async |driver, sim| {
            let before = driver.prepare(&action).await.ok()?;
            let intent = Intent {
                action: action.clone(),
                before,
            };
            let cut = async {
                tokio::time::sleep(after).await;
                let _ = sim.inject(&name, Fault::PowerCycle);
            };
            let (result, ()) = tokio::join!(driver.perform(&intent), cut);
            let settled = match result {
                Ok(done) => Some(Settled::Done {
                    done,
                    evidence: plated::devices::Evidence::Commanded,
                }),
                Err(_) => settle(driver, &intent).await,
            };
            Some(settled)
        });
        let happened = bench.happened();
        let case = format!(
            "{subject:?} {} cut after {after:?}, seed {}",
            action.name(),
            seed + n
        );
        let expected = truth.get(number).cloned().unwrap_or_default();
        let Some(settled) = outcome else {
            tally.wrong("not prepared", case);
            continue;
        };
        match judged(settled.as_ref(), &happened, &expected) {
            Ok(told) => tally.asked += u64::from(!told),
            Err(why) => {
                tally.wrong("double or missing", format!("{case}: {why}"));
                continue;
            }
        }
        // Whatever comes next: nothing moves that would need a zero, and no zero is looked for.
        let homes = bench.homings();
        let next = subject.cycle().get((number + 1) % truth.len()).cloned();
        let fate = next.map(|action| bench.drive(&action));
        if bench.homings() > homes {
            tally.wrong("homed by itself", format!("{case}: {fate:?}"));
        }
        let keeps = !matches!(subject, Subject::Cytomat | Subject::Reader);
        if keeps && !bench.happened().is_empty() && !matches!(fate, Some(Fate::Done(_))) {
            tally.wrong("moved without a zero", format!("{case}: {fate:?}"));
        }
    }
    tally
}

/// D4: the incubator's door is opened: before an action, between its preparation and its sending, and while it moves.
pub fn door(count: u64, seed: u64) -> Tally {
    let mut tally = Tally::default();
    let truth = Subject::Cytomat.truth();
    for n in 0..count {
        let number = usize::try_from(n).unwrap_or(0) % truth.len();
        let when = n / 2 % 3;
        let Some((mut bench, action)) = at(Subject::Cytomat, number, seed + n) else {
            continue;
        };
        tally.actions += 1;
        tally.faults += 1;
        let name = bench.name().to_owned();
        let open = |sim: &Sim| drop(sim.inject(&name, Fault::DoorOpen));
        let case = format!(
            "{} with the door opened, case {when}, seed {}",
            action.name(),
            seed + n
        );
        let moved = bench.with(async |driver, sim| match when {
            0 => {
                open(sim);
                match driver.prepare(&action).await {
                    Err(failure) => failure.kind != FailureKind::Interlock,
                    Ok(_) => true,
                }
            }
            1 => performed(driver, sim, &action, open)
                .await
                .is_none_or(|(_, result)| result.is_ok()),
            _ => {
                let moment = async {
                    tokio::time::sleep(Duration::from_secs(5)).await;
                    open(sim);
                };
                let (fate, ()) = tokio::join!(drive(driver, &action), moment);
                // What has begun ends.
                !matches!(fate, Fate::Done(_))
            }
        });
        let happened = bench.happened();
        let expected = truth.get(number).cloned().unwrap_or_default();
        if moved || (when < 2) != happened.is_empty() {
            tally.wrong("moved with the door open", format!("{case}: {happened:?}"));
            continue;
        }
        tally.refused += u64::from(when < 2);
        bench.plant(Fault::DoorClosed);
        if when < 2 {
            let fate = bench.drive(&action);
            let happened = bench.happened();
            if !matches!(fate, Fate::Done(_)) || happened != expected {
                tally.wrong(
                    "double or missing",
                    format!("{case}, closed again: {happened:?}, {fate:?}"),
                );
            }
        }
    }
    tally
}

/// D5: barcodes that are missing or wrong are seen; a tip that did not stay on, a clogged one and short liquid are not, as
/// the instrument has no sensor for them: the ledger shows that they happened.
pub fn unseen(count: u64, seed: u64) -> Tally {
    let mut tally = Tally::default();
    for n in 0..count {
        tally.faults += 1;
        tally.actions += 1;
        if n % 2 == 0 {
            let Some((mut bench, _)) = at(Subject::Cytomat, 1, seed + n) else {
                continue;
            };
            let scan = Action::ScanBarcode {
                plate: "P1".into(),
                slot: "incubator-5".into(),
                expected: "P1".into(),
            };
            bench.plant(if n % 4 == 0 {
                Fault::NoBarcode { times: 1 }
            } else {
                Fault::WrongBarcode { times: 1 }
            });
            let first = bench.with(async |driver, sim| performed(driver, sim, &scan, |_| {}).await);
            match first {
                Some((_, Err(failure))) if failure.kind == FailureKind::Mismatch => tally.refused += 1,
                other => tally.wrong("not refused", format!("{other:?}")),
            }
            let second = bench.drive(&scan);
            if !matches!(&second, Fate::Done(Done::Barcode(Some(code))) if code == "P1") {
                tally.wrong("not read", format!("{second:?}"));
            }
            continue;
        }
        let Some((mut bench, action)) = at(Subject::Ot2, 0, seed + n) else {
            continue;
        };
        let before = bench.sim().truth().plates.get("P1").map(|p| p.wells.clone());
        bench.plant(if n % 4 == 1 {
            Fault::Clogged { times: 1 }
        } else {
            Fault::Short { times: 1 }
        });
        let fate = bench.drive(&action);
        let after = bench.sim().truth().plates.get("P1").map(|p| p.wells.clone());
        let net = |wells: &Option<std::collections::BTreeMap<String, hardware_sim::WellTruth>>| {
            wells.as_ref().and_then(|w| w.get("A1")).map_or(0.0, |w| w.net_nl)
        };
        if !matches!(fate, Fate::Done(_)) || (net(&before) - net(&after)).abs() > 1.0 {
            tally.wrong(
                "no such fault",
                format!("{fate:?}: {} then {}", net(&before), net(&after)),
            );
        }
    }
    tally
}

/// D6: the reading's answers are cut at each byte, and the device does not keep the reading whole.
pub fn transfer_cut(count: u64, seed: u64) -> Tally {
    let mut tally = Tally::default();
    let longest = 260;
    let step = usize::try_from((longest / count.clamp(1, longest)).max(1)).unwrap_or(1);
    let action = Subject::Reader.cycle().first().cloned();
    let Some(action) = action else { return tally };
    for bytes in (0..longest).step_by(step) {
        let risk = Subject::Reader.risk(&format!("\"half\", bytes = {bytes}"), 0.2);
        let Some(mut bench) = Subject::Reader.ready(&[risk], seed + bytes) else {
            tally.unready += 1;
            continue;
        };
        for _ in 0..2 {
            tally.actions += 1;
            match bench.drive(&action) {
                Fate::Done(done) => {
                    if let Some(wrong) = stale(&bench, &done) {
                        tally.wrong(
                            "partial",
                            format!("cut at {bytes}, seed {}: {wrong}", seed + bytes),
                        );
                    }
                }
                Fate::Asked(_) => tally.asked += 1,
                Fate::Refused(_) => tally.refused += 1,
            }
        }
        tally.faults += bench.struck();
    }
    if let Some((mut bench, _)) = at(Subject::Reader, 0, seed) {
        tally.faults += 1;
        tally.actions += 1;
        bench.plant(Fault::TransferCut { times: 1 });
        let first = bench.with(async |driver, sim| performed(driver, sim, &action, |_| {}).await);
        match first {
            Some((_, Err(_))) => tally.refused += 1,
            other => tally.wrong("partial", format!("{other:?}")),
        }
    }
    tally
}

/// D7: values that are infinite or no number are none, and never 0; all others are what was measured.
pub fn tokens(count: u64, seed: u64) -> Tally {
    let mut tally = Tally::default();
    for n in 0..count {
        let Some((mut bench, action)) = at(Subject::Reader, 0, seed + n) else {
            continue;
        };
        tally.faults += 1;
        tally.actions += 1;
        bench.plant(if n % 2 == 0 {
            Fault::Saturated { times: 1 }
        } else {
            Fault::NotANumber { times: 1 }
        });
        let fate = bench.drive(&action);
        let Fate::Done(Done::Reading { values, .. }) = &fate else {
            tally.wrong("not done", format!("{fate:?}"));
            continue;
        };
        let none = values.iter().step_by(3).all(Option::is_none);
        let some = values.iter().flatten().count() == 64;
        let Fate::Done(done) = &fate else { continue };
        if !none || !some || stale(&bench, done).is_some() {
            tally.wrong("stale", format!("seed {}: {values:?}", seed + n));
        }
    }
    tally
}

/// D8: after a new connection it answers as another model, with another firmware, or with another serial number.
pub fn strangers(count: u64, seed: u64) -> Tally {
    let mut tally = Tally::default();
    let strange = |subject| match subject {
        // It has no way to say who it is.
        Subject::Cytomat => Vec::new(),
        Subject::Cavro => vec![Fault::OtherModel, Fault::OtherFirmware],
        _ => vec![Fault::OtherModel, Fault::OtherFirmware, Fault::OtherSerial],
    };
    for n in 0..count {
        for subject in Subject::ALL {
            for fault in strange(subject) {
                let Some((mut bench, action)) = at(subject, 0, seed + n) else {
                    continue;
                };
                tally.faults += 1;
                tally.actions += 1;
                bench.plant(fault);
                bench.plant(Fault::Reset);
                let fate = bench.drive(&action);
                let happened = bench.happened();
                match &fate {
                    Fate::Refused(f) if f.kind == FailureKind::Mismatch && happened.is_empty() => {
                        tally.refused += 1
                    }
                    _ => tally.wrong(
                        "not refused",
                        format!("{subject:?} {fault:?}: {happened:?}, {fate:?}"),
                    ),
                }
            }
        }
    }
    tally
}
