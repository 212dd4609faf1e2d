//! Rig files: machines with system liquid.

use super::super::model::{Table, Type, may, need, plain};
use super::{FLOW, LENGTH, POINT, SHARE, VOLUME};

pub(super) static PROBE: Table = plain(
    "rig.probes",
    "A fixed probe, whose liquid a pump moves; steps name it where they name a pipette.",
    &[
        need(
            "mount",
            Type::Words(&["left", "right"]),
            "side of the carriage",
            "\"right\"",
        ),
        need(
            "pump",
            Type::Text,
            "instrument of kind `cavro` that moves its liquid",
            "\"pump\"",
        ),
        need(
            "nozzle",
            POINT,
            "where it is held, relative to the carriage",
            "[\"0 mm\", \"0 mm\", \"0 mm\"]",
        ),
        need("length", LENGTH, "from there to its end", "\"60 mm\""),
        may(
            "random_error",
            SHARE,
            "`\"0 %\"`",
            "coefficient of variation of a stroke (ISO 8655); the check keeps three of them in reserve",
            "\"0.8 %\"",
        ),
        need(
            "tubing",
            VOLUME,
            "what the tubing from the pump's valve to the probe's end holds",
            "\"600 uL\"",
        ),
        need(
            "leading_air",
            VOLUME,
            "air that keeps system liquid and sample apart",
            "\"10 uL\"",
        ),
        need("min_volume", VOLUME, "least that it is trusted with", "\"5 uL\""),
        need(
            "max_volume",
            VOLUME,
            "most that it is trusted with; with the leading air no more than tubing and syringe hold",
            "\"450 uL\"",
        ),
        need("flow", FLOW, "usual speed of strokes", "\"150 uL/s\""),
        need("wash", Type::Text, "nest of its wash station", "\"wash\""),
        need(
            "wash_inside",
            VOLUME,
            "least system liquid through it that cleans it inside",
            "\"500 uL\"",
        ),
        need(
            "wash_outside",
            VOLUME,
            "least system liquid in the cleaner that cleans it outside",
            "\"400 uL\"",
        ),
    ],
);

pub(super) static PUMP: Table = plain(
    "rig.cavro",
    "A syringe pump.",
    &[
        need(
            "model",
            Type::Words(&["xcalibur", "xlp6000"]),
            "the maker's model",
            "\"xcalibur\"",
        ),
        may(
            "address",
            Type::Integer(0, 14),
            "0",
            "position of its address switch",
            "0",
        ),
        need("syringe", VOLUME, "what its syringe holds", "\"1 mL\""),
        need(
            "bottle",
            Type::Table(&BOTTLE),
            "the bottle at its input",
            "{ volume = \"1 L\", dead_volume = \"30 mL\" }",
        ),
        may(
            "drain",
            VOLUME,
            "nobody counts",
            "what the container under the wash station takes",
            "\"2 L\"",
        ),
    ],
);

static BOTTLE: Table = plain(
    "rig.cavro.bottle",
    "A bottle of system liquid.",
    &[
        need("volume", VOLUME, "in it when a run begins", "\"1 L\""),
        may(
            "dead_volume",
            VOLUME,
            "0 uL",
            "what its tube does not reach",
            "\"30 mL\"",
        ),
    ],
);
