//! Rig → lines → drivers. Instruments and input modules with the same link share one line.

use crate::clock::Clock;
use crate::devices::{Failure, Instrument};
use crate::drivers;
use crate::engine::{Inputs, Maker};
use crate::labware::Library;
use crate::link::{Line, Port, Settings, capture_into};
use crate::rig::{InputModule, InputModuleId, InstrumentId, Link, Rig};
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
    let lines = Lines::of(rig, clock, captures);
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

/// The lines of a rig.
struct Lines {
    clock: Clock,
    captures: Option<PathBuf>,
    /// Those of several instruments; they live on when one driver goes. Each other instrument has its line to itself, which
    /// goes with its driver.
    shared: BTreeMap<String, Line>,
}

impl Lines {
    fn of(rig: &Rig, clock: Clock, captures: Option<PathBuf>) -> Self {
        let instruments = rig.instruments.iter().map(|(id, i)| (id.as_str(), &i.link));
        let modules = rig.input_modules.iter().map(|(id, m)| (id.as_str(), &m.link));
        let all: Vec<(&str, &Link)> = instruments.chain(modules).collect();
        let mut users: BTreeMap<&str, u32> = BTreeMap::new();
        for (_, link) in &all {
            *users.entry(link.place()).or_default() += 1;
        }
        let mut lines = Self {
            clock,
            captures,
            shared: BTreeMap::new(),
        };
        for (name, link) in all {
            let place = link.place();
            if users.get(place).is_some_and(|n| *n > 1) && !lines.shared.contains_key(place) {
                let line = lines.fresh(name, link);
                lines.shared.insert(place.to_owned(), line);
            }
        }
        lines
    }

    fn line(&self, name: &str, link: &Link) -> Line {
        let shared = self.shared.get(link.place()).cloned();
        shared.unwrap_or_else(|| self.fresh(name, link))
    }

    fn fresh(&self, name: &str, link: &Link) -> Line {
        let mut settings = Settings::of(link);
        let place = self.captures.as_ref().map(|f| f.join(format!("{name}.txt")));
        settings.capture = place.map(|place| capture_into(&place, self.clock));
        Line::new(Port::opener(link, self.clock), settings, self.clock)
    }
}
