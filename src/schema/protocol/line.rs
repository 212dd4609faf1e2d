//! Steps on the line of a fixed probe.

use super::{Type, VOLUME};
use crate::schema::model::{Key, Table, may, need, plain};

const PROBE: Key = need("pipette", Type::Text, "fixed probe of the rig", "\"needle\"");
const INSIDE: Key = may(
    "inside",
    VOLUME,
    "the rig's `wash_inside`",
    "system liquid through the probe into the drain",
    "\"500 uL\"",
);
const OUTSIDE: Key = may(
    "outside",
    VOLUME,
    "the rig's `wash_outside`",
    "system liquid through the probe while it stands in the cleaner",
    "\"400 uL\"",
);

/// Where a pipette would take a new tip.
pub(super) const WASH_KEY: Key = may(
    "wash",
    Type::Table(&VOLUMES),
    "as the rig has it",
    "of a fixed probe: how it is washed where a pipette would take a new tip",
    "{ inside = \"500 uL\", outside = \"400 uL\" }",
);

/// How often pins come down.
pub(super) const DIPS_KEY: Key = may(
    "dips",
    Type::Integer(1, 20),
    "1",
    "of a pin tool: how often the pins come down in each destination that holds liquid, so that what sticks to them comes off",
    "3",
);

static VOLUMES: Table = plain(
    "protocol.washing",
    "How a fixed probe is washed.",
    &[INSIDE, OUTSIDE],
);

pub(super) static PRIME: Table = plain(
    "protocol.prime",
    "Fills the tubing of a fixed probe with system liquid.",
    &[
        PROBE,
        may(
            "volume",
            VOLUME,
            "twice what the tubing holds",
            "system liquid through the probe into the drain",
            "\"2 mL\"",
        ),
    ],
);

pub(super) static FLUSH: Table = plain(
    "protocol.flush",
    "System liquid through a fixed probe into the drain.",
    &[PROBE, need("volume", VOLUME, "how much", "\"1 mL\"")],
);

pub(super) static WASH: Table = plain(
    "protocol.wash",
    "Washes a fixed probe inside and outside.",
    &[PROBE, INSIDE, OUTSIDE],
);
