//! What every step has, and what steps there are.

use super::head::ON_FAILURE;
use super::{DELAY, DURATION, NAME, Type, WELLS, data, line, liquid, plate, regulator, volume};
use crate::schema::model::{Case, Cases, Table, may, need, plain};

macro_rules! cases {
    ($($name:literal => $table:path),* $(,)?) => {
        &[$(Case { name: $name, table: &$table }),*]
    };
}
pub(super) use cases;

pub(super) static STEP: Table = Table {
    cases: Some(Cases::Word(
        "do",
        None,
        cases! {
            "distribute" => liquid::DISTRIBUTE,
            "transfer" => liquid::TRANSFER,
            "consolidate" => liquid::CONSOLIDATE,
            "stamp" => liquid::STAMP,
            "dilute" => liquid::DILUTE,
            "mix" => liquid::MIX_WELLS,
            "spot" => liquid::SPOT,
            "pick_colonies" => liquid::PICK_COLONIES,
            "pipette" => liquid::PIPETTE,
            "prime" => line::PRIME,
            "flush" => line::FLUSH,
            "wash" => line::WASH,
            "pick" => liquid::PICK,
            "seal" => plate::SEAL,
            "peel" => plate::PEEL,
            "centrifuge" => plate::CENTRIFUGE,
            "thermocycle" => plate::THERMOCYCLE,
            "heat" => plate::HEAT,
            "cool" => plate::COOL,
            "shake" => plate::SHAKE,
            "scan" => plate::SCAN,
            "incubate" => plate::INCUBATE,
            "move" => plate::MOVE,
            "lid" => plate::LID,
            "unlid" => plate::UNLID,
            "wait" => plate::WAIT,
            "load" => plate::LOAD,
            "empty" => plate::EMPTY,
            "replace" => plate::REPLACE,
            "prompt" => plate::PROMPT,
            "set" => regulator::SET,
            "measure" => regulator::MEASURE,
            "read" => data::READ,
            "analyse" => data::ANALYSE,
            "select" => data::SELECT,
            "record" => data::RECORD,
            "verify" => volume::VERIFY,
            "call" => data::CALL,
        },
    )),
    ..plain(
        "protocol.steps",
        "One step.",
        &[
            need(
                "id",
                NAME,
                "name of the step (not `load` or `prepare`)",
                "\"inoculate\"",
            ),
            may(
                "for_each",
                Type::Table(&FOR_EACH),
                "once",
                "columns or wells for each of which the step is done",
                "{ column = [1, 2, 3] }",
            ),
            may(
                "after",
                Type::OneOrMore(&Type::Either(&Type::Text, &Type::Table(&AFTER))),
                "those before it on its plates",
                "earlier steps that must have ended, with delays",
                "[\"fill\", { step = \"grow\", at_most = \"20 min\" }]",
            ),
            may(
                "when",
                Type::Text,
                "always",
                "expression; where it is false, the step is left out",
                "\"values[\\\"count\\\"] > 3.0\"",
            ),
            may(
                "unbroken",
                Type::Text,
                "none",
                "name of a group of steps that nothing comes between, plate by plate",
                "\"shock\"",
            ),
            may(
                "deadline",
                DURATION,
                "none",
                "latest end, from the start of the run",
                "\"8 h\"",
            ),
            ON_FAILURE,
        ],
    )
};

static FOR_EACH: Table = Table {
    single: true,
    ..plain(
        "protocol.for_each",
        "What a step is repeated over: columns or wells, in this order.",
        &[
            may(
                "column",
                Type::List(&Type::Integer(1, 48)),
                "–",
                "columns; `{column}` in the step stands for the one at hand",
                "[1, 2, 3]",
            ),
            may(
                "well",
                WELLS,
                "–",
                "single wells or ranges, column by column; `{well}` in the step stands for the one at hand",
                "[\"A1:H1\"]",
            ),
        ],
    )
};

static AFTER: Table = plain(
    "protocol.after",
    "An earlier step, with delays. Where both steps are about the same plates, it counts plate by plate.",
    &[
        need("step", Type::Text, "the earlier step", "\"inoculate\""),
        may(
            "from",
            Type::Words(&["start", "end"]),
            "`\"end\"`",
            "start or end of the earlier step: what the delay counts from",
            "\"start\"",
        ),
        may(
            "to",
            Type::Words(&["start", "end"]),
            "`\"start\"`",
            "start or end of this step: what the delay counts to",
            "\"end\"",
        ),
        may("at_least", DELAY, "`\"0 s\"`", "shortest delay", "\"5 min\""),
        may("at_most", DELAY, "any", "longest delay", "\"20 min\""),
        may(
            "equal_within",
            DELAY,
            "any",
            "by how much the delay may differ between the plates of a group",
            "\"2 min\"",
        ),
    ],
);
