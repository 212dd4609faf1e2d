//! Rig files: what was measured of a rig.

use super::super::model::{Measure, Sign, Table, Type, may, need, plain};
use super::{DURATION, LENGTH, POINT};
use crate::units::EvaporationRate;

const EVAPORATION_RATE: Type = Type::Quantity(Measure::of::<EvaporationRate>(), Sign::NotNegative);

pub(super) static CALIBRATION: Table = plain(
    "rig.calibration",
    "What was measured of an instrument.",
    &[
        may(
            "date",
            Type::Pattern("[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", "day"),
            "none",
            "day on which it was measured",
            "\"2026-10-01\"",
        ),
        may(
            "valid_for",
            DURATION,
            "ever",
            "whole days for which it is good",
            "\"180 d\"",
        ),
        may(
            "deck",
            POINT,
            "0, 0, 0",
            "where the deck was found, relative to nominal",
            "[\"1.3 mm\", \"-0.8 mm\", \"0.5 mm\"]",
        ),
        may(
            "tip_lengths",
            Type::Map("RACK", &LENGTH),
            "the labware's",
            "measured tip lengths",
            "{ tiprack-300 = \"59.3 mm\" }",
        ),
        may(
            "grip_height",
            LENGTH,
            "none",
            "grip height over a nest",
            "\"6 mm\"",
        ),
        may(
            "grip_heights",
            Type::Map("NEST", &LENGTH),
            "`grip_height`",
            "grip heights over single nests",
            "{ reader-tray = \"7.5 mm\" }",
        ),
    ],
);

pub(super) static EVAPORATION: Table = plain(
    "rig.evaporation",
    "What evaporates from a well at most; under a seal nothing does.",
    &[
        need("open", EVAPORATION_RATE, "without a lid", "\"6 uL/h\""),
        need("lidded", EVAPORATION_RATE, "under a lid", "\"0.15 uL/h\""),
        may(
            "reservoir",
            EVAPORATION_RATE,
            "nothing",
            "from a trough of a reservoir",
            "\"120 uL/h\"",
        ),
        may(
            "tube",
            EVAPORATION_RATE,
            "nothing",
            "from an open tube",
            "\"4 uL/h\"",
        ),
    ],
);
