//! Liquids, liquid classes, layouts, pieces and plates.

use super::{DURATION, FLOW, NAMES, SPEED, Type, VOLUME, WELLS};
use crate::schema::model::{Case, Cases, Key, Table, may, need, plain};

pub(super) static LIQUID: Table = plain(
    "protocol.liquids",
    "A liquid.",
    &[
        may(
            "description",
            Type::Text,
            "empty",
            "for people",
            "\"LB with 50 mg/L kanamycin\"",
        ),
        may(
            "lot",
            Type::Boolean,
            "`false`",
            "whoever loads it is asked for its lot",
            "true",
        ),
        may(
            "expires",
            Type::Pattern("[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", "day"),
            "never",
            "last day on which it is used",
            "\"2027-03-31\"",
        ),
    ],
);

macro_rules! manner {
    ($($more:expr),*) => {
        &[
            $($more,)*
            may("aspirate_flow", FLOW, "the pipette's", "flow while drawing", "\"40 uL/s\""),
            may("dispense_flow", FLOW, "the pipette's", "flow while expelling", "\"40 uL/s\""),
            may("aspirate_delay", DURATION, "none", "wait in the liquid after drawing", "\"1 s\""),
            may("dispense_delay", DURATION, "none", "wait in the well after expelling", "\"1 s\""),
            may("air_gap", VOLUME, "none", "air drawn behind the liquid before the tip travels", "\"5 uL\""),
            may(
                "pre_wet",
                Type::Integer(0, 20),
                "0",
                "strokes that wet a fresh tip before its first aspirate",
                "2",
            ),
            may("touch_tip", Type::Boolean, "`false`", "touch the wall of the well after each dispense", "true"),
            may("blow_out", Type::Boolean, "`false`", "blow out after the last dispense", "true"),
            may("submerge", SPEED, "the gantry's", "speed into the liquid", "\"10 mm/s\""),
            may("retract", SPEED, "the gantry's", "speed out of the liquid", "\"5 mm/s\""),
            may(
                "correction",
                Type::List(&Type::Exactly(2, &VOLUME)),
                "strokes are what is asked for",
                "pairs of the volume asked for and the stroke that delivers it, both ascending; straight lines \
                 between, the nearest pair's ratio beyond",
                "[[\"20 uL\", \"20.6 uL\"], [\"200 uL\", \"203 uL\"]]",
            ),
        ]
    };
}

pub(super) static CLASS: Table = plain(
    "protocol.classes",
    "How a kind of liquid is handled.",
    manner!(
        may(
            "description",
            Type::Text,
            "empty",
            "for people",
            "\"glycerol stocks\""
        ),
        may(
            "tips",
            Type::Map("RACK", &Type::Table(&MANNER)),
            "none",
            "what differs for the tips of a rack, by its labware",
            "",
        )
    ),
);

static MANNER: Table = plain(
    "protocol.manner",
    "How a liquid is handled with the tips of a rack.",
    manner!(),
);

pub(super) static LAYOUT: Table = Table {
    cases: Some(Cases::Given(&[
        Case {
            name: "file",
            table: &LAYOUT_FILE,
        },
        Case {
            name: "wells",
            table: &LAYOUT_WELLS,
        },
    ])),
    ..plain(
        "protocol.layouts",
        "Who is in which well.",
        &[
            may(
                "names",
                Type::Words(&["strains", "liquids"]),
                "`\"strains\"`",
                "what the names are: strains, or liquids (parts, primers, compounds)",
                "\"strains\"",
            ),
            may(
                "references",
                NAMES,
                "none",
                "names that strains are compared with",
                "\"parent\"",
            ),
            may(
                "controls",
                NAMES,
                "none",
                "names of controls that grow differently from the reference",
                "[\"slow\"]",
            ),
            may(
                "blanks",
                NAMES,
                "none",
                "names of wells with medium alone",
                "\"blank\"",
            ),
        ],
    )
};

static LAYOUT_FILE: Table = plain(
    "protocol.layouts.file",
    "A plate map in a file.",
    &[need(
        "file",
        Type::Text,
        "plate map, instead of `wells`",
        "\"layout.csv\"",
    )],
);
static LAYOUT_WELLS: Table = plain(
    "protocol.layouts.wells",
    "A grid of names.",
    &[need(
        "wells",
        Type::List(&Type::Text),
        "one text per row, names separated by spaces; `-` is an empty well",
        "[\"parent slow blank -\"]",
    )],
);

