//! Did it happen? Sequence numbers first, then sensors.

use super::driver::ProfileDriver;
use crate::devices::{Done, Evidence, Failure, FailureKind, Intent, Moved, Settled};
use crate::drivers::station::repeatable;
use crate::plan::Action;

impl ProfileDriver {
    pub(super) async fn settled(&mut self, intent: &Intent) -> Result<Settled, Failure> {
        let evidence = Evidence::Measured;
        let action = &intent.action;
        let command = self.command(action)?;
        self.connected().await?;
        let (Some(sequence), Some(before)) = (intent.before.get("sequence"), intent.before.get("accepted"))
        else {
            return Ok(Settled::Unknown {
                why: "the intent does not say which command it was".to_owned(),
            });
        };
        let progress = self.registers.progress().await?;
        if progress.accepted == sequence {
            let result = self.registers.finish(&command, sequence, self.clock).await?;
            let word = self.registers.register(&self.registers.handshake()?.result)?;
            // A goal that was cut short by a stop is stated again.
            let cut = word.name_of(result) == Some("stopped");
            if cut && repeatable(action) {
                return Ok(Settled::NotDone { evidence });
            }
            if cut && matches!(action, Action::OpenTray | Action::CloseTray) {
                return self.tray_settled(action).await;
            }
            return match self.registers.judge(action.name(), result).await {
                Ok(()) => self.fetched(intent, sequence).await,
                Err(failure) if failure.moved == Moved::No => Ok(Settled::NotDone { evidence }),
                Err(failure) => Ok(Settled::Unknown { why: failure.message }),
            };
        }
        // Looks, and goals that are safe to state again.
        match action {
            Action::OpenTray | Action::CloseTray => return self.tray_settled(action).await,
            action if repeatable(action) => return Ok(Settled::NotDone { evidence }),
            _ => {}
        }
        // Accepted as before: never started. Zero before and now says so only if the device was not switched off in
        // between, which its state tells: it would have lost its home.
        let same_state = self.state().await? == intent.before.get("state");
        if progress.accepted == before && (before != 0 || same_state) {
            return Ok(Settled::NotDone { evidence });
        }
        let mut why = format!(
            "\"{}\" no longer knows command {sequence} (it says {}): it was switched off, or somebody else commanded it",
            self.id, progress.accepted
        );
        for sensor in ["holds_plate", "at_rest", "plate", "sealed", "door"] {
            if let Some(word) = self.registers.sensor_word(sensor).await? {
                why.push_str(&format!("; {}: {word}", sensor.replace('_', " ")));
            }
        }
        Ok(Settled::Unknown { why })
    }

    /// Whether a tray or door is where it was told to be, by its sensor.
    async fn tray_settled(&mut self, action: &Action) -> Result<Settled, Failure> {
        let evidence = Evidence::Measured;
        let wanted = if matches!(action, Action::OpenTray) {
            "open"
        } else {
            "closed"
        };
        let word = match self.registers.sensor_word("tray").await? {
            None => self.registers.sensor_word("door").await?,
            tray => tray,
        };
        let there = word.as_deref() == Some(wanted);
        let done = Done::Plain;
        Ok(if there {
            Settled::Done { done, evidence }
        } else {
            Settled::NotDone { evidence }
        })
    }

    /// A done command, with its reading or barcode if the device still holds it; one that is gone was not delivered, and a
    /// barcode that is not the expected one is looked at again.
    async fn fetched(&mut self, intent: &Intent, sequence: i64) -> Result<Settled, Failure> {
        let evidence = Evidence::Measured;
        let command = self.command(&intent.action)?;
        match self.brought(&intent.action, &command, sequence).await {
            Ok(done) => Ok(Settled::Done { done, evidence }),
            Err(failure) if failure.moved == Moved::Yes || failure.kind == FailureKind::Mismatch => {
                Ok(Settled::NotDone { evidence })
            }
            Err(failure) => Err(failure),
        }
    }
}
