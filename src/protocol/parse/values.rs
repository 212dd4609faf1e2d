//! Single values: parameters filled in, types and ranges checked, the place kept.

use super::parameters::Parameters;
use super::shared::Shared;
use crate::labware::Well;
use crate::source::{Reporter, SourceFile, Spanned, Table, Value};
use crate::units::{Amount, Quantity};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

/// Reads values of a file whose parameters are known.
pub(super) struct Reader<'f> {
    /// What all files of the protocol share.
    pub shared: &'f Shared<'f>,
    reporter: Reporter,
    parameters: BTreeMap<String, String>,
    /// Parameters that are declared and have no value, which was told already.
    without: BTreeSet<String>,
    broken: RefCell<BTreeSet<String>>,
    /// Of a called file: what its steps' names begin with.
    prefix: Option<String>,
    /// How many calls lead here.
    depth: usize,
}

impl<'f> Reader<'f> {
    pub(super) fn new(
        shared: &'f Shared<'f>,
        reporter: Reporter,
        parameters: Parameters,
        prefix: Option<String>,
    ) -> Self {
        Self {
            shared,
            reporter,
            parameters: parameters.values,
            without: parameters.without,
            broken: RefCell::default(),
            prefix,
            depth: 0,
        }
    }
    /// The reader of a file that another one calls.
    pub(super) const fn below(mut self, caller: &Self) -> Self {
        self.depth = caller.depth.saturating_add(1);
        self
    }
    /// The reader of one turn of a repeated step: the column or well stands where its name is, like a parameter.
    pub(super) fn turn(&self, name: &str, value: &str) -> Self {
        let mut parameters = self.parameters.clone();
        parameters.insert(name.to_owned(), value.to_owned());
        Self {
            shared: self.shared,
            reporter: self.reporter.clone(),
            parameters,
            without: self.without.clone(),
            broken: RefCell::default(),
            prefix: self.prefix.clone(),
            depth: self.depth,
        }
    }
    /// Whether the file has a parameter of this name.
    pub(super) fn has_parameter(&self, name: &str) -> bool {
        self.parameters.contains_key(name) || self.without.contains(name)
    }
    /// How many calls lead here.
    pub(super) const fn depth(&self) -> usize {
        self.depth
    }
    /// The parameters, and what could not be read whole.
    pub(super) fn finish(self) -> (BTreeMap<String, String>, BTreeSet<String>) {
        (self.parameters, self.broken.into_inner())
    }
    /// Notes a name whose table could not be read whole.
    pub(super) fn broken(&self, name: &str) {
        self.broken.borrow_mut().insert(name.to_owned());
    }
    pub(super) fn reporter(&self) -> &Reporter {
        &self.reporter
    }

    /// A step's name as the whole protocol knows it.
    pub(super) fn step(&self, value: &Value<'_>) -> Option<Spanned<String>> {
        let mut name = self.text(value)?;
        if let Some(prefix) = &self.prefix {
            name.value = format!("{prefix}-{}", name.value);
        }
        Some(name)
    }

    /// A file that the protocol names, with where it begins in the space of places.
    pub(super) fn file(&self, path: &Spanned<String>) -> Option<(&'f SourceFile, usize)> {
        if let Some(why) = crate::protocol::files::outside(&path.value) {
            let message = format!("\"{}\" is no file that a protocol may name: {why}", path.value);
            self.reporter.error("outside-folder", path.span.clone(), message);
            return None;
        }
        match self.shared.want(&path.value, &path.span)? {
            Ok(found) => Some(found),
            Err(why) => {
                let message = format!("the file \"{}\" could not be read: {why}", path.value);
                self.reporter.error("file", path.span.clone(), message);
                None
            }
        }
    }

