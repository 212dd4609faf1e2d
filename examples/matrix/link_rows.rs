//! Rows L1 to L10: what a line does to requests and answers.

use super::bench::{Bench, Fate};
use super::subjects::Subject;
use super::tally::Tally;
use hardware_sim::Fault;
use plated::devices::Done;

/// Actions on one bench before a new one with the next seed is taken.
const ACTIONS: u64 = 60;

/// A subject and a seed as a case names them: nothing else is tried.
pub static ONLY: std::sync::OnceLock<(String, u64)> = std::sync::OnceLock::new();

/// Repeats the subjects' cycles under faults planned in the rig file until at least `count` were felt.
fn until(
    subjects: &[Subject],
    risks: impl Fn(Subject) -> Vec<String>,
    allowed: Allowed,
    count: u64,
    seed: u64,
) -> Tally {
    let mut tally = Tally::default();
    let share = count.div_ceil(u64::try_from(subjects.len()).unwrap_or(1));
    if let Some((name, seed)) = ONLY.get() {
        for subject in subjects
            .iter()
            .filter(|s| format!("{s:?}").to_lowercase() == *name)
        {
            tally.add(one_seed(
                *subject,
                &risks(*subject),
                &subject.truth(),
                allowed,
                *seed,
            ));
        }
        return tally;
    }
    for subject in subjects {
        let truth = subject.truth();
        let mut felt = 0;
        let mut round = 0;
        while felt < share {
            let seed = seed.wrapping_mul(1_000_003).wrapping_add(round);
            round += 1;
            let name = format!("{subject:?} seed {seed}");
            let planned = risks(*subject);
            let ran = std::panic::catch_unwind(|| one_seed(*subject, &planned, &truth, allowed, seed));
            match ran {
                Ok(one) => {
                    felt += one.faults;
                    tally.add(one);
                }
                Err(_) => tally.wrong("panic", name),
            }
            // A subject that never gets ready must not keep the campaign for ever.
            if round > 50 + 20 * share {
                tally.wrong("not felt", format!("{subject:?}: {felt} faults in {round} seeds"));
                break;
            }
        }
    }
    tally
}

/// What a row lets happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// Everything is done, nobody is asked.
    Nothing,
    /// A person may be asked, as the instrument itself did something else; and what the protocol cannot show is counted.
    Asking,
}

fn one_seed(subject: Subject, risks: &[String], truth: &[Vec<String>], allowed: Allowed, seed: u64) -> Tally {
    let mut tally = Tally::default();
    let Some(mut bench) = subject.ready(risks, seed) else {
        tally.unready += 1;
        tally.faults += 1;
        return tally;
    };
    rounds(subject, &mut bench, truth, allowed, seed, &mut tally);
    tally.faults = bench.struck();
    tally
}

/// Drives the cycle over and over and holds it against the truth.
fn rounds(
    subject: Subject,
    bench: &mut Bench,
    truth: &[Vec<String>],
    allowed: Allowed,
    seed: u64,
    tally: &mut Tally,
) {
    let cycle = subject.cycle();
    for (action, expected) in cycle
        .iter()
        .zip(truth)
        .cycle()
        .take(usize::try_from(ACTIONS).unwrap_or(60))
    {
        let fate = bench.drive(action);
        tally.actions += 1;
        let happened = bench.happened();
        let case = || {
            format!(
                "{subject:?} seed {seed}, {}: {happened:?}, {fate:?}",
                action.name()
            )
        };
        match &fate {
            Fate::Done(done) => {
                // The very first stroke may begin elsewhere.
                let same = happened == *expected || tally.actions <= u64::try_from(cycle.len()).unwrap_or(2);
                if !same && allowed == Allowed::Asking && unseen(subject, &happened, expected) {
                    tally.unseen += 1;
                    return;
                }
                if !same {
                    tally.wrong("double or missing", case());
                    return;
                }
                if let Some(wrong) = stale(bench, done) {
                    tally.wrong("stale", format!("{subject:?} seed {seed}: {wrong}"));
                    return;
                }
            }
            Fate::Asked(_) | Fate::Refused(_) => {
                if matches!(fate, Fate::Asked(_)) {
                    tally.asked += 1;
                } else {
                    tally.refused += 1;
                    if !happened.is_empty() && allowed == Allowed::Nothing {
                        tally.wrong("moved though refused", case());
                    }
                }
                if allowed == Allowed::Nothing {
                    tally.wrong("not done", case());
                }
                return;
            }
        }
    }
}

