//! The order of tables and keys, by kind of file.

/// Outermost tables, of all kinds of files one after the other: a file has those of one kind.
const TABLES: &[&str] = &[
    // protocols
    "protocol",
    "parameters",
    "liquids",
    "classes",
    "layouts",
    "pieces",
    "plates",
    "steps",
    // rigs
    "rig",
    "clock",
    "instruments",
    "zones",
    "nests",
    "calibration",
    "simulation",
    // profiles
    "profile",
    "registers",
    "identity",
    "state",
    "handshake",
    "commands",
    "sensors",
    // labware
    "labware",
    "tip",
    "geometry",
];

/// Keys of the tables below an outermost one, by its name.
const KEYS: &[(&str, &[&str])] = &[
    (
        "protocol",
        &["name", "title", "description", "language", "on_failure"],
    ),
    (
        "parameters",
        &["type", "unit", "default", "min", "max", "choices", "description"],
    ),
    ("liquids", &["description", "lot", "expires"]),
    (
        "classes",
        &[
            "description",
            "aspirate_flow",
            "dispense_flow",
            "aspirate_delay",
            "dispense_delay",
            "air_gap",
            "pre_wet",
            "touch_tip",
            "blow_out",
            "submerge",
            "retract",
            "correction",
            "tips",
        ],
    ),
    (
        "layouts",
        &["names", "references", "controls", "blanks", "file", "wells"],
    ),
    (
        "pieces",
        &["labware", "at", "liquid", "volume", "layout", "used", "wells"],
    ),
    (
        "plates",
        &[
            "count",
            "labware",
            "at",
            "rest",
            "lidded",
            "sealed",
            "work",
            "barcode",
            "layout",
            "liquid",
            "volume",
            "od",
            "out_at_most",
        ],
    ),
    (
        "steps",
        &[
            "id",
            "do",
            "for_each",
            "file",
            "with",
            "after",
            "when",
            "unbroken",
            "deadline",
            "method",
            "readings",
            "rates",
            "select",
            "from",
            "to",
            "each",
            "list",
            "quadrant",
            "at",
            "text",
            "answer",
            "min",
            "max",
            "expected",
            "note",
            "between",
            "scan",
            "volume",
            "excess",
            "pipette",
            "class",
            "columns",
            "wells",
            "tips",
            "wash",
            "inside",
            "outside",
            "contact",
            "mix_before",
            "mix_after",
            "reverse_columns_on",
            "moves",
            "wavelength",
            "wavelengths",
            "spectrum",
            "fluorescence",
            "luminescence",
            "area",
            "every",
            "for",
            "within",
            "until",
            "incubate",
            "temperature",
            "speed",
            "force",
            "stages",
            "window",
            "quota",
            "above",
            "at_least",
            "q_below",
            "at_most",
            "source",
            "target",
            "replicates",
            "references",
            "fill",
            "transfer",
            "value",
            "on_failure",
        ],
    ),
    ("rig", &["name", "title", "labware", "safe_height"]),
    (
        "instruments",
        &[
            "kind",
            "title",
            "profile",
            "link",
            "mount",
            "model",
            "channels",
            "min_volume",
            "max_volume",
            "tip_racks",
            "flow",
            "nozzle",
            "pump",
            "length",
            "tubing",
            "leading_air",
            "wash",
            "wash_inside",
            "wash_outside",
            "address",
            "syringe",
            "bottle",
            "drain",
            "zone",
            "park",
            "halt",
            "waste",
            "tray",
            "wavelengths",
            "transfer",
            "slots",
            "temperature",
            "shaking",
            "barcode_reader",
            "nest",
            "pipettes",
            "probes",
            "durations",
        ],
    ),
    (
        "nests",
        &["kind", "zone", "position", "labware", "temperature", "station"],
    ),
    ("calibration", &["date", "deck"]),
    (
        "profile",
        &[
            "name",
            "title",
            "kind",
            "role",
            "base",
            "word_order",
            "timeout",
            "poll",
        ],
    ),
    (
        "handshake",
        &["code", "sequence", "accepted", "completed", "result"],
    ),
    ("commands", &["code", "timeout", "arguments"]),
    (
        "labware",
        &[
            "name",
            "title",
            "kind",
            "rows",
            "columns",
            "capacity",
            "dead_volume",
            "agar",
            "capacity_tips",
            "lid",
        ],
    ),
    ("sections", &["shape", "height"]),
    (
        "geometry",
        &[
            "footprint",
            "height",
            "first_well",
            "spacing",
            "well_bottom",
            "well_depth",
            "shape",
            "diameter",
            "size",
            "bottom",
            "top",
            "sections",
        ],
    ),
];

/// Keys of tables within a line, by the key that they stand under.
const INLINE: &[(&str, &[&str])] = &[
    ("for_each", &["column", "well"]),
    (
        "after",
        &["step", "from", "to", "at_least", "at_most", "equal_within"],
    ),
    ("work", &["at", "lid"]),
    ("incubate", &["at", "shake", "temperature"]),
    ("mix_before", &["times", "volume"]),
    ("mix_after", &["times", "volume"]),
    ("spectrum", &["from", "to", "step"]),
    ("fluorescence", &["excitation", "emission", "gain"]),
    ("fill", &["from", "volume", "pipette"]),
    ("transfer", &["volume", "pipette", "mix_before", "mix_after"]),
    ("link", &["serial", "baud", "format", "tcp", "protocol", "unit"]),
];

/// Tables whose own keys are names that people gave; those keep the order of the file.
const NAMED: &[&str] = &[
    "parameters",
    "liquids",
    "classes",
    "layouts",
    "pieces",
    "plates",
    "instruments",
    "zones",
    "nests",
    "calibration",
    "registers",
    "commands",
    "simulation",
    "pipettes",
    "durations",
];

/// Rank in a list; behind it, where it is not listed.
fn rank(list: &[&str], key: &str) -> usize {
    list.iter().position(|k| *k == key).unwrap_or(list.len())
}

fn of<'a>(table: &[(&str, &'a [&'a str])], name: &str) -> &'a [&'a str] {
    table
        .iter()
        .find(|(n, _)| *n == name)
        .map_or(&[], |(_, keys)| keys)
}

/// Rank of a key of the table that is reached by these names; keys of one rank keep the file's order.
pub(super) fn of_key(path: &[&str], key: &str) -> usize {
    match path {
        [] => rank(TABLES, key),
        [.., last] if NAMED.contains(last) => 0,
        // Steps may hold other tables only within a line; sections stand below the geometry.
        [.., "sections"] => rank(of(KEYS, "sections"), key),
        [first, ..] => rank(of(KEYS, first), key),
    }
}

/// Rank of a key of a table within a line that stands under `name`.
pub(super) fn of_inline(name: &str, key: &str) -> usize {
    rank(of(INLINE, name), key)
}
