//! Rig files: home-built gantries.

use super::super::model::{Key, Table, Type, may, need, plain};
use super::{DURATION, LENGTH, Length, Measure, SHARE, Sign, VOLUME, liquid, pins, pipette, safe};
use crate::units::Speed;

const POSITIVE: Type = Type::Quantity(Measure::of::<Length>(), Sign::NotNegative);
const SPEED: Type = Type::Quantity(Measure::of::<Speed>(), Sign::NotNegative);

pub(super) static GANTRY: Table = plain(
    "rig.gantry",
    "A home-built gantry with pipettes.",
    &[
        need(
            "axes",
            Type::Table(&AXES),
            "Its six axes, each a drive of its own.",
            "",
        ),
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
            Type::Map("NAME", &Type::Table(&PIPETTE)),
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

const fn one(name: &'static str, meaning: &'static str) -> Key {
    need(name, Type::Table(&AXIS), meaning, "")
}

static AXES: Table = plain(
    "rig.gantry.axes",
    "The axes of a gantry.",
    &[
        one("x", "the carriage, to the right"),
        one("y", "the carriage, to the back"),
        one("z-left", "the lift of the left mount"),
        one("z-right", "the lift of the right mount"),
        one("plunger-left", "the plunger of the left mount"),
        one("plunger-right", "the plunger of the right mount"),
    ],
);

static AXIS: Table = plain(
    "rig.gantry.axes.axis",
    "An axis: an Oriental Motor AZ drive in direct data operation.",
    &[
        need("unit", Type::Integer(1, 247), "Modbus unit of its drive", "1"),
        need("step", POSITIVE, "what one step of the drive moves", "\"10 um\""),
        need(
            "home",
            LENGTH,
            "where it stands after homing, where the drive counts 0",
            "\"0 mm\"",
        ),
        need(
            "travel",
            Type::Exactly(2, &LENGTH),
            "least and greatest position that it may be sent to",
            "[\"-2 mm\", \"420 mm\"]",
        ),
        need("speed", SPEED, "its usual speed", "\"300 mm/s\""),
        need(
            "ramp",
            DURATION,
            "time in which it reaches that, and stops from it",
            "\"300 ms\"",
        ),
        may(
            "reversed",
            Type::Boolean,
            "`false`",
            "whether the drive counts down where the position goes up",
            "true",
        ),
    ],
);

static PLUNGER: Table = plain(
    "rig.gantry.pipettes.plunger",
    "What a plunger does; positions on its axis, upwards.",
    &[
        need(
            "per_mm",
            VOLUME,
            "what a millimetre moves, per channel",
            "\"9.1 uL\"",
        ),
        need("bottom", LENGTH, "where a tip holds nothing", "\"-14.5 mm\""),
        need(
            "blow_out",
            LENGTH,
            "where it stands after a blow-out",
            "\"-19 mm\"",
        ),
        need("drop", LENGTH, "where it pushes tips off", "\"-33 mm\""),
        may(
            "press_current",
            SHARE,
            "`\"50 %\"`",
            "share of its current that the lift has while nozzles are pressed into tips",
            "\"40 %\"",
        ),
    ],
);

static PIPETTE: Table = plain(
    "rig.gantry.pipettes",
    "A pipette of a gantry.",
    &[
        need(
            "mount",
            Type::Words(&["left", "right"]),
            "side of the carriage",
            "\"left\"",
        ),
        need("plunger", Type::Table(&PLUNGER), "what its plunger does", ""),
        need(
            "channels",
            Type::Either(&Type::Integer(1, 8), &Type::Integer(96, 96)),
            "how many, 9 mm apart: up to 8 in a column, or 96 in 8 rows and 12 columns",
            "8",
        ),
        pipette::MIN_VOLUME,
        pipette::MAX_VOLUME,
        pipette::TIP_RACKS,
        pipette::USUAL_FLOW,
        pipette::NOZZLE,
        pipette::NOZZLE_LENGTH,
        pipette::RANDOM_ERROR,
    ],
);
