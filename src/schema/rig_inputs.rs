//! Rig files: contacts of emergency stops and doors, and the modules that read them.

use super::super::model::{Case, Cases, Table, Type, may, need, plain};
use super::{DURATION, LINK, TITLE};

pub(super) static MODULE: Table = plain(
    "rig.input_modules",
    "A module that reads contacts.",
    &[
        TITLE,
        need("link", Type::Table(&LINK), "how it is reached", ""),
        need(
            "poll",
            DURATION,
            "time between two looks, of real time",
            "\"250 ms\"",
        ),
        need(
            "timeout",
            DURATION,
            "longest wait for one answer, of real time",
            "\"250 ms\"",
        ),
        need(
            "silence",
            DURATION,
            "without an answer for this long, of real time, all its contacts count as open",
            "\"1 s\"",
        ),
    ],
);

pub(super) static INPUT: Table = plain(
    "rig.inputs",
    "A contact that stops instruments.",
    &[
        TITLE,
        need(
            "kind",
            Type::Words(&["emergency_stop", "interlock"]),
            "what it means when it opens: the run is halted, or no new action of some instruments begins",
            "\"interlock\"",
        ),
        need("module", Type::Text, "the input module that reads it", "\"io\""),
        need("read", Type::Table(&CONTACT), "how it is read", ""),
        may(
            "stops",
            Type::List(&Type::Text),
            "all instruments",
            "of an interlock: instruments, and zones for whoever moves in them",
            "[\"deck\"]",
        ),
    ],
);

static CONTACT: Table = Table {
    cases: Some(Cases::Given(&[
        Case {
            name: "query",
            table: &LINE,
        },
        Case {
            name: "table",
            table: &BIT,
        },
    ])),
    ..plain("rig.contact", "How a contact is read.", &[])
};
static BIT: Table = plain(
    "rig.contact.bit",
    "A bit of a Modbus table.",
    &[
        need(
            "table",
            Type::Words(&["coil", "discrete", "input", "holding"]),
            "which table",
            "\"discrete\"",
        ),
        need(
            "address",
            Type::Integer(0, 65_535),
            "of its word or bit, from 0",
            "0",
        ),
        may("bit", Type::Integer(0, 15), "0", "which bit of a word", "3"),
        may(
            "safe",
            Type::Words(&["on", "off"]),
            "`\"on\"`",
            "its level while all is well; `off` only where the module turns its inputs round",
            "\"on\"",
        ),
    ],
);
static LINE: Table = plain(
    "rig.contact.line",
    "A line of text that answers a question.",
    &[
        need(
            "query",
            Type::Text,
            "the question, sent with a carriage return",
            "\"IN0?\"",
        ),
        need(
            "safe",
            Type::Text,
            "the answer while all is well; any other means open",
            "\"IN0=1\"",
        ),
    ],
);
