//! Values on a line, or a list on several.

use super::emit::{comments, note};
use super::order;
use crate::units::{
    Duration, FlowRate, Force, Length, Quantity, RotationSpeed, Temperature, Volume, Wavelength,
};
use toml_edit::{Array, InlineTable, Item, Key, RawString, Value};

/// Columns that a list may take on one line.
const WIDTH: usize = 100;

/// A key: bare where it can be.
pub(super) fn key(key: &Key) -> String {
    let name = key.get();
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(bare) {
        name.to_owned()
    } else {
        basic(name)
    }
}

/// A text in basic quotes; in literal ones where it has backslashes, as regular expressions do.
fn basic(text: &str) -> String {
    let plain = |c: char| c != '\'' && !c.is_control();
    if text.contains('\\') && text.chars().all(plain) {
        return format!("'{text}'");
    }
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Keys whose texts are names or sentences, never quantities, whatever they look like.
const WORDS: &[&str] = &[
    "id",
    "name",
    "title",
    "description",
    "note",
    "text",
    "expected",
    "barcode",
    "liquid",
    "layout",
    "labware",
    "file",
    "list",
    "references",
    "controls",
    "blanks",
    "wells",
    "piece",
    "each",
    "after",
    "step",
    "select",
    "value",
    "when",
    "until",
    "unbroken",
    "source",
    "target",
    "readings",
    "rates",
    "class",
    "model",
    "parent",
    "slow",
];

/// A text with a space between number and unit, when that is all that it lacks.
fn spaced(text: &str) -> Option<String> {
    let number = text.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c)))?;
    let (number, unit) = text.split_at_checked(number)?;
    if number.is_empty() || unit.trim() != unit.trim_start() {
        return None;
    }
    let spaced = format!("{number} {}", unit.trim());
    let same = quantity::<Volume>(text, &spaced)
        || quantity::<Duration>(text, &spaced)
        || quantity::<Temperature>(text, &spaced)
        || quantity::<Wavelength>(text, &spaced)
        || quantity::<Length>(text, &spaced)
        || quantity::<RotationSpeed>(text, &spaced)
        || quantity::<FlowRate>(text, &spaced)
        || quantity::<Force>(text, &spaced);
    same.then_some(spaced)
}

fn quantity<Q: Quantity>(before: &str, after: &str) -> bool {
    match (Q::parse(before), Q::parse(after)) {
        (Ok(before), Ok(after)) => before == after,
        _ => false,
    }
}

/// A value on one line, as it stands under a key.
pub(super) fn line(under: &str, value: &Value) -> String {
    match value {
        Value::String(text) => {
            let written = text.display_repr();
            // A text of several lines is laid out by its author.
            if written.starts_with("\"\"\"") || written.starts_with("'''") {
                return written.into_owned();
            }
            let text = text.value();
            match spaced(text).filter(|_| !WORDS.contains(&under)) {
                Some(spaced) => basic(&spaced),
                None => basic(text),
            }
        }
        Value::Integer(n) => n.display_repr().into_owned(),
        Value::Float(n) => n.display_repr().into_owned(),
        Value::Boolean(b) => b.display_repr().into_owned(),
        Value::Datetime(d) => d.display_repr().into_owned(),
        Value::Array(list) if list_has_comments(list) => {
            let mut bare = list.clone();
            bare.decor_mut().clear();
            bare.to_string()
        }
        Value::Array(list) => {
            let entries: Vec<String> = list.iter().map(|v| line(under, v)).collect();
            format!("[{}]", entries.join(", "))
        }
        Value::InlineTable(table) => inline(under, table),
    }
}

fn inline(under: &str, table: &InlineTable) -> String {
    if table_has_comments(table) {
        // Its author laid it out around them.
        let mut bare = table.clone();
        bare.decor_mut().clear();
        return bare.to_string();
    }
    let mut entries = Vec::new();
    flatten(table, "", &mut entries);
    entries.sort_by_key(|(name, _, _)| order::of_inline(under, name));
    if entries.is_empty() {
        return "{}".to_owned();
    }
    let entries: Vec<String> = entries
        .into_iter()
        .map(|(name, written, value)| format!("{written} = {}", line(&name, value)))
        .collect();
    format!("{{ {} }}", entries.join(", "))
}

