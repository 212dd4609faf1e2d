//! Single values: parameters filled in, types and ranges checked, the place kept.

use crate::source::{Reporter, Spanned, Value};
use crate::units::Quantity;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

/// Reads values of a file whose parameters are known.
pub(super) struct Reader {
    reporter: Reporter,
    parameters: BTreeMap<String, String>,
    broken: RefCell<BTreeSet<String>>,
}

impl Reader {
    pub(super) fn new(reporter: Reporter, parameters: BTreeMap<String, String>) -> Self {
        Self {
            reporter,
            parameters,
            broken: RefCell::default(),
        }
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
            self.reporter.error(
                "name",
                name.span.clone(),
                format!(
                    "\"{}\" is not a name; use letters, digits and hyphens, at most 64",
                    name.value
                ),
            );
        }
        good
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
