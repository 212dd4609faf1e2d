//! Profile files of the kind "text".

use super::behaviour;
use super::model::{Case, Cases, Key, Measure, Sign, Table, Type, may, need, plain};
use super::quantities;
use super::text_steps::{IS, IS_NOT, LEAST, MOST, NEAR, STEP, WITHIN};
use crate::units::Duration;

const DURATION: Type = Type::Quantity(Measure::of::<Duration>(), Sign::NotNegative);
const NUMBER: Type = Type::Number(f64::MIN, f64::MAX);

/// Commands of the roles that a text profile can play.
const COMMANDS: &[&str] = &[
    "initialise",
    "open_tray",
    "close_tray",
    "seal",
    "peel",
    "spin",
    "thermocycle",
    "shake",
    "stop_shaking",
    "set_temperature",
    "read_barcode",
    "halt",
];
const SENSORS: &[&str] = &["door_open", "door_closed", "plate", "sealed", "at_rest"];
const SOURCES: &[&str] = &[
    "temperature",
    "duration",
    "force",
    "speed",
    "lid",
    "hold",
    "step_temperature",
    "step_duration",
    "value",
];

const PROFILE: Key = need("profile", Type::Table(&HEAD), "The profile as a whole.", "");

pub(super) static ROOT: Table = Table {
    cases: Some(Cases::Within(
        "profile",
        "role",
        &[case("station", &STATION), case("regulator", &REGULATOR)],
    )),
    ..plain(
        "text-profile",
        "An instrument on a serial line, by what is said and answered.",
        &[
            need("line", Type::Table(&LINE), "How texts travel.", ""),
            may(
                "arguments",
                Type::Map("NAME", &Type::Table(&ARGUMENT)),
                "none",
                "How numbers of an action are written.",
                "",
            ),
            may(
                "questions",
                Type::Map("NAME", &Type::Table(&QUESTION)),
                "none",
                "What can be asked without moving anything.",
                "",
            ),
            may(
                "refusals",
                Type::List(&Type::Table(&REFUSAL)),
                "none",
                "Answers that mean \"no\".",
                "",
            ),
            need("identity", Type::Table(&IDENTITY), "Who is at the other end.", ""),
            may(
                "rest",
                Type::Table(&CONDITION),
                "it is not waited for",
                "Nothing moves.",
                "",
            ),
            may(
                "initialised",
                Type::Table(&CONDITION),
                "it is not asked",
                "So since it was initialised.",
                "",
            ),
            may(
                "stop",
                Type::Table(&STOP),
                "none",
                "How motion is stopped at once.",
                "",
            ),
            may(
                "sensors",
                Type::MapOf(SENSORS, &Type::Table(&CONDITION)),
                "none",
                "What is so physically.",
                "",
            ),
            may(
                "behaviour",
                Type::Table(&behaviour::TEXT),
                "no twin is made from it",
                "What it does, for a simulated twin.",
                "",
            ),
        ],
    )
};

static STATION: Table = plain(
    "text-profile.station",
    "A station.",
    &[
        PROFILE,
        may(
            "commands",
            Type::MapOf(COMMANDS, &Type::Table(&COMMAND)),
            "none",
            "The commands.",
            "",
        ),
    ],
);
static REGULATOR: Table = plain(
    "text-profile.regulator",
    "A regulator: it measures, and holds set-points.",
    &[
        PROFILE,
        may(
            "commands",
            Type::MapOf(quantities::COMMANDS, &Type::Table(&COMMAND)),
            "none",
            "The commands.",
            "",
        ),
        need(
            "quantities",
            Type::Map("NAME", &Type::Table(&quantities::TEXT_QUANTITY)),
            "What it measures or holds.",
            "",
        ),
    ],
);

static HEAD: Table = plain(
    "text-profile.head",
    "The profile as a whole.",
    &[
        need("name", Type::Text, "name of the profile", "\"bioshake\""),
        need("title", Type::Text, "for people", "\"Heater-shaker\""),
        need("kind", Type::Words(&["text"]), "this kind", "\"text\""),
        need(
            "role",
            Type::Words(&["station", "regulator"]),
            "which role it plays",
            "\"station\"",
        ),
        may(
            "maturity",
            Type::Words(&["documents", "captures", "peer"]),
            "`\"documents\"`",
            "by whom it was judged",
            "\"documents\"",
        ),
        need("timeout", DURATION, "longest wait for one answer", "\"1 s\""),
        need("poll", DURATION, "time between two looks", "\"500 ms\""),
    ],
);

