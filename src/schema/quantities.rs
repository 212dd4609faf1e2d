//! Regulators: quantities in profiles of both kinds, set-points in rig files.

use super::model::{Case, Cases, Key, Measure, Sign, Table, Type, may, need, plain};
use super::text_steps::{self, IS, IS_NOT, LEAST, MOST, WITHIN};
use crate::units::Duration;

const DURATION: Type = Type::Quantity(Measure::of::<Duration>(), Sign::NotNegative);
const NUMBER: Type = Type::Number(f64::MIN, f64::MAX);
const WORDS: Type = Type::OneOrMore(&Type::Text);
/// An amount with any unit that regulators have, or a bare number.
pub(super) const AMOUNT: Type = Type::Either(
    &Type::Pattern(
        r"[-+0-9.]+ ?(C|%|pH|rpm|L/min|mL/min|L/h|uL/s|uL|mL|L|mg|g|kg|bar|kPa|psi|mm|mm/s|s|V)?",
        "a number and a unit, as \"37 C\"",
    ),
    &NUMBER,
);
/// Commands of regulators.
pub(super) const COMMANDS: &[&str] = &["initialise", "halt"];
const TIMEOUT: Key = may(
    "timeout",
    DURATION,
    "`\"10 s\"`",
    "how long setting it may take",
    "\"30 s\"",
);

pub(super) static TEXT_QUANTITY: Table = Table {
    any_of: &["measured", "set_point", "set"],
    ..plain(
        "text-profile.quantities",
        "Something that a regulator measures or holds.",
        &[
            may("unit", Type::Text, "a bare number", "its unit", "\"C\""),
            may(
                "measured",
                Type::Text,
                "it is not measured",
                "part of an answer that says what is measured",
                "\"status.system\"",
            ),
            may(
                "set_point",
                Type::Text,
                "it is not told",
                "part of an answer that says what it is set to",
                "\"status.system\"",
            ),
            may(
                "set",
                Type::List(&Type::Table(&text_steps::STEP)),
                "it is only read",
                "the steps by which it is set; an argument `from = \"value\"` is what to",
                "",
            ),
            TIMEOUT,
            may(
                "least",
                NUMBER,
                "any",
                "smallest set-point that the device takes",
                "0",
            ),
            may(
                "most",
                NUMBER,
                "any",
                "largest set-point that the device takes",
                "100",
            ),
            may(
                "counts",
                Type::Boolean,
                "false",
                "what is measured goes up by what it is set to, so that it shows whether that was done",
                "true",
            ),
        ],
    )
};

pub(super) static QUANTITY: Table = Table {
    any_of: &["measured", "set_point", "set"],
    together: &[("writable", "set_point")],
    ..plain(
        "profile.quantities",
        "Something that a regulator measures or holds. Its unit and the bounds of its set-point are those of its registers.",
        &[
            may(
                "measured",
                Type::Text,
                "it is not measured",
                "register of what is measured",
                "\"model\"",
            ),
            may(
                "set_point",
                Type::Text,
                "it is not told",
                "register of what it is set to",
                "\"target\"",
            ),
            may(
                "writable",
                Type::Boolean,
                "false",
                "it is set by writing the register of its set-point",
                "true",
            ),
            may(
                "set",
                Type::List(&Type::Table(&STEP)),
                "it is only read",
                "the steps by which it is set, where writing one register is not all",
                "",
            ),
            TIMEOUT,
        ],
    )
};

pub(super) static COURSE: Table = plain(
    "profile.courses",
    "A command of a regulator.",
    &[
        need("timeout", DURATION, "the longest it may take", "\"90 s\""),
        need("steps", Type::List(&Type::Table(&STEP)), "its steps", ""),
    ],
);

const NEAR: Key = may(
    "near",
    Type::Words(&["value"]),
    "none",
    "a number near the set-point",
    "\"value\"",
);

pub(super) static CONDITION: Table = plain(
    "profile.conditions",
    "Something that is so, or not.",
    &[
        need("of", Type::Text, "a register", "\"model\""),
        IS,
        IS_NOT,
        LEAST,
        MOST,
        NEAR,
        WITHIN,
    ],
);

const fn case(name: &'static str, table: &'static Table) -> Case {
    Case { name, table }
}

static STEP: Table = Table {
    cases: Some(Cases::Given(&[
        case("write", &WRITE),
        case("wait", &WAIT),
        case("expect", &EXPECT),
        case("pause", &PAUSE),
    ])),
    ..plain("profile.steps", "A step of a course.", &[])
};
static WRITE: Table = plain(
    "profile.steps.write",
    "A coil or holding register is written.",
    &[
        need("write", Type::Text, "the register", "\"target\""),
        may(
            "value",
            Type::Either(&NUMBER, &Type::Text),
            "the set-point of the quantity",
            "what is written, in the register's unit, or its word for it",
            "1",
        ),
        may(
            "again",
            Type::Boolean,
            "true",
            "it may be written again when the answer is lost",
            "false",
        ),
    ],
);
static WAIT: Table = plain(
    "profile.steps.wait",
    "It is looked at again and again until it is so.",
    &[
        need("wait", Type::Text, "a register", "\"model\""),
        IS,
        IS_NOT,
        LEAST,
        MOST,
        NEAR,
        WITHIN,
        may(
            "fails",
            Type::Either(&WORDS, &Type::Table(&CONDITION)),
            "none",
            "words of the same register, or a condition of another, that end it badly",
            "\"fault\"",
        ),
    ],
);
static EXPECT: Table = plain(
    "profile.steps.expect",
    "It must be so.",
    &[
        need("expect", Type::Text, "a register", "\"model\""),
        IS,
        IS_NOT,
        LEAST,
        MOST,
        NEAR,
        WITHIN,
    ],
);
static PAUSE: Table = plain(
    "profile.steps.pause",
    "A wait.",
    &[need("pause", DURATION, "how long", "\"3 s\"")],
);

pub(super) static REGULATOR: Table = plain(
    "rig.regulator",
    "A regulator: it measures, and holds set-points.",
    &[
        need("profile", Type::Text, "its profile", "\"profiles/huber.toml\""),
        may(
            "nest",
            Type::Text,
            "none",
            "the nest that it weighs, warms or stirs",
            "\"balance\"",
        ),
        may(
            "set_points",
            Type::Map("QUANTITY", &Type::Table(&SET_POINT)),
            "none: it is only read",
            "set-points that may be changed",
            "",
        ),
    ],
);
static SET_POINT: Table = plain(
    "rig.set_points",
    "Within what a set-point may be changed.",
    &[
        need(
            "bounds",
            Type::Exactly(2, &AMOUNT),
            "least and most, in the quantity's unit",
            "[\"4 C\", \"90 C\"]",
        ),
        may(
            "rate",
            Type::Pattern(
                r"[0-9.]+ ?[A-Za-z%/]*/(s|min|h)",
                "an amount in a time, as \"2 C/min\"",
            ),
            "at once",
            "how fast it may be changed",
            "\"2 C/min\"",
        ),
        may(
            "scale",
            AMOUNT,
            "that of the profile",
            "what one count of the device is (a revolution, a step), as it is fitted here",
            "\"0.65 mL\"",
        ),
    ],
);
