//! What stations have in common, whoever drives them: abilities that the rig file gives them, goals that may be stated
//! again, barcodes that are compared.

use super::failure::clean;
use crate::devices::{Done, Failure, FailureKind, Moved};
use crate::plan::Action;
use crate::rig::{Abilities, InstrumentId, Station};

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
            | Action::SetPoint { .. }
            | Action::Measure { .. }
            | Action::ReadBarcode { .. }
            | Action::ReadAbsorbance { .. }
            | Action::ReadFluorescence { .. }
            | Action::ReadLuminescence { .. }
    )
}

/// The barcode that was read (empty: none), compared with what the action expects.
///
/// # Errors
/// When it is another, or none.
pub(super) fn compared(id: &InstrumentId, action: &Action, found: String) -> Result<Done, Failure> {
    let found = clean(&found);
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
            let message = format!("\"{id}\" shows {saw}, but plate {plate} {wanted}");
            Err(Failure::new(FailureKind::Mismatch, Moved::No, message))
        }
    }
}

#[cfg(test)]
#[path = "station_tests.rs"]
mod tests;
