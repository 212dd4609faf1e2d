//! What roles understand: commands, sensors and arguments by name. Read against this list, known to no device.

use super::ArgumentSource as Source;

/// Command names that a role understands; a profile may leave some out.
pub(super) const COMMANDS: &[(&str, &[&str])] = &[
    (
        "plate_reader",
        &[
            "open_tray",
            "close_tray",
            "read_absorbance",
            "read_fluorescence",
            "read_luminescence",
            "scan_absorbance",
            "scan_fluorescence",
            "home",
            "halt",
        ],
    ),
    (
        "plate_mover",
        &[
            "home",
            "move_plate",
            "set_down",
            "remove_lid",
            "replace_lid",
            "halt",
        ],
    ),
    (
        "station",
        &[
            "initialise",
            "open_tray",
            "close_tray",
            "seal",
            "peel",
            "spin",
            "thermocycle",
            "shake",
            "set_temperature",
            "read_barcode",
            "halt",
        ],
    ),
    ("regulator", &["initialise", "halt"]),
];

/// What changing a set-point is called where commands have names.
pub(super) const SET_POINT: &str = "set_point";

/// Sensors that settling, interlocks and questions to a person ask for.
pub(super) const SENSORS: &[&str] = &["tray", "door", "plate", "sealed", "at_rest", "holds_plate"];

/// Words of one step in a block that takes a thermal program.
pub(super) const STEP_WORDS: u16 = 4;
/// Most words of such a block: what one write with function 16 carries.
pub(super) const MOST_BLOCK_WORDS: u16 = 120;

/// An argument: its name, where its value comes from, the unit that its register must have (none: a bare number), and
/// the commands that have it.
pub(super) type Argument = (
    &'static str,
    Source,
    Option<&'static str>,
    &'static [&'static str],
);

const FLUORESCENCE: &[&str] = &["read_fluorescence", "scan_fluorescence"];
const SCANS: &[&str] = &["scan_absorbance", "scan_fluorescence"];
const CARRYING: &[&str] = &["move_plate", "remove_lid", "replace_lid"];
const LAYING: &[&str] = &["move_plate", "set_down", "remove_lid", "replace_lid"];

/// All arguments.
pub(super) const ARGUMENTS: &[Argument] = &[
    ("from", Source::From, None, CARRYING),
    ("to", Source::To, None, LAYING),
    ("grip_height", Source::GripHeight, Some("mm"), CARRYING),
    (
        "wavelength",
        Source::Wavelength,
        Some("nm"),
        &["read_absorbance", "scan_absorbance"],
    ),
    ("excitation", Source::Excitation, Some("nm"), FLUORESCENCE),
    ("emission", Source::Emission, Some("nm"), FLUORESCENCE),
    ("gain", Source::Gain, None, FLUORESCENCE),
    ("points", Source::Points, None, SCANS),
    ("spacing", Source::Spacing, Some("mm"), SCANS),
    (
        "integration",
        Source::Integration,
        Some("ms"),
        &["read_luminescence"],
    ),
    (
        "temperature",
        Source::Temperature,
        Some("C"),
        &["seal", "set_temperature"],
    ),
    ("duration", Source::Duration, Some("s"), &["seal", "spin"]),
    ("force", Source::Force, Some("xg"), &["spin"]),
    ("speed", Source::Speed, Some("rpm"), &["shake"]),
    ("lid", Source::LidTemperature, Some("C"), &["thermocycle"]),
    ("hold", Source::HoldTemperature, Some("C"), &["thermocycle"]),
    ("program", Source::Program, None, &["thermocycle"]),
    ("program_steps", Source::ProgramSteps, None, &["thermocycle"]),
];

/// Arguments of text profiles alone: of the step of a thermal program that is being carried out, and a set-point, which is in
/// the unit of its quantity.
pub(super) const STEP_ARGUMENTS: &[Argument] = &[
    (
        "step_temperature",
        Source::StepTemperature,
        Some("C"),
        &["thermocycle"],
    ),
    ("step_duration", Source::StepDuration, Some("s"), &["thermocycle"]),
    ("value", Source::Value, None, &[SET_POINT]),
];
