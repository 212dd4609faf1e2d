//! Rig files: incubators, plate readers and plate movers by their makes.

use super::super::model::{Case, Cases, Key, Table, Type, may, need, plain};
use super::{LENGTH, ROTATION, TEMPERATURE, WAVELENGTH, safe};

pub(super) static SPECTRAMAX: Table = plain(
    "rig.spectramax",
    "A plate reader of the SpectraMax family.",
    &[
        need(
            "model",
            Type::Words(&["384_plus", "m5"]),
            "the maker's model; `m5` for the M series",
            "\"384_plus\"",
        ),
        need("tray", Type::Text, "nest that its tray is", "\"reader-tray\""),
        need(
            "wavelengths",
            Type::Exactly(2, &WAVELENGTH),
            "shortest and longest",
            "[\"190 nm\", \"1000 nm\"]",
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
    ],
);

const TRAY: Key = need("tray", Type::Text, "nest that its tray is", "\"reader-tray\"");
const LUMINESCENCE: Key = may(
    "luminescence",
    Type::Boolean,
    "`false`",
    "whether it measures luminescence",
    "true",
);

pub(super) static BIOTEK: Table = plain(
    "rig.biotek",
    "A plate reader of the BioTek family.",
    &[
        need(
            "model",
            Type::Words(&["synergy_h1", "epoch", "cytation_1", "cytation_5"]),
            "the maker's model, which says what it can; an `epoch` measures absorbance only",
            "\"synergy_h1\"",
        ),
        TRAY,
        need(
            "wavelengths",
            Type::Exactly(2, &WAVELENGTH),
            "shortest and longest, from 230 nm to 999 nm",
            "[\"230 nm\", \"999 nm\"]",
        ),
        may(
            "fluorescence",
            Type::Boolean,
            "`false`",
            "whether it measures fluorescence",
            "true",
        ),
        LUMINESCENCE,
    ],
);

pub(super) static CLARIOSTAR: Table = plain(
    "rig.clariostar",
    "A BMG LABTECH CLARIOstar.",
    &[
        TRAY,
        need(
            "wavelengths",
            Type::Exactly(2, &WAVELENGTH),
            "shortest and longest, from 200 nm to 1000 nm",
            "[\"220 nm\", \"1000 nm\"]",
        ),
        may(
            "fluorescence",
            Type::Boolean,
            "`false`",
            "nothing but `false`: how it is asked for fluorescence is not known",
            "false",
        ),
        LUMINESCENCE,
    ],
);

pub(super) static CYTOMAT: Table = plain(
    "rig.cytomat",
    "An incubator.",
    &[
        need(
            "transfer",
            Type::Text,
            "nest that its transfer station is",
            "\"transfer\"",
        ),
        need("slots", Type::Integer(1, 999), "how many", "42"),
        need(
            "temperature",
            TEMPERATURE,
            "what it is set to at the unit",
            "\"30 C\"",
        ),
        may("shaking", ROTATION, "no shaker", "shaking speed", "\"1000 rpm\""),
        may(
            "barcode_reader",
            Type::Boolean,
            "`false`",
            "whether it reads barcodes",
            "true",
        ),
        may(
            "safe",
            Type::Table(&safe::INCUBATOR),
            "see there",
            "how it is left when a run is aborted",
            "{ shaking = \"off\" }",
        ),
    ],
);

pub(super) static LICONIC: Table = plain(
    "rig.liconic",
    "A Liconic STX.",
    &[
        need(
            "transfer",
            Type::Text,
            "nest that its transfer station is",
            "\"transfer\"",
        ),
        need(
            "slots",
            Type::Integer(1, 999),
            "how many: as many as its cassettes have levels",
            "22",
        ),
        need(
            "cassettes",
            Type::List(&Type::Table(&CASSETTE)),
            "its cassettes, in their order",
            "",
        ),
        need(
            "temperature",
            TEMPERATURE,
            "what it is set to when a run begins",
            "\"37 C\"",
        ),
        may("shaking", ROTATION, "no shaker", "shaking speed", "\"600 rpm\""),
        may(
            "safe",
            Type::Table(&safe::INCUBATOR),
            "see there",
            "how it is left when a run is aborted",
            "{ shaking = \"off\" }",
        ),
    ],
);
static CASSETTE: Table = plain(
    "rig.liconic.cassettes",
    "A cassette of a Liconic.",
    &[
        need("levels", Type::Integer(1, 999), "plates one over the other", "22"),
        need(
            "site_height",
            LENGTH,
            "height of a site: 5, 11, 12, 17, 22, 23, 24, 27, 44, 53, 66 or 104 mm",
            "\"17 mm\"",
        ),
    ],
);

const COORDINATE: Type = Type::Number(-10_000.0, 10_000.0);

pub(super) static ARM: Table = plain(
    "rig.precise_flex",
    "A PreciseFlex arm.",
    &[
        need(
            "rest",
            Type::Exactly(4, &COORDINATE),
            "joints at rest, outside every zone: base in mm, shoulder, elbow and wrist in degrees",
            "[300.0, 0.0, 180.0, -90.0]",
        ),
        need(
            "clearance",
            LENGTH,
            "how far over a place it comes and goes",
            "\"100 mm\"",
        ),
        need("grip_open", LENGTH, "between its open fingers", "\"130 mm\""),
        need(
            "grip_closed",
            LENGTH,
            "between its fingers when they are closed on nothing",
            "\"80 mm\"",
        ),
        may(
            "speed",
            Type::Integer(1, 100),
            "50",
            "share of the full speed, in percent",
            "30",
        ),
        may(
            "lid",
            Type::Table(&LID),
            "it handles no lids",
            "how lids are gripped",
            "",
        ),
        may(
            "locations",
            Type::Map("NEST", &Type::Table(&LOCATION)),
            "it reaches nothing",
            "places that it was taught",
            "",
        ),
    ],
);
static LID: Table = plain(
    "rig.precise_flex.lid",
    "How an arm grips lids.",
    &[
        need("grip_height", LENGTH, "over the lid's lower edge", "\"4 mm\""),
        need(
            "on_plate",
            LENGTH,
            "the lower edge of a lid on a plate, over the nest",
            "\"8 mm\"",
        ),
    ],
);
static LOCATION: Table = Table {
    cases: Some(Cases::Given(&[
        Case {
            name: "angles",
            table: &ANGLES,
        },
        Case {
            name: "xyz",
            table: &XYZ,
        },
    ])),
    ..plain(
        "rig.precise_flex.locations",
        "A place that an arm was taught: its fingers at the level of the nest.",
        &[may(
            "clearance",
            LENGTH,
            "the arm's",
            "how far over it the arm comes and goes",
            "\"40 mm\"",
        )],
    )
};
static ANGLES: Table = plain(
    "rig.precise_flex.locations.angles",
    "A place that was taught by joints.",
    &[need(
        "angles",
        Type::Exactly(4, &COORDINATE),
        "base in mm, shoulder, elbow and wrist in degrees",
        "[50.0, 20.0, 100.0, -40.0]",
    )],
);
static XYZ: Table = plain(
    "rig.precise_flex.locations.xyz",
    "A place that was taught by coordinates.",
    &[
        need(
            "xyz",
            Type::Exactly(6, &COORDINATE),
            "x, y, z in mm, yaw, pitch and roll in degrees",
            "[250.0, 300.0, 80.0, 45.0, 90.0, 180.0]",
        ),
        may(
            "config",
            Type::Integer(0, 8191),
            "as it comes",
            "the arm's configuration there",
            "2",
        ),
    ],
);
