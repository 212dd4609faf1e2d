//! Rig → lines → drivers. Instruments with the same link share one line.

use crate::clock::Clock;
use crate::devices::{Failure, Instrument};
use crate::drivers;
use crate::engine::Maker;
use crate::labware::Library;
use crate::link::{Line, Port, Settings, capture_into};
use crate::rig::{InstrumentId, Link, Rig};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

/// A driver for every instrument of a rig, and the way to make one anew; links are opened when first used. What goes over each
/// is captured into a file below `captures`, named after its first instrument.
///
/// # Errors
/// The instrument that cannot be driven, and why.
pub fn instruments(
    rig: &Rig,
    library: &Library,
    clock: Clock,
    captures: Option<PathBuf>,
) -> Result<(BTreeMap<InstrumentId, Box<dyn Instrument>>, Maker), (InstrumentId, Failure)> {
    let lines = Lines::of(rig, clock, captures);
    let mut out = BTreeMap::new();
    for (id, instrument) in &rig.instruments {
        let line = lines.line(id, &instrument.link);
        let driver = drivers::connect(id, rig, library, line, clock).map_err(|f| (id.clone(), f))?;
        out.insert(id.clone(), driver);
    }
    let (rig, library) = (rig.clone(), library.clone());
    let maker: Maker = Rc::new(move |id| {
        let link = rig.instruments.get(id).map(|i| &i.link);
        let line = link
            .map(|link| lines.line(id, link))
            .ok_or_else(|| not_there(id))?;
        drivers::connect(id, &rig, &library, line, clock)
    });
    Ok((out, maker))
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
        let mut users: BTreeMap<&str, u32> = BTreeMap::new();
        for instrument in rig.instruments.values() {
            *users.entry(instrument.link.place()).or_default() += 1;
        }
        let mut lines = Self {
            clock,
            captures,
            shared: BTreeMap::new(),
        };
        for (id, instrument) in &rig.instruments {
            let place = instrument.link.place();
            if users.get(place).is_some_and(|n| *n > 1) && !lines.shared.contains_key(place) {
                let line = lines.fresh(id, &instrument.link);
                lines.shared.insert(place.to_owned(), line);
            }
        }
        lines
    }

    fn line(&self, id: &InstrumentId, link: &Link) -> Line {
        let shared = self.shared.get(link.place()).cloned();
        shared.unwrap_or_else(|| self.fresh(id, link))
    }

    fn fresh(&self, id: &InstrumentId, link: &Link) -> Line {
        let mut settings = Settings::of(link);
        let place = self.captures.as_ref().map(|f| f.join(format!("{id}.txt")));
        settings.capture = place.map(|place| capture_into(&place, self.clock));
        Line::new(Port::opener(link, self.clock), settings, self.clock)
    }
}
