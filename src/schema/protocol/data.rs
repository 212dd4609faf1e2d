//! Steps that read plates and draw conclusions, and the call of another file.

use super::plate::BETWEEN;
use super::steps::cases;
use super::{DELAY, DURATION, LENGTH, Type, WAVELENGTH};
use crate::schema::model::{Case, Cases, Table, may, need, plain};

pub(super) static READ: Table = Table {
    any_of: &[
        "wavelength",
        "wavelengths",
        "spectrum",
        "fluorescence",
        "luminescence",
    ],
    together: &[("every", "for"), ("for", "every")],
    ..plain(
        "protocol.read",
        "The plate reader measures whole plates.",
        &[
            need("each", Type::Text, "group of plates", "\"assay\""),
            may(
                "at",
                Type::OneOrMore(&Type::Text),
                "the rig's first",
                "plate reader of the rig; with several, the plates are dealt out to them in turn, each to the same one every time",
                "\"reader\"",
            ),
            may(
                "wavelength",
                WAVELENGTH,
                "–",
                "absorbance at one wavelength",
                "\"600 nm\"",
            ),
            may(
                "wavelengths",
                Type::List(&WAVELENGTH),
                "–",
                "absorbance at several",
                "[\"260 nm\", \"280 nm\"]",
            ),
            may(
                "spectrum",
                Type::Table(&SPECTRUM),
                "–",
                "absorbance at many, ends included; at most 1000",
                "{ from = \"400 nm\", to = \"700 nm\", step = \"50 nm\" }",
            ),
            may(
                "fluorescence",
                Type::Table(&FLUORESCENCE),
                "–",
                "fluorescence",
                "{ excitation = \"485 nm\", emission = \"520 nm\", gain = 100 }",
            ),
            may(
                "luminescence",
                Type::Table(&LUMINESCENCE),
                "–",
                "luminescence",
                "{ integration = \"500 ms\" }",
            ),
            may(
                "area",
                Type::Table(&AREA),
                "one point",
                "a grid of points in every well, of absorbance and fluorescence",
                "{ points = 5, spacing = \"0.8 mm\" }",
            ),
            may(
                "every",
                DURATION,
                "one read",
                "the interval, per plate",
                "\"30 min\"",
            ),
            may("for", DURATION, "one read", "from first to last read", "\"12 h\""),
            may(
                "within",
                DELAY,
                "a tenth of `every`; 5 min for one read",
                "how far a read may be from its time",
                "\"3 min\"",
            ),
            may(
                "incubate",
                Type::Table(&BETWEEN),
                "where they rest",
                "where plates are between reads",
                "{ at = \"incubator\", shake = true }",
            ),
            may(
                "until",
                Type::Text,
                "all reads are made",
                "expression on a plate's readings; when it is true, its reading stops",
                "\"mean > 0.8\"",
            ),
        ],
    )
};
static SPECTRUM: Table = plain(
    "protocol.spectrum",
    "A range of wavelengths.",
    &[
        need("from", WAVELENGTH, "shortest", "\"400 nm\""),
        need("to", WAVELENGTH, "longest", "\"700 nm\""),
        need("step", WAVELENGTH, "distance", "\"50 nm\""),
    ],
);
static FLUORESCENCE: Table = plain(
    "protocol.fluorescence",
    "How fluorescence is measured.",
    &[
        need("excitation", WAVELENGTH, "light that excites", "\"485 nm\""),
        need("emission", WAVELENGTH, "light that is measured", "\"520 nm\""),
        need("gain", Type::Integer(1, 255), "gain of the detector", "100"),
    ],
);
static AREA: Table = plain(
    "protocol.area",
    "A square grid of points around the centre of every well.",
    &[
        need("points", Type::Integer(2, 10), "points along one side", "5"),
        need("spacing", LENGTH, "from one point to the next", "\"0.8 mm\""),
    ],
);
static LUMINESCENCE: Table = plain(
    "protocol.luminescence",
    "How luminescence is measured.",
    &[need(
        "integration",
        DURATION,
        "how long light is gathered per well",
        "\"500 ms\"",
    )],
);

