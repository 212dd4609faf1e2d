//! What answers mean: parts as words and numbers, conditions on them, arguments as texts.

pub use crate::drivers::condition::{Part, passes, wanted};
use crate::rig::profile::text::{Argument, Field, Piece, Question};
use std::collections::BTreeMap;

impl Part {
    /// What was answered, understood by what the profile says of it.
    pub fn of(text: &str, field: Option<&Field>) -> Self {
        let Some(field) = field else {
            return Self {
                text: text.to_owned(),
                number: finite(text.trim()),
                ..Self::default()
            };
        };
        let raw = if field.hex {
            hex(text.trim(), field.signed)
        } else {
            None
        };
        #[expect(clippy::cast_precision_loss, reason = "at most 32 bits")]
        let number = if field.hex {
            raw.map(|n| n as f64)
        } else {
            finite(text.trim())
        };
        let word = field
            .values
            .iter()
            .find(|(_, v)| *v == text.trim())
            .map(|(k, _)| k.clone());
        #[expect(clippy::cast_possible_truncation, reason = "bits of a word of at most 32")]
        let word_of_bits = raw.or(number.filter(|n| n.abs() < 4_294_967_296.0).map(|n| n as i64));
        let set = |bit: u8| word_of_bits.is_some_and(|n| (n >> bit.min(62)) & 1 == 1);
        Self {
            text: text.to_owned(),
            number: number
                .filter(|_| !field.absent.iter().any(|a| a == text.trim()))
                .map(|n| n * field.scale.0),
            word,
            bits: field
                .bits
                .iter()
                .filter(|(_, b)| set(**b))
                .map(|(k, _)| k.clone())
                .collect(),
        }
    }
}

/// The parts of an answer.
pub fn parts(question: &Question, answer: &[u8]) -> Option<BTreeMap<String, Part>> {
    let found = question.answer.parts(answer)?;
    let one = |(name, text): (String, String)| {
        let part = Part::of(&text, question.fields.get(&name));
        (name, part)
    };
    Some(found.into_iter().map(one).collect())
}

/// What an argument is written as.
///
/// # Errors
/// Why it cannot be written; nothing was sent.
pub fn written(argument: &Argument, value: Option<f64>) -> Result<Option<String>, String> {
    let Some(value) = value else {
        return Ok(argument.none.clone());
    };
    if let Some(least) = argument.min.filter(|least| value < least.0) {
        return Err(format!("{value} is less than its {}", least.0));
    }
    if let Some(most) = argument.max.filter(|most| value > most.0) {
        return Err(format!("{value} is more than its {}", most.0));
    }
    let raw = value / argument.scale.0;
    if !raw.is_finite() || raw.abs() >= 1e12 {
        return Err(format!("{value} is no number that can be written"));
    }
    let width = usize::from(argument.width);
    if argument.hex {
        #[expect(clippy::cast_possible_truncation, reason = "less than 1e12")]
        let whole = raw.round() as i64;
        let bits = u32::from(argument.width) * 4;
        let room = 1_i64.checked_shl(bits).unwrap_or(i64::MAX);
        if whole >= room || whole < -(room / 2) {
            return Err(format!("{value} does not fit into {width} hexadecimal digits"));
        }
        let mask = room.wrapping_sub(1);
        return Ok(Some(format!("{:0width$X}", whole & mask)));
    }
    let decimals = usize::from(argument.decimals);
    Ok(Some(format!("{raw:0width$.decimals$}")))
}

/// A text with its arguments; none where one of them has no value and no text for that.
///
/// # Errors
/// Why an argument cannot be written.
pub fn filled(
    pieces: &[Piece],
    arguments: &BTreeMap<String, Argument>,
    value: &dyn Fn(&Argument) -> Option<Option<f64>>,
) -> Result<Option<String>, String> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Argument(name) => {
                let argument = arguments
                    .get(name)
                    .ok_or_else(|| format!("there is no argument `{name}`"))?;
                let value = value(argument).ok_or_else(|| format!("the action has no `{name}`"))?;
                match written(argument, value).map_err(|why| format!("`{name}`: {why}"))? {
                    Some(written) => text.push_str(&written),
                    None => return Ok(None),
                }
            }
        }
    }
    Ok(Some(text))
}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|n: &f64| n.is_finite())
}

fn hex(text: &str, signed: bool) -> Option<i64> {
    let digits = u32::try_from(text.len()).ok().filter(|n| (1..=8).contains(n))?;
    let raw = i64::from(u32::from_str_radix(text, 16).ok()?);
    let room = 1_i64 << (digits * 4);
    Some(if signed && raw >= room / 2 {
        raw - room
    } else {
        raw
    })
}

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;
