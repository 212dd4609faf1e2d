//! Profile files of the kind "text": the steps of commands and quantities.

use super::model::{Case, Cases, Key, Measure, Sign, Table, Type, may, need, plain};
use crate::units::Duration;

const DURATION: Type = Type::Quantity(Measure::of::<Duration>(), Sign::NotNegative);
const NUMBER: Type = Type::Number(f64::MIN, f64::MAX);
const WORDS: Type = Type::OneOrMore(&Type::Text);

pub(super) const IS: Key = may("is", WORDS, "none", "one of these words", "\"idle\"");
pub(super) const IS_NOT: Key = may("is_not", WORDS, "none", "none of these words", "\"busy\"");
pub(super) const LEAST: Key = may("least", NUMBER, "none", "a number of at least this", "0");
pub(super) const MOST: Key = may("most", NUMBER, "none", "a number of at most this", "10");
pub(super) const NEAR: Key = may(
    "near",
    Type::Text,
    "none",
    "a number near this argument",
    "\"degrees\"",
);
pub(super) const WITHIN: Key = may("within", NUMBER, "none", "how near", "0.5");

static SEND: Table = plain(
    "text-profile.steps.send",
    "Something is sent, once.",
    &[
        need("send", Type::Text, "the text", "\"START\""),
        may(
            "answer",
            Type::Text,
            "it is not answered",
            "regular expression of the whole answer",
            "\"OK\"",
        ),
        may(
            "timeout",
            DURATION,
            "none",
            "how long it works before it answers",
            "\"20 s\"",
        ),
        may(
            "moves",
            Type::Boolean,
            "false",
            "from here on it may have happened",
            "true",
        ),
        may(
            "if_none",
            Type::Text,
            "always",
            "only where this argument has no value",
            "\"hold\"",
        ),
        may(
            "only_for",
            NUMBER,
            "always",
            "only where a quantity is set to this number",
            "1",
        ),
        may(
            "not_for",
            NUMBER,
            "always",
            "not where a quantity is set to this number",
            "0",
        ),
    ],
);
static WAIT: Table = plain(
    "text-profile.steps.wait",
    "It is looked at again and again until it is so.",
    &[
        need("wait", Type::Text, "part of an answer", "\"status.system\""),
        IS,
        IS_NOT,
        LEAST,
        MOST,
        NEAR,
        WITHIN,
        may("fails", WORDS, "none", "words that end it badly", "\"error\""),
    ],
);
static EXPECT: Table = plain(
    "text-profile.steps.expect",
    "It must be so.",
    &[
        need("expect", Type::Text, "part of an answer", "\"status.system\""),
        IS,
        IS_NOT,
        LEAST,
        MOST,
        NEAR,
        WITHIN,
    ],
);
static ASK: Table = plain(
    "text-profile.steps.ask",
    "A question is asked, and its answer kept.",
    &[
        need("ask", Type::Text, "the question", "\"scan\""),
        may("silence", Type::Boolean, "false", "no answer is one, too", "true"),
    ],
);
static PAUSE: Table = plain(
    "text-profile.steps.pause",
    "A wait.",
    &[need("pause", DURATION, "how long", "\"3 s\"")],
);
static EACH: Table = plain(
    "text-profile.steps.each",
    "Steps that are taken for each step of a thermal program.",
    &[need(
        "each_program_step",
        Type::List(&Type::Table(&INNER)),
        "the steps",
        "",
    )],
);

const fn case(name: &'static str, table: &'static Table) -> Case {
    Case { name, table }
}

pub(super) static STEP: Table = Table {
    cases: Some(Cases::Given(&[
        case("send", &SEND),
        case("wait", &WAIT),
        case("expect", &EXPECT),
        case("ask", &ASK),
        case("each_program_step", &EACH),
        case("pause", &PAUSE),
    ])),
    ..plain("text-profile.steps", "A step of a command.", &[])
};
static INNER: Table = Table {
    cases: Some(Cases::Given(&[
        case("send", &SEND),
        case("wait", &WAIT),
        case("expect", &EXPECT),
        case("ask", &ASK),
        case("pause", &PAUSE),
    ])),
    ..plain(
        "text-profile.program-steps",
        "A step within `each_program_step`.",
        &[],
    )
};
