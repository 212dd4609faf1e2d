//! A guided calibration on an instrument: what a person does goes through the procedure to the driver.

use crate::calibrate::{Course, Fit, Input, Procedure, Reply};
use crate::devices::{Failure, Instrument, Intent};
use crate::plan::Action;
use crate::rig::{Calibration, CalibrationRecord, InstrumentId, Provenance, Rig};
use crate::units::{Day, Length};

/// Who calibrates, when, and for how long it is good.
#[derive(Debug, Clone)]
pub struct Occasion {
    /// Who.
    pub author: String,
    /// The day.
    pub date: Option<Day>,
    /// For how many days it is good; as long as before, where nothing is said.
    pub valid_for: Option<u32>,
}

/// Homes the instrument and takes a person through the points. `next` is shown where the procedure stands, and gives what
/// the person does; none ends it. The deck that was found, or none when the person left.
///
/// # Errors
/// When the instrument cannot do what it is told.
pub async fn guided(
    driver: &mut dyn Instrument,
    procedure: &mut Procedure,
    mut next: impl AsyncFnMut(&Reply) -> Option<Input>,
) -> Result<Option<Fit>, Failure> {
    driver.identify().await?;
    perform(driver, Action::Home).await?;
    let mut reply = procedure.begin();
    loop {
        for to in &reply.moves {
            let action = Action::MoveNozzle {
                pipette: procedure.pipette().clone(),
                x: to.x,
                y: to.y,
                z: to.z,
            };
            perform(driver, action).await?;
        }
        match &reply.course {
            Course::Found(found) => {
                let found = *found;
                perform(driver, Action::Park).await?;
                // Shown last, so that the person sees it.
                let _ = next(&reply).await;
                return Ok(Some(found));
            }
            Course::Left => {
                perform(driver, Action::Park).await?;
                return Ok(None);
            }
            Course::Refused(_) => {
                reply = match next(&reply).await {
                    Some(Input::Quit) | None => procedure.input(Input::Quit),
                    Some(_) => procedure.begin(),
                };
            }
            Course::At { .. } => {
                let input = next(&reply).await.unwrap_or(Input::Quit);
                reply = procedure.input(input);
            }
        }
    }
}

async fn perform(driver: &mut dyn Instrument, action: Action) -> Result<(), Failure> {
    let before = driver.prepare(&action).await?;
    driver.perform(&Intent { action, before }).await.map(drop)
}

/// The record of a deck that was found: what was known of the instrument besides stays as it was.
pub fn deck_record(rig: &Rig, id: &InstrumentId, found: &Fit, occasion: &Occasion) -> CalibrationRecord {
    let mut calibration = signed(rig, id, occasion, Some(found.residual));
    calibration.deck.insert(id.clone(), found.deck);
    calibration.turns.insert(id.clone(), found.turn);
    record(rig, id, calibration)
}

/// The record of grip heights that were measured, by nest.
pub fn grip_record(
    rig: &Rig,
    id: &InstrumentId,
    heights: impl IntoIterator<Item = (crate::rig::NestId, Length)>,
    occasion: &Occasion,
) -> CalibrationRecord {
    let mut calibration = signed(rig, id, occasion, None);
    let heights = heights
        .into_iter()
        .map(|(nest, height)| ((id.clone(), nest), height));
    calibration.grip_heights.extend(heights);
    record(rig, id, calibration)
}

/// What is known of an instrument, as of this occasion.
fn signed(rig: &Rig, id: &InstrumentId, occasion: &Occasion, residual: Option<Length>) -> Calibration {
    let mut calibration = rig.calibration.of(id);
    let known = calibration.days.get(id).and_then(|(_, valid)| *valid);
    let valid = occasion.valid_for.or(known);
    calibration.days.insert(id.clone(), (occasion.date, valid));
    let provenance = Provenance {
        author: Some(occasion.author.clone()),
        residual,
        due: None,
        version: None,
    };
    calibration.told.insert(id.clone(), provenance);
    calibration
}

fn record(rig: &Rig, id: &InstrumentId, calibration: Calibration) -> CalibrationRecord {
    CalibrationRecord {
        rig: rig.name.clone(),
        instrument: id.clone(),
        version: 0,
        calibration,
    }
}
