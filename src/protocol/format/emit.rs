//! Tables, headers, comments and blank lines.

use super::{order, values};
use toml_edit::{DocumentMut, Item, Table};

/// A file laid out anew.
pub(super) fn document(document: &DocumentMut) -> String {
    let root = document.as_table();
    let (head, parted_at) = head(root);
    let mut out = String::new();
    if parted_at.is_some() {
        block(&mut out, &head);
        out.push('\n');
    }
    table(&mut out, &mut Vec::new(), root, parted_at);
    let trailing = comments(document.trailing().as_str().unwrap_or(""));
    if trailing.iter().any(|c| !c.is_empty()) {
        gap(&mut out);
        block(&mut out, &trailing);
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}

/// Comments above the first table that a blank line parts from it are about the file, and stay at its top. With them
/// comes the place of that table, which leaves them out.
fn head(root: &Table) -> (Vec<String>, Option<isize>) {
    let lines = comments(first_prefix(root).unwrap_or(""));
    let at = first_table(root).map(|(at, _)| at);
    match (at, lines.iter().position(String::is_empty)) {
        (Some(at), Some(blank)) => (lines.into_iter().take(blank).collect(), Some(at)),
        _ => (Vec::new(), None),
    }
}

/// What stands above the table that is first in the file.
fn first_prefix(root: &Table) -> Option<&str> {
    let (_, table) = first_table(root)?;
    table.decor().prefix().and_then(|p| p.as_str())
}

fn first_table(root: &Table) -> Option<(isize, &Table)> {
    // Values above all tables have the file's comments.
    if root.iter().any(|(_, item)| item.is_value()) {
        return None;
    }
    let mut found: Option<(isize, &Table)> = None;
    let mut open: Vec<&Table> = vec![root];
    while let Some(table) = open.pop() {
        for (_, item) in table.iter() {
            let tables: Vec<&Table> = match item {
                Item::Table(table) => vec![table],
                Item::ArrayOfTables(list) => list.iter().collect(),
                _ => Vec::new(),
            };
            for table in tables {
                if let Some(at) = table
                    .position()
                    .filter(|_| !table.is_implicit() && !table.is_dotted())
                    && found.is_none_or(|(first, _)| at < first)
                {
                    found = Some((at, table));
                }
                open.push(table);
            }
        }
    }
    found
}

/// Comment lines of a piece of decoration, trimmed; an empty one for each stretch of blank lines between them.
pub(super) fn comments(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in text.split('\n') {
        let line = line.trim();
        if line.starts_with('#') {
            out.push(line.trim_end().to_owned());
        } else if out.last().is_some_and(|l| !l.is_empty()) {
            out.push(String::new());
        }
    }
    // The line that the key or header itself stands on is no blank one.
    if out.last().is_some_and(String::is_empty) && !text.trim_end_matches([' ', '\t']).ends_with("\n\n") {
        out.pop();
    }
    out
}

/// A comment at the end of a line, if there is one.
pub(super) fn note(text: &str) -> Option<&str> {
    let text = text.trim();
    text.starts_with('#').then_some(text)
}

fn block(out: &mut String, lines: &[String]) {
    for line in lines {
        out.push_str(line);
        out.push('\n');
    }
}

/// One blank line before what follows, but not at the top.
fn gap(out: &mut String) {
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
}

fn table(out: &mut String, path: &mut Vec<String>, table: &Table, parted_at: Option<isize>) {
    let mut pairs = Vec::new();
    flatten(table, "", &mut pairs);
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    pairs.sort_by_key(|p| order::of_key(&names, &p.name));
    for pair in pairs {
        for comment in comments(pair.above).into_iter().filter(|c| !c.is_empty()) {
            out.push_str(&format!("{comment}\n"));
        }
        let before = pair.written.chars().count().saturating_add(3);
        let value = values::value(&pair.name, before, pair.value);
        out.push_str(&format!("{} = {value}", pair.written));
        let suffix = pair.value.decor().suffix().and_then(|s| s.as_str()).unwrap_or("");
        if let Some(note) = note(suffix) {
            out.push_str(&format!(" {note}"));
        }
        out.push('\n');
    }
    let mut inner: Vec<(&str, &Item)> = table
        .iter()
        .filter(|(_, item)| {
            matches!(item, Item::ArrayOfTables(_)) || matches!(item, Item::Table(t) if !t.is_dotted())
        })
        .collect();
    inner.sort_by_key(|(name, _)| order::of_key(&names, name));
    for (name, item) in inner {
        path.push(name.to_owned());
        match item {
            Item::Table(inner) => {
                if !inner.is_implicit() {
                    header(out, path, inner, ("[", "]"), parted_at);
                }
                self::table(out, path, inner, parted_at);
            }
            Item::ArrayOfTables(list) => {
                for inner in list {
                    header(out, path, inner, ("[[", "]]"), parted_at);
                    self::table(out, path, inner, parted_at);
                }
            }
            _ => {}
        }
        path.pop();
    }
}

fn header(
    out: &mut String,
    path: &[String],
    table: &Table,
    brackets: (&str, &str),
    parted_at: Option<isize>,
) {
    gap(out);
    let prefix = table.decor().prefix().and_then(|p| p.as_str()).unwrap_or("");
    let mut lines = comments(prefix);
    if parted_at.is_some() && table.position() == parted_at {
        let blank = lines.iter().position(String::is_empty).unwrap_or(0);
        lines.drain(..=blank);
    }
    block(out, &lines);
    let names: Vec<String> = path
        .iter()
        .map(|n| values::key(&toml_edit::Key::new(n.as_str())))
        .collect();
    out.push_str(&format!("{}{}{}", brackets.0, names.join("."), brackets.1));
    let suffix = table.decor().suffix().and_then(|s| s.as_str()).unwrap_or("");
    if let Some(note) = note(suffix) {
        out.push_str(&format!(" {note}"));
    }
    out.push('\n');
}

/// A key with its value.
struct Pair<'t> {
    name: String,
    written: String,
    above: &'t str,
    value: &'t toml_edit::Value,
}

/// Values of a table, dotted keys in one.
fn flatten<'t>(table: &'t Table, prefix: &str, out: &mut Vec<Pair<'t>>) {
    for (name, _) in table.iter() {
        let Some((key, item)) = table.get_key_value(name) else {
            continue;
        };
        let written = format!("{prefix}{}", values::key(key));
        match item {
            Item::Table(inner) if inner.is_dotted() => flatten(inner, &format!("{written}."), out),
            Item::Value(value) => out.push(Pair {
                name: prefix
                    .split('.')
                    .next()
                    .filter(|p| !p.is_empty())
                    .unwrap_or(name)
                    .to_owned(),
                written,
                above: key.leaf_decor().prefix().and_then(|p| p.as_str()).unwrap_or(""),
                value,
            }),
            _ => {}
        }
    }
}
