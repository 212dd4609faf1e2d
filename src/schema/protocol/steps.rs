//! What every step has, and what steps there are.

use super::head::ON_FAILURE;
use super::{DELAY, DURATION, NAME, Type, data, line, liquid, plate};
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
            "read" => data::READ,
            "analyse" => data::ANALYSE,
            "select" => data::SELECT,
            "record" => data::RECORD,
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

static AFTER: Table = plain(
    "protocol.after",
    "An earlier step, with delays. Where both steps are about the same plates, it counts plate by plate.",
    &[
        need("step", Type::Text, "the earlier step", "\"inoculate\""),
        may(
            "from",
            Type::Words(&["start", "end"]),
            "`\"end\"`",
            "which end of the earlier step the delay counts from",
            "\"start\"",
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
