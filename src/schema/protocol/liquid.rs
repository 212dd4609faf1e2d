//! Steps that move liquid.

use super::line::{DIPS_KEY, WASH_KEY};
use super::steps::cases;
use super::{DURATION, LENGTH, Type, VOLUME, WELL, WELLS};
use crate::schema::model::{Case, Cases, Key, Table, may, need, plain};

const EACH: Key = need(
    "each",
    Type::Text,
    "group of plates, one after the other",
    "\"assay\"",
);
const FROM_PLATES: Key = need("from", Type::Text, "source: group of plates", "\"source\"");
const TO_PLATES: Key = need("to", Type::Text, "destination: group of plates", "\"assay\"");
const PIPETTE_KEY: Key = need(
    "pipette",
    Type::Text,
    "pipette, fixed probe or pin tool of the rig",
    "\"p300-multi\"",
);
const CLASS: Key = may(
    "class",
    Type::Text,
    "as the pipette usually does it",
    "liquid class",
    "\"viscous\"",
);
const PER_WELL: Key = need("volume", VOLUME, "per well", "\"20 uL\"");
const COLUMNS: Key = may(
    "columns",
    Type::List(&Type::Integer(1, 48)),
    "all",
    "columns, in this order; not together with `wells`",
    "[1, 2, 3]",
);
const SINGLE_WELLS: Key = may(
    "wells",
    WELLS,
    "all",
    "single wells or ranges, column by column; not together with `columns`",
    "[\"A1:H3\", \"A12\"]",
);
const MIX_BEFORE: Key = may(
    "mix_before",
    Type::Table(&STROKES),
    "none",
    "strokes up and down in the source before each aspirate",
    "{ times = 3, volume = \"50 uL\" }",
);
const MIX_AFTER: Key = may(
    "mix_after",
    Type::Table(&STROKES),
    "none",
    "strokes up and down in the destination after each dispense",
    "{ times = 3, volume = \"50 uL\" }",
);
const MUST_MIX: Key = need(
    "mix_after",
    Type::Table(&STROKES),
    "strokes up and down in each well",
    "{ times = 5, volume = \"50 uL\" }",
);

/// When tips are changed, with the word that counts where there is none.
const fn tips(words: &'static [&'static str], usual: &'static str, example: &'static str) -> Key {
    may(
        "tips",
        Type::Words(words),
        usual,
        "when tips are changed: `new` for every stroke, `per_source` for every source well, `per_plate` for every plate, \
         `shared` never within the step",
        example,
    )
}
const FRESH: Key = tips(&["new"], "`\"new\"`", "\"new\"");

static STROKES: Table = plain(
    "protocol.mix",
    "Strokes up and down in a well.",
    &[
        need("times", Type::Integer(1, 50), "how often", "3"),
        need("volume", VOLUME, "how much", "\"50 uL\""),
    ],
);

pub(super) static DISTRIBUTE: Table = plain(
    "protocol.distribute",
    "From one well into many wells of plates.",
    &[
        need("from", Type::Text, "source: piece or plate", "\"medium\""),
        may(
            "from_well",
            WELL,
            "the only one, or the first",
            "its well",
            "\"A1\"",
        ),
        need(
            "to",
            Type::Text,
            "destination: group of plates, or a piece",
            "\"assay\"",
        ),
        PER_WELL,
        COLUMNS,
        SINGLE_WELLS,
        PIPETTE_KEY,
        tips(&["shared", "per_plate", "new"], "`\"shared\"`", "\"per_plate\""),
        WASH_KEY,
        CLASS,
        MIX_AFTER,
        may(
            "contact",
            Type::Boolean,
            "`false`: it dispenses above the rims",
            "the tip goes into the well",
            "true",
        ),
        may(
            "excess",
            VOLUME,
            "none: one well per aspirate",
            "several wells per aspirate; so much is drawn beyond them, and given back",
            "\"10 uL\"",
        ),
    ],
);

pub(super) static TRANSFER: Table = Table {
    cases: Some(Cases::Given(cases! {
        "list" => LISTED,
        "volume" => SAME_WELLS,
    })),
    ..plain(
        "protocol.transfer",
        "From plates into plates: each well into the well of its name, or as a list says.",
        &[
            FROM_PLATES,
            TO_PLATES,
            PIPETTE_KEY,
            tips(
                &["new", "per_source", "per_plate", "shared"],
                "`\"new\"`",
                "\"per_source\"",
            ),
            WASH_KEY,
            DIPS_KEY,
            CLASS,
            MIX_BEFORE,
            MIX_AFTER,
        ],
    )
};

