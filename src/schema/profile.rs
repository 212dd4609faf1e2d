//! Profile files.

use super::behaviour;
use super::model::{Case, Cases, Key, Measure, Sign, Table, Type, may, need, plain};
use super::quantities;
use crate::units::Duration;

const DURATION: Type = Type::Quantity(Measure::of::<Duration>(), Sign::NotNegative);

/// Commands of every role.
const COMMANDS: &[&str] = &[
    "open_tray",
    "close_tray",
    "read_absorbance",
    "read_fluorescence",
    "read_luminescence",
    "scan_absorbance",
    "scan_fluorescence",
    "home",
    "halt",
    "move_plate",
    "set_down",
    "remove_lid",
    "replace_lid",
    "initialise",
    "seal",
    "peel",
    "spin",
    "thermocycle",
    "shake",
    "set_temperature",
    "read_barcode",
];
const SOURCES: &[&str] = &[
    "from",
    "to",
    "grip_height",
    "wavelength",
    "excitation",
    "emission",
    "gain",
    "integration",
    "points",
    "spacing",
    "temperature",
    "duration",
    "force",
    "speed",
    "lid",
    "hold",
    "program",
    "program_steps",
];
const SENSORS: &[&str] = &["tray", "door", "plate", "sealed", "at_rest", "holds_plate"];

/// A key that names a register.
const fn register(name: &'static str, meaning: &'static str, example: &'static str) -> Key {
    need(name, Type::Text, meaning, example)
}

const STOPPED: Key = may(
    "stop",
    Type::Table(&STOP),
    "the command `halt`, if there is one",
    "How motion is stopped at once.",
    "",
);

const fn role(name: &'static str, table: &'static Table) -> Case {
    Case { name, table }
}

const PROFILE: Key = need("profile", Type::Table(&HEAD), "The profile as a whole.", "");

pub(super) static ROOT: Table = Table {
    cases: Some(Cases::Within(
        "profile",
        "role",
        &[
            role("plate_reader", &COMMANDED),
            role("plate_mover", &COMMANDED),
            role("station", &COMMANDED),
            role("regulator", &REGULATOR),
        ],
    )),
    ..plain(
        "profile",
        "An instrument behind Modbus, by its registers.",
        &[
            may(
                "registers",
                Type::Map("NAME", &Type::Table(&REGISTER)),
                "none",
                "The registers.",
                "",
            ),
            may(
                "behaviour",
                Type::Table(&behaviour::REGISTERS),
                "no twin is made from it",
                "What it does, for a simulated twin.",
                "",
            ),
        ],
    )
};

static COMMANDED: Table = plain(
    "profile.commanded",
    "An instrument that is given commands by a handshake.",
    &[
        PROFILE,
        need("identity", Type::Table(&IDENTITY), "Who is at the other end.", ""),
        need(
            "handshake",
            Type::Table(&HANDSHAKE),
            "How a command is started and followed.",
            "",
        ),
        STOPPED,
        may(
            "commands",
            Type::MapOf(COMMANDS, &Type::Table(&COMMAND)),
            "none",
            "The commands.",
            "",
        ),
        may(
            "sensors",
            Type::MapOf(SENSORS, &Type::Text),
            "none",
            "Registers that answer a question about the physical state.",
            "",
        ),
    ],
);

static REGULATOR: Table = plain(
    "profile.regulator",
    "A regulator: it measures, and holds set-points.",
    &[
        PROFILE,
        need("identity", Type::Table(&MET), "Who is at the other end.", ""),
        STOPPED,
        may(
            "initialised",
            Type::Table(&quantities::CONDITION),
            "it is not asked",
            "So since it was initialised.",
            "",
        ),
        may(
            "commands",
            Type::MapOf(quantities::COMMANDS, &Type::Table(&quantities::COURSE)),
            "none",
            "The commands, as courses of writes.",
            "",
        ),
        need(
            "quantities",
            Type::Map("NAME", &Type::Table(&quantities::QUANTITY)),
            "What it measures or holds.",
            "",
        ),
        may(
            "sensors",
            Type::MapOf(SENSORS, &Type::Text),
            "none",
            "Registers that answer a question about the physical state.",
            "",
        ),
    ],
);

static STOP: Table = plain(
    "profile.stop",
    "A stop beside the handshake: one write by which motion stops at once, whatever runs.",
    &[
        register("register", "coil or holding register that is written", "\"stop\""),
        may("value", Type::Integer(0, 65_535), "1", "what is written", "1"),
        register(
            "acknowledged",
            "register that says that motion has been stopped",
            "\"stopped\"",
        ),
        may("equals", Type::Integer(0, 65_535), "1", "what it then holds", "1"),
        need("timeout", DURATION, "longest time until it says so", "\"1 s\""),
    ],
);

static HEAD: Table = plain(
    "profile.head",
    "The profile as a whole.",
    &[
        need("name", Type::Text, "name of the profile", "\"plate-mover\""),
        need("title", Type::Text, "for people", "\"Plate mover\""),
        need("kind", Type::Words(&["modbus"]), "this kind", "\"modbus\""),
        may(
            "maturity",
            Type::Words(&["documents", "captures", "peer"]),
            "`\"documents\"`",
            "by whom it was judged",
            "\"documents\"",
        ),
        need(
            "role",
            Type::Words(&["plate_reader", "plate_mover", "station", "regulator"]),
            "which role it plays",
            "\"plate_mover\"",
        ),
        may(
            "base",
            Type::Integer(0, 1),
            "0",
            "whether addresses count from 0 or from 1",
            "0",
        ),
        may(
            "word_order",
            Type::Words(&["ABCD", "CDAB", "BADC", "DCBA"]),
            "`\"ABCD\"`",
            "byte order of 32-bit values",
            "\"ABCD\"",
        ),
        need("timeout", DURATION, "longest wait for one answer", "\"1 s\""),
        need(
            "poll",
            DURATION,
            "time between two looks at a running command",
            "\"500 ms\"",
        ),
    ],
);

