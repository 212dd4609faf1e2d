//! Rig files.

#[path = "rig_any.rs"]
mod any;
#[path = "rig_gantry.rs"]
mod gantry;
#[path = "rig_inputs.rs"]
mod inputs;
#[path = "rig_link.rs"]
mod link;
#[path = "rig_liquid.rs"]
mod liquid;
#[path = "rig_makes.rs"]
mod makes;
#[path = "rig_measured.rs"]
mod measured;
#[path = "rig_pins.rs"]
mod pins;
#[path = "rig_pipette.rs"]
mod pipette;
#[path = "rig_reader.rs"]
mod reader;
#[path = "rig_safe.rs"]
mod safe;

use any::{IDENTITY, TIMED};
use link::LINK;

use super::model::{Case, Cases, Key, Measure, Sign, Table, Type, may, need, plain};
use super::quantities;
use crate::units::{
    Duration, FlowRate, Force, Length, RotationSpeed, Share, Temperature, Volume, Wavelength,
};

pub(super) const LENGTH: Type = Type::Quantity(Measure::of::<Length>(), Sign::Any);
pub(super) const DAY: Type = Type::Pattern("[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", "day");
pub(super) const POINT: Type = Type::Exactly(3, &LENGTH);
const TEMPERATURE: Type = Type::Quantity(Measure::of::<Temperature>(), Sign::Any);
const DURATION: Type = Type::Quantity(Measure::of::<Duration>(), Sign::NotNegative);
const ROTATION: Type = Type::Quantity(Measure::of::<RotationSpeed>(), Sign::NotNegative);
pub(super) const VOLUME: Type = Type::Quantity(Measure::of::<Volume>(), Sign::Any);
pub(super) const FLOW: Type = Type::Quantity(Measure::of::<FlowRate>(), Sign::Any);
const WAVELENGTH: Type = Type::Quantity(Measure::of::<Wavelength>(), Sign::NotNegative);
const SHARE: Type = Type::Quantity(Measure::of::<Share>(), Sign::NotNegative);
const FORCE: Type = Type::Quantity(Measure::of::<Force>(), Sign::NotNegative);

const TITLE: Key = may("title", Type::Text, "empty", "for people", "\"liquid handler\"");

pub(super) static ROOT: Table = plain(
    "rig",
    "Instruments, nests and zones of one rig, and what was measured when it was set up.",
    &[
        need("rig", Type::Table(&HEAD), "The rig as a whole.", ""),
        may(
            "zones",
            Type::Map("NAME", &Type::Table(&ZONE)),
            "none",
            "Spaces that moving bodies share.",
            "",
        ),
        may(
            "nests",
            Type::Map("NAME", &Type::Table(&NEST)),
            "none",
            "Places for one plate each.",
            "",
        ),
        may(
            "instruments",
            Type::Map("NAME", &Type::Table(&INSTRUMENT)),
            "none",
            "The instruments.",
            "",
        ),
        may(
            "input_modules",
            Type::Map("NAME", &Type::Table(&inputs::MODULE)),
            "none",
            "Modules that read contacts.",
            "",
        ),
        may(
            "inputs",
            Type::Map("NAME", &Type::Table(&inputs::INPUT)),
            "none",
            "Contacts of emergency stops and doors.",
            "",
        ),
        may(
            "cameras",
            Type::Map("NAME", &Type::Table(&measured::CAMERA)),
            "none",
            "Camera stages whose lists of colonies are in pixels.",
            "",
        ),
        may(
            "calibration",
            Type::Map("INSTRUMENT", &Type::Table(&measured::CALIBRATION)),
            "nominal values",
            "What was measured when the rig was set up.",
            "",
        ),
        may(
            "verification",
            Type::Table(&measured::VERIFICATION),
            "nothing is demanded",
            "What is demanded of what pipettes deliver.",
            "",
        ),
        may(
            "evaporation",
            Type::Table(&measured::EVAPORATION),
            "nothing",
            "What the check reckons to evaporate.",
            "",
        ),
        may(
            "operator",
            Type::Table(&OPERATOR),
            "a person",
            "Who answers questions.",
            "",
        ),
        may(
            "clock",
            Type::Table(&CLOCK),
            "the wall clock",
            "Written by `plated sim`.",
            "",
        ),
        may(
            "simulation",
            Type::Free,
            "none",
            "What is true in the simulated world.",
            "",
        ),
    ],
);

