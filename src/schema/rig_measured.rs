//! Rig files: what was measured of a rig.

use super::super::model::{Measure, Sign, Table, Type, may, need, plain};
use super::{DAY, DURATION, LENGTH, POINT};
use crate::units::EvaporationRate;

const EVAPORATION_RATE: Type = Type::Quantity(Measure::of::<EvaporationRate>(), Sign::NotNegative);

pub(super) static CAMERA: Table = plain(
    "rig.camera",
    "A camera stage: a list of colonies that names it is in pixels of its images, with marks that lay them on the plate.",
    &[
        need(
            "mm_per_pixel",
            Type::Number(0.0001, 10.0),
            "side of a pixel on the plate, in mm; an image differs by 2 % at most",
            "0.05",
        ),
        need(
            "tolerance",
            LENGTH,
            "how far a mark may be off once the image lies as they say",
            "\"0.2 mm\"",
        ),
        need(
            "fiducials",
            Type::Map("NAME", &Type::Exactly(2, &LENGTH)),
            "marks in its view, 3 at least and not on one line: X and Y from the left and front edges of the plate",
            "{ left-front = [\"-4 mm\", \"-4 mm\"], right-front = [\"132 mm\", \"-4 mm\"], left-back = [\"-4 mm\", \"90 mm\"] }",
        ),
    ],
);

pub(super) static CALIBRATION: Table = plain(
    "rig.calibration",
    "What was measured of an instrument.",
    &[
        may(
            "date",
            DAY,
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
            "due",
            DAY,
            "never",
            "last day on which it is good",
            "\"2027-03-31\"",
        ),
        may(
            "author",
            Type::Text,
            "nobody",
            "who measured it",
            "\"night shift\"",
        ),
        may(
            "residual",
            LENGTH,
            "unknown",
            "how far what was touched is from the deck that was found (root of the mean square)",
            "\"0.02 mm\"",
        ),
        may(
            "deck",
            POINT,
            "0, 0, 0",
            "where the deck was found, relative to nominal",
            "[\"1.3 mm\", \"-0.8 mm\", \"0.5 mm\"]",
        ),
        may(
            "turn",
            Type::Number(-50.0, 50.0),
            "0",
            "turn of the deck counter-clockwise about its origin, in mm per m",
            "0.25",
        ),
        may(
            "tilt",
            Type::Exactly(2, &Type::Number(-50.0, 50.0)),
            "0, 0",
            "rise of the deck to the right and to the back, in mm per m",
            "[0.1, -0.05]",
        ),
        may(
            "pipette_offsets",
            Type::Map("PIPETTE", &POINT),
            "nominal",
            "where nozzles are, relative to the rig file's `nozzle`",
            "{ p20-single = [\"0.1 mm\", \"0 mm\", \"-0.2 mm\"] }",
        ),
        may(
            "labware_offsets",
            Type::Map("NEST", &POINT),
            "none",
            "where what stands on a nest is, relative to the deck",
            "{ deck-8 = [\"0 mm\", \"0.3 mm\", \"0 mm\"] }",
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
        may(
            "approaches",
            Type::Map("NEST", &LENGTH),
            "the arm's `clearance`",
            "heights over nests from which an arm comes down",
            "{ hotel-1 = \"40 mm\" }",
        ),
    ],
);

pub(super) static VERIFICATION: Table = plain(
    "rig.verification",
    "Proof of volume: what is demanded of pipettes.",
    &[
        may(
            "valid_for",
            DURATION,
            "as long as the record says",
            "whole days for which a verification holds",
            "\"365 d\"",
        ),
        may(
            "require",
            Type::Boolean,
            "`false`: it is warned of",
            "a pipette that was never verified, not for too long, or failed, is refused",
            "true",
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
