//! What the tables of all instruments share: who they must say they are, and which durations they give.

use crate::schema::model::{Table, Type, may, plain};

/// Actions whose durations a rig file gives.
pub(super) const TIMED: &[&str] = &[
    "air_gap",
    "aspirate",
    "blow_out",
    "close_tray",
    "dip",
    "dip_pins",
    "dispense",
    "draw",
    "drop_tips",
    "expel",
    "home",
    "initialise",
    "measure",
    "mix_stroke",
    "move_plate",
    "move_probe",
    "open_tray",
    "park",
    "peel",
    "pick_up_tips",
    "pump_home",
    "read_absorbance",
    "read_barcode",
    "read_fluorescence",
    "read_luminescence",
    "remove_lid",
    "replace_lid",
    "retrieve",
    "scan_barcode",
    "seal",
    "set_down",
    "set_point",
    "set_temperature",
    "shake",
    "spin",
    "store",
    "thermocycle",
    "touch_tip",
];

pub(super) static IDENTITY: Table = plain(
    "rig.identity",
    "Who an instrument must say it is.",
    &[
        may(
            "serial",
            Type::Text,
            "any",
            "serial number, as it writes it itself",
            "\"20261\"",
        ),
        may(
            "firmware",
            Type::Text,
            "any",
            "firmware, as it writes it itself",
            "\"103\"",
        ),
    ],
);
