use super::super::wire::Axis;
use super::tests::{run, with_tips};
use crate::devices::{Instrument, Settled};
use crate::drivers::testing::{Fault, intent, local};
use crate::plan::Action;

#[tokio::test(start_paused = true)]
async fn mounts_come_up_before_anything_goes_across_and_plungers_stay_until_they_are_told() {
    local(async {
        let (mut driver, board, _) = with_tips(3).await;
        let held = board.borrow().at('B');
        driver.halt().await.unwrap();
        let refused = driver.prepare(&Action::HomePlungers).await.unwrap_err();
        assert!(refused.message.contains("its mounts are"), "{refused}");
        let since = board.borrow().log.len();
        run(&mut driver, Action::HomeGantry).await.unwrap();
        run(&mut driver, Action::Park).await.unwrap();
        assert_eq!(board.borrow().at('B'), held);
        let said = board.borrow().said(since);
        let homed: Vec<&str> = said.iter().filter_map(|l| l.strip_prefix("G28.2 ")).collect();
        assert_eq!(homed, ["AZ", "X", "Y", "Y"]);
        let before = driver.prepare(&Action::Home).await.unwrap();
        assert_eq!(before.get("homed"), Some(0));
        run(&mut driver, Action::HomePlungers).await.unwrap();
        assert!(driver.known_state().await.unwrap().homed);
        assert!(driver.known_state().await.unwrap().at(Axis::B) > held);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_across_when_the_power_was_cut_while_mounts_came_up() {
    local(async {
        for (action, first) in [(Action::Home, "G28.2 ABCZ"), (Action::HomeGantry, "G28.2 AZ")] {
            let (mut driver, board, faults) = with_tips(3).await;
            driver.halt().await.unwrap();
            let across = board.borrow().count("G28.2 X");
            faults.once(first, Fault::PowerCut);
            let homing = intent(&mut driver, action).await.unwrap();
            driver.perform(&homing).await.unwrap_err();
            assert_eq!(board.borrow().count("G28.2 X"), across);
            let settled = driver.settle(&homing).await.unwrap();
            assert!(matches!(settled, Settled::NotDone { .. }), "{settled:?}");
        }
    })
    .await;
}