static LINE: Table = plain(
    "text-profile.line",
    "How texts travel.",
    &[
        may(
            "settings",
            Type::List(&Type::Pattern(
                "[0-9]+ [78][NEO][12]",
                "bits per second and format, as \"9600 8N1\"",
            )),
            "any",
            "bits per second and formats that the instrument can be set to",
            "[\"9600 8N1\"]",
        ),
        may(
            "request",
            Type::Text,
            "required without `frame`",
            "around a request",
            "\"{}\\r\"",
        ),
        may(
            "answer",
            Type::OneOrMore(&Type::Text),
            "required without `frame`",
            "around an answer; a list, where answers have several forms",
            "\"{}\\r\\n\"",
        ),
        may(
            "frame",
            Type::Words(&["length-crc8"]),
            "none",
            "frames of bytes in place of what stands around texts",
            "\"length-crc8\"",
        ),
        may(
            "unit",
            Type::Integer(0, 15),
            "required beside `frame`",
            "number of the unit in its frames",
            "2",
        ),
        may(
            "alone",
            Type::Text,
            "none",
            "control characters that are an answer by themselves",
            "\"\\u0006\"",
        ),
        may(
            "checksum",
            Type::Words(&["xor", "sum", "lrc", "crc16"]),
            "none",
            "which checksum `{sum}` is",
            "\"xor\"",
        ),
        may(
            "gap",
            DURATION,
            "none",
            "least silence before a request",
            "\"50 ms\"",
        ),
        need(
            "resync",
            Type::Text,
            "question that is asked after a lost answer",
            "\"version\"",
        ),
    ],
);

static ARGUMENT: Table = plain(
    "text-profile.arguments",
    "How a number of an action is written.",
    &[
        need("from", Type::Words(SOURCES), "which number", "\"temperature\""),
        may("unit", Type::Text, "none", "its unit", "\"C\""),
        may(
            "scale",
            Type::Number(0.0, f64::MAX),
            "1",
            "what is written = value ÷ scale",
            "0.1",
        ),
        may(
            "decimals",
            Type::Integer(0, 6),
            "0",
            "digits after the point",
            "1",
        ),
        may(
            "width",
            Type::Integer(0, 16),
            "0",
            "characters at least, filled with zeros",
            "4",
        ),
        may(
            "hex",
            Type::Boolean,
            "false",
            "written in hexadecimal digits",
            "false",
        ),
        may("min", NUMBER, "none", "least value", "0"),
        may("max", NUMBER, "none", "largest value", "99"),
        may(
            "none",
            Type::Text,
            "the step is left out",
            "written where there is no value",
            "\"0\"",
        ),
    ],
);

static QUESTION: Table = plain(
    "text-profile.questions",
    "A question, or without `send` a line that the instrument sends by itself.",
    &[
        may(
            "send",
            Type::Text,
            "it is listened for",
            "what is sent",
            "\"status\"",
        ),
        need(
            "answer",
            Type::Text,
            "regular expression of the whole answer",
            "\"(?<value>[0-9]+)\"",
        ),
        may(
            "timeout",
            DURATION,
            "it answers at once",
            "how long it works before it answers",
            "\"5 s\"",
        ),
        may(
            "parts",
            Type::Map("NAME", &Type::Table(&PART)),
            "none",
            "what parts of the answer mean",
            "",
        ),
    ],
);

static PART: Table = plain(
    "text-profile.parts",
    "What a part of an answer means.",
    &[
        may("hex", Type::Boolean, "false", "hexadecimal digits", "true"),
        may(
            "signed",
            Type::Boolean,
            "false",
            "of hexadecimal digits: two's complement",
            "true",
        ),
        may(
            "scale",
            Type::Number(0.0, f64::MAX),
            "1",
            "value = number × scale",
            "0.1",
        ),
        may("unit", Type::Text, "none", "of the value", "\"C\""),
        may(
            "absent",
            Type::List(&Type::Text),
            "none",
            "texts that mean that there is no number",
            "[\"7FFF\"]",
        ),
        may(
            "values",
            Type::Map("NAME", &Type::Text),
            "none",
            "words for what is answered",
            "{ idle = \"0\" }",
        ),
        may(
            "bits",
            Type::Map("NAME", &Type::Integer(0, 31)),
            "none",
            "names of bits",
            "{ open = 1 }",
        ),
    ],
);

