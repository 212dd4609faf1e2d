//! Proof of volume.

use super::steps::cases;
use super::{TEMPERATURE, Type, VOLUME, WAVELENGTH, WELLS};
use crate::schema::model::{Case, Cases, Measure, Sign, Table, may, need, plain};
use crate::schema::quantities::AMOUNT;
use crate::units::Volume;

pub(super) static VERIFY: Table = Table {
    cases: Some(Cases::Word(
        "method",
        None,
        cases! {
            "gravimetric" => GRAVIMETRIC,
            "dye" => DYE,
        },
    )),
    ..plain(
        "protocol.verify",
        "What pipettes truly deliver, and how far off that is.",
        &[
            need(
                "of",
                Type::OneOrMore(&Type::Text),
                "steps whose strokes are judged, each with those named after it (`NAME-…`), as repetitions and called steps are",
                "[\"give\"]",
            ),
            may(
                "accuracy",
                Type::Share(0.0, 1.0),
                "that of ISO 8655-2",
                "largest systematic error, as a share of what is asked for",
                "\"2 %\"",
            ),
            may(
                "cv",
                Type::Share(0.0, 1.0),
                "that of ISO 8655-2",
                "largest random error (coefficient of variation)",
                "\"1 %\"",
            ),
            may(
                "nominal",
                VOLUME,
                "the pipette's `max_volume`",
                "the pipette's nominal volume, which says what ISO 8655-2 permits",
                "\"20 uL\"",
            ),
        ],
    )
};
static GRAVIMETRIC: Table = plain(
    "protocol.verify.gravimetric",
    "By what water weighs (ISO 8655-6).",
    &[
        need(
            "balance",
            Type::Text,
            "a regulator with a nest, that weighs what stands there",
            "\"balance\"",
        ),
        need(
            "temperature",
            TEMPERATURE,
            "of the water and the air, 0 to 40 C",
            "\"21.5 C\"",
        ),
        may(
            "pressure",
            AMOUNT,
            "`\"101.325 kPa\"`",
            "of the air, 50 to 110 kPa",
            "\"101.3 kPa\"",
        ),
        may(
            "humidity",
            Type::Share(0.0, 1.0),
            "`\"50 %\"`",
            "relative humidity of the air",
            "\"60 %\"",
        ),
    ],
);
static DYE: Table = plain(
    "protocol.verify.dye",
    "By the absorbance of a dye, against wells of the same plate that hold known volumes of it.",
    &[
        need("readings", Type::Text, "a `read` step of one plate", "\"look\""),
        may(
            "wavelength",
            WAVELENGTH,
            "the first that is read",
            "which of its wavelengths",
            "\"492 nm\"",
        ),
        need(
            "standards",
            Type::List(&Type::Table(&STANDARD)),
            "two volumes at least",
            "[{ wells = \"A12:B12\", volume = \"0 uL\" }, { wells = \"C12:D12\", volume = \"20 uL\" }]",
        ),
    ],
);
static STANDARD: Table = plain(
    "protocol.verify.standard",
    "Wells that hold a known volume of the dye.",
    &[
        need("wells", WELLS, "the wells", "[\"A12\", \"B12\"]"),
        need(
            "volume",
            Type::Quantity(Measure::of::<Volume>(), Sign::NotNegative),
            "what each holds of the undiluted dye",
            "\"10 uL\"",
        ),
    ],
);