static HEAD: Table = plain(
    "rig.head",
    "The rig as a whole.",
    &[
        need("name", Type::Text, "name of the rig", "\"demo\""),
        TITLE,
        need(
            "safe_height",
            LENGTH,
            "height of the nozzles over the deck when the gantry travels",
            "\"170 mm\"",
        ),
        may(
            "labware",
            Type::Text,
            "none",
            "folder with labware definitions",
            "\"labware\"",
        ),
        may(
            "calibrations",
            Type::Text,
            "`\"calibrations\"`",
            "folder with calibration records, a folder for each rig in it",
            "\"calibrations\"",
        ),
    ],
);
static SERVICE: Table = plain(
    "rig.service",
    "What wears out in an instrument, and when it is due.",
    &[
        may(
            "plunger_strokes",
            Type::Integer(1, i64::MAX),
            "no limit",
            "strokes of pipettes' plungers",
            "50000",
        ),
        may(
            "syringe_strokes",
            Type::Integer(1, i64::MAX),
            "no limit",
            "strokes of a pump's syringe",
            "200000",
        ),
        may(
            "lamp_flashes",
            Type::Integer(1, i64::MAX),
            "no limit",
            "flashes of a reader's lamp: one a well, or a point of an area scan",
            "10000000",
        ),
        may(
            "door_cycles",
            Type::Integer(1, i64::MAX),
            "no limit",
            "openings of a tray or door",
            "20000",
        ),
        may(
            "serviced",
            DAY,
            "never",
            "day of the last service: counts begin there",
            "\"2026-10-01\"",
        ),
        may(
            "due",
            DAY,
            "never",
            "last day before the next service",
            "\"2027-10-01\"",
        ),
    ],
);
static ZONE: Table = plain("rig.zones", "A space that two moving bodies share.", &[TITLE]);
static NEST: Table = plain(
    "rig.nests",
    "A named place for one plate, lid, rack or reservoir.",
    &[
        need(
            "kind",
            Type::Words(&[
                "deck",
                "waste",
                "wash_station",
                "sterilising_station",
                "transfer_station",
                "reader_tray",
                "station",
                "lid",
                "hotel",
                "cold",
            ]),
            "what it is",
            "\"deck\"",
        ),
        ZONE_KEY,
        may(
            "position",
            POINT,
            "none",
            "left front corner on the nominal deck",
            "[\"132.5 mm\", \"0 mm\", \"0 mm\"]",
        ),
        may(
            "station",
            Type::Integer(1, 9999),
            "the mover does not reach it",
            "the mover's number of the nest",
            "8",
        ),
        may(
            "labware",
            Type::Text,
            "none",
            "what is always there",
            "\"waste-bin\"",
        ),
        may(
            "temperature",
            TEMPERATURE,
            "none",
            "its own temperature",
            "\"4 C\"",
        ),
    ],
);
const ZONE_KEY: Key = may(
    "zone",
    Type::Text,
    "none",
    "the zone that it is in, or sweeps",
    "\"deck\"",
);