static REFUSAL: Table = plain(
    "text-profile.refusals",
    "An answer that means \"no\".",
    &[
        need(
            "answer",
            Type::Text,
            "regular expression of the whole answer; its parts `code` and `text` are told",
            "\"ERR(?<code>[0-9]+)\"",
        ),
        may(
            "words",
            Type::Map("NAME", &Type::Text),
            "none",
            "words for codes",
            "{ 06 = \"no plate\" }",
        ),
        may(
            "unasked",
            Type::Boolean,
            "false",
            "it comes before the answer itself",
            "true",
        ),
        may(
            "moved",
            Type::Boolean,
            "false",
            "something may have moved all the same",
            "true",
        ),
    ],
);

static IDENTITY: Table = plain(
    "text-profile.identity",
    "Who is at the other end.",
    &[
        may(
            "greeting",
            Type::Text,
            "none",
            "said once after each connection, before anything is asked",
            "\"1a\"",
        ),
        need(
            "question",
            Type::Text,
            "the question by which it is met",
            "\"version\"",
        ),
        may("model", Type::Table(&CONDITION), "none", "what must be so", ""),
        may(
            "serial",
            Type::Text,
            "none",
            "its serial number",
            "\"version.serial\"",
        ),
        may(
            "firmware",
            Type::Text,
            "none",
            "its firmware",
            "\"version.firmware\"",
        ),
    ],
);

const OF: Key = need(
    "of",
    Type::Text,
    "part of an answer, as question.part",
    "\"status.system\"",
);
static CONDITION: Table = plain(
    "text-profile.conditions",
    "Something that is so, or not.",
    &[OF, IS, IS_NOT, LEAST, MOST, NEAR, WITHIN],
);

static STOP: Table = plain(
    "text-profile.stop",
    "How motion is stopped at once.",
    &[
        need("send", Type::Text, "what is sent at once", "\"STOP\""),
        may(
            "until",
            Type::Table(&CONDITION),
            "it is not asked",
            "what is then so",
            "",
        ),
        need("timeout", DURATION, "longest time until it is", "\"1 s\""),
    ],
);

static COMMAND: Table = plain(
    "text-profile.commands",
    "A command.",
    &[
        need("timeout", DURATION, "the longest it may take", "\"90 s\""),
        may(
            "needs",
            Type::List(&Type::Table(&CONDITION)),
            "nothing",
            "what must be so before it begins",
            "",
        ),
        need("steps", Type::List(&Type::Table(&STEP)), "its steps", ""),
        may(
            "always",
            Type::List(&Type::Table(&STEP)),
            "none",
            "steps at the end, whatever came",
            "",
        ),
        may(
            "barcode",
            Type::Text,
            "none",
            "where the barcode is",
            "\"scan.code\"",
        ),
        may(
            "no_barcode",
            Type::List(&Type::Text),
            "none",
            "texts in its place that mean that there is none",
            "[\"NG\"]",
        ),
        may(
            "happened",
            Type::Table(&HAPPENED),
            "a person is asked",
            "how it shows that it took place",
            "",
        ),
    ],
);

const fn case(name: &'static str, table: &'static Table) -> Case {
    Case { name, table }
}

static HAPPENED: Table = plain(
    "text-profile.happened",
    "How it shows what became of a command.",
    &[
        need(
            "done",
            Type::Table(&CONDITION),
            "it took place, if this was not so before",
            "",
        ),
        may(
            "not_done",
            Type::Table(&CONDITION),
            "nothing shows that",
            "it did not take place",
            "",
        ),
        may(
            "unless",
            Type::Table(&CONDITION),
            "none",
            "the controller was reset: nothing shows it",
            "",
        ),
        need(
            "evidence",
            Type::Words(&["measured", "commanded"]),
            "a sensor saw it, or the controller counts",
            "\"measured\"",
        ),
    ],
);
