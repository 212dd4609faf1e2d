//! The outermost tables, parameters and what is done about failures.

use super::materials::{CLASS, GROUP, LAYOUT, LIQUID, PIECE};
use super::steps::STEP;
use super::{NAME, Type};
use crate::schema::model::{Key, Table, may, need, plain};

pub(in crate::schema) static ROOT: Table = plain(
    "protocol",
    "A protocol, or a file that a protocol calls.",
    &[
        need(
            "protocol",
            Type::Table(&HEAD),
            "What the file says of itself.",
            "",
        ),
        may(
            "parameters",
            Type::Map("NAME", &Type::Table(&PARAMETER)),
            "none",
            "Values that the command line or the calling file may set.",
            "",
        ),
        may(
            "liquids",
            Type::Map("NAME", &Type::Table(&LIQUID)),
            "none",
            "Liquids by name.",
            "",
        ),
        may(
            "classes",
            Type::Map("NAME", &Type::Table(&CLASS)),
            "none",
            "Liquid classes by name: how kinds of liquid are handled.",
            "",
        ),
        may(
            "layouts",
            Type::Map("NAME", &Type::Table(&LAYOUT)),
            "none",
            "Layouts by name: who is in which well.",
            "",
        ),
        may(
            "pieces",
            Type::Map("NAME", &Type::Table(&PIECE)),
            "none",
            "Tip racks, reservoirs and tube racks by name.",
            "",
        ),
        may(
            "plates",
            Type::Map("GROUP", &Type::Table(&GROUP)),
            "none",
            "Groups of plates by name.",
            "",
        ),
        need(
            "steps",
            Type::List(&Type::Table(&STEP)),
            "What is done, in order.",
            "",
        ),
    ],
);

static HEAD: Table = plain(
    "protocol.head",
    "What the file says of itself.",
    &[
        need("name", NAME, "name of the protocol", "\"growth-screen\""),
        may(
            "title",
            Type::Text,
            "the name",
            "for people",
            "\"Growth screen of 80 strains\"",
        ),
        may(
            "description",
            Type::Text,
            "empty",
            "for people",
            "\"Which strains outgrow their parent?\"",
        ),
        may(
            "language",
            Type::Integer(1, 1),
            "1",
            "version of this language",
            "1",
        ),
        ON_FAILURE,
    ],
);

pub(super) const ON_FAILURE: Key = may(
    "on_failure",
    Type::Table(&POLICY),
    "a person is asked",
    "what is done about failures, by class; a step's own comes before that of the protocol",
    "",
);

const REMEDY: Type = Type::Either(
    &Type::Words(&["ask", "skip_well", "skip_plate", "replace_plate", "abort"]),
    &Type::Table(&RETRY),
);

static POLICY: Table = plain(
    "protocol.on_failure",
    "What is done about failures without asking anybody.",
    &[
        may(
            "refused",
            REMEDY,
            "`\"ask\"`",
            "the instrument said no",
            "{ retry = 2 }",
        ),
        may(
            "no_answer",
            REMEDY,
            "`\"ask\"`",
            "no answer, or none that can be understood",
            "{ retry = 1 }",
        ),
        may(
            "fault",
            REMEDY,
            "`\"ask\"`",
            "the instrument reports a fault or alarm",
            "\"abort\"",
        ),
        may(
            "interlock",
            REMEDY,
            "`\"ask\"`",
            "an interlock, or a body in the way",
            "\"ask\"",
        ),
        may(
            "mismatch",
            REMEDY,
            "`\"ask\"`",
            "something else is found than was expected",
            "\"abort\"",
        ),
    ],
);

static RETRY: Table = plain(
    "protocol.retry",
    "Tried again where nothing has moved; then a person is asked.",
    &[need("retry", Type::Integer(1, 10), "how often at most", "2")],
);

/// Types of parameters.
const TYPES: &[&str] = &[
    "integer",
    "number",
    "text",
    "boolean",
    "volume",
    "duration",
    "temperature",
    "wavelength",
    "speed",
    "force",
    "worklist",
    "picklist",
    "colonies",
    "plate_map",
];

static PARAMETER: Table = plain(
    "protocol.parameters",
    "A value that `--param NAME=VALUE` or a calling file may set.",
    &[
        need("type", Type::Words(TYPES), "what values it takes", "\"integer\""),
        may(
            "default",
            Type::Scalar,
            "it must be given",
            "the value when none is given",
            "4",
        ),
        may("min", Type::Scalar, "none", "least value, of the same type", "1"),
        may(
            "max",
            Type::Scalar,
            "none",
            "greatest value, of the same type",
            "8",
        ),
        may(
            "choices",
            Type::List(&Type::Scalar),
            "any",
            "the only values allowed",
            "[2, 4, 8]",
        ),
        may(
            "description",
            Type::Text,
            "empty",
            "for people",
            "\"how many plates\"",
        ),
    ],
);
