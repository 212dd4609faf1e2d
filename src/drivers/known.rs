//! Who is at the other end: what an instrument says of itself, against what the rig file says of it and what it said before.

use super::failure::clean;
use crate::devices::{Failure, FailureKind, Identity, Moved};
use crate::rig::{Expected, InstrumentId, Rig};

/// What is known of one instrument.
pub(super) struct Known {
    id: InstrumentId,
    expected: Expected,
    /// The serial numbers that the rig file gives to others.
    others: Vec<(String, InstrumentId)>,
    /// What it said when it was first met.
    seen: Option<Identity>,
}

impl Known {
    /// An instrument of the rig that was not met yet.
    pub(super) fn new(id: &InstrumentId, rig: &Rig) -> Self {
        let own = rig.instruments.get(id).map(|i| i.identity.clone());
        let others = rig
            .instruments
            .iter()
            .filter(|(other, _)| *other != id)
            .filter_map(|(other, i)| Some((i.identity.serial.clone()?, other.clone())));
        Self {
            id: id.clone(),
            expected: own.unwrap_or_default(),
            others: others.collect(),
            seen: None,
        }
    }

    /// Somebody answers at a place: whether it is the one that the rig file names, and the one that was met before.
    ///
    /// # Errors
    /// When it is another, with both names where the other is one of the rig.
    pub(super) fn meet(&mut self, identity: &Identity, place: &str) -> Result<(), Failure> {
        let id = &self.id;
        let word = |text: &Option<String>| text.as_deref().map_or_else(|| "none".to_owned(), clean);
        let swapped = || {
            let whose = |(serial, _): &&(String, InstrumentId)| Some(serial) == identity.serial.as_ref();
            self.others.iter().find(whose).map(|(_, other)| {
                format!("that is \"{other}\": the cables of \"{id}\" and \"{other}\" are swapped")
            })
        };
        let differs = |expected: &Option<String>, found: &Option<String>| {
            expected.is_some() && expected.as_deref().map(str::trim) != found.as_deref().map(str::trim)
        };
        let mismatch = |what: &str, found: &Option<String>, expected: &Option<String>, more: String| {
            let message = format!(
                "the {} that answers as \"{id}\" on {place} says its {what} is {}, but it should be {}; {more}",
                identity.model,
                word(found),
                word(expected)
            );
            Err(Failure::new(FailureKind::Mismatch, Moved::No, message))
        };
        let seen = self.seen.clone().unwrap_or_else(|| identity.clone());
        for expected in [&self.expected.serial, &seen.serial] {
            if differs(expected, &identity.serial) {
                let more = swapped()
                    .unwrap_or_else(|| "were two cables swapped? Otherwise correct `identity`".to_owned());
                return mismatch("serial number", &identity.serial, expected, more);
            }
        }
        for expected in [&self.expected.firmware, &seen.firmware] {
            if differs(expected, &identity.firmware) {
                let more = "it may speak another dialect: compare, then correct `identity`".to_owned();
                return mismatch("firmware", &identity.firmware, expected, more);
            }
        }
        self.seen = Some(identity.clone());
        Ok(())
    }
}