pub(super) static PIECE: Table = plain(
    "protocol.pieces",
    "Tip racks, a reservoir or a tube rack.",
    &[
        need("labware", Type::Text, "labware definition", "\"reservoir-1\""),
        need(
            "at",
            NAMES,
            "nest, or nests; with a list, pieces are named `NAME-1`, `NAME-2` …",
            "[\"deck-1\", \"deck-2\"]",
        ),
        may(
            "liquid",
            Type::Text,
            "none",
            "what the only, or the first, well holds",
            "\"medium\"",
        ),
        may(
            "volume",
            VOLUME,
            "what the run needs, dead volume included",
            "how much of `liquid` is loaded; with `layout`, into each of its wells",
            "\"120 mL\"",
        ),
        may(
            "wells",
            Type::Map("WELL", &Type::Table(&PIECE_WELL)),
            "none",
            "what single wells or tubes hold",
            "",
        ),
        may(
            "layout",
            Type::Text,
            "none",
            "layout that names what the wells hold",
            "\"parts\"",
        ),
        may(
            "used",
            WELLS,
            "none",
            "tips that are gone already, of a rack",
            "[\"A1:H2\", \"A3\"]",
        ),
    ],
);

static PIECE_WELL: Table = plain(
    "protocol.pieces.wells",
    "What a well or tube holds.",
    &[
        need("liquid", Type::Text, "the liquid", "\"ligase-mix\""),
        may(
            "volume",
            VOLUME,
            "what the run needs, dead volume included; required for tubes",
            "how much is loaded",
            "\"1.2 mL\"",
        ),
    ],
);

const KNOWN_BY: Type = Type::Either(&Type::Text, &Type::Table(&SCANNED));
const BARCODE: Key = may(
    "barcode",
    KNOWN_BY,
    "none",
    "what it must be, with `{n}` for the plate's number; or that there is one, which is read and recorded",
    "\"ASSAY-{n}\"",
);

static SCANNED: Table = plain(
    "protocol.barcode",
    "A barcode that nobody knows beforehand.",
    &[need("scan", Type::Boolean, "whether there is one", "true")],
);

pub(super) static GROUP: Table = plain(
    "protocol.plates",
    "A group of plates of one kind.",
    &[
        need("labware", Type::Text, "labware definition", "\"plate-96-flat\""),
        may(
            "count",
            Type::Integer(1, 1000),
            "one plate, named like the group",
            "how many; they are named `GROUP-1`, `GROUP-2` …",
            "4",
        ),
        need(
            "at",
            NAMES,
            "nests at the start; `\"hotel\"` or `\"cold\"` means all nests of that kind, in order",
            "\"hotel\"",
        ),
        may(
            "rest",
            NAMES,
            "where they were; with `incubate`, that incubator",
            "where plates rest once they have been worked on; an incubator gives each a slot of its own",
            "\"incubator\"",
        ),
        may(
            "work",
            Type::Table(&PLACE),
            "they are pipetted where they are",
            "where the liquid handler works on them",
            "{ at = \"deck-10\", lid = \"lid-1\" }",
        ),
        may(
            "lidded",
            Type::Boolean,
            "`false`",
            "they start with their lids on",
            "true",
        ),
        may("sealed", Type::Boolean, "`false`", "they start sealed", "true"),
        BARCODE,
        may(
            "layout",
            Type::Text,
            "none",
            "who is in which well at the start",
            "\"library\"",
        ),
        may(
            "liquid",
            Type::Text,
            "nothing",
            "what every well holds at the start; every well of the layout, where there is one",
            "\"culture\"",
        ),
        may("volume", VOLUME, "nothing", "how much of it", "\"180 uL\""),
        may(
            "od",
            Type::Number(0.0, 100.0),
            "required with strains",
            "cell density of the wells with a strain, OD600 at 1 cm",
            "1.5",
        ),
        may(
            "out_at_most",
            DURATION,
            "no limit",
            "longest time that a plate may be out of its incubator, all absences together",
            "\"45 min\"",
        ),
    ],
);

static PLACE: Table = plain(
    "protocol.plates.work",
    "Where plates are worked on.",
    &[
        need("at", Type::Text, "deck nest", "\"deck-10\""),
        may(
            "lid",
            Type::Text,
            "none",
            "nest where the lid lies meanwhile",
            "\"lid-1\"",
        ),
    ],
);
