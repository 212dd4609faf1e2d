//! Reads the steps of a behaviour and its conditions.

use super::names::Known;
use super::template;
use crate::rig::profile::reading::test;
use crate::source::{Table, Value};
use crate::units::Duration;

/// Who called: what can be answered, and how it can be refused.
#[derive(Clone, Copy)]
pub(super) enum Call<'a> {
    /// Nobody did.
    Nobody,
    /// By a text.
    Text,
    /// By a write.
    Write,
    /// By a command, with the register of its result.
    Command(Option<&'a str>),
    /// By any of these.
    Any,
}

/// How a write can be refused.
const EXCEPTIONS: &[&str] = &["illegal_address", "illegal_value", "busy", "failure"];
/// Work on a plate.
const WORKS: &[&str] = &["seal", "peel", "spin", "read_barcode"];
/// Kinds of steps, by the key that makes each.
const KINDS: &[&str] = &["set", "answer", "refuse", "pause", "nest", "alarm", "cut_short"];

/// The one key of these that is there.
pub(super) fn kind<'k>(
    t: &mut Table<'_>,
    value: &Value<'_>,
    kinds: &[&'k str],
    what: &str,
) -> Option<&'k str> {
    let there: Vec<&str> = kinds
        .iter()
        .copied()
        .filter(|kind| t.get(kind).is_some())
        .collect();
    if let [kind] = there.as_slice() {
        return Some(kind);
    }
    let words: Vec<_> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
    value.error(
        "step-kind",
        format!("{what} has exactly one of {}", words.join(", ")),
    );
    None
}

/// `{ of = "value", is = … }`.
pub(super) fn condition(value: &Value<'_>, known: &Known<'_>) {
    let Some(mut t) = value.table() else { return };
    let of = t.need("of").and_then(|v| {
        let name = v.text()?;
        known.known(&name, &v).then_some(name)
    });
    let words = |words: &[String], v: &Value<'_>| {
        for word in words {
            if let Some(of) = &of {
                known.names.word(of, word, v);
            }
        }
    };
    let near = |name: &str, v: &Value<'_>| {
        known.known(name, v);
    };
    test(&mut t, value, &words, &near);
    t.finish();
}

/// All steps of a list.
pub(super) fn read(value: &Value<'_>, known: &Known<'_>, call: Call<'_>) {
    for v in value.list().unwrap_or_default() {
        step(&v, known, call);
    }
}

fn step(value: &Value<'_>, known: &Known<'_>, call: Call<'_>) {
    let Some(mut t) = value.table() else { return };
    let kind = kind(&mut t, value, KINDS, "a step");
    if let Some(v) = t.get("when") {
        condition(&v, known);
    }
    if let Some(kind) = kind
        && let Some(own) = t.get(kind)
    {
        match kind {
            "set" => set(&own, &mut t, known),
            "answer" => {
                said(&own, known);
                if !matches!(call, Call::Text | Call::Nobody | Call::Any) {
                    own.error(
                        "behaviour-value",
                        "a device behind Modbus answers by its registers: set one",
                    );
                }
            }
            "refuse" => refuse(&own, known, call),
            "pause" => time(&own, known),
            "alarm" => {
                own.text();
            }
            "cut_short" => {
                own.boolean();
            }
            _ => nest(&own, &mut t, known),
        }
    }
    t.finish();
}

fn set(own: &Value<'_>, t: &mut Table<'_>, known: &Known<'_>) {
    let name = own.text();
    if let Some(name) = &name {
        known.names.settable(name, own);
    }
    let (to, from, add) = (t.get("to"), t.get("from"), t.get("add"));
    if usize::from(to.is_some()) + usize::from(from.is_some()) + usize::from(add.is_some()) != 1 {
        own.error(
            "behaviour-value",
            "`set` goes with exactly one of `to`, `from`, `add`",
        );
    }
    if let Some(v) = to {
        match (v.as_text(), &name) {
            (Some(word), Some(name)) => known.names.word(name, &word, &v),
            (Some(_), None) => {}
            (None, _) => {
                v.number();
            }
        }
    }
    if let Some(v) = from
        && let Some(name) = v.text()
    {
        known.known(&name, &v);
    }
    if let Some(v) = add {
        v.number();
    }
    if let Some(v) = t.get("scale") {
        v.number();
    }
}

/// A text with values in it.
fn said(own: &Value<'_>, known: &Known<'_>) {
    if let Some(template) = template::read(own) {
        for name in template.names() {
            known.known(name, own);
        }
    }
}

fn refuse(own: &Value<'_>, known: &Known<'_>, call: Call<'_>) {
    match call {
        Call::Write => {
            let word = own.text();
            if word.is_some_and(|word| !EXCEPTIONS.contains(&word.as_str())) {
                let message = format!("a write is refused as one of {}", EXCEPTIONS.join(", "));
                own.error("unknown-value", message);
            }
        }
        Call::Command(result) => {
            if let (Some(word), Some(result)) = (own.text(), result) {
                known.names.word(result, &word, own);
            }
        }
        Call::Nobody => own.error(
            "behaviour-value",
            "nobody asked for this, so there is nothing to refuse",
        ),
        Call::Text | Call::Any => said(own, known),
    }
}

/// "2 s", or the name of a value that holds seconds.
fn time(own: &Value<'_>, known: &Known<'_>) {
    let Some(text) = own.text() else { return };
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        own.quantity::<Duration>();
    } else {
        known.known(&text, own);
    }
}

/// A number, or the name of a value.
fn figure(own: &Value<'_>, known: &Known<'_>) {
    match own.as_text() {
        Some(name) => {
            known.known(&name, own);
        }
        None => {
            own.number();
        }
    }
}

fn nest(own: &Value<'_>, t: &mut Table<'_>, known: &Known<'_>) {
    let word = own.text();
    if let Some(word) = &word
        && !WORKS.contains(&word.as_str())
    {
        let message = format!(
            "nothing called `{word}` is done to a nest; there are {}",
            WORKS.join(", ")
        );
        own.error("unknown-value", message);
    }
    if let Some(v) = t.get("duration") {
        time(&v, known);
    }
    for key in ["temperature", "force"] {
        if let Some(v) = t.get(key) {
            figure(&v, known);
        }
    }
    let into = t.get("into");
    match (&into, word.as_deref()) {
        (Some(v), _) => {
            if let Some(name) = v.text() {
                known.names.settable(&name, v);
            }
        }
        (None, Some("read_barcode")) => {
            own.error("missing-key", "`into` is missing: which value takes the barcode?");
        }
        _ => {}
    }
}