/// Whether what happened cannot be told from what should have by anything that the instrument can be asked: a plate in
/// another slot, and a plunger that went another way to the same end, against its backlash.
fn unseen(subject: Subject, happened: &[String], expected: &[String]) -> bool {
    let ends = |moves: &[String]| {
        let from = moves
            .first()
            .and_then(|m| m.split_once('>'))
            .map(|(from, _)| from.to_owned());
        let to = moves
            .last()
            .and_then(|m| m.split_once('>'))
            .map(|(_, to)| to.to_owned());
        (from, to)
    };
    match subject {
        Subject::Cytomat => {
            happened.len() == expected.len()
                && happened.iter().all(|m| m.contains(|c: char| c.is_ascii_digit()))
        }
        Subject::Ot2 => ends(happened) == ends(expected) && happened.len() <= 2,
        _ => false,
    }
}

/// Whether a reading is not the one that was measured last.
pub fn stale(bench: &Bench, done: &Done) -> Option<String> {
    let Done::Reading { values, .. } = done else {
        return None;
    };
    let truth = bench.last_read().unwrap_or_default();
    let near = |(got, true_value): (&Option<plated::units::Absorbance>, &Option<f32>)| match (got, true_value)
    {
        (Some(got), Some(value)) => (f64::from(*value) - got.0).abs() < 1e-4,
        (None, None) => true,
        _ => false,
    };
    if values.len() == truth.len() && values.iter().zip(&truth).all(near) {
        return None;
    }
    Some(format!("{} values that were not measured", values.len()))
}

/// L1: answers are lost, the commands are carried out.
pub fn reply_lost(count: u64, seed: u64) -> Tally {
    let risks = |s: Subject| vec![s.risk("\"mute\"", 0.15)];
    until(&Subject::ALL, risks, Allowed::Nothing, count, seed)
}

/// L2: requests are lost.
pub fn request_lost(count: u64, seed: u64) -> Tally {
    let risks = |s: Subject| vec![s.risk("\"deaf\"", 0.15)];
    until(&Subject::ALL, risks, Allowed::Nothing, count, seed)
}

fn late(s: Subject) -> Vec<String> {
    [700, 1_300, 2_600, 4_000, 9_000]
        .map(|ms| s.risk(&format!("\"late\", by_ms = {ms}"), 0.05))
        .to_vec()
}

/// One seed of L3 with one subject.
#[allow(dead_code, reason = "the tests of seeds that once went wrong use it")]
pub fn late_seed(subject: Subject, seed: u64) -> Tally {
    one_seed(subject, &late(subject), &subject.truth(), Allowed::Nothing, seed)
}

/// L3: answers come after every wait.
pub fn reply_late(count: u64, seed: u64) -> Tally {
    until(&Subject::ALL, late, Allowed::Nothing, count, seed)
}

/// L4: bits flip in both directions where a check sum sees it.
pub fn check_sum_wrong(count: u64, seed: u64) -> Tally {
    let risks = |s: Subject| vec![s.risk("\"garbled\"", 0.1), s.risk("\"misheard\"", 0.1)];
    until(&[Subject::Mover], risks, Allowed::Nothing, count, seed)
}

/// L5: bits flip in both directions where nothing sees it. What the instrument mishears it may carry out: then a person
/// is asked, and what is done is what was asked for.
pub fn flipped_text(count: u64, seed: u64) -> Tally {
    let risks = |s: Subject| vec![s.risk("\"garbled\"", 0.1), s.risk("\"misheard\"", 0.02)];
    until(&Subject::TEXT, risks, Allowed::Asking, count, seed)
}

/// L6: noise between the frames, and the host's own bytes.
pub fn noise_and_echo(count: u64, seed: u64) -> Tally {
    let risks = |s: Subject| vec![s.risk("\"noise\"", 0.1), s.risk("\"echo\"", 0.05)];
    until(&Subject::SERIAL, risks, Allowed::Nothing, count, seed)
}

/// L7: answers come twice.
pub fn reply_twice(count: u64, seed: u64) -> Tally {
    let risks = |s: Subject| vec![s.risk("\"duplicated\"", 0.2)];
    until(&Subject::ALL, risks, Allowed::Nothing, count, seed)
}

