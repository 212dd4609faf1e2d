//! What the instruments of a rig have done in all runs of a folder, and who is due for service.
//!
//! Counted from the journals. A run that has ended keeps its counts in `wear.json`, which can be deleted: it is counted anew.

use super::folder::RunFolder;
use crate::journal::Reader;
use crate::rig::{Counter, InstrumentId, Rig, references};
use crate::run::{Event, Wear};
use crate::source::SourceFile;
use crate::units::Day;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What one run wore out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Worn {
    /// Name of the rig.
    rig: String,
    /// Whether it was a simulated one: nothing was worn out.
    simulated: bool,
    /// The counts.
    wear: Wear,
}

/// Counts a journal's records.
fn counted(journal: &[u8]) -> Worn {
    let mut out = Worn {
        rig: String::new(),
        simulated: false,
        wear: Wear::default(),
    };
    for entry in Reader::new(journal) {
        if let Event::Started { source } = &entry.event {
            let rig = SourceFile {
                name: source.rig.name.clone(),
                text: source.rig.text.clone(),
            };
            let named = references(&rig);
            out.rig = named.name.unwrap_or_default();
            out.simulated = source.simulated || named.shares_a_clock;
        }
        out.wear.event(&entry.event, entry.at);
    }
    out
}

/// Writes the counts of a run that has ended beside its journal.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn keep(folder: &RunFolder, journal: &[u8]) -> std::io::Result<()> {
    let mut text = serde_json::to_vec_pretty(&counted(journal)).unwrap_or_default();
    text.push(b'\n');
    fs::write(folder.root().join("wear.json"), text)
}

/// What the instruments of a rig did in the runs below a folder; simulated ones count for a simulated rig only.
pub fn worn(runs: &Path, rig: &Rig) -> Wear {
    let mut sum = Wear::default();
    for entry in fs::read_dir(runs).into_iter().flatten().flatten() {
        let folder = entry.path();
        let kept = fs::read(folder.join("wear.json")).ok();
        let kept = kept.and_then(|bytes| serde_json::from_slice::<Worn>(&bytes).ok());
        let one = kept.or_else(|| {
            fs::read(folder.join("journal.plj"))
                .ok()
                .map(|bytes| counted(&bytes))
        });
        if let Some(one) = one.filter(|one| one.rig == rig.name && one.simulated == rig.clock.is_some()) {
            sum.add(&one.wear);
        }
    }
    sum
}

/// Counts of an instrument since its last service.
pub fn since_service(wear: &Wear, rig: &Rig, id: &InstrumentId) -> BTreeMap<Counter, u64> {
    let serviced = rig.instruments.get(id).and_then(|i| i.service.serviced);
    wear.since(id, serviced.map(|day| day.to_string()).as_deref())
}

/// What a person must know before a run: who is due for service. Nothing is read where no instrument has a limit.
pub fn service_notices(runs: &Path, rig: &Rig, today: Option<Day>) -> Vec<String> {
    if rig
        .instruments
        .values()
        .all(|i| i.service == crate::rig::Service::default())
    {
        return Vec::new();
    }
    let wear = worn(runs, rig);
    let due = |(id, instrument): (&InstrumentId, &crate::rig::Instrument)| {
        let counts = since_service(&wear, rig, id);
        instrument.service.due_of(id.as_str(), &counts, today)
    };
    rig.instruments.iter().flat_map(due).collect()
}
