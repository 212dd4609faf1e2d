//! Conditions of profiles, whatever an instrument is asked by: what it shows, and whether that is as it must be.

use super::failure::clean;
use crate::rig::profile::Test;

/// What an instrument shows of itself: a part of an answer, or a register.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Part {
    /// As it was answered.
    pub text: String,
    /// As a number in the field's unit, if it is one.
    pub number: Option<f64>,
    /// The word that the profile has for it, if there is one.
    pub word: Option<String>,
    /// The names of the bits that are set.
    pub bits: Vec<String>,
}

impl Part {
    /// For a person.
    pub fn shown(&self, unit: Option<&str>) -> String {
        if let Some(word) = &self.word {
            return word.clone();
        }
        if !self.bits.is_empty() {
            return self.bits.join(" and ");
        }
        match (self.number, unit) {
            (Some(number), Some(unit)) => format!("{number} {unit}"),
            _ => format!("\"{}\"", clean(&self.text)),
        }
    }
}

/// Whether a value passes; `argument` gives the number of an argument by its name.
pub fn passes(part: &Part, test: &Test, argument: &dyn Fn(&str) -> Option<f64>) -> bool {
    let is = |words: &[String]| {
        words.iter().any(|word| {
            part.word.as_ref() == Some(word)
                || part.bits.contains(word)
                || part.word.is_none() && part.text == *word
        })
    };
    match test {
        Test::Is(words) => is(words),
        Test::IsNot(words) => !is(words),
        Test::Between(least, most) => part
            .number
            .is_some_and(|n| least.is_none_or(|l| n >= l.0) && most.is_none_or(|m| n <= m.0)),
        Test::Near(name, within) => match (part.number, argument(name)) {
            (Some(number), Some(wanted)) => (number - wanted).abs() <= within.0,
            _ => false,
        },
    }
}

/// What a part must be, for a person.
pub fn wanted(test: &Test) -> String {
    match test {
        Test::Is(words) => words.join(" or "),
        Test::IsNot(words) => format!("anything but {}", words.join(" or ")),
        Test::Between(Some(least), Some(most)) => format!("between {} and {}", least.0, most.0),
        Test::Between(Some(least), None) => format!("at least {}", least.0),
        Test::Between(None, most) => format!("at most {}", most.map_or(f64::INFINITY, |m| m.0)),
        Test::Near(name, within) => format!("within {} of {name}", within.0),
    }
}
