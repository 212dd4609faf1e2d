//! From a seed to a case.

use super::draw::Draw;
use super::rigs::{Case, Repository};
use super::{mutate, scratch, slips};

/// The case of a seed: from scratch, or a change of something that is there.
pub fn of_seed(repository: &Repository, seed: u64) -> Case {
    let mut draw = Draw::new(seed);
    let mut case = if draw.chance(60) {
        scratch::protocol(&mut draw)
    } else {
        mutate::repository(&mut draw, repository)
    };
    if draw.chance(if case.scratch { 35 } else { 10 }) {
        mutate::change(&mut draw, &mut case);
    }
    if draw.chance(12) {
        slips::slip(&mut draw, &mut case);
    }
    if draw.chance(if case.scratch { 15 } else { 2 }) {
        slips::other_rig(&mut draw, &mut case);
    }
    case.seed = seed;
    case
}
