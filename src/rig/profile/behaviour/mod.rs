//! `[behaviour]`: what an instrument does when something comes, told by the profile's author, so that a simulated one can be
//! made of it. Read here to show its problems, and for nothing else: no driver ever sees it.

mod names;
mod steps;
mod template;

use crate::rig::QuantityId;
use crate::rig::profile::modbus::Register;
use crate::rig::profile::reading::entries;
use crate::source::{Spanned, Table, Value};
use crate::units::Duration;
use names::Names;
use std::collections::{BTreeMap, BTreeSet};
use template::Template;

/// Names of values that are there of themselves.
const ROOM: &str = "room";
const NEST: &[&str] = &["nest.plate", "nest.sealed", "nest.door_held"];
const SELF: &[&str] = &["self.model", "self.serial", "self.firmware"];

/// What the rest of the profile has, that its behaviour must fit.
pub(super) struct Rest<'a> {
    /// Registers by name, of a Modbus device; `None` where one has problems of its own.
    pub(super) registers: Option<&'a BTreeMap<String, Option<Register>>>,
    /// What the driver says, with where it stands: texts with samples in place of arguments.
    pub(super) sent: Vec<(String, String)>,
    /// Commands of a handshake.
    pub(super) commands: Vec<String>,
    /// The register that tells how a command has ended.
    pub(super) result: Option<String>,
    /// Quantities of a regulator.
    pub(super) quantities: Vec<QuantityId>,
    /// Whether it takes plates.
    pub(super) nest: bool,
}

/// Reports all that is wrong in the section.
pub(super) fn check(value: &Value<'_>, rest: &Rest<'_>) {
    let Some(mut t) = value.table() else { return };
    let listed = entries(&mut t, "values");
    let mut names = Names::new(rest);
    for (key, _) in &listed {
        names.add(&key.value);
    }
    let mut followed: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in &listed {
        if let Some(of) = course(key, value, &names, rest) {
            followed.insert(key.value.clone(), of);
        }
    }
    circles(&listed, &followed);
    names.follow(followed);
    if rest.registers.is_none() {
        for key in ["unknown", "refused"] {
            if let Some(v) = t.get(key) {
                template::read(&v);
            }
        }
        if let Some(mut maker) = t.get("identity").and_then(|v| v.table()) {
            for key in ["model", "serial", "firmware"] {
                maker.get(key).and_then(|v| v.text());
            }
            maker.finish();
        }
    }
    t.get("boots").and_then(|v| v.quantity::<Duration>());
    if let Some(v) = t.get("nest") {
        nest(&v, &names, rest);
    }
    let on = t.get("on").and_then(|v| v.list()).unwrap_or_default();
    let (mut heard, mut done) = (Vec::new(), BTreeSet::new());
    for v in &on {
        reaction(v, &names, rest, (&mut heard, &mut done));
    }
    if let Some(v) = t.get("jammed") {
        steps::read(&v, &names.plain(), steps::Call::Any);
    }
    t.finish();
    unheard(value, rest, &heard, &done);
}

/// What the driver says and nothing hears.
fn unheard(value: &Value<'_>, rest: &Rest<'_>, heard: &[Template], done: &BTreeSet<String>) {
    for (text, place) in &rest.sent {
        if !heard.iter().any(|template| template.hears(text)) {
            value.error(
                "behaviour-unheard",
                format!("{place} sends \"{text}\", and no `request` of `behaviour.on` hears it"),
            );
        }
    }
    for command in rest.commands.iter().filter(|command| !done.contains(*command)) {
        value.error(
            "behaviour-unheard",
            format!("no entry of `behaviour.on` says what is done at `command = \"{command}\"`"),
        );
    }
}