    /// The text with "{name}" replaced by the parameter's value; "{n}" is left for the plate's number.
    fn fill(&self, value: &Value<'_>, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, behind)) = after.split_once('}') else {
                value.error(
                    "parameter-use",
                    format!("`{}` has a \"{{\" without its \"}}\"", value.path),
                );
                return None;
            };
            out.push_str(before);
            if name == "n" {
                out.push_str("{n}");
            } else if let Some(filled) = self.parameters.get(name) {
                out.push_str(filled);
            } else if self.without.contains(name) {
                return None;
            } else {
                let known = self.parameters.keys().map(String::as_str);
                let near = crate::source::closest(name, known);
                let hint = near
                    .map(|n| format!("; did you mean \"{{{n}}}\"?"))
                    .unwrap_or_default();
                value.error(
                    "unknown-parameter",
                    format!("there is no parameter `{name}`{hint}"),
                );
                return None;
            }
            rest = behind;
        }
        out.push_str(rest);
        Some(out)
    }

    /// The filled text of a value that uses a parameter; `None` for every other value.
    fn filled(&self, value: &Value<'_>) -> Option<Option<String>> {
        let text = value.as_text()?;
        text.contains('{').then(|| self.fill(value, &text))
    }

    pub(super) fn text(&self, value: &Value<'_>) -> Option<Spanned<String>> {
        let text = value.text()?;
        Some(Spanned {
            value: self.fill(value, &text)?,
            span: value.span.clone(),
        })
    }

    /// A name: letters, digits and hyphens.
    pub(super) fn name(&self, value: &Value<'_>) -> Option<Spanned<String>> {
        let name = self.text(value)?;
        self.sound_name(&name).then_some(name)
    }

    pub(super) fn sound_name(&self, name: &Spanned<String>) -> bool {
        let good = !name.value.is_empty()
            && name.value.len() <= 64
            && name
                .value
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !good {
            let message = match &self.prefix {
                Some(_) if name.value.len() > 64 => format!(
                    "\"{}\" has more than 64 letters, with the names of the calls that lead here; does a file call itself?",
                    name.value
                ),
                _ => format!(
                    "\"{}\" is not a name; use letters, digits and hyphens, at most 64",
                    name.value
                ),
            };
            self.reporter.error("name", name.span.clone(), message);
        }
        good
    }

    /// A key that is a text.
    pub(super) fn needed(&self, t: &mut Table<'_>, key: &str) -> Option<Spanned<String>> {
        t.need(key).and_then(|v| self.text(&v))
    }
    /// A key that may be a text.
    pub(super) fn optional(&self, t: &mut Table<'_>, key: &str) -> Option<Spanned<String>> {
        t.get(key).and_then(|v| self.text(&v))
    }
    /// A key that must be a quantity of more than nothing.
    pub(super) fn amount<Q: Quantity>(&self, t: &mut Table<'_>, key: &str) -> Option<Spanned<Q>> {
        t.need(key).and_then(|v| self.positive(&v))
    }
    /// A key that may be one.
    pub(super) fn amount_if<Q: Quantity>(&self, t: &mut Table<'_>, key: &str) -> Option<Spanned<Q>> {
        t.get(key).and_then(|v| self.positive(&v))
    }

    /// A well, as "A1".
    pub(super) fn well(&self, value: &Value<'_>) -> Option<Spanned<Well>> {
        let text = self.text(value)?;
        match text.value.parse() {
            Ok(well) => Some(Spanned {
                value: well,
                span: text.span,
            }),
            Err(error) => {
                value.error("well", format!("`{}`: {error}", value.path));
                None
            }
        }
    }

    /// Wells one by one, or ranges as "A1:H3" column by column.
    pub(super) fn wells(&self, value: &Value<'_>) -> Option<Spanned<Vec<Well>>> {
        let items = value.as_list().unwrap_or_else(|| vec![value.clone()]);
        let mut wells = Vec::new();
        for item in &items {
            let Some(text) = self.text(item) else { continue };
            let parsed = match text.value.split_once(':') {
                None => text.value.parse::<Well>().map(|w| vec![w]),
                Some((from, to)) => from
                    .parse()
                    .and_then(|from: Well| Ok((from, to.parse()?)))
                    .map(range),
            };
            match parsed {
                Ok(more) => wells.extend(more),
                Err(error) => item.error("well", format!("`{}`: {error}", item.path)),
            }
        }
        Some(Spanned {
            value: wells,
            span: value.span.clone(),
        })
    }

    /// One text or a list of texts.
    pub(super) fn texts(&self, value: &Value<'_>) -> Vec<Spanned<String>> {
        match value.as_list() {
            Some(items) => items.iter().filter_map(|v| self.text(v)).collect(),
            None => self.text(value).into_iter().collect(),
        }
    }

    pub(super) fn quantity<Q: Quantity>(&self, value: &Value<'_>) -> Option<Spanned<Q>> {
        let quantity = match self.filled(value) {
            None => value.quantity()?,
            Some(text) => match Q::parse(&text?) {
                Ok(quantity) => quantity,
                Err(error) => {
                    value.error("quantity", format!("`{}`: {error}", value.path));
                    return None;
                }
            },
        };
        Some(Spanned {
            value: quantity,
            span: value.span.clone(),
        })
    }

    /// An amount with any unit that regulators have.
    pub(super) fn any_amount(&self, value: &Value<'_>) -> Option<Spanned<Amount>> {
        let amount = match self.filled(value) {
            None => value.amount()?,
            Some(text) => match text?.parse() {
                Ok(amount) => amount,
                Err(error) => {
                    value.error("quantity", format!("`{}`: {error}", value.path));
                    return None;
                }
            },
        };
        Some(Spanned {
            value: amount,
            span: value.span.clone(),
        })
    }

    /// A quantity that must be more than nothing.
    pub(super) fn positive<Q: Quantity>(&self, value: &Value<'_>) -> Option<Spanned<Q>> {
        let quantity = self.quantity::<Q>(value)?;
        if quantity.value.base() <= 0 {
            value.error(
                "out-of-range",
                format!("`{}` must be more than nothing", value.path),
            );
            return None;
        }
        Some(quantity)
    }

    pub(super) fn whole<T: TryFrom<i64>>(&self, value: &Value<'_>, from: i64, to: i64) -> Option<Spanned<T>> {
        let number = match self.filled(value) {
            None => value.integer()?,
            Some(text) => {
                let text = text?;
                let Ok(number) = text.trim().parse() else {
                    value.error(
                        "wrong-type",
                        format!("`{}` is \"{text}\"; a whole number belongs here", value.path),
                    );
                    return None;
                };
                number
            }
        };
        let number = self.in_range(value, number, from, to)?;
        Some(Spanned {
            value: T::try_from(number).ok()?,
            span: value.span.clone(),
        })
    }

    pub(super) fn number(&self, value: &Value<'_>, from: f64, to: f64) -> Option<Spanned<f64>> {
        let number = match self.filled(value) {
            None => value.number()?,
            Some(text) => {
                let text = text?;
                let Some(number) = text.trim().parse().ok().filter(|n: &f64| n.is_finite()) else {
                    value.error(
                        "wrong-type",
                        format!("`{}` is \"{text}\"; a number belongs here", value.path),
                    );
                    return None;
                };
                number
            }
        };
        let number = self.in_range(value, number, from, to)?;
        Some(Spanned {
            value: number,
            span: value.span.clone(),
        })
    }

    /// A share, as 0.10 or "10 %".
    pub(super) fn share(&self, value: &Value<'_>, from: f64, to: f64) -> Option<Spanned<f64>> {
        let Some(text) = value.as_text() else {
            return self.number(value, from, to);
        };
        let text = self.fill(value, &text)?;
        let number = match text.trim().strip_suffix('%') {
            Some(percent) => percent.trim().parse().ok().map(|n: f64| n / 100.0),
            None => text.trim().parse().ok(),
        };
        let Some(number) = number.filter(|n| n.is_finite()) else {
            value.error(
                "wrong-type",
                format!(
                    "`{}` is \"{text}\"; write a share as 0.10 or \"10 %\"",
                    value.path
                ),
            );
            return None;
        };
        let number = self.in_range(value, number, from, to)?;
        Some(Spanned {
            value: number,
            span: value.span.clone(),
        })
    }

    pub(super) fn boolean(&self, value: &Value<'_>) -> Option<Spanned<bool>> {
        let truth = match self.filled(value) {
            None => value.boolean()?,
            Some(text) => match text?.trim() {
                "true" => true,
                "false" => false,
                other => {
                    let path = &value.path;
                    value.error(
                        "wrong-type",
                        format!("`{path}` is \"{other}\"; true or false belongs here"),
                    );
                    return None;
                }
            },
        };
        Some(Spanned {
            value: truth,
            span: value.span.clone(),
        })
    }

    fn in_range<N: PartialOrd + Display>(&self, value: &Value<'_>, number: N, from: N, to: N) -> Option<N> {
        if number < from || number > to {
            value.error(
                "out-of-range",
                format!("`{}` is {number}; it must be from {from} to {to}", value.path),
            );
            return None;
        }
        Some(number)
    }
}

/// Every well of a rectangle, column by column.
fn range((from, to): (Well, Well)) -> Vec<Well> {
    let (top, bottom) = (from.row.min(to.row), from.row.max(to.row));
    let (left, right) = (from.column.min(to.column), from.column.max(to.column));
    (left..=right)
        .flat_map(|column| (top..=bottom).map(move |row| Well::new(row, column)))
        .collect()
}
