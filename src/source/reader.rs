//! A cursor over TOML that collects every problem instead of stopping at the first.
//!
//! Each accessor takes the key from the table, reports a wrong type or unit at its place and answers `None`;
//! [`Table::finish`] reports the keys nobody asked for, with the nearest known one.

use super::{Diagnostic, SourceFile, closest};
use crate::units::{Amount, Quantity, Unit};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;
use toml::de::{DeTable, DeValue};

/// A value with its byte range in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Range<usize>,
}

/// Collects the diagnostics of one file; clones share the collection.
#[derive(Debug, Clone)]
pub struct Reporter {
    file: Rc<str>,
    found: Rc<RefCell<Vec<Diagnostic>>>,
}

impl Reporter {
    /// For the file of this name.
    pub fn new(file: &str) -> Self {
        Self {
            file: file.into(),
            found: Rc::default(),
        }
    }
    /// The file's name.
    pub fn file(&self) -> &str {
        &self.file
    }
    /// Adds an error at a place; the closure may add label, help and more.
    pub fn error(&self, code: &'static str, span: Range<usize>, message: impl Into<String>) {
        self.add(Diagnostic::error(code, &self.file, span, message));
    }
    /// Adds a diagnostic.
    pub fn add(&self, diagnostic: Diagnostic) {
        self.found.borrow_mut().push(diagnostic);
    }
    /// How much was found so far.
    pub fn count(&self) -> usize {
        self.found.borrow().len()
    }
    /// Takes what was found, in order of place.
    pub fn take(&self) -> Vec<Diagnostic> {
        let mut found = std::mem::take(&mut *self.found.borrow_mut());
        found.sort_by_key(|d| (d.span.start, d.span.end));
        found
    }
}

/// The parsed text of one file.
pub struct Document<'a> {
    root: toml::Spanned<DeTable<'a>>,
    reporter: Reporter,
    /// Where the file begins in the space of places of all files.
    base: usize,
}

/// A range of one file in the space of places of all files.
fn shifted(span: Range<usize>, base: usize) -> Range<usize> {
    span.start.saturating_add(base)..span.end.saturating_add(base)
}

impl<'a> Document<'a> {
    /// Parses TOML; syntax errors become diagnostics and what could be read is kept.
    pub fn parse(file: &'a SourceFile) -> Self {
        Self::parse_at(file, Reporter::new(&file.name), 0)
    }
    /// The same for a file that begins at `base` in a space of places that several files share, as does the reporter.
    pub fn parse_at(file: &'a SourceFile, reporter: Reporter, base: usize) -> Self {
        let (root, errors) = DeTable::parse_recoverable(&file.text);
        for error in errors {
            let span = shifted(error.span().unwrap_or(0..0), base);
            reporter.error("syntax", span, format!("not valid TOML: {}", error.message()));
        }
        Self { root, reporter, base }
    }
    /// The outermost table.
    pub fn root(&self) -> Table<'_> {
        Table {
            table: self.root.get_ref(),
            span: self.base..self.base,
            path: String::new(),
            asked: BTreeSet::new(),
            reporter: self.reporter.clone(),
            base: self.base,
        }
    }
    /// Where problems are collected.
    pub fn reporter(&self) -> &Reporter {
        &self.reporter
    }
}

/// A TOML value with its place and its path of keys, for messages.
#[derive(Clone)]
pub struct Value<'a> {
    value: &'a DeValue<'a>,
    /// Byte range in the file.
    pub span: Range<usize>,
    /// Keys that lead here, as "steps[2].volume".
    pub path: String,
    reporter: Reporter,
    base: usize,
}