static REGISTER: Table = plain(
    "profile.registers",
    "A register, or an array of them.",
    &[
        need(
            "table",
            Type::Words(&["coil", "discrete", "input", "holding", "object"]),
            "which table; an object stands in none",
            "\"holding\"",
        ),
        may("sub", Type::Integer(0, 255), "0", "sub-index of an object", "1"),
        need(
            "address",
            Type::Integer(0, 65_536),
            "of its first word or bit; of an object its index",
            "10",
        ),
        need(
            "type",
            Type::Words(&["u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool"]),
            "of one element",
            "\"u16\"",
        ),
        may(
            "count",
            Type::Integer(1, 10_000),
            "1",
            "elements of an array",
            "2",
        ),
        may(
            "order",
            Type::Words(&["rows"]),
            "`\"rows\"`",
            "of an array",
            "\"rows\"",
        ),
        may(
            "scale",
            Type::Number(0.0, f64::MAX),
            "1",
            "value = raw × scale",
            "0.01",
        ),
        may("unit", Type::Text, "none", "of the value", "\"mm\""),
        may(
            "min",
            Type::Number(f64::MIN, f64::MAX),
            "none",
            "least that may be written",
            "0",
        ),
        may(
            "max",
            Type::Number(f64::MIN, f64::MAX),
            "none",
            "most that may be written",
            "99",
        ),
        may(
            "values",
            Type::Map("NAME", &Type::Integer(-2_147_483_648, 4_294_967_295)),
            "none",
            "names of values",
            "{ idle = 0, busy = 1 }",
        ),
        may(
            "bits",
            Type::Map("NAME", &Type::Integer(0, 31)),
            "none",
            "names of bits",
            "{ servo = 0 }",
        ),
    ],
);

const MODELLED: Key = need(
    "model",
    Type::Table(&MODEL),
    "the model number",
    "{ register = \"model\", equals = 4100 }",
);
const SERIAL: Key = may(
    "serial",
    Type::Text,
    "none",
    "register of the serial number",
    "\"model\"",
);
const FIRMWARE: Key = may(
    "firmware",
    Type::Text,
    "none",
    "register of the firmware version",
    "\"model\"",
);
static IDENTITY: Table = plain(
    "profile.identity",
    "Who is at the other end.",
    &[MODELLED, SERIAL, FIRMWARE],
);
static MET: Table = Table {
    any_of: &["met", "model"],
    ..plain(
        "profile.identity.regulator",
        "Who is at the other end.",
        &[
            may(
                "met",
                Type::Text,
                "the model's",
                "a register that a device always answers which tells nothing of itself",
                "\"model\"",
            ),
            may(
                "model",
                Type::Table(&MODEL),
                "it tells none",
                "the model number",
                "{ register = \"model\", equals = 4100 }",
            ),
            SERIAL,
            FIRMWARE,
        ],
    )
};
static MODEL: Table = plain(
    "profile.identity.model",
    "The model number and what it must be.",
    &[
        register("register", "register of the model number", "\"model\""),
        need(
            "equals",
            Type::Integer(i64::MIN, i64::MAX),
            "what it must be",
            "4100",
        ),
    ],
);
static HANDSHAKE: Table = plain(
    "profile.handshake",
    "Registers by which a command is started and followed.",
    &[
        register("code", "command code, a holding register", "\"code\""),
        register(
            "sequence",
            "the command's number, the holding register right behind `code`",
            "\"sequence\"",
        ),
        register(
            "accepted",
            "number of the last command that was started",
            "\"accepted\"",
        ),
        register(
            "completed",
            "number of the last command that has ended",
            "\"completed\"",
        ),
        register("result", "how the last command ended", "\"result\""),
    ],
);

static COMMAND: Table = plain(
    "profile.commands",
    "A command.",
    &[
        need("code", Type::Integer(1, 65_535), "its code", "2"),
        need("timeout", DURATION, "the longest it may take", "\"90 s\""),
        may(
            "arguments",
            Type::List(&Type::Table(&ARGUMENT)),
            "none",
            "holding registers written before it starts",
            "",
        ),
        may(
            "reading",
            Type::Table(&READING),
            "none",
            "where the reading is kept",
            "",
        ),
        may(
            "barcode",
            Type::Table(&BARCODE),
            "none",
            "where the barcode is kept",
            "",
        ),
    ],
);
static ARGUMENT: Table = plain(
    "profile.arguments",
    "A holding register written before a command starts.",
    &[
        register("register", "the register", "\"target\""),
        need(
            "from",
            Type::Words(SOURCES),
            "where its value comes from",
            "\"from\"",
        ),
    ],
);
static READING: Table = plain(
    "profile.reading",
    "Where a reading is kept.",
    &[
        register("values", "array of values", "\"readings\""),
        register("sequence", "number of the command that made it", "\"sequence\""),
        register("age", "milliseconds since it began", "\"age\""),
    ],
);
static BARCODE: Table = plain(
    "profile.barcode",
    "Where a barcode is kept.",
    &[
        register("text", "array of words with two characters each", "\"readings\""),
        register("sequence", "number of the command that read it", "\"sequence\""),
    ],
);
