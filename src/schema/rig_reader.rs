//! Rig files: plate readers.

use super::super::model::{Table, Type, may, need, plain};
use super::WAVELENGTH;

pub(super) static READER: Table = plain(
    "rig.plate_reader",
    "A plate reader.",
    &[
        need(
            "profile",
            Type::Text,
            "its profile",
            "\"profiles/absorbance-reader.toml\"",
        ),
        need("tray", Type::Text, "nest that its tray is", "\"reader-tray\""),
        need(
            "wavelengths",
            Type::Exactly(2, &WAVELENGTH),
            "shortest and longest",
            "[\"340 nm\", \"900 nm\"]",
        ),
        may(
            "fluorescence",
            Type::Boolean,
            "`false`",
            "whether it measures fluorescence",
            "true",
        ),
        may(
            "luminescence",
            Type::Boolean,
            "`false`",
            "whether it measures luminescence",
            "true",
        ),
        may(
            "area_scan",
            Type::Integer(2, 10),
            "scans no areas",
            "most points along one side of an area scan",
            "10",
        ),
    ],
);
