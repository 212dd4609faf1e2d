//! From a seed to a case.

use super::draw::Draw;
use super::rigs::{Case, Repository};
use super::{aimed, mutate, pinned, promised, scratch, slips};

/// The case of a seed: from scratch, or a change of something that is there.
pub fn of_seed(repository: &Repository, seed: u64) -> Case {
    // Now and then a protocol with one fault, as it is: ten thousand seeds meet every one.
    if seed.is_multiple_of(25)
        && let Some(case) = usize::try_from(seed / 25)
            .ok()
            .and_then(|n| repository.faulty.get(n.checked_rem(repository.faulty.len())?))
    {
        return Case { seed, ..case.clone() };
    }
    let mut draw = Draw::new(seed);
    // What the others seldom come near: promises of time, pins, schedules that are more work than is allowed.
    match seed % 50 {
        7 => {
            return Case {
                seed,
                ..promised::protocol(&mut draw)
            };
        }
        32 => {
            return Case {
                seed,
                ..pinned::protocol(&mut draw)
            };
        }
        _ => {}
    }
    let kind = draw.below(100);
    let mut case = match kind {
        0..=49 => scratch::protocol(&mut draw),
        50..=61 => aimed::protocol(&mut draw),
        _ => mutate::repository(&mut draw, repository),
    };
    // Protocols that are near one rule alone are seldom changed.
    if draw.chance(match kind {
        0..=49 => 35,
        _ => 10,
    }) {
        mutate::change(&mut draw, &mut case);
    }
    if draw.chance(if kind < 50 { 12 } else { 4 }) {
        slips::slip(&mut draw, &mut case);
    }
    if draw.chance(if kind < 50 { 12 } else { 2 }) {
        slips::other_rig(&mut draw, &mut case);
    }
    if seed % 500 == 13 {
        case.work_limit = Some(5);
    }
    case.seed = seed;
    case
}
