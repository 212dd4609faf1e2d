//! Labware files.

use super::model::{Case, Cases, Key, Measure, Sign, Table, Type, may, need, plain};
use crate::units::{Length, Volume};

const LENGTH: Type = Type::Quantity(Measure::of::<Length>(), Sign::Any);
const PAIR: Type = Type::Exactly(2, &LENGTH);
const VOLUME: Type = Type::Quantity(Measure::of::<Volume>(), Sign::Any);

const NAME: Key = need(
    "name",
    Type::Text,
    "name in protocols and rig files",
    "\"own-plate\"",
);
const TITLE: Key = need("title", Type::Text, "for people", "\"96-well plate\"");
const ROWS: Key = need("rows", Type::Integer(1, 48), "rows of wells, tubes or tips", "8");
const COLUMNS: Key = need(
    "columns",
    Type::Integer(1, 48),
    "columns of wells, tubes or tips",
    "12",
);
const CAPACITY: Key = need("capacity", VOLUME, "of one well, tube or tip", "\"360 uL\"");
const DEAD: Key = may(
    "dead_volume",
    VOLUME,
    "nothing",
    "what cannot be drawn from a well",
    "\"10 uL\"",
);
const LID: Key = may(
    "lid",
    Type::Table(&LID_TABLE),
    "none fits",
    "its lid",
    "{ height = \"8 mm\", rise = \"2 mm\", absorbance = 0.008 }",
);
const SINKS: Key = may(
    "sinks",
    Type::Map("LABWARE", &LENGTH),
    "none",
    "how far it sinks into what it stands on",
    "{ adapter-flat = \"2 mm\" }",
);

/// What is kept in which kind: the head's keys, then the other tables.
macro_rules! kind {
    ($file:ident, $head:ident, $id:literal, $meaning:literal, [$($head_key:expr),*], [$($table:expr),*]) => {
        static $head: Table = plain(concat!($id, ".labware"), "What it is.", &[KIND, NAME, TITLE, $($head_key),*]);
        static $file: Table = plain(
            $id,
            $meaning,
            &[need("labware", Type::Table(&$head), "What it is.", ""), $($table),*],
        );
    };
}

const KIND: Key = need(
    "kind",
    Type::Words(&[
        "plate",
        "agar_plate",
        "reservoir",
        "tube_rack",
        "tip_rack",
        "adapter",
        "waste",
    ]),
    "what it is for",
    "",
);
const HOLDS: Key = need(
    "geometry",
    Type::Table(&LIQUID_GEOMETRY),
    "Where its wells are.",
    "",
);
const TIPS: Key = need("geometry", Type::Table(&TIP_GEOMETRY), "Where its tips are.", "");
const BLOCK: Key = need("geometry", Type::Table(&ADAPTER_GEOMETRY), "How large it is.", "");
const HOLE: Key = need(
    "geometry",
    Type::Table(&WASTE_GEOMETRY),
    "Where its opening is.",
    "",
);

pub(super) static ROOT: Table = Table {
    cases: Some(Cases::Within(
        "labware",
        "kind",
        &[
            Case {
                name: "plate",
                table: &PLATE,
            },
            Case {
                name: "agar_plate",
                table: &AGAR,
            },
            Case {
                name: "reservoir",
                table: &RESERVOIR,
            },
            Case {
                name: "tube_rack",
                table: &TUBES,
            },
            Case {
                name: "tip_rack",
                table: &RACK,
            },
            Case {
                name: "adapter",
                table: &ADAPTER,
            },
            Case {
                name: "waste",
                table: &WASTE,
            },
        ],
    )),
    ..plain("labware", "A labware definition.", &[])
};