pub(super) static ANALYSE: Table = Table {
    cases: Some(Cases::Word(
        "method",
        None,
        cases! {
            "growth" => GROWTH,
            "endpoint" => ENDPOINT,
        },
    )),
    ..plain(
        "protocol.analyse",
        "What readings say of every well.",
        &[need("readings", Type::Text, "a `read` step", "\"grow\"")],
    )
};
static GROWTH: Table = plain(
    "protocol.analyse.growth",
    "Maximum specific growth rate, by the easy-linear method.",
    &[
        may(
            "window",
            Type::Integer(3, 1000),
            "5",
            "consecutive points per fit",
            "5",
        ),
        may(
            "quota",
            Type::Share(0.01, 1.0),
            "0.95",
            "windows with at least this share of the largest slope are joined",
            "0.95",
        ),
        may(
            "above",
            Type::Number(0.0, 10.0),
            "0.02",
            "blank-corrected absorbance below which points are left out",
            "0.02",
        ),
    ],
);
static ENDPOINT: Table = plain(
    "protocol.analyse.endpoint",
    "Change between the first and the last read of one plate.",
    &[],
);

pub(super) static SELECT: Table = Table {
    cases: Some(Cases::Word(
        "method",
        None,
        cases! { "hits" => HITS, "failed_picks" => FAILED_PICKS },
    )),
    ..plain("protocol.select", "What is chosen.", &[])
};
static HITS: Table = plain(
    "protocol.select.hits",
    "Strains that grow faster than the reference.",
    &[
        need(
            "rates",
            Type::Text,
            "an `analyse` step for growth; its plates need a reference",
            "\"rates\"",
        ),
        need(
            "at_least",
            Type::Share(0.0, 100.0),
            "least mean advantage over the reference",
            "\"10 %\"",
        ),
        need(
            "q_below",
            Type::Share(0.0, 1.0),
            "largest false discovery rate",
            "0.05",
        ),
        need("at_most", Type::Integer(1, 1000), "most hits, best first", "8"),
        need(
            "source",
            Type::Text,
            "plate that hits are picked from",
            "\"source\"",
        ),
        need(
            "target",
            Type::Text,
            "plate that they are picked to",
            "\"picked\"",
        ),
        need("replicates", Type::Integer(1, 96), "wells per hit", "3"),
        need("references", Type::Integer(0, 96), "wells of the reference", "4"),
    ],
);

static FAILED_PICKS: Table = plain(
    "protocol.select.failed_picks",
    "Wells that a picked colony did not grow in.",
    &[
        need("picks", Type::Text, "the `pick_colonies` step", "\"pick\""),
        need(
            "readings",
            Type::Text,
            "a later `read` step of absorbance; the last reading of each plate counts",
            "\"grown\"",
        ),
        need(
            "above",
            Type::Number(0.0, 10.0),
            "absorbance that a well grew above, less that of the plate's blanks where it has any",
            "0.15",
        ),
    ],
);

pub(super) static RECORD: Table = plain(
    "protocol.record",
    "The value of an expression is kept under the step's name.",
    &[need(
        "value",
        Type::Text,
        "the expression",
        "\"hits[\\\"hits\\\"] * 2.0\"",
    )],
);

pub(super) static CALL: Table = plain(
    "protocol.call",
    "The steps of another file.",
    &[
        need(
            "file",
            Type::Text,
            "the file, relative to the protocol",
            "\"wash.toml\"",
        ),
        may(
            "with",
            Type::Map("NAME", &Type::Scalar),
            "their defaults",
            "values of its parameters",
            "{ plates = \"assay\", volume = \"100 uL\" }",
        ),
    ],
);
