//! The driver: a handler on the OT-2's board.

use super::board::Smoothie;
use super::plunger::Model;
use crate::devices::Failure;
use crate::drivers::failure::unsupported;
use crate::drivers::handler::driver::Handler;
use crate::labware::Library;
use crate::link::Line;
use crate::rig::{InstrumentId, Pipette, PipetteId, Rig, Role};

/// The OT-2's motor controller.
pub type Ot2 = Handler<Smoothie>;

impl Ot2 {
    /// The driver of a liquid handler of the rig. Nothing is sent yet.
    ///
    /// # Errors
    /// When a pipette's model has no plunger table, or its channels differ from the model's.
    pub fn new(id: &InstrumentId, rig: &Rig, labware: &Library, line: Line) -> Result<Self, Failure> {
        let mut board = Smoothie::new(id, rig, line);
        if let Some(Role::LiquidHandler(handler)) = rig.instruments.get(id).map(|i| &i.role) {
            for (name, pipette) in handler.pipettes.iter().filter(|(_, p)| p.fixed().is_none()) {
                board
                    .models
                    .insert(name.clone(), (pipette.mount, model(name, pipette)?));
            }
        }
        Self::on(board, id, rig, labware, |name, pipette| {
            Ok(model(name, pipette)?.plunger())
        })
    }

    /// Does not compare the pipettes' memory with the rig: for controllers and emulators that have none. The plunger
    /// tables are then those of the rig's word alone.
    #[must_use]
    pub const fn without_pipette_check(mut self) -> Self {
        self.board.check_pipettes = false;
        self
    }
}

/// The model that the rig file names.
fn model(name: &PipetteId, pipette: &Pipette) -> Result<&'static Model, Failure> {
    let Some(model) = Model::named(&pipette.model) else {
        let known: Vec<&str> = Model::names().collect();
        return Err(unsupported(format!(
            "there is no plunger table for the pipette model \"{}\" of \"{name}\"; known models: {}",
            pipette.model,
            known.join(", ")
        )));
    };
    if model.channels != pipette.channels {
        return Err(unsupported(format!(
            "the pipette \"{name}\" has {} channels in the rig file, but a {} has {}",
            pipette.channels, model.name, model.channels
        )));
    }
    Ok(model)
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "pipetting_tests.rs"]
mod pipetting_tests;

#[cfg(test)]
#[path = "home_tests.rs"]
mod home_tests;