impl<'a> Value<'a> {
    fn wrong(&self, wanted: &str) {
        let is = match self.value {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.reporter.error(
            "wrong-type",
            self.span.clone(),
            format!("`{}` is {is}; {wanted} belongs here", self.path),
        );
    }
    /// As text.
    pub fn text(&self) -> Option<String> {
        let text = self.as_text();
        if text.is_none() {
            self.wrong("a text in quotes");
        }
        text
    }
    /// As text, silently `None` for anything else.
    pub fn as_text(&self) -> Option<String> {
        match self.value {
            DeValue::String(s) => Some(s.to_string()),
            _ => None,
        }
    }
    /// As a whole number.
    pub fn integer(&self) -> Option<i64> {
        let value = self.as_integer();
        if value.is_none() {
            self.wrong("a whole number");
        }
        value
    }
    /// As a whole number, silently `None` for anything else.
    pub fn as_integer(&self) -> Option<i64> {
        match self.value {
            DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix()).ok(),
            _ => None,
        }
    }
    /// As a number, whole or not.
    pub fn number(&self) -> Option<f64> {
        let value = match self.value {
            DeValue::Float(f) => f.as_str().parse().ok(),
            DeValue::Integer(i) => i.as_str().parse().ok(),
            _ => None,
        };
        let value = value.filter(|v: &f64| v.is_finite());
        if value.is_none() {
            self.wrong("a number");
        }
        value
    }
    /// As true or false.
    pub fn boolean(&self) -> Option<bool> {
        if let DeValue::Boolean(b) = self.value {
            return Some(*b);
        }
        self.wrong("true or false");
        None
    }
    /// As true or false, silently `None` for anything else.
    pub fn as_boolean(&self) -> Option<bool> {
        if let DeValue::Boolean(b) = self.value {
            Some(*b)
        } else {
            None
        }
    }
    /// As an amount in text, as "37 C" or "20 L/min"; a bare number stands for itself.
    pub fn amount(&self) -> Option<Amount> {
        if matches!(self.value, DeValue::Float(_) | DeValue::Integer(_)) {
            return Amount::of(self.number()?, Unit::One);
        }
        match self.text()?.parse() {
            Ok(amount) => Some(amount),
            Err(error) => {
                self.reporter
                    .error("quantity", self.span.clone(), format!("`{}`: {error}", self.path));
                None
            }
        }
    }
    /// As a quantity in text, as "180 uL".
    pub fn quantity<Q: Quantity>(&self) -> Option<Q> {
        let Some(text) = self.as_text() else {
            let unit = Q::UNITS.first().map_or("", |u| u.0);
            self.wrong(&format!("a {} as text with its unit (\"… {unit}\")", Q::KIND));
            return None;
        };
        match Q::parse(&text) {
            Ok(quantity) => Some(quantity),
            Err(error) => {
                self.reporter
                    .error("quantity", self.span.clone(), format!("`{}`: {error}", self.path));
                None
            }
        }
    }
    /// As a list.
    pub fn list(&self) -> Option<Vec<Value<'a>>> {
        let DeValue::Array(array) = self.value else {
            self.wrong("a list");
            return None;
        };
        Some(
            array
                .iter()
                .enumerate()
                .map(|(i, v)| self.child(v, format!("{}[{i}]", self.path)))
                .collect(),
        )
    }
    /// As a list, silently `None` for anything else.
    pub fn as_list(&self) -> Option<Vec<Value<'a>>> {
        if matches!(self.value, DeValue::Array(_)) {
            self.list()
        } else {
            None
        }
    }
    /// As a table.
    pub fn table(&self) -> Option<Table<'a>> {
        let table = self.as_table();
        if table.is_none() {
            self.wrong("a table");
        }
        table
    }
    /// As a table, silently `None` for anything else.
    pub fn as_table(&self) -> Option<Table<'a>> {
        let DeValue::Table(table) = self.value else {
            return None;
        };
        Some(Table {
            table,
            span: self.span.clone(),
            path: self.path.clone(),
            asked: BTreeSet::new(),
            reporter: self.reporter.clone(),
            base: self.base,
        })
    }
    /// Reports an error at this value.
    pub fn error(&self, code: &'static str, message: impl Into<String>) {
        self.reporter.error(code, self.span.clone(), message);
    }
    fn child(&self, v: &'a toml::Spanned<DeValue<'a>>, path: String) -> Value<'a> {
        Value {
            value: v.get_ref(),
            span: shifted(v.span(), self.base),
            path,
            reporter: self.reporter.clone(),
            base: self.base,
        }
    }
}

/// A TOML table being read.
pub struct Table<'a> {
    table: &'a DeTable<'a>,
    /// Byte range of the table's head in the file.
    pub span: Range<usize>,
    /// Keys that lead here.
    pub path: String,
    asked: BTreeSet<String>,
    reporter: Reporter,
    base: usize,
}

impl<'a> Table<'a> {
    /// Where problems are collected.
    pub fn reporter(&self) -> &Reporter {
        &self.reporter
    }
    /// Full path of a key of this table.
    pub fn key_path(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
    /// The value of a key, if it is there.
    pub fn get(&mut self, key: &str) -> Option<Value<'a>> {
        self.asked.insert(key.to_owned());
        let (_, value) = self.table.iter().find(|(k, _)| k.get_ref().as_ref() == key)?;
        Some(Value {
            value: value.get_ref(),
            span: shifted(value.span(), self.base),
            path: self.key_path(key),
            reporter: self.reporter.clone(),
            base: self.base,
        })
    }
    /// The value of a key that must be there.
    pub fn need(&mut self, key: &str) -> Option<Value<'a>> {
        let found = self.get(key);
        if found.is_none() {
            let message = format!("`{}` is missing", self.key_path(key));
            self.reporter.error("missing-key", self.span.clone(), message);
        }
        found
    }
    /// Every key with its place and value, in the file's order of place.
    pub fn entries(&mut self) -> Vec<(Spanned<String>, Value<'a>)> {
        let mut entries: Vec<_> = self
            .table
            .iter()
            .map(|(k, v)| {
                let key = k.get_ref().to_string();
                let path = self.key_path(&key);
                let value = Value {
                    value: v.get_ref(),
                    span: shifted(v.span(), self.base),
                    path,
                    reporter: self.reporter.clone(),
                    base: self.base,
                };
                (
                    Spanned {
                        value: key,
                        span: shifted(k.span(), self.base),
                    },
                    value,
                )
            })
            .collect();
        entries.sort_by_key(|(k, _)| k.span.start);
        for (key, _) in &entries {
            self.asked.insert(key.value.clone());
        }
        entries
    }
    /// Reports every key that was never asked for.
    pub fn finish(self) {
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            if self.asked.contains(name) {
                continue;
            }
            let place = if self.path.is_empty() {
                String::new()
            } else {
                format!(" in `{}`", self.path)
            };
            let mut d = Diagnostic::error(
                "unknown-key",
                self.reporter.file(),
                shifted(key.span(), self.base),
                format!("unknown key `{name}`{place}"),
            );
            let known: Vec<&str> = self.asked.iter().map(String::as_str).collect();
            d = match closest(name, known.iter().copied()) {
                Some(near) => d.label(format!("did you mean `{near}`?")),
                None => d.help(format!("known keys here: {}", known.join(", "))),
            };
            self.reporter.add(d);
        }
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