/// Entries with their names and their keys as written, dotted ones in one.
fn flatten<'t>(table: &'t InlineTable, prefix: &str, out: &mut Vec<(String, String, &'t Value)>) {
    for (name, _) in table.iter() {
        let Some((written, item)) = table.get_key_value(name) else {
            continue;
        };
        let written = format!("{prefix}{}", key(written));
        match item {
            Item::Value(Value::InlineTable(inner)) if inner.is_dotted() => {
                flatten(inner, &format!("{written}."), out);
            }
            Item::Value(value) => out.push((name.to_owned(), written, value)),
            _ => {}
        }
    }
}

fn hash(text: Option<&RawString>) -> bool {
    text.and_then(|t| t.as_str()).is_some_and(|t| t.contains('#'))
}

/// Whether comments stand between the entries of a list or within them.
fn list_has_comments(list: &Array) -> bool {
    hash(Some(list.trailing())) || list.iter().any(|v| has_comments(v) || inner_comments(v))
}

fn table_has_comments(table: &InlineTable) -> bool {
    hash(Some(table.trailing()))
        || table.iter().any(|(name, value)| {
            let key = table.get_key_value(name).map(|(key, _)| key);
            let beside = key.is_some_and(|k| hash(k.leaf_decor().prefix()) || hash(k.leaf_decor().suffix()));
            beside || has_comments(value) || inner_comments(value)
        })
}

/// Comments beside a value.
fn has_comments(value: &Value) -> bool {
    hash(value.decor().prefix()) || hash(value.decor().suffix())
}

/// Comments within a value.
fn inner_comments(value: &Value) -> bool {
    match value {
        Value::Array(list) => list_has_comments(list),
        Value::InlineTable(table) => table_has_comments(table),
        _ => false,
    }
}

/// A value behind its key; a list that is too wide, has comments, or is a map of wells, on several lines.
pub(super) fn value(under: &str, before: usize, value: &Value) -> String {
    let Value::Array(list) = value else {
        return line(under, value);
    };
    let map = under == "wells"
        && list.len() > 1
        && list
            .iter()
            .all(|v| v.as_str().is_some_and(|s| s.trim().contains(' ')));
    let plain = line(under, value);
    if !map && !list_has_comments(list) && before.saturating_add(plain.chars().count()) <= WIDTH {
        return plain;
    }
    several(under, list)
}

fn several(under: &str, list: &Array) -> String {
    let mut out = String::from("[\n");
    for entry in list {
        let prefix = entry.decor().prefix().and_then(|p| p.as_str()).unwrap_or("");
        behind(&mut out, prefix);
        for comment in comments(rest(prefix)) {
            if !comment.is_empty() {
                out.push_str(&format!("    {comment}\n"));
            }
        }
        out.push_str(&format!("    {},\n", line(under, entry)));
        let suffix = entry.decor().suffix().and_then(|s| s.as_str()).unwrap_or("");
        behind(&mut out, suffix);
        for comment in comments(rest(suffix)).into_iter().filter(|c| !c.is_empty()) {
            out.push_str(&format!("    {comment}\n"));
        }
    }
    let trailing = list.trailing().as_str().unwrap_or("");
    behind(&mut out, trailing);
    for comment in comments(rest(trailing)).into_iter().filter(|c| !c.is_empty()) {
        out.push_str(&format!("    {comment}\n"));
    }
    out.push(']');
    out
}

/// What stands behind the comma of the entry before, on its line.
fn behind(out: &mut String, text: &str) {
    let first = text.split('\n').next().unwrap_or("");
    if let Some(comment) = note(first)
        && out.ends_with(",\n")
    {
        out.pop();
        out.push_str(&format!(" {comment}\n"));
    } else if let Some(comment) = note(first) {
        out.push_str(&format!("    {comment}\n"));
    }
}

/// What follows the first line.
fn rest(text: &str) -> &str {
    text.split_once('\n').map_or("", |(_, rest)| rest)
}