static LISTED: Table = plain(
    "protocol.transfer.list",
    "As a list says.",
    &[
        need(
            "list",
            Type::Text,
            "worklist: file, relative to the protocol",
            "\"picks.csv\"",
        ),
        may(
            "volume",
            VOLUME,
            "the list's",
            "for the rows that name none",
            "\"5 uL\"",
        ),
    ],
);
static SAME_WELLS: Table = plain(
    "protocol.transfer.wells",
    "Each into the well of its name.",
    &[
        PER_WELL,
        COLUMNS,
        SINGLE_WELLS,
        may(
            "reverse_columns_on",
            Type::List(&Type::Integer(1, 1000)),
            "none",
            "numbers of the plates that take the source's columns in reverse order",
            "[3, 4]",
        ),
    ],
);

pub(super) static CONSOLIDATE: Table = plain(
    "protocol.consolidate",
    "From many wells into one.",
    &[
        FROM_PLATES,
        COLUMNS,
        SINGLE_WELLS,
        need("to", Type::Text, "destination: piece or plate", "\"pool\""),
        may(
            "to_well",
            WELL,
            "the only one, or the first",
            "its well",
            "\"A1\"",
        ),
        need("volume", VOLUME, "from each well", "\"20 uL\""),
        PIPETTE_KEY,
        tips(&["new", "per_plate", "shared"], "`\"new\"`", "\"shared\""),
        WASH_KEY,
        CLASS,
        MIX_BEFORE,
        MIX_AFTER,
    ],
);

pub(super) static STAMP: Table = plain(
    "protocol.stamp",
    "Between plates of 96 and 384 wells.",
    &[
        FROM_PLATES,
        TO_PLATES,
        may(
            "quadrant",
            Type::Integer(1, 4),
            "each small plate has the next one",
            "quadrant of the larger plate: 1 begins at A1, 2 at A2, 3 at B1, 4 at B2",
            "1",
        ),
        PER_WELL,
        PIPETTE_KEY,
        FRESH,
        WASH_KEY,
        DIPS_KEY,
        CLASS,
        MIX_BEFORE,
        MIX_AFTER,
    ],
);

pub(super) static DILUTE: Table = plain(
    "protocol.dilute",
    "A dilution series along columns.",
    &[
        EACH,
        need(
            "columns",
            Type::List(&Type::Integer(1, 48)),
            "columns in order; the first is the most concentrated",
            "[1, 2, 3, 4]",
        ),
        need(
            "volume",
            VOLUME,
            "carried from each column to the next",
            "\"100 uL\"",
        ),
        may(
            "discard",
            Type::Text,
            "it stays in the last column",
            "piece that takes what is carried out of the last column",
            "\"waste-liquid\"",
        ),
        may(
            "discard_well",
            WELL,
            "the only one, or the first",
            "its well; with `discard`",
            "\"A1\"",
        ),
        PIPETTE_KEY,
        tips(&["new", "per_plate"], "`\"new\"`", "\"per_plate\""),
        WASH_KEY,
        CLASS,
        MUST_MIX,
    ],
);

pub(super) static MIX_WELLS: Table = plain(
    "protocol.mix_wells",
    "Mixing in place.",
    &[
        EACH,
        COLUMNS,
        SINGLE_WELLS,
        need("times", Type::Integer(1, 50), "strokes up and down", "5"),
        need("volume", VOLUME, "of a stroke", "\"50 uL\""),
        PIPETTE_KEY,
        FRESH,
        WASH_KEY,
        CLASS,
    ],
);

pub(super) static SPOT: Table = plain(
    "protocol.spot",
    "From wells onto agar.",
    &[
        FROM_PLATES,
        need("to", Type::Text, "plates of agar", "\"agar\""),
        COLUMNS,
        SINGLE_WELLS,
        need("volume", VOLUME, "per spot", "\"5 uL\""),
        PIPETTE_KEY,
        FRESH,
        WASH_KEY,
        DIPS_KEY,
        CLASS,
        MIX_BEFORE,
    ],
);

pub(super) static PICK_COLONIES: Table = plain(
    "protocol.pick_colonies",
    "Colonies from agar into wells.",
    &[
        need("from", Type::Text, "plates of agar", "\"agar\""),
        need("to", Type::Text, "plates with medium", "\"clones\""),
        may(
            "list",
            Type::Text,
            "required, unless `failed` is given",
            "list of colonies: file, relative to the protocol",
            "\"colonies.csv\"",
        ),
        may(
            "failed",
            Type::Text,
            "colonies are picked for the first time",
            "`select` step whose failed picks are picked again, from the spare colonies of their list",
            "\"failed\"",
        ),
        may(
            "camera",
            Type::Text,
            "the list is in millimetres",
            "camera stage of the rig whose pixels the list is in",
            "\"stage\"",
        ),
        need(
            "pipette",
            Type::Text,
            "pipette with one channel, or tool with one pin",
            "\"p20-single\"",
        ),
        FRESH,
        WASH_KEY,
        DIPS_KEY,
        CLASS,
        may(
            "mix_after",
            Type::Table(&STROKES),
            "required with tips, not for pins",
            "strokes up and down in each well",
            "{ times = 5, volume = \"50 uL\" }",
        ),
    ],
);

