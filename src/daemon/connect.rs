//! Rig → lines → drivers. Instruments with the same link share one line.

use crate::clock::Clock;
use crate::devices::{Failure, Instrument};
use crate::drivers;
use crate::engine::Maker;
use crate::labware::Library;
use crate::link::Line;
use crate::rig::{InstrumentId, Link, Rig};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A driver for every instrument of a rig, and the way to make one anew; links are opened when first used.
///
/// # Errors
/// The instrument that cannot be driven, and why.
pub fn instruments(
    rig: &Rig,
    library: &Library,
    clock: Clock,
) -> Result<(BTreeMap<InstrumentId, Box<dyn Instrument>>, Maker), (InstrumentId, Failure)> {
    let lines = Lines::of(rig, clock);
    let mut out = BTreeMap::new();
    for (id, instrument) in &rig.instruments {
        let line = lines.line(&instrument.link);
        let driver = drivers::connect(id, rig, library, line, clock).map_err(|f| (id.clone(), f))?;
        out.insert(id.clone(), driver);
    }
    let (rig, library) = (rig.clone(), library.clone());
    let maker: Maker = Rc::new(move |id| {
        let link = rig.instruments.get(id).map(|i| &i.link);
        let line = link.map(|link| lines.line(link)).ok_or_else(|| not_there(id))?;
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
    /// Those of several instruments; they live on when one driver goes. Each other instrument has its line to itself, which
    /// goes with its driver.
    shared: BTreeMap<String, Line>,
}

impl Lines {
    fn of(rig: &Rig, clock: Clock) -> Self {
        let mut users: BTreeMap<&str, u32> = BTreeMap::new();
        for instrument in rig.instruments.values() {
            *users.entry(instrument.link.place()).or_default() += 1;
        }
        let several = |link: &&Link| users.get(link.place()).is_some_and(|n| *n > 1);
        let mut shared = BTreeMap::new();
        for link in rig.instruments.values().map(|i| &i.link).filter(several) {
            shared
                .entry(link.place().to_owned())
                .or_insert_with(|| Line::to(link, clock));
        }
        Self { clock, shared }
    }

    fn line(&self, link: &Link) -> Line {
        let shared = self.shared.get(link.place()).cloned();
        shared.unwrap_or_else(|| Line::to(link, self.clock))
    }
}
