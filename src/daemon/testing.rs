//! What the tests of this room and of the command line share.

use crate::run::{FileText, RunId, Source};
use std::collections::BTreeMap;

/// A source with this protocol, its rig left empty.
pub(crate) fn source(name: &str, text: &str) -> Source {
    let none = || FileText {
        name: String::new(),
        text: String::new(),
    };
    Source {
        run: RunId("test".into()),
        protocol: FileText {
            name: name.into(),
            text: text.into(),
        },
        rig: none(),
        profiles: BTreeMap::new(),
        labware: Vec::new(),
        files: BTreeMap::new(),
        today: None,
        release: None,
        commissioning: None,
        calibrations: Vec::new(),
        parameters: BTreeMap::new(),
        seed: 1,
        simulated: true,
        version: "test".into(),
    }
}
