//! Rig files: how instruments are left when a run is aborted.

use super::super::model::{Table, Type, may, plain};
use super::TEMPERATURE;

pub(super) static HANDLER: Table = plain(
    "rig.ot2.safe",
    "How a liquid handler is left when a run is aborted.",
    &[may(
        "tips",
        Type::Words(&["return", "keep"]),
        "`\"return\"`",
        "tips with liquid in them: `return` gives back what came from one well, with tips that have been nowhere else, and drops the tips, any other liquid stays in its tips; `keep` leaves them on for a person to see to",
        "\"keep\"",
    )],
);

pub(super) static INCUBATOR: Table = plain(
    "rig.cytomat.safe",
    "How an incubator is left when a run is aborted.",
    &[may(
        "shaking",
        Type::Words(&["keep", "off"]),
        "`\"keep\"`",
        "whether it goes on shaking what stands in it",
        "\"off\"",
    )],
);

pub(super) static STATION: Table = plain(
    "rig.station.safe",
    "How a station is left when a run is aborted.",
    &[
        may(
            "shaking",
            Type::Words(&["keep", "off"]),
            "`\"off\"`",
            "whether it goes on shaking",
            "\"keep\"",
        ),
        may(
            "temperature",
            Type::Either(&TEMPERATURE, &Type::Words(&["keep"])),
            "`\"keep\"`",
            "what it is set to, where the run had set another temperature; `keep` where other plates depend on it",
            "\"25 C\"",
        ),
    ],
);