kind!(
    PLATE,
    PLATE_HEAD,
    "labware.plate",
    "A plate.",
    [ROWS, COLUMNS, CAPACITY, DEAD, LID, SINKS],
    [HOLDS]
);
kind!(
    AGAR,
    AGAR_HEAD,
    "labware.agar_plate",
    "A plate with agar.",
    [
        ROWS,
        COLUMNS,
        CAPACITY,
        need("agar", LENGTH, "height of the agar", "\"4 mm\""),
        LID,
        SINKS
    ],
    [HOLDS]
);
kind!(
    RESERVOIR,
    RESERVOIR_HEAD,
    "labware.reservoir",
    "A reservoir.",
    [ROWS, COLUMNS, CAPACITY, DEAD, SINKS],
    [HOLDS]
);
kind!(
    TUBES,
    TUBES_HEAD,
    "labware.tube_rack",
    "A rack of tubes.",
    [ROWS, COLUMNS, CAPACITY, DEAD, SINKS],
    [HOLDS]
);
kind!(
    RACK,
    RACK_HEAD,
    "labware.tip_rack",
    "A rack of tips.",
    [ROWS, COLUMNS, CAPACITY, SINKS],
    [need("tip", Type::Table(&TIP), "Its tips.", ""), TIPS]
);
kind!(
    ADAPTER,
    ADAPTER_HEAD,
    "labware.adapter",
    "An adapter.",
    [may(
        "fits",
        Type::List(&Type::Text),
        "none",
        "labware that stands on it",
        "[\"plate-96-pcr\"]"
    )],
    [BLOCK]
);
kind!(
    WASTE,
    WASTE_HEAD,
    "labware.waste",
    "A waste.",
    [
        ROWS,
        COLUMNS,
        may(
            "capacity_tips",
            Type::Integer(1, 4_294_967_295),
            "any",
            "tips that it holds",
            "700"
        )
    ],
    [HOLE]
);

static LID_TABLE: Table = plain(
    "labware.lid",
    "A lid.",
    &[
        need("height", LENGTH, "its height", "\"8 mm\""),
        need(
            "rise",
            LENGTH,
            "by how much it makes the plate higher",
            "\"2 mm\"",
        ),
        need(
            "absorbance",
            Type::Number(f64::MIN, f64::MAX),
            "of the lid alone",
            "0.008",
        ),
    ],
);
static TIP: Table = plain(
    "labware.tip",
    "Tips.",
    &[
        need("length", LENGTH, "of a tip", "\"59.3 mm\""),
        need(
            "overlap",
            LENGTH,
            "length of it that the nozzle takes",
            "\"7.47 mm\"",
        ),
    ],
);

macro_rules! outside {
    ($($more:expr),*) => {
        &[
            need("footprint", PAIR, "x and y", "[\"127.76 mm\", \"85.48 mm\"]"),
            need("height", LENGTH, "from the nest to the top", "\"20 mm\""),
            $($more),*
        ]
    };
}
const FIRST: Key = need("first_well", PAIR, "middle of A1", "[\"14.38 mm\", \"74.24 mm\"]");
const SPACING: Key = need("spacing", PAIR, "between middles", "[\"9 mm\", \"9 mm\"]");
const BOTTOM: Key = need(
    "well_bottom",
    LENGTH,
    "from the nest to the bottom of a well",
    "\"3 mm\"",
);
const DEPTH: Key = need("well_depth", LENGTH, "of a well", "\"10.5 mm\"");
const BY_SHAPE: Cases = Cases::Word(
    "shape",
    None,
    &[
        Case {
            name: "circular",
            table: &CIRCULAR,
        },
        Case {
            name: "rectangular",
            table: &RECTANGULAR,
        },
    ],
);

static LIQUID_GEOMETRY: Table = Table {
    cases: Some(Cases::Word(
        "shape",
        None,
        &[
            Case {
                name: "circular",
                table: &CIRCULAR_WELL,
            },
            Case {
                name: "rectangular",
                table: &RECTANGULAR_WELL,
            },
        ],
    )),
    ..plain(
        "labware.geometry.wells",
        "Wells for liquid.",
        outside!(FIRST, SPACING, BOTTOM, DEPTH),
    )
};
static TIP_GEOMETRY: Table = Table {
    cases: Some(BY_SHAPE),
    ..plain(
        "labware.geometry.tips",
        "Places for tips.",
        outside!(
            FIRST,
            SPACING,
            may(
                "well_bottom",
                LENGTH,
                "0 mm",
                "from the nest to the bottom of a place",
                "\"3 mm\""
            ),
            may("well_depth", LENGTH, "0 mm", "of a place", "\"10 mm\"")
        ),
    )
};
static WASTE_GEOMETRY: Table = Table {
    cases: Some(BY_SHAPE),
    ..plain(
        "labware.geometry.waste",
        "The opening.",
        outside!(FIRST, SPACING, BOTTOM, DEPTH),
    )
};
static ADAPTER_GEOMETRY: Table = plain("labware.geometry.adapter", "A block.", outside!());

