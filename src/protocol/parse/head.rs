//! The outermost tables of a protocol file.

use super::values::Reader;
use super::{layouts, materials, parameters, steps};
use crate::protocol::build::Overrides;
use crate::protocol::source::Source;
use crate::source::{Diagnostic, Document, SourceFile};
use std::collections::BTreeMap;

/// The language that this reader reads.
const LANGUAGE: i64 = 1;

/// Text in; the source tree, with every parameter at its default, and every problem of the text out.
pub fn parse(file: &SourceFile) -> (Option<Source>, Vec<Diagnostic>) {
    parse_with(file, &Overrides::new())
}

/// The same with parameters from the command line.
pub(in crate::protocol) fn parse_with(
    file: &SourceFile,
    overrides: &Overrides,
) -> (Option<Source>, Vec<Diagnostic>) {
    let document = Document::parse(file);
    let source = read(&document, overrides);
    let mut found = document.reporter().take();
    // What follows a slip of the pen is mostly noise: the first is shown, and what stands before it.
    if let Some(first) = found.iter().position(|d| d.code == "syntax") {
        found.truncate(first + 1);
        return (None, found);
    }
    (source, found)
}

fn read(document: &Document<'_>, overrides: &Overrides) -> Option<Source> {
    let mut root = document.root();
    let head = root.need("protocol").and_then(|v| v.table());
    let parameters = parameters::read(&mut root, overrides);
    let reader = Reader::new(document.reporter().clone(), parameters);
    let mut name = None;
    let mut title = String::new();
    let mut description = String::new();
    if let Some(mut head) = head {
        name = head.need("name").and_then(|v| reader.name(&v)).map(|n| n.value);
        title = head
            .get("title")
            .and_then(|v| reader.text(&v))
            .map_or_else(String::new, |t| t.value);
        description = head
            .get("description")
            .and_then(|v| reader.text(&v))
            .map_or_else(String::new, |t| t.value);
        if let Some(value) = head.get("language")
            && let Some(language) = value.integer()
            && language != LANGUAGE
        {
            value.error(
                "language",
                format!("language {language} is not known; this version reads language {LANGUAGE}"),
            );
        }
        head.finish();
    }
    let mut liquids = BTreeMap::new();
    if let Some(mut table) = root.get("liquids").and_then(|v| v.table()) {
        for (key, value) in table.entries() {
            if let Some(mut liquid) = value.table() {
                let _ = liquid.get("description").and_then(|v| v.text());
                liquid.finish();
                liquids.insert(key.value, key.span);
            }
        }
    }
    let layouts = layouts::read(&mut root, &reader);
    let pieces = materials::pieces(&mut root, &reader);
    let groups = materials::groups(&mut root, &reader);
    let steps = steps::read(&mut root, &reader);
    root.finish();
    let name = name?;
    let (parameters, broken) = reader.finish();
    if title.is_empty() {
        title.clone_from(&name);
    }
    Some(Source {
        name,
        title,
        description,
        parameters,
        broken,
        liquids,
        layouts,
        pieces,
        groups,
        steps,
    })
}
