//! Pin tools and the baths that sterilise them.

use super::{Explanation, of};

pub(super) const CODES: &[Explanation] = &[
    of(
        "pin-step",
        "what a pin tool does not do",
        "A pin tool does `transfer`, `stamp`, `spot` and `pick_colonies`, without class or mixing; `dips` is for pins alone.",
        "Pins draw nothing: they carry what sticks to them.",
        "Use a pipette for this step, or leave the key out.",
        "do = \"distribute\"\npipette = \"pins\"",
        "do = \"distribute\"\npipette = \"p300-multi\"",
    ),
    of(
        "pins-dry",
        "pins where nothing is",
        "Pins come down in a well that holds too little for their ends to stand in it.",
        "They give off what they carry only into a liquid or onto agar.",
        "Fill the well first.",
        "do = \"transfer\" # into an empty plate\npipette = \"pins\"",
        "do = \"distribute\" # medium first\npipette = \"p300-multi\"",
    ),
    of(
        "baths",
        "a sterilising station that does not fit",
        "The labware of the station is no reservoir, lacks a well of `baths`, holds less, or its wells are too small for the pins.",
        "Pins would come down on a rim, or in nothing.",
        "Correct `baths` of the pin tool in the rig file, or the labware of its station.",
        r#"baths = [{ well = "A5" }] # of a reservoir with four wells"#,
        r#"baths = [{ well = "A4" }]"#,
    ),
    of(
        "bath-depth",
        "a bath that does not reach up",
        "Pins were wet further up than they stand in a bath, at the end of its fill.",
        "What dried on above the bath is carried into later wells.",
        "Fill the bath higher in the rig file, or take from shallower wells.",
        r#"volume = "4 mL" # 1 mm over the pins' ends"#,
        r#"volume = "40 mL""#,
    ),
    of(
        "bath-uses",
        "baths that are spent within one visit",
        "One visit has pins sterilised more often than its baths do so; they are changed only between visits.",
        "Spent bleach and ethanol leave living cells on the pins.",
        "Make the visits smaller, use a tool with more pins, or larger baths.",
        "uses = 60 # for 96 wells by one pin",
        "uses = 200",
    ),
];