const DIAMETER: Key = need("diameter", LENGTH, "of the opening", "\"6.5 mm\"");
const SIZE: Key = need("size", PAIR, "x and y of the opening", "[\"6.5 mm\", \"6.5 mm\"]");
const IN_SECTIONS: Type = Type::List(&Type::Table(&SECTION));
const SECTIONS: Key = need(
    "sections",
    IN_SECTIONS,
    "the inside of a well from its bottom up, instead of `bottom`",
    "",
);
static CIRCULAR: Table = plain("labware.circular", "A round opening.", &[DIAMETER]);
static RECTANGULAR: Table = plain("labware.rectangular", "An angular opening.", &[SIZE]);
static CIRCULAR_WELL: Table = Table {
    cases: Some(INSIDE),
    ..plain("labware.circular_well", "A round opening.", &[DIAMETER])
};
static RECTANGULAR_WELL: Table = Table {
    cases: Some(INSIDE),
    ..plain("labware.rectangular_well", "An angular opening.", &[SIZE])
};
const INSIDE: Cases = Cases::Given(&[
    Case {
        name: "sections",
        table: &SECTIONED,
    },
    Case {
        name: "bottom",
        table: &WITH_BOTTOM,
    },
]);
static SECTIONED: Table = plain("labware.sectioned", "Described by sections.", &[SECTIONS]);
static WITH_BOTTOM: Table = Table {
    cases: Some(BY_BOTTOM),
    ..plain("labware.bottom", "Straight walls over a bottom.", &[])
};
const BY_BOTTOM: Cases = Cases::Word(
    "bottom",
    Some("flat"),
    &[
        Case {
            name: "flat",
            table: &FLAT,
        },
        Case {
            name: "u",
            table: &ROUND,
        },
        Case {
            name: "v",
            table: &POINTED,
        },
    ],
);
static FLAT: Table = plain("labware.flat", "A flat bottom.", &[]);
static ROUND: Table = plain("labware.u", "Half a sphere.", &[]);
static POINTED: Table = plain(
    "labware.v",
    "A cone or pyramid.",
    &[need("bottom_depth", LENGTH, "its depth", "\"3 mm\"")],
);

static SECTION: Table = Table {
    cases: Some(Cases::Word(
        "shape",
        None,
        &[
            Case {
                name: "spherical",
                table: &SPHERICAL,
            },
            Case {
                name: "conical",
                table: &CONICAL,
            },
            Case {
                name: "cuboidal",
                table: &CUBOIDAL,
            },
        ],
    )),
    ..plain(
        "labware.sections",
        "A section of the inside of a well.",
        &[
            need("height", LENGTH, "its height", "\"2 mm\""),
            may(
                "count",
                Type::Integer(1, 4_294_967_295),
                "1",
                "how many are side by side",
                "1",
            ),
        ],
    )
};
static SPHERICAL: Table = plain(
    "labware.spherical",
    "The end of a sphere.",
    &[need("radius", LENGTH, "of the sphere", "\"3.25 mm\"")],
);
static CONICAL: Table = plain(
    "labware.conical",
    "A cone or cylinder.",
    &[
        need("bottom", LENGTH, "diameter below", "\"6 mm\""),
        need("top", LENGTH, "diameter above", "\"6.5 mm\""),
    ],
);
static CUBOIDAL: Table = plain(
    "labware.cuboidal",
    "A box or pyramid.",
    &[
        need("bottom", PAIR, "x and y below", "[\"6 mm\", \"6 mm\"]"),
        need("top", PAIR, "x and y above", "[\"6.5 mm\", \"6.5 mm\"]"),
    ],
);