/// L9: whole frames with another unit, transaction or function.
pub fn misaddressed(count: u64, seed: u64) -> Tally {
    let risks = |s: Subject| {
        let part = |part: &str| s.risk(&format!("\"misaddressed\", part = \"{part}\""), 0.08);
        match s {
            Subject::Reader => vec![part("transaction"), part("unit"), part("function")],
            _ => vec![part("unit"), part("function")],
        }
    };
    until(
        &[Subject::Mover, Subject::Reader],
        risks,
        Allowed::Nothing,
        count,
        seed,
    )
}

/// L8: every answer of an action in two pieces, cut at each offset in turn, and byte by byte. `count` bounds the offsets.
pub fn fragmented(count: u64, seed: u64) -> Tally {
    let mut tally = Tally::default();
    for subject in Subject::ALL {
        let truth = subject.truth();
        let longest = if subject == Subject::Reader { 260 } else { 70 };
        let step = usize::try_from((longest / count.clamp(1, longest)).max(1)).unwrap_or(1);
        for at in (0..longest).step_by(step) {
            let gap = 5 + at * 37 % 195;
            let split = subject.risk(&format!("\"split\", bytes = {at}, gap_ms = {gap}"), 1.0);
            tally.add(few(subject, &[split], &truth, seed + at));
        }
        let gaps: &[u64] = if subject == Subject::Reader {
            &[1, 3]
        } else {
            &[1, 4, 20]
        };
        for gap in gaps {
            let dribble = subject.risk(&format!("\"dribbled\", gap_ms = {gap}"), 1.0);
            let mut one = few(subject, &[dribble], &truth, seed + gap);
            // Slower than a wait is a lost answer; nothing may move wrongly.
            one.wrong.remove("not done");
            tally.add(one);
        }
    }
    tally
}

/// The beginning and one cycle.
fn few(subject: Subject, risks: &[String], truth: &[Vec<String>], seed: u64) -> Tally {
    let mut tally = Tally::default();
    let Some(mut bench) = subject.ready(risks, seed) else {
        tally.wrong(
            "not done",
            format!("{subject:?} did not get ready with {risks:?}"),
        );
        return tally;
    };
    for (action, expected) in subject.cycle().iter().zip(truth).cycle().take(4) {
        let fate = bench.drive(action);
        let happened = bench.happened();
        tally.actions += 1;
        let Fate::Done(done) = &fate else {
            tally.wrong(
                "not done",
                format!("{subject:?} {risks:?} {}: {fate:?}", action.name()),
            );
            break;
        };
        if tally.actions > 2 && happened != *expected {
            tally.wrong(
                "double or missing",
                format!("{subject:?} {risks:?}: {happened:?}"),
            );
        }
        if let Some(wrong) = stale(&bench, done) {
            tally.wrong("stale", format!("{subject:?} {risks:?}: {wrong}"));
        }
    }
    tally.faults = bench.struck();
    tally
}

/// L10: every exception to one request of an action, wherever it falls; then the action is done once.
pub fn exceptions(count: u64, seed: u64) -> Tally {
    let mut tally = Tally::default();
    for subject in [Subject::Mover, Subject::Reader] {
        let truth = subject.truth();
        for code in [1, 2, 3, 4, 5, 6, 8, 10, 11] {
            for request in 0..count.clamp(1, 12) {
                let Some(mut bench) = subject.ready(&[], seed) else {
                    continue;
                };
                let cycle = subject.cycle();
                cycle.iter().for_each(|action| drop(bench.drive(action)));
                bench.happened();
                let passes = u32::try_from(request).unwrap_or(0);
                bench.plant(Fault::Late {
                    requests: passes,
                    by_ms: 0,
                });
                bench.plant(Fault::Refused { requests: 1, code });
                tally.faults += 1;
                tally.actions += 1;
                let (Some(action), Some(expected)) = (cycle.first(), truth.first()) else {
                    continue;
                };
                let fate = bench.drive(action);
                let happened = bench.happened();
                match &fate {
                    Fate::Done(_) if happened == *expected => {}
                    Fate::Asked(_) => tally.asked += 1,
                    Fate::Refused(_) if happened.is_empty() => tally.refused += 1,
                    _ => tally.wrong(
                        "double or missing",
                        format!("{subject:?} exception {code} to request {request}: {happened:?}, {fate:?}"),
                    ),
                }
            }
        }
    }
    tally
}
