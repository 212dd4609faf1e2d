//! `do = "call"`: the steps of another file, with arguments.

use super::super::head;
use super::super::parameters::{self, Given};
use super::super::values::Reader;
use super::Common;
use crate::protocol::source::Step;
use crate::source::{Diagnostic, Document, Spanned, Table, closest};
use std::collections::BTreeMap;

/// How deep calls may go.
const DEEPEST: usize = 16;

/// The steps of the called file, named after the call; those that wait for none of their own wait for what the call
/// waits for, and all of them share its condition.
pub(super) fn read(
    t: &mut Table<'_>,
    reader: &Reader<'_>,
    id: Option<&Spanned<String>>,
    common: &Common,
) -> Option<Vec<Step>> {
    let path = reader.needed(t, "file");
    let arguments = arguments(t, reader);
    let (path, id) = (path?, id?);
    if reader.depth() >= DEEPEST {
        let message = format!("calls go at most {DEEPEST} files deep; does a file call itself?");
        reader.reporter().error("call", path.span, message);
        return None;
    }
    let (file, base) = reader.file(&path)?;
    let faults = reader.reporter().count();
    let document = Document::parse_at(file, reader.reporter().clone(), base);
    let mut root = document.root();
    let mut taken = BTreeMap::new();
    let known = parameters::names(&mut root);
    for (name, value) in arguments {
        if known.contains(&name.value) {
            taken.insert(name.value, (name.span, value));
            continue;
        }
        let message = format!("\"{}\" has no parameter `{}`", path.value, name.value);
        let d = Diagnostic::error("call", reader.reporter().file(), name.span, message);
        reader
            .reporter()
            .add(match closest(&name.value, known.iter().map(String::as_str)) {
                Some(near) => d.label(format!("did you mean `{near}`?")),
                None if known.is_empty() => d.help("it has none at all"),
                None => d.help(format!("it has: {}", known.join(", "))),
            });
    }
    let given = Given::Call {
        arguments: &taken,
        place: path.span.clone(),
    };
    let values = parameters::read(&mut root, &given);
    let inner = Reader::new(
        reader.shared,
        reader.reporter().clone(),
        values,
        Some(id.value.clone()),
    )
    .below(reader);
    head::called(&mut root, &inner);
    let mut steps = super::read(&mut root, &inner);
    root.finish();
    // A file in which something else is wrong may have steps.
    if steps.is_empty() && reader.reporter().count() == faults {
        reader.reporter().error(
            "call",
            path.span.clone(),
            format!("\"{}\" has no steps", path.value),
        );
    }
    let own: Vec<String> = steps.iter().map(|s| s.id.value.clone()).collect();
    for step in &mut steps {
        if !step.after.iter().any(|a| own.contains(&a.step.value)) {
            step.after.extend(common.after.iter().cloned());
        }
        // Both conditions count: the call's own leaves out all of its steps.
        step.when = match (step.when.take(), &common.when) {
            (Some(own), Some(call)) => Some(Spanned {
                value: format!("({}) && ({})", call.value, own.value),
                span: own.span,
            }),
            (own, call) => own.or_else(|| call.clone()),
        };
        if step.deadline.is_none() {
            step.deadline.clone_from(&common.deadline);
        }
        if step.unbroken.is_none() {
            step.unbroken.clone_from(&common.unbroken);
        }
        step.on_failure = step.on_failure.or(&common.on_failure);
    }
    let broken = inner.finish().1;
    for name in broken {
        reader.broken(&name);
    }
    Some(steps)
}

/// `with = { name = value }`, each value as text.
fn arguments(t: &mut Table<'_>, reader: &Reader<'_>) -> Vec<(Spanned<String>, String)> {
    let Some(mut table) = t.get("with").and_then(|v| v.table()) else {
        return Vec::new();
    };
    let mut out = BTreeMap::new();
    for (key, value) in table.entries() {
        let text = if value.as_text().is_some() {
            reader.text(&value).map(|t| t.value)
        } else {
            parameters::written(&value)
        };
        if let Some(text) = text {
            out.insert(key.value.clone(), (key, text));
        }
    }
    out.into_values().collect()
}

#[cfg(test)]
#[path = "call_tests.rs"]
mod tests;
