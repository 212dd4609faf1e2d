use super::*;
use crate::protocol::testing::{DRILL, built, demo_rig, screen};
use crate::schedule::schedule;

fn of(plan: &Plan) -> Costs {
    costs(plan, &schedule(plan).unwrap(), &demo_rig())
}

#[test]
fn the_drill_costs_what_can_be_counted_by_hand() {
    let drill = of(&built(DRILL, &[]).plan.unwrap());
    // One set of eight for the medium, one for each of the two columns of inoculum.
    let tips = Interval { least: 24, most: 24 };
    assert_eq!(drill.tips, BTreeMap::from([("tiprack-300".to_owned(), tips)]));
    // 16 wells of 180 uL; what the source plate gives comes from no piece.
    let medium = Volume::nl(16 * 180_000);
    let medium = Interval {
        least: medium,
        most: medium,
    };
    assert_eq!(drill.drawn, BTreeMap::from([("medium".to_owned(), medium)]));
    assert_eq!(drill.all_plates(), 2);
    assert_eq!(drill.visits.len(), 1, "{:?}", drill.visits);
    assert_eq!(drill.waste_emptied, 0);
    assert!(drill.steps.contains_key("inoculate") && drill.steps["watch"].operations >= 2);
    assert!(drill.makespan >= drill.bound && drill.busiest().is_some());
}

#[test]
fn what_hangs_on_hits_has_an_interval() {
    let screen = of(&screen(4));
    let single = screen.tips["tiprack-20"];
    assert_eq!(single.least, 0);
    assert!(single.most > 0);
    let multi = screen.tips["tiprack-300"];
    assert_eq!(
        (multi.least, multi.most),
        (8 * 49, 8 * 50),
        "the fill of the picked plate"
    );
    let medium = screen.drawn["medium"];
    assert_eq!(medium.least, Volume::nl(4 * 96 * 180_000));
    assert_eq!(medium.most, Volume::nl(4 * 96 * 180_000 + 96 * 190_000));
}