static INSTRUMENT: Table = Table {
    cases: Some(Cases::Word(
        "kind",
        None,
        &[
            Case {
                name: "ot2",
                table: &HANDLER,
            },
            Case {
                name: "gantry",
                table: &gantry::GANTRY,
            },
            Case {
                name: "cytomat",
                table: &makes::CYTOMAT,
            },
            Case {
                name: "cavro",
                table: &liquid::PUMP,
            },
            Case {
                name: "biotek",
                table: &makes::BIOTEK,
            },
            Case {
                name: "clariostar",
                table: &makes::CLARIOSTAR,
            },
            Case {
                name: "spectramax",
                table: &makes::SPECTRAMAX,
            },
            Case {
                name: "liconic",
                table: &makes::LICONIC,
            },
            Case {
                name: "precise_flex",
                table: &makes::ARM,
            },
            Case {
                name: "profile",
                table: &PROFILE,
            },
        ],
    )),
    ..plain(
        "rig.instruments",
        "An instrument.",
        &[
            TITLE,
            need("link", Type::Table(&LINK), "how it is reached", ""),
            may(
                "identity",
                Type::Table(&IDENTITY),
                "anybody of its make",
                "who it must say it is; another one is refused",
                "{ serial = \"20261\" }",
            ),
            ZONE_KEY,
            may(
                "service",
                Type::Table(&SERVICE),
                "nothing is due",
                "What wears out, and when it is due.",
                "",
            ),
            may(
                "heartbeat",
                DURATION,
                "it is not asked",
                "how often it is asked whether it still answers, while nobody uses it",
                "\"30 s\"",
            ),
            may(
                "durations",
                Type::MapOf(TIMED, &DURATION),
                "0 s each",
                "planned duration of each action",
                "{ home = \"20 s\" }",
            ),
        ],
    )
};
static HANDLER: Table = plain(
    "rig.ot2",
    "A liquid handler.",
    &[
        need(
            "park",
            Type::Exactly(2, &LENGTH),
            "x, y of the carriage when parked",
            "[\"380 mm\", \"340 mm\"]",
        ),
        need("waste", Type::Text, "nest where tips are dropped", "\"deck-12\""),
        may(
            "halt",
            Type::Words(&["command"]),
            "`\"command\"`",
            "how it is halted",
            "\"command\"",
        ),
        may(
            "pipettes",
            Type::Map("NAME", &Type::Table(&pipette::PIPETTE)),
            "none",
            "its pipettes",
            "",
        ),
        may(
            "probes",
            Type::Map("NAME", &Type::Table(&liquid::PROBE)),
            "none",
            "its fixed probes, each with a pump of its own",
            "",
        ),
        may(
            "pin_tools",
            Type::Map("NAME", &Type::Table(&pins::PIN_TOOL)),
            "none",
            "its pin tools, each with a sterilising station of its own",
            "",
        ),
        may(
            "safe",
            Type::Table(&safe::HANDLER),
            "see there",
            "how it is left when a run is aborted",
            "{ tips = \"keep\" }",
        ),
    ],
);
static PROFILE: Table = Table {
    cases: Some(Cases::Given(&[
        Case {
            name: "tray",
            table: &reader::READER,
        },
        Case {
            name: "abilities",
            table: &STATION,
        },
        Case {
            name: "set_points",
            table: &quantities::REGULATOR,
        },
        // Of what has no abilities: something that weighs, warms or stirs what is there.
        Case {
            name: "nest",
            table: &quantities::REGULATOR,
        },
        Case {
            name: "profile",
            table: &MOVER,
        },
    ])),
    ..plain("rig.profile", "An instrument that a profile describes.", &[])
};
static STATION: Table = plain(
    "rig.station",
    "A station.",
    &[
        need(
            "profile",
            Type::Text,
            "its profile",
            "\"profiles/plate-station.toml\"",
        ),
        need("nest", Type::Text, "its nest", "\"sealer\""),
        may(
            "door",
            Type::Boolean,
            "`false`",
            "whether it has a door or lid",
            "true",
        ),
        need(
            "abilities",
            Type::Table(&ABILITIES),
            "what it can do",
            "{ peel = true }",
        ),
        may(
            "safe",
            Type::Table(&safe::STATION),
            "see there",
            "how it is left when a run is aborted",
            "{ temperature = \"25 C\" }",
        ),
    ],
);
static MOVER: Table = plain(
    "rig.plate_mover",
    "A plate mover.",
    &[need(
        "profile",
        Type::Text,
        "its profile",
        "\"profiles/plate-mover.toml\"",
    )],
);
const TEMPERATURES: Type = Type::Exactly(2, &TEMPERATURE);
static ABILITIES: Table = Table {
    any_of: &["seal", "peel", "spin", "thermocycle", "hold", "shake", "scan"],
    ..plain(
        "rig.abilities",
        "What a station can do.",
        &[
            may(
                "seal",
                TEMPERATURES,
                "cannot",
                "seals, between these",
                "[\"100 C\", \"180 C\"]",
            ),
            may("peel", Type::Boolean, "`false`", "takes seals off", "true"),
            may("spin", FORCE, "cannot", "spins, up to this force", "\"3000 xg\""),
            may(
                "thermocycle",
                TEMPERATURES,
                "cannot",
                "thermal programs, between these",
                "[\"4 C\", \"99 C\"]",
            ),
            may(
                "hold",
                TEMPERATURES,
                "cannot",
                "holds a temperature between these",
                "[\"4 C\", \"95 C\"]",
            ),
            may(
                "shake",
                Type::Exactly(2, &ROTATION),
                "cannot",
                "shakes, between these",
                "[\"200 rpm\", \"2000 rpm\"]",
            ),
            may("scan", Type::Boolean, "`false`", "reads barcodes", "true"),
        ],
    )
};

static OPERATOR: Table = plain(
    "rig.operator",
    "Who answers questions.",
    &[
        may(
            "link",
            Type::Table(&LINK),
            "a person answers",
            "where a simulated operator answers",
            "",
        ),
        may(
            "answers_after",
            DURATION,
            "`\"5 min\"`",
            "how long a person usually needs for a prompt",
            "\"10 min\"",
        ),
    ],
);
static CLOCK: Table = plain(
    "rig.clock",
    "The time that served simulated instruments share with the run.",
    &[
        need(
            "sim_us",
            Type::Integer(0, i64::MAX),
            "simulated time, in microseconds",
            "0",
        ),
        need(
            "boot_us",
            Type::Integer(0, i64::MAX),
            "time since boot, in microseconds",
            "0",
        ),
        need(
            "factor",
            Type::Number(0.01, 100_000.0),
            "simulated seconds per second",
            "60.0",
        ),
    ],
);
