//! How full wastes become, and by when they must be emptied.

use super::*;
use crate::protocol::testing::{DRILL, built};
use crate::schedule::schedule;

fn filled(emptied: &[u32]) -> WasteUse {
    let mut plan = built(DRILL, &[]).plan.unwrap();
    plan.wastes = vec![Waste {
        name: "waste".into(),
        capacity: Amount::Tips(20),
        before: Amount::Tips(0),
        fills: vec![
            (OperationId(2), Amount::Tips(8)),
            (OperationId(4), Amount::Tips(16)),
        ],
        emptied: emptied.iter().copied().map(OperationId).collect(),
    }];
    wastes(&plan, &schedule(&plan).unwrap()).remove(0)
}

#[test]
fn the_drill_throws_away_24_tips() {
    let plan = built(DRILL, &[]).plan.unwrap();
    let all = wastes(&plan, &schedule(&plan).unwrap());
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].most, all[0].emptied.len()), (Amount::Tips(24), 0));
}

#[test]
fn an_emptying_is_due_when_the_waste_would_run_over() {
    let plan = built(DRILL, &[]).plan.unwrap();
    let starts = schedule(&plan).unwrap();
    let start = |n| starts.slot(OperationId(n)).unwrap().start;
    let used = filled(&[3]);
    assert_eq!(used.most, Amount::Tips(16));
    let emptying = &used.emptied[0];
    assert_eq!((emptying.at, emptying.latest), (start(3), Some(start(4))));
    assert_eq!(
        emptying.before.as_deref(),
        Some(plan.operations[4].title.as_str())
    );
    assert!(used.in_words(|d| d.to_string()).contains("must be done by"));
    assert_eq!(filled(&[]).most, Amount::Tips(24));
}
