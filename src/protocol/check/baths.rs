//! Pins come clean: every bath reaches as far up as what wetted them, and is changed before it is spent.

use super::report::{branch, error};
use crate::protocol::moves::{Problem, Walk};
use crate::protocol::scene::Scene;
use crate::protocol::source::Mention;
use crate::source::Reporter;

pub(super) fn check(scene: &Scene<'_>, walk: &Walk<'_>, reporter: &Reporter) {
    for found in &walk.problems {
        let Problem::Bath { bath, wet, deep } = &found.problem else {
            continue;
        };
        let message = format!(
            "pins are wet {wet} up from their ends after this; they stand {deep} deep in the bath of {bath} at the end of its fill"
        );
        let d = error(reporter, "bath-depth", &found.span, message);
        reporter.add(branch(
            d.help("fill the bath higher (`baths` of the pin tool in the rig file), or take from shallower wells"),
            found,
        ));
    }
    for (index, lowered) in &walk.steps {
        let Some(step) = scene.source.steps.get(*index) else {
            continue;
        };
        let mut told = false;
        let mut joined = std::collections::BTreeMap::new();
        for visit in &lowered.visits {
            for (hand, times) in walk.sterilised(visit) {
                let sum = joined.entry(hand).or_insert(0_u64);
                *sum = if lowered.joined { *sum + times } else { times };
                let Some((id, pipette)) = walk.hand(hand) else {
                    continue;
                };
                let Some(pins) = &pipette.pins else { continue };
                let most = u64::from(pins.uses);
                let named = step.mentions().into_iter().find(|m| m.what == Mention::Pipette);
                if let Some(named) = named.filter(|_| *sum > most && !std::mem::replace(&mut told, true)) {
                    let message = format!(
                        "one visit has {id} sterilised {sum} times; its baths sterilise {most} times and must then be changed"
                    );
                    let d = error(reporter, "bath-uses", &named.name.span, message);
                    reporter.add(d.help(format!(
                        "make visits of {most} strokes at most, so that the baths are changed in between, or use a larger pin tool"
                    )));
                }
            }
        }
    }
}
