//! The tables of keys as the reference shows them.

use super::Language;
use super::model::{Cases, Table, Type};
use std::collections::BTreeMap;

/// Every table of keys of a kind of file, by the table's id, as Markdown.
pub fn sections(language: Language) -> BTreeMap<&'static str, String> {
    let mut found = BTreeMap::new();
    collect(language.root(), &mut found);
    found
}

/// All of them, one after the other.
pub fn reference(language: Language) -> String {
    let parts = sections(language).into_iter();
    parts
        .map(|(id, text)| format!("## {id}\n\n{text}\n"))
        .collect::<Vec<_>>()
        .join("")
}

fn collect(table: &'static Table, found: &mut BTreeMap<&'static str, String>) {
    if found.contains_key(table.id) {
        return;
    }
    found.insert(table.id, rows(table));
    for key in table.keys {
        inside(&key.kind, found);
    }
    for case in table.cases.iter().flat_map(Cases::all) {
        collect(case.table, found);
    }
}

fn inside(kind: &Type, found: &mut BTreeMap<&'static str, String>) {
    match kind {
        Type::Table(table) => collect(table, found),
        Type::List(of)
        | Type::Exactly(_, of)
        | Type::OneOrMore(of)
        | Type::Map(_, of)
        | Type::MapOf(_, of) => {
            inside(of, found);
        }
        Type::Either(a, b) => {
            inside(a, found);
            inside(b, found);
        }
        _ => {}
    }
}

/// One row a key, with a head.
fn rows(table: &Table) -> String {
    let mut out = String::new();
    let mut row = |cells: [&str; 5]| {
        out.push_str("| ");
        out.push_str(&cells.join(" | "));
        out.push_str(" |\n");
    };
    let word = match &table.cases {
        Some(Cases::Word(on, _, cases)) => {
            let names: Vec<String> = cases.iter().map(|c| format!("`\"{}\"`", c.name)).collect();
            Some((format!("`{on}`"), names.join(", "), cases.first()))
        }
        _ => None,
    };
    if table.keys.is_empty() && word.is_none() {
        return "No further keys.\n".to_owned();
    }
    row(["key", "type", "default", "meaning", "example"]);
    row(["---"; 5]);
    if let Some((on, names, first)) = &word {
        let usual = match &table.cases {
            Some(Cases::Word(_, Some(usual), _)) => format!("`\"{usual}\"`"),
            _ => "required".to_owned(),
        };
        let example = first.map(|c| format!("`\"{}\"`", c.name)).unwrap_or_default();
        row([on, names, &usual, "which kind it is, see below", &example]);
    }
    for key in table.keys {
        let example = match key.example {
            "" => String::new(),
            text => format!("`{text}`"),
        };
        row([
            &format!("`{}`", key.name),
            &words(&key.kind),
            key.default.unwrap_or("required"),
            key.meaning,
            &example,
        ]);
    }
    out
}

/// A type in words.
fn words(kind: &Type) -> String {
    match kind {
        Type::Text => "text".into(),
        Type::Pattern(_, words) => (*words).into(),
        Type::Words(words) => {
            let words: Vec<String> = words.iter().map(|w| format!("`\"{w}\"`")).collect();
            words.join(", ")
        }
        Type::Boolean => "boolean".into(),
        Type::Integer(from, to) if from == to => format!("{from}"),
        Type::Integer(from, to) if *to > 1_000_000_000 || *from < -1_000_000_000 => "integer".into(),
        Type::Integer(from, to) => format!("integer, {from} to {to}"),
        Type::Number(_, to) if *to >= 1e12 => "number".into(),
        Type::Number(from, to) => format!("number, {from} to {to}"),
        Type::Share(from, to) => format!("share, {from} to {to}"),
        Type::Quantity(measure, _) => {
            let unit = measure.units.first().map_or("", |u| u.0);
            format!("{} ({unit})", measure.kind)
        }
        Type::Scalar => "text, number or boolean".into(),
        Type::List(of) => format!("list of: {}", words(of)),
        Type::Exactly(2, of) => format!("pair of: {}", words(of)),
        Type::Exactly(count, of) => format!("{count} of: {}", words(of)),
        Type::OneOrMore(of) => format!("{}; or a list", words(of)),
        Type::Either(text, table) => format!("{}; or {}", words(text), words(table)),
        Type::Table(_) | Type::Free => "table".into(),
        Type::Map(name, of) => format!("table by {name} of: {}", words(of)),
        Type::MapOf(_, of) => format!("table of: {}", words(of)),
    }
}
