//! What a person is asked, and what counts as an answer.

use super::{PlateId, StrainId, Value};
use crate::labware::Well;
use crate::rig::{InstrumentId, NestId};
use crate::units::{Absorbance, Volume};
use serde::{Deserialize, Serialize};

/// What a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptKind {
    /// Put things in place, then confirm.
    #[default]
    Load,
    /// Confirm a sentence.
    Confirm,
    /// Type a number.
    Number,
    /// Type a text.
    Text,
    /// Scan or type a barcode.
    Barcode,
    /// Type a day, as "2027-03-31".
    Day,
}

/// A question or request to a person.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Prompt {
    /// What kind of answer it wants.
    pub kind: PromptKind,
    /// The sentence shown.
    pub text: String,
    /// What to put where.
    pub items: Vec<LoadItem>,
    /// Least and most that a number may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<(f64, f64)>,
    /// What the answer must be, of a barcode that is known beforehand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The plate whose barcode is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate: Option<PlateId>,
    /// The piece of labware whose barcode is asked for, by its name in the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub piece: Option<String>,
    /// Whether what is scanned is taken away: it must be what the run believes is there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leaves: bool,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<NestId>,
    /// The earliest day that counts, of a day; any, where today is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
}

impl Eq for Prompt {}

impl Prompt {
    /// Whether it wants something typed or scanned, not a choice.
    pub const fn is_typed(&self) -> bool {
        matches!(
            self.kind,
            PromptKind::Number | PromptKind::Text | PromptKind::Barcode | PromptKind::Day
        )
    }

    /// What an answer looks like, in words.
    pub fn wanted(&self) -> String {
        match (self.kind, self.bounds, &self.expected) {
            (PromptKind::Number, Some((least, most)), _) => format!("a number from {least} to {most}"),
            (PromptKind::Number, None, _) => "a number".to_owned(),
            (PromptKind::Text, ..) => "a text".to_owned(),
            (PromptKind::Barcode, _, Some(expected)) => format!("the barcode \"{expected}\""),
            (PromptKind::Barcode, _, None) => "a barcode".to_owned(),
            (PromptKind::Day, ..) => match &self.not_before {
                Some(day) => format!("a day, not before {day}"),
                None => "a day, as 2027-03-31".to_owned(),
            },
            (PromptKind::Load | PromptKind::Confirm, ..) => "that it is done".to_owned(),
        }
    }

    /// An answer as a value; none where the prompt wants no value.
    ///
    /// # Errors
    /// What is wrong with the answer, for the person who gave it.
    pub fn accept(&self, answer: &str) -> Result<Option<Value>, String> {
        let answer = answer.trim();
        match self.kind {
            PromptKind::Load | PromptKind::Confirm => Ok(None),
            PromptKind::Number => {
                let number = answer.parse().ok().filter(|n: &f64| n.is_finite());
                let number =
                    number.ok_or_else(|| format!("\"{answer}\" is not a number; write it as 12 or 0.5"))?;
                match self.bounds {
                    Some((least, most)) if !(least..=most).contains(&number) => Err(format!(
                        "{number} is out of bounds: it must be from {least} to {most}"
                    )),
                    _ => Ok(Some(Value::Number(number))),
                }
            }
            PromptKind::Day if !is_day(answer) => {
                Err(format!("\"{answer}\" is no day; write it as 2027-03-31"))
            }
            PromptKind::Day => match &self.not_before {
                // Days as written compare like days.
                Some(today) if answer < today.as_str() => Err(format!(
                    "it expired on {answer}; today is {today}. Take another lot"
                )),
                _ => Ok(Some(Value::Text(answer.to_owned()))),
            },
            PromptKind::Text | PromptKind::Barcode if answer.is_empty() => {
                Err("the answer is empty".to_owned())
            }
            PromptKind::Text => Ok(Some(Value::Text(answer.to_owned()))),
            PromptKind::Barcode => match &self.expected {
                Some(expected) if expected != answer => Err(format!(
                    "the barcode is \"{answer}\" instead of \"{expected}\"; is it the right piece?"
                )),
                _ => Ok(Some(Value::Barcode(answer.to_owned()))),
            },
        }
    }
}

/// Whether a text is a day, as "2027-03-31".
fn is_day(text: &str) -> bool {
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|t| t.parse::<u16>().ok());
    let form = |(i, b): (usize, u8)| (b == b'-') == (i == 4 || i == 7) && (b == b'-' || b.is_ascii_digit());
    text.len() == 10
        && text.bytes().enumerate().all(form)
        && part(5..7).is_some_and(|m| (1..=12).contains(&m))
        && part(8..10).is_some_and(|d| (1..=31).contains(&d))
}

/// One thing to put in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "load", rename_all = "snake_case")]
pub enum LoadItem {
    /// A tip rack or reservoir, full; takes away what stood there when `replace` is true.
    Piece {
        /// The piece's name in the protocol.
        name: String,
        /// Labware definition.
        labware: String,
        /// Where.
        nest: NestId,
        /// Whether something used is taken away first.
        replace: bool,
        /// Tips that are gone from it already, of a rack.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        used: Vec<Well>,
        /// Its liquids.
        contents: Vec<LoadLiquid>,
    },
    /// A plate.
    Plate {
        /// Which.
        plate: PlateId,
        /// Labware definition.
        labware: String,
        /// Where.
        nest: NestId,
        /// Its barcode.
        barcode: Option<String>,
        /// With its lid on.
        lidded: bool,
        /// With a seal on.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        sealed: bool,
        /// What its wells hold.
        contents: Vec<LoadLiquid>,
    },
    /// Take a plate away, for good.
    TakePlate {
        /// Which.
        plate: PlateId,
        /// Where it stands.
        nest: NestId,
        /// Where its lid lies, to be taken away with it, if it is not on the plate.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lid: Option<NestId>,
    },
    /// Fill a reservoir up to these volumes.
    Refill {
        /// The piece's name in the protocol.
        name: String,
        /// Where it stands.
        nest: NestId,
        /// Its liquids afterwards.
        contents: Vec<LoadLiquid>,
    },
    /// Empty the container under a pump's wash station.
    EmptyDrain {
        /// Whose.
        pump: InstrumentId,
        /// The wash station.
        nest: NestId,
    },
    /// Empty the tip waste.
    EmptyWaste {
        /// Where it is.
        nest: NestId,
    },
}

/// What a well holds when it is loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadLiquid {
    /// The well.
    pub well: Well,
    /// Name of the liquid in the protocol.
    pub liquid: String,
    /// The strain that lives in it, if any.
    pub strain: Option<StrainId>,
    /// How much.
    pub volume: Volume,
    /// Cell density as OD600 at 1 cm; zero without cells.
    pub od: Absorbance,
}

impl Eq for LoadLiquid {}
