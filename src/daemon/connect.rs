//! Rig → lines → drivers. Instruments and input modules with the same link share one line.

use crate::clock::Clock;
use crate::devices::{Failure, Instrument};
use crate::drivers;
use crate::engine::{Inputs, Maker};
use crate::labware::Library;
use crate::link::{Line, Lines, Port, Settings, capture_into};
use crate::rig::{InputModule, InputModuleId, InstrumentId, Rig};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

/// What speaks to a rig: a driver for every instrument, the way to make one anew, and who reads the contacts.
pub struct Connected {
    /// By instrument.
    pub instruments: BTreeMap<InstrumentId, Box<dyn Instrument>>,
    /// Makes a driver anew.
    pub maker: Maker,
    /// By input module.
    pub inputs: Inputs,
}

/// Connects a rig; links are opened when first used. What goes over each is captured into a file below `captures`, named after
/// its first instrument or module.
///
/// # Errors
/// The instrument that cannot be driven, and why.
pub fn connect(
    rig: &Rig,
    library: &Library,
    clock: Clock,
    captures: Option<PathBuf>,
) -> Result<Connected, (InstrumentId, Failure)> {
    let lines = lines_of(rig, clock, captures);
    let mut instruments = BTreeMap::new();
    for (id, instrument) in &rig.instruments {
        let line = lines.line(id.as_str(), &instrument.link);
        let driver = drivers::connect(id, rig, library, line, clock).map_err(|f| (id.clone(), f))?;
        instruments.insert(id.clone(), driver);
    }
    let reader = |(id, module): (&InputModuleId, &InputModule)| {
        let line = lines.line(id.as_str(), &module.link);
        Some((id.clone(), drivers::inputs(id, rig, line)?))
    };
    let inputs = Inputs(rig.input_modules.iter().filter_map(reader).collect());
    let (rig, library) = (rig.clone(), library.clone());
    let maker: Maker = Rc::new(move |id| {
        let link = rig.instruments.get(id).map(|i| &i.link);
        let line = link
            .map(|link| lines.line(id.as_str(), link))
            .ok_or_else(|| not_there(id))?;
        drivers::connect(id, &rig, &library, line, clock)
    });
    Ok(Connected {
        instruments,
        maker,
        inputs,
    })
}

fn not_there(id: &InstrumentId) -> Failure {
    let text = format!("{id} is not part of this rig");
    Failure::new(
        crate::devices::FailureKind::Unsupported,
        crate::devices::Moved::No,
        text,
    )
}

fn lines_of(rig: &Rig, clock: Clock, captures: Option<PathBuf>) -> Lines {
    Lines::of(rig, move |name, link| {
        let mut settings = Settings::of(link);
        let place = captures.as_ref().map(|f| f.join(format!("{name}.txt")));
        settings.capture = place.map(|place| capture_into(&place, clock));
        Line::new(Port::opener(link, clock), settings, clock)
    })
}