pub(super) static PIPETTE: Table = plain(
    "protocol.pipette",
    "Single movements of a pipette, in order.",
    &[
        EACH,
        PIPETTE_KEY,
        CLASS,
        need(
            "moves",
            Type::List(&Type::Either(
                &Type::Words(&["pick_up_tip", "drop_tip"]),
                &Type::Table(&MOVEMENT),
            )),
            "movements: `\"pick_up_tip\"`, `\"drop_tip\"`, or a table with one key, as below",
            "[\"pick_up_tip\", { aspirate = { well = \"A1\", volume = \"10 uL\" } }, \"drop_tip\"]",
        ),
    ],
);

static MOVEMENT: Table = Table {
    single: true,
    ..plain(
        "protocol.movement",
        "One movement of a pipette; exactly one key.",
        &[
            may(
                "aspirate",
                Type::Table(&MEASURED),
                "–",
                "draw",
                "{ well = \"A1\", volume = \"10 uL\" }",
            ),
            may(
                "dispense",
                Type::Table(&MEASURED),
                "–",
                "expel",
                "{ well = \"A2\", volume = \"10 uL\" }",
            ),
            may(
                "mix",
                Type::Table(&MIXED),
                "–",
                "strokes up and down",
                "{ well = \"A2\", volume = \"10 uL\", times = 3 }",
            ),
            may(
                "air_gap",
                Type::Table(&MEASURED),
                "–",
                "draw air over the well",
                "{ well = \"A1\", volume = \"2 uL\" }",
            ),
            may(
                "touch_tip",
                Type::Table(&WHERE),
                "–",
                "touch the wall of the well",
                "{ well = \"A2\" }",
            ),
            may(
                "blow_out",
                Type::Table(&WHERE),
                "–",
                "blow out",
                "{ well = \"A2\" }",
            ),
            may("delay", DURATION, "–", "stand still", "\"2 s\""),
        ],
    )
};

const PLACE: Key = may(
    "piece",
    Type::Text,
    "the plate at hand",
    "piece where it takes place",
    "\"medium\"",
);
const AT: Key = need("well", WELL, "well of channel 1", "\"A1\"");
const AMOUNT: Key = need("volume", VOLUME, "how much", "\"10 uL\"");
const HEIGHT: Key = may(
    "height",
    LENGTH,
    "chosen by the program",
    "tip's end above the bottom of the well",
    "\"1.5 mm\"",
);

static MEASURED: Table = plain(
    "protocol.target",
    "Where, and how much.",
    &[PLACE, AT, AMOUNT, HEIGHT],
);
static MIXED: Table = plain(
    "protocol.target.mix",
    "Where, how much and how often.",
    &[
        PLACE,
        AT,
        AMOUNT,
        HEIGHT,
        need("times", Type::Integer(1, 50), "how often", "3"),
    ],
);
static WHERE: Table = plain("protocol.target.place", "Where.", &[PLACE, AT, HEIGHT]);

pub(super) static PICK: Table = plain(
    "protocol.pick",
    "What a `select` step has chosen.",
    &[
        need("select", Type::Text, "a `select` step", "\"hits\""),
        need(
            "fill",
            Type::Table(&PICK_FILL),
            "fresh medium into the columns that are used, with one set of tips",
            "{ from = \"medium\", pipette = \"p300-multi\", volume = \"180 uL\" }",
        ),
        need(
            "transfer",
            Type::Table(&PICK_TRANSFER),
            "the picks, one fresh tip each",
            "{ pipette = \"p20-single\", volume = \"5 uL\" }",
        ),
    ],
);

static PICK_FILL: Table = plain(
    "protocol.pick.fill",
    "Fresh medium.",
    &[
        need("from", Type::Text, "reservoir", "\"medium\""),
        PIPETTE_KEY,
        need("volume", VOLUME, "per well", "\"180 uL\""),
    ],
);
static PICK_TRANSFER: Table = plain(
    "protocol.pick.transfer",
    "The picks.",
    &[
        need(
            "pipette",
            Type::Text,
            "pipette with one channel",
            "\"p20-single\"",
        ),
        need("volume", VOLUME, "per pick", "\"5 uL\""),
        MIX_BEFORE,
    ],
);
