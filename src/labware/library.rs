//! The definitions at hand: the built-in ones and those of a rig's labware folder.

use super::{Labware, opentrons, parse};
use crate::source::{Diagnostic, SourceFile};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

macro_rules! built_in {
    ($($name:literal),+ $(,)?) => {
        /// Built-in definitions as (name, text of the file).
        pub const BUILT_IN: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../config/labware/", $name, ".toml")))),+
        ];
    };
}

built_in!(
    "adapter-flat",
    "adapter-pcr-96",
    "agar-48",
    "agar-tray",
    "cryorack-48-2ml",
    "cryorack-96-1ml",
    "cryorack-96-500ul",
    "plate-12-flat",
    "plate-24-deep-10ml",
    "plate-24-flat",
    "plate-384-deep",
    "plate-384-flat",
    "plate-384-low-volume",
    "plate-384-pcr",
    "plate-48-flat",
    "plate-6-flat",
    "plate-96-deep-1ml",
    "plate-96-deep-2ml",
    "plate-96-flat",
    "plate-96-pcr",
    "plate-96-u",
    "plate-96-v",
    "reservoir-1",
    "reservoir-12",
    "reservoir-4",
    "tiprack-10",
    "tiprack-1000",
    "tiprack-20",
    "tiprack-200",
    "tiprack-300",
    "tiprack-50",
    "tuberack-15-15ml",
    "tuberack-24-1500ul",
    "tuberack-24-2ml",
    "tuberack-6-50ml",
    "wash-station",
    "waste-bin",
);

/// A definition with the text that it was read from.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    labware: Labware,
    text: String,
    built_in: bool,
}

/// Labware definitions by name; a copy shares them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Library {
    definitions: Arc<BTreeMap<String, Entry>>,
}

/// The built-in definitions, which are the same for every program, with what is wrong in them (nothing, as tests show).
static BASE: LazyLock<(Library, Vec<Diagnostic>)> = LazyLock::new(|| {
    let mut library = Library::default();
    let mut found = Vec::new();
    for (name, text) in BUILT_IN {
        let file = SourceFile {
            name: format!("{name} (built in)"),
            text: (*text).to_owned(),
        };
        let (labware, mut diagnostics) = parse(&file);
        found.append(&mut diagnostics);
        if let Some(labware) = labware {
            library.insert(labware, &file, true);
        }
    }
    (library, found)
});

impl Library {
    /// The built-in definitions, then those of `files`. A TOML file may replace a built-in definition; an Opentrons
    /// file whose `loadName` is taken is named with its version behind it, as "plate_v2". Two files with one name
    /// are refused.
    pub fn load(files: &[SourceFile]) -> (Self, Vec<Diagnostic>) {
        let (mut library, mut found) = BASE.clone();
        // TOML first: its names are chosen by the person, those of Opentrons files give way.
        let (json, toml): (Vec<_>, Vec<_>) = files.iter().partition(|file| opentrons::is_json(&file.name));
        for file in toml {
            let (labware, mut diagnostics) = parse(file);
            found.append(&mut diagnostics);
            let Some(labware) = labware else { continue };
            if library.is_own(&labware.name) {
                found.push(twice(file, &labware.name));
            } else {
                library.insert(labware, file, false);
            }
        }
        for file in json {
            let (definition, mut diagnostics) = opentrons::parse(file);
            found.append(&mut diagnostics);
            let Some(definition) = definition else { continue };
            let mut labware = definition.labware;
            if library.get(&labware.name).is_some() {
                labware.name = format!("{}_v{}", labware.name, definition.version);
            }
            if library.get(&labware.name).is_some() {
                found.push(twice(file, &labware.name));
            } else {
                library.insert(labware, file, false);
            }
        }
        (library, found)
    }
    /// The definitions of files given as (name, text), as [`load`](Self::load) finds them; what is wrong in them is left
    /// out: for files that were read and found sound before.
    pub fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files: Vec<SourceFile> = files
            .into_iter()
            .map(|(name, text)| SourceFile {
                name: name.to_owned(),
                text: text.to_owned(),
            })
            .collect();
        Self::load(&files).0
    }
    fn insert(&mut self, labware: Labware, file: &SourceFile, built_in: bool) {
        let name = labware.name.clone();
        let text = file.text.clone();
        let entry = Entry {
            labware,
            text,
            built_in,
        };
        Arc::make_mut(&mut self.definitions).insert(name, entry);
    }
    fn is_own(&self, name: &str) -> bool {
        self.definitions.get(name).is_some_and(|entry| !entry.built_in)
    }
    /// A definition by name.
    pub fn get(&self, name: &str) -> Option<&Labware> {
        self.definitions.get(name).map(|entry| &entry.labware)
    }
    /// Every name, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.definitions.keys().map(String::as_str)
    }
    /// Every definition, in order of names.
    pub fn all(&self) -> impl Iterator<Item = &Labware> {
        self.definitions.values().map(|entry| &entry.labware)
    }
}

/// The text of every definition that [`Library::load`] finds in files given as (name, text), by the definition's
/// name: for a program that reads definitions itself.
pub fn texts<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    let library = Library::of(files);
    let entries = library.definitions.iter();
    entries
        .map(|(name, entry)| (name.clone(), entry.text.clone()))
        .collect()
}

fn twice(file: &SourceFile, name: &str) -> Diagnostic {
    let message = format!("a second definition of \"{name}\" in the labware folder");
    let at = file.text.find(name).map_or(0..0, |at| at..at + name.len());
    Diagnostic::error("labware-twice", &file.name, at, message).help("leave one of the two files out")
}

#[cfg(test)]
#[path = "library_tests.rs"]
mod tests;
