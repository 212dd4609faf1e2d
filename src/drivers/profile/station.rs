//! What only stations have: abilities that the rig file gives them, and barcodes.

use super::driver::ProfileDriver;
use crate::devices::{Done, Failure, FailureKind, Moved};
use crate::drivers::failure::{clean, unsupported};
use crate::plan::Action;
use crate::rig::profile::StoredBarcode;
use crate::rig::{Abilities, Station};

/// Whether a machine with these abilities can do that; otherwise why not.
pub(super) fn able(station: &Station, action: &Action) -> Result<(), String> {
    let Abilities {
        seal,
        peel,
        spin,
        thermocycle,
        hold,
        shake,
        scan,
    } = &station.abilities;
    let lacks = |what: &str| Err(format!("the rig file gives it no ability to {what}"));
    match action {
        Action::Seal { temperature, .. } => match seal {
            None => lacks("seal"),
            Some(range) => within(*temperature, *range),
        },
        Action::Peel { .. } if !peel => lacks("peel"),
        Action::Spin { force, .. } => match spin {
            None => lacks("spin"),
            Some(most) if force > most => Err(format!("{force} is more than its {most}")),
            Some(_) => Ok(()),
        },
        Action::Thermocycle { program, .. } => match thermocycle {
            None => lacks("thermocycle"),
            Some(range) => program
                .stages
                .iter()
                .flat_map(|stage| &stage.steps)
                .map(|step| step.temperature)
                .chain(program.hold)
                .try_for_each(|temperature| within(temperature, *range)),
        },
        Action::SetTemperature { temperature } => match hold {
            None => lacks("hold a temperature"),
            Some(range) => within(*temperature, *range),
        },
        Action::Shake { speed } => match (shake, speed) {
            (None, _) => lacks("shake"),
            (Some(range), Some(speed)) => within(*speed, *range),
            (Some(_), None) => Ok(()),
        },
        Action::ReadBarcode { .. } if !scan => lacks("scan"),
        Action::OpenTray | Action::CloseTray if !station.door => {
            Err("the rig file says that it has no door".to_owned())
        }
        _ => Ok(()),
    }
}

fn within<T: PartialOrd + std::fmt::Display>(value: T, (least, most): (T, T)) -> Result<(), String> {
    if value < least || value > most {
        return Err(format!("{value} is not between its {least} and {most}"));
    }
    Ok(())
}

/// Whether a goal is stated that may be stated again, or something is looked at: nothing is done twice by it.
pub(super) const fn repeatable(action: &Action) -> bool {
    matches!(
        action,
        Action::Home
            | Action::Initialise
            | Action::Shake { .. }
            | Action::SetTemperature { .. }
            | Action::ReadBarcode { .. }
            | Action::ReadAbsorbance { .. }
            | Action::ReadFluorescence { .. }
            | Action::ReadLuminescence { .. }
    )
}

impl ProfileDriver {
    /// Refuses what a station cannot do, and work on a plate that is not there.
    pub(super) async fn station_ready(&mut self, action: &Action) -> Result<(), Failure> {
        let Some(station) = &self.station else {
            return Ok(());
        };
        able(station, action)
            .map_err(|why| unsupported(format!("\"{}\" cannot {}: {why}", self.id, action.name())))?;
        self.connected().await?;
        if action.plate().is_some() && self.registers.sensor("plate").await? == Some(0) {
            let message = format!("no plate stands in \"{}\"; put it there", self.id);
            return Err(Failure::new(FailureKind::Interlock, Moved::No, message));
        }
        Ok(())
    }

    /// The barcode that a command has read, compared with what is expected.
    pub(super) async fn scanned(
        &mut self,
        action: &Action,
        stored: &StoredBarcode,
        sequence: i64,
    ) -> Result<Done, Failure> {
        let words = self.registers.array(&stored.text).await?;
        let of = self.registers.integers(&[&stored.sequence]).await?;
        if of.get(&stored.sequence) != Some(&sequence) {
            let message = format!(
                "\"{}\" no longer holds the barcode of command {sequence}",
                self.id
            );
            return Err(Failure::new(FailureKind::Fault, Moved::Yes, message));
        }
        let found = clean(&text(&words));
        let found = (!found.is_empty()).then_some(found);
        let (Action::ReadBarcode { plate, expected }, found) = (action, found) else {
            return Ok(Done::Barcode(None));
        };
        match (expected, found) {
            (None, Some(found)) => Ok(Done::Barcode(Some(found))),
            (Some(expected), Some(found)) if *expected == found => Ok(Done::Barcode(Some(found))),
            (expected, found) => {
                let saw = found.map_or_else(|| "no barcode".to_owned(), |c| format!("barcode \"{c}\""));
                let wanted = expected
                    .as_ref()
                    .map_or_else(|| "should have one".to_owned(), |c| format!("has \"{c}\""));
                let message = format!("\"{}\" shows {saw}, but plate {plate} {wanted}", self.id);
                Err(Failure::new(FailureKind::Mismatch, Moved::No, message))
            }
        }
    }
}

/// Two characters a word, the first in the high byte, up to a zero byte.
fn text(words: &[Option<f64>]) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a register of one word"
    )]
    let bytes = words.iter().flatten().flat_map(|w| (*w as u16).to_be_bytes());
    bytes
        .take_while(|b| *b != 0)
        .map(|b| if b.is_ascii() { char::from(b) } else { '?' })
        .collect()
}

#[cfg(test)]
#[path = "station_tests.rs"]
mod tests;
