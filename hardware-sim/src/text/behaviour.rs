//! What a profile's author says of how the instrument behaves: values that follow one another, what is done when something
//! comes, and what the plate in its nest feels of it. The twin of a profile without one of its own is made from it.

use crate::{SimError, quantity::Seconds};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A number, or a word.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged)]
pub(crate) enum Datum {
    Number(f64),
    Word(String),
}

/// One word, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Words {
    One(String),
    Several(Vec<String>),
}

impl Words {
    /// All of them.
    pub(crate) fn all(&self) -> &[String] {
        match self {
            Self::One(word) => std::slice::from_ref(word),
            Self::Several(words) => words,
        }
    }
}

/// Something that is so, or not, by what a value is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Condition {
    pub(crate) of: String,
    pub(crate) is: Option<Words>,
    pub(crate) is_not: Option<Words>,
    pub(crate) least: Option<f64>,
    pub(crate) most: Option<f64>,
    pub(crate) near: Option<String>,
    pub(crate) within: Option<f64>,
}

/// A value of the instrument: how it begins, and what it follows in what time.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Course {
    pub(crate) start: Option<Datum>,
    pub(crate) follows: Option<String>,
    pub(crate) scale: Option<f64>,
    pub(crate) after: Option<Seconds>,
    pub(crate) rate: Option<f64>,
    pub(crate) time_constant: Option<Seconds>,
    pub(crate) noise: f64,
    pub(crate) keeps: bool,
    pub(crate) regulates: Option<String>,
}

/// What the plate in the nest feels, by names of values.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Nest {
    pub(crate) temperature: Option<String>,
    pub(crate) shaking: Option<String>,
    pub(crate) door: Option<String>,
    pub(crate) busy: Option<Condition>,
}

/// A time, a number, or the name of a value that holds it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Amount {
    Number(f64),
    Text(String),
}

/// A step as it is written; exactly one of the keys that make a step is there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Step {
    pub(crate) when: Option<Condition>,
    pub(crate) set: Option<String>,
    pub(crate) to: Option<Datum>,
    pub(crate) from: Option<String>,
    pub(crate) add: Option<f64>,
    pub(crate) scale: Option<f64>,
    pub(crate) answer: Option<String>,
    pub(crate) refuse: Option<String>,
    pub(crate) pause: Option<Amount>,
    pub(crate) nest: Option<String>,
    pub(crate) temperature: Option<Amount>,
    pub(crate) duration: Option<Amount>,
    pub(crate) force: Option<Amount>,
    pub(crate) into: Option<String>,
    pub(crate) cut_short: Option<bool>,
    pub(crate) alarm: Option<String>,
}

/// What is done when something comes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Reaction {
    pub(crate) request: Option<String>,
    pub(crate) written: Option<String>,
    pub(crate) command: Option<String>,
    pub(crate) becomes: Option<Condition>,
    pub(crate) every: Option<Seconds>,
    pub(crate) when: Option<Condition>,
    pub(crate) steps: Vec<Step>,
}

/// Who it says that it is, of an instrument that is asked in text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Maker {
    pub(crate) model: String,
    pub(crate) serial: String,
    pub(crate) firmware: String,
}

/// The section as a whole.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Behaviour {
    pub(crate) boots: Option<Seconds>,
    pub(crate) unknown: Option<String>,
    pub(crate) refused: Option<String>,
    pub(crate) identity: Maker,
    pub(crate) values: BTreeMap<String, Course>,
    pub(crate) nest: Nest,
    pub(crate) on: Vec<Reaction>,
    pub(crate) jammed: Vec<Step>,
}

/// How texts travel on the line.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Framing {
    pub(crate) request: String,
    pub(crate) answer: String,
    #[serde(default)]
    pub(crate) alone: String,
    pub(crate) checksum: Option<String>,
}

#[derive(Debug, Deserialize)]
struct File {
    line: Option<Framing>,
    behaviour: Option<Behaviour>,
}

impl Behaviour {
    /// Reads the section of the profile that the rig file calls `path`, with the line of a text profile; `None` where the
    /// profile has none.
    pub(crate) fn parse(path: &str, text: &str) -> Result<Option<(Self, Option<Framing>)>, SimError> {
        let wrong = |error: toml::de::Error| SimError::Text {
            what: format!("profile `{path}`"),
            message: error.to_string(),
        };
        // A profile that does not say how its instrument behaves need say nothing else that is understood here.
        let tables: toml::Table = toml::from_str(text).map_err(wrong)?;
        if !tables.contains_key("behaviour") {
            return Ok(None);
        }
        let file: File = toml::from_str(text).map_err(wrong)?;
        Ok(file.behaviour.map(|behaviour| (behaviour, file.line)))
    }
}
