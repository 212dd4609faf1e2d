//! Reads the commands of a text profile: conditions, steps, and what became of them.

use super::parse::{Names, pattern};
use super::{Command, Condition, Happened, Step};
use crate::rig::profile::reading::{check_command_name, entries, test, words};
use crate::rig::profile::vocabulary::SET_POINT;
use crate::rig::profile::{Bound, Test};
use crate::source::{Document, Table, Value};
use crate::units::Duration;
use std::collections::BTreeMap;

/// Commands that state no goal: what they do must not be done twice, so there must be a way to find out whether it was.
pub(super) const IRREVERSIBLE: &[&str] = &["seal", "peel", "spin", "thermocycle"];
/// Commands that text profiles alone have: what is said to stop shaking need not be what is said to shake.
pub(super) const OWN_COMMANDS: &[&str] = &["stop_shaking"];

/// A duration that may be left out; `None` where it is wrong.
pub(super) fn seconds_or(t: &mut Table<'_>, key: &str, usual: Duration) -> Option<Duration> {
    t.get(key).map_or(Some(usual), |v| v.quantity())
}

/// All commands.
pub(super) fn commands(
    root: &mut Table<'_>,
    role: Option<&str>,
    names: &Names,
    document: &Document<'_>,
) -> BTreeMap<String, Command> {
    let mut found = BTreeMap::new();
    for (key, value) in entries(root, "commands") {
        check_command_name(&key, role, OWN_COMMANDS, document);
        if let Some(command) = command(&key.value, &value, names) {
            found.insert(key.value, command);
        }
    }
    found
}

fn command(name: &str, value: &Value<'_>, names: &Names) -> Option<Command> {
    let mut t = value.table()?;
    let timeout = t.need("timeout").and_then(|v| v.quantity());
    let needs = t.get("needs").and_then(|v| v.list()).unwrap_or_default();
    let needs: Vec<_> = needs.iter().map(|v| condition(v, names)).collect();
    let steps_value = t.need("steps");
    let listed = steps_value.as_ref().map(|v| steps(v, names, name, 0));
    let always = t.get("always").map(|v| steps(&v, names, name, 0));
    let barcode_value = t.get("barcode");
    let barcode = barcode_value.as_ref().map(|v| names.reference(v));
    if name == "read_barcode" && barcode_value.is_none() {
        let message = format!(
            "`{}.barcode` is missing: which part of an answer is the barcode?",
            value.path
        );
        value.error("missing-key", message);
    }
    let no_barcode = t.get("no_barcode").and_then(|v| v.list()).unwrap_or_default();
    let happened = t.get("happened").map(|v| happened(&v, names));
    t.finish();
    let listed = listed?;
    if IRREVERSIBLE.contains(&name) && !listed.as_deref().is_some_and(moves) {
        let place = steps_value.as_ref().unwrap_or(value);
        place.error(
            "no-moving-step",
            format!(
                "{name} must not be done twice: say `moves = true` at the step from which on it may have happened"
            ),
        );
    }
    Some(Command {
        timeout: timeout?,
        needs: needs.into_iter().collect::<Option<_>>()?,
        steps: listed?,
        always: always.map_or(Some(Vec::new()), |a| a)?,
        barcode: barcode.map_or(Some(None), |b| b.map(Some))?,
        no_barcode: no_barcode.iter().filter_map(Value::text).collect(),
        happened: happened.map_or(Some(None), |h| h.map(Some))?,
    })
}

/// Whether something moves from this step on.
pub(super) fn moves(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::Send { moves, .. } => *moves,
        Step::EachProgramStep(steps) => moves(steps),
        _ => false,
    })
}

pub(super) fn steps(value: &Value<'_>, names: &Names, command: &str, depth: u8) -> Option<Vec<Step>> {
    let listed = value.list()?;
    if listed.is_empty() {
        value.error("step-kind", format!("`{}` has no step", value.path));
        return None;
    }
    let steps: Vec<_> = listed.iter().map(|v| step(v, names, command, depth)).collect();
    steps.into_iter().collect()
}

/// Kinds of steps: the key that makes each.
const KINDS: &[&str] = &["send", "wait", "expect", "ask", "pause", "each_program_step"];

/// The kind of a step, by the one key that makes it.
fn kind_of(t: &mut Table<'_>, value: &Value<'_>, depth: u8) -> Option<&'static str> {
    let kinds = KINDS
        .iter()
        .filter(|kind| depth == 0 || **kind != "each_program_step");
    let there: Vec<_> = kinds.clone().filter(|kind| t.get(kind).is_some()).collect();
    if let [kind] = there.as_slice() {
        return Some(kind);
    }
    let words: Vec<_> = kinds.map(|kind| format!("`{kind}`")).collect();
    value.error(
        "step-kind",
        format!("a step has exactly one of {}", words.join(", ")),
    );
    None
}

