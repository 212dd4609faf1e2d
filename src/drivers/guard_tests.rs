//! A driver that panics in each of its methods.

use super::*;
use crate::drivers::testing::local;

/// Panics where it is told to, at once or after a while.
struct Brittle {
    at: &'static str,
    halted: std::rc::Rc<std::cell::Cell<bool>>,
}

impl Brittle {
    async fn come_to(&self, place: &str) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        assert!(self.at != place, "a defect in {place}");
    }
}

impl Instrument for Brittle {
    fn identify(&mut self) -> Fut<'_, Result<Identity, Failure>> {
        Box::pin(async move {
            self.come_to("identify").await;
            let model = "brittle".to_owned();
            Ok(Identity {
                model,
                serial: None,
                firmware: None,
            })
        })
    }
    fn prepare<'a>(&'a mut self, _: &'a Action) -> Fut<'a, Result<Before, Failure>> {
        assert!(self.at != "prepare", "a defect in prepare");
        Box::pin(async { Ok(Before::default()) })
    }
    fn perform<'a>(&'a mut self, _: &'a Intent) -> Fut<'a, Result<Done, Failure>> {
        Box::pin(async move {
            self.come_to("perform").await;
            Ok(Done::Plain)
        })
    }
    fn settle<'a>(&'a mut self, _: &'a Intent) -> Fut<'a, Result<Settled, Failure>> {
        Box::pin(async move {
            self.come_to("settle").await;
            panic!("nobody settles what went well")
        })
    }
    fn clear_of<'a>(&'a mut self, _: &'a ZoneId) -> Fut<'a, Result<bool, Failure>> {
        Box::pin(async move {
            self.come_to("clear_of").await;
            Ok(true)
        })
    }
    fn halt(&mut self) -> Fut<'_, Result<(), Failure>> {
        Box::pin(async move {
            self.halted.set(true);
            Ok(())
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_takes_down_the_instrument_and_says_what_may_have_moved() {
    local(async {
        for at in ["identify", "prepare", "perform", "settle", "clear_of"] {
            let halted = std::rc::Rc::new(std::cell::Cell::new(false));
            let brittle = Brittle {
                at,
                halted: std::rc::Rc::clone(&halted),
            };
            let mut driver = Guarded::new(Box::new(brittle), &"mover".into());
            let intent = Intent {
                action: Action::Home,
                before: Before::default(),
            };
            let zone = ZoneId::from("deck");
            let failure = match at {
                "identify" => driver.identify().await.unwrap_err(),
                "prepare" => driver.prepare(&intent.action).await.unwrap_err(),
                "perform" => driver.perform(&intent).await.unwrap_err(),
                "clear_of" => driver.clear_of(&zone).await.unwrap_err(),
                _ => {
                    let settled = driver.settle(&intent).await.unwrap();
                    assert!(matches!(settled, Settled::Unknown { why } if why.contains("defect in settle")));
                    driver.prepare(&intent.action).await.unwrap_err()
                }
            };
            let unknown = if at == "perform" {
                Moved::Unknown
            } else {
                Moved::No
            };
            assert_eq!(
                (failure.kind, failure.moved),
                (FailureKind::Fault, unknown),
                "{at}"
            );
            assert!(
                failure.message.contains("\"mover\"") && failure.message.contains(at),
                "{failure}"
            );
            // Nothing is sent any more, what is open is for a person, and a stop still goes out.
            let again = driver.perform(&intent).await.unwrap_err();
            assert_eq!(again.moved, Moved::No);
            assert!(matches!(
                driver.settle(&intent).await.unwrap(),
                Settled::Unknown { .. }
            ));
            driver.halt().await.unwrap();
            assert!(halted.get());
            assert!(driver.prepare(&intent.action).await.is_err());
        }
    })
    .await;
}
