//! The definitions at hand: the built-in ones and those of a rig's labware folder.

use super::{Labware, parse};
use crate::source::{Diagnostic, SourceFile};
use std::collections::BTreeMap;

/// Built-in definitions as (name, text of the file).
pub const BUILT_IN: &[(&str, &str)] = &[
    (
        "plate-96-flat",
        include_str!("../../config/labware/plate-96-flat.toml"),
    ),
    (
        "reservoir-1",
        include_str!("../../config/labware/reservoir-1.toml"),
    ),
    ("tiprack-20", include_str!("../../config/labware/tiprack-20.toml")),
    (
        "tiprack-300",
        include_str!("../../config/labware/tiprack-300.toml"),
    ),
    ("waste-bin", include_str!("../../config/labware/waste-bin.toml")),
];

/// Labware definitions by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Library {
    definitions: BTreeMap<String, Labware>,
}

impl Library {
    /// The built-in definitions, then those of `files`, which may replace them.
    pub fn load(files: &[SourceFile]) -> (Self, Vec<Diagnostic>) {
        let mut library = Self::default();
        let mut found = Vec::new();
        let built_in = BUILT_IN.iter().map(|(name, text)| SourceFile {
            name: format!("{name} (built in)"),
            text: (*text).to_owned(),
        });
        for file in built_in.chain(files.iter().cloned()) {
            let (labware, mut diagnostics) = parse(&file);
            found.append(&mut diagnostics);
            if let Some(labware) = labware {
                library.definitions.insert(labware.name.clone(), labware);
            }
        }
        (library, found)
    }
    /// A definition by name.
    pub fn get(&self, name: &str) -> Option<&Labware> {
        self.definitions.get(name)
    }
    /// Every name, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.definitions.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labware::Well;
    use crate::units::{Length, Volume};

    #[test]
    fn the_built_in_library_is_sound() {
        let (library, found) = Library::load(&[]);
        assert_eq!(found, []);
        assert_eq!(library.names().count(), BUILT_IN.len());
        let plate = library.get("plate-96-flat").unwrap();
        assert_eq!(
            plate.centre(Well::new(7, 11)),
            (Length::um(113_380), Length::um(11_240))
        );
        // 200 uL stand 5.4 mm high in a flat well of 6.86 mm.
        assert!((plate.path_length_cm(Volume::nl(200_000)) - 0.5411).abs() < 1e-3);
    }
}
