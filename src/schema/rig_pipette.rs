//! Rig files: pipettes, and the keys that those of every liquid handler have.

use super::super::model::{Key, Table, Type, may, need, plain};
use super::{FLOW, LENGTH, POINT, SHARE, VOLUME};

pub(super) const MIN_VOLUME: Key = need(
    "min_volume",
    VOLUME,
    "least that it is trusted with, per channel",
    "\"20 uL\"",
);
pub(super) const MAX_VOLUME: Key = need(
    "max_volume",
    VOLUME,
    "most that it is trusted with, per channel",
    "\"300 uL\"",
);
pub(super) const TIP_RACKS: Key = need(
    "tip_racks",
    Type::List(&Type::Text),
    "racks that fit",
    "[\"tiprack-300\"]",
);
pub(super) const USUAL_FLOW: Key = need("flow", FLOW, "usual speed of strokes", "\"94 uL/s\"");
pub(super) const NOZZLE: Key = need(
    "nozzle",
    POINT,
    "nozzle of channel 1 relative to the carriage",
    "[\"-34 mm\", \"31.5 mm\", \"0 mm\"]",
);
pub(super) const NOZZLE_LENGTH: Key = may(
    "nozzle_length",
    LENGTH,
    "`\"0 mm\"`",
    "slender part of the nozzles under the body: it may go into wells of 7 mm and more",
    "\"12 mm\"",
);
pub(super) const RANDOM_ERROR: Key = may(
    "random_error",
    SHARE,
    "`\"0 %\"`",
    "coefficient of variation of a stroke (ISO 8655); the check keeps three of them in reserve",
    "\"0.8 %\"",
);

pub(super) static PIPETTE: Table = plain(
    "rig.pipettes",
    "A pipette.",
    &[
        need(
            "mount",
            Type::Words(&["left", "right"]),
            "side of the carriage",
            "\"left\"",
        ),
        need("model", Type::Text, "the maker's name", "\"p300_multi_v2.1\""),
        need(
            "channels",
            Type::Either(&Type::Integer(1, 8), &Type::Integer(96, 96)),
            "channels of the model: up to 8 in a column, or 96 in 8 rows and 12 columns",
            "8",
        ),
        MIN_VOLUME,
        MAX_VOLUME,
        TIP_RACKS,
        USUAL_FLOW,
        NOZZLE,
        NOZZLE_LENGTH,
        RANDOM_ERROR,
    ],
);
