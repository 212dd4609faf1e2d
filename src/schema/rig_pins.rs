//! Rig files: pin tools and their sterilising stations.

use super::super::model::{Table, Type, may, need, plain};
use super::{DURATION, LENGTH, POINT, SHARE, VOLUME};

pub(super) static PIN_TOOL: Table = plain(
    "rig.pin_tools",
    "A passive head whose pins carry what sticks to them; steps name it where they name a pipette.",
    &[
        need(
            "mount",
            Type::Words(&["left", "right"]),
            "side of the carriage",
            "\"right\"",
        ),
        need(
            "pins",
            Type::Either(&Type::Integer(1, 8), &Type::Integer(96, 96)),
            "1, or 8 or 96 of them 9 mm apart",
            "8",
        ),
        need(
            "nozzle",
            POINT,
            "where pin 1 is held, relative to the carriage",
            "[\"0 mm\", \"0 mm\", \"0 mm\"]",
        ),
        need("length", LENGTH, "from there to the pins' ends", "\"50 mm\""),
        need("diameter", LENGTH, "of one pin", "\"1.6 mm\""),
        need(
            "carries",
            VOLUME,
            "what a pin carries out of a liquid, and gives off where it comes down next",
            "\"0.2 uL\"",
        ),
        may(
            "random_error",
            SHARE,
            "`\"0 %\"`",
            "coefficient of variation of what a pin carries",
            "\"8 %\"",
        ),
        need(
            "station",
            Type::Text,
            "nest of its sterilising station",
            "\"baths\"",
        ),
        need(
            "baths",
            Type::List(&Type::Table(&BATH)),
            "the station's baths, in the order in which the pins stand in them",
            "[{ well = \"A1\", liquid = \"bleach\", volume = \"40 mL\", dwell = \"10 s\" }]",
        ),
        need(
            "dry",
            DURATION,
            "how long the pins hang in the air afterwards, until nothing of the last bath is on them",
            "\"30 s\"",
        ),
        need(
            "uses",
            Type::Integer(1, 100_000),
            "how often the baths sterilise before they are changed",
            "200",
        ),
    ],
);

static BATH: Table = plain(
    "rig.pin_tools.baths",
    "A bath of a sterilising station.",
    &[
        need("well", Type::Text, "its well", "\"A1\""),
        need("liquid", Type::Text, "what it holds", "\"bleach\""),
        need("volume", VOLUME, "what it is filled with", "\"40 mL\""),
        need("dwell", DURATION, "how long the pins stand in it", "\"10 s\""),
    ],
);
