//! `[behaviour]` of profile files of both kinds.

use super::model::{Case, Cases, Key, Measure, Sign, Table, Type, may, need, plain};
use super::text_steps::{IS, IS_NOT, LEAST, MOST, NEAR, WITHIN};
use crate::units::Duration;

const DURATION: Type = Type::Quantity(Measure::of::<Duration>(), Sign::NotNegative);
const NUMBER: Type = Type::Number(f64::MIN, f64::MAX);
const ABOVE: Type = Type::Number(0.0, f64::MAX);
/// A number, or a word.
const DATUM: Type = Type::Either(&Type::Text, &NUMBER);

const VALUE_TABLE: Type = Type::Table(&VALUE);
const STEP_TABLE: Type = Type::Table(&STEP);

const VALUES: Key = may(
    "values",
    Type::Map("NAME", &VALUE_TABLE),
    "none",
    "Its values.",
    "",
);
const NEST: Key = may(
    "nest",
    Type::Table(&FELT),
    "none",
    "What the plate in its nest feels.",
    "",
);
const BOOTS: Key = may(
    "boots",
    DURATION,
    "at once",
    "how long it hears nothing after power was lost",
    "\"3 s\"",
);
const JAMMED: Key = may(
    "jammed",
    Type::List(&STEP_TABLE),
    "what was under way ends",
    "steps in place of those that were left, when something is in the way",
    "",
);

const fn case(name: &'static str, table: &'static Table) -> Case {
    Case { name, table }
}

pub(super) static TEXT: Table = plain(
    "text-profile.behaviour",
    "What the instrument does when something comes, for its simulated twin.",
    &[
        BOOTS,
        may(
            "unknown",
            Type::Text,
            "it is silent",
            "what it says to a text that nothing hears",
            "\"?\"",
        ),
        may(
            "refused",
            Type::Text,
            "it is silent",
            "what it says to what a planted fault refuses",
            "\"ERR {code}\"",
        ),
        may(
            "identity",
            Type::Table(&MAKER),
            "empty texts",
            "Who it says that it is.",
            "",
        ),
        VALUES,
        NEST,
        may(
            "on",
            Type::List(&Type::Table(&HEARD)),
            "nothing",
            "What is done when something comes.",
            "",
        ),
        JAMMED,
    ],
);

pub(super) static REGISTERS: Table = plain(
    "profile.behaviour",
    "What the device does when something comes, for its simulated twin.",
    &[
        BOOTS,
        VALUES,
        NEST,
        may(
            "on",
            Type::List(&Type::Table(&WRITTEN)),
            "nothing",
            "What is done when something comes.",
            "",
        ),
        JAMMED,
    ],
);

static MAKER: Table = plain(
    "text-profile.behaviour.identity",
    "Who it says that it is, as `{self.model}`, `{self.serial}`, `{self.firmware}`.",
    &[
        may("model", Type::Text, "empty", "model", "\"HS-1\""),
        may("serial", Type::Text, "empty", "serial number", "\"0012\""),
        may("firmware", Type::Text, "empty", "firmware", "\"1.2\""),
    ],
);

static VALUE: Table = plain(
    "behaviour.values",
    "A value: how it begins, and what it follows in what time.",
    &[
        may(
            "start",
            DATUM,
            "what it follows; 0",
            "number or word when it is switched on; \"room\" is the temperature of the room",
            "\"idle\"",
        ),
        may("follows", Type::Text, "it is set", "another value", "\"target\""),
        may("scale", NUMBER, "1", "times what it follows", "0.1"),
        may(
            "after",
            DURATION,
            "at once",
            "how much later it changes",
            "\"2 s\"",
        ),
        may("rate", ABOVE, "at once", "how much it changes per second", "0.5"),
        may(
            "time_constant",
            DURATION,
            "at once",
            "in which it comes two thirds of its way",
            "\"60 s\"",
        ),
        may(
            "noise",
            ABOVE,
            "none",
            "standard deviation of what is told",
            "0.05",
        ),
        may(
            "keeps",
            Type::Boolean,
            "false",
            "it outlives a loss of power",
            "true",
        ),
        may(
            "regulates",
            Type::Text,
            "none",
            "quantity whose set-point it is",
            "\"temperature\"",
        ),
    ],
);

static FELT: Table = plain(
    "behaviour.nest",
    "What the plate in the nest feels, by names of values.",
    &[
        may("temperature", Type::Text, "that of the room", "in C", "\"block\""),
        may(
            "shaking",
            Type::Text,
            "none",
            "in rpm; 0 stands still",
            "\"speed\"",
        ),
        may(
            "door",
            Type::Text,
            "none",
            "door, lock or clamp: open while it is \"open\" or 1",
            "\"clamp\"",
        ),
        may(
            "busy",
            Type::Table(&CONDITION),
            "during work on the plate",
            "nobody may reach for the plate",
            "",
        ),
    ],
);

