//! Steps on whole plates, and what people do.

use super::{DELAY, DURATION, FORCE, NAMES, ROTATION, TEMPERATURE, Type, WELL};
use crate::schema::model::{Key, Table, may, need, plain};

const EACH: Key = need(
    "each",
    Type::Text,
    "group of plates, one after the other",
    "\"assay\"",
);
const AT: Key = may(
    "at",
    Type::Text,
    "the first that can do it",
    "station of the rig",
    "\"sealer\"",
);

const fn during(meaning: &'static str, example: &'static str) -> Key {
    need("for", DURATION, meaning, example)
}

pub(super) static SEAL: Table = plain(
    "protocol.seal",
    "A station seals plates.",
    &[
        EACH,
        AT,
        need("temperature", TEMPERATURE, "of the sealing plate", "\"165 C\""),
        during("how long it presses", "\"3 s\""),
    ],
);
pub(super) static PEEL: Table = plain("protocol.peel", "A station takes seals off.", &[EACH, AT]);
pub(super) static CENTRIFUGE: Table = plain(
    "protocol.centrifuge",
    "A station spins plates.",
    &[
        EACH,
        AT,
        need("force", FORCE, "how hard", "\"1000 xg\""),
        during("from start to full stop", "\"2 min\""),
    ],
);
pub(super) static THERMOCYCLE: Table = plain(
    "protocol.thermocycle",
    "A station takes plates through temperatures.",
    &[
        EACH,
        AT,
        may(
            "lid",
            TEMPERATURE,
            "not heated",
            "temperature of the heated lid",
            "\"105 C\"",
        ),
        need(
            "stages",
            Type::List(&Type::Table(&STAGE)),
            "stages, in order; at least one",
            "[{ cycles = 25, steps = [{ temperature = \"95 C\", for = \"30 s\" }] }]",
        ),
        may(
            "hold",
            TEMPERATURE,
            "none",
            "held until the plate is fetched",
            "\"8 C\"",
        ),
    ],
);
static STAGE: Table = plain(
    "protocol.stage",
    "Temperatures that are gone through once or several times.",
    &[
        may("cycles", Type::Integer(1, 999), "1", "how often", "25"),
        need(
            "steps",
            Type::List(&Type::Table(&THERMAL)),
            "temperatures, in order; at least one",
            "[{ temperature = \"95 C\", for = \"30 s\" }]",
        ),
    ],
);
static THERMAL: Table = plain(
    "protocol.thermal",
    "One temperature.",
    &[
        need("temperature", TEMPERATURE, "the temperature", "\"95 C\""),
        during("from when it is reached", "\"30 s\""),
    ],
);
pub(super) static HEAT: Table = plain(
    "protocol.heat",
    "A station holds plates at a temperature above the room's.",
    &[
        EACH,
        AT,
        need("temperature", TEMPERATURE, "the temperature", "\"42 C\""),
        may(
            "speed",
            ROTATION,
            "it stands still",
            "shaking speed",
            "\"500 rpm\"",
        ),
        during("how long", "\"45 s\""),
    ],
);
pub(super) static COOL: Table = plain(
    "protocol.cool",
    "A station holds plates at a temperature below the room's.",
    &[
        EACH,
        AT,
        need("temperature", TEMPERATURE, "the temperature", "\"4 C\""),
        during("how long", "\"10 min\""),
    ],
);
pub(super) static SHAKE: Table = plain(
    "protocol.shake",
    "A station shakes plates.",
    &[
        EACH,
        AT,
        need("speed", ROTATION, "shaking speed", "\"800 rpm\""),
        during("how long", "\"1 min\""),
    ],
);
pub(super) static SCAN: Table = plain("protocol.scan", "A station reads barcodes.", &[EACH, AT]);

macro_rules! incubated {
    ($($more:expr),*) => {
        &[
            $($more,)*
            need("at", Type::Text, "the incubator", "\"incubator\""),
            may("shake", Type::Boolean, "`false`", "whether it shakes", "true"),
            may(
                "temperature",
                TEMPERATURE,
                "the incubator's",
                "what it must be; another than the incubator's is refused",
                "\"30 C\"",
            ),
        ]
    };
}
pub(super) static INCUBATE: Table = plain(
    "protocol.incubate",
    "Plates are kept in an incubator.",
    incubated!(
        EACH,
        during("how long at least", "\"16 h\""),
        may("within", DELAY, "any", "how much longer at most", "\"30 min\"")
    ),
);
pub(super) static BETWEEN: Table = plain(
    "protocol.read.incubate",
    "Where plates are between reads.",
    incubated!(),
);

pub(super) static MOVE: Table = plain(
    "protocol.move",
    "Plates are put elsewhere.",
    &[
        EACH,
        need(
            "to",
            NAMES,
            "nests, or a kind of nest; theirs from now on",
            "\"cold\"",
        ),
    ],
);
pub(super) static UNLID: Table = plain(
    "protocol.unlid",
    "Lids are taken off and stay off.",
    &[
        EACH,
        need(
            "to",
            NAMES,
            "lid nests; theirs until the lids are back",
            "[\"lid-1\"]",
        ),
    ],
);
pub(super) static LID: Table = plain("protocol.lid", "Lids are put back on.", &[EACH]);
pub(super) static WAIT: Table = plain(
    "protocol.wait",
    "Time passes.",
    &[
        may(
            "each",
            Type::Text,
            "everything waits",
            "the plates that wait",
            "\"assay\"",
        ),
        during("how long", "\"10 min\""),
    ],
);

const NOTE: Key = may(
    "note",
    Type::Text,
    "none",
    "what the person is told besides",
    "\"mind the lids\"",
);
const BETWEEN_TIMES: Key = may(
    "between",
    Type::Exactly(2, &DELAY),
    "any time",
    "earliest and latest begin, from the start of the run",
    "[\"1 h\", \"2 h\"]",
);
const SCANNED: Key = may(
    "scan",
    Type::Boolean,
    "`false`",
    "whether the barcode of what comes in, or goes, is scanned",
    "true",
);
pub(super) static LOAD: Table = plain(
    "protocol.load",
    "A person brings plates in the middle of the run.",
    &[EACH, NOTE, BETWEEN_TIMES, SCANNED],
);
pub(super) static EMPTY: Table = plain(
    "protocol.empty",
    "A person takes plates away.",
    &[EACH, NOTE, BETWEEN_TIMES, SCANNED],
);
pub(super) static REPLACE: Table = plain(
    "protocol.replace",
    "A person replaces a rack, or fills up a reservoir.",
    &[
        need("piece", Type::Text, "the piece", "\"medium\""),
        may("well", WELL, "all of it", "its well", "\"A1\""),
        NOTE,
        BETWEEN_TIMES,
        SCANNED,
    ],
);
pub(super) static PROMPT: Table = plain(
    "protocol.prompt",
    "A person is asked; the answer is kept under the step's name.",
    &[
        need(
            "text",
            Type::Text,
            "what is asked",
            "\"How many colonies are there?\"",
        ),
        may(
            "answer",
            Type::Words(&["confirm", "number", "text", "barcode"]),
            "`\"confirm\"`",
            "what kind of answer",
            "\"barcode\"",
        ),
        may("min", Type::Number(-1e12, 1e12), "any", "least number", "0"),
        may("max", Type::Number(-1e12, 1e12), "any", "greatest number", "500"),
        may(
            "expected",
            Type::Text,
            "any",
            "what a barcode must be",
            "\"AGAR-1\"",
        ),
    ],
);
