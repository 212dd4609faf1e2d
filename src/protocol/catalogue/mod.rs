//! What every code of a problem means: for `plated explain` and the documents.
//!
//! Owns words alone, a file per topic. A test compares the codes here with those that the sources use, both ways.

mod data;
mod labware;
mod lines;
mod liquid;
mod pins;
mod plates;
mod profiles;
mod regulators;
mod rig;
mod setup;
mod text;

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// The code, as "dead-volume".
    pub code: &'static str,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// What the problem says.
    pub means: &'static str,
    /// What would happen in the lab.
    pub matters: &'static str,
    /// What to do.
    pub mend: &'static str,
    /// A few lines that have the problem.
    pub wrong: &'static str,
    /// The same, mended.
    pub right: &'static str,
}

/// An explanation; the order is that of [`Explanation`]'s fields.
const fn of(
    code: &'static str,
    title: &'static str,
    means: &'static str,
    matters: &'static str,
    mend: &'static str,
    wrong: &'static str,
    right: &'static str,
) -> Explanation {
    Explanation {
        code,
        title,
        means,
        matters,
        mend,
        wrong,
        right,
    }
}

/// Topics with their explanations, in the order in which a reader would want them.
pub const TOPICS: &[(&str, &[Explanation])] = &[
    ("text, names and parameters", text::CODES),
    ("what stands on the rig", setup::CODES),
    ("liquids and tips", liquid::CODES),
    ("fixed probes and system liquid", lines::CODES),
    ("pins and their baths", pins::CODES),
    ("plates, places and time", plates::CODES),
    ("reads, conclusions and people", data::CODES),
    ("rig files and profiles", rig::CODES),
    ("text profiles", profiles::CODES),
    ("regulators", regulators::CODES),
    ("labware files", labware::CODES),
];

/// Every explanation.
pub fn explanations() -> impl Iterator<Item = &'static Explanation> {
    TOPICS.iter().flat_map(|(_, codes)| codes.iter())
}

/// The explanation of a code.
pub fn explanation(code: &str) -> Option<&'static Explanation> {
    explanations().find(|e| e.code == code)
}

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;
