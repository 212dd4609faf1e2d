//! Reads a text profile, with every problem in one pass.

use super::TextProfile;
use super::command::{commands, condition};
use super::template::pieces;
use super::wrapping::line;
use super::{Argument, Field, Identity, Pattern, Piece, Question, Reference, Refusal, Stop};
use crate::rig::profile::reading::{check_sensor_name, entries, whole};
use crate::rig::profile::vocabulary::{ARGUMENTS, STEP_ARGUMENTS};
use crate::rig::profile::{ArgumentSource, Bound};
use crate::rig::profile::{behaviour, head};
use crate::source::{Document, Table, Value, closest};
use std::collections::BTreeMap;

/// Roles that a text profile can play.
const ROLES: &[&str] = &["station", "regulator"];
/// Sensors that text profiles can have.
const SENSORS: &[&str] = &["door_open", "door_closed", "plate", "sealed", "at_rest"];
/// Names that parts of a refusal have.
const REFUSAL_PARTS: &[&str] = &["code", "text"];

/// The names that other parts of the file refer to; `None` where an entry has problems of its own.
pub(super) struct Names {
    pub(super) questions: BTreeMap<String, Option<Question>>,
    pub(super) arguments: BTreeMap<String, Option<Argument>>,
}

/// The whole document; every problem goes to its reporter.
pub(crate) fn read(document: &Document<'_>) -> Option<TextProfile> {
    let mut root = document.root();
    let (role, head) = root
        .need("profile")
        .and_then(|v| v.table())
        .map_or((None, None), |mut t| {
            let found = head::head(&mut t, ROLES);
            t.finish();
            found
        });
    let line = root.need("line").and_then(|v| line(&v));
    let mut names = Names {
        questions: BTreeMap::new(),
        arguments: BTreeMap::new(),
    };
    for (key, value) in entries(&mut root, "arguments") {
        names.arguments.insert(key.value, argument(&value));
    }
    for (key, value) in entries(&mut root, "questions") {
        let question = question(&value, &names);
        names.questions.insert(key.value, question);
    }
    let resync = line.as_ref().and_then(|(_, resync)| {
        let (value, name) = resync.as_ref()?;
        names.question(value, name).then(|| name.clone())
    });
    let refusals = root.get("refusals").and_then(|v| v.list()).unwrap_or_default();
    let refusals: Vec<_> = refusals.iter().map(refusal).collect();
    let identity = root.need("identity").and_then(|v| identity(&v, &names));
    let rest = root.get("rest").map(|v| condition(&v, &names));
    let initialised = root.get("initialised").map(|v| condition(&v, &names));
    let stop = root.get("stop").map(|v| stop(&v, &names));
    let commands = commands(&mut root, role.as_deref(), &names, document);
    let mut sensors = BTreeMap::new();
    for (key, value) in entries(&mut root, "sensors") {
        check_sensor_name(&key, SENSORS, document);
        if let Some(condition) = condition(&value, &names) {
            sensors.insert(key.value, condition);
        }
    }
    let quantities = super::quantity::quantities(&mut root, role.as_deref(), &names);
    if let Some(value) = root.get("behaviour") {
        let greeting = identity.iter().filter_map(|i| i.greeting.clone());
        let greeting = greeting.map(|text| (text, "the greeting of [identity]".to_owned()));
        let stops = stop
            .iter()
            .flatten()
            .map(|s| (s.send.clone(), "[stop]".to_owned()));
        let rest = behaviour::Rest {
            registers: None,
            sent: super::sent::sent(&names, &commands, &quantities, greeting.chain(stops)),
            commands: Vec::new(),
            result: None,
            quantities: quantities.keys().cloned().collect(),
            nest: role.as_deref() == Some("station"),
        };
        behaviour::check(&value, &rest);
        if let Some((Some(wrapping), _)) = &line {
            wrapping.for_twin(&value);
        }
    }
    root.finish();
    Some(TextProfile {
        head: head?,
        line: line?.0?,
        resync: resync?,
        questions: names
            .questions
            .into_iter()
            .filter_map(|(k, q)| Some((k, q?)))
            .collect(),
        arguments: names
            .arguments
            .into_iter()
            .filter_map(|(k, a)| Some((k, a?)))
            .collect(),
        refusals: refusals.into_iter().flatten().collect(),
        identity: identity?,
        rest: rest.flatten(),
        initialised: initialised.flatten(),
        stop: stop.flatten(),
        commands,
        quantities,
        sensors,
    })
}

impl Names {
    /// Whether there is such a question; reports one that is not.
    pub(super) fn question(&self, value: &Value<'_>, name: &str) -> bool {
        let there = self.questions.contains_key(name);
        if !there {
            let near = closest(name, self.questions.keys().map(String::as_str));
            let hint = near.map_or_else(String::new, |n| format!("; did you mean \"{n}\"?"));
            value.error(
                "unknown-question",
                format!("there is no question \"{name}\"{hint}"),
            );
        }
        there
    }