static CONDITION: Table = plain(
    "behaviour.conditions",
    "What must be so.",
    &[
        need("of", Type::Text, "which value", "\"state\""),
        IS,
        IS_NOT,
        LEAST,
        MOST,
        NEAR,
        WITHIN,
    ],
);

const WHEN: Key = may(
    "when",
    Type::Table(&CONDITION),
    "always",
    "only when this is so",
    "",
);
const STEPS: Key = need("steps", Type::List(&STEP_TABLE), "its steps", "");

static HEARD: Table = Table {
    cases: Some(Cases::Given(&[
        case("request", &REQUEST),
        case("becomes", &BECOMES),
        case("every", &EVERY),
    ])),
    ..plain(
        "text-profile.behaviour.on",
        "What comes, and what is then done; the first that fits.",
        &[WHEN, STEPS],
    )
};
static WRITTEN: Table = Table {
    cases: Some(Cases::Given(&[
        case("written", &WRITE),
        case("command", &COMMAND),
        case("becomes", &BECOMES),
        case("every", &EVERY),
    ])),
    ..plain(
        "profile.behaviour.on",
        "What comes, and what is then done; the first that fits.",
        &[WHEN, STEPS],
    )
};
static REQUEST: Table = plain(
    "behaviour.on.request",
    "A text comes.",
    &[need("request", Type::Text, "the text", "\"SET {degrees}\"")],
);
static WRITE: Table = plain(
    "behaviour.on.written",
    "A register was written.",
    &[need("written", Type::Text, "which", "\"set_point\"")],
);
static COMMAND: Table = plain(
    "behaviour.on.command",
    "A command is given.",
    &[need("command", Type::Text, "which; `stop` is [stop]", "\"seal\"")],
);
static BECOMES: Table = plain(
    "behaviour.on.becomes",
    "Something becomes so.",
    &[need("becomes", Type::Table(&CONDITION), "what", "")],
);
static EVERY: Table = plain(
    "behaviour.on.every",
    "Time passes.",
    &[need(
        "every",
        DURATION,
        "again and again after so long",
        "\"500 ms\"",
    )],
);

static STEP: Table = Table {
    cases: Some(Cases::Given(&[
        case("set", &SET),
        case("answer", &ANSWER),
        case("refuse", &REFUSE),
        case("pause", &PAUSE),
        case("nest", &WORK),
        case("alarm", &ALARM),
        case("cut_short", &CUT),
    ])),
    ..plain("behaviour.steps", "A step of what is done.", &[WHEN])
};
static SET: Table = plain(
    "behaviour.steps.set",
    "A value is set.",
    &[
        need("set", Type::Text, "which value", "\"target\""),
        may("to", DATUM, "none", "this number or word", "\"busy\""),
        may(
            "from",
            Type::Text,
            "none",
            "another value, or what was heard",
            "\"degrees\"",
        ),
        may("scale", NUMBER, "1", "times that", "0.1"),
        may("add", NUMBER, "none", "so much more than it was", "1"),
    ],
);
static ANSWER: Table = plain(
    "behaviour.steps.answer",
    "It says something.",
    &[need("answer", Type::Text, "the text", "\"T {block:.1}\"")],
);
static REFUSE: Table = plain(
    "behaviour.steps.refuse",
    "It refuses, and does nothing further.",
    &[need(
        "refuse",
        Type::Text,
        "the answer; the result of a command; the exception of a write",
        "\"busy\"",
    )],
);
static PAUSE: Table = plain(
    "behaviour.steps.pause",
    "Time passes.",
    &[need("pause", Type::Text, "how long, or a value in s", "\"2 s\"")],
);
static WORK: Table = plain(
    "behaviour.steps.nest",
    "Work on the plate in the nest.",
    &[
        need(
            "nest",
            Type::Words(&["seal", "peel", "spin", "read_barcode"]),
            "which",
            "\"seal\"",
        ),
        may(
            "duration",
            Type::Text,
            "at once",
            "how long, or a value in s",
            "\"3 s\"",
        ),
        may("temperature", DATUM, "0", "of seal, in C, or a value", "165"),
        may("force", DATUM, "0", "of spin, in xg, or a value", "1000"),
        may(
            "into",
            Type::Text,
            "required of read_barcode",
            "value that takes the barcode",
            "\"code\"",
        ),
    ],
);
static ALARM: Table = plain(
    "behaviour.steps.alarm",
    "People see that something is wrong; the ledger keeps it.",
    &[need("alarm", Type::Text, "what", "\"too hot\"")],
);
static CUT: Table = plain(
    "behaviour.steps.cut_short",
    "Whatever is under way ends where it is.",
    &[need("cut_short", Type::Boolean, "yes", "true")],
);
