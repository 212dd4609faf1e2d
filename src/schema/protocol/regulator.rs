//! Steps of regulators.

use super::{DURATION, Type};
use crate::schema::model::{Key, Table, may, need, plain};
use crate::schema::quantities::AMOUNT;

const ON: Key = need("on", Type::Text, "the regulator", "\"bath\"");
const QUANTITY: Key = need(
    "quantity",
    Type::Text,
    "which of its quantities",
    "\"temperature\"",
);

pub(super) static SET: Table = Table {
    together: &[("within", "timeout"), ("timeout", "within")],
    ..plain(
        "protocol.set",
        "A set-point is changed, not faster than the rig file allows.",
        &[
            ON,
            QUANTITY,
            need("to", AMOUNT, "what it is set to", "\"37 C\""),
            may(
                "within",
                AMOUNT,
                "it is not waited for",
                "the step ends when what is measured differs by no more than this",
                "\"0.5 C\"",
            ),
            may(
                "timeout",
                DURATION,
                "none",
                "how long that may take; planned with half of it",
                "\"30 min\"",
            ),
        ],
    )
};

pub(super) static MEASURE: Table = Table {
    together: &[("every", "times"), ("times", "every")],
    ..plain(
        "protocol.measure",
        "Something is measured; what it was is kept under the step's name.",
        &[
            ON,
            QUANTITY,
            may(
                "between",
                Type::Exactly(2, &AMOUNT),
                "anything",
                "what it must be; otherwise the step fails",
                "[\"36 C\", \"38 C\"]",
            ),
            may(
                "every",
                DURATION,
                "once",
                "from one measurement to the next",
                "\"5 min\"",
            ),
            may(
                "times",
                Type::Integer(2, 10_000),
                "once",
                "how often it is measured",
                "12",
            ),
        ],
    )
};