    /// "question.part", or the question alone where its answer has but one part.
    pub(super) fn reference(&self, value: &Value<'_>) -> Option<Reference> {
        let text = value.text()?;
        let (name, part) = text
            .split_once('.')
            .map_or((text.as_str(), None), |(q, f)| (q, Some(f)));
        if !self.question(value, name) {
            return None;
        }
        let question = self.questions.get(name)?.as_ref()?;
        let parts: Vec<&str> = question.answer.names().collect();
        let field = match (part, parts.as_slice()) {
            (Some(part), _) if parts.contains(&part) => part,
            (None, [only]) => only,
            (part, _) => {
                let what = part.map_or_else(
                    || format!("write which part of \"{name}\" is meant, as \"{name}.PART\""),
                    |part| format!("the answer to \"{name}\" has no part `{part}`"),
                );
                let parts = if parts.is_empty() {
                    "its pattern names none, as in `(?<value>[0-9]+)`".to_owned()
                } else {
                    format!("its parts: {}", parts.join(", "))
                };
                value.error("unknown-question", format!("{what}; {parts}"));
                return None;
            }
        };
        Some(Reference {
            question: name.to_owned(),
            field: field.to_owned(),
        })
    }

    /// What is known of a part of an answer.
    pub(super) fn field(&self, of: &Reference) -> Option<&Field> {
        self.questions.get(&of.question)?.as_ref()?.fields.get(&of.field)
    }

    /// A text to send, with its arguments known.
    pub(super) fn pieces(&self, value: &Value<'_>, command: Option<&str>) -> Option<Vec<Piece>> {
        let found = match pieces(&value.text()?) {
            Ok(found) => found,
            Err(why) => {
                value.error("template", format!("`{}`: {why}", value.path));
                return None;
            }
        };
        for piece in &found {
            let Piece::Argument(name) = piece else { continue };
            self.argument(value, name, command);
        }
        Some(found)
    }

    /// An argument that is known, and belongs to the command.
    pub(super) fn argument(&self, value: &Value<'_>, name: &str, command: Option<&str>) {
        let Some(argument) = self.arguments.get(name) else {
            let near = closest(name, self.arguments.keys().map(String::as_str));
            let hint = near.map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
            let message = format!("there is no argument `{name}` under [arguments]{hint}");
            return value.error("unknown-argument", message);
        };
        let Some(argument) = argument else { return };
        let mut all = ARGUMENTS.iter().chain(STEP_ARGUMENTS);
        let Some((word, _, _, commands)) = all.find(|(_, s, ..)| *s == argument.from) else {
            return;
        };
        match command {
            Some(command) if commands.contains(&command) => {}
            Some(command) => value.error(
                "unknown-argument",
                format!(
                    "`{command}` has no argument \"{word}\"; it belongs to {}",
                    commands.join(", ")
                ),
            ),
            None => value.error("unknown-argument", "a question has no arguments"),
        }
    }
}

/// A regular expression for a whole answer.
pub(super) fn pattern(value: &Value<'_>) -> Option<Pattern> {
    match Pattern::new(&value.text()?) {
        Ok(pattern) => Some(pattern),
        Err(why) => {
            value.error(
                "answer-pattern",
                format!("`{}` is no regular expression: {why}", value.path),
            );
            None
        }
    }
}

fn question(value: &Value<'_>, names: &Names) -> Option<Question> {
    let mut t = value.table()?;
    let send = t.get("send").map(|v| names.pieces(&v, None));
    let answer = t.need("answer").and_then(|v| pattern(&v));
    let timeout = t.get("timeout").map(|v| v.quantity());
    let mut fields = BTreeMap::new();
    for (key, value) in entries(&mut t, "parts") {
        if let Some(answer) = &answer
            && !answer.names().any(|n| n == key.value)
        {
            let known: Vec<&str> = answer.names().collect();
            let message = format!(
                "the pattern of the answer names no part `{}`; it names {}",
                key.value,
                if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                }
            );
            value.error("unknown-part", message);
        }
        if let Some(field) = field(&value) {
            fields.insert(key.value, field);
        }
    }
    t.finish();
    Some(Question {
        send: send.map_or(Some(None), |s| s.map(Some))?,
        answer: answer?,
        fields,
        timeout: timeout.map_or(Some(None), |t| t.map(Some))?,
    })
}

fn scale(t: &mut Table<'_>) -> Option<Bound> {
    t.get("scale").map_or(Some(Bound(1.0)), |v| {
        let scale = v.number()?;
        if scale <= 0.0 {
            v.error("register-scale", "`scale` must be more than 0");
        }
        Some(Bound(scale))
    })
}

fn flag(t: &mut Table<'_>, key: &str) -> bool {
    t.get(key).and_then(|v| v.boolean()).unwrap_or(false)
}

