use super::*;
use crate::protocol::testing::screen;
use crate::schedule::checker::breaches;

#[test]
fn the_growth_screen_is_scheduled_with_every_number_of_plates() {
    for plates in 1..=8 {
        let plan = screen(plates);
        let found = schedule(&plan).unwrap();
        assert_eq!(breaches(&plan, &found), Vec::<String>::new(), "{plates} plates");
        assert!(
            found.makespan < Duration::h(20),
            "{plates} plates take {}",
            found.makespan
        );
        assert_eq!(found, schedule(&plan).unwrap());
    }
}