/// A value; what it follows.
fn course(key: &Spanned<String>, value: &Value<'_>, names: &Names, rest: &Rest<'_>) -> Option<String> {
    let mut t = value.table()?;
    if let Some(start) = t.get("start") {
        match start.as_text() {
            Some(word) => names.word(&key.value, &word, &start),
            None => {
                start.number();
            }
        }
    }
    let follows = t.get("follows").and_then(|v| {
        let name = v.text()?;
        names.known(&name, &v).then_some(name)
    });
    t.get("scale").and_then(|v| v.number());
    let rate = more_than_nothing(&mut t, "rate");
    let time = t.get("time_constant");
    if let Some(v) = &time {
        v.quantity::<Duration>();
    }
    if let (Some(_), Some(v)) = (&rate, &time) {
        let message = "a value changes either at a `rate` or with a `time_constant`; leave one of them out";
        v.error("behaviour-value", message);
    }
    t.get("after").and_then(|v| v.quantity::<Duration>());
    more_than_nothing(&mut t, "noise");
    t.get("keeps").and_then(|v| v.boolean());
    if let Some(v) = t.get("regulates")
        && let Some(name) = v.text()
        && !rest.quantities.iter().any(|id| id.as_str() == name)
    {
        let all: Vec<&str> = rest.quantities.iter().map(QuantityId::as_str).collect();
        names::unknown(
            &v,
            &format!("there is no quantity \"{name}\""),
            &name,
            all.into_iter(),
        );
    }
    t.finish();
    follows
}

/// A number above 0.
fn more_than_nothing<'a>(t: &mut Table<'a>, key: &str) -> Option<Value<'a>> {
    let v = t.get(key)?;
    let number = v.number()?;
    if number <= 0.0 {
        v.error("out-of-range", format!("`{}` must be more than 0", v.path));
    }
    Some(v)
}

/// Values that follow one another in a circle never come to anything.
fn circles(listed: &[(Spanned<String>, Value<'_>)], followed: &BTreeMap<String, String>) {
    for (key, value) in listed {
        let mut at = followed.get(&key.value);
        for _ in 0..=followed.len() {
            at = match at {
                Some(name) if *name == key.value => {
                    let message = format!("`{name}` follows itself, over others");
                    return value.error("behaviour-value", message);
                }
                Some(name) => followed.get(name),
                None => break,
            };
        }
    }
}

/// What the plate in the nest feels.
fn nest(value: &Value<'_>, names: &Names, rest: &Rest<'_>) {
    let Some(mut t) = value.table() else { return };
    if !rest.nest {
        value.error("behaviour-value", "only a station has a nest for a plate");
    }
    for key in ["temperature", "shaking", "door"] {
        if let Some(v) = t.get(key)
            && let Some(name) = v.text()
        {
            names.known(&name, &v);
        }
    }
    if let Some(v) = t.get("busy") {
        steps::condition(&v, &names.plain());
    }
    t.finish();
}

/// Kinds of what can come, by the key that makes each.
const TEXT_TRIGGERS: &[&str] = &["request", "becomes", "every"];
const REGISTER_TRIGGERS: &[&str] = &["written", "command", "becomes", "every"];

/// Something that comes, and what is then done.
fn reaction(
    value: &Value<'_>,
    names: &Names,
    rest: &Rest<'_>,
    (heard, done): (&mut Vec<Template>, &mut BTreeSet<String>),
) {
    let Some(mut t) = value.table() else { return };
    let kinds = match rest.registers {
        Some(_) => REGISTER_TRIGGERS,
        None => TEXT_TRIGGERS,
    };
    let kind = steps::kind(&mut t, value, kinds, "an entry of `behaviour.on`");
    let own = kind.and_then(|kind| t.get(kind));
    let mut known = names.plain();
    let mut call = steps::Call::Nobody;
    match (kind, &own) {
        (Some("request"), Some(v)) => {
            call = steps::Call::Text;
            if let Some(template) = template::read(v) {
                known = names.with(&template, v);
                heard.push(template);
            }
        }
        (Some("written"), Some(v)) => {
            call = steps::Call::Write;
            if let Some(name) = v.text() {
                names.register(&name, v);
            }
        }
        (Some("command"), Some(v)) => {
            call = steps::Call::Command(rest.result.as_deref());
            if let Some(name) = v.text() {
                if name != "stop" && !rest.commands.contains(&name) {
                    let all = rest.commands.iter().map(String::as_str);
                    names::unknown(v, &format!("there is no command \"{name}\""), &name, all);
                }
                done.insert(name);
            }
        }
        (Some("becomes"), Some(v)) => steps::condition(v, &known),
        (Some(_), Some(v)) => {
            v.quantity::<Duration>();
        }
        _ => {}
    }
    if let Some(v) = t.get("when") {
        steps::condition(&v, &known);
    }
    if let Some(v) = t.need("steps") {
        steps::read(&v, &known, call);
    }
    t.finish();
}

#[cfg(test)]
#[path = "behaviour_tests.rs"]
mod tests;
