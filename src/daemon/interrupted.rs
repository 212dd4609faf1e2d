//! Runs of a folder that have a journal and no end: what a daemon that starts finds, and what taking one up needs.

use super::assemble::{Assembled, assemble};
use super::folder::RunFolder;
use crate::api::InterruptedView;
use crate::journal::Reader;
use crate::labware::Library;
use crate::rig::{Calibration, LineProtocol, Link, Manner, Rig};
use crate::run::{Event, Source};
use std::fs;
use std::path::Path;

/// A run without an end.
pub(super) struct Interrupted {
    pub view: InterruptedView,
    pub source: Source,
    pub folder: RunFolder,
    pub library: Library,
}

/// Runs below a folder that have no end, oldest first. One whose report was written has one.
pub(super) fn interrupted(runs: &Path, rig: &Rig) -> Vec<Interrupted> {
    let entries = fs::read_dir(runs).into_iter().flatten().flatten();
    let mut found: Vec<Interrupted> = entries
        .filter_map(|entry| one(runs, &entry.file_name().to_string_lossy(), rig))
        .collect();
    found.sort_by(|a, b| (a.view.last, &a.view.run).cmp(&(b.view.last, &b.view.run)));
    found
}

fn one(runs: &Path, name: &str, rig: &Rig) -> Option<Interrupted> {
    if !runs.join(name).is_dir() {
        return None;
    }
    let folder = RunFolder::open(runs, &runs.join(name).to_string_lossy()).ok()?;
    if folder.report().exists() {
        return None;
    }
    let bytes = fs::read(folder.journal()).ok()?;
    let (mut source, mut planned, mut last) = (None, false, None);
    for entry in Reader::new(&bytes) {
        last = Some(entry.at);
        match entry.event {
            Event::Started { source: begun } => source = Some(*begun),
            Event::Planned { .. } => planned = true,
            Event::RunEnded { .. } => return None,
            _ => {}
        }
    }
    let source = source.filter(|_| planned)?;
    let Assembled {
        rig: begun, library, ..
    } = assemble(&source);
    let obstacle = if source.simulated {
        Some("it was simulated inside its process, and its world ended with it".to_owned())
    } else if begun.is_none_or(|begun| !same_but_for_links(&begun, rig)) {
        Some("it was planned for a rig that differs from this one in more than its links".to_owned())
    } else {
        None
    };
    let view = InterruptedView {
        run: name.to_owned(),
        protocol: source.protocol.name.clone(),
        last: last?,
        obstacle,
    };
    Some(Interrupted {
        view,
        source,
        folder,
        library,
    })
}

/// Whether two rigs are the same but for links, clock and operator: a port may have moved.
pub fn same_but_for_links(a: &Rig, b: &Rig) -> bool {
    let without = |rig: &Rig| {
        let mut rig = rig.clone();
        rig.clock = None;
        rig.operator = None;
        // A run goes on with the calibration and at the speed that it was begun with.
        rig.slow = None;
        rig.calibration = Calibration::default();
        for instrument in rig.instruments.values_mut() {
            instrument.link = Link::Tcp {
                address: String::new(),
                protocol: LineProtocol::Native,
                unit: 0,
                manner: Manner::default(),
            };
        }
        rig
    };
    without(a) == without(b)
}
