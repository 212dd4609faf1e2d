//! What the files of one protocol share while they are read: their texts, their space of places, what is wanted.

use crate::protocol::files::{Files, MOST_FILES};
use crate::source::{SourceFile, Space};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;

/// Most steps of a protocol, with those of what it calls.
pub(super) const MOST_STEPS: usize = 10_000;

pub(super) struct Shared<'f> {
    files: &'f Files,
    space: RefCell<Space>,
    wanted: RefCell<BTreeMap<String, Range<usize>>>,
    /// Steps read so far.
    pub steps: Cell<usize>,
}

impl<'f> Shared<'f> {
    pub fn new(files: &'f Files, main: &SourceFile) -> Self {
        let mut space = Space::default();
        space.add(main);
        Self {
            files,
            space: RefCell::new(space),
            wanted: RefCell::default(),
            steps: Cell::new(0),
        }
    }
    /// A file's text and where it begins, or why there is none; nothing when it has yet to be brought.
    pub fn want(&self, path: &str, span: &Range<usize>) -> Option<Result<(&'f SourceFile, usize), &'f str>> {
        let mut wanted = self.wanted.borrow_mut();
        if wanted.len() >= MOST_FILES && !wanted.contains_key(path) {
            return Some(Err("a protocol names at most 256 files"));
        }
        wanted.entry(path.to_owned()).or_insert_with(|| span.clone());
        Some(match self.files.get(path)? {
            Ok(file) => Ok((file, self.space.borrow_mut().add(file))),
            Err(why) => Err(why),
        })
    }
    /// The space of places, and the files that were named with the place that names them.
    pub fn finish(self) -> (Space, BTreeMap<String, Range<usize>>) {
        (self.space.into_inner(), self.wanted.into_inner())
    }
}