fn step(value: &Value<'_>, names: &Names, command: &str, depth: u8) -> Option<Step> {
    let mut t = value.table()?;
    let kind = kind_of(&mut t, value, depth);
    let step = kind.and_then(|kind| {
        let own = t.get(kind)?;
        match kind {
            "send" => send(&own, &mut t, names, command),
            "wait" => {
                let until = tested(&own, &mut t, names, value, Some(command));
                let fails = t.get("fails").map(|v| {
                    let words = words(&v)?;
                    if let Some(until) = &until {
                        check_words(&until.of, &words, &v, names);
                    }
                    Some(Test::Is(words))
                });
                Some(Step::Wait {
                    until: until?,
                    fails: fails.map_or(Some(None), |f| f.map(Some))?,
                })
            }
            "expect" => Some(Step::Expect(tested(&own, &mut t, names, value, Some(command))?)),
            "ask" => {
                let name = own.text()?;
                let known = names.question(&own, &name);
                let silence = t.get("silence").and_then(|v| v.boolean()).unwrap_or(false);
                Some(Step::Ask {
                    question: known.then_some(name)?,
                    silence,
                })
            }
            "pause" => Some(Step::Pause(own.quantity()?)),
            _ => {
                if command != "thermocycle" {
                    own.error(
                        "program-step",
                        "`each_program_step` belongs to the command thermocycle",
                    );
                }
                Some(Step::EachProgramStep(steps(&own, names, command, depth + 1)?))
            }
        }
    });
    t.finish();
    step
}

fn send(text: &Value<'_>, t: &mut Table<'_>, names: &Names, command: &str) -> Option<Step> {
    let text = names.pieces(text, Some(command));
    let answer = t.get("answer").map(|v| pattern(&v));
    let timeout = t.get("timeout").map(|v| v.quantity());
    let moves = t.get("moves").and_then(|v| v.boolean()).unwrap_or(false);
    let if_none = t.get("if_none").map(|v| {
        let name = v.text()?;
        names.argument(&v, &name, Some(command));
        Some(name)
    });
    let mut set_to = |key: &str| -> Option<Option<Bound>> {
        let Some(v) = t.get(key) else { return Some(None) };
        if command != SET_POINT {
            v.error(
                "unknown-argument",
                format!("`{key}` belongs to the steps by which a quantity is set"),
            );
        }
        v.number().map(|number| Some(Bound(number)))
    };
    let (only_for, not_for) = (set_to("only_for"), set_to("not_for"));
    Some(Step::Send {
        only_for: only_for?,
        not_for: not_for?,
        text: text?,
        answer: answer.map_or(Some(None), |a| a.map(Some))?,
        timeout: timeout.map_or(Some(None), |t| t.map(Some))?,
        moves,
        if_none: if_none.map_or(Some(None), |n| n.map(Some))?,
    })
}

/// `{ of = "question.part", is = … }`.
pub(super) fn condition(value: &Value<'_>, names: &Names) -> Option<Condition> {
    let mut t = value.table()?;
    let of = t.need("of")?;
    let condition = tested(&of, &mut t, names, value, None);
    t.finish();
    condition
}

/// What the value at `of` must be, by the other keys of the table.
fn tested(
    of: &Value<'_>,
    t: &mut Table<'_>,
    names: &Names,
    whole: &Value<'_>,
    command: Option<&str>,
) -> Option<Condition> {
    let reference = names.reference(of);
    let known = |words: &[String], value: &Value<'_>| {
        if let Some(reference) = &reference {
            check_words(reference, words, value, names);
        }
    };
    let near = |name: &str, value: &Value<'_>| names.argument(value, name, command);
    let test = test(t, whole, &known, &near);
    Some(Condition {
        of: reference?,
        test: test?,
    })
}

/// Where a part has names for its values or bits, only those are words.
fn check_words(of: &super::Reference, words: &[String], value: &Value<'_>, names: &Names) {
    let Some(field) = names.field(of) else { return };
    let known: Vec<&str> = field
        .values
        .keys()
        .chain(field.bits.keys())
        .map(String::as_str)
        .collect();
    if known.is_empty() {
        return;
    }
    for word in words.iter().filter(|w| !known.contains(&w.as_str())) {
        value.error(
            "unknown-value",
            format!(
                "`{of}` has no value named `{word}`; there are {}",
                known.join(", ")
            ),
        );
    }
}

fn happened(value: &Value<'_>, names: &Names) -> Option<Happened> {
    let mut t = value.table()?;
    let done = t.need("done").and_then(|v| condition(&v, names));
    let not_done = t.get("not_done").map(|v| condition(&v, names));
    let unless = t.get("unless").map(|v| condition(&v, names));
    let evidence = t.need("evidence");
    let word = evidence.as_ref().and_then(Value::text);
    let commanded = match word.as_deref() {
        Some("measured") => Some(false),
        Some("commanded") => Some(true),
        Some(other) => {
            if let Some(v) = &evidence {
                let message = format!(
                    "\"{other}\" is no evidence; it is \"measured\" (a sensor saw it) or \"commanded\" (the controller counts)"
                );
                v.error("evidence", message);
            }
            None
        }
        None => None,
    };
    if let (Some(true), None, Some(v)) = (commanded, &unless, &evidence) {
        let message =
            "what a controller counts is good only if it was not reset: say by `unless` how that shows";
        v.error("evidence", message);
    }
    t.finish();
    Some(Happened {
        done: done?,
        not_done: not_done.map_or(Some(None), |n| n.map(Some))?,
        commanded: commanded?,
        unless: unless.map_or(Some(None), |u| u.map(Some))?,
    })
}
