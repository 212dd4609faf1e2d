//! Rig → lines → drivers. Instruments and input modules with the same link share one line.

use crate::clock::Clock;
use crate::devices::{Failure, Instrument};
use crate::drivers;
use crate::engine::Inputs;
use crate::labware::Library;
use crate::link::Line;
use crate::rig::{InputModule, InputModuleId, InstrumentId, Link, Rig};
use std::collections::BTreeMap;

/// A rig's lines by their places.
pub struct Lines {
    clock: Clock,
    lines: BTreeMap<String, Line>,
}

impl Lines {
    /// None yet; links are opened when first used.
    pub const fn new(clock: Clock) -> Self {
        Self {
            clock,
            lines: BTreeMap::new(),
        }
    }

    fn line(&mut self, link: &Link) -> Line {
        let clock = self.clock;
        let place = link.place().to_owned();
        self.lines
            .entry(place)
            .or_insert_with(|| Line::to(link, clock))
            .clone()
    }

    /// A driver for every instrument of a rig.
    ///
    /// # Errors
    /// The instrument that cannot be driven, and why.
    pub fn instruments(
        &mut self,
        rig: &Rig,
        library: &Library,
    ) -> Result<BTreeMap<InstrumentId, Box<dyn Instrument>>, (InstrumentId, Failure)> {
        let mut out = BTreeMap::new();
        for (id, instrument) in &rig.instruments {
            let line = self.line(&instrument.link);
            let driver = drivers::connect(id, rig, library, line, self.clock).map_err(|f| (id.clone(), f))?;
            out.insert(id.clone(), driver);
        }
        Ok(out)
    }

    /// Who reads a rig's contacts.
    pub fn inputs(&mut self, rig: &Rig) -> Inputs {
        let reader = |(id, module): (&InputModuleId, &InputModule)| {
            let line = self.line(&module.link);
            Some((id.clone(), drivers::inputs(id, rig, line)?))
        };
        Inputs(rig.input_modules.iter().filter_map(reader).collect())
    }
}
