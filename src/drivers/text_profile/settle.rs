//! Did it happen? By the condition that the profile names, with its evidence.

use super::driver::TextDriver;
use super::steps::Course;
use crate::devices::{Done, Evidence, Failure, Intent, Settled};
use crate::drivers::failure::moved;
use crate::drivers::station::repeatable;
use crate::plan::Action;

impl TextDriver {
    pub(super) async fn settled(&mut self, intent: &Intent) -> Result<Settled, Failure> {
        let action = &intent.action;
        if let (Some(regulated), Some(id)) = (self.regulated.clone(), action.quantity()) {
            self.connected().await?;
            let told = self.quantity(id)?.told;
            return regulated.settle(self, intent, told).await;
        }
        let (command, limit) = self.command(action)?;
        self.connected().await?;
        let mut course = self.course(action, limit);
        if let Some(rest) = self.profile.rest.clone() {
            // Motion that is still under way ends first.
            let waited = self.at_rest(&rest, &mut course).await;
            if let Err(failure) = waited {
                let why = failure.message.clone();
                return match failure.kind {
                    crate::devices::FailureKind::NoAnswer => {
                        Err(moved(failure, crate::devices::Moved::Unknown))
                    }
                    _ => Ok(Settled::Unknown { why }),
                };
            }
        }
        let measured = Evidence::Measured;
        if matches!(action, Action::OpenTray | Action::CloseTray) {
            let wanted = if matches!(action, Action::OpenTray) {
                "door_open"
            } else {
                "door_closed"
            };
            // A goal: where it does not show, it is stated again.
            return Ok(match self.sensor(wanted).await? {
                Some(true) => Settled::Done {
                    done: Done::Plain,
                    evidence: measured,
                },
                _ => Settled::NotDone { evidence: measured },
            });
        }
        if repeatable(action) {
            return Ok(Settled::NotDone { evidence: measured });
        }
        let Some(happened) = &command.happened else {
            return self.untold(action, "it has no way to tell").await;
        };
        if let Some(unless) = &happened.unless
            && self.holds(unless, Some(&course)).await?
        {
            return self.untold(action, "it was reset since").await;
        }
        let evidence = if happened.commanded {
            Evidence::Commanded
        } else {
            measured
        };
        if self.holds(&happened.done, Some(&course)).await? {
            // What was so before shows nothing.
            return match intent.before.get("done") {
                Some(0) => Ok(Settled::Done {
                    done: Done::Plain,
                    evidence,
                }),
                _ => {
                    self.untold(action, "what would show it was already so before")
                        .await
                }
            };
        }
        let not_done = match &happened.not_done {
            Some(condition) => self.holds(condition, Some(&course)).await?,
            None => false,
        };
        if not_done {
            return Ok(Settled::NotDone { evidence });
        }
        self.untold(action, "its answers show neither that it did nor that it did not")
            .await
    }

    /// Nobody can tell but a person, who is told what the sensors say.
    async fn untold(&mut self, action: &Action, because: &str) -> Result<Settled, Failure> {
        let mut why = format!(
            "\"{}\" cannot say whether {} took place: {because}",
            self.id,
            action.name()
        );
        for (name, condition) in self.profile.sensors.clone() {
            let yes = self.holds(&condition, None).await?;
            why.push_str(&format!(
                "; {}: {}",
                name.replace('_', " "),
                if yes { "yes" } else { "no" }
            ));
        }
        Ok(Settled::Unknown { why })
    }

    async fn at_rest(
        &mut self,
        rest: &crate::rig::profile::text::Condition,
        course: &mut Course<'_>,
    ) -> Result<(), Failure> {
        let step = crate::rig::profile::text::Step::Wait {
            until: rest.clone(),
            fails: None,
        };
        self.carry_out(std::slice::from_ref(&step), course).await
    }
}
