use super::*;
use crate::plan::Plan;
use crate::protocol::testing::{DRILL, built, demo_rig, screen};
use crate::report::costs;
use crate::schedule::schedule;

fn of(plan: &Plan) -> Costs {
    costs(plan, &schedule(plan).unwrap(), &demo_rig())
}

#[test]
fn nothing_differs_between_a_plan_and_itself() {
    let one = of(&screen(2));
    let d = difference(&one, &one);
    assert!(d.is_empty());
    assert_eq!(as_text(&d), "the two cost the same\n");
}

#[test]
fn two_more_plates_cost_their_tips_medium_and_time() {
    let (two, four) = (of(&screen(2)), of(&screen(4)));
    let d = difference(&two, &four);
    let tips = d.tips["tiprack-300"].clone();
    assert_eq!(tips.after.unwrap().most - tips.before.unwrap().most, 2 * 12 * 8);
    let text = as_text(&d);
    assert!(text.contains("plates  2 → 4\n"), "{text}");
    assert!(text.contains("(+192)"), "{text}");
    assert!(text.contains("assay  2 → 4 (+2)"), "{text}");
    let back = difference(&four, &two);
    assert!(as_text(&back).contains("(−192)"));
}

#[test]
fn steps_that_come_and_go_are_told_by_name() {
    let with = of(&built(DRILL, &[]).plan.unwrap());
    let text = DRILL.replacen("id = \"watch\"", "id = \"look\"", 1);
    let other = of(&built(&text, &[]).plan.unwrap());
    let d = difference(&with, &other);
    assert_eq!(d.steps.keys().collect::<Vec<_>>(), ["look", "watch"]);
    let text = as_text(&d);
    assert!(
        text.contains("look   added: ") && text.contains("watch  removed: "),
        "{text}"
    );
    assert!(d.tips.is_empty() && d.times.is_empty());
}
