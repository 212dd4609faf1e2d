//! Regulators: quantities and set-points.

use super::{Explanation, of};

pub(super) const CODES: &[Explanation] = &[
    of(
        "quantity-name",
        "no such quantity",
        "A step sets or measures something that the profile of the regulator does not have.",
        "Nobody would know which register or question is meant.",
        "Use one of the names in the message; they stand under [quantities] in the profile.",
        "do = \"measure\"\non = \"bath\"\nquantity = \"temprature\"",
        "do = \"measure\"\non = \"bath\"\nquantity = \"temperature\"",
    ),
    of(
        "amount-unit",
        "an amount in another unit",
        "Units are not converted: protocol, rig file and profile name the same one.",
        "Twenty litres are not twenty millilitres.",
        "Write it in the unit of the message.",
        r#"to = "20 rpm""#,
        r#"to = "37 C""#,
    ),
    of(
        "set-point",
        "a set-point that may not be changed, or not so far",
        "The rig file says which set-points may be changed, from where to where and how fast; nothing else is written. What it \
         allows must be within what the profile can write.",
        "A vessel, a bath or an axis would be driven where it does harm.",
        "Stay within the bounds, or widen them in the rig file with a reason.",
        r#"to = "250 C""#,
        r#"to = "37 C""#,
    ),
    of(
        "unit",
        "a unit that regulators do not have",
        "The unit of a quantity is none of those that are known, or its two registers differ in it.",
        "Amounts could not be compared with bounds.",
        "Use one of the units in the message; leave it out for a bare number, as of a valve's position.",
        r#"unit = "degC""#,
        r#"unit = "C""#,
    ),
];