fn field(value: &Value<'_>) -> Option<Field> {
    let mut t = value.table()?;
    let field = Field {
        hex: flag(&mut t, "hex"),
        signed: flag(&mut t, "signed"),
        scale: scale(&mut t)?,
        unit: t.get("unit").and_then(|v| v.text()),
        absent: t
            .get("absent")
            .and_then(|v| v.list())
            .unwrap_or_default()
            .iter()
            .filter_map(Value::text)
            .collect(),
        values: entries(&mut t, "values")
            .into_iter()
            .filter_map(|(k, v)| Some((k.value, v.text()?)))
            .collect(),
        bits: entries(&mut t, "bits")
            .into_iter()
            .filter_map(|(k, v)| Some((k.value, whole(&v, 0, 31)?)))
            .collect(),
    };
    t.finish();
    Some(field)
}

fn argument(value: &Value<'_>) -> Option<Argument> {
    let mut t = value.table()?;
    let from_value = t.need("from")?;
    let from = from_value.text()?;
    let known = ARGUMENTS
        .iter()
        .chain(STEP_ARGUMENTS)
        .filter(|(_, source, ..)| !matches!(source, ArgumentSource::Program | ArgumentSource::ProgramSteps));
    let Some((_, source, unit, _)) = known.clone().find(|(n, ..)| *n == from) else {
        let all: Vec<&str> = known.map(|(n, ..)| *n).collect();
        let hint = closest(&from, all.iter().copied()).map_or_else(
            || format!("; there are {}", all.join(", ")),
            |n| format!("; did you mean \"{n}\"?"),
        );
        from_value.error(
            "unknown-argument",
            format!("there is no argument \"{from}\"{hint}"),
        );
        return None;
    };
    let unit_value = t.get("unit");
    let said = unit_value.as_ref().and_then(Value::text);
    if said.as_deref() != *unit {
        let place = unit_value.as_ref().unwrap_or(&from_value);
        let message = match unit {
            Some(unit) => format!("\"{from}\" is in {unit}; say `unit = \"{unit}\"`"),
            None => format!("\"{from}\" is a bare number; leave out `unit`"),
        };
        place.error("argument-unit", message);
    }
    let bound = |t: &mut Table<'_>, key: &str| t.get(key).and_then(|v| v.number()).map(Bound);
    let argument = Argument {
        from: *source,
        scale: scale(&mut t)?,
        decimals: t.get("decimals").map_or(Some(0), |v| whole(&v, 0, 6))?,
        width: t.get("width").map_or(Some(0), |v| whole(&v, 0, 16))?,
        hex: flag(&mut t, "hex"),
        min: bound(&mut t, "min"),
        max: bound(&mut t, "max"),
        none: t.get("none").and_then(|v| v.text()),
    };
    if argument.hex && argument.width == 0 {
        value.error(
            "template",
            "hexadecimal digits need a `width`: how many are there?",
        );
    }
    t.finish();
    Some(argument)
}

fn refusal(value: &Value<'_>) -> Option<Refusal> {
    let mut t = value.table()?;
    let answer_value = t.need("answer");
    let answer = answer_value.as_ref().and_then(pattern);
    if let (Some(answer), Some(v)) = (&answer, &answer_value)
        && let Some(other) = answer.names().find(|n| !REFUSAL_PARTS.contains(n))
    {
        v.error(
            "unknown-part",
            format!("of a refusal the parts `code` and `text` are told; `{other}` is not"),
        );
    }
    let refusal = Refusal {
        answer: answer?,
        words: entries(&mut t, "words")
            .into_iter()
            .filter_map(|(k, v)| Some((k.value, v.text()?)))
            .collect(),
        unasked: flag(&mut t, "unasked"),
        moved: flag(&mut t, "moved"),
    };
    t.finish();
    Some(refusal)
}

fn identity(value: &Value<'_>, names: &Names) -> Option<Identity> {
    let mut t = value.table()?;
    let greeting = t.get("greeting").map(|v| v.text());
    let question = t.need("question").and_then(|v| {
        let name = v.text()?;
        names.question(&v, &name).then_some(name)
    });
    let model = t.get("model").map(|v| condition(&v, names));
    let mut reference = |key: &str| t.get(key).map(|v| names.reference(&v));
    let (serial, firmware) = (reference("serial"), reference("firmware"));
    t.finish();
    Some(Identity {
        greeting: greeting.map_or(Some(None), |g| g.map(Some))?,
        question: question?,
        model: model.map_or(Some(None), |m| m.map(Some))?,
        serial: serial.map_or(Some(None), |s| s.map(Some))?,
        firmware: firmware.map_or(Some(None), |s| s.map(Some))?,
    })
}

fn stop(value: &Value<'_>, names: &Names) -> Option<Stop> {
    let mut t = value.table()?;
    let send = t.need("send").and_then(|v| v.text());
    let until = t.get("until").map(|v| condition(&v, names));
    let timeout = t.need("timeout").and_then(|v| v.quantity());
    t.finish();
    Some(Stop {
        send: send?,
        until: until.map_or(Some(None), |u| u.map(Some))?,
        timeout: timeout?,
    })
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
